"""A PostgreSQL cluster on disk: where it lies, how it is made, and the settings it runs with."""

import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from guerdon.database.binaries import Binaries
from guerdon.database.errors import ServerFailed, ServerUnusable
from guerdon.database.server_user import ServerUser

SUPERUSER = "guerdon"
DATABASE = "guerdon"
ELSEWHERE = Path("/var/lib/guerdon")
SETTINGS_FILE = "guerdon.conf"
# No Linux or macOS gives out a process id this high.
NO_PROCESS = 2**30

# An operator can go over these with ALTER SYSTEM, which PostgreSQL reads later. Durability is left at its defaults: on.
SETTINGS: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "max_connections": "100",
    "autovacuum": "on",
    # A shop that brings thousands of members in its first minute is known to the planner before the minute is over.
    "autovacuum_naptime": "10s",
    "jit": "off",
    "track_io_timing": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A ring of seven files: each weekday's is emptied when its day comes again.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one data directory. Ours alone, but for the cluster, which belongs to the server's user."""

    folder: Path

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def record(self) -> Path:
        return self.folder / "database.json"

    @property
    def password(self) -> Path:
        return self.folder / "database.password"

    @property
    def start_log(self) -> Path:
        """What PostgreSQL says before it opens its own log, in the cluster's folder `log`."""
        return self.folder / "database.start.log"

    @property
    def cluster(self) -> Path:
        """The cluster itself, or a symbolic link to where it had to be put (see `create`)."""
        return self.folder / "postgres"


def open_home(data_dir: Path) -> Home:
    folder = data_dir.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Root's folder lets others pass, not look: the server's user must get through to its cluster.
    folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
    return Home(folder)


def owner_uid(home: Home) -> int | None:
    return home.cluster.stat().st_uid if home.cluster.exists() else None


def locate(home: Home, user: ServerUser) -> Path:
    """The folder of an existing cluster, which the server's user must be able to reach."""
    cluster = home.cluster.resolve()
    if not user.can_enter(cluster):
        raise ServerUnusable(
            f"The user {user.name!r} cannot reach the database in {cluster}: let it enter each folder."
        )
    return cluster


def create(home: Home, user: ServerUser, binaries: Binaries, settings: Mapping[str, str]) -> None:
    """Make a new cluster, all of it or none: its name in the data directory appears last.

    Where the server's user cannot reach the data directory (under /root, say), the cluster is put in /var/lib/guerdon
    and the data directory holds a symbolic link to it.
    """
    if user.can_enter(home.folder):
        target = home.folder / "postgres.new"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o700)
    else:
        ELSEWHERE.mkdir(parents=True, exist_ok=True, mode=0o711)
        target = Path(tempfile.mkdtemp(prefix=f"{home.folder.name}-", dir=ELSEWHERE))
    user.give(target)
    password = secrets.token_urlsafe(32)
    write_private(home.password, password)
    _initialise(target, user, binaries, password, safely=settings.get("fsync") != "off")
    if target.parent == home.folder:
        target.rename(home.cluster)
    else:
        home.cluster.symlink_to(target)
    _sync_folder(home.folder)


def write_settings(cluster: Path, user: ServerUser, binaries: Binaries, settings: Mapping[str, str]) -> None:
    """The file of settings is rewritten at each start, so that no old start leaves any behind."""
    compression = "lz4" if binaries.compresses_with_lz4() else "off"
    chosen = {**SETTINGS, "wal_compression": compression, **settings}
    lines = ["# Rewritten at each start. To change a setting for good, use ALTER SYSTEM."]
    lines += [f"{name} = {_quoted(value)}" for name, value in chosen.items()]
    file = cluster / SETTINGS_FILE
    write_private(file, "\n".join(lines) + "\n")
    user.give(file)


def name(cluster: Path) -> str:
    """A name that no other cluster of this machine has, shown in the command line of each of its processes."""
    about = cluster.stat()
    mark = hashlib.sha256(f"{cluster}:{about.st_dev}:{about.st_ino}".encode()).hexdigest()
    return f"guerdon-{mark[:12]}"


def pid_file(cluster: Path) -> Path:
    return cluster / "postmaster.pid"


def postmaster(cluster: Path) -> tuple[int, str] | None:
    """The process id in PostgreSQL's own pid file, and its status ("starting", "ready", "stopping", …)."""
    try:
        lines = pid_file(cluster).read_text().splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"


def disown(cluster: Path) -> None:
    """Let PostgreSQL start over the pid file of a server that has ended, if it left one.

    Its process id may be some other program's by now, which would stop the start. The file is kept, with a process id
    that cannot exist: its shared memory key is how PostgreSQL still finds out whether any process of the old server
    lives. A power cut can leave the file empty, and PostgreSQL starts over no such file at all.
    """
    file = pid_file(cluster)
    if not file.exists():
        return
    rest = file.read_text().partition("\n")[2]
    if not rest:
        file.unlink()
        return
    with file.open("r+") as opened:
        opened.write(f"{NO_PROCESS}\n{rest}")
        opened.truncate()


def log_tail(home: Home, cluster: Path, lines_max: int = 20) -> str:
    """The last lines of the log written last, for the message of a failed start."""
    logs = [file for file in (home.start_log, *cluster.glob("log/*.log")) if file.exists()]
    newest = max(logs, key=lambda file: file.stat().st_mtime_ns, default=None)
    return "" if newest is None else "\n".join(newest.read_text(errors="replace").splitlines()[-lines_max:])


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all, and there after a power cut."""
    aside = file.with_name(f"{file.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(descriptor)
    aside.rename(file)
    _sync_folder(file.parent)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _initialise(target: Path, user: ServerUser, binaries: Binaries, password: str, *, safely: bool) -> None:
    locale = ["--no-locale"]
    if binaries.version() >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    with tempfile.TemporaryDirectory(prefix="guerdon-") as folder:
        # initdb reads the password from a file as the server's user, who must not see ours.
        handed_over = Path(folder) / "password"
        write_private(handed_over, password)
        user.give(handed_over)
        user.give(Path(folder))
        arguments = [
            f"--pgdata={target}",
            f"--username={SUPERUSER}",
            f"--pwfile={handed_over}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *locale,
            "--data-checksums",
            *([] if safely else ["--no-sync"]),
        ]
        _run(user.command(binaries.initdb, *arguments))
    with (target / "postgresql.conf").open("a") as opened:
        opened.write(f"\ninclude_if_exists '{SETTINGS_FILE}'\n")
    alone = ["--single", "-D", str(target), "-c", "exit_on_error=on", "-c", f"fsync={'on' if safely else 'off'}"]
    _run(user.command(binaries.postgres, *alone, "template1"), f"CREATE DATABASE {DATABASE}\n")


def environment() -> dict[str, str]:
    """What PostgreSQL's programs may know of our environment: nothing of it can change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _run(command: list[str], text: str = "") -> None:
    done = subprocess.run(
        command,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=environment(),
        start_new_session=True,
    )
    if done.returncode != 0:
        raise ServerFailed(f"PostgreSQL could not make a new database:\n{done.stdout.strip()}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
