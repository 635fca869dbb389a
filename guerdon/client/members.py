"""Members: who takes part, found by any identity, and their points."""

from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from msgspec import UNSET, Struct, UnsetType

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money


class Identities(TypedDict, total=False):
    """What finds a member; all that are given must agree."""

    email: str
    phone: str
    external_id: str
    pos_account_id: str
    card: str


class Birthday(Struct, frozen=True):
    """A day of the year, and the year where it is known."""

    month: int
    day: int
    year: int | None = None


class Described(TypedDict, total=False):
    """What a shop says of a member. What is left out stays, None is known no more."""

    first_name: str | None
    last_name: str | None
    country: str | None
    birthday: Birthday | None
    tags: list[str]
    opted_in: bool
    opted_in_at: datetime
    has_account: bool
    platform_created_at: datetime | None
    metadata: dict[str, str]
    dry_run: bool


class MemberSaid(Identities, Described, total=False):
    """Somebody new, or whom one of the identities finds."""

    referral_code: str


class MembersAsked(TypedDict, total=False):
    """Which members; all of what is said must hold."""

    status: Literal["active", "suspended", "erased"]
    tier_level: int
    tag: str
    updated_since: datetime
    order: Literal["desc", "asc"]


class EntriesAsked(TypedDict, total=False):
    """Which entries; all of what is said must hold."""

    reason: str
    recorded_since: datetime
    recorded_before: datetime


class Identity(Struct, frozen=True):
    """One way to find a member."""

    kind: str
    value: str


class NextExpiry(Struct, frozen=True):
    """The next points that expire."""

    at: datetime
    points: int


class Balances(Struct, frozen=True):
    """A member's points as they stand now."""

    account: str
    available: int
    held: int
    pending: int
    earned: int
    redeemed: int
    expired: int
    next_expiry: NextExpiry | None


class Member(Struct, frozen=True):
    """A member. `email` and the like are the first identity of their kind."""

    id: str
    status: str
    email: str | None
    phone: str | None
    external_id: str | None
    pos_account_id: str | None
    card: str | None
    identities: list[Identity]
    first_name: str | None
    last_name: str | None
    country: str | None
    birthday: Birthday | None
    tags: list[str]
    opted_in: bool | None
    opted_in_at: datetime | None
    takes_part: bool
    may_spend: bool
    has_account: bool
    tier_level: int
    balances: Balances
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]
    tier: dict[str, Any] | UnsetType = UNSET
    """Where it was asked for by `tier`."""


class Reason(Struct, frozen=True):
    """One thing that stands against it."""

    code: str
    detail: str
    facts: dict[str, Any]


class Option(Struct, frozen=True):
    """A redemption rule that is live, as it is for one member."""

    rule: str
    name: str
    reward: str
    pricing: str
    points: int
    value: Money | None
    redeemable: bool
    reasons: list[Reason]
    points_missing: int
    enough_at: datetime | None


class Options(Struct, frozen=True):
    """All live redemption rules, as they are for one member with so many points available."""

    member: str
    available: int
    options: list[Option]


class Part(Struct, frozen=True):
    """So many points of one lot."""

    lot: str
    points: int


class Entry(Struct, frozen=True):
    """One immutable line of the books: so many points went from one bucket to another."""

    id: str
    account: str
    number: int
    source: str
    target: str
    points: int
    lots: list[Part]
    reason: str
    subject: str
    title: str | None
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    metadata: dict[str, str]


class Pending(Struct, frozen=True):
    """Points that wait until a time, or for somebody's word; `points_left` of them still do."""

    account: str
    entry: str
    points: int
    points_left: int
    activates_at: datetime | None
    reason: str
    subject: str
    title: str | None
    occurred_at: datetime
    recorded_at: datetime


class Adjusted(Struct, frozen=True):
    """What was `booked`, with the balance after it; or only `proposed`, where a second person decides."""

    state: str
    id: str | None
    entry: str | None
    member: str
    points: int
    available: int
    held: int
    at: datetime
    metadata: dict[str, str]


def create(**said: Unpack[MemberSaid]) -> Ask[Member]:
    """Add a member, or change the one whom the identities find."""
    return writing("POST", at("members"), Member, said)


def change(member: str, **said: Unpack[Described]) -> Ask[Member]:
    """Change a member's profile."""
    return writing("PATCH", at("members", member), Member, said)


def fetch(member: str, *, tier: bool = False) -> Ask[Member]:
    """One member by their id, perhaps with how far they are to the next tier."""
    return reading(at("members", member), Member, expand="tier" if tier else None)


def by(**identities: Unpack[Identities]) -> Ask[Member]:
    """The one member whom these identities find."""
    return reading(at("members", "by"), Member, **identities)


def find(**which: Unpack[MembersAsked]) -> Listing[Member]:
    """Members, by their last change."""
    return Listing(at("members"), Page[Member], which)


def suspend(member: str, *, dry_run: bool = False) -> Ask[Member]:
    """Let a member earn and redeem nothing until activated again."""
    return writing("POST", at("members", member, "suspend"), Member, {"dry_run": dry_run})


def activate(member: str, *, dry_run: bool = False) -> Ask[Member]:
    """Let a suspended member take part again."""
    return writing("POST", at("members", member, "activate"), Member, {"dry_run": dry_run})


def options(member: str) -> Ask[Options]:
    """What a member can redeem now, and why not the rest."""
    return reading(at("members", member, "options"), Options)


def entries(member: str, **which: Unpack[EntriesAsked]) -> Listing[Entry]:
    """What happened to a member's points, newest first."""
    return Listing(at("members", member, "entries"), Page[Entry], which)


def pending(member: str) -> Listing[Pending]:
    """A member's points that wait, newest first."""
    return Listing(at("members", member, "pending"), Page[Pending])


def adjust(
    member: str, *, points: int, reason: Literal["reward", "goodwill", "redeem", "expire"], title: str | None = None,
    note: str | None = None, expires_at: datetime | None = None, visible: bool = True,
    metadata: dict[str, str] | None = None, dry_run: bool = False,
) -> Ask[Adjusted]:  # fmt: skip
    """Give a member points, or below zero take some."""
    body = {
        "points": points, "reason": reason, "title": title, "note": note, "expires_at": expires_at,
        "visible": visible, "metadata": metadata, "dry_run": dry_run,
    }  # fmt: skip
    return writing("POST", at("members", member, "adjust"), Adjusted, body)
