"""Whose night it is, and whose turn: a merchant's jobs are done by one worker at a time, in order, by all of them."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.kit.calendar import local_day
from guerdon.kit.sql import load

SQL = load(__file__, "night.sql")

LEASE = timedelta(seconds=60)
"""A worker that does not end its turn in this time is taken for dead. Were it only slow, nothing would be done twice:
commands decide under the locks, and a turn that was lost saves no mark."""


class Night(NamedTuple):
    """A merchant whose day has begun and whose work is not done; `free` if nobody is at it."""

    merchant_id: int
    free: bool


class Run(NamedTuple):
    """What a turn did of one job."""

    job: str
    reached: Any
    done: int
    points: int
    failed: int
    finished: bool


class PastRun(Struct, frozen=True):
    """A job of one day, for people."""

    day: date
    job: str
    done: int
    points: int
    failed: int
    worker: str
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


async def list_nights(database: Database, now: datetime, merchant_id: int | None = None) -> list[Night]:
    """The merchants whose local day has work to do, or one of them if it has."""
    return [
        Night(row[0], row[3] is None or row[3] <= now)
        for row in await database.fetch(SQL.list_nights)
        if merchant_id in (None, row[0]) and (row[2] is None or row[2] < local_day(now, row[1]))
    ]


async def take_turn(database: Database, merchant_id: int, worker: str, now: datetime) -> tuple[bool, date | None]:
    """Whether the turn is this worker's now, and the last day whose work is done."""
    row = await database.fetchrow(SQL.take_turn, merchant_id, worker, now, now + LEASE)
    return (False, None) if row is None else (True, row[1])


async def load_runs(database: Database, merchant_id: int, day: date) -> dict[str, tuple[Any, bool]]:
    """By job, the mark that it has reached and whether it is done."""
    rows = await database.fetch(SQL.load_runs, merchant_id, day)
    return {row[0]: (row[1] and msgspec.json.decode(row[1]), row[2] is not None) for row in rows}


async def end_turn(
    database: Database, merchant_id: int, worker: str, day: date, runs: list[Run], *, over: bool,
    started_at: datetime, now: datetime,
) -> bool:  # fmt: skip
    """Save what the turn did, and let others have the next; `over` if the day's work is done.

    False, and nothing is saved, if the turn was taken by another worker meanwhile.
    """
    rows = msgspec.json.encode([run._asdict() for run in runs]).decode()
    async with database.transaction() as connection:
        done = await connection.execute(SQL.end_turn, merchant_id, worker, day if over else None)
        if done == "UPDATE 0":
            return False
        await connection.execute(SQL.save_runs, merchant_id, day, worker, started_at, now, rows)
    return True


async def list_runs(database: Database, merchant_id: int, since: date) -> list[PastRun]:
    """What the jobs did of late, newest first."""
    return [PastRun(*row) for row in await database.fetch(SQL.list_runs, merchant_id, since)]
