"""What time it is, and for whom: the machine's for everybody, until somebody moves a test merchant's on.

From then on that merchant's time stands still between one move and the next, for every command, read and job of it.
"""

from datetime import datetime
from typing import NamedTuple

from guerdon.database.pool import Queries
from guerdon.errors.merchants import ClockMoved, NotForLive
from guerdon.kit.clock import Clock
from guerdon.kit.sql import load

SQL = load(__file__, "clocks.sql")


class TestTime(NamedTuple):
    """A test merchant's time; `moved` is None where it is still the machine's."""

    now: datetime
    moved: datetime | None

    __test__ = False


class Clocks:
    """Knows who is live, which nobody ceases to be; the time of others is read each time that it is asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._live: set[int] = set()

    def is_live(self, merchant_id: int) -> bool:
        """Whether the merchant is known to be live: then its time is everybody's."""
        return merchant_id in self._live

    async def now(self, database: Queries, merchant_id: int) -> datetime:
        """What time it is for this merchant."""
        if merchant_id in self._live:
            return self._clock()
        row = await database.fetchrow(SQL.get_test_time, merchant_id)
        if row is not None and row["live"]:
            self._live.add(merchant_id)
        moved: datetime | None = None if row is None else row["test_now"]
        return moved or self._clock()

    async def test_time(self, database: Queries, merchant_id: int) -> TestTime:
        """A test merchant's time; refuses with NotForLive."""
        row = await database.fetchrow(SQL.get_test_time, merchant_id)
        if row is None or row["live"]:
            raise NotForLive
        return TestTime(row["test_now"] or self._clock(), row["test_now"])


async def move_time(database: Queries, merchant_id: int, before: datetime | None, after: datetime) -> None:
    """Move a test merchant's time on, from what it was; refuses with ClockMoved where it is that no more."""
    if not await database.fetchval(SQL.move_test_time, merchant_id, before, after):
        raise ClockMoved


async def moved_merchants(database: Queries) -> set[int]:
    """The merchants whose time is their own."""
    return {row[0] for row in await database.fetch(SQL.find_moved_merchants)}
