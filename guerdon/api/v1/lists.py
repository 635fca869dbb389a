"""Lists: newest first unless asked otherwise, a page at a time, and a cursor that leads to the next.

A cursor is the place of the last thing seen. Nothing is skipped and nothing comes twice, whatever is added meanwhile.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Meta

from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField

Item = TypeVar("Item")
Place = TypeVar("Place")
Row = TypeVar("Row")

LIMIT = 25
LIMIT_MAX = 100


class Asked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every request may say: `fields` are those to answer with, with commas between them."""

    fields: Annotated[str, Meta(max_length=1000, examples=["id,state"])] | None = None


class ListAsked(Asked, kw_only=True):
    """Which page of a list."""

    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT
    cursor: Annotated[str, Meta(max_length=500)] | None = None


class Page(msgspec.Struct, Generic[Item]):
    """A page of a list. `next_cursor` is there where `has_more` is true.

    A page may have fewer things than its limit, or none, and yet not be the last: of what is rare among very many, each
    page looks through some.
    """

    data: list[Item]
    has_more: bool
    next_cursor: str | None = None


def page(
    incoming: Incoming, asked: ListAsked, rows: Sequence[Row], place: Callable[[Row], Any],
    show: Callable[[Row], Item], *, further: Any = None,
) -> Page[Item]:  # fmt: skip
    """The page of these rows, of which one more than the limit was looked for; also tells its successor in `Link`.

    Where not all was looked through, the next page begins `further` on, however few there are on this one.
    """
    some = rows[: asked.limit]
    if len(rows) <= asked.limit and further is None:
        return Page([show(row) for row in some], has_more=False)
    following = cursor(place(some[-1]) if len(rows) > asked.limit else further)
    query = dict(parse_qsl(incoming.query.decode())) | {"cursor": following}
    incoming.told.append((b"link", f'<{incoming.path}?{urlencode(query)}>; rel="next"'.encode()))
    return Page([show(row) for row in some], has_more=True, next_cursor=following)


def cursor(place: Any) -> str:
    """A place in a list, as clients carry it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def after(asked: ListAsked, kind: type[Place]) -> Place | None:
    """The place after which the page begins; None at the beginning. Refuses with BadField what no page has told."""
    if asked.cursor is None:
        return None
    try:
        packed = base64.b64decode(asked.cursor + "=" * (-len(asked.cursor) % 4), altchars=b"-_", validate=True)
        return _storable(msgspec.json.decode(packed, type=kind))
    except (binascii.Error, ValueError, OverflowError):
        raise BadField("cursor", "it is not one that a page of this list has told") from None


def _storable(place: Place) -> Place:
    """A place that may be looked for; raises ValueError or OverflowError where it holds what no row can."""
    parts: Any = place
    for part in cast("tuple[Any, ...]", parts if isinstance(parts, tuple) else (parts,)):
        if isinstance(part, int):
            part.to_bytes(8, "big", signed=True)
        elif isinstance(part, datetime):
            part.astimezone(UTC)
        elif isinstance(part, str) and "\0" in part:
            raise ValueError(part)
    return place
