"""A crash between any two steps of a coupon that the merchant makes: a job settles it, or a repeat of the request."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from guerdon.callbacks.settle import Callbacks
from guerdon.errors.base import KeyInFlight
from guerdon.errors.rewards import CouponNotIssued
from guerdon.kit.outbound import Outbound
from guerdon.rewards.issue import IssueCoupon
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rules import Rule
from tests.callbacks.coupon_server import Asked, CouponServer, answering, said
from tests.callbacks.steps import ANA, begin, redeem, ruled, settle
from tests.shop import Shop
from tests.street import contradictions, do, redemption_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def crash_in_the_call(shop: Shop, server: CouponServer, rule: Rule, key: str) -> None:
    """The merchant has made the coupon, and whoever asked for it is no more when the answer comes."""
    made = asyncio.Event()

    async def make(asked: Asked) -> Any:
        await server.make(asked)
        made.set()
        await asyncio.sleep(60)

    server.create = make
    asking = asyncio.create_task(redeem(shop, rule, key=key))
    await made.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    server.create = server.make


async def test_before_the_call_the_points_are_held_until_the_job_frees_them(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    redemption = (await begin(shop, rule)).value
    assert await redemption_of(shop, redemption.redemption_id) == ("asked", "asked", None)
    assert await contradictions(shop) == []
    await settle(shop, seconds=39)
    assert await shop.balance(ANA) == (0, 100), "whoever was to call may still be at it"
    await settle(shop, seconds=1)
    assert await shop.balance(ANA) == (100, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("cancelled", "void", None)
    assert len(coupon_server.cancelled) == 1
    assert await contradictions(shop) == []


async def test_between_call_and_issue_the_job_frees_the_points_and_takes_the_coupon_back(
    shop: Shop, coupon_server: CouponServer
):
    rule = await ruled(shop, coupon_server)
    await crash_in_the_call(shop, coupon_server, rule, "k")
    assert len(coupon_server.live) == 1
    assert await shop.balance(ANA) == (0, 100)
    await settle(shop, seconds=60)
    assert coupon_server.live == set()
    assert await shop.balance(ANA) == (100, 0)
    with pytest.raises(CouponNotIssued) as refused:
        await redeem(shop, rule, key="k")
    assert refused.value.reason == "unsettled"
    assert await contradictions(shop) == []


async def test_a_repeat_under_the_same_key_finishes_what_a_dead_process_began(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    await crash_in_the_call(shop, coupon_server, rule, "k")
    shop.clock.advance(seconds=60)
    redemption = await redeem(shop, rule, key="k")
    first, again = coupon_server.asked
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]
    assert first.body == again.body
    assert coupon_server.live == {redemption.code}
    assert await shop.balance(ANA) == (0, 0)
    await settle(shop, seconds=3600)
    assert coupon_server.live == {redemption.code}
    assert await redeem(shop, rule, key="k") == redemption
    assert len(coupon_server.asked) == 2
    assert await contradictions(shop) == []


async def test_a_repeat_while_the_first_is_under_way_waits_for_its_coupon(shop: Shop, coupon_server: CouponServer):
    begun, go = asyncio.Event(), asyncio.Event()

    async def make(asked: Asked) -> Any:
        begun.set()
        await go.wait()
        return await coupon_server.make(asked)

    coupon_server.create = make
    rule = await ruled(shop, coupon_server)
    first = asyncio.create_task(redeem(shop, rule, key="k"))
    await begun.wait()
    async with await Outbound.open(allow_private=True) as outbound:
        hasty = Callbacks(shop.engine.database, shop.engine.desk, outbound, shop.clock, patience_s=0.05)
        with pytest.raises(KeyInFlight):
            await hasty.settled(shop.merchant, await begin(shop, rule, key="k"), actor="test", key="k")
    second = asyncio.create_task(redeem(shop, rule, key="k"))
    go.set()
    assert await first == await second
    assert len(coupon_server.asked) == 1
    assert await shop.balance(ANA) == (0, 0)


async def test_a_repeat_of_what_was_refused_is_refused_alike(shop: Shop, coupon_server: CouponServer):
    coupon_server.create = answering(b'{"error": "sold out"}')
    rule = await ruled(shop, coupon_server)
    with pytest.raises(CouponNotIssued) as first:
        await redeem(shop, rule, key="k")
    coupon_server.create = coupon_server.make
    with pytest.raises(CouponNotIssued) as again:
        await redeem(shop, rule, key="k")
    assert again.value.facts == first.value.facts
    assert len(coupon_server.asked) == 1
    await redeem(shop, rule, key="another")
    assert await shop.balance(ANA) == (0, 0)


async def test_an_answer_that_comes_after_all_was_freed_issues_nothing(shop: Shop, coupon_server: CouponServer):
    """A process that was only slow: its coupon is taken back, once more if it must be."""
    rule = await ruled(shop, coupon_server)
    redemption = (await begin(shop, rule)).value
    await settle(shop, seconds=60)
    assert len(coupon_server.cancelled) == 1
    coupon_server.live.add(redemption.code)
    late = IssueCoupon(merchant=shop.merchant, redemption_id=redemption.redemption_id, rule_id=rule.rule_id)
    assert (await do(shop, late)).state == "cancelled"
    await settle(shop)
    assert coupon_server.live == set()
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


async def test_two_answers_to_one_call_issue_one_coupon(shop: Shop, coupon_server: CouponServer):
    rule = await ruled(shop, coupon_server)
    redemption = await redeem(shop, rule)
    second = IssueCoupon(
        merchant=shop.merchant, redemption_id=redemption.redemption_id, rule_id=rule.rule_id, code="OTHER"
    )
    assert await do(shop, second) == redemption
    assert await redemption_of(shop, redemption.redemption_id) == ("redeemed", "issued", None)
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_thirty_at_once_with_crashes_among_them_come_out_even(shop: Shop, coupon_server: CouponServer):
    """Every third is killed in its call, every third is told no: what stands is paid for, and the rest is free."""
    rule = await shop.rule(codes=coupon_server.codes())
    await shop.member(ANA, 3000)
    reached, all_reached = 0, asyncio.Event()

    async def make(asked: Asked) -> Any:
        nonlocal reached
        reached += 1
        if reached == 30:
            all_reached.set()
        place = reached % 3
        made = await coupon_server.make(asked) if place else said({"error": "no"})
        if place == 1:
            await asyncio.sleep(60)
        await all_reached.wait()
        return made

    coupon_server.create = make
    asking = [asyncio.create_task(redeem(shop, rule)) for _ in range(30)]
    answered = asyncio.as_completed(asking)
    for _ in range(20):
        with suppress(CouponNotIssued):
            await next(answered)
    for one in asking:
        one.cancel()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    given = {outcome.code for outcome in outcomes if isinstance(outcome, Redemption)}
    assert len([one for one in outcomes if isinstance(one, CouponNotIssued)]) == 10
    assert await contradictions(shop) == []
    await settle(shop, seconds=60)
    assert coupon_server.live == given
    assert await shop.balance(ANA) == (3000 - 100 * len(given), 0)
    assert await contradictions(shop) == []
