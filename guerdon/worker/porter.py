"""The porter carries files in and out: imports and exports that somebody asked for, one at a time.

Unlike the jobs of the night they are as long as files are. So each is done on a thread of its own, with an event loop
and connections of its own: whoever shares this process with it is served meanwhile. Chunks are committed one by one; a
porter that is killed leaves a task whose lease ends, and another goes on after the last chunk.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from secrets import token_hex

import structlog
import uvloop
from prometheus_client import Counter as Metric

from guerdon.bulk import exporting, jobs, tasks
from guerdon.bulk.batches import get_batch
from guerdon.bulk.jobs import Job
from guerdon.bulk.run import IN_FLIGHT
from guerdon.bulk.tasks import LEASE, Beat, Task
from guerdon.database.pool import Database
from guerdon.errors.base import Outage, Refusal, ServerFault
from guerdon.kit.clock import Clock, machine_clock
from guerdon.merchants.clocks import Clocks
from guerdon.merchants.merchants import get_merchant

POLL_S = 1.0
"""How often a porter looks whether somebody wants something carried: people wait for it."""
BEAT_S = 0.5
"""How often it says how far it has come, and hears whether it is still wanted."""

CARRIED = Metric("guerdon_bulk_tasks", "Imports and exports that were worked on", ["work"])

log = structlog.get_logger()


class Porter:
    """Does what is asked for, for all merchants or for one. Any number of porters may work."""

    def __init__(
        self, database: Database, dsn: str, *, prepared: bool = True, clock: Clock = machine_clock,
        lease: timedelta = LEASE, merchant_id: int | None = None,
    ) -> None:  # fmt: skip
        self._merchant_id = merchant_id
        self._database, self._dsn, self._prepared, self._clock, self._lease = database, dsn, prepared, clock, lease
        self.name = f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
        self._stopping = asyncio.Event()
        self._interrupt: Callable[[], object] | None = None

    def stop(self) -> None:
        """Leave off: a chunk that is not committed yet is done anew by whoever comes next."""
        self._stopping.set()
        if self._interrupt is not None:
            self._interrupt()

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            try:
                await self.run_once()
            except Outage as error:
                log.warning("porter_waits", error=repr(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), POLL_S)

    async def run_once(self) -> int:
        """Do what there is to do, as far as nobody else is at it; returns how many tasks that were."""
        done = 0
        for merchant_id, task_id in await tasks.due(self._database, machine_clock()):
            if self._stopping.is_set():
                break
            if self._merchant_id not in (None, merchant_id):
                continue
            task = await tasks.take(
                self._database, merchant_id, task_id, self.name, machine_clock(), self._lease
            )  # fmt: skip
            if task is not None:
                await self._carry(merchant_id, task)
                done += 1
        return done

    async def _carry(self, merchant_id: int, task: Task) -> None:
        """One task, on a thread."""
        loop = uvloop.new_event_loop()
        carrying = loop.create_task(self._carried(merchant_id, task))
        self._interrupt = lambda: loop.call_soon_threadsafe(carrying.cancel)
        CARRIED.labels(task.work).inc()
        try:
            await asyncio.to_thread(_run, loop, carrying)
        finally:
            self._interrupt = None

    async def _carried(self, merchant_id: int, task: Task) -> None:
        """The task, and beside it the beats that say how far it is. It ends with whichever ends first."""
        database = await Database.open(self._dsn, size_max=IN_FLIGHT + 2, prepared=self._prepared)
        beat = Beat("waiting", 0, 0)

        def on_progress(stage: str, done: int, total: int) -> None:
            nonlocal beat
            beat = Beat(stage, done, total)

        async def beating() -> None:
            pause = asyncio.Event()
            while await tasks.beat(database, merchant_id, task.task_id, self.name, beat, machine_clock(), self._lease):
                with suppress(TimeoutError):
                    await asyncio.wait_for(pause.wait(), BEAT_S)

        try:
            clocks = Clocks(self._clock)
            now = await clocks.now(database, merchant_id)
            merchant = await get_merchant(database, merchant_id)
            clock = self._clock if clocks.is_live(merchant_id) else lambda: now
            job = Job(database, merchant, task, self.name, clock, on_progress)
            both = {asyncio.ensure_future(_work(job)), asyncio.ensure_future(beating())}
            try:
                done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)
            for one in done:
                one.result()
        finally:
            with suppress(Outage):
                await tasks.release(database, merchant_id, task.task_id, self.name)
            await database.close()


async def _work(job: Job) -> None:
    """The task; what meets a bug is told to whoever waits, and the log knows more."""
    try:
        if job.task.work == "export":
            await exporting.work(job)
        else:
            await jobs.work(job)
    except Outage:
        raise
    except Exception as error:
        log.exception("bulk_task_failed", merchant=job.merchant_id, task=job.task.task_id)
        problem = error.sentence if isinstance(error, Refusal) else ServerFault().sentence
        if job.task.work == "export":
            await exporting.fail(job, problem)
        else:
            batch = await get_batch(job.database, job.merchant_id, job.task.task_id)
            await jobs.fail(job, batch, problem)


def _run(loop: asyncio.AbstractEventLoop, carrying: asyncio.Task[None]) -> None:
    """Have a loop to the end of its one task."""
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(carrying)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
