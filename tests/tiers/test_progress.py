"""Tiers in real books: what counts, when a level is entered and left, and what it gives (behaviour 25)."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from guerdon.merchants.merchant import Policies
from guerdon.points.command import Identity
from guerdon.rewards.ending import CancelRedemption
from guerdon.rewards.redeem import Redeem
from guerdon.tiers.members import history
from guerdon.tiers.programme import Sums, Term, Threshold, Tier
from guerdon.tiers.standing import Because
from tests.shop import Shop, email
from tests.street import Street, contradictions, do, redeem, report
from tests.tiers.doing import (
    ANA,
    BEN,
    GOLD,
    SILVER,
    Did,
    after,
    did,
    judge_due,
    level,
    programme,
    set_tiers,
    standing,
    topics,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def changes(shop: Shop, address: str) -> list[tuple[int, int, Because]]:
    """The member's history, oldest first."""
    member_id = await shop.member(address)
    found = await history(shop.engine.database, shop.merchant.merchant_id, member_id)
    return [(one.from_level, one.to_level, one.why) for one in reversed(found)]


async def test_a_level_is_entered_in_the_commit_that_reaches_it(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    assert await did(shop, ANA, earned=99) == 0
    assert await did(shop, ANA, earned=1) == 1
    assert await level(shop, ANA) == 1
    found = await standing(shop, ANA)
    assert (found.level, found.name, found.until) == (1, "Silver", date(2027, 12, 31))
    assert found.entered_at == shop.clock()
    assert (found.counted, found.next_name, found.missing) == (
        Sums(points=100), "Gold", Sums(points=400, orders=5)
    )  # fmt: skip
    assert await topics(shop, ANA) == ["tier.entered"]
    assert await changes(shop, ANA) == [(0, 1, Because.REACHED)]


async def test_every_measure_counts(shop: Shop):
    measures = [Threshold(points_earned=3), Threshold(amount_spent_minor=3), Threshold(purchases=3),
                Threshold(referrals=3)]  # fmt: skip
    await set_tiers(shop, programme(*(Tier(name=f"T{n}", entry=entry) for n, entry in enumerate(measures))))
    await shop.member(ANA)
    assert await did(shop, ANA, earned=3) == 1
    assert await did(shop, ANA, spent_minor=3) == 2
    assert await did(shop, ANA, orders=3) == 3
    assert await did(shop, ANA, referrals=3) == 4


async def test_redeeming_never_demotes(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA, 0)
    await shop.give(ANA, 500)
    held = await level(shop, ANA)
    assert held == 2, "points that count as earned count"
    rule = await shop.rule(points=500)
    await redeem(shop, ANA, rule.rule_id)
    assert await shop.balance(ANA) == (0, 0)
    assert (await level(shop, ANA), (await standing(shop, ANA)).counted.points) == (2, 500)
    after(shop, "2026-12-31")
    assert (await judge_due(shop)).members == 0
    assert await level(shop, ANA) == 2


async def test_the_next_command_of_the_same_batch_sees_the_new_level(shop: Shop):
    await set_tiers(shop, programme())
    rule = await shop.rule(tier_level=1)
    await shop.member(ANA, 100)
    reached, redemption = await asyncio.gather(
        did(shop, ANA, earned=100),
        do(shop, Redeem(merchant=shop.merchant, who=email(ANA), rule_id=rule.rule_id)),
    )
    assert (reached, redemption.points) == (1, 100)


async def test_a_refused_command_leaves_no_level_behind(shop: Shop):
    class Fails(Did, frozen=True, kw_only=True):
        def decide(self, book: Any) -> int:
            super().decide(book)
            raise RuntimeError

    await set_tiers(shop, programme())
    await shop.member(ANA)
    failing = Fails(merchant=shop.merchant, who=email(ANA), at=shop.clock(), earned=500)
    outcomes = await asyncio.gather(do(shop, failing), did(shop, ANA, earned=1), return_exceptions=True)
    assert isinstance(outcomes[0], RuntimeError)
    assert outcomes[1] == 0
    assert (await standing(shop, ANA)).counted == Sums(points=1)


async def test_what_was_returned_was_never_bought_but_the_level_stays_to_its_end(shop: Shop):
    await set_tiers(shop, programme(SILVER, Tier(name="Gold", entry=GOLD.entry, retain=GOLD.retain, points_reward=50)))
    await shop.member(ANA)
    bought_at = shop.clock()
    assert await did(shop, ANA, earned=500, orders=1) == 2
    assert await shop.balance(ANA) == (50, 0)
    shop.clock.advance(days=20)
    assert await did(shop, ANA, at=bought_at, earned=-500, orders=-1) == 2
    assert (await standing(shop, ANA)).counted == Sums()
    assert await shop.balance(ANA) == (50, 0), "used benefits are not taken back"
    after(shop, "2026-12-31")
    assert (await judge_due(shop)).members == 0
    after(shop, "2027-12-31")
    assert (await judge_due(shop)).left == 1
    assert await level(shop, ANA) == 0
    assert await changes(shop, ANA) == [(0, 2, Because.REACHED), (2, 0, Because.LAPSED)]
    assert await topics(shop, ANA) == ["tier.entered", "tier.left"]
    assert await contradictions(shop) == []


async def test_a_return_after_the_period_belongs_to_the_period(shop: Shop):
    """Bought in 2027, returned in January, within the days of grace: the year does not suffice any more."""
    await set_tiers(shop, programme(grace_days=30))
    await shop.member(ANA)
    await did(shop, ANA, earned=500)
    after(shop, "2027-06-01")
    bought_at = shop.clock()
    await did(shop, ANA, earned=400)
    after(shop, "2028-01-10")
    await did(shop, ANA, at=bought_at, earned=-1)
    assert await level(shop, ANA) == 2
    after(shop, "2028-01-30")
    await judge_due(shop)
    assert await level(shop, ANA) == 1


async def test_grace_is_a_last_chance(shop: Shop):
    await set_tiers(shop, programme(grace_days=14))
    for address in (ANA, BEN):
        await shop.member(address)
        await did(shop, address, earned=500)
    after(shop, "2028-01-13")
    assert (await judge_due(shop)).members == 0
    assert (await standing(shop, ANA)).kept_until == date(2028, 1, 14)
    await did(shop, ANA, earned=400)
    after(shop, "2028-01-14")
    done = await judge_due(shop)
    assert (done.members, done.retained, done.left) == (2, 1, 1)
    assert (await level(shop, ANA), await level(shop, BEN)) == (2, 0)
    assert (await standing(shop, ANA)).until == date(2028, 12, 31)
    assert await topics(shop, ANA) == ["tier.entered", "tier.retained"]
    assert (await judge_due(shop)).members == 0, "twice is nothing"


async def test_what_is_overdue_is_reviewed_with_the_next_thing_done(shop: Shop):
    """The night did not come; that the member does something now keeps nothing."""
    await set_tiers(shop, programme())
    await shop.member(ANA)
    await did(shop, ANA, earned=500)
    after(shop, "2028-03-01")
    assert await did(shop, ANA, earned=60) == 0
    assert await did(shop, ANA, earned=40) == 1


@pytest.mark.parametrize(
    ("term", "again", "given"),
    [
        (Term.CALENDAR_YEAR, "2028-02-01", 2),
        (Term.ROLLING_YEAR, "2027-04-01", 2),
    ],
)
async def test_perks_are_given_again_for_an_entry_of_another_period(shop: Shop, term: Term, again: str, given: int):
    await set_tiers(shop, programme(Tier(name="Silver", entry=SILVER.entry, points_reward=25), term=term))
    await shop.member(ANA)
    await did(shop, ANA, earned=100)
    assert await shop.balance(ANA) == (25, 0)
    after(shop, again)
    await judge_due(shop)
    assert await level(shop, ANA) == 0
    await did(shop, ANA, earned=100)
    await did(shop, ANA, earned=100)
    assert await shop.balance(ANA) == (25 * given, 0)
    assert await contradictions(shop) == []


async def test_perks_are_given_once_in_a_period_however_often_a_level_is_left_and_entered(shop: Shop):
    life = programme(Tier(name="Silver", entry=SILVER.entry, points_reward=25), term=Term.LIFETIME)
    await set_tiers(shop, life)
    await shop.member(ANA)
    for _ in range(2):
        await did(shop, ANA, earned=100)
        assert await level(shop, ANA) == 1
        await did(shop, ANA, earned=-100)
        shop.clock.advance(days=1)
        await judge_due(shop)
        assert await level(shop, ANA) == 0
    assert await shop.balance(ANA) == (25, 0)
    assert await topics(shop, ANA) == ["tier.entered", "tier.left"] * 2


async def test_who_passes_several_levels_gets_the_perks_of_each(shop: Shop):
    rule = await shop.rule(points=100, amount_minor=500, coupon_days=10)
    silver = Tier(name="Silver", entry=SILVER.entry, points_reward=25, points_reward_expiry="30 days")
    gold = Tier(name="Gold", entry=GOLD.entry, coupon_rule_id=rule.rule_id)
    await set_tiers(shop, programme(silver, gold))
    await shop.member(ANA)
    assert await did(shop, ANA, earned=500) == 2
    row = await shop.engine.database.fetchrow(
        "SELECT state, points, value_minor, code, expires_at, entry FROM redemption WHERE merchant_id = $1",
        shop.merchant.merchant_id,
    )
    assert row is not None
    assert tuple(row)[:3] == ("redeemed", 0, 500)
    assert row["expires_at"] == datetime(2026, 3, 21, tzinfo=UTC)
    await report(shop, ANA, "1001", row["code"])
    state = await shop.engine.database.fetchval(
        "SELECT state FROM coupon WHERE merchant_id = $1 AND code = $2", shop.merchant.merchant_id, row["code"]
    )
    assert state == "used"
    lots = await shop.engine.database.fetch(
        "SELECT points, expires_at FROM lot WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert (25, datetime(2026, 4, 10, tzinfo=UTC)) in [tuple(lot) for lot in lots]
    assert (await standing(shop, ANA)).counted.points < 525, "what a tier gives does not count towards the next"
    assert await contradictions(shop) == []


async def test_a_gift_can_be_cancelled_and_costs_no_share_of_caps(shop: Shop):
    rule = await shop.rule(points=100, stock=1, redemptions_max_per_member=1)
    await set_tiers(shop, programme(Tier(name="Silver", entry=SILVER.entry, coupon_rule_id=rule.rule_id)))
    await shop.member(ANA, 0)
    await did(shop, ANA, earned=100)
    redemption_id = await shop.engine.database.fetchval(
        "SELECT redemption_id FROM redemption WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    await shop.give(ANA, 100)
    bought = await redeem(shop, ANA, rule.rule_id)
    assert bought.points == 100
    cancelled = await do(shop, CancelRedemption(merchant=shop.merchant, redemption_id=redemption_id))
    assert (cancelled.state, await shop.balance(ANA)) == ("cancelled", (0, 0))
    assert await contradictions(shop) == []


async def test_a_coupon_of_a_disabled_rule_is_not_given(shop: Shop):
    rule = await shop.rule(active=False)
    await set_tiers(shop, programme(Tier(name="Silver", entry=SILVER.entry, coupon_rule_id=rule.rule_id)))
    await shop.member(ANA)
    assert await did(shop, ANA, earned=100) == 1
    count = "SELECT count(*) FROM redemption WHERE merchant_id = $1"
    assert await shop.engine.database.fetchval(count, shop.merchant.merchant_id) == 0


async def test_what_was_done_before_there_were_tiers_counts_when_there_are(shop: Shop):
    for address in (ANA, BEN):
        await shop.member(address)
    await did(shop, ANA, earned=60)
    await did(shop, BEN, earned=600)
    assert (await standing(shop, BEN)).level == 0
    await set_tiers(shop, programme())
    assert await did(shop, ANA, earned=40) == 1
    assert (await judge_due(shop)).entered == 1
    assert await level(shop, BEN) == 2


async def test_another_programme_judges_everyone_anew(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    await did(shop, ANA, earned=300)
    lower = Tier(name="Gold", entry=Threshold(points_earned=300))
    await set_tiers(shop, programme(SILVER, lower, term=Term.ROLLING_YEAR))
    done = await judge_due(shop)
    assert (done.members, done.entered) == (1, 1)
    assert (await standing(shop, ANA)).until == date(2027, 3, 10)
    assert (await judge_due(shop)).members == 0


async def test_a_tier_for_everyone_takes_everyone_in_at_night(shop: Shop):
    await set_tiers(shop, programme(Tier(name="Bronze", entry=Threshold(points_earned=0)), SILVER))
    await shop.member(ANA)
    assert (await judge_due(shop)).entered == 1
    assert (await standing(shop, ANA)).name == "Bronze"
    after(shop, "2027-12-31")
    done = await judge_due(shop)
    assert (done.retained, done.left) == (1, 0)


async def test_who_has_not_opted_in_enters_nothing(street: Street):
    shop = await street.shop(policies=Policies(opt_in="opted_in"))
    await set_tiers(shop, programme())
    await shop.member(ANA)
    assert await did(shop, ANA, earned=500) == 0
    assert (await standing(shop, ANA)).counted == Sums(points=500)


async def test_days_are_those_of_the_merchants_zone(street: Street):
    shop = await street.shop(timezone="America/New_York")
    await set_tiers(shop, programme())
    await shop.member(ANA)
    shop.clock.now = datetime(2027, 1, 1, 4, 59, tzinfo=UTC)
    await did(shop, ANA, earned=60)
    assert (await standing(shop, ANA)).counted == Sums(points=60)
    shop.clock.advance(minutes=1)
    assert (await standing(shop, ANA)).counted == Sums()
    assert await did(shop, ANA, earned=60) == 0, "another year"


async def test_a_crowd_is_judged_in_chunks_that_can_be_begun_again(shop: Shop):
    await set_tiers(shop, programme())
    addresses = [f"m{number}@example.com" for number in range(40)]
    for address in addresses:
        await shop.member(address)
    levels = await asyncio.gather(*(did(shop, one, earned=20 * n) for n, one in enumerate(addresses)))
    assert levels == [(20 * n >= 100) + (20 * n >= 500) for n in range(40)]
    after(shop, "2027-12-31")
    first = await judge_due(shop, limit=7)
    assert (first.members, first.left) == (35, 35)
    assert (await judge_due(shop, limit=7)).members == 0
    assert await contradictions(shop) == []


async def test_many_at_once_count_exactly(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    await asyncio.gather(*(did(shop, ANA, earned=5) for _ in range(100)))
    found = await standing(shop, ANA)
    assert (found.counted.points, found.level) == (500, 2)
    assert await topics(shop, ANA) == ["tier.entered"] * 2


async def test_a_member_is_judged_by_any_identity(shop: Shop):
    await set_tiers(shop, programme())
    member_id = await shop.member(ANA)
    by_number = (Identity("member", str(member_id)),)
    assert await do(shop, Did(merchant=shop.merchant, who=by_number, at=shop.clock(), earned=100)) == 1
