"""Redemptions: members redeem points for a coupon."""

from datetime import datetime
from typing import Literal, Required, TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money

Channel = Literal["any", "online", "in_store"]


class RedemptionWanted(TypedDict, total=False):
    """What to redeem for whom. `member` is an id or an identity, such as `email:ana@example.com`."""

    member: Required[str]
    rule: Required[str]
    points: int | None
    currency: str | None
    capture: Literal["now", "on_order"]
    hold_for: int | None
    """Seconds."""
    channel: Channel
    cart_minor: int | None
    metadata: dict[str, str]
    dry_run: bool


class RedemptionsAsked(TypedDict, total=False):
    """Which redemptions; all of what is said must hold."""

    member: str
    rule: str
    state: str
    created_since: datetime
    created_before: datetime


class Coupon(Struct, frozen=True):
    """What the shopper is given."""

    code: str
    token: str
    expires_at: datetime | None


class Redemption(Struct, frozen=True):
    """A redemption. `state` is held, captured, redeemed, cancelled or expired."""

    id: str
    state: str
    member: str
    rule: str
    rule_version: int
    points: int
    points_returned: int
    value: Money
    capture: str
    channel: str
    coupon: Coupon
    third_party_id: str | None
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]


def create(**wanted: Unpack[RedemptionWanted]) -> Ask[Redemption]:
    """Take or hold the points, and give a coupon."""
    return writing("POST", at("redemptions"), Redemption, wanted)


def preview(**wanted: Unpack[RedemptionWanted]) -> Ask[Redemption]:
    """What `create` would answer, or why not; nothing is kept."""
    return writing("POST", at("redemptions", "preview"), Redemption, wanted)


def fetch(redemption: str) -> Ask[Redemption]:
    """One redemption, by its id."""
    return reading(at("redemptions", redemption), Redemption)


def find(**which: Unpack[RedemptionsAsked]) -> Listing[Redemption]:
    """Redemptions, newest first."""
    return Listing(at("redemptions"), Page[Redemption], which)


def capture(redemption: str, *, order: str = "", dry_run: bool = False) -> Ask[Redemption]:
    """Take the points that are held. `order` is what the coupon was used for."""
    body = {"order": order, "dry_run": dry_run}
    return writing("POST", at("redemptions", redemption, "capture"), Redemption, body)


def cancel(redemption: str, *, dry_run: bool = False) -> Ask[Redemption]:
    """Give the points back, once."""
    return writing("POST", at("redemptions", redemption, "cancel"), Redemption, {"dry_run": dry_run})


def change(redemption: str, *, metadata: dict[str, str]) -> Ask[Redemption]:
    """Note something beside it: a name with an empty text goes."""
    return writing("PATCH", at("redemptions", redemption), Redemption, {"metadata": metadata})
