"""`/console/redemptions`: what members redeemed, one by one, with its life; and ending one for them."""

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from operator import attrgetter

from babel.numbers import format_decimal
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import coupons, redemptions, stories
from guerdon.api.v1.coupons import CouponChosen
from guerdon.api.v1.ids import number
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.v1.redemptions import (
    RedemptionAnswer,
    RedemptionCancelled,
    RedemptionCaptured,
    RedemptionChosen,
    RedemptionsAsked,
    SalesChannel,
)
from guerdon.api.wire import Incoming, Route
from guerdon.console.csv_export import Column, Export, Rows, amount, every
from guerdon.console.frame import N
from guerdon.console.pages.answers import sound
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
from guerdon.console.pages.steps import drawn_steps, entries_in, requests_in
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal
from guerdon.points.history import balances_of
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.redemption import State

LIST = "/console/redemptions"
OVER = ("cancelled", "expired")
"""States of redemptions that nothing can be given back of any more."""


class RedemptionsShown(DaysShown, kw_only=True):
    """Which redemptions; a coupon's code finds one of any day."""

    state: State | None = None
    rule: str | None = None
    member: str | None = None
    channel: SalesChannel | None = None
    points_min: int | None = None
    points_max: int | None = None
    coupon: str | None = None


class RedemptionShown(Struct, kw_only=True):
    """One redemption."""

    id: str


class RedemptionEnded(Struct, kw_only=True):
    """End one: first shown, then done."""

    id: str
    step: str = "preview"
    order: str = ""


def wanted(visitor: Visitor, params: RedemptionsShown, limit: int) -> RedemptionsAsked:
    """The same, as the native API is asked."""
    return RedemptionsAsked(
        limit=limit, cursor=params.cursor, state=params.state, rule=params.rule, member=member_meant(params.member),
        channel=params.channel, points_min=params.points_min or 0,
        points_max=POINTS_MAX if params.points_max is None else params.points_max, coupon=whole(params.coupon),
        created_since=first_moment(visitor, params.since), created_before=moment_after(visitor, params.until),
    )  # fmt: skip


async def show_all(engine: Engine, visitor: Visitor, params: RedemptionsShown, incoming: Incoming) -> View:
    """The list. One that is found by its code is shown at once."""
    refusal, found = None, None
    try:
        found = await redemptions.find(engine, visitor.caller, wanted(visitor, params, PAGE), visitor.inner(incoming))
    except (BadField, Refusal) as refused:
        refusal = refused
    rows = [] if found is None else found.data
    return visitor.view(
        "redemptions/list.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=said(params), filtered=filters_in_use(said(params)), rewards=await rewards_named(engine, visitor),
        members=await members_named(engine, visitor, (row.member for row in rows)),
        saved=await kept(engine, visitor, incoming),
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: RedemptionShown, incoming: Incoming) -> View:
    """One, with its life."""
    return await _shown(engine, visitor, params.id, incoming)


async def cancel(engine: Engine, visitor: Visitor, params: RedemptionEnded, incoming: Incoming) -> View:
    """Give its points back: what that does is shown first."""
    before = await _one(engine, visitor, params.id, incoming)
    chosen = RedemptionCancelled(id=params.id, dry_run=params.step != "do")
    try:
        after = await redemptions.cancel(engine, visitor.caller, chosen, visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal)
    back = before.points - before.points_returned if before.state not in OVER else 0
    if params.step == "do":
        return visitor.go(
            f"{LIST}/{after.id}", visitor.ngettext("Gave back %(num)s point", "Gave back %(num)s points", back)
        )
    lines = [*await _balance(engine, visitor, before, back), _worthless(visitor, before)]
    if before.state in ("captured", "redeemed"):
        lines.append(visitor._("An order that used the coupon stays as it is: tell the shop, if it should not."))
    return await _shown(engine, visitor, params.id, incoming, acting={"what": "cancel", "lines": lines, "points": back})


async def capture(engine: Engine, visitor: Visitor, params: RedemptionEnded, incoming: Incoming) -> View:
    """Take what is held: what that does is shown first."""
    before = await _one(engine, visitor, params.id, incoming)
    chosen = RedemptionCaptured(id=params.id, order=params.order.strip(), dry_run=params.step != "do")
    try:
        after = await redemptions.capture(engine, visitor.caller, sound(chosen), visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, params.id, incoming, refusal=refusal)
    if params.step == "do":
        return visitor.go(
            f"{LIST}/{after.id}", visitor.ngettext("Took %(num)s point", "Took %(num)s points", before.points)
        )
    lines = [
        visitor.ngettext("%(num)s held point leaves for good.", "%(num)s held points leave for good.", before.points),
        visitor._("The coupon %(code)s is used, and cannot be used again.", code=before.coupon.code),
    ]
    acting = {"what": "capture", "lines": lines, "points": before.points, "order": params.order.strip()}
    return await _shown(engine, visitor, params.id, incoming, acting=acting)


