"""`/v1/transfers`: points that members give each other."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import like, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment, Text
from guerdon.api.v1.money import Money
from guerdon.api.v1.notes import Noted, noted, renoted, words_of
from guerdon.api.v1.who import Who, identity_of, member_named, member_shown
from guerdon.api.v1.write import Metadata, WriteAsked, created, decided
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.metadata.metadata import Words
from guerdon.moving.movement import Kind, Movement
from guerdon.moving.search import GIVEN, find_movements, get_movement
from guerdon.moving.transfer import Transfer
from guerdon.points.values import POINTS_MAX

KIND = "movement"

Points = Annotated[int, Meta(ge=1, le=POINTS_MAX, examples=[500])]
KINDS: dict[str, Literal[Kind.TRANSFER, Kind.GIFT]] = {"transfer": Kind.TRANSFER, "gift": Kind.GIFT}


class TransferWanted(WriteAsked, kw_only=True):
    """Who gives whom how many points. Transfers and gifts have terms of their own in the merchant's rule."""

    kind: Literal["transfer", "gift"] = "transfer"
    sender: Who = msgspec.field(name="from")
    receiver: Who = msgspec.field(name="to")
    points: Points
    note: Text | None = None
    """What both read of it in their histories."""
    metadata: Metadata | None = None


class TransferChosen(Asked, kw_only=True):
    """One transfer or gift."""

    id: Annotated[str, like("trf", 7)]


class TransferNoted(Noted, kw_only=True):
    """What is noted beside one."""

    id: Annotated[str, like("trf", 7)]


class TransfersAsked(ListAsked, kw_only=True):
    """Which; all of what is said must hold. A member is on either side."""

    member: Who | None = None
    kind: Literal["transfer", "gift"] | None = None
    created_since: Moment | None = None
    created_before: Moment | None = None


class TransferAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Points that one member gave another, with what it cost the giver. `entry` is of the giver's account."""

    id: str
    object: Literal["transfer"]
    kind: str
    sender: str = msgspec.field(name="from")
    receiver: str = msgspec.field(name="to")
    points: int
    fee_points: int
    fee: Money
    note: str | None
    rule_version: int
    entry: str
    created_at: datetime
    metadata: Words


async def create(engine: Engine, caller: Caller, params: TransferWanted, incoming: Incoming) -> TransferAnswer:
    """Move points from one member to another, with their age; the sender pays the fee."""
    command = Transfer(
        merchant=caller.merchant, sender=(identity_of(params.sender, "from"),),
        receiver=(identity_of(params.receiver, "to"),), points=params.points, kind=KINDS[params.kind], note=params.note,
    )  # fmt: skip
    moved = await decided(engine, caller, incoming, params, command)
    if params.dry_run:
        return _transfer(moved, params.metadata or {})
    words = await noted(engine, caller, KIND, moved.movement_id, params.metadata)
    return created(incoming, _transfer(moved, words), f"/v1/transfers/{shown('trf', moved.movement_id)}")


async def fetch(engine: Engine, caller: Caller, params: TransferChosen, _incoming: Incoming) -> TransferAnswer:
    """One transfer or gift."""
    movement_id = number("trf", params.id)
    moved = await get_movement(engine.database, caller.merchant.merchant_id, movement_id, GIVEN)
    return _transfer(moved, await noted(engine, caller, KIND, movement_id, None))


async def change(
    engine: Engine, caller: Caller, params: TransferNoted, incoming: Incoming
) -> TransferAnswer | Raw:  # fmt: skip
    """Note something beside it."""
    movement_id = number("trf", params.id)

    async def show(database: Database, words: Words) -> TransferAnswer:
        return _transfer(await get_movement(database, caller.merchant.merchant_id, movement_id, GIVEN), words)

    return await renoted(engine, caller, params, incoming, KIND, str(movement_id), show)


async def find(engine: Engine, caller: Caller, params: TransfersAsked, incoming: Incoming) -> Page[TransferAnswer]:
    """Transfers and gifts, newest first."""
    member_id = None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    rows = await find_movements(
        engine.database, caller.merchant.merchant_id, GIVEN if params.kind is None else (KINDS[params.kind],),
        member_id=member_id, since=params.created_since, until=params.created_before,
        before=after(params, tuple[datetime, int]), count_max=params.limit + 1,
    )  # fmt: skip
    words = await words_of(engine.database, caller, KIND, [row.movement_id for row in rows])
    return page(
        incoming, params, rows, lambda row: (row.created_at, row.movement_id),
        lambda row: _transfer(row, words.get(row.movement_id, {})),
    )  # fmt: skip


def _transfer(moved: Movement, words: Words) -> TransferAnswer:
    return TransferAnswer(
        id=shown("trf", moved.movement_id),
        object="transfer",
        kind=moved.kind,
        sender=member_shown(moved.sender_id),
        receiver=member_shown(moved.receiver_id),
        points=moved.points,
        fee_points=moved.fee_points,
        fee=Money(moved.fee_minor, moved.currency),
        note=moved.note,
        rule_version=moved.rule_version,
        entry=shown("ent", moved.sender_account, moved.entry),
        created_at=moved.created_at,
        metadata=words,
    )


ROUTES = (
    Route("POST", "/v1/transfers", TransferWanted, TransferAnswer, create, "write",
          "Move points from one member to another", keyed=True, creates=True),
    Route("GET", "/v1/transfers", TransfersAsked, Page[TransferAnswer], find, "read", "List transfers and gifts"),
    Route("GET", "/v1/transfers/{id:str}", TransferChosen, TransferAnswer, fetch, "read", "Get a transfer or gift"),
    Route("PATCH", "/v1/transfers/{id:str}", TransferNoted, TransferAnswer, change, "write",
          "Note something beside a transfer or gift", keyed=True),
)  # fmt: skip
