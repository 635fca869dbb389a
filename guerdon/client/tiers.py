"""Tiers: what each asks and gives, where members stand, and a hand that puts them elsewhere."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Required, TypedDict

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money


class Threshold(TypedDict, total=False):
    """What must be done in a period. Of several measures `any` one is enough, or `all` are needed."""

    points_earned: int
    amount_spent_minor: int
    purchases: int
    referrals: int
    match: Literal["any", "all"]


class TierSaid(TypedDict, total=False):
    """One tier. `retain` and `regain` ask the same as `entry` where they are left out."""

    name: Required[str]
    description: str
    entry: Threshold
    retain: Threshold
    regain: Threshold
    points_multiplier: Decimal | float | str
    points_reward: int
    points_reward_expiry: str
    coupon_rule: str
    metadata: dict[str, str]


class Tier(Struct, frozen=True):
    """A tier with its level, from 1 on."""

    level: int
    code: str
    name: str
    description: str
    entry: dict[str, Any]
    points_multiplier: Decimal
    points_reward: int
    coupon_rule: str | None
    metadata: dict[str, str]


class Programme(Struct, frozen=True):
    """The programme as it stands; version 0 has no tiers, and was never set."""

    version: int
    term: str | None
    grace_days: int
    starts_on: date | None
    tiers: list[Tier]
    updated_at: datetime | None


class Tiers(Struct, frozen=True):
    """The tiers, the lowest first; money is in minor units of the `currency`."""

    currency: str
    data: list[Tier]


class Done(Struct, frozen=True):
    """What counts towards tiers."""

    points: int
    spent: Money
    orders: int
    referrals: int


class Ahead(Struct, frozen=True):
    """The next tier, and what is missing to it."""

    level: int
    name: str | None
    missing: Done


class Standing(Struct, frozen=True):
    """A member's tier; level 0 is none. `until` is the last day of its period, None without end."""

    level: int
    name: str | None
    entered_at: datetime | None
    until: date | None
    kept_until: date | None
    counted: Done
    missing_to_keep: Done
    next: Ahead | None


class MemberTier(Struct, frozen=True):
    """A member's tier, with the way to the next."""

    member: str
    tier: Standing


class Assigned(Struct, frozen=True):
    """Where a member stands from now on."""

    member: str
    level: int
    name: str | None
    entered_at: datetime | None
    until: date | None


class Change(Struct, frozen=True):
    """A step of a member's, and what counted then."""

    id: str
    from_level: int
    to_level: int
    to_name: str | None
    why: str
    reason: str
    actor: str
    counted: Done
    at: datetime


def find() -> Ask[Tiers]:
    """What there is to reach."""
    return reading(at("tiers"), Tiers)


def programme() -> Ask[Programme]:
    """What each tier asks in a period, for how long it holds, and what it gives."""
    return reading(at("tier_programme"), Programme)


def replace(
    *, term: Literal["calendar_year", "rolling_year", "lifetime"], tiers: Sequence[TierSaid], grace_days: int = 0,
    starts_on: date | None = None, dry_run: bool = False,
) -> Ask[Programme]:  # fmt: skip
    """Set the programme, the lowest tier first. `.matching(version)` refuses where another was set meanwhile."""
    body = {"term": term, "tiers": tiers, "grace_days": grace_days, "starts_on": starts_on, "dry_run": dry_run}
    return writing("PUT", at("tier_programme"), Programme, body)


def fetch(member: str) -> Ask[MemberTier]:
    """Where a member stands, and what is missing for more."""
    return reading(at("members", member, "tier"), MemberTier)


def assign(
    member: str, *, level: int, until: date | None = None, pinned: bool = False, perks: bool = True, reason: str = "",
    dry_run: bool = False,
) -> Ask[Assigned]:  # fmt: skip
    """Put a member into a tier by hand."""
    body = {"level": level, "until": until, "pinned": pinned, "perks": perks, "reason": reason, "dry_run": dry_run}
    return writing("POST", at("members", member, "tier"), Assigned, body)


def history(member: str) -> Listing[Change]:
    """How a member came where they are, newest first."""
    return Listing(at("members", member, "tier", "history"), Page[Change])
