"""`/v1/reports`: the numbers of the programme, by the merchant's days."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import shown
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.money import Money
from guerdon.api.v1.report_answers import (
    CohortAnswer,
    ExpiringAnswer,
    ExpiryAnswer,
    FiguresAnswer,
    FunnelAnswer,
    MembersAnswer,
    MemberSliceAnswer,
    NeedAnswer,
    NeedsAnswer,
    PointsAnswer,
    ReasonAnswer,
    RefusedAnswer,
    RewardsAnswer,
    RewardUseAnswer,
    SliceAnswer,
    StandingAnswer,
    SummaryAnswer,
    TierAnswer,
    WorthAnswer,
)
from guerdon.api.wire import Incoming, Route
from guerdon.errors.base import BadField
from guerdon.points.totals import NEVER
from guerdon.reports import glance
from guerdon.reports.needs import Need, list_needs
from guerdon.reports.period import DAYS_MAX, SLICES_MAX, By, Period, begin, month_of
from guerdon.reports.points import Figures, PointsReport, Reasoned
from guerdon.reports.summary import Glance, RewardUse, Standing
from guerdon.reports.worth import Worth
from guerdon.tiers.programmes import get_tiers

SUBJECTS = {
    "pool_low": "rule", "pool_empty": "rule", "endpoint_failing": "whe", "endpoint_disabled": "whe",
    "import_ready": "bat", "import_stopped": "bat", "books_wrong": "proof",
}  # fmt: skip
"""Which ids the things have that need a person."""

DAYS = 30
COHORT_MONTHS = 12

Day = Annotated[date, Meta(examples=["2026-03-01"])]


class PeriodAsked(Asked, kw_only=True):
    """From the first day to the last of the merchant's days, both included; the last 30 where nothing is said."""

    since: Day | None = None
    until: Day | None = None


class SummaryAsked(PeriodAsked, kw_only=True):
    """With `compare`, the period of as many days before it is told too."""

    compare: bool = True


class SlicedAsked(PeriodAsked, kw_only=True):
    """Cut into days, weeks or months; where nothing is said, as fits the period."""

    by: By | None = None


class ExpiryAsked(Asked, kw_only=True):
    """As things stand."""


class NeedsAsked(Asked, kw_only=True):
    """As of now."""


class Overview(NamedTuple):
    """What the four reports on a period say."""

    summary: SummaryAnswer
    points: PointsAnswer
    rewards: RewardsAnswer
    members: MembersAnswer


async def summary(engine: Engine, caller: Caller, params: SummaryAsked, _incoming: Incoming) -> SummaryAnswer:
    """The programme at a glance: earned, redeemed, expired, outstanding, and what that is worth."""
    now = engine.clock()
    seen = await glance.glance(
        engine.database, caller.merchant, now, period_of(params, caller, now), compared=params.compare
    )
    return _summary(seen)


async def points(engine: Engine, caller: Caller, params: SlicedAsked, _incoming: Incoming) -> PointsAnswer:
    """Points over time, by kind and by reason, with what was outstanding and what that is worth today."""
    now = engine.clock()
    period = period_of(params, caller, now)
    by = _by(period, params.by)
    return _points(*await glance.points_report(engine.database, caller.merchant, now, period, by))


async def rewards(engine: Engine, caller: Caller, params: PeriodAsked, _incoming: Incoming) -> RewardsAnswer:
    """Rewards by use and by points, what became of redemptions, and why others were refused."""
    now = engine.clock()
    period = period_of(params, caller, now)
    return _rewards(period, await glance.redemptions_report(engine.database, caller.merchant, now, period))


async def members(engine: Engine, caller: Caller, params: SlicedAsked, _incoming: Incoming) -> MembersAnswer:
    """Who joined, who was active, how members spread over the tiers, and who stayed."""
    now = engine.clock()
    period = period_of(params, caller, now)
    by = _by(period, params.by)
    since = _cohorts_since(caller, now)
    report = await glance.members_report(engine.database, caller.merchant, now, period, by, cohorts_since=since)
    return _members(by, report, await _tiers(engine, caller, report))


async def overview(engine: Engine, caller: Caller, params: SlicedAsked, *, compare: bool) -> Overview:
    """What these four say of one period, for a page that shows something of each: all of it is read once."""
    now = engine.clock()
    period = period_of(params, caller, now)
    by = _by(period, params.by)
    seen = await glance.overview(
        engine.database, caller.merchant, now, period, by, compared=compare, cohorts_since=_cohorts_since(caller, now)
    )
    return Overview(
        _summary(seen.glance),
        _points(seen.points, seen.reasons, seen.glance.worth),
        _rewards(period, seen.redemptions),
        _members(by, seen.members, await _tiers(engine, caller, seen.members)),
    )


async def expiry(engine: Engine, caller: Caller, _params: ExpiryAsked, _incoming: Incoming) -> ExpiryAnswer:
    """The points that expire in each month to come."""
    report = await glance.expiry_report(engine.database, caller.merchant, engine.clock())
    months = [
        ExpiringAnswer(_month(one.month), one.lots, one.points, _money(report.worth, one.points))
        for one in report.months
    ]
    return ExpiryAnswer("expiry_report", report.at, months, _worth(report.worth))


async def needs(engine: Engine, caller: Caller, _params: NeedsAsked, _incoming: Incoming) -> NeedsAnswer:
    """What needs a person: approvals, pools that run low, endpoints that fail, jobs that are late, and the like."""
    found = await list_needs(engine.database, caller.merchant, engine.clock())
    return NeedsAnswer("needs", [
        NeedAnswer(one.kind, one.things, one.since, _subject(one), one.name) for one in found
    ])  # fmt: skip


