"""A member's points by an agent's hand: adjusted, redeemed on behalf, and given back; each shown before it is done."""

from typing import Annotated, Any, Literal

from babel.numbers import format_decimal
from msgspec import Meta

from guerdon.api.engine import Engine
from guerdon.api.v1 import adjustments, members, options, redemptions
from guerdon.api.v1.adjustments import AdjustmentWanted
from guerdon.api.v1.options import OptionsAsked
from guerdon.api.v1.redemptions import RedemptionCancelled, RedemptionChosen, RedemptionWanted
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.acting import MEMBERS, Acting, acted, member_shown, taken_lots
from guerdon.console.pages.lists import whole
from guerdon.console.pages.members import name_of, tiers_of
from guerdon.console.pages.names import rewards_named
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal
from guerdon.errors.books import MemberNotFound
from guerdon.points.values import POINTS_MAX

Text = Annotated[str, Meta(max_length=255)]


class Adjusting(Acting, kw_only=True):
    """How many points are given or taken, and why."""

    points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    way: Literal["reward", "goodwill", "take_back", "redeem", "expire"] = "goodwill"
    title: Text | None = None
    note: Text | None = None
    visible: bool = False
    """Unticked boxes are not sent."""

    @property
    def wanted(self) -> AdjustmentWanted:
        """As the native API takes it."""
        gives = self.way in ("reward", "goodwill")
        points = self.points or 0
        return AdjustmentWanted(
            id=self.id, points=points if gives else -points, reason="reward" if self.way == "take_back" else self.way,
            title=whole(self.title), note=whole(self.note), visible=self.visible, dry_run=not self.is_confirmed,
        )  # fmt: skip


class Redeeming(Acting, kw_only=True):
    """Which reward, and for how many points where that is to be said."""

    rule: str | None = None
    points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    capture: Literal["now", "on_order"] = "now"


class GivingBack(Acting, kw_only=True):
    """Which redemption comes to nothing."""

    redemption: str
    because: Text | None = None


async def adjust(engine: Engine, visitor: Visitor, params: Adjusting, incoming: Incoming) -> View:
    """Give or take points; above the merchant's limit a second person decides."""
    member = await member_shown(engine, visitor, params.id, incoming)
    shown: dict[str, Any] = {
        "member": member,
        "name": name_of(member),
        "limit": visitor.merchant.policies.approval_above,
    }
    if params.step == "open":
        return acted(visitor, "members/adjust.html", params, made=None, taken=[], **shown)
    inner = visitor.inner(incoming)
    try:
        if params.points is None:
            raise BadField("points", visitor._("say how many"))
        made = await adjustments.adjust(engine, visitor.caller, params.wanted, inner)
    except Refusal as refusal:
        return acted(visitor, "members/adjust.html", params, refusal=refusal, made=None, taken=[], **shown)
    if not params.is_confirmed:
        taken = await taken_lots(engine, visitor, inner.entries)
        return acted(visitor, "members/adjust.html", params, made=made, taken=taken, **shown)
    if made.state == "proposed":
        done = visitor._("Proposed %(id)s: somebody else decides it", id=made.id)
    else:
        points = format_decimal(made.available, locale=visitor.locale)
        done = visitor.ngettext(
            "Booked: %(points)s point is available now", "Booked: %(points)s points are available now", made.available,
            points=points,
        )  # fmt: skip
    return visitor.go(f"{MEMBERS}/{params.id}", done)


