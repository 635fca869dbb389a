"""Reminders: points that expire soon, and rewards within reach, each told once."""

from datetime import timedelta

import pytest

from guerdon.worker.remind import windows
from tests.shop import START, Shop
from tests.street import Street, redeem
from tests.worker.hands import ANA, BEN, choose, earn, events, night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_members_are_told_so_many_days_ahead_once_each(shop: Shop):
    await choose(shop, expiry="40 days", remind_expiring_days=(30, 7))
    ana = await shop.member(ANA)
    await earn(shop, ANA, 60)
    shop.clock.advance(hours=1)
    await earn(shop, ANA, 40)
    told: dict[int, int] = {}
    for day in range(1, 42):
        shop.clock.advance(days=1)
        await night(shop)
        told[day] = len(await events(shop, "points.expiring"))
    assert [day for day in told if told[day] > told.get(day - 1, 0)] == [10, 33]
    found = await events(shop, "points.expiring")
    assert [member for member, _ in found] == [ana, ana]
    assert [(facts["points"], facts["last_day"], facts["days"]) for _, facts in found] == [
        (100, "2026-04-19", 30), (100, "2026-04-19", 7),
    ]  # fmt: skip
    left = "SELECT count(*) FROM expiry_reminder WHERE merchant_id = $1"
    assert await shop.engine.database.fetchval(left, shop.merchant.merchant_id) == 0, "the past needs no reminder"


async def test_of_points_that_lapse_members_are_told_anew_after_each_activity(shop: Shop):
    await choose(shop, expiry="20 days inactive", remind_expiring_days=(7,))
    await shop.member(ANA)
    await earn(shop, ANA, 60)
    await night(shop)
    shop.clock.advance(days=13)
    await night(shop)
    await earn(shop, ANA, 5)
    shop.clock.advance(days=13)
    await night(shop)
    found = await events(shop, "points.expiring")
    assert [(facts["points"], facts["last_day"]) for _, facts in found] == [(60, "2026-03-30"), (65, "2026-04-12")]


async def test_nights_that_were_missed_are_told_of_once_as_the_fewest_days_that_are_left(shop: Shop):
    await choose(shop, expiry="40 days", remind_expiring_days=(30, 7))
    await shop.member(ANA)
    await earn(shop, ANA, 60)
    await night(shop)
    shop.clock.advance(days=35)
    await night(shop)
    assert [facts["days"] for _, facts in await events(shop, "points.expiring")] == [5]


async def test_nobody_is_told_who_takes_no_part_or_has_spent_the_points(shop: Shop):
    await choose(shop, expiry="7 days", remind_expiring_days=(7,))
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    await shop.member(BEN)
    await earn(shop, BEN, 100)
    rule = await shop.rule()
    await redeem(shop, ANA, rule.rule_id)
    suspend = "UPDATE member SET status = 'suspended' WHERE merchant_id = $1 AND member_id = $2"
    await shop.engine.database.execute(suspend, shop.merchant.merchant_id, await shop.member(BEN))
    await night(shop)
    assert await events(shop, "points.expiring") == []


async def test_windows_are_days_of_the_merchant_and_leave_no_gap(street: Street):
    shop = await street.shop(timezone="America/New_York")
    await choose(shop, remind_expiring_days=(3,))
    today = shop.merchant.day(START)
    found = [
        windows(shop.merchant, today + timedelta(days=n), today + timedelta(days=n - 1), START)[0] for n in range(10)
    ]
    assert [one.until for one in found[:-1]] == [one.since for one in found[1:]]
    assert [one.until for one in found] == [shop.merchant.end_of_day(START, days_later=n + 3) for n in range(10)]


async def test_a_reward_is_told_when_the_balance_has_become_enough_for_it(shop: Shop):
    await choose(shop, remind_rewards=True)
    ana = await shop.member(ANA, 150)
    cheap = await shop.rule(points=100)
    dear = await shop.rule(points=200)
    await shop.rule(points=120, active=False)
    await shop.rule(points=120, tier_level=2)
    told: list[list[int]] = []

    async def tomorrow() -> None:
        shop.clock.advance(days=1)
        await night(shop)
        found = await events(shop, "redemption.available")
        assert {member for member, _ in found} == {ana}
        told[:] = [facts["rule_ids"] for _, facts in found]

    await tomorrow()
    assert told == [[cheap.rule_id]]
    await tomorrow()
    assert len(told) == 1
    await shop.give(ANA, 60)
    await tomorrow()
    assert told[1:] == [[dear.rule_id]]
    await redeem(shop, ANA, dear.rule_id)
    await tomorrow()
    assert len(told) == 2
    await shop.give(ANA, 190)
    await tomorrow()
    assert told[2:] == [[cheap.rule_id, dear.rule_id]]


async def test_rewards_are_told_only_where_the_merchant_wants_it(shop: Shop):
    await shop.member(ANA, 150)
    await shop.rule(points=100)
    await night(shop)
    assert await events(shop, "redemption.available") == []
