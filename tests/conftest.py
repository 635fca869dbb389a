"""What every test can ask for: a real PostgreSQL, and in it a database of the test's own.

All workers of a run share one embedded PostgreSQL, which the first worker that needs it starts. In it lies a template,
migrated once; each test gets a clone of it and may do there what it likes.
"""

import asyncio
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from hypothesis.internal.constants_ast import Constants

from guerdon.access.days import make_days
from guerdon.database import embedded
from guerdon.database.address import Address
from guerdon.database.migrate import migrate
from guerdon.database.pool import Database
from guerdon.points.desk import AGAIN
from tests.shop import START, Shop, open_shop

FOLDER = "GUERDON_TESTS_FOLDER"
# In memory a clone of the template takes 25 ms; on a disk it can take twenty times that.
MEMORY, MEMORY_BYTES_MIN = Path("/dev/shm"), 2 << 30
TEMPLATE = "guerdon_template"
# Speed over durability: when the machine loses power during a run, we run it again.
SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
}


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's own folder, in the process that leads the run; its workers inherit the name."""
    # How long a busy machine takes to draw or to run an example says nothing of what is tested. The examples are the
    # same each time: a change is refused for what it does, and new ones are looked for by `make explore`.
    exploring = bool(os.environ.get("GUERDON_TESTS_EXPLORE"))
    settings.register_profile(
        "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=not exploring
    )
    settings.load_profile("patient")
    if not exploring:
        # It draws numbers and texts out of our own code too: out of what is imported by then, in whichever order.
        pytest.MonkeyPatch().setattr("hypothesis.internal.conjecture.providers._get_local_constants", Constants)
    if not hasattr(config, "workerinput"):
        # Many images of containers forbid Python to keep what it compiled. A run starts it a hundred times.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
        roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN
        folder = Path(tempfile.mkdtemp(prefix="guerdon-tests-", dir=MEMORY if roomy else None))
        folder.chmod(0o711)
        os.environ[FOLDER] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder: the workers, and with them the server, have ended."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(FOLDER))


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """A fast folder of this run's own, which any system user can reach: tests make folders in it."""
    return Path(os.environ[FOLDER])


@pytest.fixture(scope="session", autouse=True)
def hasty_hashes() -> Iterator[None]:
    """Passwords cost next to nothing here; what those of people cost, tests/access/test_passwords.py says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("guerdon.access.operators._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """What goes by how long something takes comes out alike on a machine that stands still for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("guerdon.reports.tally.QUICK_MS", 3_600_000)
        patch.setattr("guerdon.api.operations.READY_WITHIN_S", 60.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def sound_statements() -> Iterator[None]:
    """What a batch sends while it reads without locks is sound: otherwise the locks would make up for it, unseen."""
    yield
    causes = {sample.labels["cause"] for metric in AGAIN.collect() for sample in metric.samples}
    driver = (getattr(asyncpg, cause, Exception) for cause in causes)
    assert not [kind for kind in driver if issubclass(kind, asyncpg.SyntaxOrAccessError | asyncpg.DataError)]


@pytest.fixture(scope="session")
def server(run_folder: Path) -> Iterator[Address]:
    """The PostgreSQL of this run. GUERDON_PG_BIN runs all the tests on another version."""
    pg_bin = os.environ.get("GUERDON_PG_BIN")
    with (run_folder / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with embedded.running(run_folder, settings=SETTINGS, pg_bin=Path(pg_bin) if pg_bin else None) as address:
            yield address
            # The worker that started the server stays until all the others are done with it.
            fcntl.flock(users, fcntl.LOCK_EX)


@pytest.fixture(scope="session")
def administer(server: Address) -> Iterator[Callable[[str], None]]:
    """Runs one statement outside of any test's database, on a connection and an event loop of the worker's own."""
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(server.dsn, size_max=1))

        def execute(statement: str) -> None:
            runner.run(database.execute(statement))

        yield execute
        runner.run(database.close())


@pytest.fixture(scope="session")
def template(server: Address, administer: Callable[[str], None], run_folder: Path) -> str:
    """The name of a migrated database that nobody writes to. The first worker makes it, under a lock of the others."""
    with (run_folder / "template").open("a+") as made:
        fcntl.flock(made, fcntl.LOCK_EX)
        if made.seek(0, os.SEEK_END) == 0:
            administer(f"CREATE DATABASE {TEMPLATE}")
            asyncio.run(_migrate(replace(server, database=TEMPLATE).dsn))
            made.write(TEMPLATE)
    return TEMPLATE


async def _migrate(dsn: str) -> None:
    database = await Database.open(dsn)
    await migrate(database, now=datetime.now(UTC))
    await make_days(database, [START.date()])
    await database.close()


@pytest.fixture
def address(server: Address, administer: Callable[[str], None], template: str) -> Iterator[Address]:
    """A new database with today's schema and nothing in it, for one test."""
    name = f"test_{uuid4().hex}"
    # Copying the files is twice as fast here as writing their pages to the log.
    administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield replace(server, database=name)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def dsn(address: Address) -> str:
    """The same database, as one URL."""
    return address.dsn


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """An open pool on the test's own database."""
    opened = await Database.open(dsn)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(dsn: str) -> AsyncIterator[Shop]:
    """A merchant with a key, on a database of its own, and a clock that stands still."""
    async with open_shop(dsn) as opened:
        yield opened