async def redeem(engine: Engine, visitor: Visitor, params: Redeeming, incoming: Incoming) -> View:
    """Redeem for a member; the coupon's code is shown once it is there."""
    inner = visitor.inner(incoming)
    member = await member_shown(engine, visitor, params.id, incoming)
    offered = await options.find(engine, visitor.caller, OptionsAsked(id=params.id), inner)
    rewards = sorted(offered.options, key=lambda one: (not one.redeemable, one.points_missing, one.points))
    shown: dict[str, Any] = {
        "member": member, "name": name_of(member), "rewards": rewards,
        "titles": await rewards_named(engine, visitor),
        "levels": dict(await tiers_of(engine, visitor, incoming)),
    }  # fmt: skip
    if params.step == "open" or params.rule is None:
        return acted(visitor, "members/redeem.html", params, made=None, taken=[], **shown)
    wanted = RedemptionWanted(
        member=params.id, rule=params.rule, points=params.points, capture=params.capture,
        dry_run=not params.is_confirmed,
    )  # fmt: skip
    try:
        made = await redemptions.redeem(engine, visitor.caller, wanted, inner)
    except Refusal as refusal:
        return acted(visitor, "members/redeem.html", params, refusal=refusal, made=None, taken=[], **shown)
    if params.is_confirmed:
        return visitor.go(f"{MEMBERS}/{params.id}/redeemed/{made.id}", visitor._("Redeemed: hand over the code"))
    taken = await taken_lots(engine, visitor, inner.entries)
    return acted(visitor, "members/redeem.html", params, made=made, taken=taken, **shown)


async def show_code(engine: Engine, visitor: Visitor, params: GivingBack, incoming: Incoming) -> View:
    """The code that a redemption gave, to be copied."""
    member, redemption = await _redemption(engine, visitor, params, incoming)
    return visitor.view("members/redeemed.html", member=member, name=name_of(member), redemption=redemption)


async def give_back(engine: Engine, visitor: Visitor, params: GivingBack, incoming: Incoming) -> View:
    """Cancel a redemption: its points come back to the lots that they came from, and its coupon is void."""
    member, redemption = await _redemption(engine, visitor, params, incoming)
    shown: dict[str, Any] = {"member": member, "name": name_of(member), "redemption": redemption}
    wanted = RedemptionCancelled(id=params.redemption, dry_run=not params.is_confirmed)
    inner = visitor.inner(incoming)
    try:
        made = await redemptions.cancel(engine, visitor.caller, wanted, inner)
    except Refusal as refusal:
        return acted(visitor, "members/give_back.html", params, refusal=refusal, comes=None, **shown)
    if params.is_confirmed:
        return visitor.go(f"{MEMBERS}/{params.id}", visitor._("Gave the points of %(id)s back", id=made.id))
    comes = sum(entry.points for entry in inner.entries if entry.target == "available")
    comes -= sum(entry.points for entry in inner.entries if entry.source == "available")
    return acted(visitor, "members/give_back.html", params, comes=comes, **shown)


async def _redemption(
    engine: Engine, visitor: Visitor, params: GivingBack, incoming: Incoming
) -> tuple[members.MemberAnswer, redemptions.RedemptionAnswer]:
    """The redemption of the path; refuses with MemberNotFound where it is another's."""
    member = await member_shown(engine, visitor, params.id, incoming)
    chosen = RedemptionChosen(id=params.redemption)
    redemption = await redemptions.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))
    if redemption.member != member.id:
        raise MemberNotFound("id", params.id)
    return member, redemption


ONE = MEMBERS + "/{id:str}"
ROUTES = (
    Route("GET", ONE + "/adjust", Adjusting, View, adjust, "adjust", "Adjust points"),
    Route("POST", ONE + "/adjust", Adjusting, View, adjust, "adjust", "Adjust points"),
    Route("GET", ONE + "/redeem", Redeeming, View, redeem, "serve", "Redeem on behalf"),
    Route("POST", ONE + "/redeem", Redeeming, View, redeem, "serve", "Redeem on behalf"),
    Route("GET", ONE + "/redeemed/{redemption:str}", GivingBack, View, show_code, "serve", "A redemption's code"),
    Route("GET", ONE + "/redemptions/{redemption:str}/give-back", GivingBack, View, give_back, "serve",
          "Give points back"),
    Route("POST", ONE + "/redemptions/{redemption:str}/give-back", GivingBack, View, give_back, "serve",
          "Give points back"),
)  # fmt: skip
