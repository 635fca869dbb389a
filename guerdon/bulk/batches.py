"""Imports as they are kept: one row for a file, one for each chunk of it that is committed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from guerdon.database.pool import Connection, Database, Queries
from guerdon.errors.bulk import ImportDiffers, ImportNotFound, ImportStopped, ImportUndone
from guerdon.kit.sql import load
from guerdon.points.bulk import ids_text
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "batches.sql")


Place = tuple[datetime, int]
"""Where an import stands in the list of them: when it began, and its number."""


class Batch(Struct, frozen=True):
    """An import: of which file, how it was read, and how far it has come. `points` and `used` are the file's totals."""

    batch_id: int
    kind: str
    file: str
    fingerprint: str
    options: dict[str, Any]
    state: str
    rows: int
    points: int
    used: int
    actor: str
    created_at: datetime
    updated_at: datetime
    outcome: dict[str, Any] | None
    """What was reported of it last."""
    problem: str | None
    """Why it did not go on."""
    chunks: int
    rows_done: int
    members: int

    @property
    def subject(self) -> str:
        """What its entries in the books say that they are about."""
        return subject_of(self.batch_id)


class Chunk(Struct, frozen=True):
    """Rows committed together: the members (or rules) that they made, the accounts that they gave points to."""

    number: int
    rows: int
    points: int
    used: int
    points_by_history: int
    used_by_history: int
    created: list[int]
    accounts: list[int]
    recorded_at: datetime


async def note_batch(
    connection: Queries, merchant_id: int, batch: "Batch", what: str, *, actor: str, now: datetime, **facts: Any
) -> None:  # fmt: skip
    """Write into the audit trail what somebody has done with an import, in the transaction of that."""
    facts |= {"kind": batch.kind, "file": batch.file, "rows": batch.rows, "points": batch.points}
    subject = Subject("import", str(batch.batch_id))
    await note_change(connection, merchant_id, f"import.{what}", subject, now=now, after=facts, actor=actor)


def subject_of(batch_id: int) -> str:
    """The subject of a batch's entries."""
    return f"import:{batch_id}"


async def begin_batch(
    database: Database,
    merchant_id: int,
    *,
    kind: str,
    file: str,
    fingerprint: str,
    options: dict[str, Any],
    totals: tuple[int, int, int],
    actor: str,
    now: datetime,
) -> Batch:
    """The batch of this file: the one that it began before, or a new one. `totals` are rows, points and points used.

    Refuses with ImportDiffers what began with other options.
    """
    document = msgspec.json.encode(options).decode()
    async with database.transaction() as connection:
        batch_id: int = await connection.fetchval("SELECT nextval('import_batch_sequence')")
        inserted = await connection.execute(
            SQL.insert_batch, merchant_id, batch_id, kind, file, fingerprint, document, *totals, actor, now
        )
        if inserted == "INSERT 0 1":
            begun = await get_batch(connection, merchant_id, batch_id)
            await note_batch(connection, merchant_id, begun, "started", actor=actor, now=now)
    batch = await find_batch(database, merchant_id, kind, fingerprint)
    assert batch is not None, "it was inserted, or there before"
    if batch.options != options or (batch.rows, batch.points, batch.used) != totals:
        raise ImportDiffers(file, batch.batch_id, msgspec.json.encode(batch.options).decode())
    return batch


async def find_batch(database: Queries, merchant_id: int, kind: str, fingerprint: str) -> Batch | None:
    """The import of a file that is not undone."""
    row = await database.fetchrow(SQL.find_batch, merchant_id, kind, fingerprint)
    return None if row is None else await get_batch(database, merchant_id, row[0])


async def get_batch(database: Queries, merchant_id: int, batch_id: int) -> Batch:
    """An import; refuses with ImportNotFound."""
    found = await _batches(database, merchant_id, [batch_id])
    if not found:
        raise ImportNotFound(merchant_id, batch_id)
    return found[0]


