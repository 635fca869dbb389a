"""Adjustments that a second person decides. Points are given and taken by `members.adjust`."""

from datetime import datetime
from typing import TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class AdjustmentsAsked(TypedDict, total=False):
    """Which proposed adjustments; all of what is said must hold."""

    member: str
    state: str


class Adjustment(Struct, frozen=True):
    """An adjustment that was proposed: proposed, approved, refused, or expired where nobody decided it in time."""

    id: str
    state: str
    member: str
    points: int
    reason: str
    title: str | None
    visible: bool
    expires_at: datetime | None
    note: str | None
    proposed_by: str
    proposed_at: datetime
    waits_until: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    metadata: dict[str, str]


def fetch(adjustment: str) -> Ask[Adjustment]:
    """One proposal, by its id."""
    return reading(at("adjustments", adjustment), Adjustment)


def find(**which: Unpack[AdjustmentsAsked]) -> Listing[Adjustment]:
    """Proposals, newest first."""
    return Listing(at("adjustments"), Page[Adjustment], which)


def change(adjustment: str, *, metadata: dict[str, str]) -> Ask[Adjustment]:
    """Note something beside it: a name with an empty text goes. The entry that it came to has the same words."""
    return writing("PATCH", at("adjustments", adjustment), Adjustment, {"metadata": metadata})
