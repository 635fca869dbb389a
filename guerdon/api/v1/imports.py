"""`/v1/imports`: members, points, codes and rules from a file of up to a megabyte, and a whole import taken back.

Larger files are sent as they are (`import_files.py`), looked at and then started. A file is imported once: sent again,
it changes nothing, and one that was cut off goes on where it stopped.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.keyed import remembered
from guerdon.api.v1.ids import number
from guerdon.api.v1.import_answers import (
    ImportAnswer,
    ImportId,
    Kind,
    ReportAnswer,
    UndoneAnswer,
    import_answer,
    import_answers,
    report_answer,
)
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.write import DRY_RUN, WriteAsked, created, keyed
from guerdon.api.wire import Incoming, Route
from guerdon.bulk import jobs
from guerdon.bulk import run as bulk
from guerdon.bulk.batches import get_batch, page_batches
from guerdon.bulk.files import check_names
from guerdon.bulk.rows import Options, Reading
from guerdon.bulk.undo import find_spent, undo

PATH = "/v1/imports"
WAITED_ROWS_MAX = 5000
"""An import of more rows is taken back by a worker: nobody waits for that."""

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


async def create(engine: Engine, caller: Caller, params: ImportWanted, incoming: Incoming) -> ReportAnswer | Raw:
    """Import a file, or say with every bad row why not."""
    merchant = caller.merchant
    reading = Reading(
        kind_of(params.kind), merchant.timezone, engine.clock(), params.preset, params.country, params.levels or {},
        params.columns or {}, points=params.points,
    )  # fmt: skip
    check_names(reading)
    options = Options(skip_bad=params.skip_bad, add=params.add, events=params.events, title=params.title)

    async def write() -> ReportAnswer:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / params.file
            path.write_text(params.content, "utf-8", newline="")
            if params.dry_run:
                return report_answer(await bulk.dry_run(engine.database, merchant, path, reading, options, _unwatched))
            report = await bulk.run(
                engine.database, merchant, path, reading, options, actor=caller.actor, clock=engine.clock,
                on_progress=_unwatched,
            )  # fmt: skip
            return report_answer(report)

    if params.dry_run:
        incoming.told.append(DRY_RUN)
        return await write()
    answer = await remembered(engine.database, keyed(engine, caller, incoming, params), write)
    if isinstance(answer, Raw) or answer.import_id is None or answer.was_complete:
        return answer
    return created(incoming, answer, f"{PATH}/{answer.import_id}")


async def find(engine: Engine, caller: Caller, params: ListAsked, incoming: Incoming) -> Page[ImportAnswer]:
    """Imports, newest first."""
    merchant_id = caller.merchant.merchant_id
    batches = await page_batches(
        engine.database, merchant_id, before=after(params, tuple[datetime, int]), limit=params.limit + 1
    )
    answers = await import_answers(engine.database, merchant_id, batches)
    return page(
        incoming, params, batches, lambda one: (one.created_at, one.batch_id), lambda one: answers[one.batch_id]
    )


async def fetch(engine: Engine, caller: Caller, params: ImportAsked, _incoming: Incoming) -> ImportAnswer:
    """One import."""
    merchant_id = caller.merchant.merchant_id
    batch = await get_batch(engine.database, merchant_id, number("bat", params.id))
    return await import_answer(engine.database, merchant_id, batch)


async def take_back(engine: Engine, caller: Caller, params: ImportUndoing, incoming: Incoming) -> UndoneAnswer | Raw:
    """Take an import back: its points, and the members that it made and to whom nothing else has happened. A large one
    is taken back by a worker: look at the import for its progress.
    """
    merchant_id, batch_id = caller.merchant.merchant_id, number("bat", params.id)
    batch = await get_batch(engine.database, merchant_id, batch_id)
    if params.dry_run:
        incoming.told.append(DRY_RUN)
        spent = await find_spent(engine.database, merchant_id, batch)
        return UndoneAnswer("import_undone", params.id, 0, 0, sum(one.points for one in spent), batch.state)

    async def write() -> UndoneAnswer:
        if batch.rows_done > WAITED_ROWS_MAX or batch.state == "running":
            await jobs.take_back(
                engine.database, merchant_id, batch_id, force=params.force, actor=caller.actor, now=engine.clock()
            )
            return UndoneAnswer("import_undone", params.id, 0, 0, 0, "undoing")
        undone = await undo(
            engine.database, merchant_id, batch_id, force=params.force, actor=caller.actor, clock=engine.clock,
            on_progress=_unwatched,
        )  # fmt: skip
        return UndoneAnswer("import_undone", params.id, undone.erased, undone.kept, undone.points_spent, "undone")

    return await remembered(engine.database, keyed(engine, caller, incoming, params), write)


def kind_of(kind: Kind) -> str:
    """The kind as files of it are called elsewhere."""
    return kind.replace("_", "-")


def _unwatched(_what: str, _done: int, _of: int) -> None:
    """Whoever asked waits for the answer."""


ROUTES = (
    Route("POST", PATH, ImportWanted, ReportAnswer, create, "write", "Import a file", keyed=True, creates=True),
    Route("GET", PATH, ListAsked, Page[ImportAnswer], find, "read", "List imports"),
    Route("GET", PATH + "/{id:str}", ImportAsked, ImportAnswer, fetch, "read", "Get an import"),
    Route("POST", PATH + "/{id:str}/undo", ImportUndoing, UndoneAnswer, take_back, "write", "Take an import back",
          keyed=True),
)  # fmt: skip
