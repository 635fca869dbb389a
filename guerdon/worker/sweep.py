"""What does not wait for the night: found by a plain read over all merchants, then worked on one by one.

Needs no turn: workers that meet at one thing find it done under its lock.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from guerdon.database.pool import Database
from guerdon.rewards.ending import ExpireRedemption
from guerdon.rewards.sweep import find_over, merchants_with_holds_over
from guerdon.worker.job import Step, Work, each


class Sweep(Protocol):
    """One kind of such work."""

    @property
    def name(self) -> str:
        """Its name in logs and counters."""
        ...

    async def merchants(self, database: Database, now: datetime) -> list[int]:
        """The merchants that have any."""
        ...

    async def step(self, work: Work) -> Step:
        """A page of it."""
        ...


@dataclass(frozen=True, slots=True)
class EndHolds:
    """Holds whose time is over are released, and their coupons void (behaviour 12)."""

    name: str = "end_holds"

    async def merchants(self, database: Database, now: datetime) -> list[int]:
        """Those with a hold that is over."""
        return await merchants_with_holds_over(database, now)

    async def step(self, work: Work) -> Step:
        """The holds that were over first."""
        over = await find_over(work.database, work.merchant_id, work.now, work.pace.command)
        return await each(work, [ExpireRedemption(merchant=work.merchant, redemption_id=one) for one in over])


SWEEPS: tuple[Sweep, ...] = (EndHolds(),)
