"""Days as a merchant counts them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name; raises ZoneInfoNotFoundError or ValueError for anything else."""
    return ZoneInfo(name)


def local_day(now: datetime, timezone: str) -> date:
    """The calendar day of a moment in a zone."""
    return now.astimezone(zone(timezone)).date()


def end_of_day(now: datetime, timezone: str, *, days_later: int) -> datetime:
    """The moment at which the local day, so many days after this one, is over: days of 23 and 25 hours are whole."""
    return after_day(local_day(now, timezone) + timedelta(days=days_later), timezone)


def after_day(day: date, timezone: str) -> datetime:
    """The moment at which a local day is over."""
    return datetime.combine(day + timedelta(days=1), time(), zone(timezone)).astimezone(UTC)
