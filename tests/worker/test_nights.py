"""The jobs of a night: in one order, once a day, however many workers there are and whenever one of them is killed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.due import find_due_lots
from guerdon.points.expiry import Booked
from guerdon.worker.job import Job, Pace, Step, Work, done, mark
from guerdon.worker.jobs import NIGHT, Expire
from guerdon.worker.night import LEASE, list_nights, list_runs, take_turn
from guerdon.worker.worker import Worker
from tests.shop import START, Shop
from tests.street import Street, contradictions, redeem
from tests.worker.hands import ANA, choose, earn, entries, events, jobs_desk, night, working

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEMBERS = 30
# Tests of the whole street come days after the others, whose last turns are over by then: a worker waits for turns.


class Spy:
    """A job that does another, and writes down at whose it did a step; perhaps something happens then."""

    def __init__(
        self, job: Job, steps: list[tuple[int, str]], before: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self.name, self._job, self._steps, self._before = job.name, job, steps, before

    async def step(self, work: Work, reached: Any) -> Step:
        """The other's step."""
        self._steps.append((work.merchant_id, self.name))
        if self._before is not None:
            await self._before()
        return await self._job.step(work, reached)


async def crowd(shop: Shop, members: int = MEMBERS) -> None:
    """Many members with 10 points each that will be over in ten days."""
    for number in range(members):
        await shop.member(f"{number}@example.com", 10, expires_at=START + timedelta(days=1, seconds=number))


async def total(shop: Shop, bucket: str) -> int:
    """The points of all accounts in a bucket."""
    return await shop.engine.database.fetchval(
        f"SELECT sum({bucket})::bigint FROM account WHERE merchant_id = $1", shop.merchant.merchant_id
    )


async def test_the_jobs_of_a_night_have_one_order(shop: Shop):
    steps: list[tuple[int, str]] = []
    await night(shop, jobs=[Spy(job, steps) for job in NIGHT])
    names = [name for _, name in steps]
    assert [name for name in names if name in ("activate", "expire", "lapse", "tiers", "remind")] == [
        "activate", "expire", "lapse", "tiers", "remind",
    ]  # fmt: skip
    assert names == [job.name for job in NIGHT]


async def test_what_is_activated_the_same_night_expires_before_anybody_is_reminded_of_it(shop: Shop):
    await choose(shop, expiry="10 days")
    await shop.member(ANA)
    await earn(shop, ANA, 100, pending="1 days")
    shop.clock.advance(days=12)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    assert await events(shop, "points.expiring") == []


async def test_a_second_run_on_the_same_day_does_nothing(shop: Shop):
    await crowd(shop)
    shop.clock.advance(days=2)
    await night(shop)
    before = await entries(shop, "0@example.com")
    steps: list[tuple[int, str]] = []
    await night(shop, jobs=[Spy(job, steps) for job in NIGHT])
    assert steps == []
    assert await entries(shop, "0@example.com") == before


async def test_a_job_that_is_run_again_on_what_it_has_done_finds_nothing(shop: Shop):
    await crowd(shop)
    shop.clock.advance(days=2)
    async with jobs_desk(shop) as desk:
        work = Work(shop.engine.database, desk, shop.merchant, Pace(), shop.clock(), date(2026, 3, 12), None)
        for job in NIGHT:
            await job.step(work, None)
        again = [await job.step(work, None) for job in NIGHT]
    assert [(step.booked, step.failed) for step in again] == [(Booked(0, 0), 0)] * len(NIGHT)


async def test_the_days_work_is_due_at_the_merchants_midnight_and_not_before(street: Street):
    shop = await street.shop(timezone="America/New_York")
    shop.clock.now = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
    await night(shop)

    async def due() -> bool:
        nights = await list_nights(shop.engine.database, shop.clock(), shop.merchant.merchant_id)
        return bool(nights)

    shop.clock.now = datetime(2026, 3, 11, 3, 59, 59, tzinfo=UTC)
    assert not await due()
    shop.clock.now = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
    assert await due()


