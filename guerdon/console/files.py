"""Files that people send and fetch, which are too large for a form: as they come, and as they are kept.

A form with a file is read part by part. Its secret comes before the file, so that nothing is kept of what another site
sends; then the file goes where the native API puts one. A file of codes is small: it is looked at, and its codes stand
in the form of the page, to be sent from there.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
import multipart
from litestar.types import ASGIApp, Receive, Scope, Send

from guerdon.api.engine import Engine
from guerdon.api.parameters import MULTIPART
from guerdon.api.reading import bad_field
from guerdon.api.v1.export_files import ExportFileAsked, download, sent_file
from guerdon.api.v1.import_files import FileSent, blocks_of, upload
from guerdon.api.wire import Incoming, Route, in_its_time
from guerdon.bulk.files import FILE_BYTES_MAX
from guerdon.console.contract import ConsoleContract
from guerdon.console.pages.imports import ImportsShown, named, page_of_imports
from guerdon.console.pages.reward_codes import CODES, CodesSent, CodesShown, page_of_codes, send_codes
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.access import SignedOut
from guerdon.errors.base import BadField, BadRequest, Refusal
from guerdon.kit.origin import begin_request, end_request
from guerdon.rewards.codes import CODE_LENGTH_MAX
from guerdon.rewards.pools import UPLOAD_MAX

UPLOAD_PATH = "/console/imports/upload"
CODES_PATH = f"{CODES}/file"
EXPORT_PATH = "/console/exports/{id:str}/file"
FIELD_BYTES_MAX, FIELDS_MAX = 10_000, 50
"""What a form may say beside its file."""
CODES_BYTES_MAX = UPLOAD_MAX * (CODE_LENGTH_MAX + 4)
"""So long is a file of as many codes as go at a time, with quotes and the ends of lines."""
REST_BYTES_MAX = 2 * FILE_BYTES_MAX
"""So much is read of what is not wanted, for its browser to hear why."""

CONTRACT = ConsoleContract()

# multipart ships no types. This name holds it where it is called.
_multipart: Any = multipart


class SentForm:
    """A form as it comes: `fields` are those before the file, whose blocks come after them."""

    def __init__(self, receive: Receive, content_type: str) -> None:
        kind, options = _multipart.parse_options_header(content_type)
        if kind != MULTIPART:
            raise BadRequest("send the form with its file, as multipart/form-data")
        self.fields: dict[str, str] = {}
        self._body = blocks_of(receive)
        self._parser: Any = _multipart.PushMultipartParser(
            options.get("boundary", ""), max_segment_count=FIELDS_MAX, strict=True
        )
        self._events = self._parsed()

    async def begin(self) -> bool:
        """Read as far as the file; False where there is none."""
        name, value = "", bytearray()
        async for event in self._events:
            if event is None:
                self.fields[name] = value.decode("utf-8", "replace")
            elif isinstance(event, bytes | bytearray):
                value += event
                if len(value) > FIELD_BYTES_MAX:
                    raise BadRequest(f"its field {name!r} is longer than {FIELD_BYTES_MAX} bytes")
            else:
                name, value = str(event.name), bytearray()
                if event.filename:
                    self.fields.setdefault("file", event.filename)
                    return True
        return False

    async def blocks(self) -> AsyncGenerator[bytes]:
        """The file."""
        async for event in self._events:
            if event is None:
                return
            assert isinstance(event, bytes | bytearray), "parts follow one another"
            yield bytes(event)

    async def rest(self) -> None:
        """Read to the end: a browser that is still sending hears no answer."""
        left = REST_BYTES_MAX
        async for block in self._body:
            left -= len(block)
            if left < 0:
                return

    async def _parsed(self) -> AsyncIterator[Any]:
        try:
            async for block in self._body:
                for event in self._parser.parse(block):
                    yield event
            self._parser.close()
        except _multipart.MultipartError as error:
            raise BadRequest(f"its parts cannot be read ({error})") from None


class FileForm(NamedTuple):
    """A form with a file: its route, the page that it stands on, and what takes the file, where there is one."""

    route: Route[Any]
    page: Callable[[Incoming], str]
    take: Callable[[Engine, Visitor, Incoming, SentForm, bool], Awaitable[View]]


def console_uploads(engine_of: Callable[[], Engine], wanted: FileForm) -> ASGIApp:
    """The application that takes such a form."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        engine, incoming = engine_of(), Incoming(scope)
        try:
            answer = await _taken(engine, incoming, receive, wanted)
            body = CONTRACT.written(answer, incoming)
        except Refusal as refusal:
            incoming.status, incoming.media = refusal.status, CONTRACT.refusal_type
            body = CONTRACT.refused(refusal, incoming)
        await _send(send, incoming, body)

    return application


