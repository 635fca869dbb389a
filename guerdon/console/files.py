"""Files that people send and fetch, which are too large for a form: as they come, and as they are kept.

A form with a file is read part by part. Its secret comes before the file, so that nothing is kept of what another site
sends; then the file goes where the native API puts one.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import msgspec
import multipart
from litestar.types import ASGIApp, Receive, Scope, Send

from guerdon.api.engine import Engine
from guerdon.api.parameters import MULTIPART
from guerdon.api.v1.export_files import ExportFileAsked, download, sent_file
from guerdon.api.v1.import_files import FileSent, blocks_of, upload
from guerdon.api.wire import Incoming, Route, in_its_time
from guerdon.bulk.files import FILE_BYTES_MAX
from guerdon.console.contract import ConsoleContract
from guerdon.console.pages.imports import ImportsShown, named, page_of_imports
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.access import SignedOut
from guerdon.errors.base import BadField, BadRequest, Refusal

UPLOAD_PATH = "/console/imports/upload"
EXPORT_PATH = "/console/exports/{id:str}/file"
FIELD_BYTES_MAX, FIELDS_MAX = 10_000, 50
"""What a form may say beside its file."""
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


def console_uploads(engine_of: Callable[[], Engine]) -> ASGIApp:
    """The application that takes a form with a file to import."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        engine, incoming = engine_of(), Incoming(scope)
        try:
            answer = await _taken(engine, incoming, receive)
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
            export = await download(engine, visitor.caller, ExportFileAsked(id=incoming.path_params["id"]), incoming)
        except Refusal as refusal:
            incoming.status, incoming.media = refusal.status, CONTRACT.refusal_type
            await _send(send, incoming, CONTRACT.refused(refusal, incoming))
            return
        await sent_file(engine, incoming, send, [(b"x-content-type-options", b"nosniff")], visitor.caller, export)

    return application


async def _taken(engine: Engine, incoming: Incoming, receive: Receive) -> View:
    """Take a form; where it is refused, the page with the form says why."""
    if incoming.method != "POST":
        return View("", {}, 303, (), "/console/imports")
    form = SentForm(receive, incoming.headers.get("content-type", ""))
    is_file = await form.begin()
    if "csrf" in form.fields:
        incoming.headers = incoming.headers | {"x-csrf": form.fields["csrf"]}
    try:
        visitor = await _visitor(engine, incoming, UPLOAD)
        engine = await in_its_time(engine, visitor.merchant.merchant_id, incoming)
        try:
            if not is_file:
                raise BadField("file", visitor._("choose a file"))
            sent = await upload(engine, visitor.caller, _params(form.fields), form.blocks())
        except Refusal as refusal:
            said = ImportsShown(**{name: form.fields.get(name) for name in ("kind", "preset", "country")})
            return await page_of_imports(engine, visitor, said, visitor.inner(incoming), refusal=refusal)
    finally:
        await form.rest()
    return visitor.go(f"/console/imports/{sent.id}")


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
        raise BadField("file", str(error).replace("`", "'")) from None


async def _send(send: Send, incoming: Incoming, body: bytes) -> None:
    headers = [
        *incoming.told, (b"content-type", incoming.media), (b"content-length", b"%d" % len(body)),
        (b"x-request-id", str(incoming.request_id).encode()),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": incoming.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _nothing(_engine: Engine, visitor: Visitor, _params: FileSent, _incoming: Incoming) -> View:
    """Its application answers."""
    return visitor.go("/console/imports")


UPLOAD = Route("POST", UPLOAD_PATH, FileSent, View, _nothing, "import", "Send a file")
DOWNLOAD = Route("GET", EXPORT_PATH, ExportFileAsked, View, download, "export", "Fetch an export")
"""What the permission of each is looked up by; they are served by the applications above."""
