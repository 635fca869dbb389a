"""Looking for a request among those of late: by what it was, or by a command that came of it."""

from datetime import datetime
from uuid import UUID

from guerdon.access.history import Asked, Past, past_of
from guerdon.database.pool import Queries
from guerdon.kit.looked import LOOKED_MAX, Looked, bound, looked
from guerdon.kit.origin import requests_of
from guerdon.kit.sql import load

SQL = load(__file__, "search.sql")

Place = tuple[datetime, UUID]
"""Where a request stands in a list: its time, and its id."""


async def look_for_requests(
    database: Queries, merchant_id: int, asked: Asked, *, user_agent: str | None = None, count_max: int
) -> Looked[Past, Place]:
    """Requests without excerpts, newest first; the `user_agent` is part of theirs, in any case of letters.

    They are looked through in the order of time: what is rare among them is found page by page.
    """
    rows = await database.fetch(
        SQL.look_for_requests, merchant_id, asked.since, bound(asked.until, asked.before[0]), *asked.before,
        *asked.statuses, asked.method, asked.path, asked.caller, asked.error_code, user_agent, LOOKED_MAX, count_max,
    )  # fmt: skip
    return looked(rows, past_of, lambda past: (past.at, past.request_id), count_max)


async def request_of(database: Queries, merchant_id: int, command_id: UUID) -> Past | None:
    """The request that a command came of, as long as the log has it; None of what no request asked for."""
    row = await database.fetchrow(SQL.find_request_between, merchant_id, *requests_of(command_id))
    return None if row is None else past_of(row)
