"""Gifts whose codes are not ours to make: they never stand in the way of what they are for, and come later."""

import pytest

from guerdon.moving.leaving import erase_member
from guerdon.rewards.codes import Pooled
from guerdon.rewards.pools import upload_codes
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rules import Rule
from tests.callbacks.coupon_server import CouponServer, answering
from tests.callbacks.steps import ANA, begin, ruled, settle
from tests.rewards.test_grant import Give
from tests.shop import Shop, email
from tests.street import cancel, contradictions, do, redemption_of, report
from tests.worker.hands import events

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def give(shop: Shop, rule: Rule) -> Redemption:
    return await do(shop, Give(merchant=shop.merchant, who=email(ANA), rule_id=rule.rule_id))


async def test_a_gift_from_an_empty_pool_comes_when_the_pool_is_filled(shop: Shop):
    rule = await shop.rule(codes=Pooled())
    await shop.member(ANA)
    gift = await give(shop, rule)
    assert await redemption_of(shop, gift.redemption_id) == ("asked", "asked", None)
    await settle(shop)
    assert await events(shop, "redemption.created") == []
    assert await contradictions(shop) == []
    await upload_codes(shop.engine.database, shop.merchant.merchant_id, rule.rule_id, ["free-1"], now=shop.clock())
    await settle(shop, seconds=3600)
    assert await redemption_of(shop, gift.redemption_id) == ("redeemed", "issued", None)
    ((_, told),) = await events(shop, "redemption.created")
    assert (told["code"], told["given_for"]) == ("free-1", "test:1")
    assert (await report(shop, ANA, "1", "FREE-1")).flags == ()
    assert await contradictions(shop) == []


async def test_a_gift_that_a_shop_makes_is_asked_for_until_it_is_there(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    coupon_server.create = answering(b"", 503)
    gift = await give(shop, rule)
    await settle(shop)
    await settle(shop, seconds=60)
    coupon_server.create = coupon_server.make
    await settle(shop, seconds=120)
    assert await redemption_of(shop, gift.redemption_id) == ("redeemed", "issued", None)
    assert {one.body["coupon_code"] for one in coupon_server.asked} == coupon_server.live == {gift.code}
    assert len(coupon_server.asked) == 3
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


@pytest.mark.parametrize(("status", "after_s"), [(400, 0), (500, 4 * 86_400)])
async def test_a_gift_that_a_shop_will_not_make_comes_to_nothing(
    shop: Shop, coupon_server: CouponServer, status: int, after_s: int
):
    rule = await ruled(shop, coupon_server)
    coupon_server.create = answering(b"", status)
    gift = await give(shop, rule)
    await settle(shop)
    if after_s:
        await settle(shop, seconds=after_s)
    assert await redemption_of(shop, gift.redemption_id) == ("cancelled", "void", None)
    assert [told["reason"] for _, told in await events(shop, "redemption.unissued")] == [f"http_{status}"]
    assert await contradictions(shop) == []


async def test_a_gift_that_is_taken_back_before_it_came_is_not_asked_for(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    gift = await give(shop, rule)
    await cancel(shop, gift.redemption_id)
    await settle(shop, seconds=60)
    assert coupon_server.asked == []
    assert await redemption_of(shop, gift.redemption_id) == ("cancelled", "void", None)
    assert await contradictions(shop) == []


async def test_who_is_erased_while_the_shop_is_asked_leaves_nothing_behind(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    redemption = (await begin(shop, rule)).value
    await erase_member(shop.engine.database, shop.engine.desk, shop.merchant, redemption.member_id, actor="test")
    await settle(shop, seconds=60)
    assert await redemption_of(shop, redemption.redemption_id) == ("cancelled", "void", None)
    assert coupon_server.asked == []
    assert len(coupon_server.cancelled) == 1
    assert coupon_server.cancelled[0].body["customer_email"] is None
    assert await contradictions(shop) == []
