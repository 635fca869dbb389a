"""`/console/developers`: what goes wrong between the shop and here, events as they happen, and the time of tests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import api_requests, events, test_clock, webhook_endpoints
from guerdon.api.v1.api_requests import RequestsAsked
from guerdon.api.v1.events import EventChosen, EventsAsked
from guerdon.api.v1.lists import ListAsked
from guerdon.api.v1.test_clock import ClockAdvanced, ClockAnswer, ClockAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.answers import read
from guerdon.console.pages.lists import PAGE, filters_in_use, member_meant, said, whole
from guerdon.console.pages.names import members_named
from guerdon.console.pages.saved_filters import kept
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal
from guerdon.errors.merchants import TooFarAhead
from guerdon.events.topics import TOPICS
from guerdon.worker.advance import DAYS_MAX

HOME = "/console/developers"
EVENTS, CLOCK = f"{HOME}/events", f"{HOME}/clock"
FAILURES = 8
"""So many requests that failed are on the first page."""
BRIEF = 4
"""So much of what an event says is in the list."""


class EventsShown(Struct, kw_only=True):
    """Which events."""

    topic: str | None = None
    member: str | None = None
    about: str | None = None
    cursor: str | None = None
    live: bool = False


class EventShown(Struct, kw_only=True):
    """One event."""

    id: str


class ClockMoved(Struct, kw_only=True):
    """Move the time of a test merchant on: so many days, or to a time in the merchant's zone."""

    days: int | None = None
    to: str | None = None
    step: str = "preview"


async def home(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """What failed of late, and how the webhooks do."""
    failed: list[Any] = []
    for status in ("5xx", "4xx"):
        asked = RequestsAsked(limit=FAILURES, status=status)
        failed += (await api_requests.find(engine, visitor.caller, asked, visitor.inner(incoming))).data
    endpoints = await webhook_endpoints.find(engine, visitor.caller, ListAsked(limit=100), visitor.inner(incoming))
    scheme = "https" if incoming.secure else "http"
    return visitor.view(
        "developers/home.html", failed=sorted(failed, key=lambda one: one.at, reverse=True)[:FAILURES],
        endpoints=endpoints.data, place=f"{scheme}://{incoming.headers.get('host', '')}",
    )  # fmt: skip


async def show_events(engine: Engine, visitor: Visitor, params: EventsShown, incoming: Incoming) -> View:
    """The list, which looks again by itself while it is `live`."""
    refusal, found = None, None
    try:
        asked = EventsAsked(
            limit=PAGE, cursor=params.cursor, order="newest", topics=whole(params.topic),
            member=member_meant(params.member), about=whole(params.about),
        )  # fmt: skip
        found = await events.find(engine, visitor.caller, asked, visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    query, rows = said(params), [] if found is None else found.data
    return visitor.view(
        "developers/events.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=query, filtered=filters_in_use({name for name in query if name != "live"}), live=params.live,
        topics=sorted(TOPICS), saved=await kept(engine, visitor, incoming),
        members=await members_named(engine, visitor, [one.member for one in rows]),
        brief={one.id: _brief(one.data) for one in rows},
    )  # fmt: skip


async def show_event(engine: Engine, visitor: Visitor, params: EventShown, incoming: Incoming) -> View:
    """One, with what it says and where it went."""
    one = await events.fetch(engine, visitor.caller, EventChosen(id=params.id), visitor.inner(incoming))
    endpoints = await webhook_endpoints.find(engine, visitor.caller, ListAsked(limit=100), visitor.inner(incoming))
    document = msgspec.json.format(msgspec.json.encode(one.data), indent=2).decode()
    return visitor.view(
        "developers/event.html", one=one, document=document, topic=TOPICS[one.type], endpoints=endpoints.data
    )  # fmt: skip


async def show_clock(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """What time it is for a test merchant; a live one has everybody's."""
    return await _clock(engine, visitor, incoming)


async def move_clock(engine: Engine, visitor: Visitor, params: ClockMoved, incoming: Incoming) -> View:
    """Move it on: where that leads is shown first."""
    try:
        if params.days is not None and params.days < 1:
            raise BadField("days", "a day and a time are needed, or a number of days")
        if params.days is not None and params.days > DAYS_MAX:
            raise TooFarAhead(DAYS_MAX)
        wanted = ClockAdvanced(dry_run=params.step != "do", by_seconds=params.days and params.days * 86400)
        if params.days is None:
            wanted.to = _moment(visitor, params.to)
        answer = await test_clock.advance_time(engine, visitor.caller, wanted, visitor.inner(incoming))
    except Refusal as refusal:
        return await _clock(engine, visitor, incoming, refusal=refusal, params=params)
    moved = read(answer, ClockAnswer)
    if params.step == "do":
        return visitor.go(
            CLOCK, visitor.ngettext("%(num)s night has passed", "%(num)s nights have passed", moved.nights)
        )
    return await _clock(engine, visitor, incoming, params=params, to=moved.now)


async def _clock(
    engine: Engine, visitor: Visitor, incoming: Incoming, *, refusal: Refusal | None = None,
    params: ClockMoved | None = None, to: datetime | None = None,
) -> View:  # fmt: skip
    clock = None
    if visitor.merchant.mode == "test":
        clock = await test_clock.fetch(engine, visitor.caller, ClockAsked(), visitor.inner(incoming))
    return visitor.view(
        "developers/clock.html", status=200 if refusal is None else refusal.status, clock=clock, refusal=refusal,
        params=params or ClockMoved(), to=to,
    )  # fmt: skip


def _brief(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The first of what an event says, as its JSON has it; what says nothing is left out."""
    told = [(name, value) for name, value in data.items() if value not in (None, "", [], {})]
    return [(name, _plain(value)) for name, value in told[:BRIEF]]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in cast("list[Any]", value))
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _moment(visitor: Visitor, text: str | None) -> datetime:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=visitor.zone)
    except ValueError:
        raise BadField("to", "a day and a time are needed, or a number of days") from None


ROUTES = (
    Route("GET", HOME, Nothing, View, home, "see", "Developers"),
    Route("GET", EVENTS, EventsShown, View, show_events, "see", "Events"),
    Route("GET", EVENTS + "/{id:str}", EventShown, View, show_event, "see", "An event"),
    Route("GET", CLOCK, Nothing, View, show_clock, "see", "Test clock"),
    Route("POST", CLOCK, ClockMoved, View, move_clock, "develop", "Move the test clock"),
)
