"""Points that changed hands in a merchant's programme, page by page."""

from collections.abc import Collection
from datetime import datetime

from guerdon.database.pool import Queries
from guerdon.errors.moving import MovementNotFound
from guerdon.kit.sql import load
from guerdon.moving.movement import Kind, Movement
from guerdon.moving.shelf import read_movement

SQL = load(__file__, "search.sql")

GIVEN = (Kind.TRANSFER, Kind.GIFT)
"""What members give each other."""

BOUGHT = (Kind.PURCHASE,)


async def get_movement(database: Queries, merchant_id: int, movement_id: int, kinds: Collection[Kind]) -> Movement:
    """A movement, if it is of one of these kinds; refuses with MovementNotFound."""
    row = await database.fetchrow(SQL.get_movement, merchant_id, movement_id)
    if row is None or row["kind"] not in kinds:
        raise MovementNotFound(next(iter(kinds)), movement_id)
    return read_movement(row)


async def find_movements(
    database: Queries,
    merchant_id: int,
    kinds: Collection[Kind],
    *,
    member_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[Movement]:
    """Movements of these kinds for which all of this holds, newest first, from before a place (created, id) on.

    A member is on either side. `since` is the first moment, `until` the first after the last.
    """
    place = before or (None, None)
    rows = await database.fetch(
        SQL.find_movements, merchant_id, list(kinds), member_id, since, until, *place, count_max
    )  # fmt: skip
    return [read_movement(row) for row in rows]