async def test_nights_that_were_missed_are_made_up_for_in_one(shop: Shop):
    await night(shop)
    await crowd(shop)
    shop.clock.advance(days=40)
    await night(shop)
    assert await total(shop, "expired") == MEMBERS * 10
    runs = await list_runs(shop.engine.database, shop.merchant.merchant_id, date(2026, 1, 1))
    assert {run.day for run in runs} == {date(2026, 3, 10), date(2026, 4, 19)}
    expired = next(run for run in runs if run.job == "expire" and run.done)
    assert (expired.done, expired.points, expired.failed) == (MEMBERS, MEMBERS * 10, 0)


async def test_a_worker_that_is_killed_anywhere_leaves_work_that_another_finishes(shop: Shop):
    await choose(shop, expiry="10 days")
    await crowd(shop)
    shop.clock.advance(days=2)
    killed = 0
    while True:
        async with working(shop, pace=Pace(page=5, command=2)) as worker:
            running = asyncio.create_task(worker.run_once())
            # A little later each time: between take and step, within a step, before the mark is saved, after it.
            done_in_time, _ = await asyncio.wait((running,), timeout=0.004 * (killed + 1))
            if done_in_time:
                break
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        killed += 1
        shop.clock.now += LEASE
    assert killed
    assert await total(shop, "expired") == MEMBERS * 10
    expiries = [one for number in range(MEMBERS) for one in (await entries(shop, f"{number}@example.com"))[1:]]
    assert len(expiries) == MEMBERS
    assert len(await events(shop, "points.expired")) == MEMBERS
    assert await contradictions(shop) == []


