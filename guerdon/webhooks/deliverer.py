"""The deliverer: looks which endpoints have something to do, and gives each a lane. Any number of them may run."""

import asyncio
import os
import socket
from secrets import token_hex

import structlog

from guerdon.database.pool import Database
from guerdon.errors.base import Outage
from guerdon.kit.clock import Clock
from guerdon.kit.outbound import Outbound
from guerdon.merchants.merchants import Merchants
from guerdon.webhooks.deliveries import Formats, Key, find_work
from guerdon.webhooks.lane import TIMEOUT_S, Lane, Means

LOOK_FIRST_S, LOOK_MAX_S = 0.05, 1.0
"""How soon it looks again: while there is work, and when there has been none for a while."""
QUIET_S = 1.0
"""An endpoint whose work waits for something else, such as an earlier message to the same member, is left so long."""
IN_FLIGHT_MAX = 400
"""Requests of all lanes at once."""
PATIENCE_S = TIMEOUT_S + 5
"""How long stopping waits for requests that have begun."""


log = structlog.get_logger()


class Deliverer:
    """Delivers for all merchants until stopped."""

    def __init__(
        self, database: Database, merchants: Merchants, outbound: Outbound, formats: Formats, clock: Clock
    ) -> None:
        total = asyncio.Semaphore(IN_FLIGHT_MAX)
        worker = f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
        self._means = Means(worker, database, merchants, outbound, formats, clock, total)
        self._lanes: dict[Key, tuple[Lane, asyncio.Task[None]]] = {}
        self._quiet: dict[Key, float] = {}
        """Until when, on the loop's clock, endpoints are not looked at whose lane found nothing to do."""
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()
        for lane, _ in self._lanes.values():
            lane.stop()

    async def run(self) -> None:
        """Look, and give lanes, until stopped; then wait for what has begun."""
        pause_s = LOOK_FIRST_S
        while not self._stopping.is_set():
            try:
                opened = await self._look()
            except Outage as error:
                log.warning("webhooks_wait", error=repr(error))
                opened = 0
            pause_s = LOOK_FIRST_S if opened else min(pause_s * 1.5, LOOK_MAX_S)
            await self._rest(pause_s)
        await self._wait_for_lanes(PATIENCE_S)

    async def run_once(self) -> None:
        """Deliver what is due now, and wait for it."""
        self._quiet.clear()
        while not self._stopping.is_set() and (await self._look() or self._lanes):
            await self._wait_for_lanes(None)

    async def _look(self) -> int:
        """Open a lane for each endpoint with work that has none; returns how many."""
        work = await find_work(self._means.database, self._means.worker, self._means.clock())
        now_s = asyncio.get_running_loop().time()
        self._quiet = {key: until_s for key, until_s in self._quiet.items() if until_s > now_s}
        new = [key for key in work if key not in self._lanes and key not in self._quiet]
        if self._stopping.is_set():
            return 0
        for key in new:
            lane = Lane(self._means, key)
            task = asyncio.create_task(self._work(lane, key), name=f"lane {key}")
            self._lanes[key] = (lane, task)
        return len(new)

    async def _work(self, lane: Lane, key: Key) -> None:
        """A lane's whole life. Its bug is in the log, and keeps no other from its work."""
        worked = False
        try:
            worked = await lane.run()
        except Outage as error:
            log.warning("webhooks_wait", error=repr(error))
        except Exception:
            log.exception("lane_failed", merchant=key[0], endpoint=key[1])
        finally:
            del self._lanes[key]
            if not worked:
                self._quiet[key] = asyncio.get_running_loop().time() + QUIET_S

    async def _wait_for_lanes(self, patience_s: float | None) -> None:
        tasks = [task for _, task in self._lanes.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=patience_s)

    async def _rest(self, pause_s: float) -> None:
        """A pause that the end cuts short."""
        try:
            await asyncio.wait_for(self._stopping.wait(), pause_s)
        except TimeoutError:
            return
