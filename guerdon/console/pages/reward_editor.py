"""The editor of a redemption rule: a sentence with fields in it, what it would do, and a try-out on any member.

Every request sends the whole draft. What it would do is shown before it is saved: the button that saves carries what
was shown, and where the draft is another by then, the new effect is shown first. Where somebody else saved meanwhile,
both changes are shown before anything is saved.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.access.edit_lock import Editor, Lockable, give_up_lock, locks_of, take_lock
from guerdon.api.engine import Engine
from guerdon.api.parameters import parameters
from guerdon.api.reading import read_line
from guerdon.api.v1 import redemption_rules
from guerdon.api.v1.ids import number
from guerdon.api.v1.redemption_terms import RedemptionRuleChanged, RedemptionRuleWanted
from guerdon.api.wire import Incoming, Route, encode
from guerdon.console.pages.reward_look import REWARDS, Editing, Look, form_of, looked_at, merged
from guerdon.console.pages.reward_told import card_of, versions_told, whole_sentence
from guerdon.console.sentence import InWords, Sentence
from guerdon.console.titles import title_of
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Outdated, Refusal
from guerdon.errors.rewards import RuleLocked, VersionConflict
from guerdon.kit.money import CURRENCIES
from guerdon.kit.sentence import Part, said
from guerdon.rewards.rule import Pricing, RedemptionRule
from guerdon.rewards.rules import get_rule
from guerdon.tiers.names import ranks_of

NAME_MAX = 255
VERSIONS_SHOWN = 4
FIRST_POINTS, FIRST_AMOUNT = 500, 5
"""What a new sentence says before anybody has written in it."""

BESIDE = ("name", "description", "icon", "active", "version", "try_member", "try_points")
"""What the form has beside the sentence."""

_wanted = msgspec.json.Decoder(RedemptionRuleWanted)
_changed = msgspec.json.Decoder(RedemptionRuleChanged)


class NewAsked(Struct, kw_only=True):
    """A new rule, perhaps `like` another."""

    like: str | None = None


class RuleAsked(Struct, kw_only=True):
    """One rule."""

    id: str


class _Made(Struct):
    """As much of an answer as is told."""

    id: str
    title: str
    version: int


async def show_new(engine: Engine, visitor: Visitor, params: NewAsked, _incoming: Incoming) -> View:
    """A sentence that works as it stands, or that of the rule that is cloned, switched off."""
    terms = _first(visitor)
    if params.like is not None:
        rule = await get_rule(engine.database, visitor.merchant.merchant_id, number("rule", params.like, "like"))
        name = visitor._("Copy of %(name)s", name=title_of(rule.terms, visitor.taste))
        terms = replace(rule.terms, name=name[:NAME_MAX], active=False)
    return await _begun(engine, visitor, Editing(None, terms, await ranks_of(engine.database, visitor.merchant)))


async def send_new(engine: Engine, visitor: Visitor, _params: NewAsked, incoming: Incoming) -> View:
    """The draft is looked at, or added as it was shown."""
    form = parameters(incoming.body)
    editing = Editing(None, _first(visitor), await ranks_of(engine.database, visitor.merchant))
    look = await looked_at(engine, visitor, editing, form)
    if not _confirmed(look):
        return await _page(engine, visitor, editing, look)
    try:
        wanted = read_line(msgspec.json.encode(look.said), _wanted)
        answer = await redemption_rules.create(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        look.refusal = refusal
        return await _page(engine, visitor, editing, look)
    made = msgspec.json.decode(encode(answer), type=_Made)
    return visitor.go(f"{REWARDS}/{made.id}", visitor._("Added: %(name)s", name=made.title))


async def show_edit(engine: Engine, visitor: Visitor, params: RuleAsked, _incoming: Incoming) -> View:
    """The sentence of the rule as it stands; whoever opens it keeps others from changing it for a while."""
    return await _begun(engine, visitor, await _opened(engine, visitor, params.id))


async def send_edit(engine: Engine, visitor: Visitor, params: RuleAsked, incoming: Incoming) -> View:
    """The draft is looked at, or saved as it was shown; or the lock is taken over or given up."""
    form: Mapping[str, Any] = parameters(incoming.body)
    if form.get("step") == "leave":
        what, editor = _lockable(visitor, params.id), Editor(visitor.operator.actor)
        locks = await locks_of(engine.database, what.merchant_id, what.kind, visitor.now, [what.object_id])
        if (lock := locks.get(what.object_id)) and lock.is_of(editor):
            await give_up_lock(engine.database, what, editor, now=visitor.now)
        return visitor.go(f"{REWARDS}/{params.id}")
    editing = await _opened(engine, visitor, params.id, take_over=form.get("step") == "take_over")
    editing, form = await merged(engine, visitor, editing, form)
    look = await looked_at(engine, visitor, editing, form)
    if editing.meanwhile is not None or editing.lock is not None or not _confirmed(look):
        return await _page(engine, visitor, editing, look)
    return await _save(engine, visitor, editing, look, incoming)


async def _save(engine: Engine, visitor: Visitor, editing: Editing, look: Look, incoming: Incoming) -> View:
    assert editing.id is not None, "a rule that is there is changed"
    inner = visitor.inner(incoming)
    inner.headers["if-match"] = f'"{look.form.get("version", "")}"'
    try:
        changed = read_line(msgspec.json.encode({**look.said, "id": editing.id}), _changed)
        answer = await redemption_rules.change(engine, visitor.caller, changed, inner)
    except (Outdated, VersionConflict):
        editing, form = await merged(engine, visitor, await _opened(engine, visitor, editing.id), look.form)
        return await _page(engine, visitor, editing, await looked_at(engine, visitor, editing, form))
    except Refusal as refusal:
        look.refusal = refusal
        return await _page(engine, visitor, editing, look)
    made = msgspec.json.decode(encode(answer), type=_Made)
    told = visitor._("Version %(version)s of %(name)s counts from now on", version=made.version, name=made.title)
    return visitor.go(f"{REWARDS}/{editing.id}", told)


async def _opened(engine: Engine, visitor: Visitor, rule: str, *, take_over: bool = False) -> Editing:
    """The rule, with whoever else edits it; where nobody does, the person does from now on."""
    what, operator = _lockable(visitor, rule), visitor.operator
    stands = await get_rule(engine.database, what.merchant_id, what.object_id)
    editing = Editing(stands, stands.terms, await ranks_of(engine.database, visitor.merchant))
    try:
        await take_lock(
            engine.database, what, Editor(operator.actor), operator_id=operator.operator_id,
            username=operator.username, now=visitor.now, take_over=take_over,
        )  # fmt: skip
    except RuleLocked:
        locks = await locks_of(engine.database, what.merchant_id, what.kind, visitor.now, [what.object_id])
        return editing._replace(lock=locks.get(what.object_id))
    return editing


async def _begun(engine: Engine, visitor: Visitor, editing: Editing) -> View:
    """The editor before anything was written in it."""
    return await _page(engine, visitor, editing, await looked_at(engine, visitor, editing, form_of(visitor, editing)))


async def _page(engine: Engine, visitor: Visitor, editing: Editing, look: Look) -> View:
    reader = InWords.of(visitor)

    def told(part: Part) -> str:
        return said(part, reader)

    versions = []
    if editing.rule is not None:
        versions = await versions_told(engine, visitor, editing.rule, editing.ranks, count_max=VERSIONS_SHOWN)
    terms = look.terms
    failed = look.form.get("step") == "save" and bool(look.wrong or look.refusal)
    return visitor.view(
        "rewards/edit.html", status=422 if failed else 200, editing=editing, look=look,
        form={**dict.fromkeys(BESIDE, ""), **look.form},
        sentence=Sentence.of(visitor, look.clauses, look.sheet), versions=versions, told_part=told,
        card=None if terms is None else card_of(terms, editing.ranks, reader),
        whole="" if terms is None else whole_sentence(terms, editing.ranks, reader),
    )  # fmt: skip


def _confirmed(look: Look) -> bool:
    """Whether the draft is saved: it has to be what was shown beside the button."""
    return look.form.get("step") == "save" and bool(look.seen) and look.form.get("seen") == look.seen


def _first(visitor: Visitor) -> RedemptionRule:
    """A sentence that works, in the merchant's currency."""
    code = visitor.merchant.currency
    amount = FIRST_AMOUNT * 10 ** CURRENCIES[code].decimals
    return RedemptionRule(points=FIRST_POINTS, pricing=Pricing.FIXED, amount_minor=amount, currency=code)


def _lockable(visitor: Visitor, rule: str) -> Lockable:
    return Lockable(visitor.merchant.merchant_id, "redemption_rule", number("rule", rule))


ROUTES = (
    Route("GET", f"{REWARDS}/new", NewAsked, View, show_new, "configure", "A new reward"),
    Route("POST", f"{REWARDS}/new", NewAsked, View, send_new, "configure", "Add a reward"),
    Route("GET", REWARDS + "/{id:str}/edit", RuleAsked, View, show_edit, "configure", "Edit a reward"),
    Route("POST", REWARDS + "/{id:str}/edit", RuleAsked, View, send_edit, "configure", "Change a reward"),
)
