"""POST /actions: a customer did something for which the shop has an earning rule."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.activities.log import reporting
from guerdon.activities.report import NOTICED, Activity, ActivityState
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import CommaList, CustomerNamed, Text, stamp, text, time_given
from guerdon.api.wire import Incoming
from guerdon.earning.conditions import Reason
from guerdon.earning.explained import REASONS
from guerdon.errors.base import BadField
from guerdon.kit.ids import time_ordered_uuid
from guerdon.points.values import POINTS_MAX

STATUSES = {
    ActivityState.DONE: "Approved",
    ActivityState.WAITING: "Pending",
    ActivityState.APPROVED: "Approved",
    ActivityState.REJECTED: "Rejected",
}


class RecordAction(CustomerNamed, kw_only=True):
    """What a customer did. `activity_id` is ours: the same one again is the same action.

    `reward_points` count instead of the points of the rules.
    """

    type: Text | None = None
    action_name: Text
    activity_id: Text | int | None = None
    ip_address: Text | None = None
    user_agent: CommaList | None = None
    created_at: Text | None = None
    reward_points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    history_title: Text | None = None


class ActionAnswer(msgspec.Struct):
    """The action as it was taken. `status` is Approved, Pending (an operator decides), Rejected, or Declined.

    `points` were given so far; `problems` tell why rules gave nothing.
    """

    id: str
    type: str
    name: str
    merchant_id: int
    customer_id: int
    referral_id: None
    created_at: str
    updated_at: str
    status: str
    points: int
    problems: list[str]


async def record_action(engine: Engine, caller: Caller, params: RecordAction, incoming: Incoming) -> ActionAnswer:
    """Take the action, and give what the rules give; 400 for an action that no active rule is for."""
    name = _name(params.action_name)
    said = {"ip_address": params.ip_address, "user_agent": params.user_agent}
    channel = "offline" if params.pos_account_id not in (None, "") else "online"
    command = await reporting(
        engine.database,
        caller.merchant,
        params.identities(),
        name,
        _activity_id(params.activity_id),
        time_given(params.created_at, "created_at") or engine.clock(),
        points=params.reward_points,
        title=(params.history_title or "").strip() or None,
        channel=channel,
        document={"channel": channel, **{key: value for key, value in said.items() if value}},
    )
    answer = await engine.desk.submit(command, actor=caller.actor, key=incoming.key(caller.actor, params))
    incoming.replayed = answer.replayed
    return _answer(answer.value, caller.merchant.merchant_id, params)


def _name(action_name: str) -> str:
    """The name as rules have it: "Read a Blog Post" is read_a_blog_post."""
    name = re.sub(r"[^a-z0-9]+", "_", action_name.lower()).strip("_")
    if not name:
        raise BadField("action_name", f"{action_name[:40]!r} has no letters: send the name of an earning rule's action")
    if name in NOTICED:
        raise BadField("action_name", f"{name} is noticed without being reported: send the name of another action")
    return name


def _activity_id(given: str | int | None) -> str:
    if given in (None, ""):
        return str(time_ordered_uuid())
    activity_id = text(given, "activity_id")
    if activity_id.partition(":")[0] in NOTICED:
        raise BadField("activity_id", f"{activity_id[:40]!r} is an id of our own: choose one that begins differently")
    return activity_id


def _answer(activity: Activity, merchant_id: int, params: RecordAction) -> ActionAnswer:
    evaluation: dict[str, Any] = activity.evaluation
    given = evaluation["earned"] or evaluation.get("approved", {}).get("earned")
    status = STATUSES[activity.state]
    return ActionAnswer(
        id=activity.activity_id,
        type=params.type or "CustomAction",
        name=activity.title or params.action_name,
        merchant_id=merchant_id,
        customer_id=activity.member_id,
        referral_id=None,
        created_at=stamp(activity.occurred_at),
        updated_at=stamp(activity.decided_at or activity.created_at),
        status=status if given or status != "Approved" else "Declined",
        points=activity.points,
        problems=[f"{REASONS[Reason(passed['reason'])]}." for passed in evaluation["passed_over"]],
    )
