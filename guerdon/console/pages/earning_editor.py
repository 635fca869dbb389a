"""The editor of an earning rule: a sentence with fields in it, what changes, and a basket to try it on.

Every request sends the whole draft. The button that saves carries the version that the draft was begun with: where
somebody else saved meanwhile, nothing is written over.
"""

from collections.abc import Mapping
from dataclasses import replace as with_parts
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.api.engine import Engine
from guerdon.api.parameters import parameters
from guerdon.api.reading import read_line
from guerdon.api.v1 import earning_preview, earning_rules
from guerdon.api.v1.earning_preview import EarningPreviewAnswer
from guerdon.api.v1.earning_terms import EarningRuleChanged
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.write import rehearsed
from guerdon.api.wire import Incoming, Route, encode
from guerdon.console.pages.earning_form import (
    HEADS,
    KINDS,
    Choices,
    clauses_of,
    kind_of,
    setting_of,
    terms_said,
    values_of,
    wanted,
)
from guerdon.console.pages.earning_try import TRIED, basket_of, in_words
from guerdon.console.refusals import fact_said
from guerdon.console.sentence import Clause, InWords, Sentence, Sheet, read
from guerdon.console.titles import title_of
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.database.pool import Database
from guerdon.earning.earns import PerAmount
from guerdon.earning.rule import EarningRule, Weekday
from guerdon.earning.rules import StoredRule, add_rule, change_rule, get_rule, list_rules
from guerdon.earning.sentence import ABOUT_RULE, Called, rule_parts
from guerdon.errors.base import BadField, Outdated, Refusal
from guerdon.errors.rewards import VersionConflict
from guerdon.kit.money import CURRENCIES
from guerdon.kit.sentence import differences, said, sentence
from guerdon.rewards.rules import list_rules as list_rewards
from guerdon.tiers.names import ranks_of

EARNING = "/console/earning"
NAME_MAX = 255
BESIDE = ("name", "description", "active", "version", "title", "details", "reward_text", "shown", *TRIED)
"""What the form has beside the sentence."""


class NewAsked(Struct, kw_only=True):
    """A new rule, perhaps `like` another."""

    like: str | None = None


class RuleAsked(Struct, kw_only=True):
    """One rule."""

    id: str


class Look(Struct, kw_only=True):
    """A draft, looked at: what it says, what changes, what is wrong with it, and what a basket would earn."""

    form: Mapping[str, Any]
    sheet: Sheet
    clauses: tuple[Clause, ...]
    said: dict[str, Any]
    terms: EarningRule | None = None
    whole: str = ""
    changes: list[tuple[str | None, str | None]] = []
    wrong: list[tuple[str, str]] = []
    refusal: Refusal | None = None
    tried: EarningPreviewAnswer | None = None
    tried_in_vain: Refusal | None = None


class _Made(Struct):
    """As much of an answer as is told."""

    id: str
    name: str


async def called_of(engine: Engine, visitor: Visitor) -> Called:
    """What rules name by number, by its name."""
    merchant_id = visitor.merchant.merchant_id
    rewards = {
        rule.rule_id: title_of(rule.terms, visitor.taste) for rule in await list_rewards(engine.database, merchant_id)
    }
    rules = {rule.rule_id: rule.terms.name for rule in await list_rules(engine.database, merchant_id)}
    return Called(await ranks_of(engine.database, visitor.merchant), rewards, rules)


def whole_sentence(visitor: Visitor, terms: EarningRule, called: Called) -> str:
    """All that a rule does, in the person's language."""
    parts = [part for part in rule_parts(terms, visitor.merchant.currency, called) if part.topic not in ABOUT_RULE]
    return sentence(parts, InWords.of(visitor))


def changes_between(
    visitor: Visitor, before: EarningRule, after: EarningRule, called: Called
) -> list[tuple[str | None, str | None]]:
    """What is said otherwise in one version than in another."""
    reader, code = InWords.of(visitor), visitor.merchant.currency
    told = differences(rule_parts(before, code, called), rule_parts(after, code, called))
    return [(one.before and said(one.before, reader), one.after and said(one.after, reader)) for one in told]


async def show_new(engine: Engine, visitor: Visitor, params: NewAsked, _incoming: Incoming) -> View:
    """A sentence that works as it stands, or that of the rule that is cloned, switched off."""
    terms = _first(visitor)
    if params.like is not None:
        rule = await get_rule(engine.database, visitor.merchant.merchant_id, number("earn", params.like, "like"))
        name = visitor._("Copy of %(name)s", name=rule.terms.name)
        terms = replace(rule.terms, name=name[:NAME_MAX], active=False)
    look = await _looked_at(engine, visitor, None, terms, _form(visitor, None, terms))
    return await _page(engine, visitor, None, look)


