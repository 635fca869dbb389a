"""An import that was sent as a file, from one state to the next.

receiving ─► looking ─► ready ─► running ─► complete ─► undoing ─► undone
                │          │        └─► stopped (goes on, or is undone)
                └► failed  └► cancelled

Whoever asks changes the state and leaves a task; a worker does it, and changes the state again in the transaction in
which it gives the task back. So a state and the work that belongs to it are never apart.
"""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg
from msgspec.structs import replace

from guerdon.bulk import batches, files, run
from guerdon.bulk.batches import Batch, change_state, get_batch, note_batch, set_state
from guerdon.bulk.check import Checking, Spool, Totals
from guerdon.bulk.files import BadRecord, Looked, SentFile
from guerdon.bulk.presets import COLUMNS
from guerdon.bulk.read import Document, open_document
from guerdon.bulk.rows import Reading, kept_options
from guerdon.bulk.run import Progress, outcome_of
from guerdon.bulk.source import read_header, read_whole
from guerdon.bulk.tasks import Task, drop, end, want
from guerdon.bulk.undo import undo
from guerdon.database.pool import Database
from guerdon.errors.base import Outage, Refusal
from guerdon.errors.bulk import ImportHasBadRows, ImportInOtherState, ImportStopped, ImportTwice, ImportUndone
from guerdon.kit.clock import Clock
from guerdon.merchants.merchant import Merchant

BAD_KEPT_MAX = 10_000
"""So many bad rows of a file are kept to be looked at; of the others their number."""

CHANGED = "it is not what it was when it was looked at, since other things have changed meanwhile: look at it again"
WRONG = "the books do not have to the point what the file says: run `guerdon verify`"


class Job(NamedTuple):
    """A task in the hands of a worker."""

    database: Database
    merchant: Merchant
    task: Task
    worker: str
    clock: Clock
    on_progress: Progress

    @property
    def merchant_id(self) -> int:
        """Whose."""
        return self.merchant.merchant_id


async def start(
    database: Database, merchant_id: int, batch_id: int, *, skip_bad: bool, actor: str, now: datetime
) -> Batch:
    """Have a file that was looked at written, or go on with one that was stopped.

    Refuses with ImportNotFound, ImportInOtherState, ImportHasBadRows and ImportTwice.
    """
    batch = await get_batch(database, merchant_id, batch_id)
    file = await files.get_file(database, merchant_id, batch_id)
    if file is None or file.looked is None or batch.state not in ("ready", "stopped"):
        raise ImportInOtherState(batch_id, batch.state, "ready or stopped")
    options = replace(file.options, skip_bad=file.options.skip_bad or skip_bad)
    if file.looked.bad and not options.skip_bad:
        raise ImportHasBadRows(batch_id, file.looked.bad)
    try:
        async with database.transaction() as connection:
            if not await change_state(connection, merchant_id, batch_id, [batch.state], "running", now):
                raise ImportInOtherState(batch_id, "changing", "ready or stopped")
            await files.keep_options(
                connection, merchant_id, batch_id, options, kept_options(file.reading, options)
            )  # fmt: skip
            await want(connection, merchant_id, batch_id, "write", actor=actor, now=now)
            await note_batch(
                connection, merchant_id, batch, "started", actor=actor, now=now, skip_bad=options.skip_bad
            )  # fmt: skip
    except asyncpg.UniqueViolationError:
        other = await batches.find_batch(database, merchant_id, batch.kind, batch.fingerprint)
        raise ImportTwice(batch_id, other.batch_id if other is not None else batch_id) from None
    return await get_batch(database, merchant_id, batch_id)


async def stop(database: Database, merchant_id: int, batch_id: int, *, actor: str, now: datetime) -> Batch:
    """Leave off: of a file that is not being written nothing remains, one that is goes on when it is started again.

    Refuses with ImportNotFound and ImportInOtherState.
    """
    async with database.transaction() as connection:
        batch = await get_batch(connection, merchant_id, batch_id)
        whole = await change_state(connection, merchant_id, batch_id, ["looking", "ready"], "cancelled", now)
        if not whole and not await change_state(connection, merchant_id, batch_id, ["running"], "stopped", now):
            raise ImportInOtherState(batch_id, batch.state, "looking, ready or running")
        await drop(connection, merchant_id, batch_id)
        await note_batch(connection, merchant_id, batch, "stopped", actor=actor, now=now)
    if whole:
        await files.forget(database, merchant_id, batch_id)
    return await get_batch(database, merchant_id, batch_id)


async def take_back(
    database: Database, merchant_id: int, batch_id: int, *, force: bool, actor: str, now: datetime
) -> Batch:  # fmt: skip
    """Have an import undone; one that is running stops. Refuses with ImportNotFound and ImportInOtherState."""
    async with database.transaction() as connection:
        batch = await get_batch(connection, merchant_id, batch_id)
        if batch.state not in ("running", "stopped", "complete", "undoing"):
            raise ImportInOtherState(batch_id, batch.state, "running, stopped or complete")
        await change_state(connection, merchant_id, batch_id, ["running"], "stopped", now)
        await want(connection, merchant_id, batch_id, "undo", actor=actor, now=now, force=force)
        await note_batch(connection, merchant_id, batch, "undone", actor=actor, now=now, force=force)
    return await get_batch(database, merchant_id, batch_id)


