"""Reports as charts: columns and rows of the tables that are drawn."""

from datetime import date
from typing import Any

from guerdon.api.v1.report_answers import MembersAnswer, PointsAnswer, SliceAnswer
from guerdon.console.draw import url
from guerdon.console.pages.ranges import last_of, slice_named
from guerdon.console.visitor import Visitor

ENTRIES = "/console/entries"


def kinds_chart(visitor: Visitor, report: PointsAnswer) -> dict[str, Any]:
    """Points by kind over time: what came above, what went below."""
    return {
        "columns": [
            {"label": visitor._("Earned"), "tone": "earned"},
            {"label": visitor._("Redeemed"), "tone": "redeemed", "down": True},
            {"label": visitor._("Expired"), "tone": "expired", "down": True},
            {"label": visitor._("Taken back"), "tone": "reversed", "down": True},
        ],
        "rows": [
            {
                **_named(visitor, one, report),
                "values": [one.points.earned, one.points.redeemed, one.points.expired, one.points.reversed],
            }
            for one in report.slices
        ],
    }


def outstanding_chart(visitor: Visitor, report: PointsAnswer) -> dict[str, Any]:
    """What was outstanding at the end of each slice, and what waited."""
    return {
        "columns": [
            {"label": visitor._("Outstanding"), "tone": "accent"},
            {"label": visitor._("Pending"), "tone": "held"},
        ],
        "rows": [
            {**_named(visitor, one, report), "values": [one.outstanding, one.pending]} for one in report.slices
        ],
    }  # fmt: skip


def members_chart(visitor: Visitor, report: MembersAnswer) -> dict[str, Any]:
    """Who joined and who was active, slice by slice."""
    return {
        "columns": [
            {"label": visitor._("Active"), "tone": "accent"},
            {"label": visitor._("Joined"), "tone": "ink-soft"},
        ],
        "rows": [
            {
                "label": slice_named(visitor, one.since, report.by),
                "day": one.since,
                "href": between(one.since, last_of(one.since, report.by, report.until)),
                "values": [one.active, one.joined],
            }
            for one in report.slices
        ],
    }


def between(since: date, until: date, **more: str) -> str:
    """The entries of some days."""
    return url(ENTRIES, since=since, until=until, **more)


def _named(visitor: Visitor, one: SliceAnswer, report: PointsAnswer) -> dict[str, Any]:
    return {
        "label": slice_named(visitor, one.since, report.by),
        "day": one.since,
        "href": between(one.since, one.until),
    }
