"""Filters of the console's lists that an operator keeps under a name: a page, and what its address asks."""

from datetime import datetime
from typing import NamedTuple

from guerdon.database.pool import Queries
from guerdon.errors.base import BadField
from guerdon.kit.sql import load

SQL = load(__file__, "saved_filters.sql")

NAME_LENGTH_MAX, QUERY_LENGTH_MAX = 60, 2_000
FILTERS_MAX = 20
"""So many for each page: more than that nobody finds again."""


class Owner(NamedTuple):
    """Whose filters: an operator's at one merchant, of one page, known by its path."""

    merchant_id: int
    operator_id: int
    page: str


class SavedFilter(NamedTuple):
    """A name, and what stands behind the `?` of the page's address."""

    name: str
    query: str


async def saved_filters(database: Queries, owner: Owner) -> list[SavedFilter]:
    """An operator's own of a page, by their names."""
    return [SavedFilter(*row) for row in await database.fetch(SQL.list_saved_filters, *owner)]


async def save_filter(database: Queries, owner: Owner, saved: SavedFilter, now: datetime) -> None:
    """Keep a filter under its name, instead of another that had it. Refuses with BadField."""
    name = saved.name.strip()
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        raise BadField("name", f"a name of 1 to {NAME_LENGTH_MAX} characters is needed")
    if not 0 < len(saved.query) <= QUERY_LENGTH_MAX:
        raise BadField("query", f"a filter of 1 to {QUERY_LENGTH_MAX} characters is needed")
    if await database.fetchval(SQL.count_saved_filters, *owner, name) >= FILTERS_MAX:
        raise BadField("name", f"there are {FILTERS_MAX} filters for this page; forget one first")
    await database.execute(SQL.save_filter, *owner, name, saved.query, now)


async def forget_filter(database: Queries, owner: Owner, name: str) -> None:
    """Keep it no more; nothing happens where there is none."""
    await database.execute(SQL.forget_filter, *owner, name)
