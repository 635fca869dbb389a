"""What entries come to, for those who keep sums of them: each entry is told once, however late it is committed.

An account numbers its entries without a gap, so how many of them are in the sums says all that there is to remember:

    changed ──► Part(account, before, upto) ──► Sums of the entries with before < number <= upto

Nothing is written here. Whoever keeps the sums remembers `upto` in the transaction that adds them.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from guerdon.database.pool import Queries
from guerdon.kit.columns import columns
from guerdon.kit.sql import load

SQL = load(__file__, "totals.sql")

NEVER = date.max
"""Stands for no date: the month in which points expire that never do, and the next day of who was not active again."""


class Stretch(NamedTuple):
    """Entries of an account: those after number `before`, up to `upto`. Its members joined in a month."""

    account_id: int
    before: int
    upto: int
    joined: date


class Reached(NamedTuple):
    """A place among accounts in the order of their change."""

    changed_at: datetime
    account_id: int


class Moved(NamedTuple):
    """So many points, by so many entries, went from one bucket to another on a day, for a reason."""

    day: date
    source: str
    target: str
    reason: str
    entries: int
    points: int


class Taken(NamedTuple):
    """The same for a redemption."""

    day: date
    redemption_id: int
    source: str
    target: str
    entries: int
    points: int


class Gap(NamedTuple):
    """So many accounts were active on a day, and next on another; negative where that is not so any more."""

    day: date
    next_day: date
    accounts: int


class Cohort(NamedTuple):
    """So many accounts that joined in one month were active in another."""

    joined: date
    active: date
    accounts: int


class Expiring(NamedTuple):
    """So many points of so many lots expire in a month."""

    month: date
    lots: int
    points: int


class Sums(NamedTuple):
    """What some entries come to."""

    moved: list[Moved]
    taken: list[Taken]
    gaps: list[Gap]
    cohorts: list[Cohort]


async def changed(
    database: Queries, merchant_id: int, timezone: str, after: Reached, count_max: int
) -> tuple[list[Stretch], Reached]:
    """The next accounts with entries that are in no sum, in the order of their change, and the place of the last."""
    rows = await database.fetch(SQL.find_changed_accounts, merchant_id, *after, count_max)
    found = [(row[0], row[2], row[3], row[4]) for row in rows]
    reached = Reached(rows[-1][1], rows[-1][0]) if rows else after
    return await _stretches(database, merchant_id, timezone, found), reached


async def behind(database: Queries, merchant_id: int, timezone: str, after: int, upto: int) -> list[Stretch]:
    """The same among accounts with after < id <= upto, whenever they changed."""
    rows = await database.fetch(SQL.find_behind_accounts, merchant_id, after, upto)
    return await _stretches(database, merchant_id, timezone, [(row[0], row[2], row[3], row[4]) for row in rows])


async def summed(database: Queries, merchant_id: int, after: int, upto: int) -> list[Stretch]:
    """What is in the sums of accounts with after < id <= upto."""
    return [Stretch(*row) for row in await database.fetch(SQL.find_rolled_accounts, merchant_id, after, upto)]


async def end_of_accounts(database: Queries, merchant_id: int, after: int, count_max: int) -> tuple[int, int]:
    """The last of the next so many accounts, and how many they are: fewer where there are no more."""
    row = await database.fetchrow(SQL.end_accounts, merchant_id, after, count_max)
    assert row is not None, "an aggregate always answers"
    return row[0] or after, row[1]


async def merchants_with_changes(database: Queries, looked_before: datetime) -> list[int]:
    """The merchants with entries that are in no sum, which were not looked at since."""
    return [row[0] for row in await database.fetch(SQL.find_changed_merchants, looked_before)]


async def sums_of(database: Queries, merchant_id: int, timezone: str, stretches: Sequence[Stretch]) -> Sums:
    """What these entries come to, by the days of the merchant."""
    if not stretches:
        return Sums([], [], [], [])
    *which, joined = columns(stretches, 4)
    return Sums(
        [Moved(*row) for row in await database.fetch(SQL.sum_moves, merchant_id, *which, timezone)],
        [Taken(*row) for row in await database.fetch(SQL.sum_taken, merchant_id, *which, timezone)],
        [Gap(*row) for row in await database.fetch(SQL.sum_gaps, merchant_id, *which, timezone)],
        [Cohort(*row) for row in await database.fetch(SQL.sum_cohorts, merchant_id, *which, timezone, joined)],
    )


async def sum_expiring(database: Queries, merchant_id: int, timezone: str) -> list[Expiring]:
    """The points that expire in each month of the merchant's, as things stand; those that never do are last."""
    return [Expiring(*row) for row in await database.fetch(SQL.sum_expiring, merchant_id, timezone)]


async def sum_all_moves(database: Queries, merchant_id: int, timezone: str, after: int, upto: int) -> list[Moved]:
    """For the proof: what the sums should hold of accounts with after < id <= upto, read in another way."""
    rows = await database.fetch(SQL.sum_all_moves, merchant_id, after, upto, timezone)
    return [Moved(*row) for row in rows]


async def _stretches(
    database: Queries, merchant_id: int, timezone: str, found: Sequence[tuple[int, int, int, date | None]]
) -> list[Stretch]:
    """With the month of joining, which is looked up once for an account and then kept."""
    new = [account_id for account_id, _, _, joined in found if joined is None]
    months: dict[int, date] = {}
    if new:
        rows = await database.fetch(SQL.find_joined, merchant_id, new, timezone)
        months = {row[0]: row[1] for row in rows}
    return [
        Stretch(account_id, before, upto, joined or months[account_id]) for account_id, before, upto, joined in found
    ]
