"""`/v1/export_files`: everything of a kind, written out by a worker to be fetched afterwards.

What is small flows at once (`GET /v1/exports/{kind}`); what is large is asked for here, and fetched once complete.
"""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.incoming import LINES
from guerdon.api.v1.flowing import Signed, begin, end, flow, say
from guerdon.api.v1.ids import like, number, shown
from guerdon.api.v1.import_answers import ProgressAnswer, progress_answer
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.write import WriteAsked, changed, created
from guerdon.api.wire import Incoming, Route
from guerdon.bulk import exporting
from guerdon.bulk.export import KINDS
from guerdon.bulk.exporting import ExportFile
from guerdon.bulk.tasks import Doing, doing
from guerdon.database.pool import Database, Queries
from guerdon.errors.bulk import ExportNotReady

PATH = "/v1/export_files"
CONTENT_PATH = PATH + "/{id:str}/content"
MEDIA = {"csv": b"text/csv; charset=utf-8", "ndjson": LINES.encode()}

ExportId = Annotated[str, like("exp", 7)]


class ExportFileWanted(WriteAsked, kw_only=True):
    """Everything of a kind. A file is kept for a week."""

    kind: Annotated[str, Meta(extra_json_schema={"enum": [kind.replace("-", "_") for kind in KINDS]})]
    format: Literal["csv", "ndjson"] = "csv"


class ExportFileAsked(Asked, kw_only=True):
    """One export."""

    id: ExportId


class ExportFileStopping(WriteAsked, kw_only=True):
    """Stop an export."""

    id: ExportId


class ExportFileAnswer(msgspec.Struct, frozen=True):
    """An export: `running`, `complete`, `cancelled`, `failed` (with the `problem`) or `forgotten`. `bytes` is its size
    when packed.
    """

    id: str
    object: Literal["export_file"]
    kind: str
    format: str
    state: str
    rows: int
    bytes: int
    problem: str | None
    actor: str
    created_at: datetime
    updated_at: datetime
    progress: ProgressAnswer | None


async def create(
    engine: Engine, caller: Caller, params: ExportFileWanted, incoming: Incoming
) -> ExportFileAnswer | Raw:  # fmt: skip
    """Have everything of a kind written out."""
    merchant_id, kind, now = caller.merchant.merchant_id, params.kind.replace("_", "-"), engine.clock()

    async def write(database: Database) -> ExportFileAnswer:
        made = await exporting.ask(database, merchant_id, kind, form=params.format, actor=caller.actor, now=now)
        return await _answer(database, caller, made)

    answer = await changed(engine, caller, incoming, params, write)
    return answer if isinstance(answer, Raw) else created(incoming, answer, f"{PATH}/{answer.id}")


async def find(engine: Engine, caller: Caller, params: ListAsked, incoming: Incoming) -> Page[ExportFileAnswer]:
    """Exports, newest first."""
    merchant_id = caller.merchant.merchant_id
    found = await exporting.page_exports(
        engine.database, merchant_id, before=after(params, tuple[datetime, int]), limit=params.limit + 1
    )
    at = await doing(engine.database, merchant_id, [one.export_id for one in found])
    return page(
        incoming, params, found, lambda one: (one.created_at, one.export_id),
        lambda one: _shown(one, at.get(one.export_id)),
    )  # fmt: skip


async def fetch(engine: Engine, caller: Caller, params: ExportFileAsked, _incoming: Incoming) -> ExportFileAnswer:
    """One export."""
    export = await exporting.get_export(engine.database, caller.merchant.merchant_id, number("exp", params.id))
    return await _answer(engine.database, caller, export)


async def cancel(
    engine: Engine, caller: Caller, params: ExportFileStopping, incoming: Incoming
) -> ExportFileAnswer | Raw:  # fmt: skip
    """Leave off."""
    merchant_id, export_id, now = caller.merchant.merchant_id, number("exp", params.id), engine.clock()

    async def write(database: Database) -> ExportFileAnswer:
        export = await exporting.get_export(database, merchant_id, export_id)
        if export.state != "cancelled":
            export = await exporting.stop(database, merchant_id, export_id, now=now)
        return await _answer(database, caller, export)

    return await changed(engine, caller, incoming, params, write)


async def download(engine: Engine, caller: Caller, params: ExportFileAsked, _incoming: Incoming) -> ExportFile:
    """The file of an export that is complete; another is refused. That it is fetched is in the audit trail."""
    merchant_id = caller.merchant.merchant_id
    export = await exporting.get_export(engine.database, merchant_id, number("exp", params.id))
    if export.state != "complete":
        raise ExportNotReady(export.export_id, export.state)
    await exporting.note_export(
        engine.database, merchant_id, "fetched", export.export_id, actor=caller.actor, now=engine.clock(),
        kind=export.kind, format=export.format,
    )  # fmt: skip
    return export


def downloads(engine_of: Callable[[], Engine]) -> ASGIApp:
    """The application that sends files as they are asked for."""

    async def application(scope: Scope, _receive: Receive, send: Send) -> None:
        incoming = Incoming(scope)

        async def opened(signed: Signed) -> Awaitable[None]:
            export = await download(signed.engine, signed.caller, signed.params, incoming)
            return sent_file(signed.engine, incoming, send, signed.headers, signed.caller, export)

        await flow(engine_of(), incoming, DOWNLOAD, send, opened)

    return application


async def sent_file(
    engine: Engine, incoming: Incoming, send: Send, headers: Any, caller: Caller, export: ExportFile
) -> None:
    """The file piece by piece: as it is kept for whoever takes gzip, unpacked for others."""
    packed = "gzip" in incoming.headers.get("accept-encoding", "")
    told = [*headers, (b"content-disposition", f'attachment; filename="{export.name}"'.encode())]
    if packed:
        told.append((b"content-encoding", b"gzip"))
    await begin(send, incoming, told, MEDIA[export.format])
    pieces = exporting.content(engine.database, caller.merchant.merchant_id, export, packed=packed)
    async with aclosing(pieces):
        async for piece in pieces:
            await say(send, piece)
    await end(send)


async def _answer(database: Queries, caller: Caller, export: ExportFile) -> ExportFileAnswer:
    at = await doing(database, caller.merchant.merchant_id, [export.export_id])
    return _shown(export, at.get(export.export_id))


def _shown(export: ExportFile, at: Doing | None) -> ExportFileAnswer:
    return ExportFileAnswer(
        shown("exp", export.export_id), "export_file", export.kind.replace("-", "_"), export.format, export.state,
        export.rows, export.bytes, export.problem, export.actor, export.created_at, export.updated_at,
        progress_answer(at),
    )  # fmt: skip


DOWNLOAD: Route[ExportFileAsked] = Route(
    "GET", CONTENT_PATH, ExportFileAsked, str, download, "read", "Fetch the file of an export", media="text/csv"
)
ROUTES = (
    Route("POST", PATH, ExportFileWanted, ExportFileAnswer, create, "read", "Ask for an export", keyed=True,
          creates=True),
    Route("GET", PATH, ListAsked, Page[ExportFileAnswer], find, "read", "List exports"),
    Route("GET", PATH + "/{id:str}", ExportFileAsked, ExportFileAnswer, fetch, "read", "Get an export"),
    Route("POST", PATH + "/{id:str}/cancel", ExportFileStopping, ExportFileAnswer, cancel, "read", "Stop an export",
          keyed=True),
)  # fmt: skip
