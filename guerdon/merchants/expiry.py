"""When points expire: a policy as people write it, and the dates it gives."""

import re
from calendar import monthrange
from datetime import date, datetime
from typing import Self

from msgspec import Struct

from guerdon.errors.base import BadField
from guerdon.kit.calendar import after_day, local_day
from guerdon.points.values import Life

FORMS = "never, 365 days, 12 months, 90 days inactive, yearly 12-31"

DAYS_MAX = 36500
MONTHS_MAX = 1200

DAYS = re.compile(r"(\d{1,5}) days?( inactive)?")
MONTHS = re.compile(r"(\d{1,4}) months?")
YEARLY = re.compile(r"yearly (\d{2})-(\d{2})")


class ExpiryPolicy(Struct, frozen=True):
    """One of: never; N days or months after earning; N days after the last activity; on a fixed date each year.

    A lot lives through the whole of its last day in the merchant's zone (behaviour 4).
    """

    days: int | None = None
    months: int | None = None
    inactive: bool = False
    yearly: tuple[int, int] | None = None

    @classmethod
    def parse(cls, text: str, field: str = "expiry") -> Self:
        """Read a policy such as `12 months`; refuses with BadField what is none."""
        if text == "never":
            return cls()
        if (found := DAYS.fullmatch(text)) and 0 < int(found[1]) <= DAYS_MAX:
            return cls(days=int(found[1]), inactive=found[2] is not None)
        if (found := MONTHS.fullmatch(text)) and 0 < int(found[1]) <= MONTHS_MAX:
            return cls(months=int(found[1]))
        if found := YEARLY.fullmatch(text):
            month, day = int(found[1]), int(found[2])
            if 1 <= month <= 12 and 1 <= day <= monthrange(2000, month)[1]:
                return cls(yearly=(month, day))
        raise BadField(field, f"{text!r} is no expiry policy; these are: {FORMS}")

    def life(self, earned_at: datetime, timezone: str) -> Life:
        """The life of points earned at that moment."""
        last = self._last_day(local_day(earned_at, timezone))
        ends_at = None if last is None else after_day(last, timezone)
        return Life(idle_days=self.days, lapses_at=ends_at) if self.inactive else Life(ends_at)

    def _last_day(self, day: date) -> date | None:
        if self.days is not None:
            return date.fromordinal(day.toordinal() + self.days)
        if self.months is not None:
            return months_later(day, self.months)
        if self.yearly is not None:
            this_year = _clipped(day.year, *self.yearly)
            return this_year if this_year >= day else _clipped(day.year + 1, *self.yearly)
        return None


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last of a shorter month: 31 January and a month is 28 or 29 February."""
    years, month = divmod(day.month - 1 + months, 12)
    return _clipped(day.year + years, month + 1, day.day)


def _clipped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
