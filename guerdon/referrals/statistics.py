"""A member's code, and what has come of it."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from guerdon.database.pool import Database, Queries, Row
from guerdon.kit.sql import load
from guerdon.referrals.referral import Referral
from guerdon.referrals.shelf import read_referral
from guerdon.rewards.redemption import ALPHABET

SQL = load(__file__, "statistics.sql")

CODE_LETTERS = 8
"""People read codes to one another; 31 letters to the power of 8 are over 39 bits, and a guess names only a friend."""

TRIES = 5


class FriendSeen(Struct, frozen=True):
    """A friend whose order completed a referral, and the points that the referrer got for it."""

    email: str | None
    first_name: str | None
    last_name: str | None
    points: int
    last_seen_at: datetime | None


class Refused(Struct, frozen=True):
    """How many referrals were not believed, for one reason."""

    reason: str
    referrals: int


class Statistics(Struct, frozen=True):
    """What a member's referrals have come to; amounts in minor units of the base currency."""

    shares: int
    signed_up: int
    orders: int
    amount_minor: int
    refused: tuple[Refused, ...]
    friends: tuple[FriendSeen, ...]


async def code_of(database: Database, merchant_id: int, member_id: int, now: datetime) -> str:
    """The member's code, made now if there is none. Nobody can guess it, and no two members have the same."""
    for attempt in range(TRIES):
        found: str | None = await database.fetchval(SQL.get_code, merchant_id, member_id)
        if found is not None:
            return found
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
        try:
            await database.execute(SQL.insert_code, merchant_id, code, member_id, now)
        except asyncpg.UniqueViolationError:
            if attempt == TRIES - 1:
                raise
    # Two requests at once may both have made one: the older counts for both.
    made: str = await database.fetchval(SQL.get_code, merchant_id, member_id)
    return made


async def codes_of(database: Database, merchant_id: int, members: Collection[int], now: datetime) -> dict[int, str]:
    """The codes of these members, of whom most have one already."""
    found = {row[0]: row[1] for row in await database.fetch(SQL.list_codes, merchant_id, list(members))}
    made = {one: await code_of(database, merchant_id, one, now) for one in members if one not in found}
    return found | made


async def get_statistics(database: Queries, merchant_id: int, member_id: int, *, friends_max: int = 100) -> Statistics:
    """What the member's referrals have come to, and the latest friends."""
    return (await statistics_of(database, merchant_id, [member_id], friends_max=friends_max))[member_id]


async def statistics_of(
    database: Queries, merchant_id: int, members: Collection[int], *, friends_max: int = 100
) -> dict[int, Statistics]:
    """The same of several members."""
    wanted = list(members)
    counts = {row["member_id"]: row for row in await database.fetch(SQL.count_referrals, merchant_id, wanted)}
    refused, friends = defaultdict[int, list[Refused]](list), defaultdict[int, list[FriendSeen]](list)
    if counts:
        for member_id, *one in await database.fetch(SQL.count_refused, merchant_id, list(counts)):
            refused[member_id].append(Refused(*one))
        for member_id, *one in await database.fetch(SQL.list_friends, merchant_id, list(counts), friends_max):
            friends[member_id].append(FriendSeen(*one))
    return {one: _statistics(counts.get(one), refused[one], friends[one]) for one in wanted}


async def list_referrals(
    database: Queries,
    merchant_id: int,
    member_id: int | None,
    *,
    before: datetime,
    before_id: int,
    count_max: int = 100,
) -> list[Referral]:
    """A member's referrals, or the merchant's, newest first; the last one's time and id are for the next page."""
    rows = await database.fetch(SQL.list_referrals, merchant_id, member_id, before, before_id, count_max)
    return [read_referral(row) for row in rows]


def _statistics(counts: Row | None, refused: Sequence[Refused], friends: Sequence[FriendSeen]) -> Statistics:
    """With no counts, the member has told nobody."""
    shares, signed_up, orders, amount_minor = (0, 0, 0, 0) if counts is None else counts[1:]
    return Statistics(shares, signed_up, orders, amount_minor, tuple(refused), tuple(friends))
