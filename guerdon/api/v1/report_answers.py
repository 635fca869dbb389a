"""What the native API says of a programme's numbers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from guerdon.api.v1.money import Money
from guerdon.reports.needs import Kind
from guerdon.reports.period import By
from guerdon.reports.worth import Basis


class FiguresAnswer(msgspec.Struct, frozen=True):
    """What happened to points. `redeemed` is less what came back of redemptions, `expired` and `reversed` likewise.
    `redemption_rate` is redeemed of earned, and null where nothing was earned.
    """

    earned: int
    redeemed: int
    expired: int
    reversed: int
    outstanding_change: int
    pending_change: int
    entries: int
    redemption_rate: Decimal | None


class StandingAnswer(msgspec.Struct, frozen=True):
    """A period. `outstanding` points lie on accounts at its end, available or held; `pending` ones wait. `active`
    accounts were given points or spent some (a household is one), and so many members `joined`.
    """

    since: date
    until: date
    points: FiguresAnswer
    outstanding: int
    pending: int
    active: int
    joined: int


class WorthAnswer(msgspec.Struct, frozen=True):
    """What a point is worth in whole units of the base currency, and how that is known: by the policy `point_value`, by
    the `redemptions` of the last 90 days, by the `best_rule` that is active, or not at all (`none`).
    """

    basis: Basis
    a_point: Decimal | None
    currency: str


class SummaryAnswer(msgspec.Struct, frozen=True):
    """The programme at a glance. `liability` is what the outstanding points are worth; `ultimate_rate` how many of all
    points that were redeemed or expired, ever, were redeemed.
    """

    object: Literal["summary"]
    period: StandingAnswer
    before: StandingAnswer | None
    liability: Money
    worth: WorthAnswer
    ultimate_rate: Decimal | None


class SliceAnswer(msgspec.Struct, frozen=True):
    """A day, week or month, and what was outstanding at its end."""

    since: date
    until: date
    points: FiguresAnswer
    outstanding: int
    pending: int
    liability: Money


class ReasonAnswer(msgspec.Struct, frozen=True):
    """What was moved from a bucket to another for a reason."""

    source: str
    target: str
    reason: str
    entries: int
    points: int


class PointsAnswer(msgspec.Struct, frozen=True):
    """Points over time."""

    object: Literal["points_report"]
    since: date
    until: date
    by: By
    total: FiguresAnswer
    outstanding_before: int
    pending_before: int
    slices: list[SliceAnswer]
    reasons: list[ReasonAnswer]
    worth: WorthAnswer


class RewardUseAnswer(msgspec.Struct, frozen=True):
    """How often a rule's reward was taken for points, how many, and what they were worth to the member; how many were
    `held` first, `captured` in the end or at once, and `came_back` in whole or in part.
    """

    rule: str
    title: str
    active: bool
    uses: int
    points: int
    value: Money
    held: int
    captured: int
    came_back: int


class FunnelAnswer(msgspec.Struct, frozen=True):
    """What became of redemptions: `asked` for, as far as a refusal was kept; `refused`; `taken`, that is `held` or
    `at_once`; `captured` of those held; `released` instead; `given_back` after all.
    """

    asked: int
    refused: int
    taken: int
    held: int
    at_once: int
    captured: int
    released: int
    given_back: int


class RefusedAnswer(msgspec.Struct, frozen=True):
    """So many refusals of one code, by what was asked for."""

    code: str
    command: str
    refusals: int


class RewardsAnswer(msgspec.Struct, frozen=True):
    """Rewards in a period, the most used first, and the redemptions that gave them."""

    object: Literal["rewards_report"]
    since: date
    until: date
    rewards: list[RewardUseAnswer]
    funnel: FunnelAnswer
    refusals: list[RefusedAnswer]


class TierAnswer(msgspec.Struct, frozen=True):
    """So many members stand on a tier; level 0 is none, and has no name."""

    level: int
    name: str | None
    members: int


class MemberSliceAnswer(msgspec.Struct, frozen=True):
    """A day, week or month: who joined, and which accounts were active."""

    since: date
    joined: int
    active: int


class CohortAnswer(msgspec.Struct, frozen=True):
    """How many accounts of those who joined in one month were active in another; both are its first day. In all,
    `joined_members` joined in the month.
    """

    joined: date
    active: date
    accounts: int
    joined_members: int


class MembersAnswer(msgspec.Struct, frozen=True):
    """Members in a period. Members and tiers are counted as of `counted_at`; cohorts go back a year."""

    object: Literal["members_report"]
    since: date
    until: date
    by: By
    counted_at: datetime
    members: int
    tiers: list[TierAnswer]
    active: int
    slices: list[MemberSliceAnswer]
    cohorts: list[CohortAnswer]


class ExpiringAnswer(msgspec.Struct, frozen=True):
    """Points that expire in a month, as things stand; those without a month never do."""

    month: date | None
    lots: int
    points: int
    value: Money


class ExpiryAnswer(msgspec.Struct, frozen=True):
    """What expires when, as of `counted_at`. Points that are held are not among it."""

    object: Literal["expiry_report"]
    counted_at: datetime
    months: list[ExpiringAnswer]
    worth: WorthAnswer


class NeedAnswer(msgspec.Struct, frozen=True):
    """Something for a person to do: `things` counts what it is about; `subject` and `name` say what, if it is one."""

    kind: Kind
    things: int
    since: datetime | None
    subject: str | None
    name: str


class NeedsAnswer(msgspec.Struct, frozen=True):
    """What needs a person, what is urgent first. Nothing, where all is well."""

    object: Literal["needs"]
    data: list[NeedAnswer]
