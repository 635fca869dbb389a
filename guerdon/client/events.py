"""Events: what happened, in the order of its numbers, as webhooks tell it too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from guerdon.client.ask import Ask, Flow, Listing, Page, at, reading


class Event(Struct, frozen=True):
    """Something that happened. `sequence` is None for the moment until it has its number."""

    id: str
    type: str
    sequence: int | None
    member: str | None
    data: dict[str, Any]
    created_at: datetime


def find(*, after: int = 0, topics: Sequence[str] = ()) -> Listing[Event]:
    """Events after a number, oldest first: whoever keeps the last number that they have seen misses nothing."""
    return Listing(at("events"), Page[Event], {"after": after, "topics": ",".join(topics) or None})


def watch(*, after: int | None = None, topics: Sequence[str] = ()) -> Flow[Event]:
    """Events as they happen, after a number or from now on, without end."""
    query = {"after": after, "topics": ",".join(topics) or None}
    return Flow(at("events", "stream"), Event, query, resumes=True)


def fetch(event: str) -> Ask[Event]:
    """One event, by its id."""
    return reading(at("events", event), Event)
