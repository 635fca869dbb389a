"""Purchases: points that members buy, for themselves or for others."""

from datetime import datetime
from typing import TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money


class PurchasesAsked(TypedDict, total=False):
    """Which purchases; all of what is said must hold. A member is on either side."""

    member: str
    created_since: datetime
    created_before: datetime


class Purchase(Struct, frozen=True):
    """Points that a member bought. `entry` is of the receiver's account."""

    id: str
    buyer: str
    receiver: str
    points: int
    price: Money
    fee: Money
    payment: str | None
    note: str | None
    rule_version: int
    entry: str
    created_at: datetime
    metadata: dict[str, str]


def create(
    *, buyer: str, points: int, payment: str, receiver: str | None = None, paid: Money | None = None,
    note: str | None = None, metadata: dict[str, str] | None = None, dry_run: bool = False,
) -> Ask[Purchase]:  # fmt: skip
    """Give points that were paid for: the shop's reference of the `payment` buys once."""
    body = {
        "buyer": buyer, "receiver": receiver, "points": points, "payment": payment, "paid": paid, "note": note,
        "metadata": metadata, "dry_run": dry_run,
    }  # fmt: skip
    return writing("POST", at("purchases"), Purchase, body)


def fetch(purchase: str) -> Ask[Purchase]:
    """One purchase, by its id."""
    return reading(at("purchases", purchase), Purchase)


def change(purchase: str, *, metadata: dict[str, str]) -> Ask[Purchase]:
    """Note something beside it: a name with an empty text goes."""
    return writing("PATCH", at("purchases", purchase), Purchase, {"metadata": metadata})


def find(**which: Unpack[PurchasesAsked]) -> Listing[Purchase]:
    """Purchases, newest first."""
    return Listing(at("purchases"), Page[Purchase], which)
