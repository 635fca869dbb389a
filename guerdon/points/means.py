"""Who could pay what: balances of many members at a glance, as they are booked."""

from collections.abc import Sequence

from guerdon.database.pool import Queries
from guerdon.kit.sql import load

SQL = load(__file__, "means.sql")


async def count_able(database: Queries, merchant_id: int, member_ids: Sequence[int], points: int) -> int:
    """How many of these members have so many points available."""
    return await database.fetchval(SQL.count_able, merchant_id, member_ids, points)
