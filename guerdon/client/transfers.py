"""Transfers and gifts: points that members give each other."""

from datetime import datetime
from typing import Literal, TypedDict, Unpack

from msgspec import Struct, field

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money


class TransfersAsked(TypedDict, total=False):
    """Which transfers; all of what is said must hold. A member is on either side."""

    member: str
    kind: Literal["transfer", "gift"]
    created_since: datetime
    created_before: datetime


class Transfer(Struct, frozen=True, kw_only=True):
    """Points that one member gave another, with what it cost the giver."""

    id: str
    kind: str
    sender: str = field(name="from")
    receiver: str = field(name="to")
    points: int
    fee_points: int
    fee: Money
    note: str | None
    rule_version: int
    entry: str
    created_at: datetime
    metadata: dict[str, str]


def create(
    *, sender: str, receiver: str, points: int, kind: Literal["transfer", "gift"] = "transfer",
    note: str | None = None, metadata: dict[str, str] | None = None, dry_run: bool = False,
) -> Ask[Transfer]:  # fmt: skip
    """Move points from one member to another; both are ids or identities."""
    body = {
        "kind": kind, "from": sender, "to": receiver, "points": points, "note": note, "metadata": metadata,
        "dry_run": dry_run,
    }  # fmt: skip
    return writing("POST", at("transfers"), Transfer, body)


def fetch(transfer: str) -> Ask[Transfer]:
    """One transfer or gift, by its id."""
    return reading(at("transfers", transfer), Transfer)


def change(transfer: str, *, metadata: dict[str, str]) -> Ask[Transfer]:
    """Note something beside it: a name with an empty text goes."""
    return writing("PATCH", at("transfers", transfer), Transfer, {"metadata": metadata})


def find(**which: Unpack[TransfersAsked]) -> Listing[Transfer]:
    """Transfers and gifts, newest first."""
    return Listing(at("transfers"), Page[Transfer], which)
