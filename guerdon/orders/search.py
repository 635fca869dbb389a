"""Orders and returns of a merchant, one by one and page by page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from guerdon.awards.award import Award
from guerdon.awards.shelf import SQL as AWARDS
from guerdon.awards.shelf import read_award
from guerdon.database.pool import Queries
from guerdon.errors.earning import OrderNotFound, ReturnNotFound
from guerdon.kit.looked import bound
from guerdon.kit.sql import load
from guerdon.orders.detail import Detail, presented
from guerdon.orders.order import Order, Return
from guerdon.orders.shelf import SQL as ORDERS
from guerdon.orders.shelf import read_order, read_return

SQL = load(__file__, "search.sql")

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """From the first moment to the first after the last, and a page from before a place (time, id) on."""

    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, str] | None = None

    @property
    def bounds(self) -> tuple[datetime, datetime, datetime, str]:
        """As statements take them: every one is there, so that an index is entered where the page begins."""
        at, known_as = self.before or (LAST, "")
        return self.since or FIRST, bound(self.until or LAST, at), at, known_as


ALL_TIME = Span()


async def get_order(database: Queries, merchant_id: int, order_id: str) -> Order:
    """An order as it was last reported; refuses with OrderNotFound, also where it is only awaited."""
    row = await database.fetchrow(SQL.get_order, merchant_id, order_id)
    if row is None:
        raise OrderNotFound(order_id)
    return read_order(row)


async def find_orders(
    database: Queries, merchant_id: int, *, member_id: int | None = None, status: str | None = None,
    span: Span = ALL_TIME, count_max: int = 100,
) -> list[Order]:  # fmt: skip
    """Orders for which all of this holds, those placed last first. An index leads to those of a member, in a status, or
    of a time.
    """
    given = merchant_id, *span.bounds, count_max
    if member_id is not None:
        rows = await database.fetch(SQL.find_orders_of, *given, member_id, status)
    elif status is not None:
        rows = await database.fetch(SQL.find_orders_in, *given, status)
    else:
        rows = await database.fetch(SQL.find_orders, *given)
    return [read_order(row) for row in rows]


async def details_of(database: Queries, merchant_id: int, orders: Sequence[Order]) -> list[Detail]:
    """These orders whole, in their order: three statements, however many."""
    codes = [code for order in orders for code in order.codes]
    rows = await database.fetch(SQL.find_coupons_of, merchant_id, codes) if codes else []
    known = {row["code"]: (row["state"], row["redemption_id"]) for row in rows}
    awards: dict[str, list[Award]] = {order.subject: [] for order in orders}
    for row in await database.fetch(AWARDS.load_awards, merchant_id, list(awards)):
        award = read_award(row)
        awards[award.subject].append(award)
    returns: dict[str, list[Return]] = {order.order_id: [] for order in orders}
    for row in await database.fetch(ORDERS.load_returns, merchant_id, [], list(returns)):
        one = read_return(row)
        returns[one.order_id].append(one)
    return [
        Detail(
            order, presented(order, known), tuple(sorted(awards[order.subject], key=lambda award: award.source)),
            tuple(sorted(returns[order.order_id], key=lambda one: one.return_id)),
        )
        for order in orders
    ]  # fmt: skip


async def get_return(database: Queries, merchant_id: int, return_id: str) -> Return:
    """A return as it stands; refuses with ReturnNotFound."""
    row = await database.fetchrow(SQL.get_return, merchant_id, return_id)
    if row is None:
        raise ReturnNotFound(return_id)
    return read_return(row)


async def find_returns(
    database: Queries, merchant_id: int, *, order_id: str | None = None, state: str | None = None,
    span: Span = ALL_TIME, count_max: int = 100,
) -> list[Return]:  # fmt: skip
    """Returns for which all of this holds, newest first. The state is `waiting`, `taken` or `refused`. An index leads
    to those of an order, to the few that wait or were refused, or to those of a time, most of which were taken.
    """
    given = merchant_id, *span.bounds, count_max
    if order_id is not None:
        rows = await database.fetch(SQL.find_returns_of, *given, order_id, state)
    elif state == "waiting":
        rows = await database.fetch(SQL.find_waiting_returns, *given)
    elif state == "refused":
        rows = await database.fetch(SQL.find_refused_returns, *given)
    else:
        rows = await database.fetch(SQL.find_returns, *given, state == "taken")
    return [read_return(row) for row in rows]
