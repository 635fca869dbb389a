"""The movements beside the books: the merchant's rule, what members did in each year, and what payments bought."""

from collections.abc import Sequence
from typing import Any

import msgspec

from guerdon.database.pool import Connection, Queries
from guerdon.kit.sql import load
from guerdon.moving.movement import Kind, Movement, YearUse
from guerdon.moving.rule import MovingRule, VersionedMoving
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Write

SQL = load(__file__, "moving.sql")


class MovementShelf:
    """Loads the rule for each row `("moving", True)` with the years of the command's members, and what each
    `("payment", reference)` bought.
    """

    async def find(self, _connection: Connection, _merchant_id: int, _needs: Sequence[Needs]) -> set[int]:
        """None: both members are named by the command."""
        return set()

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay open the rule, the years and the payments."""
        if not keys_of(needs, "moving"):
            return set()
        book.page(VersionedMoving).load(True, await current_rule(connection, book.merchant_id))
        members = list({member.member_id for member in book.members.values()})
        for row in await connection.fetch(SQL.load_years, book.merchant_id, members):
            book.page(YearUse).load((row[0], row[1]), YearUse(*row))
        payments = keys_of(needs, "payment")
        for row in await connection.fetch(SQL.load_payments, book.merchant_id, payments) if payments else ():
            movement = read_movement(row)
            book.page(Movement).load(movement.movement_id, movement)
        return set()

    def save(self, book: Book) -> list[Write]:
        """New movements, and years that went on."""
        years = book.page(YearUse)
        return [
            Write(SQL.insert_movements, book.page(Movement).added()),
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
