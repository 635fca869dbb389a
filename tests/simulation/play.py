"""Plays the script on the engine: two engines share its messages, two workers its nights, and something always breaks.

What is for one member is sent in its order, what is for several at once: so group commit has something to do, and the
outcome is still certain.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from guerdon.access.keys import create_key
from guerdon.api.engine import Engine
from guerdon.app import running_engine, shelves
from guerdon.database.pool import Database
from guerdon.merchants.merchants import Merchants
from guerdon.points.command import Command, Key
from guerdon.points.desk import Answer, Desk
from guerdon.worker.job import Pace, Work
from guerdon.worker.jobs import NIGHT
from guerdon.worker.night import LEASE, list_nights
from guerdon.worker.worker import Worker
from tests.shop import SettableClock, surfaces
from tests.simulation.commands import Known
from tests.simulation.programme import open_programme
from tests.simulation.script import (
    Delivery,
    Enter,
    Found,
    Join,
    Kin,
    Merge,
    Night,
    Share,
    Terms,
    Tick,
    What,
    members_of,
)
from tests.simulation.sending import Again, Sender

AT_ONCE = 48
"""So many messages are under way at a time."""
PACE = Pace(page=200, command=100)


class Killed(BaseException):
    """The worker is no more: nothing below the test may catch this."""


class Mortal:
    """A desk whose worker is killed at one of its commands: before it is sent, or before its answer is heard."""

    def __init__(self, desk: Desk, commands: int, *, heard: bool) -> None:
        self._desk, self._left, self._heard = desk, commands, heard

    async def submit(self, command: Command[Any], *, actor: str, key: Key | None = None) -> Answer[Any]:
        """Have the command decided, while the worker lives."""
        self._left -= 1
        if self._left < 0 and not self._heard:
            raise Killed
        answer = await self._desk.submit(command, actor=actor, key=key)
        if self._left < 0:
            raise Killed
        return answer


class Player:
    """A merchant with its programme, the engines, and what has broken so far."""

    def __init__(self, dsn: str, terms: Terms, seed: int) -> None:
        self._dsn, self._terms, self._random = dsn, terms, Random(f"faults {seed}")
        self.zone = ZoneInfo(terms.timezone)
        self.clock = SettableClock()
        self.faults: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self._opened = [AsyncExitStack(), AsyncExitStack()]
        self._senders: list[Sender | None] = [None, None]
        self._turn = 0
        self._kin = Kin()
        self._founders: dict[int, int] = {}
        self.known = Known()

    @asynccontextmanager
    async def playing(self, opens_at: datetime) -> AsyncGenerator["Player"]:
        """With everything open, from a moment of the merchant's clock on."""
        self._set(opens_at)
        async with AsyncExitStack() as stack:
            self.database = await Database.open(self._dsn, size_max=2)
            stack.push_async_callback(self.database.close)
            self._desks = [await stack.enter_async_context(self._jobs_desk()) for _ in range(2)]
            self.merchant, self._rules = await open_programme(self.database, self._terms, self.clock())
            self._headers = {
                "x-guid": str(self.merchant.guid),
                "x-api-key": await create_key(
                    self.database, self.merchant.merchant_id, name="simulation", now=self.clock()
                ),
            }
            for place, opened in enumerate(self._opened):
                stack.push_async_callback(opened.aclose)
                await self._open(place)
            yield self

    @asynccontextmanager
    async def _jobs_desk(self) -> AsyncGenerator[tuple[Database, Desk]]:
        """What a worker works with: each of its commands is a transaction."""
        database = await Database.open(self._dsn, size_max=3)
        desk = Desk(database, shelves(), clock=self.clock, batch_max=1)
        try:
            yield database, desk
        finally:
            await desk.close()
            await database.close()

    async def _open(self, place: int) -> None:
        engine: Engine = await self._opened[place].enter_async_context(running_engine(self._dsn, clock=self.clock))
        app = surfaces(engine)
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://shop", headers=self._headers, timeout=60
        )
        await self._opened[place].enter_async_context(http)
        self._senders[place] = Sender(engine, http, self.merchant, self._rules, self.known)

    def _set(self, at: datetime) -> None:
        """Set the clock by that on the merchant's wall."""
        self.clock.now = at.replace(tzinfo=self.zone).astimezone(self.clock.now.tzinfo)

    # A tick

    async def tick(self, tick: Tick) -> list[bool]:
        """Deliver everything; of each, whether it is done."""
        self._set(tick.at)
        restarting = None
        outcomes: dict[int, bool] = {}
        for wave in self._waves(tick.deliveries):
            if tick.restart is not None and restarting is None:
                restarting = asyncio.create_task(self._restart(tick.restart))
            for start in range(0, len(wave), AT_ONCE):
                places = wave[start : start + AT_ONCE]
                done = await asyncio.gather(*(self._deliver(tick.deliveries[place]) for place in places))
                outcomes.update(zip(places, done, strict=True))
        if restarting is not None:
            await restarting
        return [outcomes[place] for place in range(len(tick.deliveries))]

    def _waves(self, deliveries: Sequence[Delivery]) -> list[list[int]]:
        """The deliveries by place: each wave names nobody twice, and what is for one person stays in order."""
        waves: list[list[int]] = []
        latest: dict[int, int] = {}
        for delivery in deliveries:
            self._bind(delivery.what)
        for place, delivery in enumerate(deliveries):
            kin = [self._kin.of(member) for member in members_of(delivery.what)]
            number = max(latest.get(one, -1) for one in kin) + 1
            latest.update(dict.fromkeys(kin, number))
            if number == len(waves):
                waves.append([])
            waves[number].append(place)
        return waves

    def _bind(self, what: What) -> None:
        """Whoever shares points, a referral or their whole person with another may touch the other's account."""
        match what:
            case Merge(survivor=one, member=other) | Share(member=one, friend=other):
                self._kin.unite(one, other)
            case Join(member=one, referrer=int(other)):
                self._kin.unite(one, other)
            case Found(household=household, member=member):
                self._founders[household] = member
            case Enter(household=household, member=member):
                self._kin.unite(self._founders[household], member)
            case _:
                pass

    async def _deliver(self, delivery: Delivery) -> bool:
        """Send a message; where its answer is lost, the sender has asked the other engine meanwhile."""
        if not delivery.lost:
            return await self._send(delivery)
        self.faults["answer lost, sent to the other engine too"] += 1
        return any(await asyncio.gather(self._send(delivery), self._send(delivery)))

    async def _send(self, delivery: Delivery) -> bool:
        while True:
            self._turn += 1
            sender = self._senders[self._turn % 2]
            if sender is None:
                await asyncio.sleep(0)
                continue
            try:
                refused = await sender.send(delivery)
            except Again:
                self.faults["asked again"] += 1
                await asyncio.sleep(0)
                continue
            if refused is not None:
                self.refusals[refused] += 1
            return refused is None

    async def _restart(self, place: int) -> None:
        """Close an engine that has commands in line, and open another."""
        self.faults["engine restarted under load"] += 1
        self._senders[place] = None
        await self._opened[place].aclose()
        await self._open(place)

    # A night

    async def night(self, night: Night) -> None:
        """Have the jobs done, whatever happens to the workers."""
        self._set(night.at)
        match night.fault:
            case "killed":
                for _ in range(self._random.choice((1, 1, 2))):
                    await self._killed()
                await self._work(0)
            case "together":
                self.faults["two workers at the same night"] += 1
                await asyncio.gather(self._work(0), self._work(1))
            case "twice":
                self.faults["a night worked twice"] += 1
                await self._work(0)
                await self._work(1)
            case "anew":
                await self._work(0)
                await self._anew()
            case "none":
                await self._work(self._random.randrange(2))
        assert await list_nights(self.database, self.clock(), self.merchant.merchant_id) == []

    async def _work(self, place: int) -> None:
        worker = self._worker(*self._desks[place])
        await worker.run_once()
        assert worker.failed == 0, "the log says what could not be done for a bug"

    def _worker(self, database: Database, desk: Any) -> Worker:
        merchants = Merchants(database)
        return Worker(database, desk, merchants, self.clock, merchant_id=self.merchant.merchant_id, pace=PACE)

    async def _killed(self) -> None:
        """A worker is killed at some command, and its turn is over a minute later."""
        database, desk = self._desks[1]
        mortal = Mortal(desk, self._random.randrange(3), heard=self._random.random() < 0.5)
        try:
            await self._worker(database, mortal).run_once()
        except Killed:
            self.faults["worker killed in the midst of a job"] += 1
            self.clock.now += LEASE

    async def _anew(self) -> None:
        """Do every job once more, as if nobody had noted that it is done."""
        self.faults["all jobs run anew"] += 1
        database, desk = self._desks[1]
        now = self.clock()
        work = Work(database, desk, self.merchant, PACE, now, self.merchant.day(now), None)
        for job in NIGHT:
            reached: Any = None
            while True:
                step = await job.step(work, reached)
                assert step.failed == 0, job.name
                if step.reached is None:
                    break
                reached = msgspec.json.decode(msgspec.json.encode(step.reached))
