"""Values as files write them, read into what the books mean: points, dates, identities, flags. Pure.

Each function takes the text (or, from NDJSON, the JSON value) of one column and raises `BadValue` where it is none.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, cast

import msgspec

from guerdon.kit.calendar import zone
from guerdon.kit.contact import BadContact, normal_email, normal_phone
from guerdon.points.values import POINTS_MAX

TEXT_MAX = 10_000
WRITTEN = re.compile(r"([+-]?[0-9]{1,20})(?:\.([0-9]*))?")
YEARS = range(1900, 2201)

TRUE = frozenset(("true", "t", "yes", "y", "1", "on", "subscribed", "opted in", "enrolled", "member"))
FALSE = frozenset(("false", "f", "no", "n", "0", "off", "unsubscribed", "opted out", "not enrolled", "guest"))


PLAIN_EMAIL = re.compile(r"[a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,3}")
"""What nearly all addresses look like: that is their normal form, so that nothing else has to be looked at."""


class BadValue(Exception):
    """This is not what the column is for; the message says what would be."""


class Birthday(NamedTuple):
    """A day of the year; the year only if it is known."""

    year: int | None
    month: int
    day: int


class Numbers(NamedTuple):
    """How a system writes numbers: "1.234,00" has "." between thousands and "," before the fraction."""

    thousands: str = ""
    point: str = "."


class Dates:
    """Reads moments and days in a merchant's zone."""

    def __init__(self, timezone: str, pattern: str | None = None) -> None:
        self._zone = zone(timezone)
        self._pattern = pattern
        """As strptime has it, for days; None means ISO 8601."""

    def start(self, value: Any) -> datetime | None:
        """A moment in UTC; of a day alone, its beginning."""
        return self._read(value, days_later=0)

    def end(self, value: Any) -> datetime | None:
        """A moment in UTC; of a day alone, its end, for points live through the whole of their last day."""
        return self._read(value, days_later=1)

    def birthday(self, value: Any) -> Birthday | None:
        """A day of the year. A year before 1900 stands for one that is not known, as does its absence."""
        text = text_of(value)
        if text is None:
            return None
        for leap_year in ("", "2000-", "2000/"):
            try:
                found = self._day(leap_year + text.removeprefix("--"))
            except (ValueError, BadValue):
                continue
            return Birthday(found.year if not leap_year and found.year in YEARS else None, found.month, found.day)
        raise BadValue("no birthday; write it as 1990-12-25, or 12-25 without the year")

    def _read(self, value: Any, *, days_later: int) -> datetime | None:
        text = text_of(value) if value else None
        return None if text is None else self._moment(text, days_later)

    def _moment(self, text: str, days_later: int) -> datetime:
        try:
            if self._pattern is None and len(text) > 10:
                moment = datetime.fromisoformat(text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else ""))
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=self._zone)
            else:
                day = self._day(text)
                _check_year(day.year)
                moment = datetime.combine(day + timedelta(days=days_later), time(), self._zone)
            _check_year(moment.year)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise BadValue(f"no date; write it as {self._example()}") from None

    def _day(self, text: str) -> date:
        if self._pattern is None:
            return date.fromisoformat(text)
        for pattern in (self._pattern, self._pattern.replace("/%Y", "").replace("%Y-", "").replace("-%Y", "")):
            try:
                # 2000 was a leap year, so that 29 February without a year is a day.
                given, form = (text, pattern) if "%Y" in pattern else (f"2000 {text}", f"%Y {pattern}")
                found = datetime.strptime(given, form).date()  # noqa: DTZ007  # a day has no zone
            except ValueError:
                continue
            return found if "%Y" in pattern else found.replace(year=1)
        raise ValueError(text)

    def _example(self) -> str:
        return "2026-12-31 or 2026-12-31T23:59:59+00:00" if self._pattern is None else self._pattern


