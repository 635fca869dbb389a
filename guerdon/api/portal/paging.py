"""Lists of the portal contract: filtered, sorted, in pages.

A merchant has rules by the dozen, so they are read at once and chosen from in memory. `sortBy` takes a field of the
entity; rules alike in it follow one another by id. A page after the last one is empty, and no mistake.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from msgspec import Meta

from guerdon.api.portal.contract import MerchantNamed
from guerdon.errors.base import BadField
from guerdon.points.values import POINTS_MAX

T = TypeVar("T")

PAGE_SIZE_MAX = 200
ORDERS = ("ASC", "DESC")


class PageAsked(MerchantNamed, kw_only=True, rename="camel"):
    """Which page, in which order. The body may be left out, and each of these too."""

    search_text: str | None = None
    """Found in the description or the name, in any case."""
    sort_by: str | None = None
    sort_order: Annotated[str, Meta(extra_json_schema={"pattern": "^([Aa][Ss][Cc]|[Dd][Ee][Ss][Cc]|)$"})] | None = None
    page_number: Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": POINTS_MAX})] | None = None
    page_size: Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": PAGE_SIZE_MAX})] | None = None


class Page(NamedTuple, Generic[T]):
    """One page, the `number`th of `size` rules each; `total` counts all that the filters let through."""

    rules: list[T]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)


def page_of(rules: Iterable[T], asked: PageAsked, sorts: Mapping[str, Callable[[T], Any]]) -> Page[T]:
    """The page that is asked for, of rules by id. Refuses with BadField an order or a page that cannot be."""
    key, descending = _sort(asked, sorts)
    number = _within(1 if asked.page_number is None else asked.page_number, "pageNumber", most=POINTS_MAX)
    size = _within(25 if asked.page_size is None else asked.page_size, "pageSize", most=PAGE_SIZE_MAX)
    ordered = sorted(rules, key=key, reverse=descending)
    return Page(ordered[(number - 1) * size : number * size], len(ordered), number, size)


def says(asked: PageAsked, *texts: str) -> bool:
    """Whether one of the texts has what is searched for."""
    wanted = (asked.search_text or "").strip().casefold()
    return any(wanted in text.casefold() for text in texts)


def _sort(asked: PageAsked, sorts: Mapping[str, Callable[[T], Any]]) -> tuple[Callable[[T], Any], bool]:
    """By what, and whether from the end."""
    by, order = asked.sort_by or "id", (asked.sort_order or "ASC").upper()
    if by not in sorts:
        raise BadField("sortBy", f"{by[:40]!r} is none of {', '.join(sorts)}")
    if order not in ORDERS:
        raise BadField("sortOrder", f"{order[:40]!r} is neither ASC nor DESC")
    return sorts[by], order == "DESC"


def _within(value: int, field: str, *, most: int) -> int:
    if not 1 <= value <= most:
        raise BadField(field, f"{value} is not a whole number from 1 to {most}")
    return value
