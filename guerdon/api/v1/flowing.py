"""What answers that flow have in common: who asks is found, or told no, before the first byte of the answer."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from litestar.types import Send

from guerdon.access.history import NOBODY
from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.limits import UNLIMITED, Headers
from guerdon.api.parameters import parameters
from guerdon.api.requests import RequestLine
from guerdon.api.v1.contract import ApiContract
from guerdon.api.wire import REQUESTS, Incoming, Route, encode, in_its_time, refusal_headers
from guerdon.errors.base import BadField, MethodNotAllowed, Refusal
from guerdon.kit.origin import begin_request, end_request

CONTRACT = ApiContract()


class Signed(NamedTuple):
    """Who asks for what, the engine in the time of their merchant, and the headers of whatever is answered."""

    engine: Engine
    caller: Caller
    params: Any
    headers: Headers


async def flow(
    engine: Engine, incoming: Incoming, route: Route[Any], send: Send,
    opened: Callable[[Signed], Awaitable[Awaitable[None]]],
) -> None:  # fmt: skip
    """Serve one that flows: `opened` may still refuse, and what it returns writes the answer.

    The request is part of the history from then on, though the answer may go on for days.
    """
    started = time.perf_counter_ns()
    refusal: Refusal | None = None
    limits = list(UNLIMITED.headers)
    try:
        signed = await _signed_in(engine, incoming, route, limits)
        begun = begin_request(incoming.request_id, signed.caller.actor, incoming.address)
        try:
            answer = await opened(signed)
        finally:
            end_request(begun)
    except Refusal as no:
        refusal, answer = no, _refuse(send, incoming, no, limits)
    took_ns, status = time.perf_counter_ns() - started, 200 if refusal is None else refusal.status
    REQUESTS.labels(incoming.method, route.path, status).observe(took_ns / 1e9)
    caller: Caller | None = incoming.caller
    engine.requests.note(
        RequestLine(
            NOBODY if caller is None else caller.merchant.merchant_id, engine.clock(), incoming.request_id,
            incoming.method, incoming.path, status, took_ns // 1000, "" if caller is None else caller.actor,
            incoming.headers.get("user-agent", ""), refusal, incoming.query, b"", False, b"", incoming.trace_id,
        )
    )  # fmt: skip
    await answer


async def _signed_in(
    engine: Engine, incoming: Incoming, route: Route[Any], limits: list[tuple[bytes, bytes]]
) -> Signed:
    """The caller, if it may ask this now, with what it asks in its query. Refuses as any other request is refused.

    `limits` become those of the caller.
    """
    if incoming.method != route.method:
        raise MethodNotAllowed(incoming.method, route.method)
    caller = incoming.caller = await CONTRACT.authenticate(engine, incoming, None)
    admission = await CONTRACT.admit(engine, caller, incoming)
    limits[:] = admission.headers
    if admission.refusal is not None:
        raise admission.refusal
    try:
        said = parameters(incoming.query, empty=True)
        params = msgspec.convert({**said, **incoming.path_params}, route.params, strict=False)
    except msgspec.ValidationError as error:
        raise BadField("query", str(error).replace("`", "'")) from None
    CONTRACT.allow(engine, caller, route, incoming, params)
    engine = await in_its_time(engine, caller.merchant.merchant_id, incoming)
    return Signed(engine, caller, params, [*limits, *incoming.told])


async def begin(send: Send, incoming: Incoming, headers: Headers, content_type: bytes) -> None:
    """The head of an answer whose length nobody knows."""
    told = [
        *headers, (b"content-type", content_type), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"),
        (b"x-request-id", str(incoming.request_id).encode()),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 200, "headers": told})


async def say(send: Send, body: bytes) -> None:
    """The next piece."""
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def end(send: Send) -> None:
    """There is no more."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(send: Send, incoming: Incoming, refusal: Refusal, limits: Headers) -> None:
    """A problem instead."""
    body = encode(CONTRACT.refused(refusal, incoming))
    headers = [
        *limits,
        *incoming.told,
        (b"content-type", CONTRACT.refusal_type),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", str(incoming.request_id).encode()),
        *refusal_headers(refusal),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