def _check_year(year: int) -> None:
    if year not in YEARS:
        raise BadValue(f"a date from {YEARS[0]} to {YEARS[-1]} is needed")


def text_of(value: Any) -> str | None:
    """Text without space around it; None where there is none."""
    if type(value) is str and len(value) <= TEXT_MAX and value.isprintable():
        return value.strip() or None  # what can be printed is UTF-8, and no NUL
    if not isinstance(value, str):
        if value is None:
            return None
        if isinstance(value, bool | list | dict):
            raise BadValue("text is needed")
        value = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if not value or not (value := value.strip()):
        return None
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadValue("it is not UTF-8: save the file as UTF-8") from None
    if "\0" in value:
        raise BadValue("it holds a NUL character, which no text may")
    if len(value) > TEXT_MAX:
        raise BadValue(f"it is longer than {TEXT_MAX} characters")
    return value


def points_of(value: Any, numbers: Numbers = Numbers()) -> int | None:  # noqa: B008  # frozen
    """A whole number of points, perhaps with a sign. "100.0" is 100; a fraction, or more than 2^53, is bad."""
    if type(value) is int:
        found = value
    else:
        text = text_of(value)
        if text is None:
            return None
        if text.isascii() and text.isdigit():
            found = int(text) if len(text) <= 20 else POINTS_MAX + 1
        else:
            found = _written(text, numbers)
    if not -POINTS_MAX <= found <= POINTS_MAX:
        raise BadValue(f"it is more than {POINTS_MAX} points, which is the most")
    return found


def _written(text: str, numbers: Numbers) -> int:
    plain = text.replace(numbers.thousands, "") if numbers.thousands else text
    found = WRITTEN.fullmatch(plain if numbers.point == "." else plain.replace(numbers.point, "."))
    if found is None:
        raise BadValue("no whole number of points")
    if found[2] and found[2].strip("0"):
        raise BadValue("points are whole: this is a fraction")
    return int(found[1])


def level_of(value: Any, levels: dict[str, int]) -> int | None:
    """The level of a tier: a number, or a name that the caller has told a level of."""
    text = text_of(value)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    try:
        return levels[text.casefold()]
    except KeyError:
        raise BadValue("no level of a tier; name it with --tier NAME=LEVEL") from None


def flag_of(value: Any) -> bool | None:
    """Yes or no."""
    if isinstance(value, bool):
        return value
    text = text_of(value)
    if text is None:
        return None
    if (word := text.lower()) in TRUE:
        return True
    if word in FALSE:
        return False
    raise BadValue("neither yes nor no; write true or false")


def list_of(value: Any) -> tuple[str, ...] | None:
    """Several texts: a JSON array, or parts with commas between them."""
    if isinstance(value, str):
        if value.startswith("["):
            try:
                value = msgspec.json.decode(value, type=list[str])
            except msgspec.DecodeError:
                raise BadValue('no list; write it as a,b or ["a","b"]') from None
        else:
            value = value.split(",")
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise BadValue('no list; write it as a,b or ["a","b"]')
    texts = map(text_of, cast("Sequence[Any]", value))
    return tuple(dict.fromkeys(text for text in texts if text)) or None


def email_of(value: Any) -> str | None:
    """An address in the form in which it is compared."""
    if type(value) is str and PLAIN_EMAIL.fullmatch(lower := value.lower()):
        return lower
    text = text_of(value)
    if text is None:
        return None
    try:
        return normal_email(text)
    except BadContact as error:
        raise BadValue(str(error)) from None


def phone_of(value: Any, country: str | None) -> str | None:
    """A number in E.164; one without a country is read as dialled in `country`."""
    # A spreadsheet keeps the zeros and the plus of a number behind an apostrophe.
    text = text_of(value)
    if text is None or not (text := text.removeprefix("'")):
        return None
    try:
        return normal_phone(text, country)
    except BadContact as error:
        raise BadValue(str(error)) from None
