"""`/v1/redemptions`: members redeem points for a coupon, at once or when an order comes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import RedemptionId, RuleId, number, shown
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.v1.members import Moment
from guerdon.api.v1.moments import utc
from guerdon.api.v1.money import CurrencyCode, Money
from guerdon.api.v1.who import Who, identity_of, member_named, member_shown
from guerdon.api.v1.write import Metadata, WriteAsked, changed, created, decided, submitted
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database
from guerdon.metadata.metadata import Words, metadata_of, note
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.capture import CaptureRedemption
from guerdon.rewards.ending import CancelRedemption
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption, State
from guerdon.rewards.redemptions import get_redemption
from guerdon.rewards.rule import Channel
from guerdon.rewards.search import AFTER_ALL, BEFORE_ALL, RedemptionsWanted, find_redemptions

KIND = "redemption"
SalesChannel = Literal["any", "online", "in_store"]
SALES_CHANNEL_OF: dict[Channel, SalesChannel] = {
    Channel.ANY: "any", Channel.ONLINE: "online", Channel.OFFLINE: "in_store",
}  # fmt: skip
SALES_CHANNELS = {name: channel for channel, name in SALES_CHANNEL_OF.items()}


class RedemptionWanted(WriteAsked, kw_only=True):
    """What to redeem for whom. Without `points` the rule's own amount, or the least that it takes."""

    member: Who
    rule: RuleId
    points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] | None = None
    currency: CurrencyCode | None = None
    capture: Literal["now", "on_order"] = "now"
    """Whether the points leave at once, or are held until an order names the coupon."""
    hold_for: Annotated[int, Meta(ge=60, le=366 * 86400, description="Seconds")] | None = None
    """How long they are held; as long as the rule or the merchant says, where it is left out."""
    channel: SalesChannel = "any"
    cart_minor: Annotated[int, Meta(ge=0)] | None = None
    """What is in the cart, where the rule has a minimum."""
    metadata: Metadata | None = None


class RedemptionChosen(WriteAsked, kw_only=True):
    """One redemption."""

    id: RedemptionId


class RedemptionCaptured(RedemptionChosen, kw_only=True):
    """Take the held points. `order` is what the coupon was used for."""

    order: Annotated[str, Meta(max_length=255)] = ""


class RedemptionCancelled(RedemptionChosen, kw_only=True):
    """Give the points back. `code` has to be the coupon's, where it is sent."""

    code: Annotated[str, Meta(max_length=255)] | None = None


class RedemptionNoted(RedemptionChosen, kw_only=True):
    """Change the metadata: a name with an empty text goes, others that are left out stay."""

    metadata: Metadata


class RedemptionsAsked(ListAsked, kw_only=True):
    """Which redemptions; all of what is said must hold."""

    member: Who | None = None
    rule: RuleId | None = None
    state: State | None = None
    channel: SalesChannel | None = None
    points_min: Annotated[int, Meta(ge=0, le=POINTS_MAX)] = 0
    points_max: Annotated[int, Meta(ge=0, le=POINTS_MAX)] = POINTS_MAX
    coupon: Annotated[str, Meta(max_length=255)] | None = None
    """The code that it gave, compared without case."""
    created_since: Moment | None = None
    created_before: Moment | None = None


class Coupon(msgspec.Struct, frozen=True):
    """What the shopper is given."""

    code: str
    token: str
    expires_at: datetime | None


class RedemptionAnswer(msgspec.Struct, frozen=True):
    """A redemption. `points_returned` came back with goods that the coupon had paid for."""

    id: str
    object: Literal["redemption"]
    state: State
    member: str
    rule: str
    rule_version: int
    points: int
    points_returned: int
    value: Money
    capture: Literal["now", "on_order"]
    channel: SalesChannel
    coupon: Coupon
    third_party_id: str | None
    created_at: datetime
    updated_at: datetime
    metadata: Words


async def redeem(engine: Engine, caller: Caller, params: RedemptionWanted, incoming: Incoming) -> RedemptionAnswer:
    """Check everything, take or hold the points, and answer with a coupon."""
    command = _wanted(caller, params)
    if params.dry_run:
        return _shown(await decided(engine, caller, incoming, params, command), params.metadata or {})
    answer = await submitted(engine, caller, incoming, params, command)
    redemption = await engine.callbacks.settled(
        caller.merchant, answer, actor=caller.actor, key=incoming.headers.get("idempotency-key")
    )
    words = await _note(engine, caller, redemption.redemption_id, params.metadata)
    return created(incoming, _shown(redemption, words), f"/v1/redemptions/{shown('red', redemption.redemption_id)}")


async def preview(engine: Engine, caller: Caller, params: RedemptionWanted, incoming: Incoming) -> RedemptionAnswer:
    """What `POST /v1/redemptions` would answer; nothing is kept."""
    params.dry_run = True
    return await redeem(engine, caller, params, incoming)


async def capture(
    engine: Engine, caller: Caller, params: RedemptionCaptured, incoming: Incoming
) -> RedemptionAnswer:  # fmt: skip
    """Take the points that are held."""
    command = CaptureRedemption(merchant=caller.merchant, redemption_id=number("red", params.id), order_id=params.order)
    return await _answered(engine, caller, await decided(engine, caller, incoming, params, command))


async def cancel(
    engine: Engine, caller: Caller, params: RedemptionCancelled, incoming: Incoming
) -> RedemptionAnswer:  # fmt: skip
    """Give the points back, once."""
    command = CancelRedemption(
        merchant=caller.merchant, redemption_id=number("red", params.id), code=params.code or None
    )
    return await _answered(engine, caller, await decided(engine, caller, incoming, params, command))


