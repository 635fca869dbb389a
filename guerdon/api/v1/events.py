"""`/v1/events`: what happened at the merchant, in the order of its numbers, as webhooks tell it too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import identifier, like_unique, number, unique
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.who import Who, member_named, member_shown
from guerdon.api.wire import Incoming, Route
from guerdon.errors.base import BadField
from guerdon.events.log import BEGINNING, NEWEST, Back, Numbered, get_event, list_events, look_back
from guerdon.events.topics import TOPICS
from guerdon.webhooks.endpoint import checked_topics
from guerdon.webhooks.message import asked_for

EventId = Annotated[str, like_unique("evt", "0199f0c27d0b7c1e8f6a5b4c3d2e1f00")]
Topics = Annotated[str, Meta(max_length=2000, examples=["redemption.created,points.*"])]
"""Topics with commas between them; `points.*` is all that begin so."""


class EventsAsked(ListAsked, kw_only=True):
    """Events after a number, oldest first: whoever keeps the last number that they have seen misses nothing.

    Newest first, they may also be those of a `member`, or `about` one thing.
    """

    after: Annotated[int, Meta(ge=0)] = BEGINNING
    topics: Topics | None = None
    order: Literal["oldest", "newest"] = "oldest"
    member: Who | None = None
    about: Annotated[str, Meta(max_length=300, examples=["red_1042", "order:A-1"])] | None = None
    """The id of a redemption, or an order or a return by the shop's own, as `order:A-1`."""


class EventChosen(Asked, kw_only=True):
    """One event."""

    id: EventId


class EventAnswer(msgspec.Struct, frozen=True):
    """Something that happened. `sequence` is null for the moment until it has its number."""

    id: str
    object: Literal["event"]
    type: str
    sequence: int | None
    member: str | None
    data: dict[str, Any]
    created_at: datetime


async def find(engine: Engine, caller: Caller, params: EventsAsked, incoming: Incoming) -> Page[EventAnswer]:
    """Events, oldest first unless asked otherwise."""
    if params.order == "newest":
        return await _look_back(engine, caller, params, incoming)
    if params.member is not None or params.about is not None:
        raise BadField("order", "events of a member, or about a thing, are told newest first")
    reached = after(params, int) or params.after
    rows = await list_events(
        engine.database, caller.merchant.merchant_id, reached, params.limit + 1, topics_named(params.topics)
    )
    return page(incoming, params, rows, lambda row: row.sequence, shown)


async def _look_back(engine: Engine, caller: Caller, params: EventsAsked, incoming: Incoming) -> Page[EventAnswer]:
    if params.after:
        raise BadField("after", "events after a number are told oldest first")
    member_id = None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    wanted = Back(topics=topics_named(params.topics), member_id=member_id, about=_facts_of(params.about))
    found = await look_back(
        engine.database, caller.merchant.merchant_id, wanted, before=after(params, int) or NEWEST,
        count_max=params.limit + 1,
    )  # fmt: skip
    return page(incoming, params, found.rows, lambda row: row.sequence, shown, further=found.further)


def _facts_of(about: str | None) -> dict[str, int | str]:
    """What events tell that are about this; refuses with BadField."""
    if about is None:
        return {}
    kind, _, known_as = about.partition(":")
    if kind in ("order", "return") and known_as:
        return {f"{kind}_id": known_as}
    return {"redemption_id": number("red", about, "about")}


async def fetch(engine: Engine, caller: Caller, params: EventChosen, _incoming: Incoming) -> EventAnswer:
    """One event, for as long as the merchant's policies keep it."""
    return shown(await get_event(engine.database, caller.merchant.merchant_id, identifier("evt", params.id)))


def topics_named(text: str | None) -> Sequence[str]:
    """The topics that are meant by their names and patterns; none are all. Refuses with BadField what is none."""
    if not text:
        return ()
    patterns = checked_topics([one.strip() for one in text.split(",")])
    for pattern in patterns:
        if not any(asked_for([pattern], topic) for topic in TOPICS):
            raise BadField("topics", f"nothing is told under {pattern!r}; there are {', '.join(TOPICS)}")
    return [topic for topic in TOPICS if asked_for(patterns, topic)]


def shown(event: Numbered) -> EventAnswer:
    """An event as callers of the native API see it."""
    return EventAnswer(
        unique("evt", event.event_id), "event", event.topic, event.sequence or None,
        None if event.member_id is None else member_shown(event.member_id), event.payload, event.recorded_at,
    )  # fmt: skip


ROUTES = (
    Route("GET", "/v1/events", EventsAsked, Page[EventAnswer], find, "read", "List events"),
    Route("GET", "/v1/events/{id:str}", EventChosen, EventAnswer, fetch, "read", "Get an event"),
)  # fmt: skip
