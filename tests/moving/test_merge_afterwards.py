"""What comes later to one who has become another: an order with their coupon, and their birthday."""

from datetime import date

import pytest

from guerdon.activities.celebrations import Celebration, celebrations_due, set_celebration
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from tests.moving.people import ANA, BEN, available, merge, unmerge
from tests.shop import Shop
from tests.street import contradictions, expire, redeem, redemption_of, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAY, JUNE = date(2026, 5, 4), date(2026, 6, 5)


@pytest.mark.parametrize("presenter", [ANA, BEN])
async def test_a_hold_that_was_over_is_taken_again_from_the_survivor(shop: Shop, presenter: str):
    rule = await shop.rule()
    ana, ben = await shop.member(ANA, 300), await shop.member(BEN, 50)
    hold = await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=40)
    await expire(shop, hold.redemption_id)
    await merge(shop, ben, ana)
    reported = await report(shop, presenter, "1001", hold.code)
    assert reported.flags == ()
    assert (await redemption_of(shop, hold.redemption_id))[:2] == ("captured", "used")
    assert await available(shop, ben) == 250
    await report(shop, presenter, "1001", hold.code, status="cancelled")
    assert await available(shop, ben) == 350
    assert await contradictions(shop) == []


async def test_of_two_birthdays_the_survivors_own_is_celebrated(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    rule = EarningRule(name="Birthday", trigger="birthday", earns=Flat(points=50))
    await add_rule(database, merchant_id, rule, actor="test", now=shop.clock())
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    for member_id, day in ((ana, MAY), (ben, JUNE)):
        born = Celebration(day.month, day.day)
        await set_celebration(database, merchant_id, member_id, "birthday", born, shop.clock())

    async def celebrating() -> list[int]:
        return [len((await celebrations_due(database, shop.merchant, day)).commands) for day in (MAY, JUNE)]

    assert await celebrating() == [1, 1]
    merged = await merge(shop, ben, ana)
    assert await celebrating() == [0, 1]
    await unmerge(shop, merged.merge_id)
    assert await celebrating() == [1, 1]
