"""One request on its way in and out, for the contracts whose clients send parameters every way there is.

A route is a plain ASGI application: it merges JSON, query and form into one typed struct, asks its contract who is
calling, hands both to a handler, and writes the answer. Litestar mounts it; nothing else stands between a socket and a
command.
"""

import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec
import structlog
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import Histogram

from guerdon.access.history import NOBODY
from guerdon.api.browsers import preflight
from guerdon.api.engine import Engine
from guerdon.api.limits import UNLIMITED, Admission, Headers
from guerdon.api.parameters import MULTIPART, multipart_parameters, parameters
from guerdon.api.requests import RequestLine
from guerdon.api.surroundings import packed, trace_of
from guerdon.errors.base import (
    BadField,
    BadRequest,
    BodyTooLarge,
    MethodNotAllowed,
    Outage,
    Refusal,
    ServerFault,
    Unauthenticated,
)
from guerdon.kit.ids import time_ordered_uuid
from guerdon.points.command import Key

Params = TypeVar("Params", bound=msgspec.Struct)
Caller_co = TypeVar("Caller_co", covariant=True)
CallerT = TypeVar("CallerT")

BODY_BYTES_MAX = 1_000_000
KEY_LENGTH_MAX = 255
AT = re.compile(r"(?P<problem>.*?) - at (?:`key` in )?`\$\.?(?P<field>.*)`", re.DOTALL)
UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`(?: - at `\$\.?(?P<inside>.*)`)?", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`(?: - at `\$\.?(?P<inside>.*)`)?")
FORM = "application/x-www-form-urlencoded"
LINES = "application/x-ndjson"
TEST_MODE = (b"guerdon-mode", b"test")
"""The header of what a test merchant is answered."""
JSON, TEXT = b"application/json", b"text/plain; charset=utf-8"
NUL_MARKS = (b"\\u0000", b"\0", b"%00")
"""One of these is in a request that holds a NUL character, and in hardly any other."""

