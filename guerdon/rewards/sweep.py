"""Finds coupons whose time is over, for the worker to end with what is held for them."""

from datetime import datetime

from guerdon.database.pool import Database
from guerdon.kit.sql import load

SQL = load(__file__, "sweep.sql")


async def merchants_with_coupons_over(database: Database, now: datetime) -> list[int]:
    """The merchants that have any."""
    return [row[0] for row in await database.fetch(SQL.find_merchants, now)]


async def find_over(database: Database, merchant_id: int, now: datetime, limit: int) -> list[int]:
    """The redemptions whose coupons were over first."""
    return [row[0] for row in await database.fetch(SQL.find_due, merchant_id, now, limit)]
