"""Two members who turn out to be one, side by side; and the way back."""

from typing import Annotated, Any

from msgspec import Meta

from guerdon.api.engine import Engine
from guerdon.api.v1 import members, merges
from guerdon.api.v1.members import MembersAsked
from guerdon.api.v1.merges import MergeWanted, UnmergeWanted
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.acting import MEMBERS, Acting, MemberAt, acted, member_shown
from guerdon.console.pages.lists import whole
from guerdon.console.pages.members import name_of
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal

FOUND_MAX = 8


class Merging(Acting, kw_only=True):
    """The other one, who is looked for by `q` and becomes the member of the path."""

    q: Annotated[str, Meta(max_length=200)] | None = None
    other: str | None = None


class Undoing(MemberAt, kw_only=True):
    """Which merge."""

    merge: str


async def merge(engine: Engine, visitor: Visitor, params: Merging, incoming: Incoming) -> View:
    """Look for the other, see both beside each other, and make them one."""
    member = await member_shown(engine, visitor, params.id, incoming, expand="tier")
    shown: dict[str, Any] = {"member": member, "name": name_of(member), "naming": name_of}
    if params.other is None:
        return acted(
            visitor, "members/merge.html", params, other=None, would=None,
            found=await _others(engine, visitor, params, incoming), **shown,
        )  # fmt: skip
    shown |= {"found": [], "other": await member_shown(engine, visitor, params.other, incoming, expand="tier")}
    wanted = MergeWanted(id=params.other, into=params.id, dry_run=not params.is_confirmed)
    inner = visitor.inner(incoming)
    try:
        if shown["other"].id == member.id:
            raise BadField("other", visitor._("both are the same member"))
        made = await merges.merge(engine, visitor.caller, wanted, inner)
    except Refusal as refusal:
        return acted(visitor, "members/merge.html", params, refusal=refusal, would=None, **shown)
    if not params.is_confirmed:
        return acted(visitor, "members/merge.html", params, would=made, **shown)
    return visitor.go(
        f"{MEMBERS}/{params.id}", visitor._("Merged: %(other)s is this member now", other=params.other),
        undo=f"{MEMBERS}/{params.id}/unmerge?merge={made.id}",
    )  # fmt: skip


async def unmerge(engine: Engine, visitor: Visitor, params: Undoing, incoming: Incoming) -> View:
    """Make two of them again."""
    wanted = UnmergeWanted(id=params.id, merge=params.merge)
    made = await merges.unmerge(engine, visitor.caller, wanted, visitor.inner(incoming))
    return visitor.go(f"{MEMBERS}/{params.id}", visitor._("%(id)s is a member again", id=made.member))


async def _others(engine: Engine, visitor: Visitor, params: Merging, incoming: Incoming) -> list[Any]:
    if whole(params.q) is None:
        return []
    asked = MembersAsked(q=params.q, limit=FOUND_MAX + 1)
    found = await members.find(engine, visitor.caller, asked, visitor.inner(incoming))
    return [one for one in found.data if one.id != params.id][:FOUND_MAX]


ROUTES = (
    Route("GET", MEMBERS + "/{id:str}/merge", Merging, View, merge, "serve", "Merge two members"),
    Route("POST", MEMBERS + "/{id:str}/merge", Merging, View, merge, "serve", "Merge two members"),
    Route("POST", MEMBERS + "/{id:str}/unmerge", Undoing, View, unmerge, "serve", "Undo a merge"),
)
