"""Keeping the numbers of reports: what entries come to is added soon after, and by night nothing is left out."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guerdon.database.pool import Database
from guerdon.points.expiry import Booked
from guerdon.reports.roll_up import merchants_to_roll_up, roll_up, roll_up_all
from guerdon.reports.tally import keep_count, merchants_to_count
from guerdon.worker.job import NOTHING, Step, Work

CHECKED_AT_ONCE = 10_000
"""Most accounts that the night goes through have nothing to add."""


@dataclass(frozen=True, slots=True)
class RollUpAll:
    """Every account is looked at, for entries that were committed long after their time."""

    name: str = "roll_up_all"

    async def step(self, work: Work, reached: Any) -> Step:
        """The next accounts by number."""
        _, upto = await roll_up_all(work.database, work.merchant, reached or 0, CHECKED_AT_ONCE)
        return Step(reached=upto)


@dataclass(frozen=True, slots=True)
class RollUp:
    """Entries are added to the sums by day."""

    name: str = "roll_up"

    async def merchants(self, database: Database, now: datetime) -> list[int]:
        """Those with entries that are in no sum."""
        return await merchants_to_roll_up(database, now)

    async def step(self, work: Work) -> Step:
        """The accounts that changed first. Only a full page is told of: then there is more, to be looked at at once."""
        began = time.monotonic()
        accounts = await roll_up(work.database, work.merchant, work.now, work.pace.page)
        if accounts < work.pace.page:
            return Step(NOTHING)
        # Nobody waits for sums: those who redeem meanwhile have half of the time to themselves.
        await asyncio.sleep(time.monotonic() - began)
        return Step(Booked(accounts, 0))


@dataclass(frozen=True, slots=True)
class Count:
    """What takes long to count is counted before it is asked for."""

    name: str = "count"

    async def merchants(self, database: Database, now: datetime) -> list[int]:
        """Those whose counts are too old."""
        return await merchants_to_count(database, now)

    async def step(self, work: Work) -> Step:
        """All of it: nothing is left to do at once."""
        await keep_count(work.database, work.merchant, work.now)
        return Step()
