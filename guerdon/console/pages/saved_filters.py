"""Filters that people keep: `/console/saved-filters`.

How a list has them. In its handler:

    return visitor.view("things/list.html", found=found, said=params, saved=await kept(engine, visitor, incoming))

and in its template, where `active` says whether anything is filtered:

    {% import "saved_filters.html" as keeping with context %}
    {% call parts.filters("/console/things", active=active, saved=saved.links, also=keeping.menu(saved)) %}
    … {% endcall %}

The filters of a page are those of its path, and of the operator. A cursor is never kept.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from guerdon.access.saved_filters import Owner, SavedFilter, forget_filter, save_filter, saved_filters
from guerdon.api.engine import Engine
from guerdon.api.wire import Incoming, Route
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField

PATH = "/console/saved-filters"
PAGE = re.compile(r"/console(/[a-z0-9_-]+)+")
UNKEPT = ("cursor",)


class Kept(NamedTuple):
    """A page's filters, as links by their names; and its own `query` now, which may be kept too, empty where it says
    nothing.
    """

    page: str
    query: str
    filters: Sequence[SavedFilter]

    @property
    def links(self) -> list[tuple[str, str]]:
        """Name and address of each."""
        return [(one.name, f"{self.page}?{one.query}") for one in self.filters]

    @property
    def name(self) -> str | None:
        """Under which name the filter of now is kept, if it is."""
        return next((one.name for one in self.filters if one.query == self.query), None)


class FilterSaved(Struct, kw_only=True):
    """What a page asks, and the name to keep it under."""

    page: str
    query: str = ""
    name: str = ""


class FilterForgotten(Struct, kw_only=True):
    """A filter of a page, by its name."""

    page: str
    name: str


async def kept(engine: Engine, visitor: Visitor, incoming: Incoming) -> Kept:
    """The person's filters of the page that is asked for."""
    found = await saved_filters(engine.database, _owner(visitor, incoming.path))
    return Kept(incoming.path, _normal(incoming.query.decode("utf-8", "replace")), found)


async def save(engine: Engine, visitor: Visitor, params: FilterSaved, _incoming: Incoming) -> View:
    """Keep it, and show the page under it."""
    owner, query = _owner(visitor, params.page), _normal(params.query)
    await save_filter(engine.database, owner, SavedFilter(params.name, query), visitor.now)
    return visitor.go(f"{owner.page}?{query}", visitor._("Kept as “%(name)s”", name=params.name.strip()))


async def forget(engine: Engine, visitor: Visitor, params: FilterForgotten, _incoming: Incoming) -> View:
    """Keep it no more."""
    owner = _owner(visitor, params.page)
    await forget_filter(engine.database, owner, params.name)
    return visitor.go(owner.page, visitor._("Forgot “%(name)s”", name=params.name))


def _owner(visitor: Visitor, page: str) -> Owner:
    if not PAGE.fullmatch(page):
        raise BadField("page", "a page of the console is needed")
    return Owner(visitor.merchant.merchant_id, visitor.operator.operator_id, page)


def _normal(query: str) -> str:
    """What of a query is a filter, written in one way."""
    return urlencode([(name, value) for name, value in parse_qsl(query) if name not in UNKEPT])


ROUTES = (
    Route("POST", PATH, FilterSaved, View, save, "see", "Keep a filter"),
    Route("DELETE", PATH, FilterForgotten, View, forget, "see", "Forget a filter"),
    Route("POST", PATH + "/forget", FilterForgotten, View, forget, "see", "Forget a filter"),
)
