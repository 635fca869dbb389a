"""The movements beside the books: the merchant's rule, what members did in each year, and what was bought."""

from collections.abc import Sequence
from typing import Any

import msgspec

from guerdon.database.pool import Connection, Queries
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.moving.movement import Kind, Movement, YearUse
from guerdon.moving.rule import MovingRule, VersionedMoving
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.family import find_holdings
from guerdon.points.store import AccountsMoved, Overtaken, Shelf

SQL = load(__file__, "moving.sql")


class MovementShelf(Shelf):
    """Loads the rule for each row `("moving", True)` with the years of the command's members, what each
    `("payment", reference)` bought, and each `("purchase", movement_id)` with its points and the years of its members.
    """

    reads = frozenset({"moving", "purchase"})
    keeps = frozenset[type]({Movement, YearUse})

    async def find(self, connection: Connection, merchant_id: int, needs: Sequence[Needs]) -> set[int]:
        """The accounts that purchases concern; otherwise both members are named by the command."""
        purchases = keys_of(needs, "purchase")
        if not purchases:
            return set()
        rows = await connection.fetch(SQL.find_purchases, merchant_id, purchases)
        holdings = await find_holdings(connection, merchant_id, {party for row in rows for party in row[1:3]})
        return {row[0] for row in rows} | {holding.account_id for holding in holdings.values()}

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay open the rule, the years, the payments and the purchases, of which the points may move again."""
        if not keys_of(needs, "moving"):
            return set()
        book.page(VersionedMoving).load(True, await current_rule(connection, book.merchant_id))
        bought = await self._load_purchases(connection, book, keys_of(needs, "purchase"))
        members = {member.member_id for member in book.members.values()}
        members |= {party for movement in bought for party in (movement.sender_id, movement.receiver_id)}
        for row in await connection.fetch(SQL.load_years, book.merchant_id, list(members)):
            book.page(YearUse).load((row[0], row[1]), YearUse(*row))
        payments = keys_of(needs, "payment")
        for row in await connection.fetch(SQL.load_payments, book.merchant_id, payments) if payments else ():
            movement = read_movement(row)
            book.page(Movement).load(movement.movement_id, movement)
        return {(movement.receiver_account, movement.entry) for movement in bought}

    async def _load_purchases(self, connection: Connection, book: Book, numbers: Sequence[int]) -> list[Movement]:
        """These movements, once every account that they concern is locked."""
        if not numbers:
            return []
        if not book.locked:
            raise Overtaken
        rows = await connection.fetch(SQL.load_purchases, book.merchant_id, numbers)
        bought = [read_movement(row) for row in rows]
        parties = {party for movement in bought for party in (movement.sender_id, movement.receiver_id)}
        holdings = await find_holdings(connection, book.merchant_id, parties)
        if any(book.accounts.get(holding.account_id) is None for holding in holdings.values()):
            raise AccountsMoved
        for movement in bought:
            book.page(Movement).load(movement.movement_id, movement)
        return bought

    def save(self, book: Book) -> list[Write]:
        """New movements, those that were taken back, and years that went on."""
        years = book.page(YearUse)
        return [
            Write(SQL.insert_movements, book.page(Movement).added()),
            Write(SQL.refund_movements, book.page(Movement).changed()),
            Write(SQL.save_years, [*years.added(), *years.changed()]),
        ]


async def current_rule(database: Queries, merchant_id: int) -> VersionedMoving:
    """The rule as it stands; one that was never set allows nothing."""
    row = await database.fetchrow(SQL.load_rule, merchant_id)
    if row is None:
        return VersionedMoving(0, MovingRule())
    return VersionedMoving(row[0], msgspec.json.decode(row[1], type=MovingRule))


def read_movement(row: Any) -> Movement:
    """A row of a movement."""
    return Movement(row[0], Kind(row[1]), *row[2:])
