"""`/console`: the programme at a glance, and what needs a person."""

from collections.abc import Mapping
from typing import Any

from babel.numbers import format_decimal

from guerdon.api.engine import Engine
from guerdon.api.v1 import reports
from guerdon.api.v1.report_answers import MembersAnswer, PointsAnswer, RewardsAnswer, SummaryAnswer
from guerdon.api.v1.reports import NeedsAsked, SlicedAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.draw import url
from guerdon.console.pages.drawing import between, kinds_chart
from guerdon.console.pages.names import rewards_named
from guerdon.console.pages.needs import need_told
from guerdon.console.pages.ranges import RangeShown, chosen, range_shown
from guerdon.console.view import View
from guerdon.console.visitor import Visitor

PLACE = "/console"
REWARDS_SHOWN = 6


async def show(engine: Engine, visitor: Visitor, params: RangeShown, incoming: Incoming) -> View:
    """Four figures, what came and went, which rewards are liked, where members stand."""
    period = chosen(visitor, params)
    caller, inner = visitor.caller, visitor.inner(incoming)
    days: dict[str, Any] = {"since": period.since, "until": period.until}
    asked = SlicedAsked(**days, by=params.by)
    summary, points, used, members = await reports.overview(engine, caller, asked, compare=params.compare != "no")
    needs = await reports.needs(engine, caller, NeedsAsked(), inner)
    return visitor.view(
        "home/home.html",
        range=range_shown(visitor, PLACE, params), summary=summary, stats=_stats(visitor, summary, points),
        members=members, joined_before=None if summary.before is None else summary.before.joined,
        kinds=kinds_chart(visitor, points),
        rewards=rewards_ranked(visitor, used, await rewards_named(engine, visitor))[:REWARDS_SHOWN],
        tiers=tiers_ranked(visitor, members), needs=[need_told(visitor, one) for one in needs.data],
        nothing_yet=not summary.period.outstanding and not points.total.entries and not members.members,
        between=between,
    )  # fmt: skip


def change(now: int, before: int | None) -> float | None:
    """By which share of itself a number has changed; None where there was nothing to compare with."""
    return (now - before) / before if before else None


def rewards_ranked(visitor: Visitor, report: RewardsAnswer, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rewards by use, as a ranking shows them."""
    return [
        {
            "label": names.get(one.rule, one.title),
            "value": one.uses,
            "note": visitor.ngettext(
                "%(points)s point",
                "%(points)s points",
                one.points,
                points=format_decimal(one.points, locale=visitor.locale),
            ),
            "href": url("/console/redemptions", rule=one.rule, since=report.since, until=report.until),
            "tone": "redeemed",
            "points": one.points,
        }
        for one in report.rewards
    ]


def tiers_ranked(visitor: Visitor, report: MembersAnswer) -> list[dict[str, Any]]:
    """Where members stand, the highest tier first."""
    return [
        {
            "label": one.name or visitor._("No tier"),
            "value": one.members,
            "href": url("/console/members", tier=one.level) if one.level else "/console/members",
        }
        for one in reversed(report.tiers)
    ]


def _stats(visitor: Visitor, summary: SummaryAnswer, report: PointsAnswer) -> list[dict[str, Any]]:
    """The four figures, each with its course, and what it was before."""
    now, before = summary.period, summary.before
    slices = report.slices
    days = {"since": now.since, "until": now.until}
    rate = now.points.redemption_rate
    rate_before = None if before is None else before.points.redemption_rate
    return [
        {
            "label": visitor._("Outstanding points"), "value": now.outstanding,
            "worth": summary.liability, "spark": [one.outstanding for one in slices],
            "change": change(now.outstanding, None if before is None else before.outstanding),
            "href": url("/console/insights", **days), "good": "up",
        },
        {
            "label": visitor._("Earned"), "value": now.points.earned, "spark": [one.points.earned for one in slices],
            "change": change(now.points.earned, None if before is None else before.points.earned),
            "href": between(now.since, now.until, source="issued"), "good": "up",
        },
        {
            "label": visitor._("Redeemed"), "value": now.points.redeemed,
            "spark": [one.points.redeemed for one in slices],
            "change": change(now.points.redeemed, None if before is None else before.points.redeemed),
            "href": url("/console/redemptions", **days), "good": "up",
        },
        {
            "label": visitor._("Redemption rate"), "rate": rate,
            "spark": [float(one.points.redemption_rate or 0) for one in slices],
            "change": None if not rate or not rate_before else float((rate - rate_before) / rate_before),
            "href": url("/console/insights/redemptions", **days), "good": "up",
        },
    ]  # fmt: skip


ROUTES = (Route("GET", PLACE, RangeShown, View, show, "see", "Home"),)
