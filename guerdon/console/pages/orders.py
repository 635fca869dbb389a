"""`/console/orders` and `/console/returns`: what the shop reported, what it earned, and what came back."""

from collections.abc import AsyncIterator
from decimal import Decimal
from operator import attrgetter

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.api.engine import Engine
from guerdon.api.v1 import orders, returns, stories
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.v1.orders import OrderAnswer, OrderChosen, OrdersAsked
from guerdon.api.v1.returns import ReturnAnswer, ReturnChosen, ReturnsAsked
from guerdon.api.v1.returns import State as ReturnState
from guerdon.api.wire import Incoming, Route
from guerdon.console.csv_export import Column, Export, Rows, amount, every
from guerdon.console.frame import N
from guerdon.console.pages.lists import (
    PAGE,
    DaysShown,
    filters_in_use,
    first_moment,
    member_meant,
    moment_after,
    said,
    whole,
)
from guerdon.console.pages.names import members_named
from guerdon.console.pages.saved_filters import kept
from guerdon.console.pages.steps import drawn_steps, entries_in, requests_in
from guerdon.console.sentence import InWords
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.earning.explained import explained
from guerdon.errors.base import Refusal
from guerdon.errors.earning import OrderNotFound

ORDERS, RETURNS = "/console/orders", "/console/returns"


class OrdersShown(DaysShown, kw_only=True):
    """Which orders; the shop's own number finds one of any day."""

    order: str | None = None
    member: str | None = None
    status: str | None = None


class OrderShown(Struct, kw_only=True):
    """One order, by the shop's own number."""

    id: str


class ReturnsShown(DaysShown, kw_only=True):
    """Which returns."""

    order: str | None = None
    state: ReturnState | None = None


class ReturnShown(Struct, kw_only=True):
    """One return, by the shop's own number."""

    id: str


def orders_wanted(visitor: Visitor, params: OrdersShown, limit: int) -> OrdersAsked:
    """The same, as the native API is asked."""
    return OrdersAsked(
        limit=limit, cursor=params.cursor, member=member_meant(params.member), status=whole(params.status),
        placed_since=first_moment(visitor, params.since), placed_before=moment_after(visitor, params.until),
    )  # fmt: skip


def returns_wanted(visitor: Visitor, params: ReturnsShown, limit: int) -> ReturnsAsked:
    """The same, as the native API is asked."""
    return ReturnsAsked(
        limit=limit, cursor=params.cursor, order=whole(params.order), state=params.state,
        created_since=first_moment(visitor, params.since), created_before=moment_after(visitor, params.until),
    )  # fmt: skip


async def show_orders(engine: Engine, visitor: Visitor, params: OrdersShown, incoming: Incoming) -> View:
    """The list; the shop's own number leads to its order."""
    refusal, found, order = None, None, whole(params.order)
    try:
        if order is not None:
            one = await orders.fetch(engine, visitor.caller, OrderChosen(id=order), visitor.inner(incoming))
            return visitor.go(f"{ORDERS}/{one.id}")
        found = await orders.find(engine, visitor.caller, orders_wanted(visitor, params, PAGE), visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    rows = [] if found is None else found.data
    return visitor.view(
        "orders/list.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=said(params), filtered=filters_in_use(said(params)), statuses=_statuses(visitor),
        members=await members_named(engine, visitor, (row.member for row in rows)),
        saved=await kept(engine, visitor, incoming),
    )  # fmt: skip


async def show_order(engine: Engine, visitor: Visitor, params: OrderShown, incoming: Incoming) -> View:
    """One, with its life."""
    chosen = OrderChosen(id=params.id)
    one = await orders.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))
    story = await stories.order_story(engine, visitor.caller, chosen, visitor.inner(incoming))
    named = await members_named(engine, visitor, [one.member])
    document = msgspec.json.format(msgspec.json.encode(one), indent=2).decode()
    reader = InWords.of(visitor)
    awards = [replace(award, sentence=explained(award.sentence, reader)) for award in one.awards]
    return visitor.view(
        "orders/one.html", one=replace(one, awards=awards), member=named[one.member],
        steps=await drawn_steps(engine, visitor, story),
        entries=entries_in([story]), requests=requests_in(story), document=document,
    )  # fmt: skip


async def show_returns(engine: Engine, visitor: Visitor, params: ReturnsShown, incoming: Incoming) -> View:
    """The list."""
    refusal, found = None, None
    try:
        asked = returns_wanted(visitor, params, PAGE)
        found = await returns.find(engine, visitor.caller, asked, visitor.inner(incoming))
    except Refusal as refused:
        refusal = refused
    return visitor.view(
        "orders/returns.html", status=200 if refusal is None else refusal.status, refusal=refusal, found=found,
        asked=said(params), filtered=filters_in_use(said(params)), saved=await kept(engine, visitor, incoming),
    )  # fmt: skip


