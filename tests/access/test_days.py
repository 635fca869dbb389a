"""The history of requests goes back some days, and forgetting one is dropping a table."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from guerdon.access.days import keep_days, make_days
from guerdon.access.history import Asked, list_requests
from guerdon.api.requests import RequestLine
from guerdon.app import running_worker
from guerdon.database.pool import Database
from guerdon.kit.ids import time_ordered_uuid
from guerdon.worker.chores import ForgetRequests
from tests.shop import SettableClock, Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG_AGO = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
"""A time of these tests' own."""


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def nothing_left(street: Street) -> AsyncIterator[None]:
    """Tests share the database: what is of the year before is of one test."""
    yield
    rows = await street.engine.database.fetch(
        "SELECT relname FROM pg_class WHERE relname ~ '^api_request_2025[0-9]{4}$'"
    )
    for row in rows:
        await street.engine.database.execute(f"DROP TABLE {row[0]}")


async def days_of(shop: Shop) -> list[str]:
    rows = await shop.engine.database.fetch(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'api_request'::regclass ORDER BY 1"
    )
    return [row[0].removeprefix("api_request_") for row in rows if row[0] < "api_request_2026"]


def line(shop: Shop, at: datetime) -> RequestLine:
    return RequestLine(
        shop.merchant.merchant_id, at, time_ordered_uuid(), "GET", "/here", 200, 1, "test", "", None, b"", b"", False,
        b"",
    )  # fmt: skip


async def test_requests_over_the_days_kept_are_forgotten_a_day_at_once(shop: Shop, street: Street):
    database = shop.engine.database
    for days in (0, 1, 2):
        shop.engine.requests.note(line(shop, LONG_AGO + timedelta(days=days)))
    await shop.engine.requests.flush()
    assert await days_of(shop) == ["20250601", "20250602", "20250603"]

    await keep_days(database, LONG_AGO + timedelta(days=4), 4)
    made = ["20250605", "20250606", "20250607"]
    assert await days_of(shop) == ["20250601", "20250602", "20250603", *made]

    dropped = await keep_days(database, LONG_AGO + timedelta(days=5), 4)
    assert dropped == [date(2025, 6, 1)]
    assert await days_of(shop) == ["20250602", "20250603", *made, "20250608"]
    left = await list_requests(database, shop.merchant.merchant_id, Asked(), 10)
    assert [one.at for one in left] == [LONG_AGO + timedelta(days=2), LONG_AGO + timedelta(days=1)]


async def test_any_number_make_the_same_day_at_once(shop: Shop):
    day = date(2025, 5, 1)

    outcomes = await asyncio.gather(
        *(make_days(shop.engine.database, [day]) for _ in range(8)), return_exceptions=True
    )  # fmt: skip

    # On a machine that is slow at the moment, some have waited for long enough.
    assert {type(one) for one in outcomes if one is not None} <= {asyncpg.LockNotAvailableError}
    assert await days_of(shop) == ["20250501"]
    await asyncio.gather(*(keep_days(shop.engine.database, LONG_AGO, 0) for _ in range(4)))
    await keep_days(shop.engine.database, LONG_AGO, 0)
    assert await days_of(shop) == ["20250601", "20250602", "20250603"]


async def test_a_worker_keeps_the_days_every_hour(dsn: str):
    clock = SettableClock()
    async with running_worker(dsn, clock=clock, chores=(ForgetRequests(2),)) as worker, database_at(dsn) as database:

        async def days() -> list[str]:
            tables = "SELECT relname FROM pg_class WHERE relname ~ '^api_request_[0-9]{8}$' ORDER BY 1"
            rows = await database.fetch(tables)
            return [row[0].removeprefix("api_request_2026") for row in rows]

        await worker.run_once()
        assert await days() == ["0310", "0311", "0312"]
        clock.advance(minutes=59)
        await database.execute("DROP TABLE api_request_20260312")
        await worker.run_once()
        assert await days() == ["0310", "0311"]
        clock.advance(days=3)
        await worker.run_once()
        assert await days() == ["0311", "0313", "0314", "0315"]


@asynccontextmanager
async def database_at(dsn: str) -> AsyncGenerator[Database]:
    opened = await Database.open(dsn, size_max=1)
    yield opened
    await opened.close()


async def test_a_day_that_is_being_read_is_left_for_the_next_time(shop: Shop):
    database = shop.engine.database
    shop.engine.requests.note(line(shop, LONG_AGO - timedelta(days=100)))
    await shop.engine.requests.flush()
    later = LONG_AGO - timedelta(days=90)
    async with database.transaction() as reading:
        await reading.fetch("SELECT FROM api_request")
        assert await keep_days(database, later, 1) == []
    assert await keep_days(database, later, 1) == [(LONG_AGO - timedelta(days=100)).date()]
