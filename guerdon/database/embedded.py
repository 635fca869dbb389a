"""The embedded PostgreSQL: one server per data directory, run by whichever command came first, found by the others.

`running` is the whole of it. It either takes the lock on the data directory and runs the server for its own time, or
finds that another live process does, and hands out that one's address. The lock is the kernel's (flock), so it ends
with its process, however that ends; so does the server, which is told to stop when its parent dies (see `launch`).
What a killed process leaves behind is therefore at most a server about to stop, a pid file and a record, and the next
owner waits, corrects and replaces.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from guerdon.database import binaries, cluster, processes, server_user
from guerdon.database.address import Address
from guerdon.database.cluster import Home
from guerdon.database.errors import ServerFailed

PORT = 5432
# A unix socket's path is limited to 103 bytes on macOS and 107 on Linux; this leaves room for the file's own name.
SOCKET_FOLDER_BYTES_MAX = 80

OnWait = Callable[[str], None]


class Record(msgspec.Struct, frozen=True):
    """What the owner of a data directory tells the others, in database.json, while its server is ready."""

    owner: int
    owner_started: str
    socket_dir: str
    port: int
    user: str
    database: str
    password_file: str
    cluster: str


@contextmanager
def running(
    data_dir: Path | str,
    *,
    settings: Mapping[str, str] | None = None,
    on_wait: OnWait | None = None,
    user: str | None = None,
    pg_bin: Path | None = None,
) -> Generator[Address]:
    """The address of the PostgreSQL of this data directory, which is ready for connections.

    The first to come starts it (and creates it, the first time of all) and stops it at the end; `settings` are
    PostgreSQL's, over our defaults. Others attach to it and never stop it. `on_wait` hears about once a second what a
    long wait is for: crash recovery takes as long as it takes, so there is no limit of time anywhere. `user` is the
    setting GUERDON_DATABASE_USER and `pg_bin` is GUERDON_PG_BIN.

    Raises ServerUnusable and ServerFailed.
    """
    home = cluster.open_home(Path(data_dir))
    wait = on_wait or _say_nothing
    lock = home.lock.open("a")
    with lock:
        for _ in _patiently("another process is starting or stopping the database", wait):
            if _take(lock.fileno()):
                break
            if (record := _read_record(home)) is not None:
                yield _address(record)
                return
        with _serving(home, settings or {}, wait, user, pg_bin) as record:
            yield _address(record)


@contextmanager
def _serving(
    home: Home, settings: Mapping[str, str], wait: OnWait, user_name: str | None, pg_bin: Path | None
) -> Generator[Record]:
    user = server_user.choose(user_name, owner_uid=cluster.owner_uid(home))
    programs = binaries.find(user, folder=pg_bin)
    if not home.cluster.exists():
        wait("the database is being created")
        cluster.create(home, user, programs, settings)
    place = cluster.locate(home, user)
    _settle(place, wait)
    _forget(home)
    cluster.write_settings(place, user, programs, settings)
    socket_dir = _socket_dir(user)
    try:
        fixed = {
            "cluster_name": cluster.name(place),
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(socket_dir),
            "unix_socket_permissions": "0700",
        }
        arguments = [part for name, value in fixed.items() for part in ("-c", f"{name}={value}")]
        server = Server(user.command(programs.postgres, "-D", str(place), *arguments), home.start_log)
        try:
            _await_ready(server, home, place, wait)
            record = _record(home, place, socket_dir)
            cluster.write_private(home.record, msgspec.json.encode(record).decode())
            yield record
        finally:
            home.record.unlink(missing_ok=True)
            server.stop(wait)
    finally:
        shutil.rmtree(socket_dir, ignore_errors=True)


class Server:
    """A PostgreSQL that ends when this process does.

    The kernel's signal of a parent's death is tied to the thread that started the child, so a thread of its own
    starts it and then only waits for it: that thread lives as long as the server or the whole process.
    """

    def __init__(self, command: list[str], log: Path) -> None:
        self.process_id = 0
        self._command, self._log = command, log
        self._started = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="postgresql", daemon=True)
        self._keeper.start()
        self._started.wait()

    def alive(self) -> bool:
        return self._keeper.is_alive()

    def stop(self, wait: OnWait) -> None:
        """Stop cleanly: connections are ended, and everything is written down before the server goes."""
        if self.alive():
            os.kill(self.process_id, signal.SIGINT)
        for _ in _patiently("the database is stopping", wait):
            if not self.alive():
                break

    def _keep(self) -> None:
        try:
            self._log.unlink(missing_ok=True)
            with (
                self._log.open("xb") as log,
                subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=cluster.environment(),
                    # Ctrl-C in a terminal reaches us alone: we stop the server when we no longer need it.
                    start_new_session=True,
                ) as process,
            ):
                self.process_id = process.pid
                self._started.set()
                process.wait()
        finally:
            self._started.set()


def _await_ready(server: Server, home: Home, place: Path, wait: OnWait) -> None:
    for _ in _patiently("the database is starting", wait):
        # Asked first: a server that ends after this line still says so in the next round.
        alive = server.alive()
        if cluster.postmaster(place) == (server.process_id, "ready"):
            return
        if not alive:
            raise ServerFailed(f"PostgreSQL did not start:\n{cluster.log_tail(home, place)}")


def _settle(place: Path, wait: OnWait) -> None:
    """Deal with what a killed owner left: stop its server if it still runs, wait for its last process, or for none."""
    if not cluster.pid_file(place).exists():
        return
    name, left = cluster.name(place), cluster.postmaster(place)
    if left is not None and left[0] in processes.serving(name):
        os.kill(left[0], signal.SIGINT)
    for _ in _patiently("the database of an earlier run is stopping", wait):
        if not processes.serving(name):
            break
    cluster.disown(place)


def _say_nothing(_sentence: str) -> None:
    """For callers who do not ask."""


def _forget(home: Home) -> None:
    """Clear away the record of an owner that was killed, and the folder of its socket; its server has ended."""
    if home.record.exists():
        with suppress(msgspec.DecodeError):
            left = msgspec.json.decode(home.record.read_bytes(), type=Record)
            shutil.rmtree(left.socket_dir, ignore_errors=True)
        home.record.unlink()


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _record(home: Home, place: Path, socket_dir: Path) -> Record:
    mark = processes.started(os.getpid())
    assert mark is not None, "this process exists"
    return Record(
        owner=os.getpid(),
        owner_started=mark,
        socket_dir=str(socket_dir),
        port=PORT,
        user=cluster.SUPERUSER,
        database=cluster.DATABASE,
        password_file=str(home.password),
        cluster=str(place),
    )


def _read_record(home: Home) -> Record | None:
    """The record of an owner who lives and whose server answers; a killed owner's record can still lie there."""
    try:
        record = msgspec.json.decode(home.record.read_bytes(), type=Record)
    except FileNotFoundError:
        return None
    if processes.started(record.owner) != record.owner_started:
        return None
    with socket.socket(socket.AF_UNIX) as knock:
        try:
            knock.connect(f"{record.socket_dir}/.s.PGSQL.{record.port}")
        except OSError:
            return None
    return record


def _address(record: Record) -> Address:
    return Address(
        host=record.socket_dir,
        port=record.port,
        user=record.user,
        password=Path(record.password_file).read_text(),
        database=record.database,
    )


def _socket_dir(user: server_user.ServerUser) -> Path:
    """A folder that nobody can have made before us, open to the user alone, its path short enough for a socket."""
    parents = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108  # mkdtemp makes the name
    fit = (path for path in parents if len(os.fsencode(path)) < SOCKET_FOLDER_BYTES_MAX and user.can_enter(path))
    folder = Path(tempfile.mkdtemp(prefix="guerdon-", dir=next(fit, parents[-1])))
    user.give(folder)
    return folder


def _patiently(what: str, wait: OnWait) -> Iterator[None]:
    """Rounds of a wait without end, a hundred a second; about once a second `wait` hears what it is for."""
    began = told = time.monotonic()
    while True:
        yield
        time.sleep(0.01)
        now = time.monotonic()
        if now - told >= 1:
            told = now
            wait(f"{what} ({now - began:.0f} s so far)")
