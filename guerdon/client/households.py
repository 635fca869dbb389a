"""Households: members who share one account."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class Part(Struct, frozen=True):
    """Who belongs to a household."""

    member: str
    role: str
    may_spend: bool
    joined_at: datetime


class Household(Struct, frozen=True):
    """A household with those who belong to it now, whoever joined first first."""

    id: str
    name: str
    account: str
    members: list[Part]
    created_at: datetime
    dissolved_at: datetime | None
    metadata: dict[str, str]


def create(
    *, owner: str, name: str = "", metadata: dict[str, str] | None = None, dry_run: bool = False
) -> Ask[Household]:
    """Open a household that the member owns: their points become its points."""
    body = {"owner": owner, "name": name, "metadata": metadata, "dry_run": dry_run}
    return writing("POST", at("households"), Household, body)


def fetch(household: str) -> Ask[Household]:
    """One household, dissolved or not."""
    return reading(at("households", household), Household)


def find(*, member: str | None = None, dissolved: bool | None = None) -> Listing[Household]:
    """Households, newest first; or the one that a member belongs to."""
    return Listing(at("households"), Page[Household], {"member": member, "dissolved": dissolved})


def change(household: str, *, metadata: dict[str, str]) -> Ask[Household]:
    """Note something beside it: a name with an empty text goes."""
    return writing("PATCH", at("households", household), Household, {"metadata": metadata})


def add(household: str, *, member: str, may_spend: bool | None = None, dry_run: bool = False) -> Ask[Household]:
    """Let a member join, with their points."""
    body = {"member": member, "may_spend": may_spend, "dry_run": dry_run}
    return writing("POST", at("households", household, "members"), Household, body)


def change_member(
    household: str, member: str, *, role: Literal["owner", "member"] | None = None, may_spend: bool | None = None,
    dry_run: bool = False,
) -> Ask[Household]:  # fmt: skip
    """Say who owns a household and who may spend."""
    body = {"role": role, "may_spend": may_spend, "dry_run": dry_run}
    return writing("PATCH", at("households", household, "members", member), Household, body)


def remove(household: str, member: str, *, share: int | None = None, dry_run: bool = False) -> Ask[Household]:
    """Let a member leave, with a share of the points."""
    body = {"share": share, "dry_run": dry_run}
    return writing("DELETE", at("households", household, "members", member), Household, body)


def dissolve(household: str, *, dry_run: bool = False) -> Ask[Household]:
    """Give everybody an own account again."""
    return writing("POST", at("households", household, "dissolve"), Household, {"dry_run": dry_run})
