"""`/console/insights`: points and what they are worth, redemptions, members, and what expires."""

from datetime import date
from typing import Any

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import reports
from guerdon.api.v1.report_answers import ExpiringAnswer, MembersAnswer, RewardsAnswer
from guerdon.api.v1.reports import ExpiryAsked, PeriodAsked, SlicedAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.draw import share_text, url
from guerdon.console.pages.drawing import between, kinds_chart, members_chart, outstanding_chart
from guerdon.console.pages.home import rewards_ranked, tiers_ranked
from guerdon.console.pages.names import rewards_named
from guerdon.console.pages.ranges import RangeShown, chosen, range_shown, slice_named
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.reports.period import begin, next_after

PLACE = "/console/insights"
MONTHS_AHEAD = 24


class NothingShown(Struct):
    """No more than the address."""


async def show_points(engine: Engine, visitor: Visitor, params: RangeShown, incoming: Incoming) -> View:
    """Points over time, what is outstanding, and what that is worth."""
    asked = SlicedAsked(**_days(visitor, params), by=params.by)
    report = await reports.points(engine, visitor.caller, asked, visitor.inner(incoming))
    return visitor.view(
        "insights/points.html", tab="points", range=range_shown(visitor, PLACE, params), report=report,
        kinds=kinds_chart(visitor, report), outstanding=outstanding_chart(visitor, report), between=between,
    )  # fmt: skip


async def show_redemptions(engine: Engine, visitor: Visitor, params: RangeShown, incoming: Incoming) -> View:
    """What became of redemptions, which rewards were taken, and why others were refused."""
    place = f"{PLACE}/redemptions"
    report = await reports.rewards(
        engine, visitor.caller, PeriodAsked(**_days(visitor, params)), visitor.inner(incoming)
    )
    ranked = rewards_ranked(visitor, report, await rewards_named(engine, visitor))
    by_points = [
        {**one, "value": one["points"], "note": visitor.ngettext("%(num)s use", "%(num)s uses", one["value"])}
        for one in sorted(ranked, key=lambda one: -one["points"])
    ]
    return visitor.view(
        "insights/redemptions.html", tab="redemptions", range=range_shown(visitor, place, params), report=report,
        by_use=ranked, by_points=by_points, funnel=_funnel(visitor, report), refusals=_refusals(report),
    )  # fmt: skip


async def show_members(engine: Engine, visitor: Visitor, params: RangeShown, incoming: Incoming) -> View:
    """Who joins, who is active, and who stays."""
    place = f"{PLACE}/members"
    asked = SlicedAsked(**_days(visitor, params), by=params.by)
    report = await reports.members(engine, visitor.caller, asked, visitor.inner(incoming))
    months, rows = _cohorts(visitor, report)
    return visitor.view(
        "insights/members.html", tab="members", range=range_shown(visitor, place, params), report=report,
        chart=members_chart(visitor, report), tiers=tiers_ranked(visitor, report), months=months, cohorts=rows,
    )  # fmt: skip


async def show_expiry(engine: Engine, visitor: Visitor, _params: NothingShown, incoming: Incoming) -> View:
    """What expires in the months to come."""
    report = await reports.expiry(engine, visitor.caller, ExpiryAsked(), visitor.inner(incoming))
    dated = [one for one in report.months if one.month is not None]
    months = [_month(visitor, one) for one in dated[:MONTHS_AHEAD]]
    return visitor.view(
        "insights/expiry.html", tab="expiry", report=report, rows=months,
        columns=[{"label": visitor._("Points"), "tone": "expired"}],
        dated=sum(one.points for one in dated), later=sum(one.points for one in dated[MONTHS_AHEAD:]),
        never=sum(one.points for one in report.months if one.month is None),
        worth=sum(one.value.amount_minor for one in dated),
    )  # fmt: skip


def _days(visitor: Visitor, params: RangeShown) -> dict[str, Any]:
    period = chosen(visitor, params)
    return {"since": period.since, "until": period.until}


