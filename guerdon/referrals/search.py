"""Referrals of a merchant's members, page by page."""

from datetime import datetime

from guerdon.database.pool import Queries
from guerdon.errors.referrals import ReferralNotFound
from guerdon.kit.sql import load
from guerdon.referrals.referral import Referral, State
from guerdon.referrals.shelf import read_referral

SQL = load(__file__, "search.sql")


async def get_referral(database: Queries, merchant_id: int, referral_id: int) -> Referral:
    """A referral as it stands; refuses with ReferralNotFound."""
    row = await database.fetchrow(SQL.get_referral, merchant_id, referral_id)
    if row is None:
        raise ReferralNotFound(referral_id)
    return read_referral(row)


async def find_referrals(
    database: Queries,
    merchant_id: int,
    *,
    member_id: int | None = None,
    state: State | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[Referral]:
    """Referrals for which all of this holds, newest first, from before a place (created, id) on.

    `member_id` is who referred; `since` is the first moment, `until` the first after the last.
    """
    place = before or (None, None)
    rows = await database.fetch(
        SQL.find_referrals, merchant_id, member_id, state and state.value, since, until, *place, count_max
    )  # fmt: skip
    return [read_referral(row) for row in rows]
