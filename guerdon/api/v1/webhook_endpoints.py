"""`/v1/webhook_endpoints`: addresses that are told of events. Secrets are shown once, when they are made."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.envelope import STOREFRONT, StorefrontFormat
from guerdon.api.v1.deliveries import EndpointId
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.match import require_version, tell_version, version_of
from guerdon.api.v1.notes import words_of
from guerdon.api.v1.write import DRY_RUN, Metadata, WriteAsked, changed, created
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.kit.outbound import OutboundFailed
from guerdon.metadata.metadata import Words, note
from guerdon.webhooks.attempt import shown as excerpt
from guerdon.webhooks.deliveries import count_deliveries, replay
from guerdon.webhooks.endpoint import NAME_LENGTH_MAX, TOPIC, TOPICS_MAX, Endpoint, succeeded
from guerdon.webhooks.endpoints import (
    OVERLAP,
    add_endpoint,
    disable_endpoint,
    enable_endpoint,
    get_endpoint,
    list_endpoints,
    lock_endpoint,
    remove_endpoint,
    rotate_secret,
    update_endpoint,
)
from guerdon.webhooks.message import Format, StandardFormat
from guerdon.webhooks.trial import send_test

KIND = "webhook_endpoint"
PATH = "/v1/webhook_endpoints"
OVERLAP_MAX_S = 7 * 86400

Url = Annotated[str, Meta(max_length=2000, examples=["https://shop.example/hooks"])]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
Pattern = Annotated[str, Meta(extra_json_schema={"pattern": f"^({TOPIC.pattern})$"})]
Topics = Annotated[tuple[Pattern, ...], Meta(max_length=TOPICS_MAX, examples=[["redemption.*", "points.earned"]])]
Number = Annotated[int, Meta(ge=1)]


class EndpointWanted(WriteAsked, kw_only=True):
    """Where to post, and of what; no `topics` are all of them. `ordered`: a member's messages one after another."""

    url: Url
    name: Name | None = None
    topics: Topics = ()
    format: Literal["standard", "storefront"] = "standard"
    ordered: bool = False
    metadata: Metadata | None = None


class EndpointAsked(Asked, kw_only=True):
    """One endpoint, to be read."""

    id: EndpointId


class EndpointChosen(WriteAsked, kw_only=True):
    """One endpoint, to be changed."""

    id: EndpointId


class EndpointChanged(EndpointChosen, kw_only=True):
    """What is given changes. What is waiting goes to the new address."""

    url: Url | None = None
    name: Name | None = None
    topics: Topics | None = None
    ordered: bool | None = None
    metadata: Metadata | None = None


class EndpointEnabled(EndpointChosen, kw_only=True):
    """Go on where it stopped; or `from_now`, and what it has missed is given up."""

    from_now: bool = False


class SecretRotated(EndpointChosen, kw_only=True):
    """For so many seconds messages are signed by the secret before too."""

    overlap: Annotated[int, Meta(ge=0, le=OVERLAP_MAX_S, description="Seconds")] = int(OVERLAP.total_seconds())


class Replayed(EndpointChosen, kw_only=True):
    """The messages of these events are sent again, by their numbers; with `failed`, only those that were given up."""

    first: Number
    last: Number | None = None
    """The last of a range; only the first, where it is left out."""
    failed: bool = False


COUNTED_MAX = 10_000


class Counts(msgspec.Struct, frozen=True):
    """How many deliveries are in each state; 10,000 stands for so many or more."""

    waiting: int
    delivered: int
    given_up: int


class EndpointAnswer(msgspec.Struct, kw_only=True):
    """An endpoint. `secret` is there when it was just made; deliveries are counted for a single one."""

    id: str
    object: Literal["webhook_endpoint"]
    name: str
    url: str
    topics: list[str]
    format: str
    ordered: bool
    state: str
    reason: str | None
    failing_since: datetime | None
    sequence: int
    """The last event that was looked at for it."""
    created_at: datetime
    updated_at: datetime
    metadata: Words
    deliveries: Counts | UnsetType = UNSET
    secret: str | UnsetType = UNSET