async def work(job: Job) -> None:
    """Do what is to be done for an import. What is refused is told by its state."""
    batch = await get_batch(job.database, job.merchant_id, job.task.task_id)
    try:
        await {"look": _look, "write": _write, "undo": _undo}[job.task.work](job, batch)
    except (ImportStopped, ImportUndone):
        return  # it is not ours any more: whoever took it away has said what it is now
    except Outage:
        raise
    except Refusal as refusal:
        await fail(job, batch, refusal.sentence)


async def fail(job: Job, batch: Batch, problem: str) -> None:
    """It does not go on, and why. What is written stays, and may be gone on with or undone."""
    now = await get_batch(job.database, job.merchant_id, batch.batch_id)
    after = {"look": "failed", "write": "stopped" if now.chunks else "ready", "undo": now.state}
    await _finish(job, batch, after[job.task.work], problem=problem)


async def _look(job: Job, batch: Batch) -> None:
    """Find out what is in a file, and keep what is wrong with it."""
    file = await _file_of(job, batch)
    with tempfile.TemporaryDirectory(prefix="guerdon-import-") as folder:
        path = await _laid(job, batch, folder)
        await _keep(job, path, await _checked(job, file, path, None))
    await _finish(job, batch, "ready")


async def _write(job: Job, batch: Batch) -> None:
    """Write what is good; what is committed already is passed over."""
    file = await _file_of(job, batch)
    spool = Spool(batch.kind)
    with tempfile.TemporaryDirectory(prefix="guerdon-import-") as folder:
        try:
            path = await _laid(job, batch, folder)
            found = await _checked(job, file, path, spool)
            totals = found[1]
            if (totals.good, totals.points, totals.used) != (batch.rows, batch.points, batch.used):
                if not batch.chunks:
                    await _keep(job, path, found)
                await fail(job, batch, CHANGED)
                return
            await run.write(
                job.database, job.merchant, batch, spool, file.options, job.task.actor, job.clock, job.on_progress
            )
        finally:
            spool.close()
    report = await run.reconcile(job.database, job.merchant_id, batch, job.on_progress)
    state, problem = ("complete", None) if report.agrees else ("stopped", WRONG)
    await _finish(job, batch, state, problem=problem, outcome=outcome_of(report))


async def _undo(job: Job, batch: Batch) -> None:
    """Take back what was written."""
    undone = await undo(
        job.database, job.merchant_id, batch.batch_id, force=job.task.force, actor=job.task.actor, clock=job.clock,
        on_progress=job.on_progress, is_noted=True,
    )  # fmt: skip
    outcome = {"erased": undone.erased, "kept": undone.kept, "points_spent": undone.points_spent}
    await _finish(job, batch, "undone", outcome=outcome)


async def _finish(
    job: Job, batch: Batch, state: str, *, problem: str | None = None, outcome: dict[str, int] | None = None
) -> None:
    """Give the task back with what came of it, unless somebody took it away."""
    async with job.database.transaction() as connection:
        if await end(connection, job.merchant_id, batch.batch_id, job.worker):
            await set_state(connection, job.merchant_id, batch, state, job.clock(), problem=problem, outcome=outcome)


async def _file_of(job: Job, batch: Batch) -> SentFile:
    file = await files.get_file(job.database, job.merchant_id, batch.batch_id)
    assert file is not None, "a file that is to be looked at was sent"
    return file


async def _laid(job: Job, batch: Batch, folder: str) -> Path:
    """The file on a disk of this machine, under the name that refusals tell."""
    path = Path(folder) / batch.file
    await files.fetch_file(job.database, job.merchant_id, batch.batch_id, path)
    return path


Found = tuple[Document, Totals]


async def _checked(job: Job, file: SentFile, path: Path, spool: Spool | None) -> Found:
    """Go through the whole of a file."""
    document = open_document(path, file.reading)
    checking = Checking(
        job.database, job.merchant, file.reading, batch_id=file.batch_id, add=file.options.add, bad_max=BAD_KEPT_MAX
    )
    total = file.looked.rows if file.looked is not None else 0
    return document, await checking.look(document, spool, lambda done, _: job.on_progress("checked", done, total))


async def _keep(job: Job, path: Path, found: Found) -> None:
    document, totals = found
    file = await files.get_file(job.database, job.merchant_id, job.task.task_id)
    assert file is not None, "it was looked at"
    looked = Looked(
        totals.rows, totals.bad_rows, totals.known, totals.points, totals.used, _columns(document, file.reading),
        list(document.ignored),
    )  # fmt: skip
    await files.keep_looked(job.database, job.merchant_id, file.batch_id, looked, _records(path, totals), job.clock())


def _columns(document: Document, reading: Reading) -> list[tuple[str, str]]:
    """Which columns are read, as the file calls them, and as what."""
    return [
        (theirs, ours)
        for ours, names in zip(COLUMNS[reading.kind], document.places, strict=True)
        for theirs in [next((name for name in names if name in document.header.columns), None)]
        if theirs is not None
    ]


def _records(path: Path, totals: Totals) -> Sequence[BadRecord]:
    """The bad rows as they stand in the file."""
    if not totals.bad:
        return ()
    whole = read_whole(path, read_header(path), [bad.line for bad in totals.bad])
    return [BadRecord(bad.line, bad.column, bad.value, bad.reason, whole.get(bad.line, {})) for bad in totals.bad]
