"""The worker: goes round the merchants whose night has begun, a page of work at each, until there is none left.

    nights due ──► turn: take ─► the first page with something to do ─► save, let go ──► the next merchant

Turns are short, and nothing of one is kept in the worker: a large merchant delays a small one by one page, several
workers share the merchants among them, and one that is killed leaves at most a page to be looked at again.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from secrets import SystemRandom, token_hex
from typing import Any

import structlog
from prometheus_client import Counter as Metric

from guerdon.database.pool import Database
from guerdon.errors.base import Outage
from guerdon.kit.clock import Clock
from guerdon.merchants.clocks import moved_merchants
from guerdon.merchants.merchants import Merchants
from guerdon.points.desk import Desk
from guerdon.worker.chores import CHORES, Chore
from guerdon.worker.job import USUAL, Job, Pace, Step, Work
from guerdon.worker.jobs import NIGHT
from guerdon.worker.night import Run, end_turn, list_nights, load_runs, take_turn
from guerdon.worker.sweep import SWEEPS, Sweep

CHORES_EVERY = timedelta(hours=1)
POLL_S = 30.0
"""How often a worker looks whether some merchant's day has begun, or something is over."""
WAIT_S = 0.5
"""How often a worker that is to see everything done looks after the turns of others."""

DONE = Metric("guerdon_job_things", "Things that jobs have done", ["job"])
FAILED = Metric("guerdon_job_failures", "Things that jobs could not do for a bug", ["job"])
NIGHTS = Metric("guerdon_nights", "Nights of merchants whose work is done")


Told = Callable[[int, str, Step], None]
"""Hears of each step: the merchant, the job, what was done."""

log = structlog.get_logger()


class Worker:
    """Does the jobs of all merchants, or of one. Any number of workers may run."""

    def __init__(
        self, database: Database, desk: Desk, merchants: Merchants, clock: Clock, *,
        merchant_id: int | None = None, pace: Pace = USUAL, jobs: Sequence[Job] = NIGHT,
        sweeps: Sequence[Sweep] = SWEEPS, chores: Sequence[Chore] = CHORES, told: Told | None = None,
        moved: bool = False,
    ) -> None:  # fmt: skip
        self._database, self._desk, self._merchants, self._clock = database, desk, merchants, clock
        self._merchant_id, self._pace, self._jobs, self._sweeps, self._told = merchant_id, pace, jobs, sweeps, told
        self._chores = chores
        self._moved = moved
        """Whether it is for merchants whose time is moved on by hand: it is told that time by its clock."""
        self._chores_at: datetime | None = None
        """When the chores were done last."""
        self.name = f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
        self.failed = 0
        """How many things, and turns, could not be done for a bug."""
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the page that is being worked on."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. What fails is tried again at the next look."""
        while not self._stopping.is_set():
            try:
                while await self.round(set()) and not self._stopping.is_set():
                    pass
            except Outage as error:
                log.warning("jobs_wait", error=repr(error))
            await self._rest(POLL_S)

    async def run_once(self) -> None:
        """Do all that is due now, and wait for what other workers are at. Raises what the database raises."""
        broken: set[int] = set()
        while not self._stopping.is_set():
            if await self.round(broken):
                continue
            nights = await list_nights(self._database, self._clock(), self._merchant_id)
            apart = broken | await self._left_alone()
            if not [night for night in nights if night.merchant_id not in apart]:
                return
            await self._rest(WAIT_S)

    async def round(self, broken: set[int]) -> bool:
        """A page for each merchant with work; tells whether there was any. Adds those whose turn met a bug."""
        await self._do_chores()
        worked = False
        left = await self._left_alone()
        for sweep in self._sweeps:
            for merchant_id in await sweep.merchants(self._database, self._clock()):
                if self._merchant_id in (None, merchant_id) and merchant_id not in broken | left:
                    worked |= await self._guarded(merchant_id, self._sweep(sweep, merchant_id), broken)
        nights = await list_nights(self._database, self._clock(), self._merchant_id)
        due = [night.merchant_id for night in nights if night.free and night.merchant_id not in broken | left]
        # Several workers that begin together begin at different merchants.
        SystemRandom().shuffle(due)
        for merchant_id in due:
            worked |= await self._guarded(merchant_id, self._turn(merchant_id), broken)
        return worked

    async def _left_alone(self) -> set[int]:
        """The merchants whose nights come when somebody moves their time on."""
        return set() if self._moved else await moved_merchants(self._database)

    async def _do_chores(self) -> None:
        """What is no merchant's own, every hour; a worker for one merchant leaves it to others."""
        now = self._clock()
        if self._merchant_id is not None:
            return
        if self._chores_at is None or now - self._chores_at >= CHORES_EVERY:
            self._chores_at = now
            for chore in self._chores:
                await chore.do(self._database, now)

    async def _guarded(self, merchant_id: int, work: Coroutine[Any, Any, bool], broken: set[int]) -> bool:
        """One merchant's bug is in the log, and keeps nobody else from theirs. Nothing is begun when told to stop."""
        if self._stopping.is_set():
            work.close()
            return False
        try:
            return await work
        except Outage:
            raise
        except Exception:
            log.exception("turn_failed", merchant=merchant_id)
            self.failed += 1
            broken.add(merchant_id)
            return False

    async def _turn(self, merchant_id: int) -> bool:
        """The next page of a merchant's night; tells whether it was ours to do."""
        started_at = self._clock()
        merchant = await self._merchants.get(merchant_id)
        taken, since = await take_turn(self._database, merchant_id, self.name, started_at)
        if not taken:
            return False
        day = merchant.day(started_at)
        before = await load_runs(self._database, merchant_id, day)
        work = Work(self._database, self._desk, merchant, self._pace, started_at, day, since)
        runs: list[Run] = []
        for job in self._jobs:
            reached, finished = before.get(job.name, (None, False))
            if finished:
                continue
            step = await job.step(work, reached)
            self._count(merchant_id, job.name, step)
            booked = step.booked
            runs.append(
                Run(job.name, step.reached, booked.things, booked.points, step.failed, finished=step.reached is None)
            )
            if booked.things or step.failed or step.reached is not None:
                break
        over = not runs or (runs[-1].job == self._jobs[-1].name and runs[-1].finished)
        kept = await end_turn(
            self._database, merchant_id, self.name, day, runs, over=over, started_at=started_at, now=self._clock()
        )
        if kept and over and since != day:
            NIGHTS.inc()
            log.info("night_done", merchant=merchant_id, day=day.isoformat())
        return True

    async def _sweep(self, sweep: Sweep, merchant_id: int) -> bool:
        """A page of what is over; tells whether there was any."""
        now = self._clock()
        merchant = await self._merchants.get(merchant_id)
        work = Work(self._database, self._desk, merchant, self._pace, now, merchant.day(now), None)
        step = await sweep.step(work)
        self._count(merchant_id, sweep.name, step)
        # What fails stays due: it is no reason to look again at once.
        return step.booked.things > 0

    def _count(self, merchant_id: int, job: str, step: Step) -> None:
        DONE.labels(job).inc(step.booked.things)
        if step.failed:
            FAILED.labels(job).inc(step.failed)
        self.failed += step.failed
        if self._told is not None:
            self._told(merchant_id, job, step)

    async def _rest(self, pause_s: float) -> None:
        """A pause that the end cuts short."""
        try:
            await asyncio.wait_for(self._stopping.wait(), pause_s)
        except TimeoutError:
            return
