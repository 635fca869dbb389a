"""The orders beside the books: those that a batch of commands reports again."""

from collections.abc import Sequence

from guerdon.database.pool import Connection
from guerdon.earning.orders import Order
from guerdon.kit.sql import load
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Write

SQL = load(__file__, "orders.sql")


class OrderShelf:
    """Loads and saves orders; the coupons they named are on the rewards' shelf."""

    async def find(self, _connection: Connection, _merchant_id: int, _needs: Sequence[Needs]) -> set[int]:
        """None: an order's member is named by the command, and its coupons' accounts are found by the coupons."""
        return set()

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay the orders open as they were last reported."""
        order_ids = keys_of(needs, "order")
        if order_ids:
            for row in await connection.fetch(SQL.load_orders, book.merchant_id, order_ids):
                values = list(row)
                values[5:7] = map(tuple, values[5:7])
                order = Order(*values)
                book.page(Order).load(order.order_id, order)
        return set()

    def save(self, book: Book) -> list[Write]:
        """Orders heard of for the first time, and those that changed."""
        orders = book.page(Order)
        return [Write(SQL.insert_orders, orders.added()), Write(SQL.update_orders, orders.changed())]
