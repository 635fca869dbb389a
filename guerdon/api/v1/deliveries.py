"""`/v1/webhook_endpoints/{id}/deliveries` and `/v1/deliveries/{id}`: what was sent where, and how it went."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.events import Topics
from guerdon.api.v1.ids import like, number, numbers, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.who import member_shown
from guerdon.api.wire import Incoming, Route
from guerdon.webhooks.attempt import State
from guerdon.webhooks.deliveries import Attempt, Shown, list_attempts
from guerdon.webhooks.endpoint import checked_topics
from guerdon.webhooks.endpoints import get_endpoint
from guerdon.webhooks.search import Place, find_deliveries, get_delivery

EndpointId = Annotated[str, like("whe", 3)]
DeliveryId = Annotated[str, like("del", 3, 1042, 0)]


class DeliveriesAsked(ListAsked, kw_only=True):
    """Which deliveries of an endpoint; all of what is said must hold."""

    id: EndpointId
    state: State | None = None
    topics: Topics | None = None


class DeliveryChosen(Asked, kw_only=True):
    """One delivery."""

    id: DeliveryId


class AttemptAnswer(msgspec.Struct, frozen=True):
    """One request. `status` and the beginning of the answer, or the `reason` why there was none."""

    number: int
    status: int | None
    reason: str | None
    response: str
    took_ms: int
    at: datetime


class DeliveryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A message to an endpoint. What was said, and the attempts, come with a single one."""

    id: str
    object: Literal["delivery"]
    endpoint: str
    message: str
    type: str
    sequence: int
    member: str | None
    state: State
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    history: list[AttemptAnswer] | msgspec.UnsetType = msgspec.UNSET


async def find(engine: Engine, caller: Caller, params: DeliveriesAsked, incoming: Incoming) -> Page[DeliveryAnswer]:
    """Deliveries of an endpoint, newest first."""
    merchant_id, endpoint_id = caller.merchant.merchant_id, number("whe", params.id)
    await get_endpoint(engine.database, merchant_id, endpoint_id)
    topics = checked_topics([one.strip() for one in params.topics.split(",")]) if params.topics else ()
    found = await find_deliveries(
        engine.database, merchant_id, endpoint_id, state=params.state, topics=topics, before=after(params, Place),
        count_max=params.limit + 1,
    )  # fmt: skip
    return page(
        incoming, params, found.rows, lambda row: (row.sequence, row.part), lambda row: _shown(endpoint_id, row),
        further=found.further,
    )  # fmt: skip


async def fetch(engine: Engine, caller: Caller, params: DeliveryChosen, _incoming: Incoming) -> DeliveryAnswer:
    """One delivery, with what it says and every attempt."""
    merchant_id = caller.merchant.merchant_id
    endpoint_id, sequence, part = numbers("del", params.id, count=3)
    row = await get_delivery(engine.database, merchant_id, endpoint_id, (sequence, part))
    attempts = await list_attempts(engine.database, merchant_id, endpoint_id, sequence)
    return msgspec.structs.replace(
        _shown(endpoint_id, row),
        body=msgspec.Raw(row.body.encode()),
        history=[_attempt(one) for one in attempts if one.part == part],
    )


def _attempt(attempt: Attempt) -> AttemptAnswer:
    return AttemptAnswer(
        attempt.number, attempt.status, attempt.reason, attempt.response, attempt.took_ms, attempt.at
    )  # fmt: skip


def _shown(endpoint_id: int, row: Shown) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=shown("del", endpoint_id, row.sequence, row.part),
        object="delivery",
        endpoint=shown("whe", endpoint_id),
        message=row.message_id,
        type=row.topic,
        sequence=row.sequence,
        member=None if row.member_id is None else member_shown(row.member_id),
        state=row.state,  # pyright: ignore[reportArgumentType]  # the table knows these states alone
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        created_at=row.made_at,
        settled_at=row.settled_at,
    )


ROUTES = (
    Route("GET", "/v1/webhook_endpoints/{id:str}/deliveries", DeliveriesAsked, Page[DeliveryAnswer], find, "read",
          "List what was sent to an endpoint"),
    Route("GET", "/v1/deliveries/{id:str}", DeliveryChosen, DeliveryAnswer, fetch, "read",
          "Get a delivery with its attempts"),
)  # fmt: skip
