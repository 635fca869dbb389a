"""How often a key may ask: counted in one row of the database, so that it holds over all workers and machines.

Requests of a key that come while one count is on its way are counted together by the next, as the desk does with
commands: a worker asks the database as often as it answers, not as often as it is asked. A second that is used up is
remembered, so what is over the limit costs nothing. Keys without a limit never come here.
"""

import asyncio
from datetime import datetime, timedelta
from typing import NamedTuple

from guerdon.database.pool import Database
from guerdon.kit.sql import load

SQL = load(__file__, "access.sql")

LINES_MAX = 10_000
MINUTE_S = 60
SKEW = timedelta(seconds=10)
"""So far may clocks of machines be apart: those behind count in the second of those ahead. `access.sql` says so too."""


class Room(NamedTuple):
    """What is left of a key's second and minute after a request, and whether it was still within them."""

    limit: int
    remaining: int
    minute_remaining: int
    admitted: bool


class _Line:
    """The requests of one key that wait to be counted, and the last second that was used up."""

    __slots__ = ("counting", "full_at", "left", "now", "waiting")

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[Room]] = []
        self.counting: asyncio.Task[None] | None = None
        self.now: datetime | None = None
        self.full_at: datetime | None = None
        self.left = 0


class Limits:
    """Counts the requests of limited keys. Windows are the seconds and minutes of the clock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lines: dict[tuple[int, int], _Line] = {}

    async def ask(self, merchant_id: int, key_id: int, limit: int, now: datetime) -> Room:
        """Count one request of a key with a limit a second."""
        line = self._line(merchant_id, key_id)
        second = now.replace(microsecond=0)
        if line.full_at is not None and timedelta() <= line.full_at - second <= SKEW:
            return Room(limit, 0, line.left, False)
        line.now = second
        counted = asyncio.get_running_loop().create_future()
        line.waiting.append(counted)
        if line.counting is None:
            line.counting = asyncio.create_task(self._count(line, merchant_id, key_id, limit), name="limits")
        return await counted

    def _line(self, merchant_id: int, key_id: int) -> _Line:
        line = self._lines.get((merchant_id, key_id))
        if line is None:
            if len(self._lines) >= LINES_MAX:
                self._lines = {key: line for key, line in self._lines.items() if line.counting is not None}
            line = self._lines[merchant_id, key_id] = _Line()
        return line

    async def _count(self, line: _Line, merchant_id: int, key_id: int, limit: int) -> None:
        """Count those who wait, all at once, until nobody does."""
        while line.waiting:
            waiting, line.waiting = line.waiting, []
            try:
                await self._count_together(line, waiting, merchant_id, key_id, limit)
            except Exception as error:  # noqa: BLE001  whatever it is, it is for those who wait
                for one in waiting:
                    if not one.done():
                        one.set_exception(error)
        line.counting = None

    async def _count_together(
        self, line: _Line, waiting: list[asyncio.Future[Room]], merchant_id: int, key_id: int, limit: int
    ) -> None:
        assert line.now is not None, "whoever waits said when"
        minute = line.now.replace(second=0)
        row = await self._database.fetchrow(
            SQL.count_requests, merchant_id, key_id, line.now, minute, len(waiting), limit
        )
        assert row is not None, "an upsert returns its row"
        second_at, used, minute_used = row[0:3]
        left = max(0, limit * MINUTE_S - minute_used)
        if used >= limit:
            line.full_at, line.left = second_at, left
        for number, one in enumerate(waiting, start=used - len(waiting) + 1):
            if not one.done():
                later = max(0, min(used, limit) - number)
                one.set_result(Room(limit, max(0, limit - number), left + later, number <= limit))