async def rows(engine: Engine, visitor: Visitor, params: RedemptionsShown, incoming: Incoming) -> AsyncIterator[Rows]:
    """The list as a file."""
    asked = wanted(visitor, params, LIMIT_MAX)
    async for page in every(redemptions.find, engine, visitor, asked, incoming):
        yield page


async def _one(engine: Engine, visitor: Visitor, redemption: str, incoming: Incoming) -> RedemptionAnswer:
    chosen = RedemptionChosen(id=redemption)
    return await redemptions.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))


async def _shown(
    engine: Engine, visitor: Visitor, redemption: str, incoming: Incoming, *, refusal: Refusal | None = None,
    acting: Mapping[str, object] | None = None,
) -> View:  # fmt: skip
    one, chosen = await _one(engine, visitor, redemption, incoming), RedemptionChosen(id=redemption)
    story = await stories.redemption_story(engine, visitor.caller, chosen, visitor.inner(incoming))
    coupon = await coupons.fetch(engine, visitor.caller, CouponChosen(code=one.coupon.code), visitor.inner(incoming))
    named = await members_named(engine, visitor, [one.member])
    return visitor.view(
        "redemptions/one.html", status=200 if refusal is None else refusal.status, one=one, coupon=coupon,
        refusal=refusal, acting=acting, member=named[one.member],
        steps=await drawn_steps(engine, visitor, story, state=one.state),
        entries=entries_in([story]), requests=requests_in(story), over=one.state in OVER,
        reward=(await rewards_named(engine, visitor)).get(one.rule, one.rule),
        events=[step.event for step in story.steps if step.event is not None],
    )  # fmt: skip


async def _balance(engine: Engine, visitor: Visitor, one: RedemptionAnswer, back: int) -> list[str]:
    """What the member has now, and would have."""
    merchant_id, member_id = visitor.merchant.merchant_id, number("mem", one.member)
    found = await balances_of(engine.database, merchant_id, [member_id], visitor.now)
    if member_id not in found or not back:
        return []
    name = (await members_named(engine, visitor, [one.member]))[one.member]
    now = found[member_id].available
    return [
        visitor._(
            "%(member)s: %(now)s → %(then)s available points", member=name,
            now=format_decimal(now, locale=visitor.locale),
            then=format_decimal(now + back, locale=visitor.locale),
        ),
        visitor._("The points go back to the lots that they came from, with the expiry that those have."),
    ]  # fmt: skip


def _worthless(visitor: Visitor, one: RedemptionAnswer) -> str:
    return visitor._("The coupon %(code)s is worth nothing from then on.", code=one.coupon.code)


def _value(one: RedemptionAnswer) -> Decimal:
    return amount(one.value.amount_minor, one.value.currency)


COLUMNS: tuple[Column[RedemptionAnswer], ...] = (
    Column(N("Redemption"), attrgetter("id")),
    Column(N("Created"), attrgetter("created_at"), moment=True),
    Column(N("State"), attrgetter("state")),
    Column(N("Member"), attrgetter("member")),
    Column(N("Reward"), attrgetter("rule")),
    Column(N("Points"), attrgetter("points")),
    Column(N("Points returned"), attrgetter("points_returned")),
    Column(N("Value"), _value),
    Column(N("Currency"), attrgetter("value.currency")),
    Column(N("Channel"), attrgetter("channel")),
    Column(N("Coupon"), attrgetter("coupon.code")),
    Column(N("Expires"), attrgetter("coupon.expires_at"), moment=True),
    Column(N("Updated"), attrgetter("updated_at"), moment=True),
)

EXPORTS = (Export("/console/redemptions.csv", RedemptionsShown, COLUMNS, rows),)

ROUTES = (
    Route("GET", LIST, RedemptionsShown, View, show_all, "see", "Redemptions"),
    Route("GET", LIST + "/{id:str}", RedemptionShown, View, show, "see", "A redemption"),
    Route("POST", LIST + "/{id:str}/cancel", RedemptionEnded, View, cancel, "serve", "Give points back"),
    Route("POST", LIST + "/{id:str}/capture", RedemptionEnded, View, capture, "serve", "Take held points"),
)
