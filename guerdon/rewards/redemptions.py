"""Looking redemptions up. What changes them are the commands of redeem.py and ending.py."""

from collections.abc import Collection

from guerdon.database.pool import Queries
from guerdon.kit.sql import load

SQL = load(__file__, "redemptions.sql")


async def codes_of(database: Queries, merchant_id: int, redemption_ids: Collection[int]) -> dict[int, str]:
    """The coupon code of each of these redemptions, by id."""
    if not redemption_ids:
        return {}
    rows = await database.fetch(SQL.get_codes, merchant_id, list(redemption_ids))
    return {row["redemption_id"]: row["code"] for row in rows}


async def count_redemptions(database: Queries, merchant_id: int, member_id: int) -> int:
    """How often a member has redeemed, cancelled and expired redemptions apart."""
    return int(await database.fetchval(SQL.count_redemptions, merchant_id, member_id))
