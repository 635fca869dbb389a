"""The log of events: the relay numbers what was committed, and readers go on after the last number they have seen.

    command ──► event without a number, in the same commit ──► relay ──► number ──► list_events(after=…)

A command cannot number its events itself: numbers without a gap would be one row that everybody waits for, and numbers
from a sequence become visible out of order, so that a reader who has seen 8 would never look for a late 7. The relay
gives them after the commit, under a lock of its own: a number is visible only once all smaller ones are. An event that
is committed late gets a later number.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guerdon.database.pool import Database, Queries, Row
from guerdon.errors.webhooks import EventNotFound
from guerdon.kit.looked import LOOKED_MAX, Looked, looked
from guerdon.kit.sql import load

SQL = load(__file__, "log.sql")

NEWEST = 2**62
"""Before this number come all."""
BEGINNING = 0
"""What a reader has seen who has seen nothing."""

LIMIT = 1000
"""How many events of a merchant are numbered in one transaction, or read at once."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Numbered(Struct, frozen=True):
    """An event with its place in the log of its merchant: numbers rise from 1 without a gap."""

    sequence: int
    event_id: UUID
    topic: str
    member_id: int | None
    payload: dict[str, Any]
    recorded_at: datetime


async def relay(database: Database, merchant_id: int | None = None, limit: int = LIMIT) -> int:
    """Number the events of a merchant that have none, oldest first and `limit` at most, or so of every merchant.

    Returns how many have a number now. Any number of relays may run at once.
    """
    if merchant_id is not None:
        return await _number(database, merchant_id, limit)
    return sum([await _number(database, merchant, limit) for merchant in await unnumbered_merchants(database)])


async def unnumbered_merchants(database: Database) -> list[int]:
    """The merchants with events that have no number yet."""
    return [row[0] for row in await database.fetch(SQL.find_unnumbered_merchants)]


async def list_events(
    database: Database, merchant_id: int, after: int = BEGINNING, limit: int = LIMIT, topics: Sequence[str] = ()
) -> list[Numbered]:
    """What happened after that number, oldest first; only of these topics, where some are named."""
    rows = await database.fetch(SQL.list_events, merchant_id, after, limit, list(topics))
    return [_numbered(row) for row in rows]


class Back(Struct, frozen=True, kw_only=True):
    """Which events; all that is said must hold. `about` are facts that they tell, such as `{"redemption_id": 7}`."""

    topics: Sequence[str] = ()
    member_id: int | None = None
    about: Mapping[str, int | str] = {}


async def look_back(
    database: Queries, merchant_id: int, wanted: Back, *, before: int = NEWEST, count_max: int = LIMIT
) -> Looked[Numbered, int]:
    """What happened before that number, newest first. The log is looked through in its order: what is rare in it is
    found page by page.
    """
    rows = await database.fetch(
        SQL.look_back, merchant_id, before, list(wanted.topics), wanted.member_id, _facts(wanted.about), LOOKED_MAX,
        count_max,
    )  # fmt: skip
    return looked(rows, _numbered, lambda event: event.sequence, count_max)


async def events_at(
    database: Queries, merchant_id: int, moments: Collection[datetime], about: Mapping[str, int | str]
) -> list[Numbered]:  # fmt: skip
    """What was told about something at these moments, which are those of its commits, in the order of telling."""
    rows = await database.fetch(SQL.list_events_at, merchant_id, sorted(set(moments)), _facts(about))
    return [_numbered(row) for row in rows]


async def get_event(database: Database, merchant_id: int, event_id: UUID) -> Numbered:
    """One event, whose number is 0 until it has one; refuses with EventNotFound."""
    row = await database.fetchrow(SQL.get_event, merchant_id, event_id)
    if row is None:
        raise EventNotFound(f"evt_{event_id.hex}")
    return _numbered(row)


async def last_sequence(database: Database, merchant_id: int) -> int:
    """The number of the merchant's last event; 0 before the first."""
    sequence = await database.fetchval(SQL.get_last_sequence, merchant_id)
    return BEGINNING if sequence is None else sequence


async def _number(database: Database, merchant_id: int, limit: int) -> int:
    async with database.indexed_transaction() as connection:
        before = await connection.fetchval(SQL.lock_numbering, merchant_id)
        if before is None:
            await connection.execute(SQL.begin_numbering, merchant_id)
            before = await connection.fetchval(SQL.lock_numbering, merchant_id)
        last = await connection.fetchval(SQL.number_events, merchant_id, before, limit)
        return 0 if last is None else last - before


def _numbered(row: Row) -> Numbered:
    return Numbered(row[0], row[1], row[2], row[3], _decode(row[4]), row[5])


def _facts(about: Mapping[str, int | str]) -> str:
    return msgspec.json.encode(about).decode()
