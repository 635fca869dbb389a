"""What members have bought so far, as profiles and tiers count it."""

from collections.abc import Collection
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


NOTHING_BOUGHT = OrderTotals(0, 0, None)


async def totals_of(database: Queries, merchant: Merchant, member_ids: Collection[int]) -> dict[int, OrderTotals]:
    """The totals of each of these members.

    Other currencies count at the merchant's rates; one no longer taken counts as nothing.
    """
    cancelled = list(merchant.policies.cancel_statuses)
    rows = await database.fetch(SQL.sum_orders, merchant.merchant_id, list(member_ids), cancelled)
    totals = dict.fromkeys(member_ids, NOTHING_BOUGHT)
    for member_id, code, spent_minor, orders, last_at in rows:
        before, spent = totals[member_id], 0
        if code == merchant.currency or code in merchant.rates:
            spent = merchant.converted(int(spent_minor), code, merchant.currency)
        latest = last_at if before.last_at is None else max(last_at, before.last_at)
        totals[member_id] = OrderTotals(before.spent_minor + spent, before.orders + orders, latest)
    return totals
