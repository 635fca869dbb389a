"""The pool, straight to PostgreSQL and through a PgBouncer that takes another connection for each transaction."""

import asyncio
import itertools
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest

from guerdon.database import cluster, pool, server_user
from guerdon.database.address import Address
from guerdon.database.pool import Database
from guerdon.errors.base import DatabaseAway

PGBOUNCER = Path("/usr/sbin/pgbouncer")
# How long a test waits for what must happen, before it fails rather than hangs.
GRACE_S = 60
CONFIGURATION = """\
[databases]
{database} = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
"""


@pytest.fixture
def pgbouncer(address: Address) -> Iterator[Address]:
    if not PGBOUNCER.exists():
        pytest.skip(f"{PGBOUNCER} is not installed (apt-get install pgbouncer)")
    user = server_user.choose(None, owner_uid=Path(address.host).stat().st_uid)
    folder = Path(tempfile.mkdtemp(prefix="guerdon-bouncer-"))
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(folder=folder, **address.connect_arguments()))
    for path in (folder, configuration):
        user.give(path)
    # Started as PostgreSQL is: as its user, and ending with us.
    process = subprocess.Popen(
        user.command(PGBOUNCER, "--quiet", str(configuration)), cwd="/", env=cluster.environment()
    )
    while not (folder / ".s.PGSQL.6432").exists():
        assert process.poll() is None, "PgBouncer ended"
        time.sleep(0.01)
    yield replace(address, host=str(folder), port=6432, password="")
    process.terminate()
    process.wait()
    shutil.rmtree(folder)


@pytest.fixture(params=["prepared", "unprepared", "through PgBouncer"])
async def database(request: pytest.FixtureRequest, dsn: str) -> AsyncIterator[Database]:
    if request.param == "through PgBouncer":
        dsn = request.getfixturevalue("pgbouncer").dsn
    opened = await Database.open(dsn, size_min=2, size_max=8, prepared=request.param == "prepared")
    yield opened
    await opened.close()


async def test_one_statement_at_a_time_from_many_callers(database: Database) -> None:
    await database.execute("CREATE TABLE shelf (id bigint PRIMARY KEY, name text)")

    async def call(number: int) -> None:
        await database.execute("INSERT INTO shelf VALUES ($1, $2)", number, f"book {number}")
        assert await database.fetchval("SELECT name FROM shelf WHERE id = $1", number) == f"book {number}"
        row = await database.fetchrow("SELECT id, name FROM shelf WHERE id = ANY($1::bigint[])", [number])
        assert row is not None
        assert dict(row.items()) == {"id": number, "name": f"book {number}"}

    await asyncio.gather(*(call(number) for number in range(100)))
    assert [row["id"] for row in await database.fetch("SELECT id FROM shelf ORDER BY id")] == list(range(100))


async def test_a_transaction_stands_or_falls_as_one(database: Database) -> None:
    await database.execute("CREATE TABLE shelf (id bigint)")
    async with database.transaction() as connection:
        await connection.executemany("INSERT INTO shelf VALUES ($1)", [(1,), (2,)])

    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO shelf VALUES ($1)", 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await database.fetchval("SELECT array_agg(id ORDER BY id) FROM shelf") == [1, 2]


async def test_concurrent_transactions_see_their_own_connection(database: Database) -> None:
    async def session(number: int) -> bool:
        async with database.transaction() as connection:
            await connection.execute(f"SET LOCAL work_mem = '{number}MB'")
            await asyncio.sleep(0)
            return await connection.fetchval("SELECT current_setting('work_mem') = $1", f"{number}MB")

    assert all(await asyncio.gather(*(session(number) for number in range(1, 40))))


async def test_json_stays_text(database: Database) -> None:
    assert await database.fetchval("SELECT $1::jsonb", '{"a": 1}') == '{"a": 1}'


async def test_a_failed_statement_leaves_the_connection_usable(database: Database) -> None:
    for _ in range(20):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await database.fetchval("SELECT 1 / $1::int", 0)
    assert await database.fetchval("SELECT 1 / $1::int", 1) == 1


async def test_coming_back_to_the_pool_sends_nothing(dsn: str) -> None:
    database, watcher = await Database.open(dsn, size_max=1), await Database.open(dsn)
    backend = await database.fetchval("SELECT pg_backend_pid() AS the_last_statement")
    seen = await watcher.fetchrow("SELECT query, application_name FROM pg_stat_activity WHERE pid = $1", backend)
    assert seen is not None
    assert seen["query"] == "SELECT pg_backend_pid() AS the_last_statement"
    assert seen["application_name"] == "guerdon"
    await watcher.close()
    await database.close()