def _funnel(visitor: Visitor, report: RewardsAnswer) -> list[dict[str, Any]]:
    one, days = report.funnel, {"since": report.since, "until": report.until}
    kept = one.at_once + one.captured
    steps = (
        (visitor._("Asked for"), one.asked, "accent", None),
        (visitor._("Refused"), one.refused, "reversed", url("/console/decisions", **days)),
        (visitor._("Points taken"), one.taken, "redeemed", url("/console/redemptions", **days)),
        (visitor._("of these held first"), one.held, "held", url("/console/redemptions", state="held", **days)),
        (visitor._("Captured, or redeemed at once"), kept, "redeemed", url("/console/redemptions", **days)),
        (visitor._("Released unused"), one.released, "expired", url("/console/redemptions", state="expired", **days)),
        (visitor._("Points given back"), one.given_back, "reversed",
         url("/console/redemptions", state="cancelled", **days)),
    )  # fmt: skip
    return [
        {
            "label": label,
            "value": value,
            "tone": tone,
            "href": href,
            "note": share_text(_share(value, one.asked), visitor.locale, "0"),
        }
        for label, value, tone, href in steps
    ]


def _refusals(report: RewardsAnswer) -> list[dict[str, Any]]:
    return [
        {
            "label": one.code.replace("_", " ").capitalize(),
            "value": one.refusals,
            "note": one.code,
            "tone": "reversed",
            "href": url("/console/decisions", code=one.code, since=report.since, until=report.until),
        }
        for one in report.refusals
    ]


def _cohorts(visitor: Visitor, report: MembersAnswer) -> tuple[list[str], list[dict[str, Any]]]:
    """The months that head the columns (how long after joining), and a row for each month of joining."""
    by_cohort: dict[date, dict[date, int]] = {}
    joined_members = {one.joined: one.joined_members for one in report.cohorts}
    for one in report.cohorts:
        by_cohort.setdefault(one.joined, {})[one.active] = one.accounts
    if not by_cohort:
        return [], []
    this = begin(visitor.merchant.day(visitor.now), "month")
    wide = max(_months(joined, this) for joined in by_cohort) + 1
    rows: list[dict[str, Any]] = []
    for joined in sorted(by_cohort):
        months = [_after(joined, number) for number in range(_months(joined, this) + 1)]
        active = by_cohort[joined]
        # What was imported can be older than its member.
        size = max(joined_members[joined], *active.values())
        cells: list[tuple[float | None, str]] = [_cell(visitor, active.get(month, 0), size) for month in months]
        rows.append(
            {"label": slice_named(visitor, joined, "month"), "size": size,
             "cells": cells + [(None, "")] * (wide - len(cells))}
        )  # fmt: skip
    return [str(number) for number in range(wide)], rows


def _cell(visitor: Visitor, accounts: int, size: int) -> tuple[float | None, str]:
    share = _share(accounts, size)
    return share, share_text(share, visitor.locale, "0")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _months(since: date, until: date) -> int:
    return (until.year - since.year) * 12 + until.month - since.month


def _after(month: date, number: int) -> date:
    for _ in range(number):
        month = next_after(month, "month")
    return month


def _month(visitor: Visitor, one: ExpiringAnswer) -> dict[str, Any]:
    assert one.month is not None, "only those with a month are drawn"
    return {"label": slice_named(visitor, one.month, "month"), "day": one.month, "values": [one.points]}


ROUTES = (
    Route("GET", PLACE, RangeShown, View, show_points, "see", "Points and liability"),
    Route("GET", PLACE + "/redemptions", RangeShown, View, show_redemptions, "see", "How points are redeemed"),
    Route("GET", PLACE + "/members", RangeShown, View, show_members, "see", "Who joins and who stays"),
    Route("GET", PLACE + "/expiry", NothingShown, View, show_expiry, "see", "What expires when"),
)
