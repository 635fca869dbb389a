"""`/v1/redemptions/{id}/story` and `/v1/orders/{id}/story`: how it came to what it is, step by step.

    entries about it ─┐
    events about it ──┼─► steps, in the order of time ─► each with its entry, what was told, and the request it came of
    what stands now ──┘

The books keep entries for ever, the log of events and that of requests for as long as the merchant's policies say: what
is forgotten there is missing here, and no more than that.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.access.search import request_of
from guerdon.api.engine import Engine
from guerdon.api.v1.api_requests import RequestAnswer, request_shown
from guerdon.api.v1.entries import Beside, EntryAnswer, entry_shown, words_beside
from guerdon.api.v1.events import EventAnswer
from guerdon.api.v1.events import shown as event_shown
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.orders import OrderChosen
from guerdon.api.v1.redemptions import RedemptionChosen
from guerdon.api.wire import Incoming, Route
from guerdon.errors.earning import OrderNotFound
from guerdon.events.log import Numbered, events_at
from guerdon.metadata.metadata import Words
from guerdon.orders.search import details_of, get_order
from guerdon.points.family import find_holdings
from guerdon.points.search import EntrySeen, entries_about
from guerdon.rewards.redemption import CouponState, State
from guerdon.rewards.redemptions import get_redemption
from guerdon.rewards.search import find_coupons, get_redemptions

StepKind = Literal[
    "asked", "held", "redeemed", "issued", "unissued", "used", "captured", "released", "hold_expired", "given_back",
    "returned", "cancellation_requested", "cancelled", "expired", "reported", "updated", "earned", "earned_later",
    "activated", "taken_back", "moved",
]  # fmt: skip

KIND_OF_MOVE: Mapping[tuple[str, str], StepKind] = {
    ("issued", "available"): "earned", ("issued", "pending"): "earned_later", ("pending", "available"): "activated",
    ("pending", "reversed"): "taken_back", ("available", "reversed"): "taken_back", ("available", "held"): "held",
    ("available", "redeemed"): "redeemed", ("held", "redeemed"): "captured", ("held", "available"): "released",
    ("redeemed", "available"): "given_back",
}  # fmt: skip
KIND_OF_REASON: Mapping[str, StepKind] = {"capture": "captured", "hold_expired": "hold_expired", "return": "returned"}
"""Reasons that say more than where the points went."""
KIND_OF_TOPIC: Mapping[str, StepKind] = {
    "redemption.created": "issued", "redemption.unissued": "unissued", "coupon.used": "used",
    "redemption.cancellation_requested": "cancellation_requested", "redemption.cancelled": "cancelled",
    "redemption.expired": "expired", "coupon.expired": "expired", "order.created": "reported",
    "redemption.captured": "captured", "order.updated": "updated", "return.created": "returned",
}  # fmt: skip
"""Steps that leave no entry, or more than an entry."""
TOLD_AS: Mapping[StepKind, tuple[str, ...]] = {
    "captured": ("redemption.captured",), "released": ("redemption.cancelled",),
    "hold_expired": ("redemption.expired",), "given_back": ("redemption.cancelled", "redemption.expired"),
    "returned": ("redemption.returned",),
}  # fmt: skip
"""Events that tell of entries, which are no steps of their own."""
REPORTS: tuple[StepKind, ...] = ("reported", "updated", "returned")
"""What others of the same moment follow from."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step. The `request` is the very one that it came of, without what was sent: `/v1/api_requests/{id}` has that,
    for as long as requests are kept. Steps that no request asked for, such as those of a job, have none.
    """

    kind: StepKind
    at: datetime
    actor: str | None = None
    points: int = 0
    redemption: str | None = None
    order: str | None = None
    return_id: str | None = None
    status: str | None = None
    entry: EntryAnswer | None = None
    event: EventAnswer | None = None
    request: RequestAnswer | None = None


class Story(msgspec.Struct, frozen=True):
    """How a thing came to what it is, from the first step to the last so far."""

    object: Literal["story"]
    about: str
    steps: list[Step]


async def redemption_story(engine: Engine, caller: Caller, params: RedemptionChosen, _incoming: Incoming) -> Story:
    """How a redemption came to what it is."""
    merchant_id, redemption_id = caller.merchant.merchant_id, number("red", params.id)
    redemption = await get_redemption(engine.database, merchant_id, redemption_id)
    holdings = await find_holdings(engine.database, merchant_id, [redemption.member_id])
    accounts = {redemption.account_id, *(account for one in holdings.values() for account in one.accounts)}
    entries = await entries_about(
        engine.database, merchant_id, accounts, [f"redemption:{redemption_id}"], redemption.created_at
    )
    moments = {redemption.created_at, redemption.updated_at, *(entry.recorded_at for entry in entries)}
    [coupon] = await find_coupons(engine.database, merchant_id, redemption_id=redemption_id, count_max=1)
    moments |= await _moments_of(engine, merchant_id, coupon.order_id)
    events = await events_at(engine.database, merchant_id, moments, {"redemption_id": redemption_id})
    steps = _steps(entries, events, await words_beside(engine.database, caller, entries))
    kinds = {step.kind for step in steps}
    if not kinds & {"issued", "unissued"}:
        first: StepKind = "asked" if redemption.state is State.ASKED else "issued"
        steps.append(Step(kind=first, at=redemption.created_at, redemption=params.id))
    if coupon.state is CouponState.USED and not kinds & {"used", "captured"}:
        steps.append(Step(kind="used", at=max(moments), redemption=params.id, order=coupon.order_id))
    if coupon.state is CouponState.EXPIRED and not kinds & {"expired", "hold_expired"}:
        at = coupon.expires_at or redemption.updated_at
        steps.append(Step(kind="expired", at=at, redemption=params.id))
    return Story("story", params.id, await _with_requests(engine, caller, steps, entries))


async def _moments_of(engine: Engine, merchant_id: int, order_id: str | None) -> set[datetime]:
    """When an order was told of, as far as it is known: its commits tell what became of its coupons."""
    with suppress(OrderNotFound):
        order = await get_order(engine.database, merchant_id, order_id or "")
        return {order.created_at, order.updated_at}
    return set()


async def order_story(engine: Engine, caller: Caller, params: OrderChosen, _incoming: Incoming) -> Story:
    """How an order came to what it is: what it earned, which coupons it took, and what came back."""
    merchant_id = caller.merchant.merchant_id
    order = await get_order(engine.database, merchant_id, params.id)
    [detail] = await details_of(engine.database, merchant_id, [order])
    coupons = [one.redemption_id for one in detail.coupons if one.redemption_id is not None]
    redemptions = await get_redemptions(engine.database, merchant_id, coupons)
    members = {order.member_id, *(one.member_id for one in redemptions)}
    holdings = await find_holdings(engine.database, merchant_id, sorted(members))
    accounts = {account for one in holdings.values() for account in one.accounts}
    accounts |= {award.account_id for award in detail.awards} | {one.account_id for one in redemptions}
    subjects = [order.subject, *(f"redemption:{one.redemption_id}" for one in redemptions)]
    entries = [
        entry
        for entry in await entries_about(engine.database, merchant_id, accounts, subjects, order.created_at)
        if entry.subject == order.subject or entry.reason in ("capture", "return", "cancellation", "release")
    ]
    moments = {order.created_at, order.updated_at, *(one.created_at for one in detail.returns)}
    moments |= {entry.recorded_at for entry in entries}
    events = await events_at(engine.database, merchant_id, moments, {"order_id": order.order_id})
    steps = _steps(entries, events, await words_beside(engine.database, caller, entries))
    if not any(step.kind == "reported" for step in steps):
        steps.append(Step(kind="reported", at=order.created_at, order=order.order_id))
    told = {step.return_id for step in steps}
    steps += [
        Step(kind="returned", at=one.created_at, order=order.order_id, return_id=one.return_id)
        for one in detail.returns
        if one.return_id not in told
    ]
    return Story("story", order.order_id, await _with_requests(engine, caller, steps, entries))


def _steps(
    entries: Sequence[EntrySeen], events: Sequence[Numbered], words: Mapping[Beside, Words]
) -> list[Step]:  # fmt: skip
    """A step for each entry, with the event that tells of it, and one for each event that tells of more. Pure."""
    left = list(events)
    steps: list[Step] = []
    for entry in entries:
        step = _of_entry(entry, words)
        for event in left:
            if event.topic in TOLD_AS.get(step.kind, ()) and _is_told_by(step, event):
                left.remove(event)
                step = replace(step, event=event_shown(event), order=_text(event, "order_id"))
                break
        steps.append(step)
    return [*steps, *(_of_event(event, kind) for event in left if (kind := KIND_OF_TOPIC.get(event.topic)))]


def _is_told_by(step: Step, event: Numbered) -> bool:
    """Whether an event is of the same moment and the same redemption as an entry."""
    told = event.payload.get("redemption_id")
    return event.recorded_at == step.at and (told is None or shown("red", told) == step.redemption)


def _of_entry(entry: EntrySeen, words: Mapping[Beside, Words]) -> Step:
    kind = KIND_OF_REASON.get(entry.reason) or KIND_OF_MOVE.get((entry.source, entry.target), "moved")
    if entry.reason == "redemption" and entry.target == "redeemed":
        kind = "redeemed"
    about, _, known_as = entry.subject.partition(":")
    return Step(
        kind=kind,
        at=entry.recorded_at,
        actor=entry.actor,
        points=entry.points,
        redemption=shown("red", int(known_as)) if about == "redemption" else None,
        order=known_as if about == "order" else None,
        entry=entry_shown(entry, words),
    )


def _of_event(event: Numbered, kind: StepKind) -> Step:
    redemption_id = event.payload.get("redemption_id")
    return Step(
        kind=kind,
        at=event.recorded_at,
        points=event.payload.get("points", 0),
        redemption=None if redemption_id is None else shown("red", redemption_id),
        order=_text(event, "order_id"),
        return_id=_text(event, "return_id"),
        status=_text(event, "status"),
        event=event_shown(event),
    )


def _text(event: Numbered, field: str) -> str | None:
    found: Any = event.payload.get(field)
    return None if found is None else str(found)


async def _with_requests(
    engine: Engine, caller: Caller, steps: Sequence[Step], entries: Sequence[EntrySeen]
) -> list[Step]:  # fmt: skip
    """The steps in the order of time. One without an entry came of what wrote the entries of the same moment."""
    commands: dict[datetime, tuple[UUID, str]] = {
        entry.recorded_at: (entry.command_id, entry.actor) for entry in entries
    }
    found: dict[UUID, RequestAnswer | None] = {}
    for command_id in {command_id for command_id, _ in commands.values()}:
        past = await request_of(engine.database, caller.merchant.merchant_id, command_id)
        found[command_id] = None if past is None else request_shown(past)
    told: list[Step] = []
    for step in sorted(steps, key=lambda step: (step.at, step.kind not in REPORTS)):
        command_id, actor = commands.get(step.at, (None, None))
        of = step.entry.command if step.entry is not None else command_id
        request = None if of is None else found.get(of)
        told.append(replace(step, actor=step.actor or actor, request=request))
    return told


ROUTES = (
    Route("GET", "/v1/redemptions/{id:str}/story", RedemptionChosen, Story, redemption_story, "read",
          "Get how a redemption came to what it is"),
    Route("GET", "/v1/orders/{id:str}/story", OrderChosen, Story, order_story, "read",
          "Get how an order came to what it is"),
)  # fmt: skip
