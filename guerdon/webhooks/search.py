"""Finding deliveries of an endpoint, a page at a time."""

from collections.abc import Sequence

from guerdon.database.pool import Queries, Row
from guerdon.errors.webhooks import DeliveryNotFound
from guerdon.kit.looked import LOOKED_MAX, Looked, looked
from guerdon.kit.sql import load
from guerdon.webhooks.deliveries import NEWEST, Shown
from guerdon.webhooks.message import EVERYTHING

SQL = load(__file__, "search.sql")

IN_STATE = {
    "waiting": SQL.find_waiting_deliveries, "delivered": SQL.find_delivered, "given_up": SQL.find_failed_deliveries,
}  # fmt: skip
"""Few wait or were given up, and an index leads to each."""

Place = tuple[int, int]
"""The number of the event, and the part of what it says."""


async def find_deliveries(
    database: Queries, merchant_id: int, endpoint_id: int, *,
    state: str | None = None, topics: Sequence[str] = (), before: Place | None = None, count_max: int,
) -> Looked[Shown, Place]:  # fmt: skip
    """The newest first, before that one; only those in one state, if one is named, and of these topics, which may be
    patterns such as points.*; naming none is all.
    """
    statement = SQL.find_deliveries if state is None else IN_STATE[state]
    rows = await database.fetch(
        statement, merchant_id, endpoint_id, *(before or (NEWEST, 0)), LOOKED_MAX, count_max, _patterns(topics)
    )
    return looked(rows, _shown, lambda row: (row.sequence, row.part), count_max)


async def get_delivery(database: Queries, merchant_id: int, endpoint_id: int, place: Place) -> Shown:
    """One delivery; refuses with DeliveryNotFound."""
    row = await database.fetchrow(SQL.get_delivery, merchant_id, endpoint_id, *place)
    if row is None:
        raise DeliveryNotFound(f"del_{endpoint_id}_{place[0]}_{place[1]}")
    return Shown(*row)


def _patterns(topics: Sequence[str]) -> list[str] | None:
    """What LIKE compares with."""
    if not topics or EVERYTHING in topics:
        return None
    return [topic.replace("_", r"\_").replace("*", "%") for topic in topics]


def _shown(row: Row) -> Shown:
    return Shown(*tuple(row)[:11])
