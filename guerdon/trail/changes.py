"""The audit trail: who changed what, with what it was before and is after, written in the commit of the change.

What changes configuration calls `note_change` in the transaction of the change, so that there is no way to change it
unseen: over the native API, the portal's, the command line or the console. By whom and from where is what the request
says (kit/origin.py), unless the caller knows better. Commands of the desk note theirs in the book (noted.py).

The trail is only added to, and never pruned.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guerdon.database.pool import Queries, Row
from guerdon.errors.access import AuditEntryNotFound
from guerdon.kit.ids import time_ordered_uuid
from guerdon.kit.origin import asked
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.store import Shelf
from guerdon.trail.noted import Document, Noted, Subject, as_kept, differing

SQL = load(__file__, "changes.sql")

CLI = "cli"
"""By whom a change is that nobody asked for over HTTP."""

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)
LAST_ID = UUID(int=2**128 - 1)

_encode = msgspec.json.Encoder().encode


class Change(Struct, frozen=True, kw_only=True):
    """A line of the trail. `actor` is `operator:7`, `key:3`, `cli` or the name of a job; see `names_of`."""

    at: datetime
    entry_id: UUID
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    before: Document | None
    after: Document | None
    address: str | None
    request_id: UUID | None


class Sought(Struct, frozen=True, kw_only=True):
    """Which lines; all that is said must hold, and `until` is not included. A subject's id needs its kind."""

    actor: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    since: datetime = FIRST
    until: datetime = LAST
    before: tuple[datetime, UUID] = (LAST, LAST_ID)


class TrailShelf(Shelf):
    """What commands noted, written in their commit."""

    keeps = frozenset[type]({Noted})

    def save(self, book: Book) -> list[Write]:
        """The lines of the batch."""
        return [Write(SQL.insert_noted, book.page(Noted).added())]


async def note_change(
    database: Queries, merchant_id: int, action: str, subject: Subject, *, now: datetime, before: Any = None,
    after: Any = None, actor: str | None = None, address: str | None = None,
) -> None:  # fmt: skip
    """Write a change in the transaction that `database` is in. Where two documents are the same, nothing has changed,
    and nothing is written. Without any, it is what was done that counts.
    """
    old, new = differing(before, after)
    if before is not None and not new and not old:
        return
    request = asked()
    noted = Noted(
        entry_id=time_ordered_uuid(),
        actor=actor or asker(),
        action=action,
        subject_kind=subject.kind,
        subject_id=subject.id,
        before=None if before is None else as_kept(old),
        after=None if after is None else as_kept({name: one for name, one in new.items() if before or one is not None}),
        address=address or (request.address if request else None) or None,
        request_id=request.request_id if request else None,
    )
    await database.execute(SQL.insert_noted, merchant_id, now, _encode([noted]).decode())


async def note_everywhere(
    database: Queries, operator_id: int, action: str, *, now: datetime, before: Any = None, after: Any = None,
    actor: str | None = None, address: str | None = None,
) -> None:  # fmt: skip
    """What a person did that is no single merchant's, such as signing in: for each merchant for whom they work. Where
    nobody has signed in yet, it is the person's own doing.
    """
    request = asked()
    by = actor or (request.actor if request else "") or f"operator:{operator_id}"
    for row in await database.fetch(SQL.list_merchants_of_operator, operator_id):
        await note_change(
            database, row["merchant_id"], action, Subject("operator", str(operator_id)), now=now, before=before,
            after=after, actor=by, address=address,
        )  # fmt: skip


def asker() -> str:
    """By whom things are done now."""
    request = asked()
    return (request.actor if request else "") or CLI


async def list_changes(database: Queries, merchant_id: int, sought: Sought, count_max: int) -> list[Change]:
    """The newest of them."""
    span = merchant_id, sought.since, sought.until, *sought.before, count_max
    actor, action, kind = sought.actor, sought.action, sought.subject_kind
    if kind is not None and sought.subject_id is not None:
        rows = await database.fetch(SQL.list_noted_of_subject, *span, kind, sought.subject_id, action, actor)
    elif actor is not None and kind is None:
        rows = await database.fetch(SQL.list_noted_of_actor, *span, actor, action)
    elif kind is not None:
        rows = await database.fetch(SQL.list_noted_of_kind, *span, kind, action, actor)
    elif action is not None:
        rows = await database.fetch(SQL.list_noted_of_action, *span, action)
    else:
        rows = await database.fetch(SQL.list_noted, *span)
    return [_change(row) for row in rows]


async def get_change(database: Queries, merchant_id: int, entry_id: UUID) -> Change:
    """One of them; refuses with AuditEntryNotFound."""
    row = await database.fetchrow(SQL.get_noted, merchant_id, entry_id)
    if row is None:
        raise AuditEntryNotFound(f"aud_{entry_id.hex}")
    return _change(row)


async def names_of(database: Queries, merchant_id: int, actors: Collection[str]) -> dict[str, str]:
    """What people call these actors: operators by username, keys by name and end. Others have no other name."""
    operators, keys = _numbers(actors, "operator"), _numbers(actors, "key")
    names: dict[str, str] = {}
    if operators:
        for row in await database.fetch(SQL.name_operators, operators):
            names[f"operator:{row['operator_id']}"] = row["username"]
    if keys:
        for row in await database.fetch(SQL.name_keys, merchant_id, keys):
            names[f"key:{row['key_id']}"] = f"{row['name']} (…{row['hint']})"
    return names


def _numbers(actors: Collection[str], kind: str) -> list[int]:
    parts = (actor.partition(":") for actor in actors)
    return sorted({int(number) for name, _, number in parts if name == kind and number.isdecimal()})


def _change(row: Row) -> Change:
    before, after = (None if row[name] is None else msgspec.json.decode(row[name]) for name in ("before", "after"))
    return Change(
        at=row["at"], entry_id=row["entry_id"], actor=row["actor"], action=row["action"],
        subject_kind=row["subject_kind"], subject_id=row["subject_id"], before=before, after=after,
        address=row["address"], request_id=row["request_id"],
    )  # fmt: skip