def period_of(params: PeriodAsked, caller: Caller, now: datetime) -> Period:
    """The period that is meant; refuses with BadField one that ends before it begins, or is too long."""
    today = caller.merchant.day(now)
    until = params.until or (today if params.since is None else max(today, params.since))
    since = params.since or until - timedelta(days=DAYS - 1)
    if since > until:
        raise BadField("since", f"{since} is after the last day, {until}")
    if not 2000 <= since.year <= until.year <= 2200:
        raise BadField("since", f"{since} to {until} is not between the years 2000 and 2200")
    if (until - since).days >= DAYS_MAX:
        raise BadField("since", f"{since} to {until} are more than {DAYS_MAX} days")
    return Period(since, until)


def _by(period: Period, by: By | None) -> By:
    chosen = by or period.fitting
    if chosen == "day" and period.days > SLICES_MAX:
        raise BadField("by", f"{period.days} days are more than {SLICES_MAX}; ask for weeks or months")
    return chosen


async def _tiers(engine: Engine, caller: Caller, report: glance.MembersReport) -> list[TierAnswer]:
    programme = await get_tiers(engine.database, caller.merchant.merchant_id)
    names = {} if programme is None else {level: tier.name for level, tier in enumerate(programme.tiers, start=1)}
    members = dict.fromkeys((0, *names), 0)
    for one in report.counts.tiers:
        if one.status in ("active", "suspended"):
            members[one.level] = members.get(one.level, 0) + one.members
    return [TierAnswer(level, names.get(level), members[level]) for level in sorted(members)]


def _month(month: date) -> date | None:
    return None if month == NEVER else month


def _subject(one: Need) -> str | None:
    return None if one.subject_id is None else shown(SUBJECTS[one.kind], one.subject_id)


def _cohorts_since(caller: Caller, now: datetime) -> date:
    return begin(caller.merchant.day(now) - timedelta(days=30 * COHORT_MONTHS), "month")


def _summary(seen: Glance) -> SummaryAnswer:
    return SummaryAnswer(
        "summary", _standing(seen.now), None if seen.before is None else _standing(seen.before),
        _money(seen.worth, seen.now.outstanding), _worth(seen.worth), seen.ultimate_rate,
    )  # fmt: skip


def _points(report: PointsReport, reasons: Sequence[Reasoned], worth: Worth) -> PointsAnswer:
    slices = [
        SliceAnswer(
            one.since, one.until, _figures(one.figures), one.outstanding, one.pending, _money(worth, one.outstanding)
        )
        for one in report.slices
    ]
    return PointsAnswer(
        "points_report", report.since, report.until, report.by, _figures(report.total), report.outstanding_before,
        report.pending_before, slices,
        [ReasonAnswer(one.source, one.target, one.reason, one.entries, one.points) for one in reasons], _worth(worth),
    )  # fmt: skip


def _rewards(period: Period, report: glance.RedemptionsReport) -> RewardsAnswer:
    refused = sum(one.refusals for one in report.refused if one.command == "Redeem")
    one = report.funnel
    funnel = FunnelAnswer(
        one.taken + refused, refused, one.taken, one.held, one.at_once, one.captured, one.released, one.given_back
    )
    refusals = [RefusedAnswer(one.code, one.command, one.refusals) for one in report.refused]
    return RewardsAnswer("rewards_report", *period, [_use(one) for one in report.rewards], funnel, refusals)


def _members(by: By, report: glance.MembersReport, tiers: list[TierAnswer]) -> MembersAnswer:
    joined = dict(report.joined_by)
    return MembersAnswer(
        "members_report", *report.period, by, report.counts.at, report.counts.members, tiers, report.active,
        [MemberSliceAnswer(starts, joined[starts], active) for starts, active in report.active_by],
        [
            CohortAnswer(one.joined, one.active, one.accounts, report.counts.joined_between(*month_of(one.joined)))
            for one in report.cohorts
        ],
    )  # fmt: skip


def _standing(one: Standing) -> StandingAnswer:
    return StandingAnswer(
        one.since, one.until, _figures(one.figures), one.outstanding, one.pending, one.active, one.joined
    )


def _figures(one: Figures) -> FiguresAnswer:
    return FiguresAnswer(*msgspec.structs.astuple(one), redemption_rate=one.redemption_rate)


def _use(one: RewardUse) -> RewardUseAnswer:
    return RewardUseAnswer(
        shown("rule", one.rule_id), one.title, one.active, one.uses, one.points,
        Money(one.value_minor, one.currency), one.held, one.captured, one.came_back,
    )  # fmt: skip


def _worth(worth: Worth) -> WorthAnswer:
    return WorthAnswer(worth.basis, worth.a_point, worth.currency)


def _money(worth: Worth, number: int) -> Money:
    return Money(worth.of(number), worth.currency)


ROUTES = (
    Route("GET", "/v1/reports/summary", SummaryAsked, SummaryAnswer, summary, "read", "See the programme at a glance"),
    Route("GET", "/v1/reports/points", SlicedAsked, PointsAnswer, points, "read", "See points over time"),
    Route("GET", "/v1/reports/rewards", PeriodAsked, RewardsAnswer, rewards, "read", "See how rewards are used"),
    Route("GET", "/v1/reports/members", SlicedAsked, MembersAnswer, members, "read", "See who joins and who stays"),
    Route("GET", "/v1/reports/expiry", ExpiryAsked, ExpiryAnswer, expiry, "read", "See what expires when"),
    Route("GET", "/v1/reports/needs", NeedsAsked, NeedsAnswer, needs, "read", "See what needs a person"),
)  # fmt: skip
