"""Files to import: `POST /v1/imports/upload` takes one of up to 200 MB as it comes; a worker looks at it, and writes it
once it is started.

    upload ─► looking ─► ready, with a preview ─► start ─► running, with progress ─► complete ─► undo
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Any, cast

from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.incoming import LINES
from guerdon.api.v1.flowing import Signed, end, flow, say
from guerdon.api.v1.ids import number
from guerdon.api.v1.import_answers import BadRowAnswer, ImportAnswer, ImportId, Kind, import_answer
from guerdon.api.v1.imports import PATH, ImportAsked, Short, kind_of
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.write import WriteAsked, changed
from guerdon.api.wire import Incoming, Route, encode
from guerdon.bulk import jobs
from guerdon.bulk.batches import get_batch
from guerdon.bulk.files import BadRecord, check_names, list_bad_rows, receive
from guerdon.bulk.mended import bad_rows_csv
from guerdon.bulk.rows import Options, Reading
from guerdon.database.pool import Database
from guerdon.errors.base import BadField, BadRequest

UPLOAD_PATH = f"{PATH}/upload"
CSV = "text/csv"
FILES = (CSV, LINES, "application/gzip", "application/octet-stream")


class FileSent(Asked, kw_only=True):
    """A file, which is the body: CSV with a header, or NDJSON, perhaps packed (gzip). How it is read is said in the
    query: `columns` are further names of columns, as `Theirs=ours,Another=ours`; `levels` those of tiers by name, as
    `Gold=2,Silver=1`.
    """

    kind: Kind
    file: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[\w. -]+$")] = "upload"
    preset: Short = "guerdon"
    columns: Annotated[str, Meta(max_length=2000)] = ""
    levels: Annotated[str, Meta(max_length=2000)] = ""
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] | None = None
    points: bool = True
    skip_bad: bool = False
    add: bool = False
    events: bool = False
    title: Short = "Brought over"


class ImportStarting(WriteAsked, kw_only=True):
    """Write a file that was looked at; with `skip_bad` without the rows that are bad."""

    id: ImportId
    skip_bad: bool = False


class ImportStopping(WriteAsked, kw_only=True):
    """Stop an import."""

    id: ImportId


class BadRowsAsked(ListAsked, kw_only=True):
    """The rows of an import that cannot be taken."""

    id: ImportId


async def upload(
    engine: Engine, caller: Caller, params: FileSent, blocks: AsyncGenerator[bytes]
) -> ImportAnswer:  # fmt: skip
    """Send a file to be looked at, which is a dry run: nothing of it is written before it is started. The same file, to
    be read in the same way, is the import that it was before.
    """
    merchant = caller.merchant
    reading = Reading(
        kind_of(params.kind), merchant.timezone, engine.clock(), params.preset, params.country,
        {name: _level(level) for name, level in pairs("levels", params.levels).items()},
        pairs("columns", params.columns), points=params.points,
    )  # fmt: skip
    check_names(reading)
    options = Options(skip_bad=params.skip_bad, add=params.add, events=params.events, title=params.title)
    batch = await receive(
        engine.database, merchant.merchant_id, blocks, file=params.file, reading=reading, options=options,
        actor=caller.actor, now=engine.clock(),
    )  # fmt: skip
    return await import_answer(engine.database, merchant.merchant_id, batch)


async def start(engine: Engine, caller: Caller, params: ImportStarting, incoming: Incoming) -> ImportAnswer | Raw:
    """Have a file that was looked at written, or go on with one that was stopped. Said twice, it is done once."""
    merchant_id, batch_id, now = caller.merchant.merchant_id, number("bat", params.id), engine.clock()

    async def write(database: Database) -> ImportAnswer:
        batch = await get_batch(database, merchant_id, batch_id)
        if batch.state not in ("running", "complete"):
            batch = await jobs.start(
                database, merchant_id, batch_id, skip_bad=params.skip_bad, actor=caller.actor, now=now
            )  # fmt: skip
        return await import_answer(database, merchant_id, batch)

    return await changed(engine, caller, incoming, params, write)


async def cancel(engine: Engine, caller: Caller, params: ImportStopping, incoming: Incoming) -> ImportAnswer | Raw:
    """Leave off. Of a file that was not started nothing remains; one that is being written keeps what is committed, and
    may be started again or undone.
    """
    merchant_id, batch_id, now = caller.merchant.merchant_id, number("bat", params.id), engine.clock()

    async def write(database: Database) -> ImportAnswer:
        batch = await get_batch(database, merchant_id, batch_id)
        if batch.state not in ("cancelled", "stopped"):
            batch = await jobs.stop(database, merchant_id, batch_id, actor=caller.actor, now=now)
        return await import_answer(database, merchant_id, batch)

    return await changed(engine, caller, incoming, params, write)


async def bad_rows(engine: Engine, caller: Caller, params: BadRowsAsked, incoming: Incoming) -> Page[BadRowAnswer]:
    """The rows of a file that cannot be taken, by line: the first 10,000 of them."""
    merchant_id, batch_id = caller.merchant.merchant_id, number("bat", params.id)
    await get_batch(engine.database, merchant_id, batch_id)
    last = after(params, int) or 0
    rows = await list_bad_rows(engine.database, merchant_id, batch_id, after=last, limit=params.limit + 1)
    return page(incoming, params, rows, _line, _bad_row)


async def bad_rows_file(engine: Engine, caller: Caller, params: ImportAsked, incoming: Incoming) -> Raw:
    """The same rows as a file of CSV: as they stand in the file that was sent, and why they are bad. Mended, it can be
    sent as it is: columns that say why are not read.
    """
    merchant_id, batch_id = caller.merchant.merchant_id, number("bat", params.id)
    await get_batch(engine.database, merchant_id, batch_id)
    incoming.media = b"text/csv; charset=utf-8"
    incoming.told.append((b"content-disposition", b'attachment; filename="bad-rows.csv"'))
    return Raw((await bad_rows_csv(engine.database, merchant_id, batch_id)).encode())


def uploads(engine_of: Callable[[], Engine]) -> ASGIApp:
    """The application that takes files as they come."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope)

        async def opened(signed: Signed) -> Awaitable[None]:
            answer = await upload(signed.engine, signed.caller, signed.params, blocks_of(receive))
            return answered(signed, answer)

        async def answered(signed: Signed, answer: ImportAnswer) -> None:
            body = encode(answer)
            headers = [
                *signed.headers, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)),
                (b"location", f"{PATH}/{answer.id}".encode()), (b"x-request-id", str(incoming.request_id).encode()),
            ]  # fmt: skip
            await send({"type": "http.response.start", "status": 201, "headers": headers})
            await say(send, body)
            await end(send)

        await flow(engine_of(), incoming, UPLOAD, send, opened)

    return application


