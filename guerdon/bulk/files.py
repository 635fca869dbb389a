"""Files that were sent in: taken piece by piece, kept in the database, and handed to whatever worker is to read them.

So a file survives whichever process took it, and memory holds a piece at a time.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from guerdon.bulk.batches import Batch, get_batch
from guerdon.bulk.presets import COLUMNS, PRESETS
from guerdon.bulk.rows import Options, Reading, kept_options
from guerdon.bulk.tasks import want
from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField, BodyTooLarge
from guerdon.errors.bulk import FileUnreadable
from guerdon.kit.sql import load

SQL = load(__file__, "files.sql")

FILE_BYTES_MAX = 200_000_000
PIECE_BYTES = 256 * 1024
KEPT_DAYS = 30
"""So long after an import has ended its file, and the rows that were bad in it, can be fetched."""


class Looked(Struct, frozen=True):
    """What a look at a file has found: its rows, those that are bad, and of the good ones those about members who are
    here already; the points that they bring; which columns are read, and as what (theirs, ours), and which are not.
    """

    rows: int
    bad: int
    known: int
    points: int
    used: int
    columns: list[tuple[str, str]]
    ignored: list[str]

    @property
    def good(self) -> int:
        """Rows that can be imported."""
        return self.rows - self.bad


class SentFile(Struct, frozen=True):
    """A file that was sent: how it is to be read and written, how large it is, and what was found in it."""

    batch_id: int
    reading: Reading
    options: Options
    bytes: int
    looked: Looked | None


class BadRecord(Struct, frozen=True):
    """A row that cannot be taken. `record` is the row: by the names of columns, or alone where it has other fields."""

    line: int
    field: str
    value: str
    reason: str
    record: dict[str, str]


def check_names(reading: Reading) -> None:
    """Refuses with BadField a preset or a column that there is not."""
    kind = reading.kind
    if reading.preset not in PRESETS:
        raise BadField("preset", f"there is no {reading.preset!r}; there are {', '.join(PRESETS)}")
    if unknown := sorted(set(reading.columns.values()) - set(COLUMNS[kind])):
        raise BadField("columns", f"{kind} have no {unknown[0]!r}; they have {', '.join(COLUMNS[kind])}")


async def receive(
    database: Database, merchant_id: int, blocks: AsyncIterator[bytes], *, file: str, reading: Reading,
    options: Options, actor: str, now: datetime,
) -> Batch:  # fmt: skip
    """Take a file in and have it looked at. One that waits already, to be read in the same way, is that import.

    Refuses with FileUnreadable and BodyTooLarge; what came of a file that is refused, or cut off, goes again.
    """
    batch_id = await _begin(database, merchant_id, reading, options, file=file, actor=actor, now=now)
    try:
        fingerprint, size = await _keep(database, merchant_id, batch_id, blocks)
        waiting = await _waiting(database, merchant_id, reading, options, fingerprint)
        if waiting is not None:
            await forget(database, merchant_id, batch_id)
            return await get_batch(database, merchant_id, waiting)
    except BaseException:
        await forget(database, merchant_id, batch_id)
        raise
    async with database.transaction() as connection:
        await connection.execute(SQL.set_size, merchant_id, batch_id, size)
        await connection.execute(SQL.set_fingerprint, merchant_id, batch_id, fingerprint, now)
        await want(connection, merchant_id, batch_id, "look", actor=actor, now=now)
    return await get_batch(database, merchant_id, batch_id)


async def _begin(
    database: Database, merchant_id: int, reading: Reading, options: Options, *, file: str, actor: str, now: datetime
) -> int:
    kept = _json(kept_options(reading, options))
    async with database.transaction() as connection:
        batch_id: int = await connection.fetchval("SELECT nextval('import_batch_sequence')")
        await connection.execute(SQL.receive_batch, merchant_id, batch_id, reading.kind, file, kept, actor, now)
        await connection.execute(SQL.insert_file, merchant_id, batch_id, _json(reading), _json(options))
    return batch_id


async def _keep(database: Database, merchant_id: int, batch_id: int, blocks: AsyncIterator[bytes]) -> tuple[str, int]:
    """Keep a file piece by piece; returns its fingerprint and its size."""
    digest, size, number, piece = hashlib.sha256(), 0, 0, bytearray()
    async for block in blocks:
        digest.update(block)
        size += len(block)
        if size > FILE_BYTES_MAX:
            raise BodyTooLarge(FILE_BYTES_MAX)
        piece += block
        if len(piece) >= PIECE_BYTES:
            number += 1
            await database.execute(SQL.insert_piece, merchant_id, batch_id, number, bytes(piece))
            piece.clear()
    if not size:
        raise FileUnreadable("it is empty; its first line names the columns", "the file")
    if piece:
        await database.execute(SQL.insert_piece, merchant_id, batch_id, number + 1, bytes(piece))
    return digest.hexdigest(), size


async def _waiting(
    database: Database, merchant_id: int, reading: Reading, options: Options, fingerprint: str
) -> int | None:  # fmt: skip
    """The import that waits with the same file; the time at which it was sent is no difference."""
    found = await database.fetch(SQL.find_waiting, merchant_id, reading.kind, fingerprint, _json(options))
    for batch_id, before in found:
        if msgspec.structs.replace(msgspec.json.decode(before, type=Reading), now=reading.now) == reading:
            return batch_id
    return None


async def get_file(database: Queries, merchant_id: int, batch_id: int) -> SentFile | None:
    """The file of an import; None where it was not sent, or is forgotten."""
    return (await files_of(database, merchant_id, [batch_id])).get(batch_id)


async def files_of(database: Queries, merchant_id: int, batch_ids: Sequence[int]) -> dict[int, SentFile]:
    """The files of those of these imports that have one."""
    found: dict[int, SentFile] = {}
    for batch_id, reading, options, size, looked in await database.fetch(SQL.get_files, merchant_id, batch_ids):
        found[batch_id] = SentFile(
            batch_id, msgspec.json.decode(reading, type=Reading), msgspec.json.decode(options, type=Options), size,
            None if looked is None else msgspec.json.decode(looked, type=Looked),
        )  # fmt: skip
    return found


async def fetch_file(database: Database, merchant_id: int, batch_id: int, path: Path) -> None:
    """Lay a file on a disk, to be read there."""
    number = 0
    with path.open("wb") as output:
        while (piece := await database.fetchval(SQL.get_piece, merchant_id, batch_id, number + 1)) is not None:
            output.write(piece)
            number += 1


async def keep_options(
    connection: Queries, merchant_id: int, batch_id: int, options: Options, kept: Mapping[str, Any]
) -> None:  # fmt: skip
    """Say how a file is to be written after all."""
    await connection.execute(SQL.set_options, merchant_id, batch_id, _json(options))
    await connection.execute(SQL.set_kept_options, merchant_id, batch_id, _json(kept))


async def keep_looked(
    database: Database, merchant_id: int, batch_id: int, looked: Looked, bad: Sequence[BadRecord], now: datetime
) -> None:
    """Keep what a look has found, in place of what an earlier one did."""
    async with database.transaction() as connection:
        await connection.execute(SQL.set_looked, merchant_id, batch_id, _json(looked))
        await connection.execute(
            SQL.set_totals, merchant_id, batch_id, looked.good, looked.points, looked.used, now
        )  # fmt: skip
        await connection.execute(SQL.delete_bad_rows, merchant_id, batch_id)
        await connection.execute(SQL.insert_bad_rows, merchant_id, batch_id, _json(bad))


async def list_bad_rows(
    database: Queries, merchant_id: int, batch_id: int, *, after: int, limit: int
) -> list[BadRecord]:  # fmt: skip
    """The next rows of an import that cannot be taken, by line."""
    rows = await database.fetch(SQL.list_bad_rows, merchant_id, batch_id, after, limit)
    return [
        BadRecord(line, field, value, reason, msgspec.json.decode(record, type=dict[str, str]))
        for line, field, value, reason, record in rows
    ]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def forget(database: Database, merchant_id: int, batch_id: int) -> None:
    """Let a file go; and its import, where it came to nothing."""
    async with database.transaction() as connection:
        await connection.execute(SQL.delete_pieces, merchant_id, batch_id)
        await connection.execute(SQL.delete_bad_rows, merchant_id, batch_id)
        await connection.execute(SQL.delete_file, merchant_id, batch_id)
        await connection.execute(SQL.delete_batch, merchant_id, batch_id)


async def forget_old(database: Database, merchant_id: int, now: datetime) -> int:
    """Let files of long ago go, some at a time; returns how many they were."""
    old = await database.fetch(SQL.list_old_files, merchant_id, now - timedelta(days=KEPT_DAYS))
    for row in old:
        await forget(database, merchant_id, row[0])
    return len(old)