class EndpointRemoved(msgspec.Struct, frozen=True):
    """It is gone, with all that was kept about it."""

    id: str
    object: Literal["webhook_endpoint"]
    removed: bool


class TestAnswer(msgspec.Struct, frozen=True):
    """What the endpoint answered; the `reason` and why in `response`, where there was no answer."""

    __test__ = False

    object: Literal["webhook_test"]
    taken: bool
    status: int | None
    reason: str | None
    response: str
    took_ms: int | None


class ReplayAnswer(msgspec.Struct, frozen=True):
    """So many messages are sent again."""

    object: Literal["webhook_replay"]
    messages: int


async def create(
    engine: Engine, caller: Caller, params: EndpointWanted, incoming: Incoming
) -> EndpointAnswer | Raw:  # fmt: skip
    """Tell an address of what happens from now on. Its secret is in this answer, and in no other."""
    merchant_id, now, secrets = caller.merchant.merchant_id, engine.clock(), list[str]()

    async def write(database: Database) -> EndpointAnswer:
        endpoint, secret = await add_endpoint(
            database, merchant_id, url=params.url, now=now, name=params.name or "", format=params.format,
            topics=params.topics, ordered=params.ordered, allow_private=engine.callbacks.allow_private,
        )  # fmt: skip
        secrets.append(secret)
        words = params.metadata or {}
        if words:
            await note(database, merchant_id, KIND, str(endpoint.endpoint_id), words, now)
        return _shown(endpoint, words)

    answer = await changed(engine, caller, incoming, params, write)
    if isinstance(answer, Raw):
        return answer
    if DRY_RUN not in incoming.told:
        answer.secret = secrets[0]
    return created(incoming, answer, f"{PATH}/{answer.id}")


async def find(engine: Engine, caller: Caller, params: ListAsked, incoming: Incoming) -> Page[EndpointAnswer]:
    """Endpoints, newest first."""
    before = after(params, int)
    endpoints = await list_endpoints(engine.database, caller.merchant.merchant_id)
    rows = [one for one in reversed(endpoints) if before is None or one.endpoint_id < before][: params.limit + 1]
    words = await words_of(engine.database, caller, KIND, [row.endpoint_id for row in rows])
    return page(
        incoming, params, rows, lambda row: row.endpoint_id, lambda row: _shown(row, words.get(row.endpoint_id, {}))
    )


async def fetch(engine: Engine, caller: Caller, params: EndpointAsked, incoming: Incoming) -> EndpointAnswer:
    """One endpoint, with its version as `ETag`."""
    endpoint = await get_endpoint(engine.database, caller.merchant.merchant_id, number("whe", params.id))
    answer = await _answer(engine.database, caller, endpoint)
    counts = await count_deliveries(
        engine.database, caller.merchant.merchant_id, endpoint.endpoint_id, counted_max=COUNTED_MAX
    )
    answer.deliveries = Counts(**counts)
    tell_version(incoming, _version(endpoint))
    return answer


async def _insist(
    database: Database, incoming: Incoming, merchant_id: int, endpoint_id: int, now: datetime
) -> None:  # fmt: skip
    """Refuses with Outdated; the version stays what it is until the transaction that `database` is in ends."""
    async with database.transaction() as connection:
        locked = await lock_endpoint(connection, merchant_id, endpoint_id, now)
        require_version(incoming, _version(locked.endpoint))


