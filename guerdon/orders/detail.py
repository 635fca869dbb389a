"""An order whole: what became of its coupons, what it earned, and what came back of it. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from guerdon.awards.award import Award, awards_of
from guerdon.orders.order import Order, Return, returns_of
from guerdon.points.book import Book
from guerdon.rewards.redemption import Coupon

UNKNOWN = "unknown"
"""The state of a discount code of the shop's own."""


class Presented(Struct, frozen=True):
    """A code that the order named: the state of its coupon, or `unknown`; the `problem` says why it was not taken."""

    code: str
    state: str
    problem: str | None
    redemption_id: int | None


class Detail(Struct, frozen=True):
    """Coupons as the order names them, awards by their source, returns by their ids."""

    order: Order
    coupons: tuple[Presented, ...]
    awards: tuple[Award, ...]
    returns: tuple[Return, ...]


def detail_of(book: Book, order: Order) -> Detail:
    """The order as the book has it."""
    found = {code: book.page(Coupon).get(code) for code in order.codes}
    known = {code: (coupon.state.value, coupon.redemption_id) for code, coupon in found.items() if coupon}
    awards = awards_of(book, order.subject)
    return Detail(order, presented(order, known), tuple(awards), tuple(returns_of(book, order.order_id)))


def presented(order: Order, known: Mapping[str, tuple[str, int]]) -> tuple[Presented, ...]:
    """The codes of the order, of which these are coupons: in a state, and of a redemption."""
    problems = {code: problem for problem, _, code in (flag.partition(":") for flag in order.flags)}
    found: list[Presented] = []
    for code in order.codes:
        state, redemption_id = known.get(code, (UNKNOWN, None))
        found.append(Presented(code, state, problems.get(code), redemption_id))
    return tuple(found)
