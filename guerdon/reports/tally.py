"""Counts of what changes in place: members by tier, by the day they joined, and points by when they expire.

No entry says when such a count changes, so it is made anew as a whole. What is quickly counted is counted when it is
asked for, and is right to the moment. What takes long is counted beforehand, so often that it costs one part in a
hundred of a processor at most, and says of when it is.
"""

import time
from datetime import UTC, date, datetime

import msgspec
from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.kit.sql import load
from guerdon.members.numbering import pass_milestones
from guerdon.merchants.merchant import Merchant
from guerdon.points.totals import Expiring, sum_expiring

SQL = load(__file__, "tally.sql")

QUICK_MS = 40
"""What takes less is counted when it is asked for."""
TIMES_AS_LONG = 100
EVER = datetime(1, 1, 1, tzinfo=UTC)


class TierCount(Struct, frozen=True):
    """So many members of a status stand on a tier; level 0 is no tier."""

    level: int
    status: str
    members: int


class JoinCount(Struct, frozen=True):
    """So many members joined on a day."""

    day: date
    members: int


class Counted(Struct, frozen=True):
    """What was counted, and when."""

    at: datetime
    tiers: list[TierCount]
    joined: list[JoinCount]
    expiring: list[Expiring]

    @property
    def members(self) -> int:
        """How many there are; those who were merged into others, or erased, are none any more."""
        return sum(one.members for one in self.tiers if one.status in ("active", "suspended"))

    def joined_between(self, since: date, until: date) -> int:
        """How many joined from the first of these days to the last."""
        return sum(one.members for one in self.joined if since <= one.day <= until)


async def merchants_to_count(database: Database, now: datetime) -> list[int]:
    """Those whose counts are too old."""
    rows = await database.fetch(SQL.find_uncounted_merchants, now, QUICK_MS, TIMES_AS_LONG)
    return [row[0] for row in rows]


async def counted(database: Database, merchant: Merchant, now: datetime) -> Counted:
    """The counts: of now where they are quickly made, else those that were made last."""
    row = await database.fetchrow(SQL.get_tally, merchant.merchant_id)
    if row is None or row["took_ms"] < QUICK_MS:
        return await count(database, merchant, now)
    return msgspec.json.decode(row["document"], type=Counted)


async def count(database: Database, merchant: Merchant, now: datetime) -> Counted:
    """Count as things stand."""
    merchant_id, zone = merchant.merchant_id, merchant.timezone
    return Counted(
        at=now,
        tiers=[TierCount(*row) for row in await database.fetch(SQL.count_tiers, merchant_id)],
        joined=[JoinCount(*row) for row in await database.fetch(SQL.count_joined, merchant_id, zone, EVER)],
        expiring=await sum_expiring(database, merchant_id, zone),
    )


async def keep_count(database: Database, merchant: Merchant, now: datetime) -> None:
    """Count, and keep it with how long that took; and number the members that have come."""
    await pass_milestones(database, merchant.merchant_id, now)
    began = time.monotonic()
    made = await count(database, merchant, now)
    took_ms = round((time.monotonic() - began) * 1000)
    await database.execute(SQL.save_tally, merchant.merchant_id, now, took_ms, msgspec.json.encode(made).decode())
