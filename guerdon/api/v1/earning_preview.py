"""`/v1/earning_rules/preview`: which rules a basket or an activity would set off, and what they would give."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.activities import EarnedAnswer, PassedOverAnswer, earned_shown, passed_over_shown
from guerdon.api.v1.basket import LINES_MAX, LineSaid, Minor, Tags, Total, line_of
from guerdon.api.v1.channels import SoldIn, channel_of
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.members import Moment
from guerdon.api.v1.moments import utc
from guerdon.api.v1.who import Who, member_named
from guerdon.api.wire import Incoming, Route
from guerdon.earning.dryrun import dry_run
from guerdon.earning.evaluate import Evaluation
from guerdon.earning.occasion import Occasion
from guerdon.earning.rule import ORDER
from guerdon.errors.base import BadField
from guerdon.orders.order import Order
from guerdon.orders.preview import preview_order
from guerdon.points.values import POINTS_MAX, Member
from guerdon.rewards.eligibility import Standing

ANYBODY = Member(0, 0, "active", True, 0, ())
"""Who has just joined: in no tier, with no tags, before the first order."""


class EarningTried(Asked, kw_only=True):
    """An order with its `total`, or an activity of another `kind`. Without a member, of somebody who just joined."""

    member: Who | None = None
    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}\Z", examples=["order", "review"])] = ORDER
    at: Moment | None = None
    channel: SoldIn = "online"
    points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    """Of an activity: what counts instead of flat points."""
    total: Total | None = None
    discount_minor: Minor = 0
    shipping_minor: Minor = 0
    tax_minor: Minor = 0
    lines: Annotated[tuple[LineSaid, ...], Meta(max_length=LINES_MAX)] = ()
    tags: Tags = ()


class EarningPreviewAnswer(msgspec.Struct, frozen=True):
    """What it would earn by the rules as they stand, and why each of the others gives nothing."""

    object: Literal["earning_preview"]
    points: int
    earned: list[EarnedAnswer]
    passed_over: list[PassedOverAnswer]


async def preview(engine: Engine, caller: Caller, params: EarningTried, _incoming: Incoming) -> EarningPreviewAnswer:
    """Evaluate the rules as for real; nothing is kept."""
    member: Standing = ANYBODY
    if params.member is not None:
        member = await member_named(engine, caller, params.member)
    found = await _evaluated(engine, caller, params, member)
    return EarningPreviewAnswer(
        "earning_preview", found.points,
        [earned_shown(msgspec.to_builtins(one)) for one in found.earned],
        [passed_over_shown(msgspec.to_builtins(one)) for one in found.passed_over],
    )  # fmt: skip


async def _evaluated(engine: Engine, caller: Caller, params: EarningTried, member: Standing) -> Evaluation:
    merchant, at = caller.merchant, utc(params.at, "at") or engine.clock()
    if params.kind == ORDER:
        return await preview_order(engine.database, merchant, member, _order(caller, params, member, at))
    if params.total is not None or params.lines:
        raise BadField("total", f"only orders have this, and this is {params.kind}: leave it out")
    occasion = Occasion(
        at=at, currency=merchant.currency, kind=params.kind, points=params.points, channel=channel_of(params.channel)
    )
    return await dry_run(engine.database, merchant, member, occasion)


def _order(caller: Caller, params: EarningTried, member: Standing, at: datetime) -> Order:
    """The order that it would be, paid."""
    if params.total is None:
        raise BadField("total", "an order has a total; for an activity, name its kind")
    merchant = caller.merchant
    return Order(
        "", member.member_id, "paid", params.total.amount_minor, merchant.accepted(params.total.currency), (), (),
        "{}", at, at, at, params.discount_minor, params.shipping_minor, params.tax_minor, 0, 0,
        channel_of(params.channel), params.tags, tuple(line_of(line) for line in params.lines), merchant.day(at),
        False, True, False, 0, None,
    )  # fmt: skip


ROUTES = (
    Route("POST", "/v1/earning_rules/preview", EarningTried, EarningPreviewAnswer, preview, "read",
          "See what a basket or an activity would earn, and why"),
)  # fmt: skip
