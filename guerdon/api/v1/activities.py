"""`/v1/activities`: what members do beside ordering, and what they got for it. Operators decide what waits."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.activities.log import get_activity, reporting
from guerdon.activities.report import NOTICED, Activity, ActivityState
from guerdon.activities.search import find_activities
from guerdon.api.engine import Engine
from guerdon.api.v1.channels import SoldIn, channel_of, channel_shown
from guerdon.api.v1.ids import shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment, Text
from guerdon.api.v1.moments import utc
from guerdon.api.v1.who import Who, identity_of, member_named, member_shown
from guerdon.api.v1.write import Metadata, WriteAsked, created, decided
from guerdon.api.wire import Incoming, Route
from guerdon.earning.conditions import Reason
from guerdon.earning.explained import REASONS
from guerdon.errors.base import BadField
from guerdon.kit.ids import time_ordered_uuid
from guerdon.metadata.metadata import Words, metadata_of, note
from guerdon.points.values import POINTS_MAX

KIND = "activity"
ACTIVITIES = "/v1/activities"

ActivityId = Annotated[str, Meta(min_length=1, max_length=255, examples=["review-17"])]
ActivityKind = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}\Z", examples=["review"])]


class ActivitySaid(WriteAsked, kw_only=True):
    """What a member did: the `kind` is the trigger of an earning rule. The same `id` again is the same activity.

    `points` count instead of the flat points of the rules.
    """

    member: Who
    kind: ActivityKind
    id: ActivityId | None = None
    occurred_at: Moment | None = None
    points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    title: Text | None = None
    """What the member's history calls it."""
    channel: SoldIn = "online"
    metadata: Metadata | None = None


class ActivityChosen(Asked, kw_only=True):
    """One activity."""

    id: ActivityId


class ActivitiesAsked(ListAsked, kw_only=True):
    """Which activities; all of what is said must hold."""

    member: Who | None = None
    kind: ActivityKind | None = None
    state: ActivityState | None = None
    occurred_since: Moment | None = None
    occurred_before: Moment | None = None


class EarnedAnswer(msgspec.Struct, frozen=True):
    """What a rule gives: points, a coupon of a redemption rule, or a tier. `waits` says that an operator decides it.
    Without a rule, the member's tier gives it.

    The `sentence` says why so many; `facts` are the numbers behind it.
    """

    rule: str | None
    rule_version: int
    points: int
    coupon_of: str | None
    tier_level: int | None
    waits: bool
    sentence: str
    facts: dict[str, Any]


class PassedOverAnswer(msgspec.Struct, frozen=True):
    """A rule that gives nothing, and why."""

    rule: str
    rule_version: int
    reason: Reason
    detail: str


class ActivityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a member did. It is `waiting` where a rule wants an operator's word first. `points` were given so far."""

    id: str
    object: Literal["activity"] = "activity"
    kind: str
    state: ActivityState
    member: str
    title: str | None
    channel: str
    points: int
    points_said: int | None
    earned: list[EarnedAnswer]
    passed_over: list[PassedOverAnswer]
    occurred_at: datetime
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    metadata: Words


async def create(engine: Engine, caller: Caller, params: ActivitySaid, incoming: Incoming) -> ActivityAnswer:
    """Take the activity, and give what the active rules of its kind give."""
    if params.kind in NOTICED:
        raise BadField("kind", f"{params.kind} is noticed without being reported: send another kind")
    if params.id is not None and params.id.partition(":")[0] in NOTICED:
        raise BadField("id", f"{params.id[:40]!r} is an id of our own: choose one that begins differently")
    channel = channel_of(params.channel)
    command = await reporting(
        engine.database, caller.merchant, [identity_of(params.member)], params.kind,
        params.id or str(time_ordered_uuid()), utc(params.occurred_at, "occurred_at") or engine.clock(),
        points=params.points, title=params.title, channel=channel, document={"channel": channel},
    )  # fmt: skip
    activity = await decided(engine, caller, incoming, params, command)
    if params.dry_run:
        return _shown(activity, params.metadata or {})
    if params.metadata:
        merchant_id = caller.merchant.merchant_id
        await note(engine.database, merchant_id, KIND, activity.activity_id, params.metadata, engine.clock())
    answer = await _answered(engine, caller, activity)
    return created(incoming, answer, f"{ACTIVITIES}/{answer.id}")