async def test_the_same_connection_is_lent_again_and_seen_to_now_and_then(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "QUERIES_PER_CONNECTION_MAX", 20)
    monkeypatch.setattr(pool, "SEEN_TO_AFTER", 7)
    database = await Database.open(dsn, size_max=3)
    backends = [await database.fetchval("SELECT pg_backend_pid()") for _ in range(60)]
    runs = [len(list(same)) for _, same in itertools.groupby(backends)]
    assert len(runs) == len(set(backends)), "one after the other"
    assert max(runs) <= 20 + 7
    assert len(runs) > 1, "each is replaced in the end"
    await database.close()


async def test_one_that_has_rested_for_long_is_not_lent_again(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await Database.open(dsn, size_max=1)
    backend = await database.fetchval("SELECT pg_backend_pid()")
    monkeypatch.setattr(pool, "RESTED_S_MAX", -1.0)
    assert await database.fetchval("SELECT pg_backend_pid()") != backend
    await database.close()


async def test_who_waits_for_a_connection_gets_the_one_that_comes_back(dsn: str) -> None:
    database = await Database.open(dsn, size_max=1)
    backend = await database.fetchval("SELECT pg_backend_pid()")
    async with database.acquire() as connection:
        waiting = [asyncio.create_task(database.fetchval("SELECT pg_backend_pid()")) for _ in range(3)]
        await asyncio.sleep(0)
        assert await connection.fetchval("SELECT pg_backend_pid()") == backend
    assert await asyncio.wait_for(asyncio.gather(*waiting), GRACE_S) == [backend] * 3
    await database.close()


async def test_a_statement_that_was_given_up_is_not_waited_for_by_the_next(dsn: str) -> None:
    database, other = await Database.open(dsn, size_max=1), await Database.open(dsn)
    given_up = asyncio.create_task(database.fetchval("SELECT pg_sleep(600)"))
    asleep = "SELECT true FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    while not await other.fetchval(asleep):
        pass
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await asyncio.wait_for(database.fetchval("SELECT 7"), GRACE_S) == 7
    await other.close()
    await database.close()


async def test_a_connection_that_was_cut_while_at_hand_is_not_lent(dsn: str) -> None:
    database, other = await Database.open(dsn, size_max=1), await Database.open(dsn)
    backend = await database.fetchval("SELECT pg_backend_pid()")
    await other.execute("SELECT pg_terminate_backend($1, 60000)", backend)
    with suppress(DatabaseAway):  # unless the driver has heard of it by now
        await database.fetchval("SELECT 1")
    assert await database.fetchval("SELECT pg_backend_pid()") != backend
    await other.close()
    await database.close()


async def test_a_connection_that_was_cut_after_its_last_statement_spoils_nothing(dsn: str) -> None:
    database, other = await Database.open(dsn, size_max=1), await Database.open(dsn)
    async with database.acquire() as connection:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        await other.execute("SELECT pg_terminate_backend($1, 60000)", backend)
        with suppress(asyncpg.InterfaceError):  # it is the pool's again
            while not cast("Any", connection).is_closed():
                await other.execute("SELECT 1")
    assert await database.fetchval("SELECT pg_backend_pid()") != backend
    await other.close()
    await database.close()


async def test_a_transaction_left_open_is_ended_on_return(dsn: str) -> None:
    database = await Database.open(dsn, size_max=1)
    async with database.acquire() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TABLE shelf (id bigint)")
    assert await database.fetchval("SELECT to_regclass('shelf')") is None
    await database.close()


@pytest.mark.parametrize(("prepared", "kept"), [(True, 3), (False, 0)])
async def test_statements_are_kept_prepared_only_when_asked(dsn: str, prepared: bool, kept: int) -> None:
    database = await Database.open(dsn, size_max=1, prepared=prepared)
    # One of them longer than asyncpg would keep by itself.
    for query in ("SELECT 1", "SELECT 2", f"SELECT '{'x' * 20_000}'"):
        await database.fetchval(query)
    async with database.acquire() as connection:
        statements = await connection.fetch("SELECT statement FROM pg_prepared_statements WHERE name <> ''")
    assert len([row for row in statements if "pg_prepared" not in row["statement"]]) == kept
    await database.close()
