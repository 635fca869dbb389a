"""A draft of a redemption rule, looked at: what it comes to, what it would do, and what it would be for one member."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.access.edit_lock import EditLock
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import shown
from guerdon.api.v1.rule_preview import drafted
from guerdon.api.v1.who import identity_of
from guerdon.console.frame import N
from guerdon.console.pages.lists import member_meant
from guerdon.console.pages.reward_form import choices_of, clauses_of, drafted_terms, setting_of, terms_said, values_of
from guerdon.console.pages.reward_told import Change, changes_between
from guerdon.console.refusals import fact_said
from guerdon.console.sentence import Clause, InWords, Sheet, read
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal
from guerdon.rewards.preview import Draft, Effect, Tried, effect_of, stock_for, try_on
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import Rule, list_versions
from guerdon.rewards.sentence import Ranks
from guerdon.rewards.tryout import TryRule
from guerdon.trail.changes import names_of

REWARDS = "/console/rewards"
DIGITS_MAX = 16


class Meanwhile(NamedTuple):
    """What somebody else saved since the form was opened, and what the person has changed beside it."""

    by: str
    theirs: list[Change]
    mine: list[Change]


class Editing(NamedTuple):
    """What is edited, and by whom else; without a rule it is a new one. `terms` are what the sentence begins with."""

    rule: Rule | None
    terms: RedemptionRule
    ranks: Ranks
    lock: EditLock | None = None
    meanwhile: Meanwhile | None = None

    @property
    def id(self) -> str | None:
        """The rule's, as addresses have it."""
        return None if self.rule is None else shown("rule", self.rule.rule_id)

    @property
    def place(self) -> str:
        """The address of the editor."""
        return f"{REWARDS}/new" if self.id is None else f"{REWARDS}/{self.id}/edit"


class Look(Struct, kw_only=True):
    """What a draft comes to: its effect and differences, or what is wrong with it, by label.

    `seen` stands for all that was shown: a button that carries it saves just that.
    """

    form: Mapping[str, Any]
    sheet: Sheet
    clauses: tuple[Clause, ...]
    said: dict[str, Any]
    terms: RedemptionRule | None = None
    effect: Effect | None = None
    changes: list[Change] = []
    wrong: list[tuple[str, str]] = []
    refusal: Refusal | None = None
    seen: str = ""
    new_secret: bool = False
    """Whether the shop's own server is to be told another secret, which is no part of the terms."""
    tried: Tried | None = None
    tried_in_vain: Refusal | None = None


def form_of(visitor: Visitor, editing: Editing) -> dict[str, Any]:
    """The form of a rule as it stands."""
    terms = editing.terms
    clauses = clauses_of(visitor, choices_of(visitor, None, terms, editing.ranks))
    sheet = Sheet.of_values(clauses, values_of(terms), setting_of(visitor, None, terms))
    beside = {"name": terms.name, "description": terms.description, "icon": terms.icon or ""}
    beside |= {"active": "true"} if terms.active else {}
    version = "" if editing.rule is None else str(editing.rule.version)
    return {**sheet.said, "with": ",".join(sheet.used), **beside, "version": version}