async def fetch(engine: Engine, caller: Caller, params: ActivityChosen, _incoming: Incoming) -> ActivityAnswer:
    """One activity."""
    return await _answered(
        engine, caller, await get_activity(engine.database, caller.merchant.merchant_id, params.id)
    )  # fmt: skip


async def find(engine: Engine, caller: Caller, params: ActivitiesAsked, incoming: Incoming) -> Page[ActivityAnswer]:
    """Activities, those that happened last first."""
    merchant_id, member_id = caller.merchant.merchant_id, None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    rows = await find_activities(
        engine.database, merchant_id, member_id=member_id, name=params.kind, state=params.state,
        since=utc(params.occurred_since, "occurred_since"), until=utc(params.occurred_before, "occurred_before"),
        before=after(params, tuple[datetime, str]), count_max=params.limit + 1,
    )  # fmt: skip
    words = await metadata_of(engine.database, merchant_id, KIND, [row.activity_id for row in rows])
    return page(
        incoming, params, rows, lambda row: (row.occurred_at, row.activity_id),
        lambda row: _shown(row, words.get(row.activity_id, {})),
    )  # fmt: skip


def earned_shown(earned: dict[str, Any]) -> EarnedAnswer:
    """What a rule gives, as it was evaluated."""
    facts: dict[str, Any] = earned["explanation"]
    coupon_of = earned.get("coupon_rule_id")
    return EarnedAnswer(
        shown("earn", earned["rule_id"]) if earned["rule_id"] else None, earned["version"], earned.get("points", 0),
        None if coupon_of is None else shown("rule", coupon_of), earned.get("tier_level"),
        earned.get("approval", False), facts["sentence"],
        {name: value for name, value in facts.items() if name != "sentence"},
    )  # fmt: skip


def passed_over_shown(passed: dict[str, Any]) -> PassedOverAnswer:
    """Why a rule gives nothing."""
    reason = Reason(passed["reason"])
    return PassedOverAnswer(shown("earn", passed["rule_id"]), passed["version"], reason, f"{REASONS[reason]}.")


async def _answered(engine: Engine, caller: Caller, activity: Activity) -> ActivityAnswer:
    words = await metadata_of(engine.database, caller.merchant.merchant_id, KIND, [activity.activity_id])
    return _shown(activity, words.get(activity.activity_id, {}))


def _shown(activity: Activity, words: Words) -> ActivityAnswer:
    evaluation: dict[str, Any] = activity.evaluation
    return ActivityAnswer(
        id=activity.activity_id,
        kind=activity.name,
        state=activity.state,
        member=member_shown(activity.member_id),
        title=activity.title,
        channel=channel_shown(activity.document.get("channel", "online")),
        points=activity.points,
        points_said=activity.points_said,
        earned=[earned_shown(one) for one in evaluation["earned"]],
        passed_over=[passed_over_shown(one) for one in evaluation["passed_over"]],
        occurred_at=activity.occurred_at,
        created_at=activity.created_at,
        decided_by=activity.decided_by,
        decided_at=activity.decided_at,
        decision=activity.decision,
        metadata=words,
    )


ROUTES = (
    Route("POST", ACTIVITIES, ActivitySaid, ActivityAnswer, create, "write", "Report what a member did", keyed=True,
          creates=True),
    Route("GET", ACTIVITIES, ActivitiesAsked, Page[ActivityAnswer], find, "read", "List activities"),
    Route("GET", ACTIVITIES + "/{id:str}", ActivityChosen, ActivityAnswer, fetch, "read", "Get an activity"),
)  # fmt: skip
