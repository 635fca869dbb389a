"""`/console/decisions`: what was refused, and why, for whoever is asked "why did it not work?"."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import decisions
from guerdon.api.v1.decisions import DecisionChosen, DecisionsAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.lists import PAGE, DaysShown, filters_in_use, first_moment, moment_after, said, whole
from guerdon.console.pages.members import tiers_of
from guerdon.console.pages.names import actors_named, members_named
from guerdon.console.pages.saved_filters import kept
from guerdon.console.refusals import fact_said
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal

LIST = "/console/decisions"


class DecisionsShown(DaysShown, kw_only=True):
    """Which decisions; their ids find one of any day."""

    id: str | None = None
    code: str | None = None


class DecisionShown(Struct, kw_only=True):
    """One decision."""

    id: str


async def show_all(engine: Engine, visitor: Visitor, params: DecisionsShown, incoming: Incoming) -> View:
    """The list; an id leads to its decision."""
    refusal, found, wanted = None, None, whole(params.id)
    try:
        if wanted is not None:
            chosen = DecisionChosen(id=wanted)
            one = await decisions.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))
            return visitor.go(f"{LIST}/{one.id}")
        asked = DecisionsAsked(
            limit=PAGE, cursor=params.cursor, code=whole(params.code),
            recorded_since=first_moment(visitor, params.since), recorded_before=moment_after(visitor, params.until),
        )  # fmt: skip
        found = await decisions.find(engine, visitor.caller, asked, visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    rows = [] if found is None else found.data
    named = await actors_named(engine, visitor, [one.actor for one in rows])
    return visitor.view(
        "redemptions/decisions.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=said(params), filtered=filters_in_use(said(params)), saved=await kept(engine, visitor, incoming),
        by={one.actor: named(one.actor) for one in rows},
        members=await members_named(engine, visitor, [one.member for one in rows]),
        levels=dict(await tiers_of(engine, visitor, incoming)),
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: DecisionShown, incoming: Incoming) -> View:
    """One, with every reason and the request that was refused."""
    one = await decisions.fetch(engine, visitor.caller, DecisionChosen(id=params.id), visitor.inner(incoming))
    facts = {name: value for name, value in one.facts.items() if name != "also"}
    also = cast("list[dict[str, Any]]", one.facts.get("also", []))
    named = await actors_named(engine, visitor, [one.actor])
    return visitor.view(
        "redemptions/decision.html", one=one, numbers=_numbers(visitor, facts), also=also, by=named(one.actor),
        levels=dict(await tiers_of(engine, visitor, incoming)),
        whose=await members_named(engine, visitor, [one.member]),
        requests=[one.request] if one.request not in (None, msgspec.UNSET) else [],
    )  # fmt: skip


def _numbers(visitor: Visitor, facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The facts as people read them; their names are those of the native API."""
    return [
        (name.replace("_", " ").capitalize(), fact_said(name, value, visitor.taste)) for name, value in facts.items()
    ]


ROUTES = (
    Route("GET", LIST, DecisionsShown, View, show_all, "see", "What was refused"),
    Route("GET", LIST + "/{id:str}", DecisionShown, View, show, "see", "Why something was refused"),
)
