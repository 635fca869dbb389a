"""One request on its way in and out, for the contracts whose clients send parameters every way there is.

A route is a plain ASGI application: it merges JSON, query and form into one typed struct, asks its contract who is
calling, hands both to a handler, and writes the answer. Litestar mounts it; nothing else stands between a socket and a
command.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

import msgspec
import structlog
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import Histogram

from guerdon.access.history import NOBODY
from guerdon.api.browsers import preflight
from guerdon.api.engine import Engine
from guerdon.api.incoming import Incoming, encode
from guerdon.api.limits import UNLIMITED, Admission, Headers
from guerdon.api.reading import read
from guerdon.api.requests import RequestLine, RequestLog
from guerdon.api.surroundings import packed
from guerdon.errors.base import (
    BadRequest,
    BodyTooLarge,
    DatabaseAway,
    MethodNotAllowed,
    Outage,
    Refusal,
    ServerFault,
    Unauthenticated,
)
from guerdon.kit.origin import begin_request, end_request

Params = TypeVar("Params", bound=msgspec.Struct)
Caller_co = TypeVar("Caller_co", covariant=True)
CallerT = TypeVar("CallerT")

BODY_BYTES_MAX = 1_000_000

TEST_MODE = (b"guerdon-mode", b"test")
"""The header of what a test merchant is answered."""

REQUESTS = Histogram(
    "guerdon_request_seconds", "How long requests took", ["method", "path", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip

log = structlog.get_logger()


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

    def merchant_id(self, caller: CallerT, /) -> int:
        """For whom the request is logged."""
        ...

    def actor(self, caller: CallerT, /) -> str:
        """By whom it was made."""
        ...

    def written(self, answer: Any, incoming: Incoming, /) -> bytes:
        """The body that answers."""
        ...

    def refused(self, refusal: Refusal, incoming: Incoming, /) -> msgspec.Struct | dict[str, Any] | bytes:
        """The body that says no: as JSON, or as it is. It may say so by another status than that of the refusal."""
        ...

    @property
    def refusal_type(self) -> bytes | None:
        """The content type of that, where it is not that of answers."""
        ...

    @property
    def noted(self) -> bool:
        """Whether its requests are part of the merchant's history of requests."""
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
    files: tuple[str, ...] = ()
    """The content types of its body, where that is a file as it is; `params` are then in the query."""
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


def serve(
    engine_of: Callable[[], Engine], contract: Contract[Any], routes: Sequence[Route[Any]], *, strict: bool = False
) -> ASGIApp:
    """The application for one path: one route for each method. A `strict` one takes what its document says: in JSON no
    texts where numbers are meant, no empty values in a query, and nothing at all of whom it does not know.
    """
    by_method = {route.method: (route, msgspec.json.Decoder(route.params, strict=strict)) for route in routes}
    allowed = ", ".join(by_method)
    opened = preflight([route.method for route in routes if route.public])
    asks_first = any(route.public for route in routes)
    template = routes[0].path

    @cache
    def timer(method: str, status: int) -> Histogram:
        return REQUESTS.labels(method, template, status)

    async def answer(engine: Engine, incoming: Incoming, receive: Receive, exchange: _Exchange) -> bytes:
        if incoming.method not in by_method:
            raise MethodNotAllowed(incoming.method, allowed)
        route, decoder = by_method[incoming.method]
        incoming.has(await _read(receive))
        try:
            params = read(incoming, route.params, decoder, strict=strict)
        except Refusal:
            await _blame(engine, contract, incoming, exchange, strict=strict)
            raise
        caller = await _identify(engine, contract, incoming, params, exchange)
        contract.allow(engine, caller, route, incoming, params)
        if not engine.clocks.is_live(exchange.merchant_id):
            engine = await in_its_time(engine, exchange.merchant_id, incoming)
        begun = begin_request(incoming.request_id, exchange.actor, incoming.address)
        try:
            return contract.written(await route.handle(engine, caller, params, incoming), incoming)
        finally:
            end_request(begun)

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
            status, body = _no(contract, refusal, incoming)
            if isinstance(refusal, DatabaseAway):
                log.warning("database_lost", error=repr(refusal.__cause__), path=incoming.path)
        except Exception:
            log.exception(
                "request_failed", path=incoming.path, request_id=str(incoming.request_id), trace_id=incoming.trace_id
            )
            exchange.refusal = ServerFault()
            status, body = _no(contract, exchange.refusal, incoming)
        sent, packing = packed(body, incoming.headers.get("accept-encoding"))
        await _send(send, status, [*_head(contract, incoming, exchange, len(sent)), *packing], sent)
        took_ns = time.perf_counter_ns() - started
        # What was sent leaves at the end of this turn of the loop: whoever asked does not wait for what comes after it.
        line = _line(engine, incoming, exchange, status, took_ns, body) if contract.noted else None
        asyncio.get_running_loop().call_soon(_count, timer(incoming.method, status), took_ns, engine.requests, line)

    return application


