"""Imports as the native API tells of them: what a look has found, how far the work is, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from guerdon.api.v1.ids import like, shown
from guerdon.bulk.batches import Batch
from guerdon.bulk.files import SentFile, files_of
from guerdon.bulk.run import Report
from guerdon.bulk.tasks import Doing, doing
from guerdon.database.pool import Queries

BAD_MAX = 100
"""So many bad rows are told in a report."""

ImportId = Annotated[str, like("bat", 7)]
Kind = Literal["members", "lots", "history", "codes", "redemption_rules", "earning_rules"]


class BadRowAnswer(msgspec.Struct, frozen=True):
    """A row that cannot be taken, by its line."""

    line: int
    column: str
    value: str
    reason: str


class ReportAnswer(msgspec.Struct, frozen=True):
    """What came of it; `import_id` is null where nothing was written. `agrees`: the books have what the file says."""

    object: Literal["import_report"]
    import_id: str | None
    rows: int
    bad_rows: int
    bad: list[BadRowAnswer]
    ignored_columns: list[str]
    members: int
    points: int
    booked: int
    agrees: bool
    was_complete: bool


class ReadColumn(msgspec.Struct, frozen=True):
    """A column of the file, and as what it is read."""

    theirs: str
    ours: str


class PreviewAnswer(msgspec.Struct, frozen=True):
    """What a look at a file has found. Of the good rows, `changed` are about members who are here already."""

    rows: int
    good_rows: int
    bad_rows: int
    new: int
    changed: int
    points: int
    used: int
    columns: list[ReadColumn]
    ignored_columns: list[str]
    skip_bad: bool


class ProgressAnswer(msgspec.Struct, frozen=True):
    """How far a worker has come with it: `waiting`, or so many rows `checked`, `imported`, `proven`, `undone` or
    `exported` of a total (0: not known yet), with the rate and the time that are left at that rate, once there is one.
    """

    stage: str
    done: int
    total: int
    per_second: int | None
    seconds_left: int | None


class ImportAnswer(msgspec.Struct, frozen=True):
    """An import, and how far it has come. One that was sent as a file has a `preview` once it was looked at, and
    `progress` while something is to be done. `problem` is why it did not go on.
    """

    id: str
    object: Literal["import"]
    kind: str
    file: str
    state: str
    rows: int
    rows_done: int
    points: int
    members: int
    actor: str
    created_at: datetime
    updated_at: datetime
    problem: str | None
    preview: PreviewAnswer | None
    progress: ProgressAnswer | None


class UndoneAnswer(msgspec.Struct, frozen=True):
    """What was taken back: members that were made and are gone, those who stay, and points that had been used. In
    `state` `undoing` a worker is to do it, and the numbers are there when the import is `undone`.
    """

    object: Literal["import_undone"]
    import_id: str
    erased: int
    kept: int
    points_spent: int
    state: str


def report_answer(report: Report) -> ReportAnswer:
    """What came of an import that was waited for."""
    return ReportAnswer(
        "import_report", None if report.batch_id is None else shown("bat", report.batch_id), report.rows,
        len(report.bad), [BadRowAnswer(row.line, row.column, row.value, row.reason) for row in report.bad[:BAD_MAX]],
        list(report.ignored), report.members, report.points, report.booked, report.agrees, report.was_complete,
    )  # fmt: skip


async def import_answers(database: Queries, merchant_id: int, batches: Sequence[Batch]) -> dict[int, ImportAnswer]:
    """Imports by number, with what was found in their files and how far they are."""
    ids = [batch.batch_id for batch in batches]
    files = await files_of(database, merchant_id, ids)
    under_way = await doing(database, merchant_id, ids)
    return {one.batch_id: _shown(one, files.get(one.batch_id), under_way.get(one.batch_id)) for one in batches}


async def import_answer(database: Queries, merchant_id: int, batch: Batch) -> ImportAnswer:
    """One of them."""
    return (await import_answers(database, merchant_id, [batch]))[batch.batch_id]


def progress_answer(at: Doing | None) -> ProgressAnswer | None:
    """How far something is, if anything is to be done."""
    if at is None:
        return None
    rate = at.per_second
    return ProgressAnswer(at.stage, at.done, at.total, None if rate is None else round(rate), at.seconds_left)


def _shown(batch: Batch, file: SentFile | None, at: Doing | None) -> ImportAnswer:
    return ImportAnswer(
        shown("bat", batch.batch_id), "import", batch.kind.replace("-", "_"), batch.file, batch.state, batch.rows,
        batch.rows_done, batch.points, batch.members, batch.actor, batch.created_at, batch.updated_at, batch.problem,
        None if file is None else _preview(batch, file), progress_answer(at),
    )  # fmt: skip


def _preview(batch: Batch, file: SentFile) -> PreviewAnswer | None:
    looked = file.looked
    if looked is None:
        return None
    changed = looked.known if batch.kind == "members" else 0
    return PreviewAnswer(
        looked.rows, looked.good, looked.bad, looked.good - changed, changed, looked.points, looked.used,
        [ReadColumn(theirs, ours) for theirs, ours in looked.columns], looked.ignored, file.options.skip_bad,
    )  # fmt: skip
