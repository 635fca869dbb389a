"""Callbacks as rows: taken by one at a time, noted, put off, ended. No transaction stays open while a call is made."""

from datetime import datetime, timedelta
from typing import NamedTuple

from guerdon.database.pool import Database
from guerdon.kit.sql import load
from guerdon.rewards.callback import Kind

SQL = load(__file__, "calls.sql")

LEASE = timedelta(seconds=60)
"""Longer than any call: what was taken for so long and is still waiting was taken by somebody who died."""

FIRST_PAUSE = timedelta(seconds=30)
PAUSE_MAX = timedelta(hours=1)
DOUBLED_MAX = 10
GIVE_UP_AFTER = timedelta(days=3)


class Call(NamedTuple):
    """A callback that was taken until `until`; `code` is the one that we proposed, `given_for` what a gift is for."""

    redemption_id: int
    kind: Kind
    code: str
    given_for: str | None
    attempts: int
    asked_at: datetime
    until: datetime


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 30 seconds, doubled each time, up to an hour."""
    return min(PAUSE_MAX, FIRST_PAUSE * 2 ** min(attempts, DOUBLED_MAX))


async def merchants_with_calls_due(database: Database, now: datetime) -> list[int]:
    """The merchants that have any."""
    return [row[0] for row in await database.fetch(SQL.find_merchants, now)]


async def take_due(database: Database, merchant_id: int, now: datetime, limit: int) -> list[Call]:
    """The next that are due, which nobody else takes before LEASE is over."""
    until = now + LEASE
    rows = await database.fetch(SQL.take_due, merchant_id, now, until, limit)
    return [Call(row[0], Kind(row[1]), row[2], row[3], row[4], row[5], until) for row in rows]


async def take_one(database: Database, merchant_id: int, redemption_id: int, now: datetime) -> bool:
    """Whether the code of this redemption is ours to ask for now, since whoever was to do so has not."""
    row = await database.fetchrow(SQL.take_one, merchant_id, redemption_id, now, now + LEASE)
    return row is not None


async def outcome_of(database: Database, merchant_id: int, redemption_id: int) -> tuple[str, str]:
    """The state of a code that was asked for, and why it is so."""
    row = await database.fetchrow(SQL.get_create, merchant_id, redemption_id)
    assert row is not None, "a callback is written with its redemption"
    return row[0], row[1] or ""


async def secret_of(database: Database, merchant_id: int, rule_id: int) -> str:
    """What the URLs of a rule are told; empty where there is nothing to tell."""
    return await database.fetchval(SQL.get_secret, merchant_id, rule_id) or ""


async def note_attempt(
    database: Database, merchant_id: int, redemption_id: int, kind: Kind, status: int | None, response: str,
    now: datetime,
) -> None:  # fmt: skip
    """Keep what was answered, or what kept an answer away."""
    await database.execute(SQL.note_attempt, merchant_id, redemption_id, kind, status, response, now)


async def put_off(database: Database, merchant_id: int, call: Call, outcome: str, now: datetime) -> None:
    """Try again after a pause."""
    later = now + pause(call.attempts)
    await database.execute(SQL.put_off, merchant_id, call.redemption_id, call.kind, later, outcome, call.until)


async def end_call(database: Database, merchant_id: int, call: Call, state: str, outcome: str) -> None:
    """It needs no further attempt, unless it was asked for anew meanwhile."""
    await database.execute(SQL.end_call, merchant_id, call.redemption_id, call.kind, state, outcome, call.until)
