"""All members by number, for lists that are walked by page number.

A page far behind is found from a milestone near it: every ten thousandth member is noted, with how many come before.
They are noted when it is certain that nobody with an id before theirs is still to come.
"""

from datetime import datetime, timedelta

from guerdon.database.pool import Queries
from guerdon.kit.sql import load

SQL = load(__file__, "numbering.sql")

MILE = 10_000
SETTLED = timedelta(hours=1)
"""Ids are given before members are committed: after so long, the one before has been."""


async def pass_milestones(database: Queries, merchant_id: int, now: datetime) -> None:
    """Note those that have come since the last time."""
    await database.execute(SQL.pass_milestones, merchant_id, now - SETTLED, MILE)
