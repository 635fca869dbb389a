"""`/console/developers/webhooks`: addresses that are told of events, what was sent there, and sending it again."""

import re

import msgspec
from msgspec import UNSET, Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import deliveries, webhook_endpoints
from guerdon.api.v1.deliveries import DeliveriesAsked, DeliveryChosen
from guerdon.api.v1.lists import LIMIT_MAX, ListAsked
from guerdon.api.v1.webhook_endpoints import (
    EndpointAnswer,
    EndpointAsked,
    EndpointChanged,
    EndpointChosen,
    EndpointEnabled,
    EndpointWanted,
    ReplayAnswer,
    Replayed,
    SecretRotated,
    TestAnswer,
)
from guerdon.api.wire import Incoming, Route
from guerdon.console.pages.answers import read, sound
from guerdon.console.pages.lists import PAGE, said, whole
from guerdon.console.view import Nothing, View
from guerdon.console.visitor import Visitor
from guerdon.errors.base import BadField, Refusal
from guerdon.events.topics import TOPICS
from guerdon.webhooks.attempt import State

LIST = "/console/developers/webhooks"
DELIVERIES = "/console/developers/deliveries"


class EndpointForm(Struct, kw_only=True):
    """Where to post, and of what; topics with spaces, commas or lines between them, all of them where none are said."""

    url: str = ""
    name: str = ""
    topics: str = ""
    format: str = "standard"
    ordered: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """The topics."""
        return tuple(one for one in re.split(r"[\s,]+", self.topics) if one)


class EndpointShown(Struct, kw_only=True):
    """One endpoint, with its deliveries in one state or in any, of some topics or of all."""

    id: str
    state: State | None = None
    topic: str | None = None
    cursor: str | None = None


class EndpointEdited(EndpointForm, kw_only=True):
    """One endpoint, as it is from now on."""

    id: str


class EndpointNamed(Struct, kw_only=True):
    """One endpoint."""

    id: str


class EndpointResumed(EndpointNamed, kw_only=True):
    """Go on where it stopped, or leave out what it has missed."""

    from_now: bool = False


class SentAgain(EndpointNamed, kw_only=True):
    """Messages of the events from one number on, to another or to the last; only those that failed, if so wanted."""

    first: int
    last: int | None = None
    failed: bool = False
    back: str | None = None


class DeliveryShown(Struct, kw_only=True):
    """One delivery."""

    id: str


async def show_all(engine: Engine, visitor: Visitor, _params: Nothing, incoming: Incoming) -> View:
    """The list, with the form for another."""
    return await _list(engine, visitor, incoming)


async def create(engine: Engine, visitor: Visitor, params: EndpointForm, incoming: Incoming) -> View:
    """Tell another address, whose secret is on this page and never again."""
    wanted = EndpointWanted(
        url=params.url.strip(), name=params.name.strip() or None, topics=params.named, ordered=params.ordered,
        format="storefront" if params.format == "storefront" else "standard",
    )  # fmt: skip
    try:
        answer = await webhook_endpoints.create(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _list(engine, visitor, incoming, form=params, refusal=refusal)
    return _secret(visitor, read(answer, EndpointAnswer))


async def show(engine: Engine, visitor: Visitor, params: EndpointShown, incoming: Incoming) -> View:
    """One, with what was sent there."""
    return await _shown(engine, visitor, params, incoming)


async def change(engine: Engine, visitor: Visitor, params: EndpointEdited, incoming: Incoming) -> View:
    """Change one."""
    wanted = EndpointChanged(
        id=params.id, url=params.url.strip(), name=params.name.strip() or None, topics=params.named,
        ordered=params.ordered,
    )  # fmt: skip
    try:
        await webhook_endpoints.change(engine, visitor.caller, sound(wanted), visitor.inner(incoming))
    except Refusal as refusal:
        return await _shown(engine, visitor, EndpointShown(id=params.id), incoming, refusal=refusal, form=params)
    return visitor.go(f"{LIST}/{params.id}", visitor._("Changed"))


async def enable(engine: Engine, visitor: Visitor, params: EndpointResumed, incoming: Incoming) -> View:
    """Tell it again."""
    wanted = EndpointEnabled(id=params.id, from_now=params.from_now)
    await webhook_endpoints.enable(engine, visitor.caller, wanted, visitor.inner(incoming))
    return visitor.go(f"{LIST}/{params.id}", visitor._("It is told of events again"))


async def disable(engine: Engine, visitor: Visitor, params: EndpointNamed, incoming: Incoming) -> View:
    """Tell it no more for now."""
    await webhook_endpoints.disable(engine, visitor.caller, EndpointChosen(id=params.id), visitor.inner(incoming))
    return visitor.go(f"{LIST}/{params.id}", visitor._("It is told nothing for now; what it misses waits"))


async def rotate(engine: Engine, visitor: Visitor, params: EndpointNamed, incoming: Incoming) -> View:
    """A new secret, which is on this page and never again."""
    answer = await webhook_endpoints.rotate(
        engine, visitor.caller, SecretRotated(id=params.id), visitor.inner(incoming)
    )  # fmt: skip
    return _secret(visitor, read(answer, EndpointAnswer))


async def test(engine: Engine, visitor: Visitor, params: EndpointNamed, incoming: Incoming) -> View:
    """Send it a message of no meaning, and show what it answers."""
    tried = await webhook_endpoints.test(
        engine, visitor.caller, EndpointAsked(id=params.id), visitor.inner(incoming)
    )  # fmt: skip
    return await _shown(engine, visitor, EndpointShown(id=params.id), incoming, tried=tried)


async def remove(engine: Engine, visitor: Visitor, params: EndpointNamed, incoming: Incoming) -> View:
    """Tell it no more, and forget it."""
    await webhook_endpoints.remove(engine, visitor.caller, EndpointChosen(id=params.id), visitor.inner(incoming))
    return visitor.go(LIST, visitor._("Removed"))


async def send_again(engine: Engine, visitor: Visitor, params: SentAgain, incoming: Incoming) -> View:
    """Send messages again."""
    one = await _one(engine, visitor, params.id, incoming)
    place = f"{LIST}/{params.id}"
    if params.back is not None:
        await deliveries.fetch(engine, visitor.caller, DeliveryChosen(id=params.back), visitor.inner(incoming))
        place = f"{DELIVERIES}/{params.back}"
    last = params.last or (params.first if params.back else max(params.first, one.sequence))
    wanted = Replayed(id=params.id, first=params.first, last=last, failed=params.failed)
    answer = await webhook_endpoints.send_again(engine, visitor.caller, wanted, visitor.inner(incoming))
    sent = read(answer, ReplayAnswer).messages
    return visitor.go(place, visitor.ngettext("%(num)s message is sent again", "%(num)s messages are sent again", sent))


async def show_delivery(engine: Engine, visitor: Visitor, params: DeliveryShown, incoming: Incoming) -> View:
    """One message, with every attempt; what it says only for whoever may read that."""
    one = await deliveries.fetch(engine, visitor.caller, DeliveryChosen(id=params.id), visitor.inner(incoming))
    body = None
    if visitor.may("develop") and one.body is not UNSET and bytes(one.body):
        body = msgspec.json.format(bytes(one.body), indent=2).decode()
    return visitor.view(
        "developers/delivery.html", one=one, body=body, reads=visitor.may("develop"),
        attempts=[] if one.history is UNSET else list(reversed(one.history)),
    )  # fmt: skip


async def _one(engine: Engine, visitor: Visitor, endpoint: str, incoming: Incoming) -> EndpointAnswer:
    chosen = EndpointAsked(id=endpoint)
    return await webhook_endpoints.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))


