"""What a merchant's clients asked of late, as it was kept: secrets and people hidden (masking.py)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guerdon.access.days import make_days
from guerdon.database.pool import Database, Row
from guerdon.errors.access import RequestNotFound
from guerdon.kit.sql import load
from guerdon.trail.masking import HIDDEN

SQL = load(__file__, "history.sql")

NOBODY = 0
"""Whose requests those are that nobody signed in for."""

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)
LAST_ID = UUID(int=2**128 - 1)


class Entry(Struct, frozen=True):
    """A request as it is kept. The excerpts are JSON or query parameters, cut, and None where none were taken."""

    merchant_id: int
    at: datetime
    request_id: UUID
    method: str
    path: str
    status: int
    duration_us: int
    caller: str
    user_agent: str
    error_code: str | None = None
    error: str | None = None
    query: str | None = None
    request: str | None = None
    response: str | None = None
    trace_id: str | None = None


class Past(Struct, frozen=True):
    """A request as its merchant sees it. `key` is the name and the end of the key, where one signed in."""

    at: datetime
    request_id: UUID
    method: str
    path: str
    status: int
    duration_us: int
    caller: str
    user_agent: str
    error_code: str | None
    error: str | None
    key: str | None
    query: str | None = None
    request: str | None = None
    response: str | None = None
    trace_id: str | None = None
    """The trace that the client said it was part of: 32 hexadecimal digits."""


class Asked(Struct, frozen=True, kw_only=True):
    """Which requests; all that is said must hold. `path` is how it begins, `until` is not included."""

    since: datetime = FIRST
    until: datetime = LAST
    before: tuple[datetime, UUID] = (LAST, LAST_ID)
    statuses: tuple[int, int] = (100, 599)
    method: str | None = None
    path: str | None = None
    caller: str | None = None
    error_code: str | None = None


async def write_requests(database: Database, rows: str, at: Sequence[datetime]) -> None:
    """Keep a batch of entries, given as JSON, with their times; a day that is missing is made."""
    try:
        await database.execute(SQL.insert_requests, rows)
    except asyncpg.CheckViolationError:
        await make_days(database, (moment.date() for moment in at))
        await database.execute(SQL.insert_requests, rows)


async def list_requests(database: Database, merchant_id: int, asked: Asked, limit: int) -> list[Past]:
    """The newest requests of a merchant, without excerpts."""
    rows = await database.fetch(
        SQL.list_requests, merchant_id, asked.since, asked.until, *asked.before, *asked.statuses, asked.method,
        asked.path, asked.caller, asked.error_code, limit,
    )  # fmt: skip
    return [past_of(row) for row in rows]


def past_of(row: Row) -> Past:
    """A request from the columns of a list."""
    return Past(*row[0:10], key=_key(row), trace_id=row["trace_id"])


async def get_request(database: Database, merchant_id: int, request_id: UUID) -> Past:
    """One request of a merchant with its excerpts; refuses with RequestNotFound."""
    row = await database.fetchrow(SQL.get_request, merchant_id, request_id)
    if row is None:
        raise RequestNotFound(str(request_id))
    return Past(
        *row[0:10], key=_key(row), query=row["query"], request=row["request"], response=row["response"],
        trace_id=row["trace_id"],
    )  # fmt: skip


def _key(row: Row) -> str | None:
    return None if row["name"] is None else f"{row['name']} ({HIDDEN}{row['hint']})"
