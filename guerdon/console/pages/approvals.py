"""`/console/approvals`: adjustments that somebody proposed, and that another decides."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from guerdon.activities.log import deciding_adjustment
from guerdon.api.engine import Engine
from guerdon.api.v1 import adjustments
from guerdon.api.v1.adjustments import AdjustmentChosen, AdjustmentsAsked
from guerdon.api.v1.ids import number
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.acting import member_shown, taken_lots
from guerdon.console.pages.lists import PAGE, said, whole
from guerdon.console.pages.members import name_of
from guerdon.console.pages.names import actors_named, members_named
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal

LIST = "/console/approvals"


class ApprovalsShown(Struct, kw_only=True):
    """Which proposals; those that wait, where nothing is said."""

    state: Literal["proposed", "approved", "refused", "expired"] = "proposed"
    cursor: str | None = None


class ApprovalShown(Struct, kw_only=True):
    """One proposal."""

    id: str


class Deciding(ApprovalShown, kw_only=True):
    """What is decided, and why."""

    way: Literal["approve", "refuse"]
    because: Annotated[str, Meta(max_length=255)] | None = None


async def show_all(engine: Engine, visitor: Visitor, params: ApprovalsShown, incoming: Incoming) -> View:
    """The list."""
    asked = AdjustmentsAsked(limit=PAGE, cursor=params.cursor, state=params.state)
    found = await adjustments.find(engine, visitor.caller, asked, visitor.inner(incoming))
    named = await actors_named(engine, visitor, [one.proposed_by for one in found.data])
    return visitor.view(
        "approvals/list.html", found=found, asked=said(params), state=params.state,
        members=await members_named(engine, visitor, [one.member for one in found.data]),
        by={one.proposed_by: named(one.proposed_by) for one in found.data},
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: ApprovalShown, incoming: Incoming) -> View:
    """One, with what approving it would do."""
    return await _one(engine, visitor, params.id, incoming)


async def decide(engine: Engine, visitor: Visitor, params: Deciding, incoming: Incoming) -> View:
    """Book what was proposed, or say no. One's own proposal is somebody else's to decide."""
    approve = params.way == "approve"
    try:
        command = await deciding_adjustment(
            engine.database, visitor.merchant, number("adj", params.id), approve=approve, decision=whole(params.because)
        )  # fmt: skip
        await engine.desk.submit(command, actor=visitor.operator.actor)
    except Refusal as refusal:
        return await _one(engine, visitor, params.id, incoming, refusal=refusal)
    return visitor.go(LIST, visitor._("Approved and booked") if approve else visitor._("Refused: nothing was booked"))


async def _one(
    engine: Engine, visitor: Visitor, proposal: str, incoming: Incoming, *, refusal: Refusal | None = None
) -> View:  # fmt: skip
    inner = visitor.inner(incoming)
    one = await adjustments.fetch(engine, visitor.caller, AdjustmentChosen(id=proposal), inner)
    member = await member_shown(engine, visitor, one.member, incoming)
    own = one.proposed_by == visitor.operator.actor
    taken, stands_against = [], None
    if one.state == "proposed" and not own:
        command = await deciding_adjustment(
            engine.database, visitor.merchant, number("adj", proposal), approve=True
        )  # fmt: skip
        try:
            rehearsal = await engine.desk.rehearse(command, actor=visitor.operator.actor)
            taken = await taken_lots(engine, visitor, rehearsal.entries)
        except Refusal as against:
            stands_against = against
    named = await actors_named(engine, visitor, [one.proposed_by, one.decided_by])
    return visitor.view(
        "approvals/one.html", status=200 if refusal is None else refusal.status, one=one, member=member, own=own,
        name=name_of(member), taken=taken, refusal=refusal or stands_against,
        by=named(one.proposed_by), decided_by=named(one.decided_by),
    )  # fmt: skip


ROUTES = (
    Route("GET", LIST, ApprovalsShown, View, show_all, "see", "Approvals"),
    Route("GET", LIST + "/{id:str}", ApprovalShown, View, show, "see", "A proposal"),
    Route("POST", LIST + "/{id:str}", Deciding, View, decide, "approve", "Decide a proposal"),
)
