"""What members may give each other and buy, and what it costs."""

from typing import Literal

import msgspec
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import transfer_rule
from guerdon.api.v1.transfer_rule import RuleAnswer, RuleAsked, RuleSaid
from guerdon.api.wire import Incoming, Route
from guerdon.console.frame import N
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Outdated, Refusal
from guerdon.moving.rule import Fee, Rate, Terms

PLACE = "/console/settings/transfers"
WAYS = (
    ("transfers", N("Transfers"), N("A member moves points to another of theirs.")),
    ("gifts", N("Gifts"), N("A member gives points to somebody else.")),
    ("purchases", N("Purchases"), N("A member buys points, for anybody.")),
)


class Way(Struct):
    """One way of moving points, as a form has it."""

    enabled: bool = False
    minimum: int = 1
    maximum: int | None = None
    step: int = 1
    points_max_per_year: int | None = None
    fee_unit: Literal["points", "money"] = "points"
    fee_flat: int = 0
    fee_amount: int = 0
    fee_points: int = 1
    fee_max: int | None = None


class RuleForm(Struct, kw_only=True):
    """The rule, as a form has it, over which version; `step` is what to do with it."""

    version: int = 0
    transfers: Way = msgspec.field(default_factory=Way)
    gifts: Way = msgspec.field(default_factory=Way)
    purchases: Way = msgspec.field(default_factory=Way)
    price_amount: int | None = None
    price_points: int = 1
    bought_for_others_max_per_year: int | None = None
    received_max_per_year: int | None = None
    keeps_expiry: bool = False
    step: str = "preview"


async def edit(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """The form, with what is saved in it."""
    saved = await transfer_rule.fetch(engine, visitor.caller, RuleAsked(), visitor.inner(incoming))
    return _form(visitor, _typed(saved))


async def save(engine: Engine, visitor: Visitor, params: RuleForm, incoming: Incoming) -> View:
    """Show what would change, or change it."""
    before = await transfer_rule.fetch(engine, visitor.caller, RuleAsked(), visitor.inner(incoming))
    trial = params.step != "do"
    try:
        if before.version != params.version:
            raise Outdated(str(params.version), str(before.version))
        wanted = _said(params)
        wanted.dry_run = trial
        after = await transfer_rule.replace(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return _form(visitor, params, refusal)
    if not trial:
        return visitor.go("/console/settings/policies", visitor._("The rule for moving points is saved"))
    assert isinstance(after, RuleAnswer), "a trial is answered anew"
    was, will = (_lines(one) for one in (before, after))
    changes = [(name, was[name], will[name]) for name in was if was[name] != will[name]]
    return _form(visitor, params, changes=changes)


def _form(
    visitor: Visitor, said: RuleForm, refusal: Refusal | None = None,
    changes: list[tuple[str, str, str]] | None = None,
) -> View:  # fmt: skip
    return visitor.view(
        "settings/transfers.html", status=200 if refusal is None else refusal.status, said=said, refusal=refusal,
        changes=changes, ways=WAYS,
    )  # fmt: skip


def _said(form: RuleForm) -> RuleSaid:
    price = None if form.price_amount is None else Rate(form.price_amount, form.price_points)
    return RuleSaid(
        transfers=_terms(form.transfers), gifts=_terms(form.gifts), purchases=_terms(form.purchases), price=price,
        bought_for_others_max_per_year=form.bought_for_others_max_per_year,
        received_max_per_year=form.received_max_per_year, keeps_expiry=form.keeps_expiry,
    )  # fmt: skip


def _terms(way: Way) -> Terms:
    fee = Fee(
        unit=way.fee_unit, flat=way.fee_flat, rate=Rate(way.fee_amount, way.fee_points), maximum=way.fee_max
    )  # fmt: skip
    return Terms(
        enabled=way.enabled, minimum=way.minimum, maximum=way.maximum, step=way.step,
        points_max_per_year=way.points_max_per_year, fee=fee,
    )  # fmt: skip


def _typed(rule: RuleAnswer) -> RuleForm:
    price = rule.price
    return RuleForm(
        version=rule.version, transfers=_way(rule.transfers), gifts=_way(rule.gifts), purchases=_way(rule.purchases),
        price_amount=None if price is None else price.amount, price_points=1 if price is None else price.points,
        bought_for_others_max_per_year=rule.bought_for_others_max_per_year,
        received_max_per_year=rule.received_max_per_year, keeps_expiry=rule.keeps_expiry,
    )  # fmt: skip


def _way(terms: Terms) -> Way:
    return Way(
        terms.enabled, terms.minimum, terms.maximum, terms.step, terms.points_max_per_year, terms.fee.unit,
        terms.fee.flat, terms.fee.rate.amount, terms.fee.rate.points, terms.fee.maximum,
    )  # fmt: skip


def _lines(rule: RuleAnswer) -> dict[str, str]:
    """What is compared, by the name of the setting."""
    form = _typed(rule)
    ways = {name: getattr(form, name) for name, _, _ in WAYS}
    said = {f"{name}.{part}": _word(getattr(way, part)) for name, way in ways.items() for part in Way.__struct_fields__}
    alone = [name for name in RuleForm.__struct_fields__ if name not in (*ways, "version", "step")]
    return {**said, **{name: _word(getattr(form, name)) for name in alone}}


def _word(value: object) -> str:
    return "–" if value is None else str(value)


ROUTES = (
    Route("GET", PLACE, Nothing, View, edit, "configure", "Moving points"),
    Route("POST", PLACE, RuleForm, View, save, "configure", "Change how points are moved"),
)
