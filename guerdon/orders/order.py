"""An order as a shop reports it, what it earned, and what came back of it: the values. Money is in minor units."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from guerdon.points.book import Book
from guerdon.points.values import Member

ORDER_REASON = "order"
"""Why points of an order are issued."""


class OrderLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line as the shop wrote it. `price_minor` is for one piece before discounts; below zero it is a discount."""

    id: str = ""
    name: str = ""
    quantity: int = 1
    price_minor: int = 0
    collections: tuple[str, ...] = ()
    type: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def gross_minor(self) -> int:
        """What its pieces cost before any discount."""
        return max(0, self.price_minor * self.quantity)


class Earning(Struct, frozen=True):
    """What a rule gave for the order: `points` for the whole of it, of which so many `stand` after returns; or a coupon
    or a tier, which was `given` and not taken back.
    """

    rule_id: int
    version: int
    points: int
    stand: int
    given: bool = False

    @property
    def times(self) -> int:
        """How many times it counts towards the caps of the rule."""
        return int(self.given or self.stand > 0)


class Evaluated(Struct, frozen=True):
    """The order's first evaluation: what is decided anew later is decided by the same versions and the same standing.

    So neither a changed rule nor a better tier changes what an order earned when it is only told of again.
    """

    rules: tuple[tuple[int, int], ...]
    """Every rule (rule, version) that was looked at, also those that gave nothing."""
    first: bool
    """Whether it was the member's first order, where one of the rules asked."""
    status: str
    opted_in: bool | None
    tier_level: int
    tags: tuple[str, ...]
    tier_factor: Decimal
    """How many times the usual points the member's tier gave."""
    tier_name: str | None
    earnings: tuple[Earning, ...]

    def standing(self, member: Member) -> Member:
        """The member as they were then."""
        return replace(
            member, status=self.status, opted_in=self.opted_in, tier_level=self.tier_level, tags=self.tags
        )  # fmt: skip


class Order(Struct, frozen=True):
    """An order as it was last reported; `document` is its JSON, `flags` say which coupons were not taken, and why.

    `total_minor` includes shipping and tax. `rewards_minor` is what its coupons are worth, `refunded_minor` what the
    shop's own report says was paid back. `day` is the merchant's on which it was placed. It `earns` from the first
    status that the merchant's policy names until it is cancelled. `bought` says whether it counts as a purchase, and
    `spent_minor` how much, in the merchant's currency.
    """

    order_id: str
    member_id: int
    status: str
    total_minor: int
    currency: str
    codes: tuple[str, ...]
    flags: tuple[str, ...]
    document: str
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    refunded_minor: int
    rewards_minor: int
    channel: str
    tags: tuple[str, ...]
    lines: tuple[OrderLine, ...]
    day: date
    cancelled: bool
    earns: bool
    bought: bool
    spent_minor: int
    evaluated: Evaluated | None

    @property
    def subject(self) -> str:
        """What its awards are given for."""
        return subject_of(self.order_id)


def subject_of(order_id: str) -> str:
    """What the awards of this order are given for."""
    return f"order:{order_id}"


class Awaited(Struct, frozen=True):
    """An order that returns have named, and that nobody has reported yet."""

    order_id: str


class ReturnedItem(Struct, frozen=True):
    """So many pieces of the line of this id."""

    id: str
    quantity: int


class Return(Struct, frozen=True):
    """What came back of an order. `currency` is as it was sent; None is the order's.

    It is `waiting` until its order is there. `problem` is the code of the refusal that a return which waited would have
    met: it counts for nothing.
    """

    return_id: str
    order_id: str
    total_minor: int
    currency: str | None
    items: tuple[ReturnedItem, ...]
    waiting: bool
    problem: str | None
    created_at: datetime
    updated_at: datetime


class ActiveRules(Struct, frozen=True):
    """The rules (rule, version) that orders set off, at the versions that count."""

    versions: tuple[tuple[int, int], ...]


class EarlierOrders(Struct, frozen=True):
    """The first orders (time, id) of a member that were not cancelled, as many as tell whether another is the first."""

    member_id: int
    orders: tuple[tuple[datetime, str], ...]


EARLIER_MAX = 2
"""The first of all, and one more in case that one is the order in question."""


def returns_of(book: Book, order_id: str) -> list[Return]:
    """The returns of an order that the command named, in the order of their ids."""
    found = [one for one in book.page(Return).rows() if one.order_id == order_id]
    return sorted(found, key=lambda one: one.return_id)


def is_first(book: Book, order: Order) -> bool:
    """Whether the member has no order before this one that was not cancelled, neither stored nor in this batch."""
    this = (order.placed_at, order.order_id)
    orders = book.page(Order)
    stored = book.page(EarlierOrders).get(order.member_id)
    elsewhere = [other for other in (stored.orders if stored else ()) if orders.get(other[1]) is None]
    in_batch = [
        (other.placed_at, other.order_id)
        for other in orders.rows()
        if other.member_id == order.member_id and other.order_id != order.order_id and not other.cancelled
    ]
    return not any(other < this for other in (*elsewhere, *in_batch))
