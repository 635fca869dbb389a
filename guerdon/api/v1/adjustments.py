"""Points given or taken by hand, and those adjustments that a second person decides."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.activities.adjust import Adjustment, AdjustPoints, Proposal, ProposalState
from guerdon.activities.log import get_proposal
from guerdon.activities.search import EXPIRED, find_proposals
from guerdon.api.engine import Engine
from guerdon.api.v1.entries import ADJUSTMENT as KIND
from guerdon.api.v1.entries import KIND as ENTRY
from guerdon.api.v1.ids import like, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import MemberActed, Moment, Text
from guerdon.api.v1.notes import Noted, renoted, words_of
from guerdon.api.v1.who import Who, member_named, member_present, member_shown
from guerdon.api.v1.write import Metadata, created, decided
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.metadata.metadata import Words, note
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
    metadata: Metadata | None = None


class AdjustmentChosen(Asked, kw_only=True):
    """One adjustment that was proposed."""

    id: Annotated[str, like("adj", 7)]


class AdjustmentNoted(Noted, kw_only=True):
    """What the merchant notes beside a proposal: a name with an empty text goes, others that are left out stay."""

    id: Annotated[str, like("adj", 7)]


class AdjustmentsAsked(ListAsked, kw_only=True):
    """Which proposed adjustments; all of what is said must hold."""

    member: Who | None = None
    state: State | None = None


class AdjustmentMade(msgspec.Struct, frozen=True):
    """What was booked, with the balance after it: `booked`, with its entry. Or `proposed`, with the id of the proposal,
    where it is of more points than one person decides: nothing is booked then. Its metadata is shown with the entry,
    or with the proposal and with the entry that it may come to.
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
    metadata: Words


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
    metadata: Words


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
    words = params.metadata or {}
    if words and not params.dry_run:
        words = await _noted(engine, caller, made, words)
    answer = _made(made, words)
    if answer.entry is not None:
        return created(incoming, answer, f"/v1/entries/{answer.entry}")
    if not params.dry_run:
        incoming.status = ACCEPTED
        incoming.told.append((b"location", f"/v1/adjustments/{answer.id}".encode()))
    return answer


async def fetch(engine: Engine, caller: Caller, params: AdjustmentChosen, _incoming: Incoming) -> AdjustmentAnswer:
    """One adjustment that was proposed."""
    proposal = await get_proposal(engine.database, caller.merchant.merchant_id, number("adj", params.id))
    words = await words_of(engine.database, caller, KIND, [proposal.adjustment_id])
    return _shown(proposal, words, engine.clock())


async def change(engine: Engine, caller: Caller, params: AdjustmentNoted, incoming: Incoming) -> AdjustmentAnswer | Raw:
    """Note something beside a proposal; the entry that it came to has the same words."""
    adjustment_id = number("adj", params.id)

    async def show(database: Database, words: Words) -> AdjustmentAnswer:
        proposal = await get_proposal(database, caller.merchant.merchant_id, adjustment_id)
        return _shown(proposal, {adjustment_id: words}, engine.clock())

    return await renoted(engine, caller, params, incoming, KIND, str(adjustment_id), show)


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
    words = await words_of(engine.database, caller, KIND, [row.adjustment_id for row in rows])
    return page(
        incoming, params, rows, lambda row: (row.proposed_at, row.adjustment_id), lambda row: _shown(row, words, now)
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


async def _noted(engine: Engine, caller: Caller, made: Adjustment, words: Words) -> Words:
    """Note these beside the proposal, or beside the entry of what was booked at once."""
    proposed = (KIND, str(made.proposal_id))
    beside = proposed if made.proposal_id is not None else (ENTRY, f"{made.account_id}_{made.entry}")
    return await note(engine.database, caller.merchant.merchant_id, *beside, words, engine.clock())


def _made(made: Adjustment, words: Words) -> AdjustmentMade:
    booked = made.entry > 0
    return AdjustmentMade(
        "adjustment", "booked" if booked else "proposed",
        None if made.proposal_id is None else shown("adj", made.proposal_id),
        shown("ent", made.account_id, made.entry) if booked else None,
        member_shown(made.member_id), made.points, made.available, made.held, made.at, words,
    )  # fmt: skip


def _shown(proposal: Proposal, words: dict[int, Words], now: datetime) -> AdjustmentAnswer:
    late = proposal.state is ProposalState.PROPOSED and proposal.expires_at <= now
    change = proposal.change
    taken: Reason = "goodwill" if change.points > 0 else "expire" if change.taken_as == "expired" else "redeem"
    return AdjustmentAnswer(
        shown("adj", proposal.adjustment_id), "adjustment", EXPIRED if late else proposal.state.value,
        member_shown(proposal.member_id), change.points, "reward" if change.counted else taken, change.title,
        change.visible, change.expires_at, proposal.note, proposal.proposer, proposal.proposed_at, proposal.expires_at,
        proposal.decided_by, proposal.decided_at, proposal.decision, words.get(proposal.adjustment_id, {}),
    )  # fmt: skip


ROUTES = (
    Route("POST", "/v1/members/{id:str}/adjust", AdjustmentWanted, AdjustmentMade, adjust, "write",
          "Give a member points, or take some", keyed=True, creates=True),
    Route("GET", "/v1/adjustments", AdjustmentsAsked, Page[AdjustmentAnswer], find, "read",
          "List adjustments that a second person decides"),
    Route("GET", "/v1/adjustments/{id:str}", AdjustmentChosen, AdjustmentAnswer, fetch, "read",
          "Get an adjustment that a second person decides"),
    Route("PATCH", "/v1/adjustments/{id:str}", AdjustmentNoted, AdjustmentAnswer, change, "write",
          "Note something beside an adjustment that a second person decides", keyed=True),
)  # fmt: skip
