"""What lists of the console have in common: days as people choose them, and what of a query is a filter."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from guerdon.console.visitor import Visitor

PAGE = 50
"""So many rows are on a page."""
UNFILTERED = ("cursor", "csrf", "key")


class DaysShown(Struct, kw_only=True):
    """A list of days, from and to, both included, as the merchant's calendar has them."""

    since: date | None = None
    until: date | None = None
    cursor: str | None = None


def first_moment(visitor: Visitor, day: date | None) -> datetime | None:
    """When a day of the merchant's begins."""
    return None if day is None else datetime.combine(day, time(), visitor.zone)


def moment_after(visitor: Visitor, day: date | None) -> datetime | None:
    """When a day of the merchant's is over; the last that there is never is."""
    return None if day is None or day == date.max else datetime.combine(day + timedelta(days=1), time(), visitor.zone)


def said(params: Struct) -> dict[str, Any]:
    """What the query of a list says, for links to its other pages."""
    return {name: value for name, value in msgspec.to_builtins(params).items() if value not in (None, "", False)}


def filters_in_use(asked: Iterable[str]) -> int:
    """How many filters of the query leave something out; the days from and to are one."""
    return len({"since" if name == "until" else name for name in asked if name not in UNFILTERED})


def whole(text: str | None) -> str | None:
    """A text without spaces around it; None where nothing is left."""
    return (text or "").strip() or None


def member_meant(text: str | None) -> str | None:
    """A member as people write one: our id, an identity with its kind, an email address, or a number of a telephone."""
    text = whole(text)
    if text is None or text.startswith("mem_") or ":" in text:
        return text
    if "@" in text:
        return f"email:{text}"
    return f"phone:{text}" if text.startswith("+") else f"external_id:{text}"