async def send_new(engine: Engine, visitor: Visitor, _params: NewAsked, incoming: Incoming) -> View:
    """The draft is looked at, or added."""
    look = await _looked_at(engine, visitor, None, _first(visitor), parameters(incoming.body))
    if look.form.get("step") != "save" or look.terms is None:
        return await _page(engine, visitor, None, look)
    try:
        answer = await earning_rules.create(engine, visitor.caller, wanted(look.said), visitor.inner(incoming))
    except Refusal as refusal:
        look.refusal = refusal
        return await _page(engine, visitor, None, look)
    made = msgspec.json.decode(encode(answer), type=_Made)
    return visitor.go(f"{EARNING}/{made.id}", visitor._("Added: %(name)s", name=made.name))


async def show_edit(engine: Engine, visitor: Visitor, params: RuleAsked, _incoming: Incoming) -> View:
    """The sentence of the rule as it stands."""
    rule = await get_rule(engine.database, visitor.merchant.merchant_id, number("earn", params.id))
    form = _form(visitor, rule, rule.terms)
    return await _page(engine, visitor, rule, await _looked_at(engine, visitor, rule, rule.terms, form))


async def send_edit(engine: Engine, visitor: Visitor, params: RuleAsked, incoming: Incoming) -> View:
    """The draft is looked at, or saved as the next version."""
    rule = await get_rule(engine.database, visitor.merchant.merchant_id, number("earn", params.id))
    look = await _looked_at(engine, visitor, rule, rule.terms, parameters(incoming.body))
    if look.form.get("step") != "save" or look.terms is None:
        return await _page(engine, visitor, rule, look)
    inner = visitor.inner(incoming)
    inner.headers["if-match"] = f'"{look.form.get("version", "")}"'
    try:
        changed = read_line(msgspec.json.encode({**look.said, "id": params.id}), _changed)
        answer = await earning_rules.change(engine, visitor.caller, changed, inner)
    except (Outdated, VersionConflict) as outdated:
        look.refusal, look.form = outdated, {**look.form, "version": str(rule.version)}
        return await _page(engine, visitor, rule, look)
    except Refusal as refusal:
        look.refusal = refusal
        return await _page(engine, visitor, rule, look)
    made = msgspec.json.decode(encode(answer), type=_Made)
    return visitor.go(f"{EARNING}/{made.id}", visitor._("Saved: %(name)s", name=made.name))


async def _looked_at(
    engine: Engine, visitor: Visitor, rule: StoredRule | None, begun: EarningRule, form: Mapping[str, Any]
) -> Look:  # fmt: skip
    """What a draft comes to."""
    called = await called_of(engine, visitor)
    sheet = Sheet.of_form(form)
    choices = _choices(called, begun, sheet)
    clauses = clauses_of(visitor, choices)
    values, misread = read(clauses, sheet, setting_of(visitor))
    labels = {field.name: visitor._(field.label) for clause in clauses for field in clause.fields}
    sheet.wrong = {name: visitor._(one.problem, **one.facts) for name, one in misread.items()}
    told = terms_said(values, choices, _beside(form, begun))
    if choices.kind == "per_amount" and isinstance(begun.earns, PerAmount):
        told["earns"]["each_minor_in"] = begun.earns.each_minor_in
    look = Look(form=form, sheet=sheet, clauses=clauses, said=told)
    look.wrong = [(labels[name], text) for name, text in sheet.wrong.items()]
    if look.wrong:
        return look
    try:
        look.terms = EarningRule(**wanted(told).given())
    except BadField as refusal:
        field = refusal.field.removeprefix("earns.").removeprefix("who.")
        sheet.wrong[field] = fact_said("problem", refusal.problem, visitor.taste)
        look.wrong = [(labels.get(field, field), sheet.wrong[field])]
        return look
    look.whole = whole_sentence(visitor, look.terms, called)
    if rule is not None:
        look.changes = changes_between(visitor, rule.terms, look.terms, called)
    await _try(engine, visitor, rule, look)
    return look


