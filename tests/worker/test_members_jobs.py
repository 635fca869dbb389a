"""The nightly jobs of other packages, as the worker does them: tiers and birthdays."""

from datetime import UTC, datetime

import pytest

from guerdon.activities.celebrations import Celebration, set_celebration
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from tests.shop import Shop
from tests.street import contradictions
from tests.tiers.doing import did, level, programme, set_tiers
from tests.worker.hands import ANA, BEN, events, night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def birthday(shop: Shop, address: str, month: int, day: int) -> None:
    """A member with a birthday."""
    member_id = await shop.member(address)
    day_of_year = Celebration(month, day, 1980)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await set_celebration(database, merchant_id, member_id, "birthday", day_of_year, shop.clock())


async def test_birthdays_are_celebrated_on_their_day_and_some_days_late(shop: Shop):
    terms = EarningRule(name="Birthday", trigger="birthday", earns=Flat(points=50))
    await add_rule(shop.engine.database, shop.merchant.merchant_id, terms, actor="test", now=shop.clock())
    await birthday(shop, ANA, 3, 12)
    await birthday(shop, BEN, 3, 14)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    shop.clock.advance(days=2)
    await night(shop)
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((50, 0), (0, 0))
    shop.clock.advance(days=4)
    await night(shop)
    await night(shop)
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((50, 0), (50, 0))
    assert await contradictions(shop) == []


async def test_a_tier_is_lost_the_night_after_its_period_and_grace(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    await did(shop, ANA, earned=100)
    assert await level(shop, ANA) == 1
    shop.clock.now = datetime(2027, 12, 31, 23, 0, tzinfo=UTC)
    await night(shop)
    assert await level(shop, ANA) == 1
    shop.clock.advance(days=60)
    await night(shop)
    assert await level(shop, ANA) == 0
    assert len(await events(shop, "tier.left")) == 1
