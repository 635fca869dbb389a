"""Earning rules: what earns points. A change is a version; what was earned keeps that of its day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from msgspec import Struct

from guerdon.client.activities import Earned, PassedOver
from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money
from guerdon.client.orders import Line


class Terms(TypedDict, total=False):
    """What a rule says, in minor units of the merchant's currency; None takes a limit away.

    `earns` is such as `{"kind": "per_amount", "points": 1, "each_minor": 100}`, or of the kinds flat, per_item,
    multiplier, coupon and tier.
    """

    description: str
    trigger: str
    """`order`, or the kind of an activity."""
    active: bool
    who: dict[str, Any]
    channels: list[str]
    starts_at: datetime | None
    ends_at: datetime | None
    weekdays: list[str]
    hours: dict[str, Any] | None
    goods: dict[str, list[str]]
    goods_excluded: dict[str, list[str]]
    quantity_min: int | None
    quantity_max: int | None
    amount_min_minor: int | None
    amount_max_minor: int | None
    order_tags: list[str]
    order_tags_excluded: list[str]
    first_order: bool
    caps: list[dict[str, Any]]
    budget_points: int | None
    times_max: int | None
    group: str | None
    stacking: Literal["sum", "best", "exclusive"]
    priority: int
    pending: str | None
    expiry: str | None
    rounding: str | None
    approval: bool
    display: dict[str, Any]
    metadata: dict[str, str]
    dry_run: bool


class NewTerms(Terms):
    """What a new rule says at least."""

    name: str
    earns: dict[str, Any]


class ChangedTerms(Terms, total=False):
    """What changes of a rule; what is left out stays."""

    name: str
    earns: dict[str, Any]


class Used(Struct, frozen=True):
    """What all members together have earned by a rule that is limited."""

    points: int
    times: int


class EarningRule(Struct, frozen=True):
    """A rule in one version. `sentence` says it whole."""

    id: str
    version: int
    active: bool
    sentence: str
    name: str
    description: str
    trigger: str
    earns: dict[str, Any]
    who: dict[str, Any]
    channels: list[str]
    starts_at: datetime | None
    ends_at: datetime | None
    caps: list[dict[str, Any]]
    budget_points: int | None
    times_max: int | None
    used: Used | None
    priority: int
    pending: str | None
    expiry: str | None
    approval: bool
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]


class Tried(TypedDict, total=False):
    """An order with its `total`, or an activity of another `kind`. Without a member, of somebody who just joined."""

    member: str
    kind: str
    at: datetime
    channel: Literal["online", "in_store"]
    points: int
    total: Money
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    lines: Sequence[Line]
    tags: Sequence[str]


class Previewed(Struct, frozen=True):
    """What it would earn by the rules as they stand, and why each of the others gives nothing."""

    points: int
    earned: list[Earned]
    passed_over: list[PassedOver]


def create(**terms: Unpack[NewTerms]) -> Ask[EarningRule]:
    """Add a rule, which counts at once. Without a `trigger` it is for orders."""
    return writing("POST", at("earning_rules"), EarningRule, terms)


def change(rule: str, **terms: Unpack[ChangedTerms]) -> Ask[EarningRule]:
    """Change a rule from now on: its next version. `.matching(version)` refuses where another was made meanwhile."""
    return writing("PATCH", at("earning_rules", rule), EarningRule, terms)


def fetch(rule: str) -> Ask[EarningRule]:
    """One rule as it stands, by its id."""
    return reading(at("earning_rules", rule), EarningRule)


def find(*, active: bool | None = None, trigger: str | None = None) -> Listing[EarningRule]:
    """Rules as they stand, newest first."""
    return Listing(at("earning_rules"), Page[EarningRule], {"active": active, "trigger": trigger})


def versions(rule: str) -> Listing[EarningRule]:
    """All that one rule ever said, newest first."""
    return Listing(at("earning_rules", rule, "versions"), Page[EarningRule])


def activate(rule: str, *, dry_run: bool = False) -> Ask[EarningRule]:
    """Let members earn by it."""
    return writing("POST", at("earning_rules", rule, "activate"), EarningRule, {"dry_run": dry_run})


def disable(rule: str, *, dry_run: bool = False) -> Ask[EarningRule]:
    """Let nobody earn by it any more."""
    return writing("POST", at("earning_rules", rule, "disable"), EarningRule, {"dry_run": dry_run})


def preview(**tried: Unpack[Tried]) -> Ask[Previewed]:
    """What an order or an activity would earn; nothing is kept."""
    return writing("POST", at("earning_rules", "preview"), Previewed, tried)
