"""`/v1/decisions`: why something was refused, looked up by the id that the refusal told."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.access.search import request_of
from guerdon.api.engine import Engine
from guerdon.api.v1.api_requests import RequestAnswer, request_shown
from guerdon.api.v1.ids import identifier, like_unique, shown, unique
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment
from guerdon.api.v1.moments import utc
from guerdon.api.wire import Incoming, Route
from guerdon.points.decisions import Decision, find_decisions, get_decision

DECISIONS = "/v1/decisions"


class DecisionChosen(Asked, kw_only=True):
    """One decision."""

    id: Annotated[str, like_unique("dec", "0199f0c2a4d47c3e8f1d2b3a4c5d6e7f")]


class DecisionsAsked(ListAsked, kw_only=True):
    """Which decisions; all of what is said must hold."""

    code: Annotated[str, Meta(max_length=100, examples=["not_enough_points"])] | None = None
    recorded_since: Moment | None = None
    recorded_before: Moment | None = None


class DecisionAnswer(msgspec.Struct, frozen=True):
    """A refusal: what was asked, by whom, for which member, and why not. `facts` are the numbers and names in `detail`;
    further reasons that held at the same time are under `also`. The `request` that was refused comes with a single one,
    for as long as requests are kept.
    """

    id: str
    object: Literal["decision"]
    command: str
    code: str
    detail: str
    facts: dict[str, Any]
    actor: str
    recorded_at: datetime
    member: str | None
    request: RequestAnswer | msgspec.UnsetType | None = msgspec.UNSET


async def fetch(engine: Engine, caller: Caller, params: DecisionChosen, _incoming: Incoming) -> DecisionAnswer:
    """One decision."""
    decision_id = identifier("dec", params.id)
    merchant_id = caller.merchant.merchant_id
    decision = await get_decision(engine.database, merchant_id, decision_id)
    past = await request_of(engine.database, merchant_id, decision_id)
    return replace(_shown(decision), request=None if past is None else request_shown(past))


async def find(engine: Engine, caller: Caller, params: DecisionsAsked, incoming: Incoming) -> Page[DecisionAnswer]:
    """Decisions, newest first."""
    rows = await find_decisions(
        engine.database, caller.merchant.merchant_id, code=params.code,
        since=utc(params.recorded_since, "recorded_since"), until=utc(params.recorded_before, "recorded_before"),
        before=after(params, tuple[datetime, UUID]), count_max=params.limit + 1,
    )  # fmt: skip
    return page(incoming, params, rows, lambda row: (row.recorded_at, row.decision_id), _shown)


def _shown(decision: Decision) -> DecisionAnswer:
    return DecisionAnswer(
        unique("dec", decision.decision_id), "decision", decision.command, decision.code, decision.sentence,
        decision.facts, decision.actor, decision.recorded_at,
        None if decision.member_id is None else shown("mem", decision.member_id),
    )  # fmt: skip


ROUTES = (
    Route("GET", DECISIONS, DecisionsAsked, Page[DecisionAnswer], find, "read", "List what was refused"),
    Route("GET", DECISIONS + "/{id:str}", DecisionChosen, DecisionAnswer, fetch, "read",
          "Get why something was refused"),
)  # fmt: skip
