"""Tiers: what each asks, for how long it holds and what it gives; and the programme they are part of."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec
from babel import Locale
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import redemption_rules, tier_programme
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.v1.redemption_rules import RedemptionRulesAsked
from guerdon.api.v1.tier_programme import ProgrammeAnswer, ProgrammeAsked, ProgrammeSaid, TierAnswer, TierSaid
from guerdon.api.wire import Incoming, Route
from guerdon.console.amounts import Unclear, decimal_typed, minor_of, rate_of, typed
from guerdon.console.frame import N
from guerdon.console.pages.answers import sound
from guerdon.console.pages.names import rewards_named
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Outdated, Refusal
from guerdon.points.values import POINTS_MAX
from guerdon.reports.tally import counted
from guerdon.tiers.programme import LEVELS_MAX, Term, Threshold

PLACE = "/console/tiers"
EDITOR = f"{PLACE}/edit"
TERMS = (
    ("calendar_year", N("a calendar year; a tier holds to the end of the next")),
    ("rolling_year", N("the last twelve months; a tier holds for twelve months")),
    ("lifetime", N("all time; a tier holds for life")),
)
REMOVES = "remove-"


class Typing(NamedTuple):
    """How amounts are typed here: in which currency, and in whose locale."""

    currency: str
    locale: Locale


class Asks(Struct):
    """What a tier asks for, as a form has it. Nothing said asks for nothing."""

    points: int | None = None
    spent: str | None = None
    purchases: int | None = None
    referrals: int | None = None
    match: Literal["any", "all"] = "any"


class TierForm(Struct):
    """One tier, as a form has it."""

    name: str = ""
    description: str = ""
    entry: Asks = msgspec.field(default_factory=Asks)
    retain: Asks = msgspec.field(default_factory=Asks)
    regain: Asks = msgspec.field(default_factory=Asks)
    multiplier: str = "1"
    reward: int = 0
    reward_expiry: str | None = None
    coupon_rule: str | None = None


class ProgrammeForm(Struct, kw_only=True):
    """The programme, as a form has it, over which version; `step` is what to do with it."""

    version: int = 0
    term: Term = Term.CALENDAR_YEAR
    grace_days: int = 0
    starts_on: date | None = None
    tiers: list[TierForm] = []
    step: str = "preview"


async def show(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """The programme in words, with who stands where."""
    programme = await tier_programme.fetch(engine, visitor.caller, ProgrammeAsked(), visitor.inner(incoming))
    members: Counter[int] = Counter()
    for one in (await counted(engine.database, visitor.merchant, visitor.now)).tiers:
        if one.status == "active":
            members[one.level] += one.members
    rules = await _rules(engine, visitor, incoming)
    return visitor.view("tiers/show.html", programme=programme, members=members, terms=dict(TERMS), rules=rules)


async def edit(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """The form, with what is saved in it."""
    saved = await tier_programme.fetch(engine, visitor.caller, ProgrammeAsked(), visitor.inner(incoming))
    return await _form(engine, visitor, incoming, _typed(saved, _typing(visitor)))


async def save(engine: Engine, visitor: Visitor, params: ProgrammeForm, incoming: Incoming) -> View:
    """Take a tier in or out, show what would change, or change it."""
    if params.step == "add":
        params.tiers = [*params.tiers, TierForm()][:LEVELS_MAX]
        return await _form(engine, visitor, incoming, params)
    if params.step.startswith(REMOVES):
        gone = params.step.removeprefix(REMOVES)
        params.tiers = [tier for place, tier in enumerate(params.tiers) if str(place) != gone]
        return await _form(engine, visitor, incoming, params)
    inner = visitor.inner(incoming)
    before = await tier_programme.fetch(engine, visitor.caller, ProgrammeAsked(), inner)
    try:
        if before.version != params.version:
            raise Outdated(str(params.version), str(before.version))
        wanted = _said(params, _typing(visitor))
        wanted.dry_run = params.step != "do"
        after = await tier_programme.replace(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _form(engine, visitor, incoming, params, refusal)
    if params.step == "do":
        return visitor.go(PLACE, visitor._("The tiers are saved"))
    assert isinstance(after, ProgrammeAnswer), "a trial is answered anew"
    return await _form(engine, visitor, incoming, params, changes=_changes(visitor, before, after))


async def _form(
    engine: Engine, visitor: Visitor, incoming: Incoming, said: ProgrammeForm, refusal: Refusal | None = None,
    changes: list[tuple[str, str | None, str | None]] | None = None,
) -> View:  # fmt: skip
    return visitor.view(
        "tiers/edit.html", status=200 if refusal is None else refusal.status, said=said, refusal=refusal,
        changes=changes, terms=TERMS, rules=await _rules(engine, visitor, incoming), levels_max=LEVELS_MAX,
        points_max=POINTS_MAX,
    )  # fmt: skip


async def _rules(engine: Engine, visitor: Visitor, incoming: Incoming) -> dict[str, str]:
    """Names of the rules whose rewards a tier may give."""
    asked = RedemptionRulesAsked(limit=LIMIT_MAX)
    found = await redemption_rules.find(engine, visitor.caller, asked, visitor.inner(incoming))
    names = await rewards_named(engine, visitor)
    return {rule.id: names.get(rule.id, rule.id) for rule in found.data}


def _typing(visitor: Visitor) -> Typing:
    return Typing(visitor.merchant.currency, visitor.locale)


def _said(form: ProgrammeForm, typing: Typing) -> ProgrammeSaid:
    """What the form means; refuses with BadField."""
    if not form.tiers:
        raise BadField("tiers", "a programme has at least one tier")
    tiers = tuple(_tier(tier, f"tiers[{place}]", typing) for place, tier in enumerate(form.tiers))
    return ProgrammeSaid(term=form.term, grace_days=form.grace_days, starts_on=form.starts_on, tiers=tiers)


def _tier(form: TierForm, field: str, typing: Typing) -> TierSaid:
    if not form.name.strip():
        raise BadField(f"{field}.name", "a tier needs a name")
    retain = _threshold(form.retain, f"{field}.retain", typing)
    regain = _threshold(form.regain, f"{field}.regain", typing)
    return TierSaid(
        name=form.name.strip(), description=form.description, entry=_threshold(form.entry, f"{field}.entry", typing),
        retain=retain or None, regain=regain or None, points_multiplier=_factor(form.multiplier, field, typing),
        points_reward=form.reward, points_reward_expiry=form.reward_expiry, coupon_rule=form.coupon_rule,
    )  # fmt: skip


def _threshold(asks: Asks, field: str, typing: Typing) -> Threshold:
    spent = minor_of(asks.spent, typing.currency, f"{field}.spent", typing.locale)
    return Threshold(
        points_earned=asks.points, amount_spent_minor=spent,
        purchases=asks.purchases, referrals=asks.referrals, match=asks.match,
    )  # fmt: skip


def _factor(text: str, field: str, typing: Typing) -> Decimal:
    try:
        return rate_of(text or "1", typing.locale)
    except Unclear:
        raise BadField(f"{field}.multiplier", f"{text[:40]!r} is no number, such as 1.5") from None


def _typed(saved: ProgrammeAnswer, typing: Typing) -> ProgrammeForm:
    return ProgrammeForm(
        version=saved.version, term=saved.term or Term.CALENDAR_YEAR, grace_days=saved.grace_days,
        starts_on=saved.starts_on, tiers=[_tier_typed(tier, typing) for tier in saved.tiers] or [TierForm()],
    )  # fmt: skip


def _tier_typed(tier: TierAnswer, typing: Typing) -> TierForm:
    return TierForm(
        tier.name, tier.description, _asks(tier.entry, typing), _asks(tier.retain, typing), _asks(tier.regain, typing),
        decimal_typed(tier.points_multiplier.normalize(), typing.locale), tier.points_reward,
        tier.points_reward_expiry, tier.coupon_rule,
    )  # fmt: skip


def _asks(asked: Threshold | None, typing: Typing) -> Asks:
    if asked is None:
        return Asks()
    spent = typed(asked.amount_spent_minor, typing.currency, typing.locale) or None
    return Asks(asked.points_earned, spent, asked.purchases, asked.referrals, asked.match)


def _changes(
    visitor: Visitor, before: ProgrammeAnswer, after: ProgrammeAnswer
) -> list[tuple[str, str | None, str | None]]:  # fmt: skip
    """What is different, tier by tier, in the words in which it is typed."""
    names = dict(TERMS)
    lines: list[tuple[str, str | None, str | None]] = []
    old, new = (None if one.term is None else visitor._(names[one.term]) for one in (before, after))
    told: list[tuple[str, str | None, str | None]] = [
        (visitor._("What counts"), old, new),
        (visitor._("Days of grace"), str(before.grace_days), str(after.grace_days)),
        (visitor._("Nothing counts before"), _text(before.starts_on), _text(after.starts_on)),
    ]
    lines += [line for line in told if line[1] != line[2]]
    for level in range(max(len(before.tiers), len(after.tiers))):
        was, will = (one.tiers[level] if level < len(one.tiers) else None for one in (before, after))
        here, there = (None if tier is None else summary(visitor, tier) for tier in (was, will))
        if here != there:
            lines.append((visitor._("Tier %(level)s", level=level + 1), here, there))
    return lines


def summary(visitor: Visitor, tier: TierAnswer) -> str:
    """A tier in one line."""
    typing = _typing(visitor)
    asks = _asks(tier.entry, typing)
    joined = visitor._(" and ") if asks.match == "all" else visitor._(" or ")
    parts = [
        visitor._("%(number)s points earned", number=asks.points) if asks.points is not None else "",
        visitor._("%(amount)s %(currency)s spent", amount=asks.spent, currency=typing.currency) if asks.spent else "",
        visitor._("%(number)s purchases", number=asks.purchases) if asks.purchases is not None else "",
        visitor._("%(number)s referrals", number=asks.referrals) if asks.referrals is not None else "",
    ]
    asked = joined.join(part for part in parts if part) or visitor._("by hand alone")
    gives = visitor._(
        "%(factor)s times the points", factor=decimal_typed(tier.points_multiplier.normalize(), typing.locale)
    )
    return f"{tier.name}: {asked}; {gives}"


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


ROUTES = (
    Route("GET", PLACE, Nothing, View, show, "see", "Tiers"),
    Route("GET", EDITOR, Nothing, View, edit, "configure", "Change tiers"),
    Route("POST", EDITOR, ProgrammeForm, View, save, "configure", "Change tiers"),
)
