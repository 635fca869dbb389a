"""A test merchant's time is moved on, and everything happens that would have happened as it passed.

It stops at each midnight of the merchant, for the jobs of the night, and at the end. Whoever asks meanwhile is answered
as of the stop that was reached.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from guerdon.database.pool import Database
from guerdon.errors.merchants import TimeNotAhead, TooFarAhead
from guerdon.kit.clock import Clock
from guerdon.merchants.clocks import Clocks, move_time
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import Merchants, get_merchant
from guerdon.points.desk import Desk
from guerdon.worker.job import Step
from guerdon.worker.sweep import Sweep
from guerdon.worker.worker import Worker

DAYS_MAX = 100
"""So many nights are gone through at once."""


class Advanced(Struct):
    """What time it was and is, and how many things each job did in between."""

    before: datetime
    now: datetime
    nights: int = 0
    done: dict[str, int] = field(default_factory=dict[str, int])

    def count(self, _merchant_id: int, job: str, step: Step) -> None:
        """One more step of a job."""
        if step.booked.things:
            self.done[job] = self.done.get(job, 0) + step.booked.things


def check_ahead(now: datetime, to: datetime) -> None:
    """Refuses with TimeNotAhead, and with TooFarAhead."""
    if to <= now:
        raise TimeNotAhead(to, now)
    if to - now > timedelta(days=DAYS_MAX):
        raise TooFarAhead(DAYS_MAX)


async def advance(
    database: Database, desk: Desk, clocks: Clocks, merchant_id: int, *, to: datetime,
    sweeps_at: Callable[[Clock], Sequence[Sweep]],
) -> Advanced:  # fmt: skip
    """Move the time on. Refuses with NotForLive, ClockMoved, TimeNotAhead and TooFarAhead."""
    merchant = await get_merchant(database, merchant_id)
    before = await clocks.test_time(database, merchant_id)
    check_ahead(before.now, to)
    advanced, moved = Advanced(before.now, before.now), before.moved
    for at in stops(merchant, before.now, to):
        await move_time(database, merchant_id, moved, at)
        advanced.nights += merchant.day(at) > merchant.day(advanced.now)
        advanced.now = moved = at
        await _pass(database, desk, merchant_id, at, sweeps_at, advanced)
    return advanced


def stops(merchant: Merchant, now: datetime, to: datetime) -> Iterator[datetime]:
    """Now, for what is due already; each midnight of the merchant in between; and the time that is meant."""
    at = now
    while at < to:
        yield at
        at = merchant.end_of_day(at, days_later=0)
    yield to


async def _pass(
    database: Database, desk: Desk, merchant_id: int, at: datetime, sweeps_at: Callable[[Clock], Sequence[Sweep]],
    advanced: Advanced,
) -> None:  # fmt: skip
    """Everything that is due at that time."""

    def clock() -> datetime:
        return at

    worker = Worker(
        database, desk, Merchants(database), clock, merchant_id=merchant_id, sweeps=sweeps_at(clock), moved=True,
        told=advanced.count,
    )  # fmt: skip
    await worker.run_once()
