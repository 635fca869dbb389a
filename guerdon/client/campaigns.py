"""Campaigns: what earns now, in the merchant's words."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from guerdon.client.ask import Listing, Page, at


class Status(Struct, frozen=True):
    """How often a member has earned by it, and whether there is more."""

    times: int
    left: int | None
    capped: bool
    again_at: datetime | None


class Campaign(Struct, frozen=True):
    """What earns. `status` is there where a member was named."""

    id: str
    rule: str | None
    kind: str
    title: str
    details: str
    reward: str
    cta_text: str | None = None
    url: str | None = None
    icon: str | None = None
    times_max: int | None = None
    ends_at: datetime | None = None
    position: int = 0
    status: Status | UnsetType = UNSET


def find(*, member: str | None = None) -> Listing[Campaign]:
    """What earns now, in the merchant's order; with a member, how far that member has come."""
    return Listing(at("campaigns"), Page[Campaign], {"member": member})
