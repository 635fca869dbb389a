"""The tiers beside the books: the programme, and where the members of a batch stand."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from guerdon.database.pool import Connection, Queries, Row
from guerdon.kit.sql import load
from guerdon.kit.together import Write
from guerdon.points.book import Book
from guerdon.points.command import Needs, keys_of
from guerdon.points.store import Shelf
from guerdon.tiers.programme import Sums, Tiers
from guerdon.tiers.programmes import ProgrammeCache
from guerdon.tiers.progress import DayProgress
from guerdon.tiers.qualify import TIER_ROW, Change
from guerdon.tiers.standing import Assigned, Counted, Standing

SQL = load(__file__, "shelf.sql")

NOTHING_COUNTS = date.max
"""Where there are no tiers, no day counts towards one."""

_perks = msgspec.json.Decoder(dict[int, date]).decode


class TierShelf(Shelf):
    """Loads, for commands with `TIER_ROW` in their needs, the standings of all members whom their identities find.

    What the merchant's programme says is kept by each worker; only which version counts is asked with every batch.
    """

    reads = frozenset({TIER_ROW[0]})
    keeps = frozenset[type]({DayProgress, Standing, Counted, Change})

    def __init__(self) -> None:
        self._programmes = ProgrammeCache()

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay open the programme, the standings, and what counts for them."""
        members = {
            book.members[identity].member_id
            for need in needs
            if keys_of([need], TIER_ROW[0])
            for identity in need.identities
            if identity in book.members
        }
        if members:
            tiers, rows = await load_standings(
                connection, self._programmes, book.merchant_id, list(members), book.now
            )  # fmt: skip
            if tiers is not None:
                book.page(Tiers).load(book.merchant_id, tiers)
            for row in rows:
                counted = counted_of(row)
                book.page(Counted).load(counted.member_id, counted)
                if (standing := standing_in(row)) is not None:
                    book.page(Standing).load(standing.member_id, standing)
        return set()

    def save(self, book: Book) -> list[Write]:
        """What was done, where members stand now, and how they came there."""
        standings = [*book.page(Standing).added(), *book.page(Standing).changed()]
        return [
            Write(SQL.add_progress, book.page(DayProgress).added()),
            Write(SQL.save_standings, standings),
            Write(SQL.set_levels, standings),
            Write(SQL.insert_changes, book.page(Change).added()),
        ]


async def load_standings(
    connection: Queries, programmes: ProgrammeCache, merchant_id: int, members: Sequence[int], now: datetime
) -> tuple[Tiers | None, list[Row]]:
    """The merchant's programme, and a row for each member, for `standing_in` and `counted_of`."""
    tiers = programmes.known(merchant_id)
    since = tiers.counts_from(now) if tiers else NOTHING_COUNTS
    rows = await connection.fetch(SQL.load_standings, merchant_id, members, since)
    version: int | None = rows[0]["version"]
    if version == (tiers.version if tiers else None):
        return tiers, rows
    tiers = await programmes.read(connection, merchant_id)
    assert tiers is not None, "a merchant that has a programme keeps one"
    return tiers, await connection.fetch(SQL.load_standings, merchant_id, members, tiers.counts_from(now))


def standing_in(row: Row) -> Standing | None:
    """The member's standing, if they have one."""
    if row["level"] is None:
        return None
    values = [row[0], *row[2:11]]
    values[7], values[9] = Assigned(values[7]), _perks(values[9])
    return Standing(*values)


def counted_of(row: Row) -> Counted:
    """What counts for the member."""
    return Counted(row["member_id"], Sums(*row[11:15]), Sums(*row[15:19]))
