"""Webhook endpoints: addresses that are told of events; what was sent to them, and how it went."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from guerdon.client.ask import Ask, Listing, Page, at, reading, writing


class Counts(Struct, frozen=True):
    """How many deliveries are in each state."""

    waiting: int
    delivered: int
    given_up: int


class Endpoint(Struct, frozen=True):
    """An endpoint. `secret` is there when it was just made; deliveries are counted for a single one."""

    id: str
    name: str
    url: str
    topics: list[str]
    format: str
    ordered: bool
    state: str
    reason: str | None
    failing_since: datetime | None
    sequence: int
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]
    deliveries: Counts | UnsetType = UNSET
    secret: str | UnsetType = UNSET


class Removed(Struct, frozen=True):
    """It is gone, with all that was kept about it."""

    id: str
    removed: bool


class Tested(Struct, frozen=True):
    """What the endpoint answered, or the `reason` why there was no answer."""

    taken: bool
    status: int | None
    reason: str | None
    response: str
    took_ms: int | None


class Replayed(Struct, frozen=True):
    """So many messages are sent again."""

    messages: int


class Attempt(Struct, frozen=True):
    """One request of a delivery."""

    number: int
    status: int | None
    reason: str | None
    response: str
    took_ms: int
    at: datetime


class Delivery(Struct, frozen=True):
    """A message to an endpoint. What was said, and the attempts, come with a single one."""

    id: str
    endpoint: str
    message: str
    type: str
    sequence: int
    member: str | None
    state: str
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    body: Any = None
    history: list[Attempt] = []


def create(
    *, url: str, name: str | None = None, topics: Sequence[str] = (),
    format: Literal["standard", "storefront"] = "standard",  # noqa: A002  # as the API calls it
    ordered: bool = False, metadata: dict[str, str] | None = None, dry_run: bool = False,
) -> Ask[Endpoint]:  # fmt: skip
    """Tell an address of events; no `topics` are all of them. The answer has the `secret` for `verify`."""
    body = {
        "url": url, "name": name, "topics": topics, "format": format, "ordered": ordered, "metadata": metadata,
        "dry_run": dry_run,
    }  # fmt: skip
    return writing("POST", at("webhook_endpoints"), Endpoint, body)


def change(
    endpoint: str, *, url: str | None = None, name: str | None = None, topics: Sequence[str] | None = None,
    ordered: bool | None = None, metadata: dict[str, str] | None = None, dry_run: bool = False,
) -> Ask[Endpoint]:  # fmt: skip
    """What is given changes. What is waiting goes to the new address."""
    body = {
        "url": url, "name": name, "topics": topics, "ordered": ordered, "metadata": metadata, "dry_run": dry_run,
    }  # fmt: skip
    return writing("PATCH", at("webhook_endpoints", endpoint), Endpoint, body)


def fetch(endpoint: str) -> Ask[Endpoint]:
    """One endpoint, with how many deliveries are in which state."""
    return reading(at("webhook_endpoints", endpoint), Endpoint)


def find() -> Listing[Endpoint]:
    """Endpoints, newest first."""
    return Listing(at("webhook_endpoints"), Page[Endpoint])


def enable(endpoint: str, *, from_now: bool = False, dry_run: bool = False) -> Ask[Endpoint]:
    """Go on where it stopped; or `from_now`, and what it has missed is given up."""
    body = {"from_now": from_now, "dry_run": dry_run}
    return writing("POST", at("webhook_endpoints", endpoint, "enable"), Endpoint, body)


def disable(endpoint: str, *, dry_run: bool = False) -> Ask[Endpoint]:
    """Send it nothing until it is enabled again."""
    return writing("POST", at("webhook_endpoints", endpoint, "disable"), Endpoint, {"dry_run": dry_run})


def rotate(endpoint: str, *, overlap: int = 86_400, dry_run: bool = False) -> Ask[Endpoint]:
    """Make a new secret; for `overlap` seconds messages are signed by the one before too."""
    body = {"overlap": overlap, "dry_run": dry_run}
    return writing("POST", at("webhook_endpoints", endpoint, "rotate"), Endpoint, body)


def test(endpoint: str) -> Ask[Tested]:
    """Send it a test message now, and tell what it answers."""
    return writing("POST", at("webhook_endpoints", endpoint, "test"), Tested, {})


def replay(
    endpoint: str, *, first: int, last: int | None = None, failed: bool = False, dry_run: bool = False
) -> Ask[Replayed]:
    """Send the messages of these events again, by their numbers; with `failed`, only those that were given up."""
    body = {"first": first, "last": last, "failed": failed, "dry_run": dry_run}
    return writing("POST", at("webhook_endpoints", endpoint, "replay"), Replayed, body)


def remove(endpoint: str, *, dry_run: bool = False) -> Ask[Removed]:
    """Tell it nothing more, and forget what was sent."""
    return writing("DELETE", at("webhook_endpoints", endpoint), Removed, {"dry_run": dry_run})


def deliveries(endpoint: str, *, state: str | None = None, topics: str | None = None) -> Listing[Delivery]:
    """What was sent to it, newest first."""
    return Listing(at("webhook_endpoints", endpoint, "deliveries"), Page[Delivery], {"state": state, "topics": topics})


def delivery(delivery: str) -> Ask[Delivery]:
    """One delivery, with what was said and each attempt."""
    return reading(at("deliveries", delivery), Delivery)
