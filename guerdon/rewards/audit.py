"""The proof of the rewards: every redemption rests on an entry in the books, has its coupon, and counts towards caps.

Like the proof of the books it reads one snapshot and changes nothing. What the books must say is asked of `points`,
which alone knows their tables.
"""

from guerdon.database.pool import Connection, Database
from guerdon.kit.sql import load
from guerdon.points.audit import (
    Finding,
    Move,
    Progress,
    Tally,
    find_unlike_moves,
    find_unlike_returns,
    member_ranges,
    snapshot,
)

SQL = load(__file__, "audit.sql")

LAST_BUCKET = {
    "asked": "held",
    "held": "held",
    "captured": "redeemed",
    "redeemed": "redeemed",
    "cancelled": "available",
    "expired": "available",
}
"""Where the points of a redemption in this state went last."""


async def audit_rewards(database: Database, merchant_id: int, *, on_progress: Progress | None = None) -> list[Finding]:
    """Every contradiction among a merchant's redemptions, coupons, pools and caps; `on_progress` counts members."""
    tally = Tally()
    async with snapshot(database) as connection:
        async for after, upto in member_ranges(connection, merchant_id, SQL, on_progress):
            await _audit_members(connection, merchant_id, after, upto, tally)
        tally.add("find_doubled_coupons", "redemption", await connection.fetch(SQL.find_doubled_coupons, merchant_id))
        tally.add("find_wrong_pool_codes", "rule", await connection.fetch(SQL.find_wrong_pool_codes, merchant_id))
        tally.add("find_wrong_stock", "rule", await connection.fetch(SQL.find_wrong_stock, merchant_id))
    return tally.findings()


async def _audit_members(connection: Connection, merchant_id: int, after: int, upto: int, tally: Tally) -> None:
    members = (merchant_id, after, upto)
    moves = [
        Move(row[0], row[1], row[2], row[3], LAST_BUCKET[row[4]], f"redemption:{row[0]}")
        for row in await connection.fetch(SQL.list_moves, *members)
    ]
    tally.add("find_unlike_moves", "redemption", await find_unlike_moves(connection, merchant_id, moves))
    returned = [
        Move(row[0], row[1], row[2], row[3], "available", f"redemption:{row[0]}")
        for row in await connection.fetch(SQL.list_returned, *members)
    ]
    tally.add("find_unlike_returns", "redemption", await find_unlike_returns(connection, merchant_id, returned))
    tally.add("find_wrong_coupons", "redemption", await connection.fetch(SQL.find_wrong_coupons, *members))
    tally.add("find_forgotten_codes", "redemption", await connection.fetch(SQL.find_forgotten_codes, *members))
    tally.add("find_wrong_usage", "member", await connection.fetch(SQL.find_wrong_usage, *members))
