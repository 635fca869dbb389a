"""The prover makes the proofs that somebody asked for, one at a time, beside the jobs: a proof is as long as the books
are. One that is killed leaves a proof whose lease ends, and another begins it again: a proof is of one moment.
"""

import asyncio
import os
import socket
from contextlib import suppress
from datetime import timedelta
from secrets import token_hex
from typing import Any

import msgspec
import structlog

from guerdon.database.pool import Database
from guerdon.errors.base import Outage
from guerdon.kit.clock import Clock, machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.points.audit import Finding, Progress
from guerdon.reports.proofs import SQL, Part, prove

POLL_S = 1.0
"""How often a prover looks whether somebody wants a proof: people wait for it."""
BEAT_S = 0.5
"""How often it says how far it has come."""
LEASE = timedelta(seconds=30)


BROKEN_OFF = Finding(
    "unproven", "", "the proof met a bug, and the log tells more: what it has not looked at is not proven"
)

log = structlog.get_logger()


class Prover:
    """Makes what proofs are wanted, for all merchants. Any number of provers may work."""

    def __init__(self, database: Database, *, clock: Clock = machine_clock, lease: timedelta = LEASE) -> None:
        self._database, self._clock, self._lease = database, clock, lease
        self.name = f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
        self._stopping = asyncio.Event()
        self._at: tuple[Part, int, int] = ("", 0, 0)

    def stop(self) -> None:
        """Leave off: whoever comes next begins the proof again."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            try:
                await self.run_once()
            except Outage as error:
                log.warning("prover_waits", error=repr(error))
            await self._rest(POLL_S)

    async def run_once(self) -> int:
        """Make the proofs that nobody is at; returns how many."""
        made = 0
        for merchant_id, proof_id in await self._database.fetch(SQL.find_wanted_proofs, self._clock()):
            if self._stopping.is_set():
                break
            now = self._clock()
            of = merchant_id, proof_id, self.name
            if await self._database.fetchval(SQL.take_proof, *of, now, now + self._lease) is not None:
                await self._make(*of)
                made += 1
        return made

    async def _make(self, merchant_id: int, proof_id: int, name: str) -> None:
        """One proof, and beside it the beats that say how far it is. It ends with whichever ends first."""
        of = merchant_id, proof_id, name
        self._at = ("", 0, 0)
        proving = asyncio.ensure_future(self._proven(merchant_id))
        both: set[asyncio.Future[Any]] = {
            proving, asyncio.ensure_future(self._beat(*of)), asyncio.ensure_future(self._stopping.wait())
        }  # fmt: skip
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = proving.done()
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        if not ended:
            await self._database.execute(SQL.leave_proof, *of)
            return
        error = proving.exception()
        if isinstance(error, Outage):
            raise error
        if error is None:
            findings = proving.result()
        else:
            log.error("proof_failed", merchant=merchant_id, exc_info=error)
            findings = [BROKEN_OFF]
        state = "wrong" if findings else "right"
        told = msgspec.json.encode(findings).decode()
        await self._database.execute(SQL.finish_proof, *of, state, told, self._clock())

    async def _proven(self, merchant_id: int) -> list[Finding]:
        merchant = await get_merchant(self._database, merchant_id)
        return [finding async for part in prove(self._database, merchant, self._noting) for finding in part.findings]

    async def _beat(self, merchant_id: int, proof_id: int, name: str) -> None:
        """Say how far it is, until another has taken it."""
        kept = True
        while kept:
            until = self._clock() + self._lease
            kept = await self._database.fetchval(
                SQL.note_progress, merchant_id, proof_id, name, *self._at, until
            ) is not None  # fmt: skip
            await self._rest(BEAT_S)

    def _noting(self, part: Part) -> Progress:
        """Told how far a part has come."""

        def note(done: int, total: int) -> None:
            self._at = (part, done, max(done, total))

        return note

    async def _rest(self, pause_s: float) -> None:
        """A pause that the end cuts short."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), pause_s)