async def looked_at(engine: Engine, visitor: Visitor, editing: Editing, form: Mapping[str, Any]) -> Look:
    """What a draft comes to."""
    sheet = Sheet.of_form(form)
    clauses = clauses_of(visitor, choices_of(visitor, sheet, editing.terms, editing.ranks))
    values, misread = read(clauses, sheet, setting_of(visitor, sheet, editing.terms))
    labels = {field.name: visitor._(field.label) for clause in clauses for field in clause.fields}
    sheet.wrong = {name: visitor._(one.problem, **one.facts) for name, one in misread.items()}
    look = Look(form=form, sheet=sheet, clauses=clauses, said=terms_said(values, sheet, _beside(form)))
    look.wrong = [(labels[name], text) for name, text in sheet.wrong.items()]
    if look.wrong:
        return look
    try:
        draft, before = await drafted(engine, visitor.merchant, editing.id, drafted_terms(look.said))
    except BadField as refusal:
        field = refusal.field.removeprefix("terms.").removeprefix("codes.")
        problem: str = fact_said("problem", refusal.problem, visitor.taste)
        if problem.startswith("Expected "):  # what lengths and patterns of the native API say
            problem = visitor._("this is too long, or has letters that do not go here")
        sheet.wrong[field] = problem
        look.wrong = [(labels.get(field, field), problem)]
        return look
    except Refusal as refusal:
        look.refusal = refusal
        return look
    look.terms = draft.terms
    look.new_secret = bool(look.said["codes"].get("secret"))
    look.effect = await effect_of(engine.database, visitor.merchant, draft, editing.ranks, visitor.now)
    if before is not None:
        look.changes = changes_between(before, draft.terms, editing.ranks, InWords.of(visitor))
    look.seen = hashlib.blake2b(msgspec.json.encode((draft, look.effect.version)), digest_size=12).hexdigest()
    await _try(engine, visitor, editing, look, draft)
    return look


async def merged(
    engine: Engine, visitor: Visitor, editing: Editing, form: Mapping[str, Any]
) -> tuple[Editing, Mapping[str, Any]]:  # fmt: skip
    """The form on the version that stands: what the person did not touch is as the other left it, and both changes are
    told.
    """
    rule, reader = editing.rule, InWords.of(visitor)
    if rule is None or form.get("version") == str(rule.version):
        return editing, form
    merchant_id = visitor.merchant.merchant_id
    versions = await list_versions(engine.database, merchant_id, rule.rule_id)
    base = next((one.terms for one in versions if str(one.version) == form.get("version")), rule.terms)
    names = await names_of(engine.database, merchant_id, [rule.actor])
    theirs = changes_between(base, rule.terms, editing.ranks, reader)
    meant = (await looked_at(engine, visitor, editing, form)).terms
    told = Meanwhile(names.get(rule.actor, rule.actor), theirs, [])
    renewed = {**form, "version": str(rule.version)}
    if meant is None:
        return editing._replace(meanwhile=told), renewed
    touched = {
        name: getattr(meant, name)
        for name in RedemptionRule.__struct_fields__ if getattr(meant, name) != getattr(base, name)
    }  # fmt: skip
    told = told._replace(mine=changes_between(base, meant, editing.ranks, reader))
    try:
        both = replace(rule.terms, **touched)
    except BadField:
        return editing._replace(meanwhile=told), renewed  # they do not go together: the person's stand in the form
    kept = {name: form[name] for name in ("try_member", "try_points") if name in form}
    return editing._replace(meanwhile=told), {**form_of(visitor, editing._replace(terms=both)), **kept}


async def _try(engine: Engine, visitor: Visitor, editing: Editing, look: Look, draft: Draft) -> None:
    """The draft for one member, where one is named; what cannot be tried is told in its place."""
    who = member_meant(look.form.get("try_member"))
    if who is None:
        return
    points = look.form.get("try_points", "").strip()
    merchant = visitor.merchant
    try:
        if points and not (points.isascii() and points.isdigit() and len(points) <= DIGITS_MAX):
            problem = N("%(text)s is not a whole number; write one such as 500")
            raise BadField("try_points", visitor._(problem, text=points[:40]))
        command = TryRule(
            merchant=merchant, who=(identity_of(who),), terms=draft.terms, rule_id=draft.rule_id,
            points=int(points) if points else None,
            stock=await stock_for(engine.database, merchant.merchant_id, draft),
        )  # fmt: skip
        look.tried = await try_on(
            engine.database, engine.desk, command, editing.ranks, actor=visitor.operator.actor
        )  # fmt: skip
    except Refusal as refusal:
        look.tried_in_vain = refusal


def _beside(form: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the sentence: how the rule is shown, and whether it counts."""
    return {
        "name": form.get("name", "").strip(), "description": form.get("description", "").strip(),
        "icon": form.get("icon") or None, "active": form.get("active") == "true",
    }  # fmt: skip
