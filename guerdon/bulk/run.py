"""An import from beginning to end: look, write chunk by chunk, and count what came against what the file says.

Killed anywhere, it goes on when it is started again with the same file: what is committed is not read a second time.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from guerdon.bulk import batches, members
from guerdon.bulk.batches import Batch
from guerdon.bulk.check import Checking, Spool, Totals
from guerdon.bulk.chunks import Importing, commit_chunk
from guerdon.bulk.read import Document, open_document
from guerdon.bulk.rows import BadRow, Options, Reading, kept_options
from guerdon.bulk.source import fingerprint
from guerdon.database.pool import Database
from guerdon.kit.clock import Clock
from guerdon.merchants.merchant import Merchant
from guerdon.points import bulk
from guerdon.points.bulk import Proof

IN_FLIGHT = 3
"""Chunks written at once: PostgreSQL has work for two processors while we prepare the next."""

PROVEN_AT_ONCE = 5000

LEARN_AFTER = 20_000
LEARN_OF = 1000
"""After so many rows, or at the end of so many, the planner is told of them: it knows no merchant that is new."""

Progress = Callable[[str, int, int], None]
"""Told what is done (`checked`, `imported`, `proven`), how much of it, and of how much (0: not known yet)."""


class Report(Struct, frozen=True):
    """What came of an import. `booked` are the points that the books have of it, `points` those of the file."""

    batch_id: int | None
    rows: int
    bad: list[BadRow]
    ignored: tuple[str, ...]
    members: int
    points: int
    used: int
    booked: int
    booked_used: int
    by_history: int
    wrong_accounts: int
    was_complete: bool

    @property
    def agrees(self) -> bool:
        """Whether the books have to the point what the file says."""
        return self.points == self.booked + self.by_history and not self.wrong_accounts


async def dry_run(
    database: Database, merchant: Merchant, path: Path, reading: Reading, options: Options, on_progress: Progress
) -> Report:
    """Look at everything and write nothing."""
    batch = await batches.find_batch(database, merchant.merchant_id, reading.kind, fingerprint(path))
    document = open_document(path, reading)
    totals = await _look(database, merchant, document, reading, options, batch, None, on_progress)
    return _looked_at(document, totals, was_complete=batch is not None and batch.state == "complete")


async def run(
    database: Database,
    merchant: Merchant,
    path: Path,
    reading: Reading,
    options: Options,
    *,
    actor: str,
    clock: Clock,
    on_progress: Progress,
) -> Report:
    """Import a file, or go on with it. With bad rows that are not to be skipped, it writes nothing: no `batch_id`."""
    mark = fingerprint(path)
    document = open_document(path, reading)
    batch = await batches.find_batch(database, merchant.merchant_id, reading.kind, mark)
    if batch is not None and batch.state == "complete":
        return await reconcile(database, merchant.merchant_id, batch, on_progress, was_complete=True)
    spool = Spool(reading.kind)
    try:
        totals = await _look(database, merchant, document, reading, options, batch, spool, on_progress)
        if totals.bad and not options.skip_bad:
            return _looked_at(document, totals, was_complete=False)
        batch = await batches.begin_batch(
            database, merchant.merchant_id, kind=reading.kind, file=path.name, fingerprint=mark,
            options=kept_options(reading, options), totals=(totals.good, totals.points, totals.used), actor=actor,
            now=clock(),
        )  # fmt: skip
        if batch.state == "stopped":
            await batches.go_on(database, merchant.merchant_id, batch, actor=actor, now=clock())
        await write(database, merchant, batch, spool, options, actor, clock, on_progress)
    finally:
        spool.close()
    report = await reconcile(database, merchant.merchant_id, batch, on_progress)
    if report.agrees:
        await batches.set_state(database, merchant.merchant_id, batch, "complete", clock(), outcome=outcome_of(report))
    return replace(report, bad=totals.bad, ignored=document.ignored, rows=totals.rows)


def outcome_of(report: Report) -> dict[str, int]:
    """What is kept of a report."""
    return {"members": report.members, "points": report.points, "used": report.used, "booked": report.booked,
            "by_history": report.by_history, "wrong_accounts": report.wrong_accounts}  # fmt: skip


async def reconcile(
    database: Database, merchant_id: int, batch: Batch, on_progress: Progress, *, was_complete: bool = False
) -> Report:
    """Add up what the books have of an import, account by account, and put it beside what the file said."""
    booked = used = by_history = wrong = proven = after = 0
    seen: set[int] = set()
    free = asyncio.Semaphore(IN_FLIGHT)

    async def prove(accounts: Sequence[int]) -> Proof:
        async with free, database.transaction() as connection:
            await bulk.begin(connection)
            return await bulk.prove(connection, merchant_id, accounts, batch.subject)

    while chunks := await batches.chunks_left(database, merchant_id, batch.batch_id, after):
        after = chunks[-1].number
        accounts: list[int] = []
        for chunk in chunks:
            by_history += chunk.points_by_history
            accounts += [account for account in chunk.accounts if account not in seen]
            seen.update(chunk.accounts)
        parts = [accounts[start : start + PROVEN_AT_ONCE] for start in range(0, len(accounts), PROVEN_AT_ONCE)]
        for proof in await asyncio.gather(*map(prove, parts)):
            booked, used, wrong = booked + proof.points, used + proof.used, wrong + proof.wrong
        proven += sum(chunk.rows for chunk in chunks)
        on_progress("proven", proven, batch.rows)
    done = await batches.get_batch(database, merchant_id, batch.batch_id)
    return Report(
        batch.batch_id, batch.rows, [], (), done.members, batch.points, batch.used, booked, used, by_history, wrong,
        was_complete,
    )  # fmt: skip


async def _look(
    database: Database,
    merchant: Merchant,
    document: Document,
    reading: Reading,
    options: Options,
    batch: Batch | None,
    spool: Spool | None,
    on_progress: Progress,
) -> Totals:
    batch_id = None if batch is None else batch.batch_id
    checking = Checking(database, merchant, reading, batch_id=batch_id, add=options.add)
    return await checking.look(document, spool, lambda done, total: on_progress("checked", done, total))


async def write(
    database: Database,
    merchant: Merchant,
    batch: Batch,
    spool: Spool,
    options: Options,
    actor: str,
    clock: Clock,
    on_progress: Progress,
) -> None:
    """Commit the chunks that are not, some at a time."""
    earlier = await batches.list_batches(database, merchant.merchant_id)
    histories = tuple(one.subject for one in earlier if one.kind == "history" and one.state == "complete")
    now = clock()
    importing = Importing(
        merchant, batch.batch_id, batch.kind, actor, now, options.events, histories, options.title,
        merchant.life(now), await members.is_empty(database, merchant.merchant_id),
    )  # fmt: skip
    done = await batches.chunks_done(database, merchant.merchant_id, batch.batch_id)
    free = asyncio.Semaphore(1 if batch.kind in IN_ORDER else IN_FLIGHT)
    written, fresh = batch.rows_done, 0

    async def commit(number: int) -> None:
        nonlocal written, fresh
        try:
            rows = spool[number - 1]
            await commit_chunk(database, importing, number, rows)
            before, written, fresh = fresh, written + len(rows), fresh + len(rows)
            on_progress("imported", written, batch.rows)
            if before < LEARN_AFTER <= fresh:
                await _learn(database)
        finally:
            free.release()

    try:
        async with asyncio.TaskGroup() as tasks:
            for number in range(1, len(spool) + 1):
                if number not in done:
                    await free.acquire()
                    tasks.create_task(commit(number), name=f"chunk {number}")
    except BaseExceptionGroup as several:
        # The first that failed says why; the others were only told to stop.
        raise several.exceptions[0] from None
    if LEARN_OF <= fresh < LEARN_AFTER:
        await _learn(database)


async def _learn(database: Database) -> None:
    await bulk.learn(database)
    await members.learn(database)


IN_ORDER = frozenset(("history",))
"""Kinds whose lines follow from those before them."""


def _looked_at(document: Document, totals: Totals, *, was_complete: bool) -> Report:
    """The report of a file of which nothing was written."""
    return Report(
        None, totals.rows, totals.bad, document.ignored, 0, totals.points, totals.used, 0, 0, 0, 0, was_complete
    )  # fmt: skip
