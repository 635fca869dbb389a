"""A page of a list that was looked through only so far: what is rare among millions is found page by page.

Each list has indexes for what people mostly ask for. Whatever is asked beside that is looked for in what the index
leads to, LOOKED_MAX rows at a time: a page may then have fewer rows than were asked for, or none, and yet not be the
last. So no page of a list ever reads a whole merchant.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

INSTANT = timedelta(microseconds=1)
Row = TypeVar("Row")
Place = TypeVar("Place")

LOOKED_MAX = 10_000
"""So many rows are looked through for one page."""


class Looked(NamedTuple, Generic[Row, Place]):
    """What was found, and where to go on where not all was looked through; None where `rows` say so themselves."""

    rows: list[Row]
    further: Place | None = None


def looked(
    rows: Sequence[Any], read: Callable[[Any], Row], place: Callable[[Row], Place], count_max: int
) -> Looked[Row, Place]:  # fmt: skip
    """What a statement found that ends with two columns: whether the row is `wanted`, and its number among those that
    were looked at. The last of these comes in any case.
    """
    found = [read(row) for row in rows if row["wanted"]]
    if len(found) >= count_max or not rows or rows[-1]["looked"] < LOOKED_MAX:
        return Looked(found[:count_max])
    return Looked(found, place(read(rows[-1])))


def bound(until: datetime, before: datetime) -> datetime:
    """Before when the rows of a page are, which goes on before a place: an index is entered by the time alone. A place
    that no page has told may have a time without a zone.
    """
    return until if before.tzinfo is None or before >= until else before + INSTANT
