"""What does not wait for the night: found by a plain read over all merchants, then worked on one by one.

Needs no turn: workers that meet at one thing find it done under its lock.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from guerdon.callbacks.calls import merchants_with_calls_due
from guerdon.callbacks.settle import Callbacks
from guerdon.database.pool import Database
from guerdon.points.expiry import Booked
from guerdon.rewards.ending import ExpireRedemption
from guerdon.rewards.sweep import find_over, merchants_with_coupons_over
from guerdon.worker.job import Step, Work, each
from guerdon.worker.roll_up import Count, RollUp


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
class EndCoupons:
    """Coupons whose time is over are worth nothing any more, and what was held for them is free (behaviour 12)."""

    name: str = "end_coupons"

    async def merchants(self, database: Database, now: datetime) -> list[int]:
        """Those with a coupon that is over."""
        return await merchants_with_coupons_over(database, now)

    async def step(self, work: Work) -> Step:
        """The coupons that were over first."""
        over = await find_over(work.database, work.merchant_id, work.now, work.pace.command)
        return await each(work, [ExpireRedemption(merchant=work.merchant, redemption_id=one) for one in over])


@dataclass(frozen=True, slots=True)
class SettleCallbacks:
    """Coupons that merchants' own URLs are to make or to take back, where nobody waits for them any more."""

    callbacks: Callbacks
    name: str = "settle_callbacks"

    async def merchants(self, database: Database, now: datetime) -> list[int]:
        """Those with a call that is due."""
        return await merchants_with_calls_due(database, now)

    async def step(self, work: Work) -> Step:
        """The calls that were due first. One that has to be made again later is no thing done."""
        settled, failed = await self.callbacks.settle_due(work.merchant, work.pace.command)
        return Step(Booked(settled, 0), failed)


SWEEPS: tuple[Sweep, ...] = (EndCoupons(), RollUp(), Count())
"""Those that need nothing but the database."""
