"""What a rule looks at: an order or an activity, as pure values. What of it earns, the caller has worked out."""

from datetime import datetime

from msgspec import Struct

from guerdon.earning.rule import ORDER


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of an order. `net_minor` is for all its pieces, after the line's share of every discount."""

    id: str
    name: str = ""
    quantity: int = 1
    net_minor: int = 0
    collections: frozenset[str] = frozenset()
    type: str | None = None
    vendor: str | None = None
    tags: frozenset[str] = frozenset()


class Occasion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that may earn. Money is in minor units of `currency`.

    `eligible_minor` is the net amount that the merchant's policies let earn (behaviour 16). `at` is when it happened,
    which decides dates, days and caps; it may be long ago.
    """

    at: datetime
    currency: str
    kind: str = ORDER
    eligible_minor: int = 0
    lines: tuple[Line, ...] = ()
    tags: frozenset[str] = frozenset()
    channel: str = "online"
    first: bool = False
    """Whether it is the member's first order."""
    points: int | None = None
    """What whoever reports an activity says that it is worth, instead of the flat points of a rule."""
