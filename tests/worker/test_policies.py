"""Every policy of expiry and of waiting, night after night (behaviour 3, 4, 5, 18)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.shop import START, Shop
from tests.street import Street, cancel, contradictions, redeem
from tests.worker.hands import ANA, BEN, choose, earn, entries, events, night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def live_until(shop: Shop, last_moment: datetime) -> None:
    """Asserts that Ana's 100 points are there at the last moment of their life, and not one microsecond later."""
    shop.clock.now = last_moment - timedelta(microseconds=1)
    await night(shop)
    assert await shop.balance(ANA) == (100, 0)
    shop.clock.now = last_moment
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


@pytest.mark.parametrize(
    ("policy", "earned", "over"),
    [
        ("10 days", "2026-03-10", "2026-03-21"),
        ("1 months", "2026-01-31", "2026-03-01"),
        ("1 months", "2028-01-31", "2028-03-01"),
        ("12 months", "2028-02-29", "2029-03-01"),
        ("90 days inactive", "2026-03-10", "2026-06-09"),
        ("yearly 12-31", "2026-03-10", "2027-01-01"),
        ("yearly 03-10", "2026-03-10", "2026-03-11"),
        ("yearly 03-09", "2026-03-10", "2027-03-10"),
    ],
)
async def test_points_live_through_the_whole_of_their_last_day(street: Street, policy: str, earned: str, over: str):
    berlin = ZoneInfo("Europe/Berlin")
    shop = await street.shop(timezone="Europe/Berlin")
    shop.clock.now = datetime.fromisoformat(f"{earned}T15:00").replace(tzinfo=berlin)
    await choose(shop, expiry=policy)
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    await live_until(shop, datetime.fromisoformat(over).replace(tzinfo=berlin).astimezone(UTC))


async def test_points_that_never_expire_are_there_after_a_century(shop: Shop):
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    shop.clock.now = START.replace(year=2126)
    await night(shop)
    assert await shop.balance(ANA) == (100, 0)


@pytest.mark.parametrize(
    ("earned", "over"),
    [
        # A day of 23 hours and one of 25 end when the merchant's clocks show midnight.
        ("2026-03-07T12:00", "2026-03-09T04:00+00:00"),
        ("2026-10-31T12:00", "2026-11-02T05:00+00:00"),
    ],
)
async def test_midnight_is_the_merchants_where_clocks_change(street: Street, earned: str, over: str):
    shop = await street.shop(timezone="America/New_York")
    shop.clock.now = datetime.fromisoformat(earned).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    await choose(shop, expiry="1 days")
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    await live_until(shop, datetime.fromisoformat(over))


async def test_activity_puts_off_the_end_of_points_that_lapse_when_nothing_happens(shop: Shop):
    await choose(shop, expiry="30 days inactive")
    await shop.member(ANA)
    await earn(shop, ANA, 60)
    shop.clock.advance(days=20)
    await night(shop)
    await earn(shop, ANA, 40)
    shop.clock.advance(days=29)
    await night(shop)
    assert await shop.balance(ANA) == (100, 0)
    shop.clock.advance(days=2)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    shop.clock.advance(days=1)
    await earn(shop, ANA, 5)
    await night(shop)
    assert await shop.balance(ANA) == (5, 0), "what is earned after that begins a new life"
    assert await contradictions(shop) == []


async def test_an_account_that_has_lapsed_is_not_looked_at_every_night(shop: Shop):
    await choose(shop, expiry="5 days inactive")
    await shop.member(ANA)
    await earn(shop, ANA, 60)
    shop.clock.advance(days=6)
    await night(shop)
    waiting = "SELECT count(*) FROM account WHERE merchant_id = $1 AND lapses_at IS NOT NULL"
    assert await shop.engine.database.fetchval(waiting, shop.merchant.merchant_id) == 0


@pytest.mark.parametrize("policy", ["10 days", "10 days inactive"])
async def test_what_is_held_does_not_expire_and_expires_the_night_after_it_came_back(shop: Shop, policy: str):
    await choose(shop, expiry=policy)
    rule = await shop.rule(coupon_days=60)
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    held = await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=20)
    await night(shop)
    assert await shop.balance(ANA) == (0, 100)
    await cancel(shop, held.redemption_id)
    assert await shop.balance(ANA) == (100, 0)
    midnight = shop.merchant.end_of_day(shop.clock(), days_later=0)
    shop.clock.advance(days=1)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    expired = (await entries(shop, ANA))[-1]
    assert expired[0:4] == ("available", "expired", 100, midnight), "the night after it came back"
    assert await contradictions(shop) == []


