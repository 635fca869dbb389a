"""`/console/developers/requests`: what the merchant's clients asked of late, with what went in and out, masked."""

import json
import re
from shlex import quote
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.history import Method, Status
from guerdon.api.v1 import api_requests
from guerdon.api.v1.api_requests import RequestAnswer, RequestChosen, RequestsAsked
from guerdon.api.v1.routes import ROUTES as API_ROUTES
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.lists import (
    PAGE,
    DaysShown,
    filters_in_use,
    first_moment,
    moment_after,
    said,
    whole,
)
from guerdon.console.pages.saved_filters import kept
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import Refusal

LIST = "/console/developers/requests"
SIGNED = (
    ("/v1/", ('-H "Authorization: Bearer $GUERDON_KEY"',)),
    ("/shopper/", ('-H "Authorization: Bearer $GUERDON_KEY"',)),
    ("/ui/", ('-u "$GUERDON_USERNAME:$GUERDON_PASSWORD"',)),
    ("", ('-H "x-guid: $GUERDON_GUID"', '-H "x-api-key: $GUERDON_KEY"')),
)
"""How requests to each interface are signed in, by how their paths begin."""
PARAMETER = re.compile(r"\\\{[^}]*\\\}")


class RequestsShown(DaysShown, kw_only=True):
    """Which requests; a request's id finds one of any day."""

    id: str | None = None
    status: Status | None = None
    method: Method | None = None
    path: str | None = None
    api_key: str | None = None
    user_agent: str | None = None
    code: str | None = None
    live: bool = False


class RequestShown(Struct, kw_only=True):
    """One request."""

    id: str


async def show_all(engine: Engine, visitor: Visitor, params: RequestsShown, incoming: Incoming) -> View:
    """The list, which looks again by itself while it is `live`."""
    refusal, found, wanted = None, None, whole(params.id)
    try:
        if wanted is not None:
            return visitor.go(f"{LIST}/{_known(wanted)}")
        asked = RequestsAsked(
            limit=PAGE, cursor=params.cursor, status=params.status, method=params.method, path=whole(params.path),
            key=whole(params.api_key), user_agent=whole(params.user_agent), code=whole(params.code),
            since=first_moment(visitor, params.since), before=moment_after(visitor, params.until),
        )  # fmt: skip
        found = await api_requests.find(engine, visitor.caller, asked, visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    query = said(params)
    return visitor.view(
        "developers/requests.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=query, filtered=filters_in_use({name for name in query if name != "live"}), live=params.live,
        saved=await kept(engine, visitor, incoming),
    )  # fmt: skip


async def show(engine: Engine, visitor: Visitor, params: RequestShown, incoming: Incoming) -> View:
    """One, side by side with its answer, for whoever may read these."""
    one = await api_requests.fetch(engine, visitor.caller, RequestChosen(id=params.id), visitor.inner(incoming))
    reads = visitor.may("develop")
    scheme = "https" if incoming.secure else "http"
    return visitor.view(
        "developers/request.html", one=one, reads=reads, query=_text(one.query) if reads else None,
        request=_pretty(one.request) if reads else None, response=_pretty(one.response) if reads else None,
        curl=as_curl(one, f"{scheme}://{incoming.headers.get('host', '')}") if reads else None,
        reference=reference_of(one.method, one.path),
    )  # fmt: skip


def as_curl(one: RequestAnswer, place: str) -> str:
    """The request as a command of curl's. Pure. What is masked has to be filled in again."""
    query = urlencode(parse_qsl(_text(one.query) or ""), safe="*…@")
    address = f"{place}{one.path}?{query}" if query else f"{place}{one.path}"
    signed = next(headers for begins, headers in SIGNED if one.path.startswith(begins))
    lines = [f"curl -X {one.method} {quote(address)}", *signed]
    body = _text(one.request)
    if body:
        lines += ["-H 'Content-Type: application/json'", f"-d {quote(body)}"]
    return " \\\n  ".join(lines)


def reference_of(method: str, path: str) -> str:
    """Where the reference lets people try such a request; its first page for what is not of the native API. Pure."""
    for route in API_ROUTES:
        shape = PARAMETER.sub("[^/]+", re.escape(route.path))
        if route.method == method and re.fullmatch(shape, path):
            module = route.handle.__module__.rpartition(".")[2]
            return f"/docs#tag/{module.replace('_', '-')}/{module}.{route.handle.__name__}"
    return "/docs"


def _known(text: str) -> str:
    """A request's id, of which `x-request-id` is another way to write it."""
    return text if text.startswith("req_") else f"req_{text.replace('-', '')}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _pretty(value: object) -> str | None:
    """JSON on lines of its own, as far as it was not cut."""
    text = _text(value)
    if text is None:
        return None
    try:
        return json.dumps(msgspec.json.decode(text), indent=2, ensure_ascii=False)
    except msgspec.DecodeError:
        return text


ROUTES = (
    Route("GET", LIST, RequestsShown, View, show_all, "see", "Requests"),
    Route("GET", LIST + "/{id:str}", RequestShown, View, show, "see", "A request"),
)
