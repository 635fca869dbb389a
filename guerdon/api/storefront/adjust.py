"""POST /points/adjust: points given or taken by hand, for one of five reasons.

| reason | amount | apply_adjustment_to_points_earned |
| --- | --- | --- |
| reward | + | true |
| give back redeemed or expired points | + | false |
| redeem on the customer's behalf | − | false |
| remove what was wrongly earned | − | true |
| expire now | − | false, with the parameter `reason` set to `expire`, which is ours |
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.activities.adjust import AdjustPoints
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import CustomerNamed, Text, stamp
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.points.values import POINTS_MAX

TITLE = "Points Adjusted"


class AdjustCustomer(CustomerNamed, kw_only=True):
    """Give the customer points, or take some. `reason` tells apart two ways of taking that look the same."""

    point_adjustment_amount: Annotated[int, Meta(ge=-POINTS_MAX, le=POINTS_MAX)]
    apply_adjustment_to_points_earned: bool = False
    history_title: Text | None = None
    visible_to_customer: bool = True
    reason: Literal["redeem", "expire", ""] | None = None


class AdjustmentAnswer(msgspec.Struct):
    """What was booked. `id` numbers the line in this customer's history; that of a Pending one, the proposal.

    `status` is Approved, or Pending where a second person decides: then nothing is booked yet.
    """

    id: int
    type: str
    name: str
    merchant_id: int
    customer_id: int
    referral_id: None
    created_at: str
    updated_at: str
    status: str


async def adjust_points(engine: Engine, caller: Caller, params: AdjustCustomer, incoming: Incoming) -> AdjustmentAnswer:
    """Book the adjustment; 422 where there are not enough points to take."""
    if params.point_adjustment_amount == 0:
        raise BadField("point_adjustment_amount", "0 changes nothing: points above or below zero are needed")
    title = (params.history_title or "").strip() or None
    command = AdjustPoints(
        merchant=caller.merchant,
        who=params.identities(),
        points=params.point_adjustment_amount,
        counted=params.apply_adjustment_to_points_earned,
        taken_as="expired" if params.reason == "expire" else "redeemed",
        below_zero=caller.merchant.policies.debt == "unlimited",
        title=title,
        visible=params.visible_to_customer,
    )
    answer = await engine.desk.submit(command, actor=caller.actor, key=incoming.key(caller.actor, params))
    incoming.replayed = answer.replayed
    booked_at = stamp(answer.value.at)
    return AdjustmentAnswer(
        id=answer.value.entry or answer.value.proposal_id or 0,
        type="PointsAdjustment",
        name=title or TITLE,
        merchant_id=caller.merchant.merchant_id,
        customer_id=answer.value.member_id,
        referral_id=None,
        created_at=booked_at,
        updated_at=booked_at,
        status="Approved" if answer.value.entry else "Pending",
    )
