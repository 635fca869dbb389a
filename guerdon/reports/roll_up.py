"""Sums by day, kept from the entries themselves: each is added once, in the transaction that marks it as added.

    entries ──► accounts that changed ──► what their new entries come to ──► sums by day ─┐
                                     └──► the tail: what is in no sum yet, read live ─────┴──► a report

A redemption touches none of this: it leaves an account changed, and that is found afterwards. Changes are looked for by
their time, from a little before the last look; what is committed later than that is found by the night, which goes
through all accounts. Late or not, the account's own count of entries says what is missing.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from guerdon.database.pool import Connection, Database, Queries
from guerdon.kit.columns import columns
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.totals import (
    Cohort,
    Gap,
    Moved,
    Reached,
    Stretch,
    Taken,
    behind,
    changed,
    end_of_accounts,
    merchants_with_changes,
    sums_of,
)

SQL = load(__file__, "roll_up.sql")

MARGIN = timedelta(minutes=3)
"""What is committed so long after its time is still found by the next look."""
REST = timedelta(seconds=15)
"""Sums are brought up to date so often at most: between two looks the tail is read live."""
TAIL_MAX = 1_000_000
FIRST = Reached(datetime.min.replace(tzinfo=UTC), 0)


class Rewarded(NamedTuple):
    """What was taken for a rule's rewards on a day, kept, or came back; the value is that of whole redemptions."""

    day: date
    rule_id: int
    currency: str
    source: str
    target: str
    entries: int
    points: int
    value_minor: int


class Tail(NamedTuple):
    """What is in no sum yet."""

    moved: list[Moved]
    rewarded: list[Rewarded]
    gaps: list[Gap]
    cohorts: list[Cohort]


async def merchants_to_roll_up(database: Database, now: datetime) -> list[int]:
    """Those with entries that are in no sum."""
    return await merchants_with_changes(database, now - REST)


async def roll_up(database: Database, merchant: Merchant, now: datetime, accounts_max: int) -> int:
    """Add the entries of the next so many accounts that changed; returns of how many there were some."""
    merchant_id = merchant.merchant_id
    async with database.indexed_transaction() as connection:
        await connection.execute(SQL.begin_roll_up, merchant_id)
        after = Reached(*(await connection.fetch(SQL.lock_roll_up, merchant_id))[0])
        stretches, reached = await changed(connection, merchant_id, merchant.timezone, after, accounts_max)
        await _add(connection, merchant, stretches)
        recent = Reached(now - MARGIN, 0)
        more = len(stretches) == accounts_max
        following = min(reached, recent) if more else max(after, recent)
        await connection.execute(SQL.save_reached, merchant_id, *following, None if more else now)
    return len(stretches)


async def roll_up_all(
    database: Database, merchant: Merchant, after: int, accounts_max: int
) -> tuple[int, int | None]:  # fmt: skip
    """Go through the next so many accounts, changed or not: of how many there was something to add, and the last of
    them; None where there are no more.
    """
    merchant_id = merchant.merchant_id
    async with database.indexed_transaction() as connection:
        await connection.execute(SQL.begin_roll_up, merchant_id)
        await connection.fetch(SQL.lock_roll_up, merchant_id)
        upto, accounts = await end_of_accounts(connection, merchant_id, after, accounts_max)
        stretches = await behind(connection, merchant_id, merchant.timezone, after, upto)
        await _add(connection, merchant, stretches)
    return len(stretches), upto if accounts == accounts_max else None


async def tail_of(database: Queries, merchant: Merchant) -> Tail:
    """What is in no sum yet, as it stands."""
    merchant_id = merchant.merchant_id
    row = await database.fetchrow(SQL.get_reached, merchant_id)
    after = FIRST if row is None else Reached(*row)
    stretches, _ = await changed(database, merchant_id, merchant.timezone, after, TAIL_MAX)
    sums = await sums_of(database, merchant_id, merchant.timezone, stretches)
    return Tail(sums.moved, await rewards_of(database, merchant_id, sums.taken), sums.gaps, sums.cohorts)


async def rewards_of(database: Queries, merchant_id: int, taken: Sequence[Taken]) -> list[Rewarded]:
    """What was taken for redemptions, by their rules."""
    if not taken:
        return []
    return [Rewarded(*row) for row in await database.fetch(SQL.sum_rewards, merchant_id, *columns(taken, 6))]


async def _add(connection: Connection, merchant: Merchant, stretches: Sequence[Stretch]) -> None:
    """Add these to the sums, and mark them as added."""
    if not stretches:
        return
    merchant_id = merchant.merchant_id
    sums = await sums_of(connection, merchant_id, merchant.timezone, stretches)
    rewarded = await rewards_of(connection, merchant_id, sums.taken)
    marks = [(one.account_id, one.upto, one.joined) for one in stretches]
    await connection.execute(SQL.mark_accounts, merchant_id, *columns(marks, 3))
    await connection.execute(SQL.add_points, merchant_id, *columns(sums.moved, 6))
    await connection.execute(SQL.add_rewards, merchant_id, *columns(rewarded, 8))
    await connection.execute(SQL.add_gaps, merchant_id, *columns(sums.gaps, 3))
    await connection.execute(SQL.add_cohorts, merchant_id, *columns(sums.cohorts, 3))
