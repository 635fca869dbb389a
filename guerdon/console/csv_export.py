"""Lists as files for a spreadsheet: `/console/redemptions.csv` with the same query as `/console/redemptions`.

How a list has one. Beside its ROUTES:

    COLUMNS: tuple[Column[ThingAnswer], ...] = (
        Column("Redemption", lambda one: one.id),
        Column("Points", lambda one: one.points),
        Column("Created", lambda one: one.created_at, moment=True),
    )

    async def rows(engine: Engine, visitor: Visitor, params: ThingsShown, incoming: Incoming) -> AsyncIterator[Rows]:
        asked = ThingsAsked(limit=LIMIT_MAX, …)
        async for page in every(things.find, engine, visitor, asked, incoming):
            yield page

    EXPORTS = (Export("/console/things.csv", ThingsShown, COLUMNS, rows),)

and one line in EXPORTS of routes.py. Whoever may `export` gets it: in the template, `{% if visitor.may("export") %}`.

That it was taken is in the audit trail. A page of the list is read and sent before the next is read, so that memory
does not grow with the list; whoever takes nothing for a minute is left. A text that a spreadsheet would take for a
formula is written with a `'` before it. A moment makes two columns: in the merchant's zone, and in UTC.
"""

import asyncio
import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.parameters import parameters
from guerdon.api.reading import bad_field
from guerdon.api.v1.flowing import say
from guerdon.api.v1.lists import ListAsked, Page
from guerdon.api.wire import Incoming, Route
from guerdon.console.contract import HEADERS, HTML, ConsoleContract
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import MethodNotAllowed, Refusal
from guerdon.kit.money import currency
from guerdon.kit.origin import begin_request, end_request
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

PATIENCE_S = 60.0
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With one of these a spreadsheet begins to compute."""
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Tells a spreadsheet that the file is UTF-8."""

AskedT = TypeVar("AskedT", bound=ListAsked)
Item = TypeVar("Item")
Rows = Sequence[Any]
CONTRACT = ConsoleContract()


class Column(NamedTuple, Generic[Item]):
    """A heading, in English, and what of a row stands below it: a text, a number, a day, a moment, or nothing."""

    title: str
    value: Callable[[Item], Any]
    moment: bool = False
    """Whether it is a moment, which makes two columns."""


class Export(NamedTuple):
    """A file at a path: what its query may say, its columns, and what reads its rows, page by page."""

    path: str
    params: type[Struct]
    columns: Sequence[Column[Any]]
    rows: Callable[[Engine, Visitor, Any, Incoming], AsyncIterator[Rows]]

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.path.rpartition("/")[2]

    @property
    def route(self) -> Route[Any]:
        """As a page with its permission, for whoever looks through all pages."""
        return Route("GET", self.path, self.params, View, _unserved, "export", self.name, media="text/csv")


async def _unserved(_engine: Engine, _visitor: Any, _params: Any, _incoming: Incoming) -> View:
    raise AssertionError("what flows is served by csv_export")


async def every(
    find: Callable[[Engine, Caller, AskedT, Incoming], Awaitable[Page[Item]]], engine: Engine, visitor: Visitor,
    asked: AskedT, incoming: Incoming,
) -> AsyncIterator[list[Item]]:  # fmt: skip
    """All pages of a list of the native API, each read when the one before was taken."""
    while True:
        page = await find(engine, visitor.caller, asked, visitor.inner(incoming))
        yield page.data
        if page.next_cursor is None:
            return
        asked.cursor = page.next_cursor


def csv_export(engine_of: Callable[[], Engine], export: Export, *, patience_s: float = PATIENCE_S) -> ASGIApp:
    """The application at the path of an export."""

    async def application(scope: Scope, _receive: Receive, send: Send) -> None:
        engine, incoming = engine_of(), Incoming(scope)
        try:
            visitor, params = await _signed_in(engine, export, incoming)
            pages = export.rows(engine, visitor, params, incoming)
            first = await anext(pages, ())  # what is asked wrongly is refused before anything is sent
            await _note(engine, export, visitor, incoming)
        except Refusal as refusal:
            await _refuse(send, refusal, incoming)
            return
        headers = [
            *HEADERS, (b"content-type", b"text/csv; charset=utf-8"),
            (b"content-disposition", f'attachment; filename="{export.name}"'.encode()), (b"x-accel-buffering", b"no"),
        ]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        head = [headings(export.columns, visitor), *(cells(export.columns, row, visitor) for row in first)]
        await say(send, (MARK + written(head)).encode())
        async for rows in pages:
            text = written([cells(export.columns, row, visitor) for row in rows])
            async with asyncio.timeout(patience_s):
                await say(send, text.encode())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return application


def headings(columns: Sequence[Column[Any]], visitor: Visitor) -> list[str]:
    """What stands on top, in the person's language."""
    found: list[str] = []
    for column in columns:
        title = visitor._(column.title)
        found += [f"{title} ({visitor.merchant.timezone})", f"{title} (UTC)"] if column.moment else [title]
    return found


def cells(columns: Sequence[Column[Any]], row: Any, visitor: Visitor) -> list[str]:
    """A row, safe for a spreadsheet."""
    found: list[str] = []
    for column in columns:
        value = column.value(row)
        if column.moment:
            found += ["", ""] if value is None else [_at(value.astimezone(visitor.zone)), _at(value.astimezone(UTC))]
        else:
            found.append(cell(value))
    return found


def cell(value: object) -> str:
    """A value as a cell has it: numbers as they are, and no text that would be computed. Pure."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = str(value).replace("\0", "")
    return f"'{text}" if text.startswith(FORMULA) else text


def amount(minor: int, code: str) -> Decimal:
    """An amount of money as a number: 12.50."""
    return Decimal(minor).scaleb(-currency(code).decimals)


def written(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines of RFC 4180. Pure."""
    lines = StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


def _at(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "seconds")


async def _signed_in(engine: Engine, export: Export, incoming: Incoming) -> tuple[Visitor, Any]:
    """Who asks, if they may; and what they ask. Refuses as any page does."""
    route = export.route
    if incoming.method != route.method:
        raise MethodNotAllowed(incoming.method, route.method)
    visitor = incoming.caller = await CONTRACT.authenticate(engine, incoming, None)
    CONTRACT.allow(engine, visitor, route, incoming, None)
    assert isinstance(visitor, Visitor), "strangers are not allowed"
    try:
        return visitor, msgspec.convert(parameters(incoming.query), export.params, strict=False)
    except msgspec.ValidationError as error:
        raise bad_field(error) from None


async def _note(engine: Engine, export: Export, visitor: Visitor, incoming: Incoming) -> None:
    """Write into the audit trail who takes which list with them, and under which filters."""
    begun = begin_request(incoming.request_id, visitor.operator.actor, incoming.address)
    try:
        asked = {name: value for name, value in parameters(incoming.query).items() if name != "cursor"}
        await note_change(
            engine.database, visitor.merchant.merchant_id, "list.exported", Subject("list", export.name),
            now=visitor.now, after={"filters": asked},
        )  # fmt: skip
    finally:
        end_request(begun)


async def _refuse(send: Send, refusal: Refusal, incoming: Incoming) -> None:
    incoming.status = refusal.status
    body = CONTRACT.refused(refusal, incoming)
    headers = [
        *incoming.told, (b"content-type", HTML), (b"content-length", b"%d" % len(body)),
        (b"x-error-code", refusal.code.encode()),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": incoming.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
