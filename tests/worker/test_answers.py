"""Stored answers are kept for as long as somebody may ask again, and then forgotten page by page (behaviour 7)."""

from datetime import timedelta

import pytest

from guerdon.activities.adjust import AdjustPoints
from guerdon.points.answers import ANSWER_DAYS
from guerdon.points.command import Key
from guerdon.worker.job import Pace
from tests.orders.sales import sell
from tests.shop import Shop, email
from tests.street import contradictions
from tests.worker.hands import ANA, night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def give(shop: Shop, key: str) -> bool:
    """Ten points under this key; whether they were given before."""
    command = AdjustPoints(merchant=shop.merchant, who=email(ANA), points=10, counted=True)
    return (await shop.engine.desk.submit(command, actor="test", key=Key(key, b""))).replayed


async def kept(shop: Shop) -> int:
    """How many of these answers are stored."""
    stored = "SELECT count(*) FROM answer WHERE merchant_id = $1 AND (key = 'young' OR key LIKE 'old %')"
    return await shop.engine.database.fetchval(stored, shop.merchant.merchant_id)


async def test_a_key_is_remembered_for_its_days_and_not_longer(shop: Shop):
    await shop.member(ANA)
    for number in range(7):
        assert not await give(shop, f"old {number}")
    shop.clock.advance(days=1)
    assert not await give(shop, "young")
    shop.clock.advance(days=ANSWER_DAYS - 1)
    await night(shop)
    assert await kept(shop) == 8
    assert await give(shop, "old 0"), "it was given just so long ago"
    shop.clock.advance(days=1)
    await night(shop, pace=Pace(page=3, command=3))
    assert await kept(shop) == 1
    assert await give(shop, "young")
    assert not await give(shop, "old 0"), "it is a new key"


async def answered(shop: Shop) -> bool:
    """Whether anything is stored of before this night."""
    stored = "SELECT EXISTS (SELECT FROM answer WHERE merchant_id = $1 AND recorded_at < $2)"
    return await shop.engine.database.fetchval(stored, shop.merchant.merchant_id, shop.clock() - timedelta(days=1))


async def test_what_has_an_id_of_its_own_counts_once_for_ever(shop: Shop):
    await shop.member(ANA)
    await sell(shop, 9000)
    before = await shop.balance(ANA)
    shop.clock.advance(days=ANSWER_DAYS + 1)
    await night(shop)
    assert not await answered(shop)
    await sell(shop, 9000)
    assert await shop.balance(ANA) == before
    assert await contradictions(shop) == []
