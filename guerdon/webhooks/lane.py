"""A lane: one endpoint while something is due there. It reads what is due, sends several at once, and
saves what came of it.

Lanes share nothing but the database and the total of requests in flight, of which a slow or failing endpoint takes few:
its lane is as wide as the endpoint is quick.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from secrets import SystemRandom

import structlog
from prometheus_client import Counter, Histogram

from guerdon.database.pool import Database
from guerdon.kit.clock import Clock
from guerdon.kit.outbound import Outbound, OutboundFailed
from guerdon.merchants.merchants import Merchants
from guerdon.webhooks.attempt import Delivery, Outcome, outcome
from guerdon.webhooks.deliveries import Formats, Key, Lease, fan_out, leave, list_due, save, take
from guerdon.webhooks.endpoint import Endpoint, succeeded
from guerdon.webhooks.endpoints import Locked
from guerdon.webhooks.signing import signed_headers

TIMEOUT_S = 10.0
LEASE = timedelta(seconds=60)
"""A lane that has not come back to the database for so long has lost its endpoint to another worker."""
LEASE_USED_S = LEASE.total_seconds() - TIMEOUT_S - 5
"""After so much of it no attempt begins, so that it has ended before the other begins."""

WIDTH_FIRST, WIDTH_MAX = 8, 32
"""Requests to one endpoint at once, at first and at most."""
AHEAD = 8
"""So many times its width are read at once, so that nothing waits for the database."""
SAVE_AT_ONCE, SAVE_WITHIN_S = 128, 0.05
"""So many outcomes are saved together while more are coming, and none of them later than this."""
QUICK_MS = 2000
"""Answers in this time let a lane grow; later ones let it shrink, as failures do."""

USER_AGENT = "Guerdon-Webhooks/1"

DELIVERIES = Counter("guerdon_webhook_attempts", "Attempts to deliver", ["outcome"])
TOOK = Histogram("guerdon_webhook_seconds", "How long receivers took to answer")
DISABLED = Counter("guerdon_webhook_endpoints_disabled", "Endpoints that were disabled for failing", ["reason"])

log = structlog.get_logger()
_dice = SystemRandom()


@dataclass(frozen=True, slots=True)
class Means:
    """What lanes work with. `total` bounds the requests in flight of all of them."""

    worker: str
    database: Database
    merchants: Merchants
    outbound: Outbound
    formats: Formats
    clock: Clock
    total: asyncio.Semaphore


@dataclass(frozen=True, slots=True)
class _Line:
    """Deliveries that go one after another, to where the endpoint was when they were read."""

    deliveries: Sequence[Delivery]
    locked: Locked


class Lane:
    """Works until nothing is due, or until stopped."""

    def __init__(self, means: Means, key: Key) -> None:
        self._means = means
        self._lease = Lease(*key, means.worker)
        self._log = log.bind(merchant=key[0], endpoint=key[1])
        self._kept_s = 0.0
        """When the endpoint was last seen to be ours, on the loop's clock."""
        self._width = WIDTH_FIRST
        self._lines: deque[_Line] = deque()
        self._sending: set[asyncio.Task[None]] = set()
        self._held: set[tuple[int, int]] = set()
        """What was read and is not saved: it is still due, as far as the database knows."""
        self._outcomes: list[Outcome] = []
        self._first_s = 0.0
        """When the first of them came in, on the loop's clock."""
        self._progress = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Read nothing more, let go what has not begun, and end when what has begun is saved."""
        self._stopping = True
        self._progress.set()

    async def run(self) -> bool:
        """Until there is nothing to do. Tells whether anything was done. Nothing of it goes on after its end."""
        try:
            return await self._work()
        finally:
            sending = list(self._sending)
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _work(self) -> bool:
        """Read, send, save."""
        more, worked = True, False
        while True:
            self._progress.clear()
            if self._stopping:
                self._let_go()
            if self._outcomes and self._worth_saving():
                await self._save()
            elif more and not self._stopping and len(self._lines) < self._width:
                more = await self._read()
                worked |= more
            elif self._sending or self._lines:
                await self._wait()
                more = True
            else:
                await leave(self._means.database, self._lease)
                return worked

    def _worth_saving(self) -> bool:
        """Whether enough has come in, or nothing more will soon; or a failure, after which we may have to pause."""
        old = asyncio.get_running_loop().time() - self._first_s > SAVE_WITHIN_S
        failed = self._outcomes[-1].state != "delivered"
        return old or failed or len(self._outcomes) >= SAVE_AT_ONCE or not self._lines

    async def _wait(self) -> None:
        """For the next answer, or until what has come in is to be saved."""
        try:
            await asyncio.wait_for(self._progress.wait(), SAVE_WITHIN_S if self._outcomes else None)
        except TimeoutError:
            return

    # From the database and back

    async def _read(self) -> bool:
        """Read as much as there is room for; if too little is there, look at the next events. Tells of any success."""
        room = self._width * AHEAD
        now, now_s = self._means.clock(), asyncio.get_running_loop().time()
        locked = await take(self._means.database, self._lease, now=now, until=now + LEASE)
        if locked is None:
            return False
        self._kept_s = now_s
        if locked.endpoint.failing_since is not None:
            self._width = 1
        due = await list_due(self._means.database, self._lease, now=now, limit=room + len(self._held))
        new = self._new(due)
        self._lines.extend(_lines(new, locked))
        self._held |= {(one.sequence, one.part) for one in new}
        self._fill()
        return len(new) >= room or await self._fan_out(locked.endpoint, room) or len(new) > 0

    def _new(self, due: Sequence[Delivery]) -> list[Delivery]:
        """What is not in our hands already, nor comes after something that is."""
        ours = {one.line for one in due if (one.sequence, one.part) in self._held}
        return [
            one
            for one in due
            if (one.sequence, one.part) not in self._held and (one.line is None or one.line not in ours)
        ]

    async def _fan_out(self, endpoint: Endpoint, limit: int) -> bool:
        """The log keeps what there is no room for: an endpoint that is slow has no more rows for it."""
        format = self._means.formats.get(endpoint.format)  # noqa: A001  # what it is called everywhere else
        if format is None:
            self._log.error("webhook_format_unknown", format=endpoint.format)
            return False
        merchant = await self._means.merchants.get(endpoint.merchant_id)
        return await fan_out(
            self._means.database, self._lease, endpoint, format, merchant, now=self._means.clock(), limit=limit
        )

    async def _save(self) -> None:
        """What has come in since the last time, at once."""
        outcomes, self._outcomes = self._outcomes, []
        now, now_s = self._means.clock(), asyncio.get_running_loop().time()
        saved = await save(self._means.database, self._lease, outcomes, now=now, until=now + LEASE)
        self._held -= {(one.sequence, one.part) for one in outcomes}
        if saved.ours:
            self._kept_s = now_s
        health = saved.health
        if health is not None and health.off is not None:
            DISABLED.labels(health.off).inc()
            failing_since = health.failing_since and health.failing_since.isoformat()
            self._log.error("webhook_endpoint_disabled", reason=health.off, failing_since=failing_since)
        if not saved.ours or (health is not None and (health.off is not None or health.resume_at is not None)):
            self._let_go()

    def _let_go(self) -> None:
        """What has not begun is as due as it was."""
        while self._lines:
            self._held -= {(one.sequence, one.part) for one in self._lines.popleft().deliveries}

    # To the endpoint

    def _fill(self) -> None:
        while self._lines and len(self._sending) < self._width:
            task = asyncio.create_task(self._send(self._lines.popleft()), name=f"send {self._lease[:2]}")
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            # Its deliveries stay in our hands until the lane ends: a bug is not repeated at once.
            self._log.error("webhook_failed", exc_info=error)
        self._fill()
        self._progress.set()

    async def _send(self, line: _Line) -> None:
        """One after another; after a failure, those behind it wait for its next attempt."""
        waiting = deque(line.deliveries)
        async with self._means.total:
            while waiting and asyncio.get_running_loop().time() - self._kept_s < LEASE_USED_S:
                came = await self._attempt(waiting.popleft(), line.locked)
                if not self._outcomes:
                    self._first_s = asyncio.get_running_loop().time()
                self._outcomes.append(came)
                self._progress.set()
                if came.next_attempt_at is not None:
                    break
        self._held -= {(one.sequence, one.part) for one in waiting}

    async def _attempt(self, delivery: Delivery, locked: Locked) -> Outcome:
        now = self._means.clock()
        started_s = asyncio.get_running_loop().time()
        body = delivery.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            **signed_headers(locked.secrets, delivery.message_id, now, body),
        }
        try:
            answer = await self._means.outbound.post(locked.endpoint.url, body, headers, timeout_s=TIMEOUT_S)
        except OutboundFailed as failed:
            answer = failed
        took_ms = round((asyncio.get_running_loop().time() - started_s) * 1000)
        came = outcome(delivery, answer, at=now, took_ms=took_ms, chance=_dice.random())
        quick = succeeded(came.status) and took_ms < QUICK_MS
        self._width = min(WIDTH_MAX, self._width + 1) if quick else max(1, self._width // 2)
        DELIVERIES.labels("delivered" if came.state == "delivered" else came.reason or "refused").inc()
        TOOK.observe(took_ms / 1000)
        return came


def _lines(deliveries: Sequence[Delivery], locked: Locked) -> Iterator[_Line]:
    """Deliveries about one member together, where they go in order; every other alone."""
    yield from (_Line([one], locked) for one in deliveries if one.line is None)
    lined = sorted((one for one in deliveries if one.line is not None), key=lambda one: one.line or 0)
    yield from (_Line(list(some), locked) for _, some in groupby(lined, key=lambda one: one.line))