async def show_return(engine: Engine, visitor: Visitor, params: ReturnShown, incoming: Incoming) -> View:
    """One, with what its order stands for now."""
    one = await returns.fetch(engine, visitor.caller, ReturnChosen(id=params.id), visitor.inner(incoming))
    order, steps = None, []
    try:
        chosen = OrderChosen(id=one.order)
        order = await orders.fetch(engine, visitor.caller, chosen, visitor.inner(incoming))
        story = await stories.order_story(engine, visitor.caller, chosen, visitor.inner(incoming))
        steps = await drawn_steps(engine, visitor, story)
    except OrderNotFound:
        steps = [
            {"title": visitor._("Goods returned"), "tone": "reversed", "at": one.created_at},
            {"title": visitor._("Order reported"), "done": False},
        ]
    return visitor.view("orders/return.html", one=one, order=order, steps=steps)


async def order_rows(engine: Engine, visitor: Visitor, params: OrdersShown, incoming: Incoming) -> AsyncIterator[Rows]:
    """The list of orders as a file."""
    async for page in every(orders.find, engine, visitor, orders_wanted(visitor, params, LIMIT_MAX), incoming):
        yield page


async def return_rows(
    engine: Engine, visitor: Visitor, params: ReturnsShown, incoming: Incoming
) -> AsyncIterator[Rows]:  # fmt: skip
    """The list of returns as a file."""
    async for page in every(returns.find, engine, visitor, returns_wanted(visitor, params, LIMIT_MAX), incoming):
        yield page


def _statuses(visitor: Visitor) -> list[str]:
    """Those that the merchant's policies name, which shops report most."""
    policies = visitor.merchant.policies
    return list(dict.fromkeys((*policies.earn_statuses, *policies.capture_statuses, *policies.cancel_statuses)))


def _total(one: OrderAnswer) -> Decimal:
    return amount(one.total.amount_minor, one.total.currency)


def _rewards(one: OrderAnswer) -> Decimal:
    return amount(one.rewards_minor, one.total.currency)


def _refunded(one: OrderAnswer) -> Decimal:
    return amount(one.refunded_minor, one.total.currency)


def _codes(one: OrderAnswer) -> str:
    return " ".join(coupon.code for coupon in one.coupons)


def _amount(one: ReturnAnswer) -> Decimal | None:
    return None if one.total is None else amount(one.total.amount_minor, one.total.currency)


def _currency(one: ReturnAnswer) -> str | None:
    return None if one.total is None else one.total.currency


ORDER_COLUMNS: tuple[Column[OrderAnswer], ...] = (
    Column(N("Order"), attrgetter("id")),
    Column(N("Placed"), attrgetter("placed_at"), moment=True),
    Column(N("Status"), attrgetter("status")),
    Column(N("Member"), attrgetter("member")),
    Column(N("Total"), _total),
    Column(N("Currency"), attrgetter("total.currency")),
    Column(N("Rewards"), _rewards),
    Column(N("Refunded"), _refunded),
    Column(N("Points"), attrgetter("points")),
    Column(N("Coupons"), _codes),
    Column(N("Channel"), attrgetter("channel")),
    Column(N("Updated"), attrgetter("updated_at"), moment=True),
)
RETURN_COLUMNS: tuple[Column[ReturnAnswer], ...] = (
    Column(N("Return"), attrgetter("id")),
    Column(N("Order"), attrgetter("order")),
    Column(N("Reported"), attrgetter("created_at"), moment=True),
    Column(N("State"), attrgetter("state")),
    Column(N("Problem"), attrgetter("problem")),
    Column(N("Amount"), _amount),
    Column(N("Currency"), _currency),
    Column(N("Amount in minor units"), attrgetter("total_minor")),
)

EXPORTS = (
    Export("/console/orders.csv", OrdersShown, ORDER_COLUMNS, order_rows),
    Export("/console/returns.csv", ReturnsShown, RETURN_COLUMNS, return_rows),
)

ROUTES = (
    Route("GET", ORDERS, OrdersShown, View, show_orders, "see", "Orders"),
    Route("GET", ORDERS + "/{id:str}", OrderShown, View, show_order, "see", "An order"),
    Route("GET", RETURNS, ReturnsShown, View, show_returns, "see", "Returns"),
    Route("GET", RETURNS + "/{id:str}", ReturnShown, View, show_return, "see", "A return"),
)
