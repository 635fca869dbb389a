"""Stored answers are forgotten after a while: whoever lost one has asked again long before.

Until then the same key is answered the same. Afterwards it is a new one; what has an id of its own (an order, a return,
an activity) still counts once (behaviour 7).
"""

from datetime import datetime, timedelta

from guerdon.database.pool import Database
from guerdon.kit.sql import load

SQL = load(__file__, "answers.sql")

ANSWER_DAYS = 30
"""How long an Idempotency-Key is remembered."""


async def prune_answers(database: Database, merchant_id: int, now: datetime, limit: int) -> int:
    """Forget the oldest answers, `limit` at most, that were given longer ago; returns how many went."""
    before = now - timedelta(days=ANSWER_DAYS)
    async with database.indexed_transaction() as connection:
        gone: int = await connection.fetchval(SQL.prune_answers, merchant_id, before, limit)
    return gone