async def list_batches(database: Queries, merchant_id: int) -> list[Batch]:
    """All imports of a merchant, oldest first."""
    return await _batches(database, merchant_id, None)


async def page_batches(database: Queries, merchant_id: int, *, before: Place | None, limit: int) -> list[Batch]:
    """The next imports of a merchant, newest first; without those that are still coming in."""
    rows = await database.fetch(SQL.page_batches, merchant_id, *(before or (None, None)), limit)
    order = [row[0] for row in rows]
    return sorted(await _batches(database, merchant_id, order), key=lambda batch: order.index(batch.batch_id))


async def set_state(
    database: Queries, merchant_id: int, batch: Batch, state: str, now: datetime, *, problem: str | None = None,
    outcome: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Say how far an import, or its undoing, has come, and perhaps why not further, and what came of it. A complete
    one is not run again, an undone one may be.
    """
    told = None if outcome is None else msgspec.json.encode(outcome).decode()
    await database.execute(SQL.set_state, merchant_id, batch.batch_id, state, now, problem, told)


async def change_state(
    connection: Connection, merchant_id: int, batch_id: int, states: Sequence[str], state: str, now: datetime
) -> bool:
    """Change it from one of these states to another; False where it is in none of them."""
    return await connection.fetchval(SQL.change_state, merchant_id, batch_id, states, state, now) is not None


async def go_on(database: Database, merchant_id: int, batch: Batch, *, actor: str, now: datetime) -> None:
    """One that was stopped runs again."""
    async with database.transaction() as connection:
        await set_state(connection, merchant_id, batch, "running", now)
        await note_batch(connection, merchant_id, batch, "started", actor=actor, now=now)


async def chunks_done(database: Queries, merchant_id: int, batch_id: int) -> set[int]:
    """The numbers of the chunks that are committed."""
    return {row[0] for row in await database.fetch(SQL.list_chunk_numbers, merchant_id, batch_id)}


async def chunks_left(database: Queries, merchant_id: int, batch_id: int, after: int) -> list[Chunk]:
    """The next chunks that are not undone."""
    rows = await database.fetch(SQL.list_chunks, merchant_id, batch_id, after)
    return [Chunk(*row) for row in rows]


async def lock_batch(connection: Connection, merchant_id: int, batch_id: int) -> None:
    """Keep an import from being stopped or undone while one of its chunks is written; refuses with ImportUndone or
    ImportStopped if it is.
    """
    state = await connection.fetchval(SQL.lock_batch, merchant_id, batch_id)
    if state != "running":
        raise ImportUndone(batch_id) if state in ("undoing", "undone") else ImportStopped(batch_id)


async def write_chunk(connection: Connection, merchant_id: int, batch_id: int, chunk: Chunk) -> None:
    """Say that a chunk is done, in the transaction that did it; a unique violation if another process did it first."""
    await connection.execute(
        SQL.insert_chunk, merchant_id, batch_id, chunk.number, chunk.rows, chunk.points, chunk.used,
        chunk.points_by_history, chunk.used_by_history, ids_text(chunk.created), ids_text(chunk.accounts),
        chunk.recorded_at,
    )  # fmt: skip


async def mark_undone(connection: Connection, merchant_id: int, batch_id: int, number: int, now: datetime) -> bool:
    """Say that a chunk is undone; False if it was before."""
    return await connection.fetchval(SQL.mark_undone, merchant_id, batch_id, number, now) is not None


async def _batches(database: Queries, merchant_id: int, batch_ids: Sequence[int] | None) -> list[Batch]:
    found: list[Batch] = []
    for row in await database.fetch(SQL.get_batches, merchant_id, batch_ids):
        values = list(row)
        values[4] = msgspec.json.decode(values[4])
        values[12] = None if values[12] is None else msgspec.json.decode(values[12])
        found.append(Batch(*values))
    return found