def console_downloads(engine_of: Callable[[], Engine]) -> ASGIApp:
    """The application that sends the file of an export."""

    async def application(scope: Scope, _receive: Receive, send: Send) -> None:
        engine, incoming = engine_of(), Incoming(scope)
        try:
            visitor = await _visitor(engine, incoming, DOWNLOAD)
            begun = begin_request(incoming.request_id, visitor.operator.actor, incoming.address)
            try:
                chosen = ExportFileAsked(id=incoming.path_params["id"])
                export = await download(engine, visitor.caller, chosen, incoming)
            finally:
                end_request(begun)
        except Refusal as refusal:
            incoming.status, incoming.media = refusal.status, CONTRACT.refusal_type
            await _send(send, incoming, CONTRACT.refused(refusal, incoming))
            return
        await sent_file(engine, incoming, send, [(b"x-content-type-options", b"nosniff")], visitor.caller, export)

    return application


async def _taken(engine: Engine, incoming: Incoming, receive: Receive, wanted: FileForm) -> View:
    """Take a form from whoever may send it."""
    if incoming.method != "POST":
        return View("", {}, 303, (), wanted.page(incoming))
    form = SentForm(receive, incoming.headers.get("content-type", ""))
    is_file = await form.begin()
    if "csrf" in form.fields:
        incoming.headers = incoming.headers | {"x-csrf": form.fields["csrf"]}
    try:
        visitor = await _visitor(engine, incoming, wanted.route)
        engine = await in_its_time(engine, visitor.merchant.merchant_id, incoming)
        return await wanted.take(engine, visitor, incoming, form, is_file)
    finally:
        await form.rest()


async def _import(engine: Engine, visitor: Visitor, incoming: Incoming, form: SentForm, is_file: bool) -> View:
    """Keep a file to be imported; where it is refused, the page with the form says why."""
    try:
        if not is_file:
            raise BadField("file", visitor._("choose a file"))
        sent = await upload(engine, visitor.caller, _params(form.fields), form.blocks())
    except Refusal as refusal:
        said = ImportsShown(**{name: form.fields.get(name) for name in ("kind", "preset", "country")})
        return await page_of_imports(engine, visitor, said, visitor.inner(incoming), refusal=refusal)
    return visitor.go(f"/console/imports/{sent.id}")


async def _codes(engine: Engine, visitor: Visitor, incoming: Incoming, form: SentForm, is_file: bool) -> View:
    """Show what would become of a file of codes, as if they had been typed."""
    sent = CodesSent(id=incoming.path_params["id"])
    try:
        if not is_file:
            raise BadField("file", visitor._("choose a file"))
        sent.codes = await _text(visitor, form)
    except Refusal as refusal:
        return await page_of_codes(engine, visitor, CodesShown(id=sent.id), refusal=refusal)
    return await send_codes(engine, visitor, sent, incoming)


def _to_imports(_incoming: Incoming) -> str:
    return "/console/imports"


def _to_codes(incoming: Incoming) -> str:
    return incoming.path.removesuffix("/file")


async def _text(visitor: Visitor, form: SentForm) -> str:
    """A file as a text; refuses with BadField what is none, and what is longer than any codes are."""
    content = bytearray()
    async for block in form.blocks():
        content += block
        if len(content) > CODES_BYTES_MAX:
            raise BadField("file", visitor._("it is too long: 10,000 codes go at a time"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadField("file", visitor._("it is no text; save the codes as text or as CSV")) from None


async def _visitor(engine: Engine, incoming: Incoming, route: Route[Any]) -> Visitor:
    """The person, if the role allows it and the form is ours."""
    visitor = incoming.caller = await CONTRACT.authenticate(engine, incoming, None)
    if not isinstance(visitor, Visitor):
        raise SignedOut("Sign in to see this page")
    CONTRACT.allow(engine, visitor, route, incoming, None)
    return visitor


def _params(fields: dict[str, str]) -> FileSent:
    """What the form says of its file; refuses with BadField."""
    said = {name: value for name, value in fields.items() if value and name in FileSent.__struct_fields__}
    said["file"] = named(said.get("file", ""))
    said["points"] = said.get("points", "false")
    try:
        return msgspec.convert(said, FileSent, strict=False)
    except msgspec.ValidationError as error:
        raise bad_field(error) from None


async def _send(send: Send, incoming: Incoming, body: bytes) -> None:
    headers = [
        *incoming.told, (b"content-type", incoming.media), (b"content-length", b"%d" % len(body)),
        (b"x-request-id", str(incoming.request_id).encode()),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": incoming.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _nothing(_engine: Engine, visitor: Visitor, _params: Any, _incoming: Incoming) -> View:
    """Its application answers."""
    return visitor.go("/console/imports")


UPLOAD = Route("POST", UPLOAD_PATH, FileSent, View, _nothing, "import", "Send a file")
UPLOADS = (
    FileForm(UPLOAD, _to_imports, _import),
    FileForm(
        Route("POST", CODES_PATH, CodesShown, View, _nothing, "configure", "Read codes from a file"),
        _to_codes, _codes,
    ),
)  # fmt: skip
"""Forms with a file."""
DOWNLOAD = Route("GET", EXPORT_PATH, ExportFileAsked, View, download, "export", "Fetch an export")
"""What the permission of each is looked up by; they are served by the applications above."""
