"""`/v1/purchases`: points that members buy, for themselves or for others."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import like, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment, Text
from guerdon.api.v1.money import Money
from guerdon.api.v1.notes import Noted, noted, renoted, words_of
from guerdon.api.v1.transfers import KIND, Points
from guerdon.api.v1.who import Who, identity_of, member_named, member_shown
from guerdon.api.v1.write import Metadata, WriteAsked, created, decided
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.metadata.metadata import Words
from guerdon.moving.movement import Movement
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.moving.search import BOUGHT, find_movements, get_movement


class PurchaseWanted(WriteAsked, kw_only=True):
    """Who has paid for how many points, and for whom: the buyer, where nobody else is named."""

    buyer: Who
    receiver: Who | None = None
    points: Points
    payment: Text
    """The shop's reference of the payment, which buys once."""
    paid: Money | None = None
    """What was paid, to be compared with the price, fee included."""
    note: Text | None = None
    metadata: Metadata | None = None


class PurchaseChosen(Asked, kw_only=True):
    """One purchase."""

    id: Annotated[str, like("pur", 7)]


class PurchaseNoted(Noted, kw_only=True):
    """What is noted beside one."""

    id: Annotated[str, like("pur", 7)]


class PurchaseRefunded(WriteAsked, kw_only=True):
    """The purchase of which the money was given back."""

    id: Annotated[str, like("pur", 7)]
    note: Text | None = None
    """What the receiver reads of it."""


class PurchasesAsked(ListAsked, kw_only=True):
    """Which; all of what is said must hold. A member is on either side."""

    member: Who | None = None
    created_since: Moment | None = None
    created_before: Moment | None = None


class PurchaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Points that a member bought. `entry` is of the receiver's account.

    Once refunded, `points_back` tells how many of them were taken back: the rest is spent, and the merchant's policy on
    debts lets it be.
    """

    id: str
    object: Literal["purchase"]
    state: Literal["paid", "refunded"]
    buyer: str
    receiver: str
    points: int
    points_back: int
    price: Money
    fee: Money
    payment: str | None
    note: str | None
    rule_version: int
    entry: str
    created_at: datetime
    refunded_at: datetime | None
    metadata: Words


async def create(engine: Engine, caller: Caller, params: PurchaseWanted, incoming: Incoming) -> PurchaseAnswer:
    """Give points that were paid for; the same payment again answers the same."""
    if params.paid is not None and params.paid.currency != caller.merchant.currency:
        raise BadField("paid.currency", f"points are sold in {caller.merchant.currency}")
    command = BuyPoints(
        merchant=caller.merchant, buyer=(identity_of(params.buyer, "buyer"),),
        receiver=() if params.receiver is None else (identity_of(params.receiver, "receiver"),), points=params.points,
        payment=params.payment, paid_minor=None if params.paid is None else params.paid.amount_minor, note=params.note,
    )  # fmt: skip
    bought = await decided(engine, caller, incoming, params, command)
    if params.dry_run:
        return _purchase(bought, params.metadata or {})
    words = await noted(engine, caller, KIND, bought.movement_id, params.metadata)
    return created(incoming, _purchase(bought, words), f"/v1/purchases/{shown('pur', bought.movement_id)}")


async def refund(engine: Engine, caller: Caller, params: PurchaseRefunded, incoming: Incoming) -> PurchaseAnswer:
    """Take bought points back, as their money was given back: once, however often it is asked."""
    movement_id = number("pur", params.id)
    command = RefundPurchase(merchant=caller.merchant, movement_id=movement_id, note=params.note)
    refunded = await decided(engine, caller, incoming, params, command)
    return _purchase(refunded, await noted(engine, caller, KIND, movement_id, None))


async def fetch(engine: Engine, caller: Caller, params: PurchaseChosen, _incoming: Incoming) -> PurchaseAnswer:
    """One purchase."""
    movement_id = number("pur", params.id)
    bought = await get_movement(engine.database, caller.merchant.merchant_id, movement_id, BOUGHT)
    return _purchase(bought, await noted(engine, caller, KIND, movement_id, None))


async def change(
    engine: Engine, caller: Caller, params: PurchaseNoted, incoming: Incoming
) -> PurchaseAnswer | Raw:  # fmt: skip
    """Note something beside it."""
    movement_id = number("pur", params.id)

    async def show(database: Database, words: Words) -> PurchaseAnswer:
        return _purchase(await get_movement(database, caller.merchant.merchant_id, movement_id, BOUGHT), words)

    return await renoted(engine, caller, params, incoming, KIND, str(movement_id), show)


async def find(
    engine: Engine, caller: Caller, params: PurchasesAsked, incoming: Incoming
) -> Page[PurchaseAnswer]:  # fmt: skip
    """Purchases, newest first."""
    member_id = None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    rows = await find_movements(
        engine.database, caller.merchant.merchant_id, BOUGHT, member_id=member_id, since=params.created_since,
        until=params.created_before, before=after(params, tuple[datetime, int]), count_max=params.limit + 1,
    )  # fmt: skip
    words = await words_of(engine.database, caller, KIND, [row.movement_id for row in rows])
    return page(
        incoming, params, rows, lambda row: (row.created_at, row.movement_id),
        lambda row: _purchase(row, words.get(row.movement_id, {})),
    )  # fmt: skip


def _purchase(bought: Movement, words: Words) -> PurchaseAnswer:
    return PurchaseAnswer(
        id=shown("pur", bought.movement_id),
        object="purchase",
        state="paid" if bought.refunded_at is None else "refunded",
        buyer=member_shown(bought.sender_id),
        receiver=member_shown(bought.receiver_id),
        points=bought.points,
        points_back=bought.points_back,
        price=Money(bought.price_minor, bought.currency),
        fee=Money(bought.fee_minor, bought.currency),
        payment=bought.payment,
        note=bought.note,
        rule_version=bought.rule_version,
        entry=shown("ent", bought.receiver_account, bought.entry),
        created_at=bought.created_at,
        refunded_at=bought.refunded_at,
        metadata=words,
    )


ROUTES = (
    Route("POST", "/v1/purchases", PurchaseWanted, PurchaseAnswer, create, "write",
          "Give points that were paid for", keyed=True, creates=True),
    Route("POST", "/v1/purchases/{id:str}/refund", PurchaseRefunded, PurchaseAnswer, refund, "write",
          "Take bought points back as their money is given back", keyed=True),
    Route("GET", "/v1/purchases", PurchasesAsked, Page[PurchaseAnswer], find, "read",
          "List purchases of points"),
    Route("GET", "/v1/purchases/{id:str}", PurchaseChosen, PurchaseAnswer, fetch, "read",
          "Get a purchase of points"),
    Route("PATCH", "/v1/purchases/{id:str}", PurchaseNoted, PurchaseAnswer, change, "write",
          "Note something beside a purchase of points", keyed=True),
)  # fmt: skip
