"""Redemption rules: what points buy. A change is a version; what was bought keeps that of its day."""

from datetime import datetime
from typing import Literal, TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class FurtherTerms(TypedDict, total=False):
    """What a rule says beside its points, in minor units of its currency; None takes a limit away."""

    name: str
    description: str
    active: bool
    pricing: Literal["fixed", "each", "variable"]
    reward: str
    amount_minor: int
    currency: str
    amounts_minor: dict[str, int]
    percentage_hundredths: int
    product_id: str | None
    tier_level: int
    member_tags: list[str]
    channel: Literal["any", "online", "in_store"]
    minimum_points: int | None
    offset_points: int | None
    points_max_per_transaction: int | None
    points_max_per_day: int | None
    redemptions_max_per_member: int | None
    stock: int | None
    budget_minor: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    minimum_cart_minor: int | None
    coupon_days: int | None
    coupon_prefix: str | None
    metadata: dict[str, str]
    dry_run: bool


class NewTerms(FurtherTerms):
    """What a new rule says at least."""

    points: int


class ChangedTerms(FurtherTerms, total=False):
    """What changes of a rule; what is left out stays."""

    points: int


class RedemptionRule(Struct, frozen=True):
    """A rule in one version. `sentence` says it as a shopper reads it."""

    id: str
    version: int
    active: bool
    title: str
    sentence: str
    points: int
    pricing: str
    reward: str
    amount_minor: int
    currency: str
    minimum_points: int | None
    offset_points: int | None
    tier_level: int
    member_tags: list[str]
    channel: str
    stock: int | None
    budget_minor: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]


def create(**terms: Unpack[NewTerms]) -> Ask[RedemptionRule]:
    """Add a rule, which counts at once. Without a `reward` it is an amount off."""
    return writing("POST", at("redemption_rules"), RedemptionRule, terms)


def change(rule: str, **terms: Unpack[ChangedTerms]) -> Ask[RedemptionRule]:
    """Change a rule from now on: its next version. `.matching(version)` refuses where another was made meanwhile."""
    return writing("PATCH", at("redemption_rules", rule), RedemptionRule, terms)


def fetch(rule: str) -> Ask[RedemptionRule]:
    """One rule as it stands, by its id."""
    return reading(at("redemption_rules", rule), RedemptionRule)


def find(*, active: bool | None = None) -> Listing[RedemptionRule]:
    """Rules as they stand, newest first."""
    return Listing(at("redemption_rules"), Page[RedemptionRule], {"active": active})


def activate(rule: str, *, dry_run: bool = False) -> Ask[RedemptionRule]:
    """Let members redeem by it."""
    return writing("POST", at("redemption_rules", rule, "activate"), RedemptionRule, {"dry_run": dry_run})


def disable(rule: str, *, dry_run: bool = False) -> Ask[RedemptionRule]:
    """Let nobody redeem by it; coupons that were given stay good."""
    return writing("POST", at("redemption_rules", rule, "disable"), RedemptionRule, {"dry_run": dry_run})
