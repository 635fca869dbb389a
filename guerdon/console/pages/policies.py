"""How the programme behaves where merchants differ: each policy explained where it is set, with what a change does."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import merchants
from guerdon.api.v1.merchants import MerchantAnswer, MerchantAsked, MerchantChanged
from guerdon.api.wire import Incoming, Route
from guerdon.console.draw import day_text
from guerdon.console.policies import BY_KEY, GROUPS, Field, Group, read, written
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import PageNotFound, Refusal
from guerdon.merchants.expiry import ExpiryPolicy
from guerdon.merchants.merchant import Policies

PLACE = "/console/settings/policies"


class GroupShown(Struct, kw_only=True):
    """Which policies."""

    group: str


class GroupSaid(GroupShown, kw_only=True):
    """The policies of a group as a form has them; `step` is whether to show what would change, or to change it."""

    policy: dict[str, str] = {}
    step: str = "preview"


async def show(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """All policies, as they are now."""
    merchant = await merchants.fetch(engine, visitor.caller, MerchantAsked(), visitor.inner(incoming))
    said = {field.name: shown(visitor, field, merchant.policies) for group in GROUPS for field in group.fields}
    return visitor.view("settings/policies.html", groups=GROUPS, said=said)


async def edit(engine: Engine, visitor: Visitor, params: GroupShown, incoming: Incoming) -> View:
    """The form of one group."""
    group = _group(params, incoming)
    merchant = await merchants.fetch(engine, visitor.caller, MerchantAsked(), visitor.inner(incoming))
    said = {
        field.name: written(field, getattr(merchant.policies, field.name), visitor.locale) for field in group.fields
    }
    return visitor.view("settings/policy_group.html", group=group, said=said, refusal=None, changes=None, effects=())


async def save(engine: Engine, visitor: Visitor, params: GroupSaid, incoming: Incoming) -> View:
    """Show what would change, or change it."""
    group = _group(params, incoming)
    before = await merchants.fetch(engine, visitor.caller, MerchantAsked(), visitor.inner(incoming))
    trial = params.step != "do"
    try:
        wanted = MerchantChanged(policies=read(group, params.policy, visitor.locale), dry_run=trial)
        after = await merchants.change(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return visitor.view(
            "settings/policy_group.html", status=refusal.status, group=group, said=params.policy, refusal=refusal,
            changes=None, effects=(),
        )  # fmt: skip
    if not trial:
        return visitor.go(PLACE, visitor._("%(policies)s: saved", policies=visitor._(group.title)))
    assert isinstance(after, MerchantAnswer), "a trial is answered anew"
    changes = [
        (visitor._(field.label), shown(visitor, field, before.policies), shown(visitor, field, after.policies))
        for field in group.fields
        if getattr(before.policies, field.name) != getattr(after.policies, field.name)
    ]
    return visitor.view(
        "settings/policy_group.html", group=group, said=params.policy, refusal=None, changes=changes,
        effects=_effects(visitor, before.policies, after.policies),
    )  # fmt: skip


def shown(visitor: Visitor, field: Field, policies: Policies) -> str:
    """A policy in words."""
    value: Any = getattr(policies, field.name)
    if value is None:
        return visitor._(field.empty or "–")
    match field.kind:
        case "yes":
            return visitor._("yes") if value else visitor._("no")
        case "choice":
            return visitor._(dict(field.options)[value])
        case "number" if field.unit:
            return f"{value} {visitor._(field.unit)}"
        case _:
            return _lasting(visitor, written(field, value, visitor.locale)) or visitor._("nothing")


def _lasting(visitor: Visitor, text: str) -> str:
    """How long points live or wait, in words where it is a plain number of days or months."""
    match text.split():
        case ["none"]:
            return visitor._("nothing")
        case ["never"]:
            return visitor._("for ever")
        case [number, "day" | "days"] if number.isdecimal():
            return visitor.ngettext("%(num)s day", "%(num)s days", int(number))
        case [number, "month" | "months"] if number.isdecimal():
            return visitor.ngettext("%(num)s month", "%(num)s months", int(number))
        case _:
            return text


def _effects(visitor: Visitor, before: Policies, after: Policies) -> list[str]:
    """What the change does, in examples of today."""
    told: list[str] = []
    if before.expiry != after.expiry:
        ends = ExpiryPolicy.parse(after.expiry).life(visitor.now, visitor.merchant.timezone).expires_at
        told.append(
            visitor._("Points earned today never expire by themselves.")
            if ends is None
            else visitor._("Points earned today live until %(day)s.", day=_day(visitor, ends))
        )
        told.append(visitor._("Points that were earned before keep the dates that they have."))
    if before.hold_days != after.hold_days:
        told.append(visitor._("Holds that exist keep the end that they have."))
    if before.opt_in != after.opt_in:
        told.append(visitor._("It counts from the next redemption, order and activity on."))
    if before.event_days != after.event_days or before.delivery_days != after.delivery_days:
        told.append(visitor._("What is older goes with the next night."))
    return told or [visitor._("It counts at once.")]


def _day(visitor: Visitor, ends: datetime) -> str:
    return day_text((ends - timedelta.resolution).astimezone(visitor.zone), visitor.taste)


def _group(params: GroupShown, incoming: Incoming) -> Group:
    group = BY_KEY.get(params.group)
    if group is None:
        raise PageNotFound(incoming.path)
    return group


ROUTES = (
    Route("GET", PLACE, Nothing, View, show, "see", "Policies"),
    Route("GET", PLACE + "/{group:str}", GroupShown, View, edit, "configure", "Change policies"),
    Route("POST", PLACE + "/{group:str}", GroupSaid, View, save, "configure", "Change policies"),
)
