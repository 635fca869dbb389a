"""A redemption from its command to its rows: the order of checks, what a refusal tells, days where clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from guerdon.errors.books import MemberNotFound, NotEnoughPoints
from guerdon.errors.rewards import DayCap, PointsOffStep, RedemptionOver, RuleDisabled, RuleNotFound
from guerdon.merchants.merchant import Policies
from guerdon.points.command import Identity
from guerdon.rewards.ending import RequestCancellation
from guerdon.rewards.redeem import Redeem
from tests.shop import Shop
from tests.street import Street, cancel, contradictions, do, expire, redeem, redemption_of
from tests.worker.hands import events

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


async def test_existence_comes_before_shape_and_shape_before_state(shop: Shop):
    rule = await shop.rule(active=False)
    with pytest.raises(MemberNotFound):
        await redeem(shop, ANA, 999, 150)
    await shop.member(ANA)
    with pytest.raises(RuleNotFound):
        await redeem(shop, ANA, 999, 150)
    with pytest.raises(PointsOffStep):
        await redeem(shop, ANA, rule.rule_id, 150)
    with pytest.raises(RuleDisabled):
        await redeem(shop, ANA, rule.rule_id, 200)


async def test_a_refusal_tells_every_further_reason(shop: Shop):
    rule = await shop.rule(active=False, tier_level=2, points_max_per_transaction=100, stock=0)
    await shop.member(ANA, 50)
    with pytest.raises(RuleDisabled) as refused:
        await redeem(shop, ANA, rule.rule_id, 200)
    assert [also.code for also in refused.value.also] == [
        "tier_too_low", "transaction_cap", "not_enough_points", "stock_gone"
    ]  # fmt: skip
    assert await shop.balance(ANA) == (50, 0)
    assert await contradictions(shop) == []


async def test_another_merchants_rule_does_not_exist(shop: Shop, street: Street):
    other = await street.shop()
    rule = await other.rule()
    await shop.member(ANA, 100)
    with pytest.raises(RuleNotFound):
        await redeem(shop, ANA, rule.rule_id)


async def test_any_identity_redeems(shop: Shop):
    rule = await shop.rule()
    member_id = await shop.member(ANA, 100)
    who = (Identity("phone", "+14155550100"), Identity("email", ANA))
    redemption = await do(shop, Redeem(merchant=shop.merchant, who=who, rule_id=rule.rule_id))
    assert redemption.member_id == member_id


@pytest.mark.parametrize(
    ("midnight", "hours"), [(datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)]
)
async def test_a_days_cap_is_that_of_the_merchants_day(street: Street, midnight: datetime, hours: int):
    shop = await street.shop(currency_code="EUR", timezone="Europe/Berlin")
    rule = await shop.rule(currency="EUR", points_max_per_day=100)
    await shop.member(ANA, 1000)
    shop.clock.now = midnight
    await redeem(shop, ANA, rule.rule_id)
    shop.clock.advance(hours=hours, seconds=-1)
    with pytest.raises(DayCap) as refused:
        await redeem(shop, ANA, rule.rule_id)
    assert refused.value.points_left == 0
    shop.clock.advance(seconds=1)
    await redeem(shop, ANA, rule.rule_id)
    assert await contradictions(shop) == []


async def test_held_points_count_towards_caps_and_give_their_share_back(shop: Shop):
    rule = await shop.rule(points_max_per_day=100, redemptions_max_per_member=1, stock=1, budget_minor=500)
    await shop.member(ANA, 1000)
    held = await redeem(shop, ANA, rule.rule_id, delayed=True)
    with pytest.raises(DayCap) as refused:
        await redeem(shop, ANA, rule.rule_id)
    assert [also.code for also in refused.value.also] == ["member_cap", "stock_gone", "budget_gone"]
    await cancel(shop, held.redemption_id)
    again = await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=31)
    await expire(shop, again.redemption_id)
    await redeem(shop, ANA, rule.rule_id)
    assert await contradictions(shop) == []


async def test_yesterdays_share_given_back_leaves_todays_alone(shop: Shop):
    rule = await shop.rule(points_max_per_day=200)
    await shop.member(ANA, 1000)
    yesterday = await redeem(shop, ANA, rule.rule_id, 200)
    shop.clock.advance(days=1)
    await redeem(shop, ANA, rule.rule_id, 200)
    await cancel(shop, yesterday.redemption_id)
    with pytest.raises(DayCap):
        await redeem(shop, ANA, rule.rule_id)
    assert await contradictions(shop) == []


async def test_a_hold_ends_with_its_days_and_not_before(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    held = await redeem(shop, ANA, rule.rule_id, delayed=True)
    end = datetime(2026, 4, 10, tzinfo=UTC)
    assert held.expires_at == end
    shop.clock.now = end - timedelta(seconds=1)
    assert (await expire(shop, held.redemption_id)).state == "held"
    shop.clock.now = end
    assert (await expire(shop, held.redemption_id)).state == "expired"
    assert await redemption_of(shop, held.redemption_id) == ("expired", "expired", None)
    assert await shop.balance(ANA) == (100, 0)


async def test_a_policy_lets_holds_wait_for_ever(street: Street):
    shop = await street.shop(policies=Policies(hold_days=None))
    rule = await shop.rule()
    await shop.member(ANA, 100)
    held = await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=10_000)
    assert (await expire(shop, held.redemption_id)).state == "held"


async def test_lots_whose_time_is_over_pay_for_nothing(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 60, expires_at=shop.clock() + timedelta(days=1))
    await shop.give(ANA, 90)
    shop.clock.advance(days=1)
    with pytest.raises(NotEnoughPoints) as refused:
        await redeem(shop, ANA, rule.rule_id)
    assert refused.value.facts == {"points": 100, "available": 90, "shortfall": 10}
    await shop.give(ANA, 10)
    await redeem(shop, ANA, rule.rule_id)
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_a_shop_is_asked_to_cancel_and_its_answer_does(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    redemption = await redeem(shop, ANA, rule.rule_id)
    command = RequestCancellation(merchant=shop.merchant, redemption_id=redemption.redemption_id)
    assert await do(shop, command) == redemption
    ((member_id, told),) = await events(shop, "redemption.cancellation_requested")
    assert (member_id, told["redemption_id"], told["code"]) == (
        redemption.member_id, redemption.redemption_id, redemption.code
    )  # fmt: skip
    assert await shop.balance(ANA) == (0, 0)
    await cancel(shop, redemption.redemption_id)
    assert await shop.balance(ANA) == (100, 0)
    with pytest.raises(RedemptionOver):
        await do(shop, command)


async def test_a_coupon_of_spent_points_expires_once(shop: Shop):
    rule = await shop.rule(coupon_days=1)
    await shop.member(ANA, 200)
    redemption = await redeem(shop, ANA, rule.rule_id)
    shop.clock.advance(days=2)
    await expire(shop, redemption.redemption_id)
    await expire(shop, redemption.redemption_id)
    assert await redemption_of(shop, redemption.redemption_id) == ("redeemed", "expired", None)
    assert len(await events(shop, "coupon.expired")) == 1
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []
