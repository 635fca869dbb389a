"""What a member has bought so far, as profiles and tiers count it."""

from datetime import datetime

from msgspec import Struct

from guerdon.database.pool import Queries
from guerdon.merchants.merchant import Merchant
from guerdon.orders.shelf import SQL


class OrderTotals(Struct, frozen=True):
    """Orders that were not cancelled; `spent_minor` is in the merchant's base currency."""

    spent_minor: int
    orders: int
    last_at: datetime | None


async def order_totals(database: Queries, merchant: Merchant, member_id: int) -> OrderTotals:
    """The totals of a member. Other currencies count at the merchant's rates; one no longer taken counts as nothing."""
    cancelled = list(merchant.policies.cancel_statuses)
    rows = await database.fetch(SQL.sum_orders, merchant.merchant_id, member_id, cancelled)
    spent_minor = sum(
        merchant.converted(int(row["spent_minor"]), row["currency"], merchant.currency)
        for row in rows
        if row["currency"] == merchant.currency or row["currency"] in merchant.rates
    )
    last_at = max((row["last_at"] for row in rows), default=None)
    return OrderTotals(spent_minor, sum(row["orders"] for row in rows), last_at)