async def change(
    engine: Engine, caller: Caller, params: RedemptionNoted, incoming: Incoming
) -> RedemptionAnswer | Raw:  # fmt: skip
    """Note something beside it."""
    merchant_id, redemption_id = caller.merchant.merchant_id, number("red", params.id)

    async def write(database: Database) -> RedemptionAnswer:
        redemption = await get_redemption(database, merchant_id, redemption_id)
        words = await note(database, merchant_id, KIND, str(redemption_id), params.metadata, engine.clock())
        return _shown(redemption, words)

    return await changed(engine, caller, incoming, params, write)


async def fetch(engine: Engine, caller: Caller, params: RedemptionChosen, _incoming: Incoming) -> RedemptionAnswer:
    """One redemption."""
    redemption = await get_redemption(engine.database, caller.merchant.merchant_id, number("red", params.id))
    return await _answered(engine, caller, redemption)


async def find(
    engine: Engine, caller: Caller, params: RedemptionsAsked, incoming: Incoming
) -> Page[RedemptionAnswer]:  # fmt: skip
    """Redemptions, newest first."""
    merchant_id = caller.merchant.merchant_id
    member_id = None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    wanted = RedemptionsWanted(
        code=params.coupon or None,
        member_id=member_id,
        rule_id=None if params.rule is None else number("rule", params.rule, "rule"),
        state=params.state,
        channel=None if params.channel is None else SALES_CHANNELS[params.channel],
        points_min=params.points_min,
        points_max=params.points_max,
        since=utc(params.created_since, "created_since") or BEFORE_ALL,
        until=utc(params.created_before, "created_before") or AFTER_ALL,
    )
    found = await find_redemptions(
        engine.database, merchant_id, wanted, before=after(params, tuple[datetime, int]), count_max=params.limit + 1
    )
    words = await _words(engine, caller, found.rows)
    return page(
        incoming, params, found.rows, lambda row: (row.created_at, row.redemption_id),
        lambda row: _shown(row, words.get(str(row.redemption_id), {})), further=found.further,
    )  # fmt: skip


def _wanted(caller: Caller, params: RedemptionWanted) -> Redeem:
    return Redeem(
        merchant=caller.merchant,
        who=(identity_of(params.member),),
        rule_id=number("rule", params.rule, "rule"),
        points=params.points,
        currency=params.currency,
        delayed=params.capture == "on_order",
        channel=SALES_CHANNELS[params.channel],
        cart_minor=params.cart_minor,
        hold_s=params.hold_for,
    )


async def _note(engine: Engine, caller: Caller, redemption_id: int, words: Words | None) -> Words:
    if not words:
        return {}
    return await note(
        engine.database, caller.merchant.merchant_id, KIND, str(redemption_id), words, engine.clock()
    )  # fmt: skip


async def _words(engine: Engine, caller: Caller, rows: Sequence[Redemption]) -> dict[str, Words]:
    ids = [str(row.redemption_id) for row in rows]
    return await metadata_of(engine.database, caller.merchant.merchant_id, KIND, ids)


async def _answered(engine: Engine, caller: Caller, redemption: Redemption) -> RedemptionAnswer:
    words = await _words(engine, caller, [redemption])
    return _shown(redemption, words.get(str(redemption.redemption_id), {}))


def _shown(redemption: Redemption, words: Words) -> RedemptionAnswer:
    return RedemptionAnswer(
        id=shown("red", redemption.redemption_id),
        object="redemption",
        state=redemption.state,
        member=member_shown(redemption.member_id),
        rule=shown("rule", redemption.rule_id),
        rule_version=redemption.rule_version,
        points=redemption.points,
        points_returned=redemption.points_back,
        value=Money(redemption.value_minor, redemption.currency),
        capture="on_order" if redemption.delayed else "now",
        channel=SALES_CHANNEL_OF[Channel(redemption.channel)],
        coupon=Coupon(redemption.code, redemption.token, redemption.expires_at),
        third_party_id=redemption.third_party_id,
        created_at=redemption.created_at,
        updated_at=redemption.updated_at,
        metadata=words,
    )


ROUTES = (
    Route("POST", "/v1/redemptions", RedemptionWanted, RedemptionAnswer, redeem, "redeem",
          "Redeem points for a coupon", keyed=True, creates=True),
    Route("GET", "/v1/redemptions", RedemptionsAsked, Page[RedemptionAnswer], find, "read", "List redemptions"),
    Route("POST", "/v1/redemptions/preview", RedemptionWanted, RedemptionAnswer, preview, "read",
          "See what a redemption would be, or why not"),
    Route("GET", "/v1/redemptions/{id:str}", RedemptionChosen, RedemptionAnswer, fetch, "read", "Get a redemption"),
    Route("PATCH", "/v1/redemptions/{id:str}", RedemptionNoted, RedemptionAnswer, change, "write",
          "Note something beside a redemption", keyed=True),
    Route("POST", "/v1/redemptions/{id:str}/capture", RedemptionCaptured, RedemptionAnswer, capture, "redeem",
          "Take the points that a redemption holds", keyed=True),
    Route("POST", "/v1/redemptions/{id:str}/cancel", RedemptionCancelled, RedemptionAnswer, cancel, "redeem",
          "Give the points of a redemption back", keyed=True),
)  # fmt: skip
