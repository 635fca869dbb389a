"""Deliveries in the database: made from events, claimed, saved as they went, shown, asked for again, and forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from guerdon.database.pool import Connection, Database
from guerdon.events.log import LIMIT, Numbered, last_sequence, list_events
from guerdon.kit.columns import columns
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.store import write_events
from guerdon.webhooks.attempt import Delivery, Outcome
from guerdon.webhooks.endpoint import Endpoint, Health, disabled, judge
from guerdon.webhooks.endpoints import Locked, endpoint_of, lock_endpoint, locked_of, switch_off
from guerdon.webhooks.message import STANDARD, Format, asked_for

ACTOR = "deliverer"
"""By whom an endpoint is disabled that does not answer."""

SQL = load(__file__, "deliveries.sql")

NEWEST = 2**62
"""Before this delivery come all."""

FIRST = (0, 0, 0)

Formats = Mapping[str, Format]
Key = tuple[int, int]
"""A merchant and its endpoint."""

_encode = msgspec.json.Encoder().encode


class Lease(NamedTuple):
    """One worker has an endpoint until then."""

    merchant_id: int
    endpoint_id: int
    worker: str


class Saved(NamedTuple):
    """How an endpoint does after some attempts, and whether it is still the worker's."""

    health: Health | None
    ours: bool


class Shown(Struct, frozen=True):
    """A delivery for people."""

    sequence: int
    part: int
    message_id: str
    topic: str
    member_id: int | None
    state: str
    attempts: int
    next_attempt_at: datetime | None
    made_at: datetime
    settled_at: datetime | None
    body: str


class Attempt(Struct, frozen=True):
    """One attempt for people: the status and the beginning of the answer, or the reason why there was none."""

    part: int
    number: int
    status: int | None
    reason: str | None
    response: str
    took_ms: int
    at: datetime


async def find_work(database: Database, worker: str, now: datetime) -> list[Key]:
    """The endpoints of all merchants that have something to do, and are free or this worker's."""
    return [(row[0], row[1]) for row in await database.fetch(SQL.find_work, now, worker)]


async def take(database: Database, lease: Lease, *, now: datetime, until: datetime) -> Locked | None:
    """The endpoint, which is the worker's until then; None if it is another's, or is not to be asked now."""
    row = await database.fetchrow(SQL.take_endpoint, *lease, now, until)
    return None if row is None else locked_of(row)


async def leave(database: Database, lease: Lease) -> None:
    """Others may have the endpoint."""
    await database.execute(SQL.leave_endpoint, *lease)


async def list_due(database: Database, lease: Lease, *, now: datetime, limit: int) -> list[Delivery]:
    """What is due for an endpoint, in the order of the events. One that is being sent is still due."""
    async with database.indexed_transaction() as connection:
        rows = await connection.fetch(SQL.list_due, lease.merchant_id, lease.endpoint_id, now, limit)
    return [Delivery(*row) for row in rows]


async def fan_out(
    database: Database, lease: Lease, endpoint: Endpoint, format: Format, merchant: Merchant, *,  # noqa: A002
    now: datetime, limit: int = LIMIT,
) -> bool:  # fmt: skip
    """Make deliveries of the events after those that were looked at; tells whether there were any to look at."""
    # What is committed up to this number is seen by the next statement: nothing between is passed over.
    last = await last_sequence(database, lease.merchant_id)
    if last <= endpoint.sequence:
        return False
    events = await list_events(database, lease.merchant_id, endpoint.sequence, limit, _exact_topics(endpoint))
    reached = max(last, events[-1].sequence) if events and len(events) < limit else last
    if len(events) == limit:
        reached = events[-1].sequence
    rows = await _rows(endpoint, format, merchant, events)
    of = lease.merchant_id, lease.endpoint_id
    async with database.transaction() as connection:
        moved = await connection.execute(SQL.move_cursor, *of, endpoint.sequence, reached, lease.worker)
        if _count(moved) and rows:
            await connection.execute(SQL.insert_deliveries, *of, now, *columns(rows, 7))
    return True


async def save(
    database: Database, lease: Lease, outcomes: Sequence[Outcome], *, now: datetime, until: datetime
) -> Saved:  # fmt: skip
    """How attempts went; the endpoint stays the worker's until then. Disables one that is gone or has failed for days,
    and tells others in the same commit.
    """
    of = lease.merchant_id, lease.endpoint_id
    async with database.indexed_transaction() as connection:
        row = await connection.fetchrow(SQL.keep_endpoint, *lease, until)
        if row is None:
            return Saved(None, ours=False)
        await _save_outcomes(connection, of, outcomes, now)
        endpoint = endpoint_of(row)
        health = judge(endpoint.failing_since, [one.status for one in outcomes], now)
        if health.off is not None and endpoint.enabled:
            await switch_off(connection, endpoint, health.off, now, actor=ACTOR)
            await write_events(connection, lease.merchant_id, [disabled(endpoint, health.off)], now)
        elif (health.failing_since, health.resume_at) != (endpoint.failing_since, endpoint.resume_at):
            await connection.execute(SQL.save_health, *of, health.failing_since, health.resume_at)
    return Saved(health, row["ours"])


