"""A coupon that a merchant's URL made is taken back there if it ends unused: at least once, however long that takes."""

from datetime import timedelta

import pytest

from guerdon.callbacks.calls import FIRST_PAUSE, GIVE_UP_AFTER, PAUSE_MAX, pause
from tests.callbacks.coupon_server import CouponServer, answering
from tests.callbacks.steps import ANA, redeem, ruled, settle
from tests.shop import Shop
from tests.street import cancel, contradictions, redemption_of, report
from tests.worker.hands import events

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def callbacks(shop: Shop, kind: str) -> list[tuple[str, str | None, int, int | None]]:
    rows = await shop.engine.database.fetch(
        "SELECT state, outcome, attempts, status FROM callback WHERE merchant_id = $1 AND kind = $2 ORDER BY asked_at",
        shop.merchant.merchant_id,
        kind,
    )
    return [tuple(row) for row in rows]


async def test_a_spent_coupon_that_nobody_used_expires_and_its_points_stay_spent(
    shop: Shop, coupon_server: CouponServer
):
    rule = await ruled(shop, coupon_server, secret="s3cret", coupon_days=1)
    redemption = await redeem(shop, rule)
    await settle(shop, seconds=86_400)
    assert coupon_server.cancelled == []
    await settle(shop, seconds=86_400)
    (asked,) = coupon_server.cancelled
    assert asked.body["coupon_code"] == redemption.code
    assert asked.body["redemption_id"] == redemption.redemption_id
    assert asked.body["secret"] == asked.headers["X-Api-Secret"] == "s3cret"
    assert await redemption_of(shop, redemption.redemption_id) == ("redeemed", "expired", None)
    assert await shop.balance(ANA) == (0, 0)
    assert [told["code"] for _, told in await events(shop, "coupon.expired")] == [redemption.code]
    assert await callbacks(shop, "cancel") == [("done", "cancelled", 1, 200)]
    await settle(shop, seconds=86_400)
    assert len(coupon_server.cancelled) == 1
    assert await contradictions(shop) == []


async def test_a_rule_may_give_the_points_of_an_expired_coupon_back(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server, coupon_days=1, refund_expired=True, redemptions_max_per_member=1)
    redemption = await redeem(shop, rule)
    await settle(shop, seconds=2 * 86_400)
    assert await redemption_of(shop, redemption.redemption_id) == ("expired", "expired", None)
    assert await shop.balance(ANA) == (100, 0)
    assert len(coupon_server.cancelled) == 1
    await redeem(shop, rule)
    assert await contradictions(shop) == []


async def test_a_hold_that_expires_and_one_that_is_cancelled_are_taken_back(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    held = await redeem(shop, rule, delayed=True)
    await cancel(shop, held.redemption_id)
    await settle(shop)
    again = await redeem(shop, rule, delayed=True)
    await settle(shop, seconds=31 * 86_400)
    assert [one.body["coupon_code"] for one in coupon_server.cancelled] == [held.code, again.code]
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


async def test_a_used_coupon_is_left_alone(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server, coupon_days=1)
    redemption = await redeem(shop, rule)
    await report(shop, ANA, "1", redemption.code)
    await settle(shop, seconds=3 * 86_400)
    assert coupon_server.cancelled == []
    assert await redemption_of(shop, redemption.redemption_id) == ("redeemed", "used", "1")


async def test_a_shop_that_is_away_is_asked_again_ever_more_rarely(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    coupon_server.cancel = answering(b"out of order", 500)
    await cancel(shop, (await redeem(shop, rule)).redemption_id)
    await settle(shop)
    assert await callbacks(shop, "cancel") == [("waiting", "http_500", 1, 500)]
    await settle(shop, seconds=29)
    assert len(coupon_server.cancelled) == 1
    await settle(shop, seconds=1)
    assert len(coupon_server.cancelled) == 2
    await settle(shop, seconds=59)
    assert len(coupon_server.cancelled) == 2
    coupon_server.cancel = coupon_server.take_back
    await settle(shop, seconds=1)
    assert await callbacks(shop, "cancel") == [("done", "cancelled", 3, 200)]
    assert {one.headers["Idempotency-Key"] for one in coupon_server.cancelled} == {
        coupon_server.asked[0].headers["Idempotency-Key"].replace("create", "cancel")
    }


@pytest.mark.parametrize(("status", "state"), [(404, "done"), (410, "done"), (403, "given_up")])
async def test_what_is_not_there_need_not_be_taken_back_and_nobody_is_asked_for_ever(
    shop: Shop, coupon_server: CouponServer, status: int, state: str
):
    rule = await ruled(shop, coupon_server)
    coupon_server.cancel = answering(b"", status)
    await cancel(shop, (await redeem(shop, rule)).redemption_id)
    await settle(shop)
    await settle(shop, seconds=GIVE_UP_AFTER.total_seconds())
    ((ended, *_),) = await callbacks(shop, "cancel")
    assert ended == state


async def test_a_shop_that_repeats_our_secrets_is_not_quoted(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server, secret="s3cret")
    coupon_server.create = answering(b"you are s3cret, for ana@example.com" + b"!" * 1000, 500)
    with pytest.raises(Exception, match="http_500"):
        await redeem(shop, rule)
    kept = await shop.engine.database.fetchval(
        "SELECT response FROM callback WHERE merchant_id = $1 AND kind = 'create'", shop.merchant.merchant_id
    )
    assert kept == ("you are ***, for ***" + "!" * 1000)[:500]


async def test_pauses_double_up_to_an_hour():
    pauses = [pause(attempts) for attempts in range(20)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == PAUSE_MAX == timedelta(hours=1)
