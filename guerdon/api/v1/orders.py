"""`/v1/orders`: what a shop sold, told again with every change, and what became of it here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.basket import Basket, LineSaid, Minor, OrderId, line_of, line_shown
from guerdon.api.v1.channels import channel_of, channel_shown
from guerdon.api.v1.ids import shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment, Text
from guerdon.api.v1.moments import utc
from guerdon.api.v1.money import Money
from guerdon.api.v1.returns import ReturnAnswer, return_shown, words_of_returns
from guerdon.api.v1.who import Who, identity_of, member_named, member_shown
from guerdon.api.v1.write import DRY_RUN, Metadata, created
from guerdon.api.wire import Incoming, Route
from guerdon.awards.award import Award
from guerdon.errors.earning import Stranger
from guerdon.members.members import ensure_member
from guerdon.metadata.metadata import Words, metadata_of, note
from guerdon.orders.detail import Detail
from guerdon.orders.order import Order
from guerdon.orders.report import Reported, ReportOrder
from guerdon.orders.search import Span, details_of, find_orders, get_order
from guerdon.orders.settlement import points_of
from guerdon.points.command import Key
from guerdon.points.desk import Answer
from guerdon.points.store import MEMBER
from guerdon.referrals.parties import parties

KIND = "order"
ORDERS = "/v1/orders"
UNSAID = ("dry_run", "fields", "metadata")
"""What of a request is not the order."""


class OrderSaid(Basket, kw_only=True):
    """An order, whole, as it stands now: under the same `id` it is an update, and what is left out is not there.

    A customer whom nobody knows becomes a member; only a dry run needs one who is. Its coupons are used once it has a
    status of the merchant's policy, which `paid` is.
    """

    id: OrderId
    member: Who
    status: Annotated[str, Meta(min_length=1, max_length=63, examples=["paid"])] = "paid"
    refunded_minor: Minor = 0
    """What the shop itself says was paid back so far; or report each return."""
    coupons: Annotated[tuple[Text, ...], Meta(max_length=50)] = ()
    """The codes that were used, the shop's own too."""
    ip_address: Text | None = None
    user_agent: Annotated[str, Meta(max_length=1000)] | None = None
    metadata: Metadata | None = None


class OrderChosen(Asked, kw_only=True):
    """One order, by the shop's own id."""

    id: OrderId


class OrdersAsked(ListAsked, kw_only=True):
    """Which orders; all of what is said must hold."""

    member: Who | None = None
    status: Text | None = None
    placed_since: Moment | None = None
    placed_before: Moment | None = None


class OrderCouponAnswer(msgspec.Struct, frozen=True):
    """A code of the order, with the state of its coupon; `unknown` is a discount code of the shop's own.

    The `problem` says why a coupon was not taken.
    """

    code: str
    state: Literal["asked", "issued", "used", "void", "expired", "unknown"]
    problem: str | None
    redemption: str | None


class AwardAnswer(msgspec.Struct, frozen=True):
    """What a rule gave: `points` that stand now, or a coupon by its redemption. Without a rule, the member's tier gave.

    The `sentence` says why so many, `facts` are the numbers behind it. `forgiven` points should have been taken back.
    """

    rule: str | None
    rule_version: int | None
    title: str | None
    points: int
    forgiven: int
    redemption: str | None
    sentence: str
    facts: dict[str, Any]
    entries: list[str]


class OrderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands. `points` are those that it has earned by now, pending ones included; `spent` is what of it
    counts for tiers.
    """

    id: str
    object: Literal["order"] = "order"
    member: str
    status: str
    total: Money
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    refunded_minor: int
    rewards_minor: int
    """What its coupons were worth."""
    lines: list[LineSaid]
    tags: list[str]
    channel: str
    points: int
    spent: Money
    coupons: list[OrderCouponAnswer]
    awards: list[AwardAnswer]
    returns: list[ReturnAnswer]
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    metadata: Words


async def create(engine: Engine, caller: Caller, params: OrderSaid, incoming: Incoming) -> OrderAnswer:
    """Take the order: coupons are used or given back, and it earns what it should."""
    command = await reporting(engine, caller, params)
    if params.dry_run:
        incoming.told.append(DRY_RUN)
        tried = await engine.desk.preview(_unintroduced(command), actor=caller.actor)
        return await reported(engine, caller, tried, params.metadata or {})
    answer = await submit_order(engine, caller, command, incoming.key(caller.actor, params))
    incoming.replayed = answer.replayed
    told = await reported(engine, caller, answer.value, await noted(engine, caller, params))
    if told.created_at == told.updated_at:
        created(incoming, told, f"{ORDERS}/{told.id}")
    return told


async def fetch(engine: Engine, caller: Caller, params: OrderChosen, _incoming: Incoming) -> OrderAnswer:
    """One order, with what it earned and what came back of it."""
    order = await get_order(engine.database, caller.merchant.merchant_id, params.id)
    return (await _answers(engine, caller, [order]))[0]


async def find(engine: Engine, caller: Caller, params: OrdersAsked, incoming: Incoming) -> Page[OrderAnswer]:
    """Orders, those placed last first."""
    member_id = None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    rows = await find_orders(
        engine.database, caller.merchant.merchant_id, member_id=member_id,
        status=None if params.status is None else params.status.lower(),
        span=Span(utc(params.placed_since, "placed_since"), utc(params.placed_before, "placed_before"),
                  after(params, tuple[datetime, str])), count_max=params.limit + 1,
    )  # fmt: skip
    answers = {answer.id: answer for answer in await _answers(engine, caller, rows[: params.limit])}
    return page(incoming, params, rows, lambda row: (row.placed_at, row.order_id), lambda row: answers[row.order_id])


async def reporting(engine: Engine, caller: Caller, params: OrderSaid) -> ReportOrder:
    """The command that takes the order."""
    merchant, who = caller.merchant, (identity_of(params.member),)
    said = {name: value for name, value in msgspec.structs.asdict(params).items() if name not in UNSAID and value}
    command = ReportOrder(
        merchant=merchant,
        who=who,
        order_id=params.id,
        total_minor=params.total.amount_minor,
        currency=merchant.accepted(params.total.currency),
        status=params.status,
        codes=params.coupons,
        placed_at=utc(params.placed_at, "placed_at"),
        discount_minor=params.discount_minor,
        shipping_minor=params.shipping_minor,
        tax_minor=params.tax_minor,
        refunded_minor=params.refunded_minor,
        channel=channel_of(params.channel),
        tags=params.tags,
        lines=tuple(line_of(line) for line in params.lines),
        document=msgspec.json.encode(said).decode(),
        detailed=True,
    )
    if merchant.policies.referrals is None:
        return command
    concerned = await parties(
        engine.database, merchant, who, command.codes, ip_address=params.ip_address, user_agent=params.user_agent
    )
    return replace(command, parties=concerned)


async def submit_order(engine: Engine, caller: Caller, command: ReportOrder, key: Key | None) -> Answer[Reported]:
    """Have it committed, after making its customer a member where nobody knows them."""
    try:
        return await engine.desk.submit(_unintroduced(command), actor=caller.actor, key=key)
    except Stranger:
        await ensure_member(engine.database, caller.merchant.merchant_id, command.who, engine.clock())
        return await engine.desk.submit(command, actor=caller.actor, key=key)


def _unintroduced(command: ReportOrder) -> ReportOrder:
    """The command as it refuses strangers; whom our own number names is none."""
    return command if command.who[0].kind == MEMBER else replace(command, introduced=False)


async def noted(engine: Engine, caller: Caller, params: OrderSaid) -> Words:
    """What is noted beside the order, with what is said now."""
    merchant_id = caller.merchant.merchant_id
    if params.metadata:
        return await note(engine.database, merchant_id, KIND, params.id, params.metadata, engine.clock())
    return (await metadata_of(engine.database, merchant_id, KIND, [params.id])).get(params.id, {})


async def reported(engine: Engine, caller: Caller, answer: Reported, words: Words) -> OrderAnswer:
    """The order as it was taken."""
    assert answer.detail is not None, "the order was asked for whole"
    beside = await words_of_returns(engine.database, caller, answer.detail.returns)
    return _shown(caller, answer.detail, words, beside)


async def _answers(engine: Engine, caller: Caller, orders: Sequence[Order]) -> list[OrderAnswer]:
    merchant_id = caller.merchant.merchant_id
    details = await details_of(engine.database, merchant_id, orders)
    words = await metadata_of(engine.database, merchant_id, KIND, [order.order_id for order in orders])
    beside = await words_of_returns(engine.database, caller, [one for detail in details for one in detail.returns])
    return [_shown(caller, detail, words.get(detail.order.order_id, {}), beside) for detail in details]


def _shown(caller: Caller, detail: Detail, words: Words, beside: Mapping[str, Words]) -> OrderAnswer:
    order = detail.order
    return OrderAnswer(
        id=order.order_id,
        member=member_shown(order.member_id),
        status=order.status,
        total=Money(order.total_minor, order.currency),
        discount_minor=order.discount_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        refunded_minor=order.refunded_minor,
        rewards_minor=order.rewards_minor,
        lines=[line_shown(line) for line in order.lines],
        tags=list(order.tags),
        channel=channel_shown(order.channel),
        points=points_of(order),
        spent=Money(order.spent_minor, caller.merchant.currency),
        coupons=[
            OrderCouponAnswer(
                one.code, one.state, one.problem,  # pyright: ignore[reportArgumentType]  # the states that there are
                None if one.redemption_id is None else shown("red", one.redemption_id),
            )
            for one in detail.coupons
        ],
        awards=[award_shown(award) for award in detail.awards],
        returns=[return_shown(one, beside.get(one.return_id, {})) for one in detail.returns],
        placed_at=order.placed_at,
        created_at=order.created_at,
        updated_at=order.updated_at,
        metadata=words,
    )  # fmt: skip


def award_shown(award: Award) -> AwardAnswer:
    """What was given, and why."""
    facts: dict[str, Any] = msgspec.to_builtins(award.explanation) or {}
    source, _, rule_id = award.source.partition(":")
    return AwardAnswer(
        shown("earn", int(rule_id)) if source == "rule" else None,
        award.rule_version,
        award.title,
        award.points,
        award.forgiven,
        None if award.redemption_id is None else shown("red", award.redemption_id),
        facts.get("sentence", award.title or ""),
        {name: value for name, value in facts.items() if name != "sentence"},
        [shown("ent", award.account_id, entry) for entry in award.entries],
    )


ROUTES = (
    Route("POST", ORDERS, OrderSaid, OrderAnswer, create, "write", "Report an order, or its new status", keyed=True,
          creates=True),
    Route("GET", ORDERS, OrdersAsked, Page[OrderAnswer], find, "read", "List orders"),
    Route("GET", ORDERS + "/{id:str}", OrderChosen, OrderAnswer, fetch, "read", "Get an order"),
)  # fmt: skip
