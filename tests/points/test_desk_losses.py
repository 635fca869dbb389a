"""The database goes away, even at the very commit: what was committed is found again, and nothing happens twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from guerdon.activities.adjust import AdjustPoints
from guerdon.app import running_engine
from guerdon.database.pool import Connection, Database
from guerdon.errors.base import DatabaseAway
from guerdon.errors.books import NotEnoughPoints
from guerdon.points.command import Key
from guerdon.points.desk import Desk
from tests.shop import START, SettableClock, Shop, email, open_shop
from tests.street import contradictions, outcomes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


class LosingDatabase(Database):
    """Loses the connection as many times as `losses` says, each time after the commit and before the answer."""

    losses = 0

    @asynccontextmanager
    async def indexed_transaction(self) -> AsyncGenerator[Connection]:
        """A real transaction whose end is not heard of."""
        async with super().indexed_transaction() as connection:
            yield connection
        if self.losses:
            self.losses -= 1
            raise DatabaseAway


@asynccontextmanager
async def losing_desk(dsn: str, losses: int, **limits: Any) -> AsyncGenerator[Desk]:
    database = await LosingDatabase.open(dsn)
    database.losses = losses
    desk = Desk(database, (), clock=SettableClock(START), connections=1, **limits)
    try:
        yield desk
    finally:
        await desk.close()
        await database.close()
    assert database.losses < losses, "the desk heard of none"


def adjust(shop: Shop, points: int) -> AdjustPoints:
    return AdjustPoints(merchant=shop.merchant, who=email(ANA), points=points)


@pytest.mark.parametrize("losses", [1, 3])
@pytest.mark.parametrize("keyed", [True, False])
async def test_an_answer_lost_at_commit_is_found_again(shop: Shop, street_dsn: str, losses: int, keyed: bool):
    await shop.member(ANA)
    async with losing_desk(street_dsn, losses) as desk:
        answers = await asyncio.gather(
            *(
                desk.submit(adjust(shop, 1), actor="test", key=Key(f"key {number}", b"") if keyed else None)
                for number in range(20)
            )
        )
    assert sorted(answer.value.entry for answer in answers) == list(range(1, 21))
    assert await shop.balance(ANA) == (20, 0)
    assert await contradictions(shop) == []


async def test_a_refusal_lost_at_commit_is_a_refusal(shop: Shop, street_dsn: str):
    await shop.member(ANA, 10)
    async with losing_desk(street_dsn, 2) as desk:
        taken, refused = await outcomes_of(
            desk.submit(adjust(shop, -10), actor="test"), desk.submit(adjust(shop, -1), actor="test")
        )
    assert taken.value.available == 0
    assert isinstance(refused, NotEnoughPoints)


async def test_a_database_that_stays_away_is_an_outage_safe_to_repeat(shop: Shop, street_dsn: str):
    await shop.member(ANA)
    key = Key("a key", b"")
    async with losing_desk(street_dsn, 1000, patience_s=0.1) as desk:
        with pytest.raises(DatabaseAway) as away:
            await desk.submit(adjust(shop, 5), actor="test", key=key)
    assert (away.value.status, away.value.retry, away.value.retry_after_s) == (503, True, 5)
    answer = await shop.engine.desk.submit(adjust(shop, 5), actor="test", key=key)
    assert (answer.replayed, answer.value.available) == (True, 5)
    assert await shop.balance(ANA) == (5, 0)


async def test_connections_that_are_cut_under_load_lose_and_double_nothing(dsn: str):
    async with open_shop(dsn) as shop, running_engine(dsn, clock=shop.clock) as second:
        await shop.member(ANA)
        cutter = await Database.open(dsn, size_max=1)

        async def cut() -> None:
            for _ in range(12):
                await asyncio.sleep(0.03)
                await cutter.execute(
                    """
                    SELECT pg_terminate_backend(pid)
                      FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """
                )

        async def spend_time(number: int) -> Any:
            await asyncio.sleep(number * 0.001)
            desk = (shop.engine, second)[number % 2].desk
            return await desk.submit(adjust(shop, 1), actor="test", key=Key(f"key {number}", b""))

        answers, _ = await asyncio.gather(asyncio.gather(*map(spend_time, range(400))), cut())
        await cutter.close()
        assert sorted(answer.value.entry for answer in answers) == list(range(1, 401))
        assert await shop.balance(ANA) == (400, 0)
        assert await contradictions(shop) == []