async def _try(engine: Engine, visitor: Visitor, rule: StoredRule | None, look: Look) -> None:
    """What a basket would earn with the draft in its place: it is saved, asked, and taken back."""
    terms, merchant_id, actor, now = look.terms, visitor.merchant.merchant_id, visitor.operator.actor, visitor.now
    if terms is None or look.form.get("step") != "try":
        return

    async def write(database: Database) -> EarningPreviewAnswer:
        if rule is None:
            await add_rule(database, merchant_id, terms, actor=actor, now=now)
        elif terms != rule.terms:
            await change_rule(
                database, merchant_id, rule.rule_id, terms, actor=actor, now=now, expected_version=rule.version
            )
        within = with_parts(engine, database=database)
        basket = basket_of(look.form, visitor.merchant, visitor.locale)
        return await earning_preview.preview(within, visitor.caller, basket, nothing)

    nothing = Incoming({"method": "POST", "path": EARNING, "query_string": b"", "headers": []})
    try:
        look.tried = in_words(visitor, await rehearsed(engine, nothing, write))
    except Refusal as refusal:
        look.tried_in_vain = refusal


async def _page(engine: Engine, visitor: Visitor, rule: StoredRule | None, look: Look) -> View:
    failed = look.form.get("step") == "save"
    names = {shown("earn", number): name for number, name in (await called_of(engine, visitor)).rules.items()}
    return visitor.view(
        "earning/edit.html", status=422 if failed else 200, rule=rule, look=look, names=names, kinds=KINDS,
        rule_id=None if rule is None else shown("earn", rule.rule_id), form={**dict.fromkeys(BESIDE, ""), **look.form},
        place=f"{EARNING}/new" if rule is None else f"{EARNING}/{shown('earn', rule.rule_id)}/edit",
        sentence=Sentence.of(visitor, look.clauses, look.sheet),
    )  # fmt: skip


def _choices(called: Called, terms: EarningRule, sheet: Sheet | None) -> Choices:
    kind, trigger = kind_of(sheet, terms)
    days = tuple(day for day in Weekday if day in terms.weekdays)
    values = values_of(terms)
    return Choices(
        kind if kind in HEADS else "flat", trigger, called.ranks.names,
        {shown("rule", number): name for number, name in called.rewards.items()},
        {shown("earn", number): name for number, name in called.rules.items()}, days, values["channels"],
    )  # fmt: skip


def _form(visitor: Visitor, rule: StoredRule | None, terms: EarningRule) -> dict[str, Any]:
    """The form of a rule as it stands."""
    clauses = clauses_of(visitor, _choices(_nobody(terms), terms, None))
    sheet = Sheet.of_values(clauses, values_of(terms), setting_of(visitor))
    display = terms.display
    beside = {
        "name": terms.name, "description": terms.description, "title": display.title or "",
        "details": display.details or "", "reward_text": display.reward_text or "",
        **({"active": "true"} if terms.active else {}), **({"shown": "true"} if display.shown else {}),
        "version": "" if rule is None else str(rule.version),
    }  # fmt: skip
    return {**sheet.said, "with": ",".join(sheet.used), **beside}


def _nobody(terms: EarningRule) -> Called:
    """Names enough to write what the rule says: any clause that it may need."""
    ids = values_of(terms).get("of_rules", [])
    return Called(rules={number("earn", one): one for one in ids})


def _beside(form: Mapping[str, Any], begun: EarningRule) -> dict[str, Any]:
    """What stands beside the sentence: how the rule is shown, and whether it counts."""
    display = msgspec.to_builtins(begun.display) | {"shown": form.get("shown") == "true"}
    for name in ("title", "details", "reward_text"):
        display[name] = form.get(name, "").strip() or None
    return {
        "name": form.get("name", "").strip(), "description": form.get("description", "").strip(),
        "active": form.get("active") == "true", "display": display,
    }  # fmt: skip


def _first(visitor: Visitor) -> EarningRule:
    """A sentence that works, in the merchant's currency."""
    each = 10 ** CURRENCIES[visitor.merchant.currency].decimals
    return EarningRule(name=visitor._("Points for orders"), earns=PerAmount(points=1, each_minor=each))


_changed = msgspec.json.Decoder(EarningRuleChanged)

ROUTES = (
    Route("GET", f"{EARNING}/new", NewAsked, View, show_new, "configure", "A new earning rule"),
    Route("POST", f"{EARNING}/new", NewAsked, View, send_new, "configure", "Add an earning rule"),
    Route("GET", EARNING + "/{id:str}/edit", RuleAsked, View, show_edit, "configure", "Edit an earning rule"),
    Route("POST", EARNING + "/{id:str}/edit", RuleAsked, View, send_edit, "configure", "Change an earning rule"),
)
