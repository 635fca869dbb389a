"""`GET /v1/events/stream`: events as they happen, for whoever keeps a connection open (server-sent events).

    log of events ──► look, after the last number sent ─► `id`, `event`, `data` ─► the client's `Last-Event-ID` ──► …

A client that is cut off comes back with the last number that it has seen, and misses nothing. The stream ends when the
server is to end, when the client goes, and when its key is revoked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, NamedTuple

from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.events import EventAnswer, Topics, shown, topics_named
from guerdon.api.v1.flowing import CONTRACT, Signed, begin, end, flow, say
from guerdon.api.v1.lists import Asked
from guerdon.api.wire import Incoming, Route, encode
from guerdon.errors.base import BadField, Unauthenticated
from guerdon.events.log import Numbered, last_sequence, list_events

PATH = "/v1/events/stream"
HEARTBEAT_S = 15.0
"""How often an empty line says that the stream still lives: proxies cut connections that are quiet."""
LOOK_MIN_S, LOOK_MAX_S = 0.1, 1.0
PAGE = 100
RETRY = b"retry: 2000\n\n"
"""How long a client waits before it comes back, in milliseconds."""


class StreamAsked(Asked, kw_only=True):
    """Events after a number, or from now on. The header `Last-Event-ID` counts for more than `after`."""

    after: Annotated[int, Meta(ge=0)] | None = None
    topics: Topics | None = None


class _Wanted(NamedTuple):
    """What a client is to be told."""

    caller: Caller
    sequence: int
    topics: Sequence[str]


async def watch(engine: Engine, caller: Caller, params: StreamAsked, incoming: Incoming) -> int:
    """The number after which the client wants to be told: that of now, where it says nothing."""
    told = incoming.headers.get("last-event-id", "").strip()
    if told:
        if not (told.isascii() and told.isdigit() and len(told) <= 18):
            raise BadField("Last-Event-ID", f"{told[:40]!r} is no number of an event")
        return int(told)
    if params.after is not None:
        return params.after
    return await last_sequence(engine.database, caller.merchant.merchant_id)


ROUTE = Route("GET", PATH, StreamAsked, EventAnswer, watch, "read", "Watch events as they happen",
              media="text/event-stream")  # fmt: skip


def stream(
    engine_of: Callable[[], Engine], draining: asyncio.Event, *, heartbeat_s: float = HEARTBEAT_S
) -> ASGIApp:  # fmt: skip
    """The application; `draining` is set once the server is to end."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope)

        async def opened(signed: Signed) -> Awaitable[None]:
            topics = topics_named(signed.params.topics)
            sequence = await watch(signed.engine, signed.caller, signed.params, incoming)
            return told(signed, _Wanted(signed.caller, sequence, topics))

        async def told(signed: Signed, wanted: _Wanted) -> None:
            ending = asyncio.ensure_future(_either(draining, receive))
            try:
                await begin(send, incoming, signed.headers, b"text/event-stream; charset=utf-8")
                await say(send, RETRY)
                await _tell(signed.engine, incoming, wanted, send, ending, heartbeat_s)
            finally:
                ending.cancel()
            await end(send)

        await flow(engine_of(), incoming, ROUTE, send, opened)

    return application


async def _tell(
    engine: Engine, incoming: Incoming, wanted: _Wanted, send: Send, ending: asyncio.Future[None], heartbeat_s: float
) -> None:
    """Events until the end, with a sign of life where there are none; the key is looked at again with each."""
    loop = asyncio.get_running_loop()
    sequence, pause_s, spoke_at = wanted.sequence, LOOK_MIN_S, loop.time()
    while not ending.done():
        events, sequence = await _look(engine, wanted, sequence)
        pause_s = LOOK_MIN_S if events else min(pause_s * 1.5, LOOK_MAX_S, heartbeat_s)
        if events:
            await say(send, b"".join(map(_message, events)))
            spoke_at = loop.time()
        if loop.time() - spoke_at >= heartbeat_s:
            incoming.told.clear()  # what the head told is told once
            try:
                await CONTRACT.authenticate(engine, incoming, None)
            except Unauthenticated:
                return
            await say(send, b":\n\n")
            spoke_at = loop.time()
        if len(events) < PAGE:
            await asyncio.wait((ending,), timeout=pause_s)


async def _look(engine: Engine, wanted: _Wanted, sequence: int) -> tuple[list[Numbered], int]:
    """The next events after a number, and the number that was reached."""
    merchant_id = wanted.caller.merchant.merchant_id
    # What is committed up to this number is seen by the next statement: nothing between is passed over.
    last = await last_sequence(engine.database, merchant_id)
    if last <= sequence:
        return [], sequence
    events = await list_events(engine.database, merchant_id, sequence, PAGE, wanted.topics)
    if len(events) == PAGE:
        return events, events[-1].sequence
    return events, max(last, *(event.sequence for event in events)) if events else last


def _message(event: Numbered) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, event.topic.encode(), encode(shown(event)))


async def _either(draining: asyncio.Event, receive: Receive) -> None:
    """Until the server is to end, or the client has gone."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    waiting = [asyncio.ensure_future(draining.wait()), asyncio.ensure_future(gone())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
