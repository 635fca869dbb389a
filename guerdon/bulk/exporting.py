"""Exports that are too large to wait for: written by a worker from one snapshot, packed, fetched when they are done.

One that was cut off begins anew: what is in a snapshot is only there while it lasts.
"""

import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta

from msgspec import Struct

from guerdon.bulk.export import KINDS, Format, export_blocks
from guerdon.bulk.files import PIECE_BYTES
from guerdon.bulk.jobs import Job
from guerdon.bulk.tasks import drop, end, want
from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField
from guerdon.errors.bulk import ExportNotFound, ExportNotReady
from guerdon.kit.sql import load
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "exporting.sql")

KEPT_DAYS = 7
"""So long a file can be fetched: it is full of what is known of people."""
GZIP_BITS = 31
"""What zlib calls gzip."""

Place = tuple[datetime, int]


class ExportFile(Struct, frozen=True):
    """An export. `bytes` is the size of the packed file."""

    export_id: int
    kind: str
    format: Format
    state: str
    rows: int
    bytes: int
    problem: str | None
    actor: str
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.kind}-{self.created_at:%Y-%m-%d}.{self.format}"


async def note_export(
    database: Queries, merchant_id: int, what: str, export_id: int | None, *, actor: str, now: datetime, **facts: str
) -> None:  # fmt: skip
    """Write into the audit trail that data leaves: which, and into whose hands."""
    subject = Subject("export", "" if export_id is None else str(export_id))
    await note_change(database, merchant_id, f"export.{what}", subject, now=now, after=facts, actor=actor)


async def ask(
    database: Database, merchant_id: int, kind: str, *, form: Format, actor: str, now: datetime
) -> ExportFile:  # fmt: skip
    """Have everything of a kind written out; refuses with BadField what is no kind."""
    if kind not in KINDS:
        raise BadField("kind", f"there is no {kind[:40]!r}; there are {', '.join(KINDS)}".replace("-", "_"))
    async with database.transaction() as connection:
        export_id: int = await connection.fetchval("SELECT nextval('import_batch_sequence')")
        await connection.execute(SQL.insert_export, merchant_id, export_id, kind, form, actor, now)
        await want(connection, merchant_id, export_id, "export", actor=actor, now=now)
        await note_export(connection, merchant_id, "asked", export_id, actor=actor, now=now, kind=kind, format=form)
    return await get_export(database, merchant_id, export_id)


async def get_export(database: Queries, merchant_id: int, export_id: int) -> ExportFile:
    """An export; refuses with ExportNotFound."""
    row = await database.fetchrow(SQL.get_export, merchant_id, export_id)
    if row is None:
        raise ExportNotFound(merchant_id, export_id)
    return ExportFile(*row)


async def page_exports(
    database: Queries, merchant_id: int, *, before: Place | None, limit: int
) -> list[ExportFile]:  # fmt: skip
    """The next exports of a merchant, newest first."""
    rows = await database.fetch(SQL.page_exports, merchant_id, *(before or (None, None)), limit)
    return [ExportFile(*row) for row in rows]


async def stop(database: Database, merchant_id: int, export_id: int, *, now: datetime) -> ExportFile:
    """Leave off; refuses with ExportNotFound, and with ExportNotReady where there is nothing to leave off."""
    async with database.transaction() as connection:
        export = await get_export(connection, merchant_id, export_id)
        if export.state != "running":
            raise ExportNotReady(export_id, export.state)
        await drop(connection, merchant_id, export_id)
        await connection.execute(SQL.delete_export_pieces, merchant_id, export_id)
        await connection.execute(SQL.end_export, merchant_id, export_id, "cancelled", 0, 0, None, now)
    return await get_export(database, merchant_id, export_id)


async def work(job: Job) -> None:
    """Write the file."""
    export = await get_export(job.database, job.merchant_id, job.task.task_id)
    await job.database.execute(SQL.delete_export_pieces, job.merchant_id, export.export_id)
    rows = size = number = 0
    packer = zlib.compressobj(wbits=GZIP_BITS)
    packed = bytearray()

    async def keep(least: int) -> None:
        nonlocal size, number
        if len(packed) < least or not packed:
            return
        number += 1
        size += len(packed)
        await job.database.execute(
            SQL.insert_export_piece, job.merchant_id, export.export_id, number, bytes(packed)
        )  # fmt: skip
        packed.clear()

    blocks = export_blocks(job.database, job.merchant_id, export.kind, format=export.format, now=job.clock())
    async with aclosing(blocks):
        async for block in blocks:
            packed += packer.compress(block.text)
            rows += block.rows
            await keep(PIECE_BYTES)
            job.on_progress("exported", rows, 0)
    packed += packer.flush()
    await keep(0)
    await _end(job, "complete", rows, size, None)


async def fail(job: Job, problem: str) -> None:
    """It came to nothing, and why."""
    await job.database.execute(SQL.delete_export_pieces, job.merchant_id, job.task.task_id)
    await _end(job, "failed", 0, 0, problem)


async def _end(job: Job, state: str, rows: int, size: int, problem: str | None) -> None:
    """Give the task back with what came of it, unless somebody took it away."""
    async with job.database.transaction() as connection:
        if await end(connection, job.merchant_id, job.task.task_id, job.worker):
            await connection.execute(
                SQL.end_export, job.merchant_id, job.task.task_id, state, rows, size, problem, job.clock()
            )


async def content(database: Database, merchant_id: int, export: ExportFile, *, packed: bool) -> AsyncGenerator[bytes]:
    """The file, piece by piece: as it is kept (gzip), or unpacked. Refuses with ExportNotReady."""
    if export.state != "complete":
        raise ExportNotReady(export.export_id, export.state)
    unpack, number = zlib.decompressobj(wbits=GZIP_BITS), 1
    while (piece := await database.fetchval(SQL.get_export_piece, merchant_id, export.export_id, number)) is not None:
        yield piece if packed else unpack.decompress(piece)
        number += 1


async def forget_old(database: Database, merchant_id: int, now: datetime) -> int:
    """Let files of long ago go, some at a time; returns how many they were."""
    old = await database.fetch(SQL.list_old_exports, merchant_id, now - timedelta(days=KEPT_DAYS))
    for row in old:
        async with database.transaction() as connection:
            await connection.execute(SQL.delete_export_pieces, merchant_id, row[0])
            await connection.execute(SQL.forget_export, merchant_id, row[0])
    return len(old)
