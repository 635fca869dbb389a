"""GET /requests: what the merchant's clients asked of late, for whoever looks for a mistake in them. Ours."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from guerdon.access.history import FIRST, LAST, LAST_ID, Asked, Past, get_request, list_requests
from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Credentials, Id, Text, stamp, time_given
from guerdon.api.wire import Incoming
from guerdon.errors.access import RequestNotFound
from guerdon.errors.base import BadField

LIMIT_MAX = 200
USUAL_LIMIT = 50

Status = Annotated[str, Meta(pattern=r"^([1-5]xx|[1-5][0-9]{2})\Z", examples=["4xx", "429"])]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class FetchRequests(Credentials, kw_only=True):
    """Which requests; all that is said must hold. `cursor` is the `next_cursor` of the page before."""

    status: Status | None = None
    method: Method | None = None
    path: Text | None = None
    """How it begins."""
    since: Text | None = None
    until: Text | None = None
    key_id: Id | None = None
    error_code: Text | None = None
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = USUAL_LIMIT
    cursor: Text | None = None


class FetchRequest(Credentials, kw_only=True):
    """One request, by the `x-request-id` of its answer."""

    request_id: Text


class RequestAnswer(msgspec.Struct, kw_only=True):
    """A request. What was sent and answered comes with a single one: masked, cut, and null where it was not kept."""

    request_id: UUID
    at: str
    method: str
    path: str
    status: int
    duration_ms: float
    caller: str
    key: str | None
    user_agent: str
    error_code: str | None
    error: str | None
    query: str | UnsetType | None = UNSET
    request: str | UnsetType | None = UNSET
    response: str | UnsetType | None = UNSET


class RequestsAnswer(msgspec.Struct):
    """A page, newest first; there is no other after it where `next_cursor` is null."""

    requests: list[RequestAnswer]
    next_cursor: str | None


async def fetch_requests(
    engine: Engine, caller: Caller, params: FetchRequests, _incoming: Incoming
) -> RequestsAnswer:  # fmt: skip
    """The newest requests of the merchant; the last half second may be missing."""
    asked = Asked(
        since=time_given(params.since, "since") or FIRST,
        until=time_given(params.until, "until") or LAST,
        before=_place(params.cursor),
        statuses=statuses(params.status),
        method=params.method,
        path=params.path or None,
        caller=None if params.key_id is None else f"key:{params.key_id}",
        error_code=params.error_code or None,
    )
    found = await list_requests(engine.database, caller.merchant.merchant_id, asked, params.limit + 1)
    page = found[: params.limit]
    more = len(found) > params.limit
    return RequestsAnswer([_answer(one) for one in page], _cursor(page[-1]) if more else None)


async def fetch_request(engine: Engine, caller: Caller, params: FetchRequest, _incoming: Incoming) -> RequestAnswer:
    """One request of the merchant with what was sent and answered; 404 for one of nobody or of another."""
    try:
        request_id = UUID(params.request_id)
    except ValueError:
        raise RequestNotFound(params.request_id) from None
    past = await get_request(engine.database, caller.merchant.merchant_id, request_id)
    answer = _answer(past)
    answer.query, answer.request, answer.response = past.query, past.request, past.response
    return answer


def statuses(status: str | None) -> tuple[int, int]:
    """The first and last status that are meant by one such as 429, or by a class such as 4xx."""
    if not status:
        return 100, 599
    if status.endswith("xx"):
        return int(status[0]) * 100, int(status[0]) * 100 + 99
    return int(status), int(status)


def _answer(past: Past) -> RequestAnswer:
    return RequestAnswer(
        request_id=past.request_id,
        at=stamp(past.at),
        method=past.method,
        path=past.path,
        status=past.status,
        duration_ms=past.duration_us / 1000,
        caller=past.caller,
        key=past.key,
        user_agent=past.user_agent,
        error_code=past.error_code,
        error=past.error,
    )


def _cursor(past: Past) -> str:
    return base64.urlsafe_b64encode(f"{past.at.isoformat()} {past.request_id}".encode()).decode()


def _place(cursor: str | None) -> tuple[datetime, UUID]:
    """The (time, id) after which a page begins."""
    if not cursor:
        return LAST, LAST_ID
    try:
        at, _, request_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        place = datetime.fromisoformat(at), UUID(request_id)
    except (ValueError, binascii.Error):
        place = None
    if place is None or place[0].tzinfo is None:
        raise BadField("cursor", "send the next_cursor of the page before, as it was")
    return place