async def test_a_turn_is_one_workers_until_it_ends_or_its_time_is_up(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    assert await take_turn(database, merchant_id, "one", START) == (True, None)
    assert await take_turn(database, merchant_id, "two", START + LEASE - timedelta(seconds=1)) == (False, None)
    assert await take_turn(database, merchant_id, "two", START + LEASE) == (True, None)


async def test_a_turn_that_was_lost_saves_no_mark(shop: Shop):
    await crowd(shop)
    shop.clock.advance(days=2)
    merchant_id = shop.merchant.merchant_id

    async def another_takes_over() -> None:
        assert (await take_turn(shop.engine.database, merchant_id, "another", shop.clock() + LEASE))[0]

    async with working(shop, jobs=[Spy(NIGHT[2], [], another_takes_over)]) as worker:
        await worker.round(set())
    assert await list_runs(shop.engine.database, merchant_id, date(2026, 1, 1)) == []
    assert await total(shop, "expired") == MEMBERS * 10, "what it booked meanwhile is booked, and once"


async def test_workers_share_the_merchants_and_do_everything_once(street: Street):
    shops = [await street.shop() for _ in range(4)]
    for shop in shops:
        await crowd(shop, 12)
    shops[0].clock.advance(days=3)
    by_worker: list[list[tuple[int, str]]] = [[], [], []]

    async def work(steps: list[tuple[int, str]]) -> None:
        jobs = [Spy(job, steps) for job in NIGHT]
        # All of the street: other tests' merchants have their nights too.
        async with working(shops[0], merchant_id=None, jobs=jobs, pace=Pace(page=4, command=2)) as worker:
            await worker.run_once()
            assert worker.failed == 0

    await asyncio.gather(*(work(steps) for steps in by_worker))
    for shop in shops:
        assert await total(shop, "expired") == 120
        assert len(await events(shop, "points.expired")) == 12
        assert await contradictions(shop) == []
        runs = await list_runs(shop.engine.database, shop.merchant.merchant_id, date(2026, 1, 1))
        assert [run.done for run in runs if run.job == "expire"] == [12]
    assert sum(1 for steps in by_worker if steps) > 1


async def test_a_large_merchant_delays_a_small_one_by_a_page(street: Street):
    large, small = await street.shop(), await street.shop()
    await crowd(large, 40)
    await crowd(small, 1)
    large.clock.advance(days=3)
    steps: list[tuple[int, str]] = []
    async with working(large, merchant_id=None, jobs=[Spy(job, steps) for job in NIGHT],
                       pace=Pace(page=4, command=4)) as worker:  # fmt: skip
        await worker.run_once()
    last_of_small = max(n for n, (merchant, _) in enumerate(steps) if merchant == small.merchant.merchant_id)
    last_of_large = max(n for n, (merchant, _) in enumerate(steps) if merchant == large.merchant.merchant_id)
    pages_before = [one for one in steps[:last_of_small] if one == (large.merchant.merchant_id, "expire")]
    assert len(pages_before) <= 4
    assert last_of_small < last_of_large


class Cursed(Struct, frozen=True):
    """Expires nothing, and has a bug that one account meets."""

    answers: ClassVar[type] = Booked

    merchant_id: int
    accounts: tuple[int, ...]
    cursed: int

    def needs(self) -> Needs:
        """The accounts."""
        return Needs(accounts=self.accounts)

    def decide(self, book: Book) -> Booked:
        """Everyone's but one's."""
        assert self.cursed not in self.accounts
        return Booked(len(self.accounts), 0)


async def test_a_bug_leaves_undone_only_what_meets_it(shop: Shop):
    await crowd(shop, 7)
    shop.clock.advance(days=2)

    class Bug:
        name = "bug"

        async def step(self, work: Work, reached: Any) -> Step:
            due = await find_due_lots(work.database, work.merchant_id, work.now, mark(reached), 100)
            numbers = [one.account_id for one in due]
            return await done(work, numbers, lambda some: Cursed(work.merchant_id, tuple(some), numbers[3]))

    async with working(shop, jobs=[Bug()], pace=Pace(page=100, command=7)) as worker:
        await worker.run_once()
        assert worker.failed == 1
    runs = await list_runs(shop.engine.database, shop.merchant.merchant_id, date(2026, 1, 1))
    assert [(run.job, run.done, run.failed) for run in runs] == [("bug", 6, 1)]


async def test_a_job_that_fails_keeps_nobody_else_from_theirs(street: Street):
    broken, sound = await street.shop(), await street.shop()
    await crowd(sound, 3)
    sound.clock.advance(days=4)

    class Fails:
        name = "expire"

        async def step(self, work: Work, reached: Any) -> Step:
            assert work.merchant_id != broken.merchant.merchant_id
            return await Expire("expire", find_due_lots).step(work, reached)

    async with working(sound, merchant_id=None, jobs=[Fails()]) as worker:
        await worker.run_once()
    assert worker.failed == 1
    assert await total(sound, "expired") == 30


async def test_holds_that_are_over_do_not_wait_for_the_night(shop: Shop):
    rule = await shop.rule(coupon_days=1)
    await shop.member(ANA, 300)
    await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=1)
    await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(hours=13)
    await night(shop, jobs=[])
    assert await shop.balance(ANA) == (200, 100)
    assert await contradictions(shop) == []


async def test_stopped_it_ends_after_the_page(shop: Shop):
    await crowd(shop, 9)
    shop.clock.advance(days=2)
    workers: list[Worker] = []

    async def stop() -> None:
        workers[0].stop()

    async with working(shop, jobs=[Spy(NIGHT[2], [], stop)], pace=Pace(page=3, command=3)) as worker:
        workers.append(worker)
        await worker.run_once()
    assert await total(shop, "expired") == 30
    assert (await take_turn(shop.engine.database, shop.merchant.merchant_id, "next", shop.clock()))[0]


async def test_a_sweep_that_fails_keeps_nobody_from_theirs(street: Street):
    broken, sound = await street.shop(), await street.shop()
    swept: list[int] = []

    class Fails:
        name = "fails"

        async def merchants(self, _database: Database, _now: datetime) -> list[int]:
            return [broken.merchant.merchant_id, sound.merchant.merchant_id]

        async def step(self, work: Work) -> Step:
            assert work.merchant_id != broken.merchant.merchant_id
            swept.append(work.merchant_id)
            return Step()

    async with working(sound, merchant_id=None, jobs=[], sweeps=[Fails()]) as worker:
        await worker.round(set())
    assert (worker.failed, swept) == (1, [sound.merchant.merchant_id])
