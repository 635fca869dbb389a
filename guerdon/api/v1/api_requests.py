"""`/v1/api_requests`: what the merchant's clients asked of late, for whoever looks for a mistake in them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from guerdon.access.history import FIRST, LAST, LAST_ID, Past, get_request
from guerdon.access.history import Asked as Wanted
from guerdon.access.keys import Caller
from guerdon.access.search import look_for_requests
from guerdon.api.engine import Engine
from guerdon.api.history import Method, Status, statuses
from guerdon.api.v1.ids import identifier, like, like_unique, number, unique
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment
from guerdon.api.wire import Incoming, Route

RequestId = Annotated[str, like_unique("req", "0199f0c27d0b7c1e8f6a5b4c3d2e1f00")]


class RequestsAsked(ListAsked, kw_only=True):
    """Which requests; all of what is said must hold. `path` is how it begins, `user_agent` a part of theirs."""

    status: Status | None = None
    method: Method | None = None
    path: Annotated[str, Meta(max_length=200)] | None = None
    since: Moment | None = None
    before: Moment | None = None
    key: Annotated[str, like("key", 7)] | None = None
    code: Annotated[str, Meta(max_length=100, examples=["not_enough_points"])] | None = None
    user_agent: Annotated[str, Meta(max_length=200)] | None = None


class RequestChosen(Asked, kw_only=True):
    """One request, by the `request_id` of a problem."""

    id: RequestId


class RequestAnswer(msgspec.Struct, kw_only=True):
    """A request. What was sent and answered comes with a single one: masked, cut, and null where it was not kept."""

    id: str
    object: Literal["api_request"]
    at: datetime
    method: str
    path: str
    status: int
    duration_us: int
    caller: str
    key: str | None
    user_agent: str
    trace_id: str | None
    code: str | None
    detail: str | None
    query: str | UnsetType | None = UNSET
    request: str | UnsetType | None = UNSET
    response: str | UnsetType | None = UNSET


async def find(engine: Engine, caller: Caller, params: RequestsAsked, incoming: Incoming) -> Page[RequestAnswer]:
    """Requests, newest first; the last half second may be missing."""
    wanted = Wanted(
        since=params.since or FIRST,
        until=params.before or LAST,
        before=after(params, tuple[datetime, UUID]) or (LAST, LAST_ID),
        statuses=statuses(params.status),
        method=params.method,
        path=params.path or None,
        caller=None if params.key is None else f"key:{number('key', params.key, 'key')}",
        error_code=params.code or None,
    )
    found = await look_for_requests(
        engine.database, caller.merchant.merchant_id, wanted, user_agent=params.user_agent or None,
        count_max=params.limit + 1,
    )  # fmt: skip
    return page(
        incoming, params, found.rows, lambda row: (row.at, row.request_id), request_shown, further=found.further
    )  # fmt: skip


async def fetch(engine: Engine, caller: Caller, params: RequestChosen, _incoming: Incoming) -> RequestAnswer:
    """One request with what was sent and answered."""
    past = await get_request(engine.database, caller.merchant.merchant_id, identifier("req", params.id))
    answer = request_shown(past)
    answer.query, answer.request, answer.response = past.query, past.request, past.response
    return answer


def request_shown(past: Past) -> RequestAnswer:
    """A request as clients see it, without what was sent."""
    return RequestAnswer(
        id=unique("req", past.request_id),
        object="api_request",
        at=past.at,
        method=past.method,
        path=past.path,
        status=past.status,
        duration_us=past.duration_us,
        caller=past.caller,
        key=past.key,
        user_agent=past.user_agent,
        trace_id=past.trace_id,
        code=past.error_code,
        detail=past.error,
    )


ROUTES = (
    Route("GET", "/v1/api_requests", RequestsAsked, Page[RequestAnswer], find, "read", "List requests of late"),
    Route("GET", "/v1/api_requests/{id:str}", RequestChosen, RequestAnswer, fetch, "read",
          "Get a request with what was sent and answered"),
)  # fmt: skip
