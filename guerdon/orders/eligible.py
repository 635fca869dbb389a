"""What of an order earns: its net eligible amount, and the lines' share of it (behaviour 16). Pure."""

from collections.abc import Sequence

from guerdon.earning.occasion import Line, Occasion
from guerdon.merchants.merchant import Merchant
from guerdon.orders.order import Order, OrderLine


def occasion_of(order: Order, merchant: Merchant, *, first: bool) -> Occasion:
    """The order as rules look at it."""
    goods_minor = goods(order, merchant)
    also = merchant.policies.earn_on
    eligible_minor = goods_minor
    if "shipping" in also:
        eligible_minor += order.shipping_minor
    if "tax" in also:
        eligible_minor += order.tax_minor
    return Occasion(
        at=order.placed_at,
        currency=order.currency,
        eligible_minor=min(eligible_minor, order.total_minor),
        lines=_lines(order.lines, goods_minor),
        tags=frozenset(order.tags),
        channel=order.channel,
        first=first,
    )


def goods(order: Order, merchant: Merchant) -> int:
    """What was paid for goods: without shipping and tax, and without what discounts and rewards paid for.

    Where a shop's totals are `before_discounts`, they are taken off here: the discounts that the shop names, or the
    worth of our own coupons, if that is more.
    """
    paid = order.total_minor - order.shipping_minor - order.tax_minor
    if merchant.policies.order_total == "before_discounts":
        paid -= max(order.discount_minor, order.rewards_minor)
    return max(0, paid)


def _lines(lines: Sequence[OrderLine], goods_minor: int) -> tuple[Line, ...]:
    """The lines that are goods, each with its net amount: where the lines cost more than was paid for goods, each bears
    its share of the discount, to the last unit.
    """
    goods_lines = [line for line in lines if line.price_minor >= 0]
    gross_minor = sum(line.gross_minor for line in goods_lines)
    net: list[Line] = []
    before, given = 0, 0
    for line in goods_lines:
        before += line.gross_minor
        upto = before if gross_minor <= goods_minor else goods_minor * before // gross_minor
        net.append(
            Line(
                id=line.id,
                name=line.name,
                quantity=line.quantity,
                net_minor=upto - given,
                collections=frozenset(line.collections),
                type=line.type,
                vendor=line.vendor,
                tags=frozenset(line.tags),
            )
        )
        given = upto
    return tuple(net)
