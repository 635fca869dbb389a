"""One request on its way in and out, for the contracts whose clients send parameters every way there is.

A route is a plain ASGI application: it merges JSON, query and form into one typed struct, asks its contract who is
calling, hands both to a handler, and writes the answer. Litestar mounts it; nothing else stands between a socket and a
command.
"""

import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
import structlog
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import Histogram

from guerdon.api.engine import Engine
from guerdon.api.requests import RequestLine
from guerdon.errors.base import BadField, BadRequest, BodyTooLarge, MethodNotAllowed, Outage, Refusal
from guerdon.kit.ids import time_ordered_uuid
from guerdon.points.command import Key

Params = TypeVar("Params", bound=msgspec.Struct)
Caller_co = TypeVar("Caller_co", covariant=True)
CallerT = TypeVar("CallerT")

BODY_BYTES_MAX = 1_000_000
KEY_LENGTH_MAX = 255
LOGGED_LENGTH_MAX = 200
AT = re.compile(r"(?P<problem>.*?) - at `(?:key in )?\$\.?(?P<field>.*)`", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`(?: - at `\$\.?(?P<inside>.*)`)?")
FORM = "application/x-www-form-urlencoded"
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

    __slots__ = ("body", "headers", "method", "path", "path_params", "query", "request_id")

    def __init__(self, scope: Any) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.path_params: dict[str, Any] = scope.get("path_params") or {}
        self.query: bytes = scope["query_string"]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.request_id: UUID = time_ordered_uuid()
        self.body = b""

    def key(self, actor: str, params: msgspec.Struct) -> Key | None:
        """The client's Idempotency-Key, for this caller and path, with what tells its request from another."""
        text = self.headers.get("idempotency-key")
        if text is None:
            return None
        if not 0 < len(text) <= KEY_LENGTH_MAX or not text.isprintable():
            raise BadField("Idempotency-Key", f"a text of 1 to {KEY_LENGTH_MAX} printable characters is needed")
        return Key(f"{actor} {self.path} {text}", hashlib.blake2b(encode(params), digest_size=16).digest())


class Contract(Protocol[CallerT]):
    """How one family of clients signs in, and how it wants to be told no."""

    async def authenticate(self, engine: Engine, incoming: Incoming, params: Any) -> CallerT:
        """Who calls; refuses with Unauthenticated."""
        ...

    def allow(self, caller: CallerT, scope: str) -> None:
        """Refuses with ScopeMissing a caller that may not use a route of this scope."""
        ...

    def merchant_id(self, caller: CallerT) -> int:
        """For whom the request is logged."""
        ...

    def actor(self, caller: CallerT) -> str:
        """By whom it was made."""
        ...

    def refused(self, refusal: Refusal) -> msgspec.Struct | dict[str, Any]:
        """The body that says no."""
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


def serve(engine_of: Callable[[], Engine], contract: Contract[Any], routes: Sequence[Route[Any]]) -> ASGIApp:
    """The application for one path: one route for each method."""
    by_method = {route.method: (route, msgspec.json.Decoder(route.params, strict=False)) for route in routes}
    allowed = ", ".join(by_method)
    template = routes[0].path
    timers: dict[tuple[str, int], Histogram] = {}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter_ns()
        engine = engine_of()
        incoming = Incoming(scope)
        merchant_id, actor = 0, ""
        headers: list[tuple[bytes, bytes]] = []
        try:
            if incoming.method not in by_method:
                headers.append((b"allow", allowed.encode()))
                raise MethodNotAllowed(incoming.method, allowed)
            route, decoder = by_method[incoming.method]
            incoming.body = await _read(receive)
            params = _decode(incoming, route.params, decoder)
            caller = await contract.authenticate(engine, incoming, params)
            merchant_id, actor = contract.merchant_id(caller), contract.actor(caller)
            contract.allow(caller, route.scope)
            answer = await route.handle(engine, caller, params, incoming)
            status, body = 200, encode(answer)
        except Refusal as refusal:
            status, body = refusal.status, encode(contract.refused(refusal))
            headers += _refusal_headers(refusal)
        except Exception:
            log.exception("request_failed", path=incoming.path, request_id=str(incoming.request_id))
            status, body = 500, encode(contract.refused(_Bug()))
        headers += (
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", str(incoming.request_id).encode()),
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        took_ns = time.perf_counter_ns() - started
        timer = timers.get((incoming.method, status))
        if timer is None:
            timer = timers[incoming.method, status] = REQUESTS.labels(incoming.method, template, status)
        timer.observe(took_ns / 1e9)
        engine.requests.note(
            RequestLine(
                merchant_id, engine.clock(), incoming.request_id, incoming.method, _loggable(incoming.path), status,
                took_ns // 1000, actor, _loggable(incoming.headers.get("user-agent", "")),
            )
        )  # fmt: skip

    return application


def _loggable(text: str) -> str:
    """Short enough to keep, and without the one character that PostgreSQL has no place for."""
    return text[:LOGGED_LENGTH_MAX].replace("\0", "\N{REPLACEMENT CHARACTER}")


class _Bug(Refusal):
    """Something went wrong on our side; the request id in the headers helps to find it."""

    status = 500


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
    body = incoming.body
    suspect = any(mark in body or mark in incoming.query for mark in NUL_MARKS)
    form = incoming.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    try:
        if body and not form and not incoming.query and not incoming.path_params and not suspect:
            return decoder.decode(body)
        merged: dict[str, Any] = {}
        if form:
            merged.update(_pairs(body))
        elif body:
            merged.update(_to_dict.decode(body))
        merged.update(_pairs(incoming.query))
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


def _pairs(text: bytes) -> dict[str, str]:
    """Form or query parameters; an empty value says nothing."""
    try:
        return dict(parse_qsl(text.decode(), errors="strict", max_num_fields=1000))
    except ValueError as error:
        raise BadRequest(f"its parameters cannot be read ({error})") from None


def _refuse_nul(merged: dict[str, Any]) -> None:
    for field, value in merged.items():
        if "\0" in field or b"\\u0000" in encode(value):
            raise BadField(field.replace("\0", "�"), "it holds a NUL character, which no text may have")


def _bad_field(error: msgspec.ValidationError) -> Refusal:
    if missing := MISSING.fullmatch(str(error)):
        return BadField(".".join(filter(None, missing.group("inside", "field"))), "a value is needed")
    found = AT.fullmatch(str(error))
    if found is None:
        return BadRequest(str(error).replace("`", "'"))
    return BadField(found["field"], found["problem"].replace("`", "'"))


def _refusal_headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-error-code", refusal.code.encode())]
    if refusal.decision_id is not None:
        headers.append((b"x-decision-id", str(refusal.decision_id).encode()))
    if isinstance(refusal, Outage) or refusal.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % (refusal.retry_after_s or 1)))
    return headers
