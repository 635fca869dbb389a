"""`/v1/imports`: members, points, codes and rules from a file of up to a megabyte, and a whole import taken back.

Larger files are for `guerdon import`, which streams them. A file is imported once: sent again, it changes nothing, and
one that was cut off goes on where it stopped.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.keyed import remembered
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.write import DRY_RUN, WriteAsked, created, keyed
from guerdon.api.wire import Incoming, Route
from guerdon.bulk import run as bulk
from guerdon.bulk.batches import Batch, get_batch, list_batches
from guerdon.bulk.presets import COLUMNS, PRESETS
from guerdon.bulk.rows import Reading
from guerdon.bulk.run import Options, Report
from guerdon.bulk.undo import find_spent, undo
from guerdon.errors.base import BadField

PATH = "/v1/imports"
BAD_MAX = 100
"""So many bad rows are told."""

ImportId = Annotated[str, Meta(examples=["bat_7"])]
Kind = Literal["members", "lots", "history", "codes", "redemption_rules", "earning_rules"]
Short = Annotated[str, Meta(max_length=200)]


class ImportWanted(WriteAsked, kw_only=True):
    """A file, as its text: CSV with a header, or NDJSON. `columns` are further names of columns, theirs then ours."""

    kind: Kind
    content: Annotated[str, Meta(min_length=1)]
    file: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[\w. -]+$")] = "upload"
    """What it is called in lists."""
    preset: Short = "guerdon"
    """Whose export it is."""
    columns: dict[Short, Short] | None = None
    levels: dict[Short, int] | None = None
    """The levels of tiers by name."""
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] | None = None
    """Where phone numbers without a country are dialled."""
    points: bool = True
    skip_bad: bool = False
    """Whether bad rows are left out; otherwise one of them is enough that nothing is written."""
    add: bool = False
    """Whether points may come to members to whom another import has brought some."""
    events: bool = False
    title: Short = "Brought over"


class ImportAsked(Asked, kw_only=True):
    """One import."""

    id: ImportId


class ImportUndoing(WriteAsked, kw_only=True):
    """Take an import back; with `force` even if members have used some of the points, which stay used."""

    id: ImportId
    force: bool = False


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


class ImportAnswer(msgspec.Struct, frozen=True):
    """An import, and how far it has come."""

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


class UndoneAnswer(msgspec.Struct, frozen=True):
    """What was taken back: members that were made and are gone, those who stay, and points that had been used."""

    object: Literal["import_undone"]
    import_id: str
    erased: int
    kept: int
    points_spent: int


async def create(engine: Engine, caller: Caller, params: ImportWanted, incoming: Incoming) -> ReportAnswer | Raw:
    """Import a file, or say with every bad row why not."""
    merchant, kind = caller.merchant, _kind_of(params.kind)
    _check_names(kind, params)
    reading = Reading(
        kind, merchant.timezone, engine.clock(), params.preset, params.country, params.levels or {},
        params.columns or {},
        points=params.points,
    )  # fmt: skip
    options = Options(skip_bad=params.skip_bad, add=params.add, events=params.events, title=params.title)

    async def write() -> ReportAnswer:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / params.file
            path.write_text(params.content, "utf-8", newline="")
            if params.dry_run:
                return _report(await bulk.dry_run(engine.database, merchant, path, reading, options, _unwatched))
            report = await bulk.run(
                engine.database, merchant, path, reading, options, actor=caller.actor, clock=engine.clock,
                on_progress=_unwatched,
            )  # fmt: skip
            return _report(report)

    if params.dry_run:
        incoming.told.append(DRY_RUN)
        return await write()
    answer = await remembered(engine.database, keyed(engine, caller, incoming, params), write)
    if isinstance(answer, Raw) or answer.import_id is None or answer.was_complete:
        return answer
    return created(incoming, answer, f"{PATH}/{answer.import_id}")


async def find(engine: Engine, caller: Caller, params: ListAsked, incoming: Incoming) -> Page[ImportAnswer]:
    """Imports, newest first."""
    before = after(params, int)
    batches = sorted(await list_batches(engine.database, caller.merchant.merchant_id), key=_number, reverse=True)
    rows = [one for one in batches if before is None or one.batch_id < before][: params.limit + 1]
    return page(incoming, params, rows, _number, _shown)


async def fetch(engine: Engine, caller: Caller, params: ImportAsked, _incoming: Incoming) -> ImportAnswer:
    """One import."""
    return _shown(await get_batch(engine.database, caller.merchant.merchant_id, number("bat", params.id)))


async def take_back(engine: Engine, caller: Caller, params: ImportUndoing, incoming: Incoming) -> UndoneAnswer | Raw:
    """Take an import back: its points, and the members that it made and to whom nothing else has happened."""
    merchant_id, batch_id = caller.merchant.merchant_id, number("bat", params.id)
    if params.dry_run:
        incoming.told.append(DRY_RUN)
        batch = await get_batch(engine.database, merchant_id, batch_id)
        spent = await find_spent(engine.database, merchant_id, batch)
        return UndoneAnswer("import_undone", params.id, 0, 0, sum(one.points for one in spent))

    async def write() -> UndoneAnswer:
        undone = await undo(
            engine.database, merchant_id, batch_id, force=params.force, actor=caller.actor, clock=engine.clock,
            on_progress=_unwatched,
        )  # fmt: skip
        return UndoneAnswer("import_undone", params.id, undone.erased, undone.kept, undone.points_spent)

    return await remembered(engine.database, keyed(engine, caller, incoming, params), write)


def _check_names(kind: str, params: ImportWanted) -> None:
    """Refuses with BadField a preset or a column that there is not."""
    if params.preset not in PRESETS:
        raise BadField("preset", f"there is no {params.preset!r}; there are {', '.join(PRESETS)}")
    if unknown := sorted(set((params.columns or {}).values()) - set(COLUMNS[kind])):
        raise BadField("columns", f"{params.kind} have no {unknown[0]!r}; they have {', '.join(COLUMNS[kind])}")


def _kind_of(kind: Kind) -> str:
    return kind.replace("_", "-")


def _unwatched(_what: str, _done: int, _of: int) -> None:
    """Whoever asked waits for the answer."""


def _number(batch: Batch) -> int:
    return batch.batch_id


def _report(report: Report) -> ReportAnswer:
    return ReportAnswer(
        "import_report", None if report.batch_id is None else shown("bat", report.batch_id), report.rows,
        len(report.bad), [BadRowAnswer(row.line, row.column, row.value, row.reason) for row in report.bad[:BAD_MAX]],
        list(report.ignored), report.members, report.points, report.booked, report.agrees, report.was_complete,
    )  # fmt: skip


def _shown(batch: Batch) -> ImportAnswer:
    return ImportAnswer(
        shown("bat", batch.batch_id), "import", batch.kind.replace("-", "_"), batch.file, batch.state, batch.rows,
        batch.rows_done, batch.points, batch.members, batch.actor, batch.created_at, batch.updated_at,
    )  # fmt: skip


ROUTES = (
    Route("POST", PATH, ImportWanted, ReportAnswer, create, "write", "Import a file", keyed=True, creates=True),
    Route("GET", PATH, ListAsked, Page[ImportAnswer], find, "read", "List imports"),
    Route("GET", PATH + "/{id:str}", ImportAsked, ImportAnswer, fetch, "read", "Get an import"),
    Route("POST", PATH + "/{id:str}/undo", ImportUndoing, UndoneAnswer, take_back, "write", "Take an import back",
          keyed=True),
)  # fmt: skip
