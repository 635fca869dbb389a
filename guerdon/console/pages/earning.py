"""Earning: the rules of a programme as sentences, the story of one, and the campaigns that shoppers see."""

from typing import Literal

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import campaigns, earning_rules
from guerdon.api.v1.campaigns import CampaignsAsked
from guerdon.api.v1.earning_rules import EarningRuleActed
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages import earning_editor, earning_try
from guerdon.console.pages.earning_editor import EARNING, called_of, changes_between, whole_sentence
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.earning.rules import get_budgets, get_rule, list_rules, list_versions
from guerdon.errors.base import Refusal
from guerdon.trail.changes import names_of

VERSIONS_SHOWN = 20


class RulesShown(Struct, kw_only=True):
    """Which rules: those that count or not, with these words in their name or sentence."""

    active: bool | None = None
    q: str | None = None


class RuleShown(Struct, kw_only=True):
    """One rule."""

    id: str


class SwitchSent(RuleShown, kw_only=True):
    """Switch it, or show first what that would do."""

    step: Literal["preview", "do"] = "preview"


async def show_rules(engine: Engine, visitor: Visitor, params: RulesShown, _incoming: Incoming) -> View:
    """Rules as sentences, the last made first."""
    called = await called_of(engine, visitor)
    rules = await list_rules(engine.database, visitor.merchant.merchant_id)
    words = (params.q or "").lower().split()
    told = {rule.rule_id: whole_sentence(visitor, rule.terms, called) for rule in rules}
    rows = [
        (shown("earn", rule.rule_id), rule, told[rule.rule_id])
        for rule in sorted(rules, key=lambda rule: (rule.created_at, rule.rule_id), reverse=True)
        if params.active in (None, rule.terms.active)
        and all(word in f"{rule.terms.name} {told[rule.rule_id]}".lower() for word in words)
    ]
    return visitor.view("earning/list.html", rows=rows, total=len(rules), params=params)


async def show_rule(engine: Engine, visitor: Visitor, params: RuleShown, _incoming: Incoming) -> View:
    """The story of one rule."""
    return await _story(engine, visitor, params.id)


async def activate(engine: Engine, visitor: Visitor, params: SwitchSent, incoming: Incoming) -> View:
    """Let members earn by it."""
    return await _switch(engine, visitor, params, incoming, on=True)


async def disable(engine: Engine, visitor: Visitor, params: SwitchSent, incoming: Incoming) -> View:
    """Let nobody earn by it."""
    return await _switch(engine, visitor, params, incoming, on=False)


async def show_campaigns(engine: Engine, visitor: Visitor, _params: RulesShown, incoming: Incoming) -> View:
    """What earns now, as shoppers are shown it."""
    found = await campaigns.find(engine, visitor.caller, CampaignsAsked(limit=LIMIT_MAX), visitor.inner(incoming))
    return visitor.view("earning/campaigns.html", campaigns=found.data)


async def _switch(engine: Engine, visitor: Visitor, params: SwitchSent, incoming: Incoming, *, on: bool) -> View:
    if params.step == "preview":
        return await _story(engine, visitor, params.id, asks="activate" if on else "disable")
    act = earning_rules.activate if on else earning_rules.disable
    try:
        await act(engine, visitor.caller, EarningRuleActed(id=params.id), visitor.inner(incoming))
    except Refusal as refusal:
        return await _story(engine, visitor, params.id, refusal=refusal)
    text = visitor._("Activated: members earn by it") if on else visitor._("Disabled: nobody earns by it")
    undo = f"{EARNING}/{params.id}/{'disable' if on else 'activate'}?step=do"
    return visitor.go(f"{EARNING}/{params.id}", text, undo=undo)


async def _story(
    engine: Engine, visitor: Visitor, rule_id: str, *, asks: str | None = None, refusal: Refusal | None = None
) -> View:
    merchant_id = visitor.merchant.merchant_id
    rule = await get_rule(engine.database, merchant_id, number("earn", rule_id))
    called = await called_of(engine, visitor)
    versions = (await list_versions(engine.database, merchant_id, rule.rule_id))[: VERSIONS_SHOWN + 1]
    names = await names_of(engine.database, merchant_id, {one.actor for one in versions} | {rule.actor})
    history = [
        (one, names.get(one.actor, one.actor),
         [] if before is None else changes_between(visitor, before.terms, one.terms, called))
        for one, before in zip(versions, [*versions[1:], None], strict=True)
    ][:VERSIONS_SHOWN]  # fmt: skip
    return visitor.view(
        "earning/story.html", status=200 if refusal is None else refusal.status, rule=rule, rule_id=rule_id,
        sentence=whole_sentence(visitor, rule.terms, called), history=history, by=names.get(rule.actor, rule.actor),
        used=(await get_budgets(engine.database, merchant_id)).get(rule.rule_id), asks=asks, refusal=refusal,
    )  # fmt: skip


ROUTES = (
    Route("GET", EARNING, RulesShown, View, show_rules, "see", "Earning rules"),
    *earning_editor.ROUTES,
    *earning_try.ROUTES,
    Route("GET", EARNING + "/{id:str}", RuleShown, View, show_rule, "see", "An earning rule"),
    Route("POST", EARNING + "/{id:str}/activate", SwitchSent, View, activate, "configure", "Activate an earning rule"),
    Route("POST", EARNING + "/{id:str}/disable", SwitchSent, View, disable, "configure", "Disable an earning rule"),
    Route("GET", "/console/campaigns", RulesShown, View, show_campaigns, "see", "Campaigns"),
)
