"""Activities: what else members do, and earn for."""

from datetime import datetime
from typing import Any, Literal, Required, TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class ActivitySaid(TypedDict, total=False):
    """What a member did. The shop's own `id` makes it count once, however often it is told."""

    member: Required[str]
    kind: Required[str]
    id: str
    occurred_at: datetime
    points: int
    """These count instead of the flat points of the rules."""
    title: str
    channel: Literal["online", "in_store"]
    metadata: dict[str, str]
    dry_run: bool


class ActivitiesAsked(TypedDict, total=False):
    """Which activities; all of what is said must hold."""

    member: str
    kind: str
    state: str
    occurred_since: datetime
    occurred_before: datetime


class Earned(Struct, frozen=True):
    """What a rule gives: points, a coupon of a redemption rule, or a tier. `waits` says that an operator decides it."""

    rule: str | None
    points: int
    coupon_of: str | None
    tier_level: int | None
    waits: bool
    sentence: str
    facts: dict[str, Any]


class PassedOver(Struct, frozen=True):
    """A rule that gives nothing, and why."""

    rule: str
    reason: str
    detail: str


class Activity(Struct, frozen=True):
    """What a member did, and the `points` that were given for it so far."""

    id: str
    kind: str
    state: str
    member: str
    title: str | None
    channel: str
    points: int
    earned: list[Earned]
    passed_over: list[PassedOver]
    occurred_at: datetime
    created_at: datetime
    decided_by: str | None
    metadata: dict[str, str]


def create(**said: Unpack[ActivitySaid]) -> Ask[Activity]:
    """Report what a member did: it earns what the rules give for it."""
    return writing("POST", at("activities"), Activity, said)


def fetch(activity: str) -> Ask[Activity]:
    """One activity, by the shop's own id."""
    return reading(at("activities", activity), Activity)


def find(**which: Unpack[ActivitiesAsked]) -> Listing[Activity]:
    """Activities, newest first."""
    return Listing(at("activities"), Page[Activity], which)