def _head(contract: Contract[Any], incoming: Incoming, exchange: _Exchange, length: int) -> list[tuple[bytes, bytes]]:
    """The headers of an answer of so many bytes."""
    said_no = contract.refusal_type if exchange.refusal is not None else None
    headers = [
        *exchange.headers,
        *incoming.told,
        (b"content-type", said_no or incoming.accepted()),
        (b"content-length", b"%d" % length),
        (b"x-request-id", str(incoming.request_id).encode()),
    ]
    if incoming.replayed:
        headers.append((b"idempotent-replayed", b"true"))
    if exchange.refusal is not None:
        headers += refusal_headers(exchange.refusal)
    return headers


def _count(seconds: Histogram, took_ns: int, requests: RequestLog, line: RequestLine | None) -> None:
    """What is left to do of a request once it is answered."""
    seconds.observe(took_ns / 1e9)
    if line is not None:
        requests.note(line)


def _line(
    engine: Engine, incoming: Incoming, exchange: _Exchange, status: int, took_ns: int, body: bytes
) -> RequestLine:  # fmt: skip
    """What the history of requests keeps of one, with the `body` that answered it."""
    return RequestLine(
        exchange.merchant_id, engine.clock(), incoming.request_id, incoming.method, incoming.path, status,
        took_ns // 1000, exchange.actor, incoming.headers.get("user-agent", ""), exchange.refusal, incoming.query,
        incoming.body, incoming.form, body, incoming.trace_id,
    )  # fmt: skip


def _no(contract: Contract[Any], refusal: Refusal, incoming: Incoming) -> tuple[int, bytes]:
    """The status and the body that say no."""
    incoming.status = refusal.status
    said = contract.refused(refusal, incoming)
    return incoming.status, said if isinstance(said, bytes) else encode(said)


async def _blame(
    engine: Engine, contract: Contract[Any], incoming: Incoming, exchange: _Exchange, *, strict: bool
) -> None:
    """Note who sent what cannot be read, if that can be told; a strict surface tells nothing to strangers."""
    with suppress(*(() if strict else (Unauthenticated,))):
        await _identify(engine, contract, incoming, None, exchange)


async def _identify(
    engine: Engine, contract: Contract[Any], incoming: Incoming, params: Any, exchange: _Exchange
) -> Any:  # fmt: skip
    """The caller, if it may ask now; refuses with Unauthenticated, and for reasons of `admit`."""
    caller = incoming.caller = await contract.authenticate(engine, incoming, params)
    exchange.merchant_id, exchange.actor = contract.merchant_id(caller), contract.actor(caller)
    admission = await contract.admit(engine, caller, incoming)
    exchange.headers = admission.headers
    if admission.refusal is not None:
        raise admission.refusal
    return caller


async def in_its_time(engine: Engine, merchant_id: int, incoming: Incoming) -> Engine:
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


def refusal_headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    """What a refusal says beside its body."""
    headers = [(b"x-error-code", refusal.code.encode())]
    if isinstance(refusal, MethodNotAllowed):
        headers.append((b"allow", refusal.allowed.encode()))
    if refusal.decision_id is not None:
        headers.append((b"x-decision-id", str(refusal.decision_id).encode()))
    if isinstance(refusal, Outage) or refusal.wait_s is not None:
        headers.append((b"retry-after", b"%d" % (refusal.wait_s or 1)))
    return headers
