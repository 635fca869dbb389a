"""The same activity, referral and proposal at two workers at once: each is given for once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from guerdon.activities.log import reporting
from guerdon.api.engine import Engine
from guerdon.app import running_engine
from guerdon.earning.earns import Flat
from guerdon.earning.rule import Cap, EarningRule, Period
from guerdon.earning.rules import add_rule
from tests.referrals.friends import ANA, BEN, buy, code, join, referring
from tests.shop import Shop, email
from tests.street import Street, contradictions, do

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def second(street: Street) -> AsyncIterator[Engine]:
    """Another worker on the same database."""
    async with running_engine(street.dsn, clock=street.clock) as engine:
        yield engine


async def rule(shop: Shop, **terms: object) -> None:
    given = EarningRule(name="Review", trigger="review", earns=Flat(points=50), **terms)  # pyright: ignore[reportArgumentType]
    await add_rule(shop.engine.database, shop.merchant.merchant_id, given, actor="test", now=shop.clock())


async def test_one_activity_at_two_workers_is_one(shop: Shop, street: Street, second: Engine):
    await rule(shop)
    await shop.member(ANA)
    for number in range(20):
        command = await reporting(
            shop.engine.database, shop.merchant, email(ANA), "review", f"r{number}", shop.clock()
        )  # fmt: skip
        found = await asyncio.gather(*(do(shop, command, engine=engine) for engine in (street.engine, second)))
        assert found[0] == found[1]
    assert await shop.balance(ANA) == (1000, 0)
    assert await contradictions(shop) == []


async def test_a_shared_budget_is_spent_once_by_two_workers(shop: Shop, street: Street, second: Engine):
    await rule(shop, times_max=7, caps=(Cap(per=Period.EVER, times=1),))
    members = [f"member{number}@example.com" for number in range(20)]
    for address in members:
        await shop.member(address)
    commands = [
        await reporting(shop.engine.database, shop.merchant, email(address), "review", f"r{n}", shop.clock())
        for n, address in enumerate(members)
    ]
    engines = (street.engine, second)
    await asyncio.gather(*(do(shop, command, engine=engines[n % 2]) for n, command in enumerate(commands)))
    balances = [(await shop.balance(address))[0] for address in members]
    assert sorted(balances) == [0] * 13 + [50] * 7
    assert await contradictions(shop) == []


async def test_one_referral_at_two_workers_is_completed_once(street: Street, second: Engine):
    shop = await referring(street)
    for number in range(5):
        friend = f"friend{number}@example.com"
        await join(shop, friend, await code(shop))
        await asyncio.gather(*(buy(shop, friend, engine=engine) for engine in (street.engine, second) * 3))
    assert await shop.balance(ANA) == (500, 0)
    assert await contradictions(shop) == []


async def test_a_completion_and_its_reversal_end_in_one_of_both(street: Street, second: Engine):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    for _ in range(5):
        await asyncio.gather(buy(shop, BEN, engine=street.engine), buy(shop, BEN, stands=False, engine=second))
        state = await shop.engine.database.fetchval(
            "SELECT state FROM referral WHERE merchant_id = $1", shop.merchant.merchant_id
        )
        assert await shop.balance(ANA) == ((100, 0) if state == "completed" else (0, 0))
    assert await contradictions(shop) == []
