"""What answers that flow have in common: who asks is found, or told no, before the first byte of the answer."""

from typing import Any, NamedTuple

import msgspec
from litestar.types import Send

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.limits import Headers
from guerdon.api.parameters import parameters
from guerdon.api.v1.contract import ApiContract
from guerdon.api.wire import Incoming, Route, encode
from guerdon.errors.base import BadField, MethodNotAllowed, Refusal

CONTRACT = ApiContract()


class Signed(NamedTuple):
    """Who asks for what, and the headers of whatever is answered."""

    caller: Caller
    params: Any
    headers: Headers


async def signed_in(engine: Engine, incoming: Incoming, route: Route[Any]) -> Signed:
    """The caller, if it may ask this now, with what it asks in its query. Refuses as any other request is refused."""
    if incoming.method != route.method:
        raise MethodNotAllowed(incoming.method, route.method)
    caller = await CONTRACT.authenticate(engine, incoming, None)
    admission = await CONTRACT.admit(engine, caller, incoming)
    if admission.refusal is not None:
        raise admission.refusal
    try:
        params = msgspec.convert({**parameters(incoming.query), **incoming.path_params}, route.params, strict=False)
    except msgspec.ValidationError as error:
        raise BadField("query", str(error).replace("`", "'")) from None
    CONTRACT.allow(engine, caller, route, incoming, params)
    return Signed(caller, params, [*admission.headers, *incoming.told])


async def begin(send: Send, headers: Headers, content_type: bytes) -> None:
    """The head of an answer whose length nobody knows."""
    told = [*headers, (b"content-type", content_type), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": told})


async def say(send: Send, body: bytes) -> None:
    """The next piece."""
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def end(send: Send) -> None:
    """There is no more."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def refuse(send: Send, incoming: Incoming, refusal: Refusal) -> None:
    """A problem instead."""
    body = encode(CONTRACT.refused(refusal, incoming))
    headers = [
        (b"content-type", CONTRACT.refusal_type),
        (b"content-length", b"%d" % len(body)),
        (b"x-error-code", refusal.code.encode()),
    ]
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % refusal.retry_after_s))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
