"""Points given or taken by hand, and those adjustments that a second person decides."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.activities.adjust import Adjustment, AdjustPoints, Proposal, ProposalState
from guerdon.activities.log import get_proposal
from guerdon.activities.search import EXPIRED, find_proposals
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import like, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import MemberActed, Moment, Text
from guerdon.api.v1.who import Who, member_named, member_present, member_shown
from guerdon.api.v1.write import created, decided
from guerdon.api.wire import Incoming, Route
from guerdon.errors.base import BadField
from guerdon.moving.person import by_number
from guerdon.points.values import POINTS_MAX

ACCEPTED = 202

Reason = Literal["reward", "goodwill", "redeem", "expire"]
State = Literal["proposed", "approved", "refused", "expired"]


class AdjustmentWanted(MemberActed, kw_only=True):
    """Points above zero are given, below zero taken.

    `reward` counts as earned: one given, or one taken back that was given wrongly. `goodwill` gives points that count
    for nothing, such as redeemed or expired ones that come back. `redeem` and `expire` take points that are there.
    """

    points: Annotated[int, Meta(ge=-POINTS_MAX, le=POINTS_MAX, examples=[100])]
    reason: Reason
    title: Text | None = None
    visible: bool = True
    """Whether the member sees it in their history."""
    expires_at: Moment | None = None
    """When points that are given expire; else as the merchant's policy has it."""
    note: Text | None = None
    """Why, for whoever approves it; members never see it."""


class AdjustmentChosen(Asked, kw_only=True):
    """One adjustment that was proposed."""

    id: Annotated[str, like("adj", 7)]


class AdjustmentsAsked(ListAsked, kw_only=True):
    """Which proposed adjustments; all of what is said must hold."""

    member: Who | None = None
    state: State | None = None


class AdjustmentMade(msgspec.Struct, frozen=True):
    """What was booked, with the balance after it: `booked`, with its entry. Or `proposed`, with the id of the proposal,
    where it is of more points than one person decides: nothing is booked then.
    """

    object: Literal["adjustment"]
    state: Literal["booked", "proposed"]
    id: str | None
    entry: str | None
    member: str
    points: int
    available: int
    held: int
    at: datetime


class AdjustmentAnswer(msgspec.Struct, frozen=True):
    """An adjustment that was proposed. It is `expired` where nobody decided it until `waits_until`."""

    id: str
    object: Literal["adjustment"]
    state: State
    member: str
    points: int
    reason: Reason
    title: str | None
    visible: bool
    expires_at: datetime | None
    note: str | None
    proposed_by: str
    proposed_at: datetime
    waits_until: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None


async def adjust(engine: Engine, caller: Caller, params: AdjustmentWanted, incoming: Incoming) -> AdjustmentMade:
    """Give or take points, or above the merchant's limit propose to."""
    _check(params, engine.clock())
    await member_present(engine.database, caller, params.id)
    command = AdjustPoints(
        merchant=caller.merchant,
        who=(by_number(number("mem", params.id)),),
        points=params.points,
        counted=params.reason == "reward",
        taken_as="expired" if params.reason == "expire" else "redeemed",
        below_zero=caller.merchant.policies.debt == "unlimited",
        title=params.title,
        visible=params.visible,
        expires_at=params.expires_at,
        note=params.note,
    )
    made = await decided(engine, caller, incoming, params, command)
    answer = _made(made)
    if answer.entry is not None:
        return created(incoming, answer, f"/v1/entries/{answer.entry}")
    if not params.dry_run:
        incoming.status = ACCEPTED
        incoming.told.append((b"location", f"/v1/adjustments/{answer.id}".encode()))
    return answer


async def fetch(engine: Engine, caller: Caller, params: AdjustmentChosen, _incoming: Incoming) -> AdjustmentAnswer:
    """One adjustment that was proposed."""
    proposal = await get_proposal(engine.database, caller.merchant.merchant_id, number("adj", params.id))
    return _shown(proposal, engine.clock())


async def find(
    engine: Engine, caller: Caller, params: AdjustmentsAsked, incoming: Incoming
) -> Page[AdjustmentAnswer]:  # fmt: skip
    """Adjustments that were proposed, newest first. Operators decide them."""
    member_id, now = None, engine.clock()
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    rows = await find_proposals(
        engine.database, caller.merchant.merchant_id, now, member_id=member_id, state=params.state,
        before=after(params, tuple[datetime, int]), count_max=params.limit + 1,
    )  # fmt: skip
    return page(
        incoming, params, rows, lambda row: (row.proposed_at, row.adjustment_id), lambda row: _shown(row, now)
    )  # fmt: skip


def _check(params: AdjustmentWanted, now: datetime) -> None:
    """Refuses with BadField what no adjustment can mean."""
    if params.points == 0:
        raise BadField("points", "0 changes nothing: points above or below zero are needed")
    if params.points < 0 and params.reason == "goodwill":
        raise BadField("points", "goodwill gives points; to take some, the reason is reward, redeem or expire")
    if params.points > 0 and params.reason in ("redeem", "expire"):
        raise BadField("points", f"{params.reason} takes points: send them below zero")
    if params.expires_at is not None and (params.points < 0 or params.expires_at <= now):
        raise BadField("expires_at", "only points that are given expire, at a time that is still to come")


def _made(made: Adjustment) -> AdjustmentMade:
    booked = made.entry > 0
    return AdjustmentMade(
        "adjustment", "booked" if booked else "proposed",
        None if made.proposal_id is None else shown("adj", made.proposal_id),
        shown("ent", made.account_id, made.entry) if booked else None,
        member_shown(made.member_id), made.points, made.available, made.held, made.at,
    )  # fmt: skip


def _shown(proposal: Proposal, now: datetime) -> AdjustmentAnswer:
    late = proposal.state is ProposalState.PROPOSED and proposal.expires_at <= now
    change = proposal.change
    taken: Reason = "goodwill" if change.points > 0 else "expire" if change.taken_as == "expired" else "redeem"
    return AdjustmentAnswer(
        shown("adj", proposal.adjustment_id), "adjustment", EXPIRED if late else proposal.state.value,
        member_shown(proposal.member_id), change.points, "reward" if change.counted else taken, change.title,
        change.visible, change.expires_at, proposal.note, proposal.proposer, proposal.proposed_at, proposal.expires_at,
        proposal.decided_by, proposal.decided_at, proposal.decision,
    )  # fmt: skip


ROUTES = (
    Route("POST", "/v1/members/{id:str}/adjust", AdjustmentWanted, AdjustmentMade, adjust, "write",
          "Give a member points, or take some", keyed=True, creates=True),
    Route("GET", "/v1/adjustments", AdjustmentsAsked, Page[AdjustmentAnswer], find, "read",
          "List adjustments that a second person decides"),
    Route("GET", "/v1/adjustments/{id:str}", AdjustmentChosen, AdjustmentAnswer, fetch, "read",
          "Get an adjustment that a second person decides"),
)  # fmt: skip
