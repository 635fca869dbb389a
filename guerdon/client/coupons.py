"""Coupons: the codes that redemptions gave. Codes are compared without case."""

from datetime import datetime
from typing import TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class CouponsAsked(TypedDict, total=False):
    """Which coupons: of a redemption, of a member, or those that an order named; or of all redemptions, of a rule and a
    time, or the unused ones that end in a time.
    """

    redemption: str
    member: str
    order: str
    rule: str
    state: str
    created_since: datetime
    created_before: datetime
    ends_since: datetime
    ends_before: datetime


class Coupon(Struct, frozen=True):
    """A coupon: issued, used, void or expired. `order` is the one that named it."""

    code: str
    state: str
    member: str | None
    redemption: str | None
    rule: str | None
    order: str | None
    expires_at: datetime | None
    created_at: datetime | None
    metadata: dict[str, str]


def fetch(code: str) -> Ask[Coupon]:
    """Whose a code is, and whether it is still good."""
    return reading(at("coupons", code), Coupon)


def find(**which: Unpack[CouponsAsked]) -> Listing[Coupon]:
    """Coupons, newest first."""
    return Listing(at("coupons"), Page[Coupon], which)


def change(code: str, *, metadata: dict[str, str]) -> Ask[Coupon]:
    """Note something beside it: a name with an empty text goes."""
    return writing("PATCH", at("coupons", code), Coupon, {"metadata": metadata})


def void(code: str, *, dry_run: bool = False) -> Ask[Coupon]:
    """Make a coupon worthless, and give its points back."""
    return writing("POST", at("coupons", code, "void"), Coupon, {"dry_run": dry_run})
