"""What an order holds, as shops tell of one and ask what one would earn."""

from typing import Annotated

import msgspec
from msgspec import Meta

from guerdon.api.v1.channels import SoldIn
from guerdon.api.v1.members import Moment, Tag
from guerdon.api.v1.money import CurrencyCode
from guerdon.api.v1.write import WriteAsked
from guerdon.kit.money import LARGEST
from guerdon.orders.order import OrderLine

LINES_MAX = 1000

Minor = Annotated[int, Meta(ge=0, le=LARGEST)]
OrderId = Annotated[str, Meta(min_length=1, max_length=255, examples=["A-1001"])]
Named = Annotated[str, Meta(max_length=255)]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=100)]


class Total(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in minor units of ISO 4217: 500 is $5.00, and ¥500."""

    amount_minor: Minor
    currency: CurrencyCode


class LineSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line. `price_minor` is for one piece before discounts, in the order's currency; below zero a discount."""

    id: Named = ""
    name: Named = ""
    quantity: Minor = 1
    price_minor: Annotated[int, Meta(ge=-LARGEST, le=LARGEST)] = 0
    collections: Tags = ()
    type: Named | None = None
    vendor: Named | None = None
    tags: Tags = ()


class Basket(WriteAsked, kw_only=True):
    """What was bought. The `total` is what was paid, with shipping and tax; all other amounts are in its currency."""

    total: Total
    discount_minor: Minor = 0
    shipping_minor: Minor = 0
    tax_minor: Minor = 0
    lines: Annotated[tuple[LineSaid, ...], Meta(max_length=LINES_MAX)] = ()
    tags: Tags = ()
    channel: SoldIn = "online"
    placed_at: Moment | None = None


def line_of(said: LineSaid) -> OrderLine:
    """The line as rules look at it."""
    return OrderLine(
        id=said.id, name=said.name, quantity=said.quantity, price_minor=said.price_minor,
        collections=said.collections, type=said.type, vendor=said.vendor, tags=said.tags,
    )  # fmt: skip


def line_shown(line: OrderLine) -> LineSaid:
    """The line as shops tell of it."""
    return LineSaid(
        id=line.id, name=line.name, quantity=line.quantity, price_minor=line.price_minor,
        collections=line.collections, type=line.type, vendor=line.vendor, tags=line.tags,
    )  # fmt: skip
