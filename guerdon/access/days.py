"""The days of the history of requests: each is a table of its own (in UTC), made ahead and dropped when it is old.

Whoever writes makes a day that is missing, so that nothing waits for the worker, which makes them ahead and drops them.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta

import asyncpg

from guerdon.database.pool import Connection, Database
from guerdon.kit.sql import load

SQL = load(__file__, "history.sql")

AHEAD = 2
"""Days that are made ahead."""
PREFIX = "api_request_"


async def make_days(database: Database, days: Iterable[date]) -> None:
    """Make those of these days that are missing."""
    async with database.transaction() as connection:
        await connection.execute(SQL.lock_days)
        for day in sorted(set(days) - await _days(connection)):
            await connection.execute(
                SQL.make_day.format(table=_table(day), since=day, until=day + timedelta(days=1))
            )  # fmt: skip


async def keep_days(database: Database, now: datetime, days_kept: int) -> list[date]:
    """Make the days ahead, and drop those over so many days ago; returns what was dropped.

    What somebody reads for long is left for the next time.
    """
    today = now.date()
    ahead = {today + timedelta(days=days) for days in range(AHEAD + 1)}
    there = await _days(database)
    if not ahead <= there:
        with suppress(asyncpg.LockNotAvailableError):
            await make_days(database, ahead)
    dropped: list[date] = []
    for day in sorted(day for day in there if day < today - timedelta(days=days_kept)):
        try:
            await _drop(database, day)
        except asyncpg.LockNotAvailableError:
            continue
        dropped.append(day)
    return dropped


async def _drop(database: Database, day: date) -> None:
    async with database.transaction() as connection:
        await connection.execute(SQL.lock_days)
        if day in await _days(connection):
            await connection.execute(SQL.drop_day.format(table=_table(day)))


async def _days(database: Database | Connection) -> set[date]:
    names = [row[0] for row in await database.fetch(SQL.list_days)]
    return {date.fromisoformat(name.removeprefix(PREFIX)) for name in names}


def _table(day: date) -> str:
    return f"{PREFIX}{day:%Y%m%d}"
