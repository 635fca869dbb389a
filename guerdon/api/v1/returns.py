"""`/v1/returns`: what came back of orders, which may not have been reported yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.basket import LINES_MAX, OrderId, Total
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment, Text
from guerdon.api.v1.moments import utc
from guerdon.api.v1.money import Money
from guerdon.api.v1.notes import Noted, renoted
from guerdon.api.v1.write import DRY_RUN, Metadata, WriteAsked, created
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database, Queries
from guerdon.kit.ids import time_ordered_uuid
from guerdon.kit.money import LARGEST
from guerdon.metadata.metadata import Words, metadata_of, note
from guerdon.orders.order import Return, ReturnedItem
from guerdon.orders.search import Span, find_returns, get_return
from guerdon.orders.waiting import reporting_return, take_return

KIND = "return"
RETURNS = "/v1/returns"
State = Literal["waiting", "taken", "refused"]


class ReturnedItemSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many pieces of the order's line of this id."""

    id: Text
    quantity: Annotated[int, Meta(ge=1, le=LARGEST)] = 1


class ReturnSaid(WriteAsked, kw_only=True):
    """What came back of the order of the path: what was paid for it, and perhaps which items.

    The shop's own `return_id` makes it count once, however often it is told; without one, each is another.
    """

    id: OrderId
    return_id: OrderId | None = None
    total: Total
    items: Annotated[tuple[ReturnedItemSaid, ...], Meta(max_length=LINES_MAX)] = ()
    metadata: Metadata | None = None


class ReturnChosen(Asked, kw_only=True):
    """One return, by the shop's own id."""

    id: OrderId


class ReturnNoted(Noted, kw_only=True):
    """What is noted beside one."""

    id: OrderId


class ReturnsAsked(ListAsked, kw_only=True):
    """Which returns; all of what is said must hold."""

    order: OrderId | None = None
    state: State | None = None
    created_since: Moment | None = None
    created_before: Moment | None = None


class ReturnAnswer(msgspec.Struct, frozen=True):
    """What came back. It is `waiting` until its order is there, and then `taken`, or `refused`, with the code of the
    problem. Without a currency of its own, the amount is in that of the order.
    """

    id: str
    object: Literal["return"]
    order: str
    state: State
    problem: str | None
    total: Money | None
    total_minor: int
    items: list[ReturnedItemSaid]
    created_at: datetime
    metadata: Words


async def create(engine: Engine, caller: Caller, params: ReturnSaid, incoming: Incoming) -> ReturnAnswer:
    """Take the return: points that the goods earned are taken back, those that they cost go back to their lots."""
    currency = caller.merchant.accepted(params.total.currency)
    items = tuple(ReturnedItem(item.id, item.quantity) for item in params.items)
    return_id = params.return_id or str(time_ordered_uuid())
    if params.dry_run:
        command = await reporting_return(
            engine.database, caller.merchant, order_id=params.id, return_id=return_id,
            total_minor=params.total.amount_minor, currency=currency, items=items,
        )  # fmt: skip
        incoming.told.append(DRY_RUN)
        taken = await engine.desk.preview(command, actor=caller.actor)
    else:
        answer = await take_return(
            engine.database, engine.desk, caller.merchant, return_id=return_id, order_id=params.id,
            total_minor=params.total.amount_minor, currency=currency, items=items, actor=caller.actor,
            key=incoming.key(caller.actor, params),
        )  # fmt: skip
        incoming.replayed, taken = answer.replayed, answer.value
    one = Return(
        taken.return_id, params.id, params.total.amount_minor, currency, items, taken.waits, None, taken.created_at,
        taken.created_at,
    )  # fmt: skip
    words = params.metadata or {}
    if words and not params.dry_run:
        words = await note(
            engine.database, caller.merchant.merchant_id, KIND, one.return_id, words, engine.clock()
        )  # fmt: skip
    return created(incoming, return_shown(one, words), f"{RETURNS}/{one.return_id}")


async def fetch(engine: Engine, caller: Caller, params: ReturnChosen, _incoming: Incoming) -> ReturnAnswer:
    """One return."""
    one = await get_return(engine.database, caller.merchant.merchant_id, params.id)
    return return_shown(one, (await words_of_returns(engine.database, caller, [one])).get(one.return_id, {}))


async def change(engine: Engine, caller: Caller, params: ReturnNoted, incoming: Incoming) -> ReturnAnswer | Raw:
    """Note something beside it."""

    async def show(database: Database, words: Words) -> ReturnAnswer:
        return return_shown(await get_return(database, caller.merchant.merchant_id, params.id), words)

    return await renoted(engine, caller, params, incoming, KIND, params.id, show)


async def find(engine: Engine, caller: Caller, params: ReturnsAsked, incoming: Incoming) -> Page[ReturnAnswer]:
    """Returns, newest first."""
    rows = await find_returns(
        engine.database, caller.merchant.merchant_id, order_id=params.order, state=params.state,
        span=Span(utc(params.created_since, "created_since"), utc(params.created_before, "created_before"),
                  after(params, tuple[datetime, str])), count_max=params.limit + 1,
    )  # fmt: skip
    words = await words_of_returns(engine.database, caller, rows)
    return page(
        incoming, params, rows, lambda row: (row.created_at, row.return_id),
        lambda row: return_shown(row, words.get(row.return_id, {})),
    )  # fmt: skip


async def words_of_returns(database: Queries, caller: Caller, returns: Sequence[Return]) -> dict[str, Words]:
    """By id, what is noted beside these."""
    return await metadata_of(database, caller.merchant.merchant_id, KIND, [one.return_id for one in returns])


def return_shown(one: Return, words: Words) -> ReturnAnswer:
    """A return as clients see it."""
    state: State = "waiting" if one.waiting else "taken" if one.problem is None else "refused"
    return ReturnAnswer(
        one.return_id, "return", one.order_id, state, one.problem,
        None if one.currency is None else Money(one.total_minor, one.currency), one.total_minor,
        [ReturnedItemSaid(item.id, item.quantity) for item in one.items], one.created_at, words,
    )  # fmt: skip


ROUTES = (
    Route("POST", "/v1/orders/{id:str}/returns", ReturnSaid, ReturnAnswer, create, "write",
          "Report what came back of an order", keyed=True, creates=True),
    Route("GET", RETURNS, ReturnsAsked, Page[ReturnAnswer], find, "read", "List returns"),
    Route("GET", RETURNS + "/{id:str}", ReturnChosen, ReturnAnswer, fetch, "read", "Get a return"),
    Route("PATCH", RETURNS + "/{id:str}", ReturnNoted, ReturnAnswer, change, "write",
          "Note something beside a return", keyed=True),
)  # fmt: skip
