"""Events are forgotten after a while. Endpoints keep what they have still to send in rows of their own."""

from datetime import datetime

from guerdon.database.pool import Database
from guerdon.events.log import SQL


async def prune_events(database: Database, merchant_id: int, before: datetime, limit: int) -> int:
    """Forget the oldest events, `limit` at most, that were recorded before that moment; returns how many went.

    Numbers that were given are never given again.
    """
    async with database.indexed_transaction() as connection:
        gone: int = await connection.fetchval(SQL.prune_events, merchant_id, before, limit)
    return gone
