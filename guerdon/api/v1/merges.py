"""Members who turn out to be one, and the way back."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import MemberId, like, number, shown
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.v1.members import MemberActed
from guerdon.api.v1.who import Who, member_at, member_named, member_shown
from guerdon.api.v1.write import decided
from guerdon.api.wire import Incoming, Route
from guerdon.errors.base import BadField
from guerdon.moving.merge import Merge, MergeMembers
from guerdon.moving.people import list_merges
from guerdon.moving.unmerge import UndoMerge


class MergeWanted(MemberActed, kw_only=True):
    """The member of the path becomes the other, who keeps their id."""

    into: Who


class UnmergeWanted(MemberActed, kw_only=True):
    """Which merge is undone: the last of the member's own where nothing is said."""

    merge: Annotated[str, like("mrg", 7)] | None = None


class MergesAsked(ListAsked, kw_only=True):
    """Whose."""

    id: MemberId


class MergeAnswer(msgspec.Struct, frozen=True):
    """A member who has become another: `done`, `undone`, or `final`, since one of them was erased."""

    id: str
    object: Literal["merge"]
    member: str
    into: str
    state: str
    actor: str
    created_at: datetime
    undoable_until: datetime
    undone_at: datetime | None


async def merge(engine: Engine, caller: Caller, params: MergeWanted, incoming: Incoming) -> MergeAnswer:
    """Make two members one: points, coupons, orders, history and identities of both are the other's."""
    member_id = number("mem", params.id)
    survivor = await member_named(engine, caller, params.into, "into")
    command = MergeMembers(merchant=caller.merchant, survivor_id=survivor.member_id, member_id=member_id)
    return _shown(await decided(engine, caller, incoming, params, command))


async def unmerge(engine: Engine, caller: Caller, params: UnmergeWanted, incoming: Incoming) -> MergeAnswer:
    """Undo it: what came with the merge and is still there goes back, what happened since stays."""
    await member_at(engine.database, caller, params.id)
    member_id = number("mem", params.id)
    found = await list_merges(engine.database, caller.merchant.merchant_id, member_id)
    if params.merge is None:
        merges = [one for one in found if one.member_id == member_id]
    else:
        asked = number("mrg", params.merge, "merge")
        merges = [one for one in found if one.merge_id == asked]
    if not merges:
        raise BadField("merge", f"{params.id[:80]!r} has no such merge; a list of those there are is at /merges")
    command = UndoMerge(merchant=caller.merchant, merge_id=merges[0].merge_id)
    return _shown(await decided(engine, caller, incoming, params, command))


async def find(engine: Engine, caller: Caller, params: MergesAsked, incoming: Incoming) -> Page[MergeAnswer]:
    """Whom a member has become, and who has become the member, newest first."""
    await member_at(engine.database, caller, params.id)
    merges = await list_merges(engine.database, caller.merchant.merchant_id, number("mem", params.id))
    before = after(params, tuple[datetime, int])
    rows = [one for one in merges if before is None or (one.created_at, one.merge_id) < before]
    return page(incoming, params, rows, lambda row: (row.created_at, row.merge_id), _shown)


def _shown(found: Merge) -> MergeAnswer:
    return MergeAnswer(
        shown("mrg", found.merge_id), "merge", member_shown(found.member_id), member_shown(found.survivor_id),
        found.state, found.actor, found.created_at, found.undoable_until, found.undone_at,
    )  # fmt: skip


ROUTES = (
    Route("POST", "/v1/members/{id:str}/merge", MergeWanted, MergeAnswer, merge, "write",
          "Let a member become another", keyed=True),
    Route("POST", "/v1/members/{id:str}/unmerge", UnmergeWanted, MergeAnswer, unmerge, "write",
          "Undo a merge", keyed=True),
    Route("GET", "/v1/members/{id:str}/merges", MergesAsked, Page[MergeAnswer], find, "read",
          "List a member's merges"),
)  # fmt: skip