async def change(
    engine: Engine, caller: Caller, params: EndpointChanged, incoming: Incoming
) -> EndpointAnswer | Raw:  # fmt: skip
    """Change an endpoint. With `If-Match`, only the version that is named."""
    merchant_id, endpoint_id, now = caller.merchant.merchant_id, number("whe", params.id), engine.clock()

    async def write(database: Database) -> EndpointAnswer:
        await _insist(database, incoming, merchant_id, endpoint_id, now)
        endpoint = await update_endpoint(
            database, merchant_id, endpoint_id, now=now, name=params.name, url=params.url, topics=params.topics,
            ordered=params.ordered, allow_private=engine.callbacks.allow_private,
        )  # fmt: skip
        if params.metadata:
            await note(database, merchant_id, KIND, str(endpoint_id), params.metadata, now)
        return await _changed(database, caller, incoming, endpoint.endpoint_id)

    return await changed(engine, caller, incoming, params, write)


async def remove(
    engine: Engine, caller: Caller, params: EndpointChosen, incoming: Incoming
) -> EndpointRemoved | Raw:  # fmt: skip
    """Tell an address no more, and forget what was kept about it."""
    merchant_id, endpoint_id, now = caller.merchant.merchant_id, number("whe", params.id), engine.clock()

    async def write(database: Database) -> EndpointRemoved:
        await _insist(database, incoming, merchant_id, endpoint_id, now)
        await remove_endpoint(database, merchant_id, endpoint_id, now=now)
        return EndpointRemoved(params.id, "webhook_endpoint", removed=True)

    return await changed(engine, caller, incoming, params, write)


async def enable(
    engine: Engine, caller: Caller, params: EndpointEnabled, incoming: Incoming
) -> EndpointAnswer | Raw:  # fmt: skip
    """Tell an address again."""
    merchant_id, endpoint_id, now = caller.merchant.merchant_id, number("whe", params.id), engine.clock()

    async def write(database: Database) -> EndpointAnswer:
        await _insist(database, incoming, merchant_id, endpoint_id, now)
        await enable_endpoint(database, merchant_id, endpoint_id, now=now, from_now=params.from_now)
        return await _changed(database, caller, incoming, endpoint_id)

    return await changed(engine, caller, incoming, params, write)


async def disable(
    engine: Engine, caller: Caller, params: EndpointChosen, incoming: Incoming
) -> EndpointAnswer | Raw:  # fmt: skip
    """Stop telling an address; what it misses waits."""
    merchant_id, endpoint_id, now = caller.merchant.merchant_id, number("whe", params.id), engine.clock()

    async def write(database: Database) -> EndpointAnswer:
        await _insist(database, incoming, merchant_id, endpoint_id, now)
        await disable_endpoint(database, merchant_id, endpoint_id, now=now)
        return await _changed(database, caller, incoming, endpoint_id)

    return await changed(engine, caller, incoming, params, write)


async def rotate(
    engine: Engine, caller: Caller, params: SecretRotated, incoming: Incoming
) -> EndpointAnswer | Raw:  # fmt: skip
    """Make a new secret, which is in this answer and in no other."""
    merchant_id, endpoint_id, now = caller.merchant.merchant_id, number("whe", params.id), engine.clock()
    overlap, secrets = timedelta(seconds=params.overlap), list[str]()

    async def write(database: Database) -> EndpointAnswer:
        await _insist(database, incoming, merchant_id, endpoint_id, now)
        secrets.append(await rotate_secret(database, merchant_id, endpoint_id, now=now, overlap=overlap))
        return await _changed(database, caller, incoming, endpoint_id)

    answer = await changed(engine, caller, incoming, params, write)
    if isinstance(answer, EndpointAnswer) and DRY_RUN not in incoming.told:
        answer.secret = secrets[0]
    return answer


async def test(engine: Engine, caller: Caller, params: EndpointAsked, _incoming: Incoming) -> TestAnswer:
    """Send a signed message of no meaning now, and tell what was answered. Nothing of it is kept, so it has no dry run:
    it is one.
    """
    answer = await send_test(
        engine.database, engine.callbacks.outbound, caller.merchant.merchant_id, number("whe", params.id),
        now=engine.clock(),
    )  # fmt: skip
    if isinstance(answer, OutboundFailed):
        return TestAnswer("webhook_test", False, None, answer.reason, answer.detail, None)  # by name in the type
    said = excerpt(answer.body.decode(errors="replace"))
    return TestAnswer("webhook_test", succeeded(answer.status), answer.status, None, said, answer.took_ms)


