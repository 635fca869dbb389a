"""POST /redemptions and what follows one."""

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Credentials, CurrencyAsked, CustomerNamed, Id, stamp, text
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.ending import CancelRedemption
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rule import Channel


class CreateRedemption(CustomerNamed, kw_only=True):
    """Redeem a customer's points for a redemption option. `points` is taken where `points_to_redeem` is meant."""

    redemption_option_id: Id | None = None
    delay_points_deduction: bool = False
    currency: CurrencyAsked | None = None
    points_to_redeem: int | None = None
    points: int | None = None


class RedemptionAnswer(msgspec.Struct):
    """The redemption with its coupon code, as `reward_text` and as `code`."""

    id: int
    reward_text: str
    code: str
    approved: bool
    approved_at: str | None
    created_at: str
    updated_at: str
    is_admin: bool
    is_pos: bool
    at_checkout: bool
    third_party_id: str | None
    third_party_rule_id: str | None
    token: str


class CompleteCancellation(Credentials, kw_only=True):
    """The shop has made the code worthless: give the points back."""

    point_redemption_id: Id
    reward_text: str | None = None


async def create_redemption(
    engine: Engine, caller: Caller, params: CreateRedemption, incoming: Incoming
) -> RedemptionAnswer:
    """Check eligibility and balance, take the points or hold them, and answer with a coupon code.

    Where the shop's own URL makes the code, the shopper waits for it here.
    """
    points = params.points if params.points_to_redeem is None else params.points_to_redeem
    if points is not None and not 0 < points <= POINTS_MAX:
        raise BadField("points_to_redeem", f"{points} is not a whole number from 1 to {POINTS_MAX}")
    if params.redemption_option_id is None:
        raise BadField("redemption_option_id", "the id of a redemption option is needed")
    command = Redeem(
        merchant=caller.merchant,
        who=params.identities(),
        rule_id=params.redemption_option_id,
        points=points,
        currency=params.currency or None,
        delayed=params.delay_points_deduction,
        channel=Channel.OFFLINE if params.pos_account_id else Channel.ANY,
    )
    answer = await engine.desk.submit(command, actor=caller.actor, key=incoming.key(caller.actor, params))
    incoming.replayed = answer.replayed
    redemption = await engine.callbacks.settled(
        caller.merchant, answer, actor=caller.actor, key=incoming.headers.get("idempotency-key")
    )
    return redemption_answer(redemption)


async def complete_cancellation(
    engine: Engine, caller: Caller, params: CompleteCancellation, incoming: Incoming
) -> RedemptionAnswer:
    """Give the points of a redemption back, once."""
    if params.reward_text is None:
        raise BadField("reward_text", "the coupon code of the redemption is needed")
    command = CancelRedemption(
        merchant=caller.merchant,
        redemption_id=params.point_redemption_id,
        code=text(params.reward_text, "reward_text"),
    )
    answer = await engine.desk.submit(command, actor=caller.actor, key=incoming.key(caller.actor, params))
    incoming.replayed = answer.replayed
    return redemption_answer(answer.value)


def redemption_answer(redemption: Redemption) -> RedemptionAnswer:
    """A redemption as this contract shows it."""
    created_at = stamp(redemption.created_at)
    updated_at = created_at if redemption.updated_at == redemption.created_at else stamp(redemption.updated_at)
    return RedemptionAnswer(
        id=redemption.redemption_id,
        reward_text=redemption.code,
        code=redemption.code,
        approved=True,
        approved_at=created_at,
        created_at=created_at,
        updated_at=updated_at,
        is_admin=False,
        is_pos=redemption.channel == Channel.OFFLINE,
        at_checkout=redemption.delayed,
        third_party_id=redemption.third_party_id,
        third_party_rule_id=redemption.third_party_rule_id,
        token=redemption.token,
    )
