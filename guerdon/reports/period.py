"""Periods of a merchant's days, and how they are cut into days, weeks or months."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from guerdon.kit.calendar import after_day

By = Literal["day", "week", "month"]

DAYS_MAX = 366 * 10
SLICES_MAX = 400
"""So many slices of a period are told at once."""
DAYS_BY_DAY_MAX = 62
DAYS_BY_WEEK_MAX = 400


class Period(NamedTuple):
    """From one day to another, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(self.since - timedelta(days=self.days), self.since - timedelta(days=1))

    def moments(self, timezone: str) -> tuple[datetime, datetime]:
        """When it begins in a zone, and when it is over."""
        return after_day(self.since - timedelta(days=1), timezone), after_day(self.until, timezone)

    def has(self, day: date) -> bool:
        """Whether the day is in it."""
        return self.since <= day <= self.until

    @property
    def fitting(self) -> By:
        """What cuts it into neither too few nor too many."""
        if self.days <= DAYS_BY_DAY_MAX:
            return "day"
        return "week" if self.days <= DAYS_BY_WEEK_MAX else "month"

    def cut(self, by: By) -> Iterator["Period"]:
        """Its slices in order; the first and the last may be shorter than others."""
        starts = begin(self.since, by)
        while starts <= self.until:
            following = next_after(starts, by)
            yield Period(max(starts, self.since), min(following - timedelta(days=1), self.until))
            starts = following


def begin(day: date, by: By) -> date:
    """The first day of the week (a Monday) or the month that a day is in; the day itself."""
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day


def month_of(day: date) -> Period:
    """The whole month that a day is in."""
    first = begin(day, "month")
    return Period(first, next_after(first, "month") - timedelta(days=1))


def next_after(starts: date, by: By) -> date:
    """When the next such slice begins."""
    if by == "month":
        return (starts + timedelta(days=31)).replace(day=1)
    return starts + timedelta(days=7 if by == "week" else 1)