async def blocks_of(receive: Receive) -> AsyncGenerator[bytes]:
    """A body as it comes. Refuses with BadRequest one that is cut off."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("it ended before its body did")
        if block := message.get("body", b""):
            yield block
        more = message.get("more_body", False)


def pairs(field: str, text: str) -> dict[str, str]:
    """`Theirs=ours,…`, taken apart; refuses with BadField."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        left, mark, right = (side.strip() for side in part.rpartition("="))
        if not (left and mark and right):
            raise BadField(field, f"{part[:40]!r} is not of the form Theirs=ours")
        found[left] = right
    return found


def _level(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadField("levels", f"{text[:40]!r} is not the level of a tier: it is a whole number")
    return int(text)


def _line(row: BadRecord) -> int:
    return row.line


def _bad_row(row: BadRecord) -> BadRowAnswer:
    return BadRowAnswer(row.line, row.field, row.value, row.reason)


UPLOAD: Route[FileSent] = Route(
    "POST", UPLOAD_PATH, FileSent, ImportAnswer, cast("Any", upload), "write", "Send a file to import", creates=True,
    files=FILES,
)  # fmt: skip
"""It is served by `uploads` alone, which hands the body over as it comes."""
ROUTES = (
    Route("POST", PATH + "/{id:str}/start", ImportStarting, ImportAnswer, start, "write", "Start an import",
          keyed=True),
    Route("POST", PATH + "/{id:str}/cancel", ImportStopping, ImportAnswer, cancel, "write", "Stop an import",
          keyed=True),
    Route("GET", PATH + "/{id:str}/bad_rows", BadRowsAsked, Page[BadRowAnswer], bad_rows, "read", "List bad rows"),
    Route("GET", PATH + "/{id:str}/bad_rows.csv", ImportAsked, str, bad_rows_file, "read", "Fetch bad rows as a file",
          media=CSV),
)  # fmt: skip
