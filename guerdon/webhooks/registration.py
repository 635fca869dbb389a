"""Registering in three steps, as the incumbent's clients do: a target, a filter, and a subscription of both."""

from collections.abc import Sequence
from datetime import datetime

from guerdon.database.pool import Database
from guerdon.errors.webhooks import FilterNotFound, TargetNotFound, TooManyEndpoints
from guerdon.kit.sql import load
from guerdon.webhooks.endpoint import checked_topics, checked_url
from guerdon.webhooks.endpoints import ENDPOINTS_MAX, add_endpoint

SQL = load(__file__, "registration.sql")

PARTS_MAX = 10 * ENDPOINTS_MAX


async def add_target(database: Database, merchant_id: int, url: str, *, allow_private: bool, now: datetime) -> int:
    """A place to post to; returns its id. Refuses a URL that we would never ask, and more than PARTS_MAX."""
    return await _add(database, SQL.insert_target, merchant_id, checked_url(url, allow_private=allow_private), now)


async def add_filter(database: Database, merchant_id: int, topics: Sequence[str], *, now: datetime) -> int:
    """Topics to be told of; returns its id. Refuses what is no topic, and more than PARTS_MAX."""
    return await _add(database, SQL.insert_filter, merchant_id, checked_topics(topics), now)


async def subscribe(
    database: Database, merchant_id: int, target_id: int, filter_id: int, *, format: str,  # noqa: A002
    allow_private: bool, now: datetime,
) -> int:  # fmt: skip
    """An endpoint of both; returns its id. Refuses with TargetNotFound, FilterNotFound, and as add_endpoint does."""
    parts = await database.fetchrow(SQL.find_parts, merchant_id, target_id, filter_id)
    assert parts is not None, "one row, whatever is in it"
    url, topics = parts
    if url is None:
        raise TargetNotFound(target_id)
    if topics is None:
        raise FilterNotFound(filter_id)
    endpoint, _ = await add_endpoint(
        database, merchant_id, url=url, format=format, topics=topics, allow_private=allow_private, now=now
    )
    return endpoint.endpoint_id


async def _add(database: Database, statement: str, merchant_id: int, value: object, now: datetime) -> int:
    number: int = await database.fetchval("SELECT nextval('webhook_endpoint_sequence')")
    if await database.fetchval(statement, merchant_id, number, value, now, PARTS_MAX) is None:
        raise TooManyEndpoints(PARTS_MAX)
    return number
