"""Finding deliveries of an endpoint, a page at a time."""

from guerdon.database.pool import Queries
from guerdon.errors.webhooks import DeliveryNotFound
from guerdon.kit.sql import load
from guerdon.webhooks.deliveries import NEWEST, Shown

SQL = load(__file__, "search.sql")

Place = tuple[int, int]
"""The number of the event, and the part of what it says."""


async def find_deliveries(
    database: Queries, merchant_id: int, endpoint_id: int, *,
    state: str | None = None, before: Place | None = None, count_max: int,
) -> list[Shown]:  # fmt: skip
    """The newest first, before that one; only those in one state, if one is named."""
    rows = await database.fetch(
        SQL.find_deliveries, merchant_id, endpoint_id, *(before or (NEWEST, 0)), state, count_max
    )
    return [Shown(*row) for row in rows]


async def get_delivery(database: Queries, merchant_id: int, endpoint_id: int, place: Place) -> Shown:
    """One delivery; refuses with DeliveryNotFound."""
    row = await database.fetchrow(SQL.get_delivery, merchant_id, endpoint_id, *place)
    if row is None:
        raise DeliveryNotFound(f"del_{endpoint_id}_{place[0]}_{place[1]}")
    return Shown(*row)
