"""Webhooks as the incumbent's clients register them (storefront contract, 1.12): a token, a target, a filter, and a
subscription of both. What is told is in its envelope. The store is the merchant, by number or by GUID.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Credentials, Id, Text
from guerdon.api.storefront.envelope import STOREFRONT
from guerdon.api.wire import Incoming
from guerdon.webhooks.registration import add_filter, add_target, subscribe

Url = Annotated[str, Meta(max_length=2048)]


class StoreNamed(Credentials, kw_only=True):
    """The store in the path is the account."""

    merchant_id: str | int | None = msgspec.field(name="store_id", default=None)


class AskToken(StoreNamed, kw_only=True):
    """The secret is an API key."""

    secret: Text

    def __post_init__(self) -> None:
        self.access_token = self.secret


class TokenAnswer(msgspec.Struct):
    """What to send as `x-yotpo-token`: the key itself, which counts until it is revoked."""

    access_token: str


class Target(msgspec.Struct):
    """Where to post."""

    url: Url


class AddTarget(StoreNamed, kw_only=True):
    """A new target."""

    webhook_target: Target


class TargetKept(msgspec.Struct):
    """The target with its id."""

    id: int
    url: str


class TargetAnswer(msgspec.Struct):
    """The new target."""

    webhook_target: TargetKept


class EventType(msgspec.Struct):
    """A topic of the envelope."""

    event_type: Text


class Filter(msgspec.Struct):
    """What to tell of; everything, where nothing is named."""

    event_types: list[EventType]


class AddFilter(StoreNamed, kw_only=True):
    """A new filter."""

    webhook_filter: Filter


class FilterKept(msgspec.Struct):
    """The filter with its id."""

    id: int
    event_types: list[EventType]


class FilterAnswer(msgspec.Struct):
    """The new filter."""

    webhook_filter: FilterKept


class Subscription(msgspec.Struct):
    """What to tell where."""

    target_id: Id
    filter_id: Id


class Subscribe(StoreNamed, kw_only=True):
    """A new subscription."""

    webhook_subscription: Subscription


class SubscriptionKept(msgspec.Struct):
    """The subscription with its id, which is that of its endpoint."""

    id: int
    target_id: int
    filter_id: int


class SubscriptionAnswer(msgspec.Struct):
    """The new subscription."""

    webhook_subscription: SubscriptionKept


async def fetch_token(_engine: Engine, _caller: Caller, asked: AskToken, _incoming: Incoming) -> TokenAnswer:
    """The key was right, or nobody would be here."""
    return TokenAnswer(asked.secret)


async def create_target(engine: Engine, caller: Caller, asked: AddTarget, _incoming: Incoming) -> TargetAnswer:
    """Keep where to post."""
    url = asked.webhook_target.url
    number = await add_target(
        engine.database, caller.merchant.merchant_id, url,
        allow_private=engine.callbacks.allow_private, now=engine.clock(),
    )  # fmt: skip
    return TargetAnswer(TargetKept(number, url))


async def create_filter(engine: Engine, caller: Caller, asked: AddFilter, _incoming: Incoming) -> FilterAnswer:
    """Keep what to tell of."""
    types = asked.webhook_filter.event_types
    topics = [one.event_type for one in types]
    number = await add_filter(engine.database, caller.merchant.merchant_id, topics, now=engine.clock())
    return FilterAnswer(FilterKept(number, types))


async def create_subscription(
    engine: Engine, caller: Caller, asked: Subscribe, _incoming: Incoming
) -> SubscriptionAnswer:  # fmt: skip
    """Tell it there from now on."""
    wanted = asked.webhook_subscription
    number = await subscribe(
        engine.database, caller.merchant.merchant_id, wanted.target_id, wanted.filter_id, format=STOREFRONT,
        allow_private=engine.callbacks.allow_private, now=engine.clock(),
    )  # fmt: skip
    return SubscriptionAnswer(SubscriptionKept(number, wanted.target_id, wanted.filter_id))
