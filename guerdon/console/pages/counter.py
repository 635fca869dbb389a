"""The counter: somebody stands there, shows a code or says who they are, and redeems.

A code is scanned by a scanner that types, by the camera where the browser reads codes, or typed. What was said goes in
a form, and only our own number of the member stands in an address: addresses are logged in many places.
"""

from contextlib import suppress
from typing import Annotated, Literal

from msgspec import Meta, Struct

from guerdon.access.keys import token_secrets
from guerdon.access.member_codes import is_member_code, read_member_code
from guerdon.api.engine import Engine
from guerdon.api.v1 import members, options, redemptions
from guerdon.api.v1.members import MemberChosen
from guerdon.api.v1.options import OptionsAsked
from guerdon.api.v1.redemptions import RedemptionChosen, RedemptionWanted
from guerdon.api.v1.who import identity_of, member_present, member_shown
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.members import tiers_of
from guerdon.console.pages.names import rewards_named
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.access import MemberCodeInvalid
from guerdon.errors.base import BadField, Refusal
from guerdon.errors.books import MemberNotFound
from guerdon.members.members import find_member
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rule import Pricing

COUNTER = "/console/counter"
PRINTED = ("external_id", "pos_account_id", "card")
"""What may stand on a card, in the order in which it is looked for."""

IN_STORE = "in_store"


class CounterAsked(Struct, kw_only=True):
    """Nobody is there yet."""


class Scanned(Struct, kw_only=True):
    """What was scanned or typed."""

    who: Annotated[str, Meta(max_length=300)] = ""


class CustomerAsked(Struct, kw_only=True):
    """Who stands there."""

    id: str


class RewardWanted(CustomerAsked, kw_only=True):
    """What they want, looked at first and then done."""

    rule: str
    points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    step: Literal["preview", "do"] = "preview"


class GivenAsked(CustomerAsked, kw_only=True):
    """What they were given."""

    redemption: str


async def wait(_engine: Engine, visitor: Visitor, _params: CounterAsked, _incoming: Incoming) -> View:
    """The page that waits for somebody."""
    return visitor.view("counter/wait.html", refusal=None, said="")


async def look_up(engine: Engine, visitor: Visitor, params: Scanned, _incoming: Incoming) -> View:
    """Whom a code or an identity names."""
    try:
        found = await _found(engine, visitor, params.who.strip())
    except Refusal as refusal:
        said = "" if isinstance(refusal, MemberCodeInvalid) else params.who
        return visitor.view("counter/wait.html", status=refusal.status, refusal=refusal, said=said)
    return visitor.go(f"{COUNTER}/{found}")


async def show(engine: Engine, visitor: Visitor, params: CustomerAsked, incoming: Incoming) -> View:
    """Who stands there, what they have, and what it buys here."""
    return await _customer(engine, visitor, params.id, incoming)


async def redeem(engine: Engine, visitor: Visitor, params: RewardWanted, incoming: Incoming) -> View:
    """What it would come to; and once that is confirmed, the code."""
    wanted = RedemptionWanted(
        member=params.id, rule=params.rule, points=params.points, channel=IN_STORE, dry_run=params.step == "preview"
    )
    try:
        made = await redemptions.redeem(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return await _customer(
            engine, visitor, params.id, incoming, status=refusal.status, refusal=refusal, wanted=params
        )
    if params.step == "preview":
        return await _customer(engine, visitor, params.id, incoming, tried=made, wanted=params)
    return visitor.go(f"{COUNTER}/{params.id}/{made.id}")


async def give(engine: Engine, visitor: Visitor, params: GivenAsked, incoming: Incoming) -> View:
    """The code to hand over."""
    chosen = RedemptionChosen(id=params.redemption)
    redemption = await redemptions.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))
    if redemption.member != params.id:
        raise MemberNotFound("id", params.id)
    shown = await members.fetch(engine, visitor.caller, MemberChosen(id=params.id), visitor.inner(incoming))
    return visitor.view("counter/given.html", redemption=redemption, member=shown)


async def _customer(
    engine: Engine, visitor: Visitor, member: str, incoming: Incoming, *, status: int = 200,
    refusal: Refusal | None = None, tried: redemptions.RedemptionAnswer | None = None,
    wanted: RewardWanted | None = None,
) -> View:  # fmt: skip
    inner = visitor.inner(incoming)
    shown = await members.fetch(engine, visitor.caller, MemberChosen(id=member, expand="tier"), inner)
    offered = await options.find(engine, visitor.caller, OptionsAsked(id=member, channel=IN_STORE), inner)
    rewards = sorted(offered.options, key=lambda one: (not one.redeemable, one.points_missing, one.points))
    return visitor.view(
        "counter/customer.html", status=status, member=shown, rewards=rewards, refusal=refusal, tried=tried,
        wanted=wanted, variable=Pricing.VARIABLE,
        titles=await rewards_named(engine, visitor), levels=dict(await tiers_of(engine, visitor, incoming)),
    )  # fmt: skip


async def _found(engine: Engine, visitor: Visitor, who: str) -> str:
    """The id of the member who is meant; refuses with BadField, MemberCodeInvalid or MemberNotFound."""
    merchant_id = visitor.merchant.merchant_id
    if not who:
        raise BadField("who", visitor._("scan a code, or type an email address, a phone number or a card's number"))
    if is_member_code(who):
        secrets = await token_secrets(engine.database, merchant_id)
        number = read_member_code(who, secrets, merchant_id=merchant_id, now=engine.clock())
        return member_shown((await member_present(engine.database, visitor.caller, member_shown(number))).member_id)
    if who.startswith("mem_"):
        return member_shown((await member_present(engine.database, visitor.caller, who)).member_id)
    *others, last = _kinds(who)
    for kind in others:
        with suppress(MemberNotFound):
            return await _identified(engine, merchant_id, kind, who)
    return await _identified(engine, merchant_id, last, who)


async def _identified(engine: Engine, merchant_id: int, kind: str, who: str) -> str:
    found = await find_member(engine.database, merchant_id, [identity_of(f"{kind}:{who}", "who")])
    return member_shown(found.member_id)


def _kinds(who: str) -> tuple[str, ...]:
    """What it may be that somebody says of themselves."""
    if "@" in who:
        return ("email",)
    return ("phone",) if who.startswith("+") else PRINTED


ROUTES = (
    Route("GET", COUNTER, CounterAsked, View, wait, "serve", "Counter"),
    Route("POST", COUNTER, Scanned, View, look_up, "serve", "Look up who stands at the counter"),
    Route("GET", COUNTER + "/{id:str}", CustomerAsked, View, show, "serve", "A customer at the counter"),
    Route("POST", COUNTER + "/{id:str}", RewardWanted, View, redeem, "serve", "Redeem at the counter"),
    Route("GET", COUNTER + "/{id:str}/{redemption:str}", GivenAsked, View, give, "serve", "A code at the counter"),
)
