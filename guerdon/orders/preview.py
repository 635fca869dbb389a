"""What a basket would earn, if it were ordered: evaluated as an order is, and nothing is booked."""

from guerdon.database.pool import Queries
from guerdon.earning.dryrun import dry_run
from guerdon.earning.evaluate import Evaluation
from guerdon.merchants.merchant import Merchant
from guerdon.orders.eligible import occasion_of
from guerdon.orders.order import Order
from guerdon.orders.settlement import tier_rule
from guerdon.orders.shelf import SQL
from guerdon.rewards.eligibility import Standing
from guerdon.tiers.programme import NO_MULTIPLIER, multiplier_of, nickname
from guerdon.tiers.programmes import get_tiers


async def preview_order(database: Queries, merchant: Merchant, member: Standing, order: Order) -> Evaluation:
    """Every rule's award, or why it has none, with what the member's tier multiplies."""
    merchant_id = merchant.merchant_id
    before = await database.fetch(SQL.load_earlier_orders, merchant_id, [member.member_id], 1)
    programme = await get_tiers(database, merchant_id)
    factor, name = multiplier_of(programme, member.tier_level), nickname(programme, member.tier_level)
    tier = [tier_rule(factor, name or "")] if factor > NO_MULTIPLIER else []
    return await dry_run(database, merchant, member, occasion_of(order, merchant, first=not before), tier)
