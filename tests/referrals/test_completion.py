"""A referral from its first word to its rewards, once for each friend, and back where the order comes to nothing."""

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from guerdon.merchants.referral import ReferralProgramme
from guerdon.referrals.referral import Referral
from guerdon.referrals.statistics import get_statistics, list_referrals
from tests.referrals.friends import ANA, BEN, CAT, buy, code, join, referring, tell
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def referrals(shop: Shop) -> list[Referral]:
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    return await list_referrals(database, merchant_id, None, before=shop.clock(), before_id=2**62)


async def coupons(shop: Shop) -> list[tuple[str, str]]:
    rows = await shop.engine.database.fetch(
        """
        SELECT redemption.state, coupon.state FROM redemption JOIN coupon USING (merchant_id, redemption_id)
         WHERE merchant_id = $1 ORDER BY redemption_id
        """,
        shop.merchant.merchant_id,
    )
    return [(row[0], row[1]) for row in rows]


async def test_a_friends_first_order_rewards_both(street: Street):
    shop = await referring(street)
    signed_up = await join(shop, BEN, (await code(shop)).lower())
    assert signed_up is not None
    assert (signed_up.state, signed_up.source) == ("signed_up", "code")
    completed = await buy(shop, BEN)
    assert completed is not None
    assert (completed.state, completed.order_id) == ("completed", "order of ben@example.com")
    assert completed.amount_minor == 5000
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((100, 0), (50, 0))
    assert await buy(shop, BEN) == completed
    assert await buy(shop, BEN, order_id="second", first=False) == completed
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((100, 0), (50, 0))
    assert await contradictions(shop) == []


async def test_many_reports_of_an_order_at_once_complete_once(street: Street):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    await asyncio.gather(*(buy(shop, BEN, order_id=f"o{n}") for n in range(20)))
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((100, 0), (50, 0))
    assert await contradictions(shop) == []


async def test_an_order_that_names_the_code_is_enough_for_a_new_customer(street: Street):
    shop = await referring(street)
    await shop.member(BEN)
    completed = await buy(shop, BEN, "SHOP-OWN", await code(shop))
    assert completed is not None
    assert (completed.state, completed.source) == ("completed", "order")
    assert await shop.balance(ANA) == (100, 0)


async def test_the_first_order_that_is_large_enough_counts(street: Street):
    shop = await referring(street, ReferralProgramme(referrer_points=100, minimum_order_minor=5000))
    await join(shop, BEN, await code(shop))
    small = await buy(shop, BEN, amount_minor=4999)
    assert small is not None
    assert small.state == "signed_up"
    assert await shop.balance(ANA) == (0, 0)
    await buy(shop, BEN, order_id="second", first=False)
    assert await shop.balance(ANA) == (100, 0)


async def test_who_was_told_by_email_is_a_friend_of_the_first_who_told(street: Street):
    shop = await referring(street)
    await shop.member(CAT)
    assert (await tell(shop, "B.en+news@gmail.com")).emails == ("B.en+news@gmail.com",)
    shop.clock.advance(seconds=1)
    await tell(shop, "ben@gmail.com", by=CAT)
    signed_up = await join(shop, "ben@gmail.com")
    assert signed_up is not None
    assert (signed_up.source, signed_up.state) == ("email", "signed_up")
    await buy(shop, "ben@gmail.com")
    assert (await shop.balance(ANA), await shop.balance(CAT)) == ((100, 0), (0, 0))
    assert [one.state for one in await referrals(shop)] == ["shared", "completed"]


async def test_a_code_goes_before_an_email(street: Street):
    shop = await referring(street)
    await shop.member(CAT)
    await tell(shop, BEN)
    await join(shop, BEN, await code(shop, CAT))
    await buy(shop, BEN)
    assert (await shop.balance(ANA), await shop.balance(CAT)) == ((0, 0), (100, 0))


async def test_a_friend_is_brought_once(street: Street):
    shop = await referring(street)
    await shop.member(CAT)
    first = await join(shop, BEN, await code(shop))
    assert await join(shop, BEN, await code(shop, CAT)) == first
    assert len(await referrals(shop)) == 1


async def test_nobody_brings_whom_nobody_told(street: Street):
    shop = await referring(street)
    assert await join(shop, BEN) is None
    assert await join(shop, CAT, "NOBODYS9") is None
    assert await buy(shop, BEN) is None