async def test_a_hold_that_ends_at_its_own_time_frees_points_that_expire_the_same_night(shop: Shop):
    await choose(shop, expiry="10 days")
    rule = await shop.rule(coupon_days=20)
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=21)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    assert [source for source, *_ in await entries(shop, ANA)] == ["issued", "available", "held", "available"]


async def test_a_lot_expires_as_of_its_own_day_however_late_that_is_booked(shop: Shop):
    await shop.member(ANA)
    first = START + timedelta(days=1)
    second = START + timedelta(days=2)
    await shop.give(ANA, 30, expires_at=first)
    await shop.give(ANA, 40, expires_at=second)
    shop.clock.advance(days=9)
    await night(shop)
    booked = (await entries(shop, ANA))[2:]
    assert booked == [
        ("available", "expired", 30, first, shop.clock()),
        ("available", "expired", 40, second, shop.clock()),
    ]
    told = await events(shop, "points.expired")
    assert sorted(facts["points"] for _, facts in told) == [30, 40]
    assert {member for member, _ in told} == {await shop.member(ANA)}


async def test_what_an_order_booked_on_its_way_is_not_expired_again(shop: Shop):
    await choose(shop, expiry="10 days")
    member = await shop.member(ANA)
    await earn(shop, ANA, 30)
    shop.clock.advance(days=15)
    await shop.give(ANA, 5)
    rule = await shop.rule(points=5)
    await redeem(shop, ANA, rule.rule_id)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    told = await events(shop, "points.expired")
    assert [(whose, facts["points"]) for whose, facts in told] == [(member, 30)]


async def test_a_spent_lot_takes_nothing_with_it_when_its_day_comes(shop: Shop):
    """Balances are no sum of unexpired credits less debits (behaviour 5)."""
    await shop.member(ANA)
    await shop.give(ANA, 100, expires_at=START + timedelta(days=10))
    rule = await shop.rule()
    await redeem(shop, ANA, rule.rule_id)
    await shop.give(ANA, 50)
    shop.clock.advance(days=11)
    await night(shop)
    assert await shop.balance(ANA) == (50, 0)


async def test_points_wait_until_their_day_and_live_from_it(shop: Shop):
    await choose(shop, expiry="10 days")
    member = await shop.member(ANA)
    await earn(shop, ANA, 100, pending="14 days")
    shop.clock.advance(days=13)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)
    shop.clock.advance(days=4)
    await night(shop)
    assert await shop.balance(ANA) == (100, 0)
    begun = datetime(2026, 3, 24, tzinfo=UTC)
    assert (await entries(shop, ANA))[-1][0:4] == ("pending", "available", 100, begun)
    assert [(whose, facts["points"]) for whose, facts in await events(shop, "points.activated")] == [(member, 100)]
    await live_until(shop, datetime(2026, 4, 4, tzinfo=UTC))


async def test_points_that_wait_for_a_status_are_left_to_it(shop: Shop):
    await shop.member(ANA)
    await earn(shop, ANA, 100, pending="fulfilled")
    shop.clock.advance(days=400)
    await night(shop)
    assert await shop.balance(ANA) == (0, 0)


async def test_what_was_activated_so_late_that_it_has_expired_expires_the_same_night(shop: Shop):
    await choose(shop, expiry="10 days")
    await shop.member(ANA)
    await earn(shop, ANA, 100, pending="1 days")
    shop.clock.advance(days=30)
    await night(shop)
    assert [(source, target) for source, target, *_ in await entries(shop, ANA)] == [
        ("issued", "pending"), ("pending", "available"), ("available", "expired"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("grace_days", "until"), [(0, datetime(2026, 3, 31, tzinfo=UTC)), (3, datetime(2026, 4, 3, tzinfo=UTC))]
)
@pytest.mark.parametrize("policy", ["10 days", "10 days inactive"])
async def test_what_comes_back_late_lives_until_the_next_run_and_for_days_of_grace(
    shop: Shop, policy: str, grace_days: int, until: datetime
):
    await choose(shop, expiry=policy, grace_days=grace_days)
    rule = await shop.rule(coupon_days=60)
    await shop.member(ANA)
    await earn(shop, ANA, 100)
    held = await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=20)
    await night(shop)
    await cancel(shop, held.redemption_id)
    await live_until(shop, until)


async def test_many_lots_of_one_account_expire_together(shop: Shop):
    await shop.member(ANA)
    await shop.member(BEN)
    for number in range(20):
        await shop.give(ANA, 10, expires_at=START + timedelta(hours=number))
        await shop.give(BEN, 10, expires_at=START + timedelta(hours=number))
    shop.clock.advance(days=1)
    await night(shop)
    assert await shop.balance(ANA) == await shop.balance(BEN) == (0, 0)
    assert await contradictions(shop) == []
