"""Referrals: who brought whom, what came of it, and what both get."""

from typing import Any

import msgspec
from babel import Locale
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import merchants, referrals
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.merchants import MerchantAnswer, MerchantAsked, MerchantChanged
from guerdon.api.v1.referrals import ReferralChosen, ReferralsAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.amounts import minor_of, typed
from guerdon.console.pages.lists import (
    PAGE,
    DaysShown,
    filters_in_use,
    first_moment,
    member_meant,
    moment_after,
    said,
)
from guerdon.console.pages.names import members_named, rewards_named
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal
from guerdon.merchants.referral import ReferralProgramme
from guerdon.referrals.referral import State

LIST = "/console/referrals"
PROGRAMME = f"{LIST}/programme"


class ReferralsShown(DaysShown, kw_only=True):
    """Which referrals; `member` is who referred."""

    member: str | None = None
    state: State | None = None


class ReferralShown(Struct, kw_only=True):
    """One referral."""

    id: str


class ProgrammeForm(Struct, kw_only=True):
    """What both get and what is not believed, as a form has it; `step` is what to do with it."""

    on: bool = False
    link: str = ""
    referrer_points: int = 0
    referrer_coupon_rule: str | None = None
    friend_points: int = 0
    friend_coupon_rule: str | None = None
    minimum_order: str | None = None
    pending: str = "none"
    reversal_days: int = 30
    completions_max_per_day: int = 10
    completions_max_per_month: int = 50
    completions_max_per_address: int = 3
    same_device_days: int = 90
    shares_max_per_day: int = 50
    step: str = "preview"


async def show_all(engine: Engine, visitor: Visitor, params: ReferralsShown, incoming: Incoming) -> View:
    """The list."""
    asked = ReferralsAsked(
        limit=PAGE, cursor=params.cursor, member=member_meant(params.member), state=params.state,
        created_since=first_moment(visitor, params.since), created_before=moment_after(visitor, params.until),
    )  # fmt: skip
    found, refusal = None, None
    try:
        found = await referrals.find(engine, visitor.caller, asked, visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    people = [who for one in (found.data if found else ()) for who in (one.member, one.friend)]
    return visitor.view(
        "referrals/list.html", status=200 if refusal is None else refusal.status, found=found, refusal=refusal,
        asked=said(params), filtered=filters_in_use(said(params)), programme=visitor.merchant.policies.referrals,
        members=await members_named(engine, visitor, people), states=list(State),
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: ReferralShown, incoming: Incoming) -> View:
    """One referral, drawn as it went."""
    one = await referrals.fetch(engine, visitor.caller, ReferralChosen(id=params.id), visitor.inner(incoming))
    members = await members_named(engine, visitor, [one.member, one.friend])
    return visitor.view("referrals/one.html", one=one, members=members)


async def edit(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """The form, with what is saved in it."""
    merchant = await merchants.fetch(engine, visitor.caller, MerchantAsked(), visitor.inner(incoming))
    return await _form(engine, visitor, _typed(merchant.policies.referrals, visitor.merchant.currency, visitor.locale))


async def save(engine: Engine, visitor: Visitor, params: ProgrammeForm, incoming: Incoming) -> View:
    """Show what would change, or change it."""
    before = await merchants.fetch(engine, visitor.caller, MerchantAsked(), visitor.inner(incoming))
    trial = params.step != "do"
    try:
        policies = {"referrals": _said(params, visitor.merchant.currency, visitor.locale)}
        wanted = MerchantChanged(policies=policies, dry_run=trial)
        after = await merchants.change(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return await _form(engine, visitor, params, refusal)
    if not trial:
        return visitor.go(LIST, visitor._("The referral programme is saved"))
    assert isinstance(after, MerchantAnswer), "a trial is answered anew"
    was, will = (_lines(one.policies.referrals) for one in (before, after))
    changes = [(name, was.get(name), will.get(name)) for name in {**was, **will} if was.get(name) != will.get(name)]
    return await _form(engine, visitor, params, changes=changes)


async def _form(
    engine: Engine, visitor: Visitor, form: ProgrammeForm, refusal: Refusal | None = None,
    changes: list[tuple[str, str | None, str | None]] | None = None,
) -> View:  # fmt: skip
    return visitor.view(
        "referrals/programme.html", status=200 if refusal is None else refusal.status, said=form, refusal=refusal,
        changes=changes, rewards=await rewards_named(engine, visitor),
    )  # fmt: skip


def _said(form: ProgrammeForm, code: str, locale: Locale) -> dict[str, Any] | None:
    """The policy that the form means; None has no referrals. Refuses with BadField."""
    if not form.on:
        return None
    policy = msgspec.to_builtins(form)
    for name in ("on", "step", "minimum_order"):
        policy.pop(name)
    for name in ("referrer_coupon_rule", "friend_coupon_rule"):
        policy[name] = None if policy[name] is None else number("rule", policy[name], name)
    policy["link"] = form.link or "{code}"
    policy["minimum_order_minor"] = minor_of(form.minimum_order, code, "minimum_order", locale) or 0
    return policy


def _typed(programme: ReferralProgramme | None, code: str, locale: Locale) -> ProgrammeForm:
    if programme is None:
        return ProgrammeForm(link="https://shop.example/?ref={code}", referrer_points=500, friend_points=250)
    kept = {name: getattr(programme, name) for name in ReferralProgramme.__struct_fields__}
    kept["minimum_order"] = typed(kept.pop("minimum_order_minor"), code, locale)
    for name in ("referrer_coupon_rule", "friend_coupon_rule"):
        kept[name] = None if kept[name] is None else shown("rule", kept[name])
    return ProgrammeForm(on=True, **kept)


def _lines(programme: ReferralProgramme | None) -> dict[str, str]:
    """What is compared, by the name of the setting."""
    if programme is None:
        return {}
    return {name: str(value) for name, value in msgspec.to_builtins(programme).items()}


ROUTES = (
    Route("GET", LIST, ReferralsShown, View, show_all, "see", "Referrals"),
    Route("GET", PROGRAMME, Nothing, View, edit, "configure", "The referral programme"),
    Route("POST", PROGRAMME, ProgrammeForm, View, save, "configure", "Change the referral programme"),
    Route("GET", LIST + "/{id:str}", ReferralShown, View, show, "see", "A referral"),
)
