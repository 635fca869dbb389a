"""`/console/coupons`: the codes that redemptions gave, and what became of each."""

from collections.abc import AsyncIterator
from datetime import date
from operator import attrgetter

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import coupons
from guerdon.api.v1.coupons import CouponAnswer, CouponChosen, CouponsAsked, CouponVoided
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.wire import Incoming, Route
from guerdon.console.csv_export import Column, Export, Rows, every
from guerdon.console.frame import N
from guerdon.console.pages.lists import (
    PAGE,
    DaysShown,
    filters_in_use,
    first_moment,
    member_meant,
    moment_after,
    said,
    whole,
)
from guerdon.console.pages.names import members_named, rewards_named
from guerdon.console.pages.saved_filters import kept
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal
from guerdon.rewards.redemption import CouponState

LIST = "/console/coupons"
OVER = (CouponState.VOID, CouponState.EXPIRED)


class CouponsShown(DaysShown, kw_only=True):
    """Which coupons. `ends` asks for unused ones that end by that day, the soonest first."""

    code: str | None = None
    member: str | None = None
    state: CouponState | None = None
    rule: str | None = None
    ends: date | None = None


class CouponShown(Struct, kw_only=True):
    """One coupon."""

    code: str


class CouponEnded(CouponShown, kw_only=True):
    """Make one worthless: first shown, then done."""

    step: str = "preview"


def wanted(visitor: Visitor, params: CouponsShown, limit: int) -> CouponsAsked:
    """The same, as the native API is asked. Coupons that end, or are a member's, are listed in a way of their own."""
    asked = CouponsAsked(limit=limit, cursor=params.cursor)
    if params.ends is not None:
        asked.ends_since, asked.ends_before = visitor.now, moment_after(visitor, params.ends)
        return asked
    asked.state, asked.member = params.state, member_meant(params.member)
    if asked.member is None:
        asked.rule = params.rule
        asked.created_since = first_moment(visitor, params.since)
        asked.created_before = moment_after(visitor, params.until)
    return asked


async def show_all(engine: Engine, visitor: Visitor, params: CouponsShown, incoming: Incoming) -> View:
    """The list; a code leads to its coupon."""
    refusal, found, code = None, None, whole(params.code)
    try:
        if code is not None:
            chosen = CouponChosen(code=code)
            one = await coupons.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))
            return visitor.go(f"{LIST}/{one.code}")
        found = await coupons.find(engine, visitor.caller, wanted(visitor, params, PAGE), visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    rows = [] if found is None else found.data
    return visitor.view(
        "redemptions/coupons.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=said(params), filtered=filters_in_use(said(params)), rewards=await rewards_named(engine, visitor),
        members=await members_named(engine, visitor, (row.member for row in rows)),
        saved=await kept(engine, visitor, incoming),
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: CouponShown, incoming: Incoming) -> View:
    """One, with the redemption that gave it and the order that named it."""
    return await _shown(engine, visitor, params.code, incoming)


async def void(engine: Engine, visitor: Visitor, params: CouponEnded, incoming: Incoming) -> View:
    """Make it worthless, and give its points back: what that does is shown first."""
    voided = CouponVoided(code=params.code, dry_run=params.step != "do")
    try:
        after = await coupons.void(engine, visitor.caller, voided, visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.code, incoming, refusal=refusal)
    if params.step == "do":
        return visitor.go(f"{LIST}/{after.code}", visitor._("%(code)s is worth nothing any more", code=after.code))
    lines = [
        visitor._("The coupon %(code)s is worth nothing from then on.", code=after.code),
        visitor._("The points that it cost go back to the lots that they came from."),
    ]
    return await _shown(engine, visitor, params.code, incoming, lines=lines)


async def rows(engine: Engine, visitor: Visitor, params: CouponsShown, incoming: Incoming) -> AsyncIterator[Rows]:
    """The list as a file."""
    async for page in every(coupons.find, engine, visitor, wanted(visitor, params, LIMIT_MAX), incoming):
        yield page


async def _shown(
    engine: Engine, visitor: Visitor, code: str, incoming: Incoming, *, refusal: Refusal | None = None,
    lines: list[str] | None = None,
) -> View:  # fmt: skip
    one: CouponAnswer = await coupons.fetch(
        engine, visitor.caller, CouponChosen(code=code), visitor.inner(incoming)
    )  # fmt: skip
    return visitor.view(
        "redemptions/coupon.html", status=200 if refusal is None else refusal.status, one=one, refusal=refusal,
        lines=lines, over=one.state in OVER, members=await members_named(engine, visitor, [one.member]),
        rewards=await rewards_named(engine, visitor),
    )  # fmt: skip


COLUMNS: tuple[Column[CouponAnswer], ...] = (
    Column(N("Coupon"), attrgetter("code")),
    Column(N("State"), attrgetter("state")),
    Column(N("Given"), attrgetter("created_at"), moment=True),
    Column(N("Ends"), attrgetter("expires_at"), moment=True),
    Column(N("Member"), attrgetter("member")),
    Column(N("Reward"), attrgetter("rule")),
    Column(N("Redemption"), attrgetter("redemption")),
    Column(N("Order"), attrgetter("order")),
)

EXPORTS = (Export("/console/coupons.csv", CouponsShown, COLUMNS, rows),)

ROUTES = (
    Route("GET", LIST, CouponsShown, View, show_all, "see", "Coupons"),
    Route("GET", LIST + "/{code:str}", CouponShown, View, show, "see", "A coupon"),
    Route("POST", LIST + "/{code:str}/void", CouponEnded, View, void, "serve", "Make a coupon worthless"),
)