async def test_points_wait_as_the_programme_says(street: Street):
    shop = await referring(street, ReferralProgramme(referrer_points=100, pending="14 days"))
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    assert await shop.balance(ANA) == (0, 0)
    at = await shop.engine.database.fetchval(
        "SELECT activates_at FROM pending WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert at == datetime(2026, 3, 24, tzinfo=UTC)


async def test_coupons_are_given_and_taken_back_with_the_order(street: Street):
    shop = await referring(street)
    reward = await shop.rule(name="Five off")
    both = ReferralProgramme(referrer_coupon_rule=reward.rule_id, friend_points=50, friend_coupon_rule=reward.rule_id)
    shop.merchant = replace(shop.merchant, policies=replace(shop.merchant.policies, referrals=both))
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    assert await coupons(shop) == [("redeemed", "issued")] * 2
    used = "UPDATE coupon SET state = 'used', order_id = 'o' WHERE merchant_id = $1 AND redemption_id = $2"
    first = await shop.engine.database.fetchval(
        "SELECT min(redemption_id) FROM redemption WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    await shop.engine.database.execute(used, shop.merchant.merchant_id, first)
    await buy(shop, BEN, stands=False)
    assert await coupons(shop) == [("redeemed", "used"), ("cancelled", "void")]
    assert await shop.balance(BEN) == (0, 0)
    await buy(shop, BEN)
    assert await coupons(shop) == [("redeemed", "used"), ("cancelled", "void"), ("redeemed", "issued")]
    assert await shop.balance(BEN) == (50, 0)
    assert await contradictions(shop) == []


async def test_an_order_that_comes_to_nothing_takes_the_rewards_back_once(street: Street):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    reversed_ = await buy(shop, BEN, stands=False)
    assert reversed_ is not None
    assert reversed_.state == "reversed"
    assert await buy(shop, BEN, stands=False) == reversed_
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((0, 0), (0, 0))
    progress = "SELECT sum(referrals), sum(points) FROM tier_progress WHERE merchant_id = $1"
    row = await shop.engine.database.fetchrow(progress, shop.merchant.merchant_id)
    assert row is not None
    assert tuple(row) == (0, 0)
    again = await buy(shop, BEN)
    assert again is not None
    assert again.state == "completed"
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((100, 0), (50, 0))
    row = await shop.engine.database.fetchrow(progress, shop.merchant.merchant_id)
    assert row is not None
    assert tuple(row) == (1, 150)
    assert await contradictions(shop) == []


async def test_after_the_programmes_days_the_rewards_stay(street: Street):
    shop = await referring(street, ReferralProgramme(referrer_points=100, reversal_days=7))
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    shop.clock.advance(days=7, seconds=1)
    kept = await buy(shop, BEN, stands=False)
    assert kept is not None
    assert kept.state == "completed"
    assert await shop.balance(ANA) == (100, 0)


async def test_the_end_of_another_order_takes_nothing_back(street: Street):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    await buy(shop, BEN, order_id="another", first=False, stands=False)
    assert await shop.balance(ANA) == (100, 0)


async def test_who_takes_no_part_gets_nothing_and_the_other_does(street: Street):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    await shop.engine.database.execute(
        "UPDATE member SET status = 'suspended' FROM identity WHERE member.merchant_id = $1 AND identity.value = $2"
        " AND identity.merchant_id = $1 AND identity.member_id = member.member_id",
        shop.merchant.merchant_id,
        ANA,
    )
    await buy(shop, BEN)
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((0, 0), (50, 0))


async def test_without_a_programme_nothing_is_looked_up_and_nothing_given(shop: Shop):
    await shop.member(ANA)
    await shop.member(BEN)
    assert await join(shop, BEN, await code(shop)) is None
    assert await buy(shop, BEN, await code(shop)) is None


async def test_statistics_say_what_came_of_it(street: Street):
    shop = await referring(street)
    await tell(shop, "dan@example.com", ANA)
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN, amount_minor=4000)
    await shop.member(CAT)
    await buy(shop, CAT, await code(shop), first=False)
    (member_id,) = {one.member_id for one in await referrals(shop)}
    found = await get_statistics(shop.engine.database, shop.merchant.merchant_id, member_id)
    assert (found.shares, found.signed_up, found.orders, found.amount_minor) == (2, 1, 1, 4000)
    assert [(one.reason, one.referrals) for one in found.refused] == [("not_new", 1), ("self", 1)]
    assert [(one.email, one.points) for one in found.friends] == [(BEN, 100)]
