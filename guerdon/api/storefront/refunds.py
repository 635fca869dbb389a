"""POST /refunds: what came back of an order, which may not have been reported yet."""

from typing import Annotated
from uuid import uuid4

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Cents, Credentials, Text, stamp, text
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.kit.money import LARGEST
from guerdon.orders.order import ReturnedItem
from guerdon.orders.waiting import take_return

CurrencyMeant = Annotated[str, Meta(pattern=r"^([A-Za-z]{3})?\Z", examples=["USD"])]
"""The currency of the amount; an empty text means the order's."""


class RefundItem(msgspec.Struct, kw_only=True):
    """So many pieces of the order's item of this id."""

    id: Text | int
    quantity: Annotated[int, Meta(ge=1, le=LARGEST)] = 1


class CreateRefund(Credentials, kw_only=True):
    """A refund. Its own `id` makes it count once, however often it is sent; without one, each is another."""

    id: Text | int | None = None
    order_id: Text | int
    total_amount_cents: Cents
    currency: CurrencyMeant | None = None
    items: list[RefundItem] | None = None


class RefundAnswer(msgspec.Struct):
    """The refund was taken. `status` is processed, or pending until its order comes."""

    id: str
    order_id: str
    status: str
    created_at: str


async def create_refund(engine: Engine, caller: Caller, params: CreateRefund, incoming: Incoming) -> RefundAnswer:
    """Take the refund. The contract only acknowledges; what follows from it is booked by the time we do."""
    answer = await take_return(
        engine.database,
        engine.desk,
        caller.merchant,
        return_id=str(uuid4()) if params.id in (None, "") else text(params.id, "id"),
        order_id=text(params.order_id, "order_id"),
        total_minor=params.total_amount_cents,
        currency=caller.merchant.accepted(params.currency) if params.currency else None,
        items=tuple(_item(item, place) for place, item in enumerate(params.items or ())),
        actor=caller.actor,
        key=incoming.key(caller.actor, params),
    )
    incoming.replayed, taken = answer.replayed, answer.value
    status = "pending" if taken.waits else "processed"
    return RefundAnswer(taken.return_id, taken.order_id, status, stamp(taken.created_at))


def _item(item: RefundItem, place: int) -> ReturnedItem:
    if item.id == "":
        raise BadField(f"items[{place}].id", "an id of the order's items is needed")
    return ReturnedItem(text(item.id, f"items[{place}].id"), item.quantity)
