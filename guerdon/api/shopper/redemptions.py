"""`/shopper/v1/redemptions`: a member redeems their own points, on a page."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from guerdon.api.engine import Engine
from guerdon.api.shopper.contract import Shopper
from guerdon.api.v1.ids import RuleId, number, shown
from guerdon.api.v1.money import CurrencyCode, Money
from guerdon.api.v1.write import WriteAsked, decided, submitted
from guerdon.api.wire import Incoming
from guerdon.moving.person import by_number
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rule import Channel, RewardKind
from guerdon.rewards.rules import list_rules


class RewardChosen(WriteAsked, kw_only=True):
    """What to redeem. `points` are needed where the reward takes any amount."""

    rule: RuleId
    points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    currency: CurrencyCode | None = None
    capture: Literal["now", "on_order"] = "now"
    """Whether the points leave at once, or are held until an order names the coupon."""
    cart_minor: Annotated[int, Meta(ge=0)] | None = None
    """What is in the cart, where the reward has a minimum."""


class RedeemedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was redeemed, with the code that it gave. On a dry run the code is empty."""

    id: str
    object: Literal["redemption"] = "redemption"
    rule: str
    points: int
    value: Money | None
    capture: Literal["now", "on_order"]
    code: str
    expires_at: datetime | None
    created_at: datetime


async def redeem_own(engine: Engine, shopper: Shopper, params: RewardChosen, incoming: Incoming) -> RedeemedAnswer:
    """Redeem the member's points for a coupon; under an Idempotency-Key, once."""
    caller, member = shopper.caller, await shopper.member(engine)
    command = Redeem(
        merchant=caller.merchant,
        who=(by_number(member.member_id),),
        rule_id=number("rule", params.rule, "rule"),
        points=params.points,
        currency=params.currency,
        delayed=params.capture == "on_order",
        channel=Channel.ONLINE,
        cart_minor=params.cart_minor,
    )
    if params.dry_run:
        redemption = await decided(engine, caller, incoming, params, command)
        return await _shown(engine, shopper, msgspec.structs.replace(redemption, code=""))
    answer = await submitted(engine, caller, incoming, params, command)
    redemption = await engine.callbacks.settled(
        caller.merchant, answer, actor=caller.actor, key=incoming.headers.get("idempotency-key")
    )
    return await _shown(engine, shopper, redemption)


async def _shown(engine: Engine, shopper: Shopper, redemption: Redemption) -> RedeemedAnswer:
    rules = await list_rules(engine.database, shopper.caller.merchant.merchant_id)
    money = any(
        rule.rule_id == redemption.rule_id and rule.terms.reward is RewardKind.AMOUNT for rule in rules
    )  # fmt: skip
    return RedeemedAnswer(
        id=shown("red", redemption.redemption_id),
        rule=shown("rule", redemption.rule_id),
        points=redemption.points,
        value=Money(redemption.value_minor, redemption.currency) if money else None,
        capture="on_order" if redemption.delayed else "now",
        code=redemption.code,
        expires_at=redemption.expires_at,
        created_at=redemption.created_at,
    )
