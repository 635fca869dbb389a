"""How much of an order came back, as an exact share of it. Pure.

    by items    where a return names items: the price of the pieces returned, of the price of all pieces
    by amount   otherwise: the amount returned, of the order's total

Items are the more exact: an amount may leave out shipping, or take in a fee. All of it is back once the amounts add up
to the total, whatever items they named. The share is a sum over all returns, so it is the same in whatever parts and
order they came (behaviour 19, 20).
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from guerdon.errors.base import Refusal
from guerdon.errors.earning import ItemUnknown, ReturnCurrencyDiffers
from guerdon.orders.order import Order, Return

Ratio = int | Fraction
"""From 0 to 1."""

HALF = Fraction(1, 2)


def returned_share(order: Order, returns: Sequence[Return]) -> Ratio:
    """How much of the order came back so far."""
    told = Fraction(order.refunded_minor, order.total_minor) if order.refunded_minor and order.total_minor else 0
    if not returns:
        return min(told, 1)
    amounts = sum(one.total_minor for one in returns)
    if order.total_minor and amounts >= order.total_minor:
        return 1
    by_item, others = _share_of_items(order, returns)
    return min(1, max(told, by_item + sum(_share_of_amount(order, one) for one in others)))


def problem_with(order: Order, one: Return) -> Refusal | None:
    """Why this cannot be a return of this order."""
    if one.currency is not None and one.currency != order.currency:
        return ReturnCurrencyDiffers(one.currency, order.order_id, order.currency)
    known = {line.id for line in order.lines}
    for item in one.items:
        if item.id not in known:
            return ItemUnknown(item.id, order.order_id)
    return None


def part_of(points: int, share: Ratio) -> int:
    """So many points, rounded to the nearest, halves up: for the whole share, all of them."""
    return points if share == 1 else (points * share + HALF).__floor__()


def _share_of_items(order: Order, returns: Iterable[Return]) -> tuple[Ratio, list[Return]]:
    """The share of the pieces returned, never more of a line than there were; and the returns that it cannot tell."""
    pieces, prices = _goods(order)
    whole = sum(prices.values())
    back: dict[str, int] = {}
    others: list[Return] = []
    for one in returns:
        if one.items and whole and all(item.id in pieces for item in one.items):
            for item in one.items:
                back[item.id] = back.get(item.id, 0) + item.quantity
        else:
            others.append(one)
    counted = [(item, min(quantity, pieces[item])) for item, quantity in back.items() if pieces[item]]
    return sum((Fraction(prices[item] * quantity, pieces[item] * whole) for item, quantity in counted), start=0), others


def _goods(order: Order) -> tuple[dict[str, int], dict[str, int]]:
    """The pieces, and what they cost, of each id: an order may have several lines of one."""
    pieces: dict[str, int] = {}
    prices: dict[str, int] = {}
    for line in order.lines:
        pieces[line.id] = pieces.get(line.id, 0) + line.quantity
        prices[line.id] = prices.get(line.id, 0) + line.gross_minor
    return pieces, prices


def _share_of_amount(order: Order, one: Return) -> Ratio:
    """A return of an order that cost nothing is a return of all of it."""
    return Fraction(one.total_minor, order.total_minor) if order.total_minor else 1
