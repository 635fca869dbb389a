"""The days that reports are about: presets, and what a period is called."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from msgspec import Struct

from guerdon.console.draw import day_text, url
from guerdon.console.visitor import Visitor
from guerdon.reports.period import By, Period, next_after


class RangeShown(Struct, kw_only=True):
    """From one day to another, both included, perhaps beside the days before; `by` is chosen where nobody says."""

    since: date | None = None
    until: date | None = None
    compare: str | None = None
    by: By | None = None


def presets(visitor: Visitor) -> dict[str, Period]:
    """The usual periods, by what they are called."""
    today = visitor.merchant.day(visitor.now)
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return {
        visitor._("7 days"): Period(today - timedelta(days=6), today),
        visitor._("30 days"): Period(today - timedelta(days=29), today),
        visitor._("90 days"): Period(today - timedelta(days=89), today),
        visitor._("This month"): Period(month, today),
        visitor._("Last month"): Period(before.replace(day=1), before),
        visitor._("12 months"): Period(_year_before(today), today),
    }


def chosen(visitor: Visitor, params: RangeShown) -> Period:
    """The period that is meant: the last 30 days where nothing is said, and one that begins before it ends."""
    today = visitor.merchant.day(visitor.now)
    until = params.until or max(today, params.since or today)
    since = params.since or until - timedelta(days=29)
    return Period(min(since, until), max(since, until))


def range_shown(visitor: Visitor, place: str, params: RangeShown) -> dict[str, Any]:
    """What the form to choose a period shows."""
    period = chosen(visitor, params)
    compare = params.compare != "no"
    kept = {"compare": None if compare else "no"}
    return {
        "place": place,
        "since": period.since,
        "until": period.until,
        "compare": compare,
        "text": f"{day_named(visitor, period.since)} – {day_named(visitor, period.until)}",
        "before": period.before,
        "presets": [
            (name, url(place, since=one.since, until=one.until, **kept), one == period)
            for name, one in presets(visitor).items()
        ],
    }


def day_named(visitor: Visitor, day: date) -> str:
    """A day in the person's language."""
    return day_text(day, visitor.taste)


def slice_named(visitor: Visitor, starts: date, by: By) -> str:
    """A day, week or month, as an axis calls it."""
    return format_date(starts, "MMM yyyy" if by == "month" else visitor._("d MMM"), locale=visitor.locale)


def last_of(starts: date, by: By, until: date) -> date:
    """The last day of a slice that ends with the period at the latest."""
    return min(next_after(starts, by) - timedelta(days=1), until)


def _year_before(day: date) -> date:
    """The day after this one, a year ago."""
    year = day.year - 1
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1])) + timedelta(days=1)
