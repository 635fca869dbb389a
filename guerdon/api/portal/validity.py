"""When an issuance rule counts, on the portal contract: days and times of the day in, milliseconds out.

A portal sends days of the merchant's (`sRuleValidFromDateTime`, "2026-03-01"), with a time of the day if it likes
(`fromTime`), or sends back the milliseconds that it has read. A rule is valid through the last moment that is shown: a
last day counts whole.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guerdon.api.portal.message import EPOCH, milliseconds
from guerdon.errors.base import BadField
from guerdon.kit.calendar import after_day

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 9998
LAST_MS = milliseconds(datetime(LAST_YEAR, 12, 31, tzinfo=UTC))
MOMENT = timedelta(milliseconds=1)
LAST_MINUTE = time(23, 59)


def read_start(
    day: str | None, clock: str | None, shown: int | None, before: datetime | None, zone: ZoneInfo
) -> datetime | None:
    """The moment from which a rule counts; None where none is sent. Refuses with BadField."""
    if day:
        moment = _moment(_day(day, "sRuleValidFromDateTime"), clock, "fromTime", zone)
        return _start_of(day, zone) if moment is None else moment
    if shown is None or (before is not None and shown == show_start(before)):
        return None if shown is None else before
    return _from_milliseconds(shown, "ruleValidFromDateTime")


def read_end(
    day: str | None, clock: str | None, shown: int | None, before: datetime | None, zone: ZoneInfo
) -> datetime | None:
    """The moment after the last at which a rule counts; None where none is sent. Refuses with BadField.

    The last minute of a day stands for its end: whoever sends 23:59 means the whole day.
    """
    if day:
        last = _day(day, "sRuleValidToDateTime")
        moment = _moment(last, clock, "toTime", zone)
        if moment is None or moment.astimezone(zone).time().replace(second=0, microsecond=0) == LAST_MINUTE:
            return after_day(last, zone.key)
        return moment + MOMENT
    if shown is None or (before is not None and shown == show_end(before)):
        return None if shown is None else before
    return _from_milliseconds(shown, "ruleValidToDateTime") + MOMENT


def show_start(moment: datetime | None) -> int | None:
    """The first moment, in milliseconds."""
    return None if moment is None else milliseconds(moment)


def show_end(moment: datetime | None) -> int | None:
    """The last moment, in milliseconds."""
    return None if moment is None else milliseconds(moment - MOMENT)


def _day(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        problem = f"{text[:40]!r} is no day from {FIRST_YEAR} to {LAST_YEAR}, such as '2026-03-01'"
        raise BadField(field, problem)
    return day


def _start_of(day: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), zone).astimezone(UTC)


def _moment(day: date, clock: str | None, field: str, zone: ZoneInfo) -> datetime | None:
    """The day's moment at which the clock shows that; None where no time is sent.

    Of a whole moment, as pickers of times send it, the time of the day counts, on the merchant's clock.
    """
    if not clock:
        return None
    try:
        shown = datetime.fromisoformat(clock) if "-" in clock[:5] else time.fromisoformat(clock)
        if ":" not in clock:
            raise ValueError(clock)
        if isinstance(shown, datetime):
            if shown.tzinfo is not None:
                shown = shown.astimezone(zone)
                if shown.date() == day:
                    return shown.astimezone(UTC)
            shown = shown.time()
        return datetime.combine(day, shown, shown.tzinfo or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        problem = f"{clock[:40]!r} is no time of the day, such as '09:30' or '2026-03-01T09:30:00Z'"
        raise BadField(field, problem) from None


def _from_milliseconds(shown: int, field: str) -> datetime:
    if not 0 <= shown <= LAST_MS:
        raise BadField(field, f"{shown} is not a number of milliseconds since 1970, up to {LAST_MS}")
    return EPOCH + timedelta(milliseconds=shown)
