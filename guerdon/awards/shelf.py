"""The awards beside the books: those of the subjects that a batch of commands is about."""

from collections.abc import Sequence

import msgspec

from guerdon.awards.award import Award
from guerdon.database.pool import Connection, Row
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Shelf

SQL = load(__file__, "shelf.sql")


class AwardShelf(Shelf):
    """Loads all awards of each needed row `("awards", subject)`, with the points that they issued; saves them."""

    reads = frozenset({"awards"})
    keeps = frozenset[type]({Award})

    async def find(self, connection: Connection, merchant_id: int, needs: Sequence[Needs]) -> set[int]:
        """The accounts that those awards were given to."""
        subjects = keys_of(needs, "awards")
        if not subjects:
            return set()
        return {row[0] for row in await connection.fetch(SQL.find_accounts_of_awards, merchant_id, subjects)}

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay the awards open; all their points may move again."""
        subjects = keys_of(needs, "awards")
        taken: set[tuple[int, int]] = set()
        for row in await connection.fetch(SQL.load_awards, book.merchant_id, subjects) if subjects else ():
            award = read_award(row)
            book.page(Award).load(award.key, award)
            taken |= {(award.account_id, number) for number in award.entries}
        return taken

    def save(self, book: Book) -> list[Write]:
        """New awards, and those that stand for another amount now."""
        awards = book.page(Award)
        return [
            Write(SQL.insert_awards, awards.added()),
            Write(SQL.update_awards, awards.changed()),
        ]


def read_award(row: Row) -> Award:
    """An award from the columns that load_awards has."""
    values = list(row)
    values[11] = tuple(values[11])
    values[13] = msgspec.json.decode(values[13])
    return Award(*values)