async def _save_outcomes(connection: Connection, of: Key, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Those that were taken are alike, and are most of them; the others are written one by one."""
    await connection.execute(SQL.insert_attempts, *of, _encode(outcomes).decode())
    delivered = [one for one in outcomes if one.state == "delivered"]
    for part in {one.part for one in delivered}:
        sequences = [one.sequence for one in delivered if one.part == part]
        await connection.execute(SQL.save_delivered, *of, now, sequences, part)
    if others := [one for one in outcomes if one.state != "delivered"]:
        sequences = list({one.sequence for one in others})
        await connection.execute(SQL.save_undelivered, *of, now, sequences, _encode(others).decode())


async def replay(
    database: Database, endpoint: Endpoint, format: Format, merchant: Merchant, *,  # noqa: A002
    first: int, last: int, now: datetime, failed: bool = False,
) -> int:  # fmt: skip
    """Send the messages of a range of events again, or only those that were given up; returns how many.

    Those that were forgotten, or happened before the endpoint was there, are made from the log.
    """
    of = endpoint.merchant_id, endpoint.endpoint_id
    async with database.indexed_transaction() as connection:
        await lock_endpoint(connection, *of, now)
        done = await connection.execute(SQL.replay_deliveries, *of, first, last, now, failed)
    count = _count(done)
    last = min(last, endpoint.sequence)
    after = first - 1
    while not failed and after < last:
        events = await list_events(database, endpoint.merchant_id, after, LIMIT, _exact_topics(endpoint))
        rows = await _rows(endpoint, format, merchant, [event for event in events if event.sequence <= last])
        async with database.indexed_transaction() as connection:
            await lock_endpoint(connection, *of, now)
            done = await connection.execute(SQL.insert_deliveries, *of, now, *columns(rows, 7))
        count += _count(done)
        after = events[-1].sequence if len(events) == LIMIT else last
    return count


async def list_deliveries(
    database: Database, merchant_id: int, endpoint_id: int, *,
    state: str | None = None, before: int = NEWEST, limit: int = 50,
) -> list[Shown]:  # fmt: skip
    """The newest first, before that event's; only those in one state, if one is named."""
    return [
        Shown(*row) for row in await database.fetch(SQL.list_deliveries, merchant_id, endpoint_id, before, state, limit)
    ]


async def list_attempts(database: Database, merchant_id: int, endpoint_id: int, sequence: int) -> list[Attempt]:
    """All attempts at the messages of one event, oldest first."""
    return [Attempt(*row) for row in await database.fetch(SQL.list_attempts, merchant_id, endpoint_id, sequence)]


async def count_deliveries(
    database: Database, merchant_id: int, endpoint_id: int, *, counted_max: int | None = None
) -> dict[str, int]:
    """How many deliveries are in each state, of each as far as so many are counted, where that is said."""
    row = await database.fetchrow(SQL.count_deliveries, merchant_id, endpoint_id, counted_max)
    assert row is not None, "counting always answers"
    return dict(row.items())


async def forget(
    database: Database, merchant_id: int, before: datetime, after: Sequence[int], limit: int
) -> list[tuple[int, int, int]]:
    """Remove deliveries that were settled before then, with their attempts: so many after the mark, in one transaction.

    Returns which went, the last of which is the next mark. FIRST is the mark to begin with.
    """
    async with database.transaction() as connection:
        rows = await connection.fetch(SQL.find_forgettable, merchant_id, before, *after, limit)
        keys = columns([tuple(row) for row in rows], 3)
        await connection.execute(SQL.forget_attempts, merchant_id, *keys)
        await connection.execute(SQL.forget_deliveries, merchant_id, *keys)
    return [(row[0], row[1], row[2]) for row in rows]


async def _rows(
    endpoint: Endpoint, format: Format, merchant: Merchant, events: Sequence[Numbered]  # noqa: A002
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Rows of insert_deliveries: what the events say that the endpoint has asked for."""
    rendered = await format.render(merchant, events) if events else []
    return [
        (
            event.sequence, part, message_id(event, part), message.topic, event.member_id, message.body.decode(),
            endpoint.ordered and event.member_id is not None,
        )
        for event, messages in zip(events, rendered, strict=True)
        for part, message in enumerate(messages)
        if asked_for(endpoint.topics, message.topic)
    ]  # fmt: skip


def message_id(event: Numbered, part: int) -> str:
    """The same whenever the message is sent: a receiver that has seen it passes it over."""
    return f"evt_{event.event_id.hex}" + (f"_{part}" if part else "")


def _exact_topics(endpoint: Endpoint) -> Sequence[str]:
    """Topics that the log can look for; none, where their names are patterns or those of another format."""
    plain = endpoint.format == STANDARD and all("*" not in topic for topic in endpoint.topics)
    return endpoint.topics if plain else ()


def _count(tag: str) -> int:
    """How many rows a statement says it has written."""
    return int(tag.rpartition(" ")[2])
