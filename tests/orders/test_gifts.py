"""Orders that give coupons and tiers: each once, and an unused coupon only as long as there is an order."""

import pytest

from guerdon.earning.earns import CouponGift, Flat, TierEntry
from guerdon.earning.rule import Cap, Period
from guerdon.merchants.merchant import Policies
from tests.moving.people import merge, unmerge
from tests.orders.sales import ANA, BEN, earning, rows, sell, send_back
from tests.shop import Shop
from tests.street import Street, cancel, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUPONS = """
    SELECT redemption.points, redemption.value_minor, coupon.state
      FROM redemption JOIN coupon USING (merchant_id, code)
     WHERE redemption.merchant_id = $1 ORDER BY redemption.created_at, redemption.redemption_id
"""
AWARDS = "SELECT subject, points, redemption_id IS NOT NULL FROM award WHERE merchant_id = $1 ORDER BY subject, source"
USES = "SELECT member_id, times FROM earning_use WHERE merchant_id = $1 AND times > 0"
LEVELS = "SELECT tier_level FROM member WHERE merchant_id = $1 ORDER BY member_id"
CODES = "SELECT code FROM coupon WHERE merchant_id = $1"
EVENTS = "SELECT topic FROM event WHERE merchant_id = $1 ORDER BY event_id"

ONCE_EVER = (Cap(per=Period.EVER, times=1),)


async def five_off(shop: Shop, **terms: object) -> int:
    """Orders of 50.00 give five off the next one; returns Ana's number."""
    reward = await shop.rule(name="Five off")
    await earning(shop, CouponGift(redemption_rule_id=reward.rule_id), amount_min_minor=5000, **terms)
    return await shop.member(ANA)


async def code_of(shop: Shop) -> str:
    """The code of the one coupon that there is."""
    [(code,)] = await rows(shop, CODES)
    return code


async def test_an_order_gives_a_coupon_once(shop: Shop):
    await five_off(shop)
    await sell(shop, 5000, status="pending")
    assert await rows(shop, COUPONS) == []
    first = await sell(shop, 5000)
    told = await rows(shop, EVENTS)
    assert await sell(shop, 5000) == first
    assert await rows(shop, EVENTS) == told
    await sell(shop, 9000, status="fulfilled")
    assert await rows(shop, COUPONS) == [(0, 500, "issued")]
    assert await rows(shop, AWARDS) == [("order:1", 0, True)]
    await sell(shop, 4999, "2")
    await sell(shop, 6000, "3")
    assert await rows(shop, COUPONS) == [(0, 500, "issued")] * 2
    assert await contradictions(shop) == []


async def test_an_unused_coupon_goes_with_its_order_and_does_not_come_back(shop: Shop):
    member_id = await five_off(shop, caps=ONCE_EVER)
    await sell(shop, 5000)
    assert await rows(shop, USES) == [(member_id, 1)]
    for status in ("cancelled", "cancelled", "paid"):
        await sell(shop, 5000, status=status)
        assert await rows(shop, COUPONS) == [(0, 500, "void")]
        assert await rows(shop, USES) == []
    await sell(shop, 5000, "2")
    assert await rows(shop, COUPONS) == [(0, 500, "void"), (0, 500, "issued")]
    assert await contradictions(shop) == []


async def test_it_goes_when_all_of_the_order_came_back(shop: Shop):
    await five_off(shop)
    await sell(shop, 5000)
    await send_back(shop, 4900)
    assert await rows(shop, COUPONS) == [(0, 500, "issued")]
    await send_back(shop, 100, "r2")
    assert await rows(shop, COUPONS) == [(0, 500, "void")]
    assert await contradictions(shop) == []


async def test_an_order_of_which_nothing_is_left_gives_none(shop: Shop):
    await five_off(shop)
    await send_back(shop, 5000)
    await sell(shop, 5000)
    assert await rows(shop, COUPONS) == []


async def test_a_used_coupon_stays_and_has_been_the_one_of_its_cap(shop: Shop):
    member_id = await five_off(shop, caps=ONCE_EVER)
    await sell(shop, 5000)
    used = await sell(shop, 3000, "2", codes=(await code_of(shop),))
    assert used.states == ("used",)
    await sell(shop, 5000, status="cancelled")
    assert await rows(shop, COUPONS) == [(0, 500, "used")]
    assert await rows(shop, USES) == [(member_id, 1)]
    await sell(shop, 5000, "3")
    assert await rows(shop, COUPONS) == [(0, 500, "used")]
    await sell(shop, 5000)
    assert await rows(shop, USES) == [(member_id, 1)]
    assert await contradictions(shop) == []


async def test_an_order_that_waits_with_the_coupon_does_not_save_it(shop: Shop):
    await five_off(shop)
    await sell(shop, 5000)
    codes = (await code_of(shop),)
    await sell(shop, 3000, "2", codes=codes, status="pending")
    await sell(shop, 5000, status="cancelled")
    late = await sell(shop, 3000, "2", codes=codes)
    assert late.flags == (f"coupon_void:{codes[0]}",)
    assert await contradictions(shop) == []


async def test_a_coupon_that_somebody_cancelled_is_not_cancelled_again(shop: Shop):
    await five_off(shop, caps=ONCE_EVER)
    await sell(shop, 5000)
    [(redemption_id,)] = await rows(shop, "SELECT redemption_id FROM redemption WHERE merchant_id = $1")
    await cancel(shop, redemption_id)
    await sell(shop, 5000, status="cancelled")
    assert await rows(shop, USES) == []
    topics = [topic for (topic,) in await rows(shop, EVENTS)]
    assert topics.count("redemption.cancelled") == 1


async def test_points_and_gifts_come_together(shop: Shop):
    await five_off(shop)
    await earning(shop, Flat(points=10))
    assert (await sell(shop, 5000)).points == 10
    assert await rows(shop, COUPONS) == [(0, 500, "issued")]
    assert (await sell(shop, 5000, status="cancelled")).points == 0
    assert await contradictions(shop) == []


async def test_an_order_lets_a_member_enter_a_tier_and_they_stay(shop: Shop):
    await earning(shop, TierEntry(level=2), amount_min_minor=5000)
    await shop.member(ANA)
    await sell(shop, 4999)
    assert await rows(shop, LEVELS) == [(0,)]
    await sell(shop, 5000)
    assert await rows(shop, LEVELS) == [(2,)]
    await sell(shop, 5000, status="cancelled")
    assert await rows(shop, LEVELS) == [(2,)]
    assert await contradictions(shop) == []


async def test_who_does_not_take_part_is_given_nothing(street: Street):
    shop = await street.shop(policies=Policies(opt_in="opted_in"))
    await five_off(shop)
    await sell(shop, 5000)
    assert await rows(shop, COUPONS) == []


async def test_gifts_count_for_whom_they_are_of_after_a_merge_and_its_way_back(shop: Shop):
    ana = await five_off(shop, caps=(Cap(per=Period.EVER, times=2),))
    ben = await shop.member(BEN)
    await sell(shop, 5000)
    await sell(shop, 5000, "2", who=BEN)
    await sell(shop, 5000, "3", who=BEN)
    await sell(shop, 5000, "3", who=BEN, status="cancelled")
    merged = await merge(shop, ana, ben)
    assert await rows(shop, USES) == [(ana, 2)]
    await unmerge(shop, merged.merge_id)
    assert sorted(await rows(shop, USES)) == [(ana, 1), (ben, 1)]
    assert await contradictions(shop) == []