REQUESTS = Histogram(
    "guerdon_request_seconds", "How long requests took", ["method", "path", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip

log = structlog.get_logger()
encode = msgspec.json.Encoder(decimal_format="number").encode
_to_dict = msgspec.json.Decoder(dict[str, Any])


class Incoming:
    """A request as it came: headers by lower-case name, and its id."""

    __slots__ = (
        "body", "content_type", "customer", "form", "headers", "lined", "method", "path", "path_params", "query",
        "replayed", "request_id", "status", "told",
    )  # fmt: skip

    def __init__(self, scope: Any) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.path_params: dict[str, Any] = scope.get("path_params") or {}
        self.query: bytes = scope["query_string"]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.request_id: UUID = time_ordered_uuid()
        self.body = b""
        self.content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.form = self.content_type == FORM
        self.customer = ""
        """Which customer's own request it is, where a token said so: each has idempotency keys of their own."""
        self.replayed = False
        """Whether the answer is one that its Idempotency-Key was given before: a header tells the client."""
        self.status = 200
        """What an answer says by its status: something may be new."""
        self.lined = False
        """Whether the answer is one of lines, each a JSON document."""
        self.told: list[tuple[bytes, bytes]] = []
        """What the handler tells in headers."""

    @property
    def trace_id(self) -> str | None:
        """The trace that the client says it is part of (W3C Trace Context)."""
        return trace_of(self.headers.get("traceparent"))

    def has(self, body: bytes) -> None:
        """It came with this body. curl calls any a form, unless it is told otherwise: what is JSON is no form."""
        self.body = body
        if self.form and body.startswith(b"{"):
            self.form, self.content_type = False, "application/json"

    def accepted(self) -> bytes:
        """The type of the answer, which is JSON under either name, or lines of it."""
        if self.lined:
            return LINES.encode()
        return TEXT if self.headers.get("accept", "").lower().startswith("text/plain") else JSON

    def key(self, actor: str, params: msgspec.Struct) -> Key | None:
        """The client's Idempotency-Key, for this caller and path, with what tells its request from another."""
        text = self.headers.get("idempotency-key")
        if text is None:
            return None
        if not 0 < len(text) <= KEY_LENGTH_MAX or not text.isprintable():
            raise BadField("Idempotency-Key", f"a text of 1 to {KEY_LENGTH_MAX} printable characters is needed")
        fingerprint = hashlib.blake2b(encode(params), digest_size=16).digest()
        return Key(f"{actor} {self.customer}{self.path} {text}", fingerprint)


class Contract(Protocol[CallerT]):
    """How one family of clients signs in, and how it wants to be told no."""

    async def authenticate(self, engine: Engine, incoming: Incoming, params: Any, /) -> CallerT:
        """Who calls; refuses with Unauthenticated. There are no `params` where they could not be read."""
        ...

    async def admit(self, engine: Engine, caller: CallerT, incoming: Incoming, /) -> Admission:
        """Whether the caller gets an answer now, and the headers of whatever is answered."""
        ...

    def allow(self, engine: Engine, caller: CallerT, route: "Route[Any]", incoming: Incoming, params: Any, /) -> None:
        """Refuses a caller that may not use this route, or not so."""
        ...

    def merchant_id(self, caller: CallerT) -> int:
        """For whom the request is logged."""
        ...

    def actor(self, caller: CallerT) -> str:
        """By whom it was made."""
        ...

    def written(self, answer: Any, incoming: Incoming, /) -> bytes:
        """The body that answers."""
        ...

    def refused(self, refusal: Refusal, incoming: Incoming, /) -> msgspec.Struct | dict[str, Any]:
        """The body that says no."""
        ...

    @property
    def refusal_type(self) -> bytes | None:
        """The content type of that, where it is not that of answers."""
        ...


class Route(NamedTuple, Generic[Params]):
    """What is served at a method and path. `params` and `answer` also make the OpenAPI document."""

    method: str
    path: str
    params: type[Params]
    answer: Any
    handle: Callable[[Engine, Any, Params, Incoming], Awaitable[Any]]
    scope: str
    summary: str
    keyed: bool = False
    """Whether a client's Idempotency-Key is honoured. Other writes say the same when they are repeated, or are read."""
    creates: bool = False
    """Whether it answers 201 where something new is there."""
    media: str = "application/json"
    """The content type of what is answered."""
    lines: type[msgspec.Struct] | None = None
    """What each line of its body is, where that is of lines; `answer` is then what each line of the answer is."""
    public: Literal["", "catalogue", "own"] = ""
    """What a publishable key may: nothing; see what everybody sees, which with a customer is that customer's own; or
    what is a customer's own, with a token of that customer. Then `params` are CustomerNamed."""


class _Exchange:
    """What is known of a request by the time that it is answered, however far it came."""

    __slots__ = ("actor", "headers", "merchant_id", "refusal")

    def __init__(self) -> None:
        self.merchant_id = NOBODY
        self.actor = ""
        self.headers: Headers = UNLIMITED.headers
        self.refusal: Refusal | None = None


def serve(engine_of: Callable[[], Engine], contract: Contract[Any], routes: Sequence[Route[Any]]) -> ASGIApp:
    """The application for one path: one route for each method."""
    by_method = {route.method: (route, msgspec.json.Decoder(route.params, strict=False)) for route in routes}
    allowed = ", ".join(by_method)
    opened = preflight([route.method for route in routes if route.public])
    asks_first = any(route.public for route in routes)
    template = routes[0].path
    timers: dict[tuple[str, int], Histogram] = {}

    async def answer(engine: Engine, incoming: Incoming, receive: Receive, exchange: _Exchange) -> bytes:
        if incoming.method not in by_method:
            raise MethodNotAllowed(incoming.method, allowed)
        route, decoder = by_method[incoming.method]
        incoming.has(await _read(receive))
        try:
            params = _decode(incoming, route.params, decoder)
        except Refusal:
            with suppress(Unauthenticated):
                await _identify(engine, contract, incoming, None, exchange)
            raise
        caller = await _identify(engine, contract, incoming, params, exchange)
        contract.allow(engine, caller, route, incoming, params)
        if not engine.clocks.is_live(exchange.merchant_id):
            engine = await _in_its_time(engine, exchange.merchant_id, incoming)
        return contract.written(await route.handle(engine, caller, params, incoming), incoming)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter_ns()
        engine = engine_of()
        incoming = Incoming(scope)
        if asks_first and incoming.method == "OPTIONS":
            await _send(send, 204, opened, b"")
            return
        exchange = _Exchange()
        try:
            body = await answer(engine, incoming, receive, exchange)
            status = incoming.status
        except Refusal as refusal:
            exchange.refusal = refusal
            status, body = refusal.status, encode(contract.refused(refusal, incoming))
        except Exception:
            log.exception(
                "request_failed", path=incoming.path, request_id=str(incoming.request_id), trace_id=incoming.trace_id
            )
            exchange.refusal = bug = ServerFault()
            status, body = 500, encode(contract.refused(bug, incoming))
        sent, packing = packed(body, incoming.headers.get("accept-encoding"))
        said_no = contract.refusal_type if exchange.refusal is not None else None
        headers = [
            *exchange.headers,
            *incoming.told,
            *packing,
            (b"content-type", said_no or incoming.accepted()),
            (b"content-length", b"%d" % len(sent)),
            (b"x-request-id", str(incoming.request_id).encode()),
        ]
        if incoming.replayed:
            headers.append((b"idempotent-replayed", b"true"))
        if exchange.refusal is not None:
            headers += _refusal_headers(exchange.refusal)
        await _send(send, status, headers, sent)
        took_ns = time.perf_counter_ns() - started
        timer = timers.get((incoming.method, status))
        if timer is None:
            timer = timers[incoming.method, status] = REQUESTS.labels(incoming.method, template, status)
        timer.observe(took_ns / 1e9)
        engine.requests.note(
            RequestLine(
                exchange.merchant_id, engine.clock(), incoming.request_id, incoming.method, incoming.path, status,
                took_ns // 1000, exchange.actor, incoming.headers.get("user-agent", ""), exchange.refusal,
                incoming.query, incoming.body, incoming.form, body, incoming.trace_id,
            )
        )  # fmt: skip

    return application


async def _identify(
    engine: Engine, contract: Contract[Any], incoming: Incoming, params: Any, exchange: _Exchange
) -> Any:  # fmt: skip
    """The caller, if it may ask now; refuses with Unauthenticated, and for reasons of `admit`."""
    caller = await contract.authenticate(engine, incoming, params)
    exchange.merchant_id, exchange.actor = contract.merchant_id(caller), contract.actor(caller)
    admission = await contract.admit(engine, caller, incoming)
    exchange.headers = admission.headers
    if admission.refusal is not None:
        raise admission.refusal
    return caller


async def _in_its_time(engine: Engine, merchant_id: int, incoming: Incoming) -> Engine:
    """The engine as it is for a merchant that may have a time of its own; tells of a test merchant that it is one."""
    now = await engine.clocks.now(engine.database, merchant_id)
    if engine.clocks.is_live(merchant_id):
        return engine
    incoming.told.append(TEST_MODE)
    return engine.at(now)


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("it ended before its body did")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise BodyTooLarge(BODY_BYTES_MAX)
        if not message.get("more_body", False):
            return body


def _decode(incoming: Incoming, kind: type[Params], decoder: msgspec.json.Decoder[Params]) -> Params:
    """JSON ∪ form ∪ query ∪ path, later ones win, as one struct; texts where numbers are meant are taken."""
    body = b"" if incoming.content_type == LINES else incoming.body  # lines are the handler's to read
    suspect = any(mark in body or mark in incoming.query for mark in NUL_MARKS)
    try:
        plain = body and not incoming.query and not incoming.path_params and not suspect
        if plain and incoming.content_type not in (FORM, MULTIPART):
            return decoder.decode(body)
        merged: dict[str, Any] = {}
        if incoming.form:
            merged.update(parameters(body))
        elif body and incoming.content_type == MULTIPART:
            merged.update(multipart_parameters(body, incoming.headers["content-type"]))
        elif body:
            merged.update(_to_dict.decode(body))
        merged.update(parameters(incoming.query))
        merged.update(incoming.path_params)
        if suspect:
            _refuse_nul(merged)
        return msgspec.convert(merged, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _bad_field(error) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadRequest(f"its body is no JSON object ({error})") from None
    except RecursionError:
        raise BadRequest("it is nested too deeply") from None


def read_line(line: bytes, decoder: msgspec.json.Decoder[Params]) -> Params:
    """One line of a body of lines; refuses with BadField or BadRequest."""
    try:
        if any(mark in line for mark in NUL_MARKS[:2]):
            _refuse_nul(_to_dict.decode(line))
        return decoder.decode(line)
    except msgspec.ValidationError as error:
        raise _bad_field(error) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadRequest(f"the line is no JSON object ({error})") from None
    except RecursionError:
        raise BadRequest("the line is nested too deeply") from None


def _refuse_nul(merged: dict[str, Any]) -> None:
    for field, value in merged.items():
        if "\0" in field or b"\\u0000" in encode(value):
            raise BadField(field.replace("\0", "�"), "it holds a NUL character, which no text may have")


def _bad_field(error: msgspec.ValidationError) -> Refusal:
    if missing := MISSING.fullmatch(str(error)):
        return BadField(".".join(filter(None, missing.group("inside", "field"))), "a value is needed")
    if unknown := UNKNOWN.fullmatch(str(error)):
        return BadField(".".join(filter(None, unknown.group("inside", "field"))), "there is no such field")
    found = AT.fullmatch(str(error))
    if found is None:
        return BadRequest(str(error).replace("`", "'"))
    return BadField(found["field"], found["problem"].replace("`", "'"))


def _refusal_headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-error-code", refusal.code.encode())]
    if isinstance(refusal, MethodNotAllowed):
        headers.append((b"allow", refusal.allowed.encode()))
    if refusal.decision_id is not None:
        headers.append((b"x-decision-id", str(refusal.decision_id).encode()))
    if isinstance(refusal, Outage) or refusal.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % (refusal.retry_after_s or 1)))
    return headers
