"""Orders, told again with every change, and what came back of them. All amounts are in the currency of the total."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Required, TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money


class Line(TypedDict, total=False):
    """One line. `price_minor` is for one piece before discounts; below zero a discount."""

    id: str
    name: str
    quantity: int
    price_minor: int
    collections: Sequence[str]
    type: str | None
    vendor: str | None
    tags: Sequence[str]


class OrderSaid(TypedDict, total=False):
    """An order, whole, as it stands now: under the same `id` it is an update, and what is left out is not there."""

    id: Required[str]
    member: Required[str]
    total: Required[Money]
    status: str
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    refunded_minor: int
    lines: Sequence[Line]
    tags: Sequence[str]
    channel: Literal["online", "in_store"]
    coupons: Sequence[str]
    placed_at: datetime
    metadata: dict[str, str]
    dry_run: bool


class OrdersAsked(TypedDict, total=False):
    """Which orders; all of what is said must hold."""

    member: str
    status: str
    placed_since: datetime
    placed_before: datetime


class ReturnedItem(TypedDict, total=False):
    """So many pieces of the order's line of this id."""

    id: Required[str]
    quantity: int


class OrderCoupon(Struct, frozen=True):
    """A code of the order; the `problem` says why a coupon was not taken."""

    code: str
    state: str
    problem: str | None
    redemption: str | None


class Award(Struct, frozen=True):
    """What a rule gave. The `sentence` says why so many, `facts` are the numbers behind it."""

    rule: str | None
    title: str | None
    points: int
    redemption: str | None
    sentence: str
    facts: dict[str, Any]


class Return(Struct, frozen=True):
    """What came back: `waiting` until its order is there, then `taken`, or `refused` with the code of the problem."""

    id: str
    order: str
    state: str
    problem: str | None
    total: Money | None
    total_minor: int
    created_at: datetime
    metadata: dict[str, str]


class Order(Struct, frozen=True):
    """An order as it stands. `points` are those that it has earned by now, pending ones included."""

    id: str
    member: str
    status: str
    total: Money
    refunded_minor: int
    rewards_minor: int
    tags: list[str]
    channel: str
    points: int
    spent: Money
    coupons: list[OrderCoupon]
    awards: list[Award]
    returns: list[Return]
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]


def create(**said: Unpack[OrderSaid]) -> Ask[Order]:
    """Report an order, or its new status: coupons are used or given back, and it earns what it should."""
    return writing("POST", at("orders"), Order, said)


def fetch(order: str) -> Ask[Order]:
    """One order, by the shop's own id."""
    return reading(at("orders", order), Order)


def find(**which: Unpack[OrdersAsked]) -> Listing[Order]:
    """Orders, those placed last first."""
    return Listing(at("orders"), Page[Order], which)


def take_back(
    order: str, *, total: Money, return_id: str | None = None, items: Sequence[ReturnedItem] = (),
    metadata: dict[str, str] | None = None, dry_run: bool = False,
) -> Ask[Return]:  # fmt: skip
    """Report what came back of an order. A `return_id` of the shop's own makes it count once, however often told."""
    body = {"total": total, "return_id": return_id, "items": items, "metadata": metadata, "dry_run": dry_run}
    return writing("POST", at("orders", order, "returns"), Return, body)


def fetch_return(return_id: str) -> Ask[Return]:
    """One return, by the shop's own id."""
    return reading(at("returns", return_id), Return)


def change_return(return_id: str, *, metadata: dict[str, str]) -> Ask[Return]:
    """Note something beside a return: a name with an empty text goes."""
    return writing("PATCH", at("returns", return_id), Return, {"metadata": metadata})


def returns(*, order: str | None = None, state: str | None = None) -> Listing[Return]:
    """Returns, newest first."""
    return Listing(at("returns"), Page[Return], {"order": order, "state": state})
