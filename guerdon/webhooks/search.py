"""Finding deliveries of an endpoint, a page at a time."""

from guerdon.database.pool import Queries
from guerdon.errors.webhooks import DeliveryNotFound
from guerdon.kit.sql import load
from guerdon.webhooks.deliveries import NEWEST, Shown

SQL = load(__file__, "search.sql")

IN_STATE = {
    "waiting": SQL.find_waiting_deliveries, "delivered": SQL.find_delivered, "given_up": SQL.find_failed_deliveries,
}  # fmt: skip
"""Few wait or were given up, and an index leads to each."""

Place = tuple[int, int]
"""The number of the event, and the part of what it says."""


async def find_deliveries(
    database: Queries, merchant_id: int, endpoint_id: int, *,
    state: str | None = None, before: Place | None = None, count_max: int,
) -> list[Shown]:  # fmt: skip
    """The newest first, before that one; only those in one state, if one is named."""
    statement = SQL.find_deliveries if state is None else IN_STATE[state]
    rows = await database.fetch(statement, merchant_id, endpoint_id, *(before or (NEWEST, 0)), count_max)
    return [Shown(*row) for row in rows]


async def get_delivery(database: Queries, merchant_id: int, endpoint_id: int, place: Place) -> Shown:
    """One delivery; refuses with DeliveryNotFound."""
    row = await database.fetchrow(SQL.get_delivery, merchant_id, endpoint_id, *place)
    if row is None:
        raise DeliveryNotFound(f"del_{endpoint_id}_{place[0]}_{place[1]}")
    return Shown(*row)
