"""Merges: members who turned out to be one."""

from datetime import datetime

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, writing


class Merge(Struct, frozen=True):
    """A member who has become another: `done`, `undone`, or `final`, since one of them was erased."""

    id: str
    member: str
    into: str
    state: str
    actor: str
    created_at: datetime
    undoable_until: datetime
    undone_at: datetime | None


def create(member: str, *, into: str, dry_run: bool = False) -> Ask[Merge]:
    """Make two members one: points, coupons, orders, history and identities of both are those of `into`."""
    return writing("POST", at("members", member, "merge"), Merge, {"into": into, "dry_run": dry_run})


def undo(member: str, *, merge: str | None = None, dry_run: bool = False) -> Ask[Merge]:
    """Undo a merge, the member's last where none is named: what came with it and is still there goes back."""
    return writing("POST", at("members", member, "unmerge"), Merge, {"merge": merge, "dry_run": dry_run})


def find(member: str) -> Listing[Merge]:
    """Whom a member has become, and who has become the member, newest first."""
    return Listing(at("members", member, "merges"), Page[Merge])