async def _list(
    engine: Engine, visitor: Visitor, incoming: Incoming, *, form: EndpointForm | None = None,
    refusal: Refusal | None = None,
) -> View:  # fmt: skip
    asked = ListAsked(limit=LIMIT_MAX)
    found = await webhook_endpoints.find(engine, visitor.caller, asked, visitor.inner(incoming))
    return visitor.view(
        "developers/webhooks.html", status=200 if refusal is None else refusal.status, found=found, refusal=refusal,
        form=form or EndpointForm(), topics=sorted(TOPICS),
    )  # fmt: skip


async def _shown(
    engine: Engine, visitor: Visitor, params: EndpointShown, incoming: Incoming, *, refusal: Refusal | None = None,
    form: EndpointForm | None = None, tried: TestAnswer | None = None,
) -> View:  # fmt: skip
    one = await _one(engine, visitor, params.id, incoming)
    asked = DeliveriesAsked(
        id=params.id, limit=PAGE, state=params.state, topics=whole(params.topic), cursor=params.cursor
    )  # fmt: skip
    found, unclear = None, None
    try:
        found = await deliveries.find(engine, visitor.caller, asked, visitor.inner(incoming))
    except BadField as refused:
        unclear = refused
    wrong = refusal or unclear
    return visitor.view(
        "developers/webhook.html", status=200 if wrong is None else wrong.status, one=one,
        found=found, refusal=refusal, tried=tried, state=params.state, topics=sorted(TOPICS),
        form=form or EndpointForm(url=one.url, name=one.name, topics="\n".join(one.topics), ordered=one.ordered),
        asked=said(EndpointShown(id="", state=params.state, topic=params.topic, cursor=params.cursor)),
        unclear=unclear,
    )  # fmt: skip


def _secret(visitor: Visitor, one: EndpointAnswer) -> View:
    return visitor.view(
        "developers/secret.html", status=201, name=one.name, back=f"{LIST}/{one.id}",
        secret=None if one.secret is UNSET else one.secret, what="webhook", publishable=False,
    )  # fmt: skip


ROUTES = (
    Route("GET", LIST, Nothing, View, show_all, "see", "Webhooks"),
    Route("POST", LIST, EndpointForm, View, create, "develop", "Tell an address of events"),
    Route("GET", LIST + "/{id:str}", EndpointShown, View, show, "see", "A webhook"),
    Route("POST", LIST + "/{id:str}", EndpointEdited, View, change, "develop", "Change a webhook"),
    Route("POST", LIST + "/{id:str}/enable", EndpointResumed, View, enable, "develop", "Tell a webhook again"),
    Route("POST", LIST + "/{id:str}/disable", EndpointNamed, View, disable, "develop", "Stop telling a webhook"),
    Route("POST", LIST + "/{id:str}/rotate", EndpointNamed, View, rotate, "develop", "Make a new secret"),
    Route("POST", LIST + "/{id:str}/test", EndpointNamed, View, test, "develop", "Send a test message"),
    Route("POST", LIST + "/{id:str}/remove", EndpointNamed, View, remove, "develop", "Remove a webhook"),
    Route("POST", LIST + "/{id:str}/replay", SentAgain, View, send_again, "develop", "Send messages again"),
    Route("GET", DELIVERIES + "/{id:str}", DeliveryShown, View, show_delivery, "see", "A delivery"),
)
