"""Referrals: members bring friends."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing
from guerdon.client.money import Money


class ReferralsAsked(TypedDict, total=False):
    """Which referrals; all of what is said must hold. `member` is who referred."""

    member: str
    state: str
    created_since: datetime
    created_before: datetime


class Referral(Struct, frozen=True):
    """Who brought whom, and how far it has come. `amount` is what the order came to that completed it."""

    id: str
    state: str
    member: str
    friend: str | None
    friend_email: str | None
    source: str
    reason: str | None
    order: str | None
    amount: Money
    shared_at: datetime | None
    signed_up_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]


class Referrer(Struct, frozen=True):
    """A member's code with the link that friends follow, and what has come of it so far."""

    member: str
    code: str
    link: str
    shares: int
    signed_up: int
    completed: int
    amount: Money


class Shared(Struct, frozen=True):
    """Whom the shop now sends a mail to; who was told before is not told again. `referrals` are those that began so."""

    member: str
    emails: list[str]
    referrals: list[str]


def fetch(referral: str) -> Ask[Referral]:
    """One referral, by its id."""
    return reading(at("referrals", referral), Referral)


def find(**which: Unpack[ReferralsAsked]) -> Listing[Referral]:
    """Referrals, newest first."""
    return Listing(at("referrals"), Page[Referral], which)


def of(member: str) -> Ask[Referrer]:
    """A member's code, and what came of it."""
    return reading(at("members", member, "referral"), Referrer)


def share(
    member: str, *, emails: Sequence[str], metadata: dict[str, str] | None = None, dry_run: bool = False
) -> Ask[Shared]:  # fmt: skip
    """Note whom a member tells of the shop; the metadata is noted beside each referral that begins so."""
    body = {"emails": emails, "metadata": metadata, "dry_run": dry_run}
    return writing("POST", at("members", member, "referral", "share"), Shared, body)


def change(referral: str, *, metadata: dict[str, str]) -> Ask[Referral]:
    """Note something beside it: a name with an empty text goes."""
    return writing("PATCH", at("referrals", referral), Referral, {"metadata": metadata})