async def send_again(
    engine: Engine, caller: Caller, params: Replayed, incoming: Incoming
) -> ReplayAnswer | Raw:  # fmt: skip
    """Send the messages of one event, or of a range, again."""
    merchant, endpoint_id, now = caller.merchant, number("whe", params.id), engine.clock()

    async def write(database: Database) -> ReplayAnswer:
        endpoint = await get_endpoint(database, merchant.merchant_id, endpoint_id)
        messages = await replay(
            database, endpoint, _format(engine, endpoint), merchant, first=params.first,
            last=params.last or params.first, now=now, failed=params.failed,
        )  # fmt: skip
        return ReplayAnswer("webhook_replay", messages)

    return await changed(engine, caller, incoming, params, write)


def _format(engine: Engine, endpoint: Endpoint) -> Format:
    if endpoint.format == STOREFRONT:
        return StorefrontFormat(engine.database, engine.clock)
    return StandardFormat()


def _version(endpoint: Endpoint) -> int:
    return version_of([endpoint.name, endpoint.url, endpoint.topics, endpoint.ordered, endpoint.state])


async def _changed(database: Database, caller: Caller, incoming: Incoming, endpoint_id: int) -> EndpointAnswer:
    endpoint = await get_endpoint(database, caller.merchant.merchant_id, endpoint_id)
    tell_version(incoming, _version(endpoint))
    return await _answer(database, caller, endpoint)


async def _answer(database: Database, caller: Caller, endpoint: Endpoint) -> EndpointAnswer:
    words = await words_of(database, caller, KIND, [endpoint.endpoint_id])
    return _shown(endpoint, words.get(endpoint.endpoint_id, {}))


def _shown(endpoint: Endpoint, words: Words) -> EndpointAnswer:
    return EndpointAnswer(
        id=shown("whe", endpoint.endpoint_id),
        object="webhook_endpoint",
        name=endpoint.name,
        url=endpoint.url,
        topics=list(endpoint.topics),
        format=endpoint.format,
        ordered=endpoint.ordered,
        state=endpoint.state,
        reason=endpoint.reason,
        failing_since=endpoint.failing_since,
        sequence=endpoint.sequence,
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
        metadata=words,
    )


ROUTES = (
    Route("POST", PATH, EndpointWanted, EndpointAnswer, create, "write", "Tell an address of events",
          keyed=True, creates=True),
    Route("GET", PATH, ListAsked, Page[EndpointAnswer], find, "read", "List webhook endpoints"),
    Route("GET", PATH + "/{id:str}", EndpointAsked, EndpointAnswer, fetch, "read", "Get a webhook endpoint"),
    Route("PATCH", PATH + "/{id:str}", EndpointChanged, EndpointAnswer, change, "write",
          "Change a webhook endpoint", keyed=True),
    Route("DELETE", PATH + "/{id:str}", EndpointChosen, EndpointRemoved, remove, "write",
          "Remove a webhook endpoint", keyed=True),
    Route("POST", PATH + "/{id:str}/enable", EndpointEnabled, EndpointAnswer, enable, "write",
          "Tell a webhook endpoint again", keyed=True),
    Route("POST", PATH + "/{id:str}/disable", EndpointChosen, EndpointAnswer, disable, "write",
          "Stop telling a webhook endpoint", keyed=True),
    Route("POST", PATH + "/{id:str}/rotate", SecretRotated, EndpointAnswer, rotate, "write",
          "Make a new secret for a webhook endpoint", keyed=True),
    Route("POST", PATH + "/{id:str}/test", EndpointAsked, TestAnswer, test, "write",
          "Send a test message to a webhook endpoint"),
    Route("POST", PATH + "/{id:str}/replay", Replayed, ReplayAnswer, send_again, "write",
          "Send messages again", keyed=True),
)  # fmt: skip
