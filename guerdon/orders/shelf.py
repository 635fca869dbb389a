"""The orders beside the books: those that a batch of commands reports again, their returns, and what they earn by."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from guerdon.database.pool import Connection, Row
from guerdon.earning.earns import CouponGift
from guerdon.earning.rule import ORDER, VersionedRule
from guerdon.earning.rule_shelf import KINDS, RuleCache, load_uses, lock_budgets, saves
from guerdon.earning.use import use_keys
from guerdon.kit.calendar import local_day
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.orders.order import (
    EARLIER_MAX,
    ActiveRules,
    Awaited,
    EarlierOrders,
    Evaluated,
    Order,
    OrderLine,
    Return,
    ReturnedItem,
)
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import AccountsMoved, Overtaken, Shelf
from guerdon.rewards.rule import Versioned
from guerdon.rewards.rules import get_rule

SQL = load(__file__, "shelf.sql")

_lines = msgspec.json.Decoder(tuple[OrderLine, ...]).decode
_items = msgspec.json.Decoder(tuple[ReturnedItem, ...]).decode
_evaluated = msgspec.json.Decoder(Evaluated).decode


class OrderShelf(Shelf):
    """Loads rows `("order", id)` and `("return", id)`, and for commands that name `("order_day", (placed at, zone))`
    too, what the members of their identities may earn by an order of that day. The coupons that orders named are on
    the rewards' shelf, their awards on that of awards.

    Budgets are the last locks of a batch, so this shelf comes after that of rewards. It saves what any command of the
    batch counted.
    """

    reads = frozenset({"order"})
    keeps = frozenset[type]({Order, Awaited, Return}) | KINDS

    def __init__(self) -> None:
        self._rules = RuleCache()

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay the orders open as they were last reported, with all that came back of them."""
        order_ids = keys_of(needs, "order")
        if not order_ids:
            return set()
        for row in await connection.fetch(SQL.load_orders, book.merchant_id, order_ids):
            if row[1] is None:
                book.page(Awaited).load(row[0], Awaited(row[0]))
            else:
                book.page(Order).load(row[0], read_order(row))
        if awaited := [row.order_id for row in book.page(Awaited).rows()]:
            await _lock_places(connection, book, awaited)
        await self._load_returns(connection, book, keys_of(needs, "return"), order_ids)
        await self._load_rules(connection, book, needs)
        return set()

    async def _load_returns(
        self, connection: Connection, book: Book, return_ids: list[str], order_ids: list[str]
    ) -> None:
        """An order that nobody has named before has no returns."""
        named = [order_id for order_id in order_ids if _is_known(book, order_id)]
        if return_ids or named:
            for row in await connection.fetch(SQL.load_returns, book.merchant_id, return_ids, named):
                book.page(Return).load(row[0], read_return(row))

    async def _load_rules(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> None:
        """The rules that count, those that the orders were evaluated by, and what members have earned by them."""
        orders = book.page(Order).rows()
        then = {version for order in orders if order.evaluated for version in order.evaluated.rules}
        days = [
            (book.members[identity].member_id, local_day(placed_at or book.now, timezone))
            for need in needs
            for placed_at, timezone in keys_of([need], "order_day")
            for identity in need.identities
            if identity in book.members
        ]
        active = await self._rules.load_rules(connection, book.merchant_id, (ORDER,)) if days else []
        book.page(ActiveRules).load(
            book.merchant_id, ActiveRules(tuple((rule.rule_id, rule.version) for rule in active))
        )  # fmt: skip
        rules = [*active, *await self._rules.load_versions(connection, book.merchant_id, list(then))]
        for rule in rules:
            book.page(VersionedRule).load((rule.rule_id, rule.version), rule)
        if days:
            await _load_gifts(connection, book, rules)
        days += [(order.member_id, order.day) for order in orders]
        await _load_limits(connection, book, rules, days)
        if any(rule.terms.first_order for rule in active) or keys_of(needs, "earlier_orders"):
            await _load_earlier(connection, book, {member_id for member_id, _ in days})

    def save(self, book: Book) -> list[Write]:
        """Orders and returns heard of for the first time, and those that changed; what was counted."""
        orders, awaited, returns = book.page(Order), book.page(Awaited), book.page(Return)
        places = {row.order_id for row in awaited.added()}
        new = [order for order in orders.added() if awaited.get(order.order_id) is None or order.order_id in places]
        come = [order for order in orders.added() if awaited.get(order.order_id) and order.order_id not in places]
        return [
            Write(SQL.insert_orders, new),
            Write(SQL.update_orders, [*orders.changed(), *come]),
            Write(SQL.await_orders, [row for row in awaited.added() if orders.get(row.order_id) is None]),
            Write(SQL.insert_returns, sorted(returns.added(), key=lambda one: one.order_id)),
            Write(SQL.update_returns, returns.changed()),
            *saves(book),
        ]


async def _lock_places(connection: Connection, book: Book, order_ids: list[str]) -> None:
    """Keep further returns of awaited orders out until the batch is committed: they'd see no order, nor it them."""
    if not book.locked:
        raise Overtaken
    for _, member_id in await connection.fetch(SQL.lock_places, book.merchant_id, order_ids):
        if member_id is not None:  # the order came in between
            raise AccountsMoved


def _is_known(book: Book, order_id: str) -> bool:
    return book.page(Order).get(order_id) is not None or book.page(Awaited).get(order_id) is not None


def read_order(row: Row) -> Order:
    """An order from the columns that load_orders has."""
    values = list(row)
    for place in (5, 6, 17):
        values[place] = tuple(values[place])
    values[18] = _lines(values[18])
    values[24] = None if values[24] is None else _evaluated(values[24])
    return Order(*values)


def read_return(row: Row) -> Return:
    """A return from the columns that load_returns has."""
    values = list(row)
    values[4] = _items(values[4])
    return Return(*values)


async def _load_limits(
    connection: Connection, book: Book, rules: Sequence[VersionedRule], days: Iterable[tuple[int, date]]
) -> None:
    capped = [rule for rule in rules if rule.terms.caps]
    await load_uses(connection, book, [key for rule in capped for one in days for key in use_keys(rule, *one)])
    await lock_budgets(connection, book, rules)


async def _load_gifts(connection: Connection, book: Book, rules: Sequence[VersionedRule]) -> None:
    """The redemption rules, as they are now, whose coupons these rules give."""
    redemption_rules = book.page(Versioned)
    for earning_rule in rules:
        earns = earning_rule.terms.earns
        if isinstance(earns, CouponGift) and redemption_rules.get(earns.redemption_rule_id) is None:
            rule = await get_rule(connection, book.merchant_id, earns.redemption_rule_id)
            redemption_rules.load(rule.rule_id, Versioned(rule.rule_id, rule.version, rule.terms))


async def _load_earlier(connection: Connection, book: Book, member_ids: set[int]) -> None:
    found: dict[int, list[tuple[datetime, str]]] = {}
    for row in await connection.fetch(SQL.load_earlier_orders, book.merchant_id, list(member_ids), EARLIER_MAX):
        found.setdefault(row[0], []).append((row[1], row[2]))
    for member_id, orders in found.items():
        book.page(EarlierOrders).load(member_id, EarlierOrders(member_id, tuple(orders)))
