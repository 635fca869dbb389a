"""Coupons: the codes that redemptions gave. Codes are compared without case."""

from datetime import datetime
from typing import TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class CouponsAsked(TypedDict, total=False):
    """Whose coupons: of a redemption, of a member, or those that an order named; one of them is needed."""

    redemption: str
    member: str
    order: str
    state: str


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


def fetch(code: str) -> Ask[Coupon]:
    """Whose a code is, and whether it is still good."""
    return reading(at("coupons", code), Coupon)


def find(**which: Unpack[CouponsAsked]) -> Listing[Coupon]:
    """Coupons, newest first."""
    return Listing(at("coupons"), Page[Coupon], which)


def void(code: str, *, dry_run: bool = False) -> Ask[Coupon]:
    """Make a coupon worthless, and give its points back."""
    return writing("POST", at("coupons", code, "void"), Coupon, {"dry_run": dry_run})
