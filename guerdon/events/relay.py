"""The relay at work: it numbers what is committed, beside the jobs, for as long as the process lives.

It polls. A full page is followed by the next at once, some events by a short pause in which more come together, and
nothing by longer and longer ones: an idle relay asks for one small index a second.
"""

import asyncio

import structlog
from prometheus_client import Counter

from guerdon.database.pool import Database
from guerdon.errors.base import Outage
from guerdon.events.log import LIMIT, relay, unnumbered_merchants

PAUSE_MIN_S = 0.1
PAUSE_MAX_S = 1.0

"""The database is away, and perhaps back in a moment."""

NUMBERED = Counter("guerdon_events_numbered", "Events that have got their number")

log = structlog.get_logger()


class Relay:
    """Numbers the events of all merchants. Any number of them may run."""

    def __init__(self, database: Database, *, limit: int = LIMIT) -> None:
        self._database, self._limit = database, limit
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End once everything that is committed by now has a number."""
        self._stopping.set()

    async def run(self) -> None:
        """Number events until stopped. While the database is away it waits, unless it is to end."""
        pause_s = PAUSE_MIN_S
        while True:
            last = self._stopping.is_set()
            try:
                numbered = await self._round()
            except Outage as error:
                log.warning("relay_waits", error=repr(error))
                numbered = 0
            if last and numbered < self._limit:
                return
            pause_s = PAUSE_MIN_S if numbered else min(pause_s * 2, PAUSE_MAX_S)
            if numbered < self._limit:
                await self._rest(pause_s)

    async def _round(self) -> int:
        """A page for each merchant that has any. One merchant's bug is in the log, and keeps nobody else waiting."""
        numbered = 0
        for merchant_id in await unnumbered_merchants(self._database):
            try:
                done = await relay(self._database, merchant_id, self._limit)
            except Outage:
                raise
            except Exception:
                log.exception("relay_failed", merchant=merchant_id)
                continue
            NUMBERED.inc(done)
            numbered += done
        return numbered

    async def _rest(self, pause_s: float) -> None:
        """A pause that the end cuts short."""
        try:
            await asyncio.wait_for(self._stopping.wait(), pause_s)
        except TimeoutError:
            return
