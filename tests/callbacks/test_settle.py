"""Coupons that the merchant's own URL makes: no answer of it leaves a coupon without points, or loses points."""

from typing import Any

import msgspec
import pytest

from guerdon.errors.rewards import CouponNotIssued
from guerdon.rewards.codes import Called
from guerdon.rewards.rules import Rule, change_rule
from tests.callbacks.coupon_server import CouponServer, answering, too_late
from tests.callbacks.steps import ANA, begin, redeem, ruled, settle
from tests.shop import Shop
from tests.street import contradictions, redemption_of, report
from tests.worker.hands import events

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_shop_is_told_all_of_it_and_the_points_leave(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server, secret="s3cret")
    redemption = await redeem(shop, rule)
    (asked,) = coupon_server.asked
    assert asked.body == {
        "coupon_code": redemption.code, "discount_amount": 5.0, "discount_amount_cents": 500, "currency": "USD",
        "customer_email": ANA, "redemption_id": redemption.redemption_id, "redemption_option_id": rule.rule_id,
        "third_party_id": None, "third_party_rule_id": None, "expires_at": None, "secret": "s3cret",
    }  # fmt: skip
    assert asked.headers["X-Api-Secret"] == "s3cret"
    assert asked.headers["Idempotency-Key"] == f"redemption-{redemption.redemption_id}-create"
    assert await shop.balance(ANA) == (0, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("redeemed", "issued", None)
    assert [told["code"] for _, told in await events(shop, "redemption.created")] == [redemption.code]
    assert await contradictions(shop) == []


async def test_a_delayed_one_stays_held_until_an_order_names_the_shops_own_code(
    shop: Shop, coupon_server: CouponServer
):
    answer = msgspec.json.encode({"coupon_code": "shop-77", "id": 4711, "rule_id": "R-9"})
    coupon_server.create = answering(answer, 201)
    rule = await ruled(shop, coupon_server)
    redemption = await redeem(shop, rule, delayed=True)
    assert (redemption.code, redemption.third_party_id, redemption.third_party_rule_id) == ("shop-77", "4711", "R-9")
    assert await shop.balance(ANA) == (0, 100)
    proposed = coupon_server.asked[0].body["coupon_code"]
    assert (await report(shop, ANA, "1", proposed)).flags == ()
    assert await shop.balance(ANA) == (0, 100)
    assert (await report(shop, ANA, "2", "SHOP-77")).flags == ()
    assert await shop.balance(ANA) == (0, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "2")
    assert await contradictions(shop) == []


async def lead(shop: Shop, rule: Rule, codes: Called) -> None:
    """Change where a rule's coupons are made."""
    terms = msgspec.structs.replace(rule.terms, codes=codes)
    await change_rule(
        shop.engine.database, shop.merchant.merchant_id, rule.rule_id, terms, actor="test", user_id=None,
        now=shop.clock(),
    )  # fmt: skip


REFUSALS = [
    (answering(b'{"error": "no such customer"}'), "refused"),
    (answering(b'{"success": false}'), "refused"),
    (answering(b"", 422), "http_422"),
]

UNCLEAR = [
    (answering(b"<html>Please sign in</html>"), "nonsense"),
    (answering(b'["CODE"]'), "nonsense"),
    (answering(b'{"code": "two words"}'), "nonsense"),
    (answering(b"", 503), "http_503"),
    (answering(b"", 302), "http_302"),
]


@pytest.mark.parametrize(("answer", "reason"), REFUSALS)
async def test_a_shop_that_says_no_is_not_asked_to_take_anything_back(
    shop: Shop, coupon_server: CouponServer, answer: Any, reason: str
):
    coupon_server.create = answer
    rule = await ruled(shop, coupon_server, redemptions_max_per_member=1)
    with pytest.raises(CouponNotIssued) as refused:
        await redeem(shop, rule)
    assert refused.value.reason == reason
    await settle(shop, seconds=60)
    assert coupon_server.cancelled == []
    assert await shop.balance(ANA) == (100, 0)
    assert [told["reason"] for _, told in await events(shop, "redemption.unissued")] == [reason]
    assert await events(shop, "redemption.created") == []
    coupon_server.create = coupon_server.make
    await redeem(shop, rule)
    assert await contradictions(shop) == []


@pytest.mark.parametrize(("answer", "reason"), UNCLEAR)
async def test_whatever_cannot_be_understood_frees_the_points_and_is_taken_back(
    shop: Shop, coupon_server: CouponServer, answer: Any, reason: str
):
    coupon_server.create = answer
    rule = await ruled(shop, coupon_server)
    with pytest.raises(CouponNotIssued) as refused:
        await redeem(shop, rule)
    assert refused.value.reason == reason
    assert await shop.balance(ANA) == (100, 0)
    await settle(shop)
    assert [one.body["coupon_code"] for one in coupon_server.cancelled] == [
        coupon_server.asked[0].body["coupon_code"]
    ]  # fmt: skip
    assert await contradictions(shop) == []


async def test_a_coupon_that_was_made_too_late_is_taken_back(shop: Shop, coupon_server: CouponServer):
    coupon_server.create = too_late(coupon_server)
    rule = await ruled(shop, coupon_server, timeout_s=1)
    with pytest.raises(CouponNotIssued) as refused:
        await redeem(shop, rule)
    assert refused.value.reason == "timeout"
    assert await shop.balance(ANA) == (100, 0)
    assert len(coupon_server.live) == 1
    await lead(shop, rule, coupon_server.codes())
    await settle(shop)
    assert coupon_server.live == set()
    assert await contradictions(shop) == []


async def test_a_code_that_is_somebody_elses_is_not_given_again(shop: Shop, coupon_server: CouponServer):
    coupon_server.create = answering(b'{"code": "ALWAYS"}')
    rule = await ruled(shop, coupon_server)
    await shop.give(ANA, 100)
    assert (await redeem(shop, rule)).code == "ALWAYS"
    with pytest.raises(CouponNotIssued) as refused:
        await redeem(shop, rule)
    assert refused.value.reason == "code_taken"
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


async def test_nobody_waits_for_a_server_that_is_not_there(shop: Shop, coupon_server: CouponServer):
    rule = await shop.rule(codes=coupon_server.codes())
    nowhere = msgspec.structs.replace(coupon_server.codes(), create_url="http://127.0.0.1:1/create")
    await shop.member(ANA, 100)
    await lead(shop, rule, nowhere)
    with pytest.raises(CouponNotIssued) as refused:
        await redeem(shop, rule)
    assert refused.value.reason == "connection"
    assert await shop.balance(ANA) == (100, 0)


async def test_an_order_cannot_use_a_coupon_that_is_not_there_yet(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    answer = await begin(shop, rule)
    code = answer.value.code
    assert (await report(shop, ANA, "1", code)).flags == (f"coupon_void:{code}",)
    assert await shop.balance(ANA) == (0, 100)
    await shop.engine.callbacks.settled(shop.merchant, answer, actor="test", key=None)
    assert (await report(shop, ANA, "1", code, status="fulfilled")).flags == ()
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []
