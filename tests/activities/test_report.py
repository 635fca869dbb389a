"""Activities: once under their id, within the caps of the day they happened on, after approval where a rule asks it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from guerdon.activities.log import reporting
from guerdon.activities.report import Activity, ReportActivity
from guerdon.earning.earns import CouponGift, Flat, TierEntry
from guerdon.earning.rule import Cap, Display, EarningRule, Period, VersionedRule
from guerdon.earning.rules import StoredRule, add_rule, set_active
from guerdon.earning.use import period_start
from guerdon.errors.activities import (
    ActivityDiffers,
    ActivityInFuture,
    ActivityTooOld,
    ActivityUnknown,
)
from guerdon.members.members import ProfileChange, set_standing, upsert_member
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.points.history import get_balances, list_entries
from guerdon.points.values import Member
from guerdon.tiers.programme import NOTHING
from guerdon.tiers.standing import Counted
from tests.points.test_book import ACCOUNT, new_book
from tests.shop import Shop, email
from tests.street import Street, contradictions, do, outcomes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
ONCE_EVER = (Cap(per=Period.EVER, times=1),)
ONCE_A_DAY = (Cap(per=Period.DAY, times=1),)


async def rule(shop: Shop, name: str = "review", points: int = 50, **terms: Any) -> StoredRule:
    """Fifty points for a review, unless the terms say otherwise."""
    given: dict[str, Any] = {"name": f"For a {name}", "trigger": name, "earns": Flat(points=points), **terms}
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    return await add_rule(database, merchant_id, EarningRule(**given), actor="test", now=shop.clock())


async def reported(
    shop: Shop, activity_id: str, *, address: str = ANA, name: str = "review", at: datetime | None = None, **more: Any
) -> ReportActivity:
    database = shop.engine.database
    return await reporting(
        database, shop.merchant, email(address), name, activity_id, at or shop.clock(), **more
    )  # fmt: skip


async def report(shop: Shop, activity_id: str, **more: Any) -> Activity:
    """Ana wrote a review, unless something else is said."""
    return await do(shop, await reported(shop, activity_id, **more))


def reasons(activity: Activity) -> list[str]:
    return [passed["reason"] for passed in activity.evaluation["passed_over"]]


# Once


async def test_an_activity_earns_what_its_rules_give_and_says_why(shop: Shop):
    first = await rule(shop, display=Display(title="Thank you"))
    await rule(shop, points=7)
    await rule(shop, name="social", points=1000)
    await shop.member(ANA)

    activity = await report(shop, "r1", document={"ip_address": "192.0.2.1"})

    assert (activity.state, activity.points, activity.actor) == ("done", 57, "test")
    assert await shop.balance(ANA) == (57, 0)
    earned = activity.evaluation["earned"]
    assert [one["explanation"]["sentence"] for one in earned] == ["For a review: 50 points", "For a review: 7 points"]
    balances = await get_balances(shop.engine.database, shop.merchant.merchant_id, activity.member_id, shop.clock())
    lines = await list_entries(shop.engine.database, shop.merchant.merchant_id, balances.account_id)
    assert [(line.title, line.subject, line.reason) for line in lines] == [
        ("For a review", "activity:r1", "activity"), ("Thank you", "activity:r1", "activity")
    ]  # fmt: skip
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    versions = await database.fetch(
        "SELECT source, rule_version, points FROM award WHERE merchant_id = $1", merchant_id
    )
    assert (f"rule:{first.rule_id}", 1, 50) in [tuple(row) for row in versions]
    assert await contradictions(shop) == []


async def test_the_same_id_again_answers_the_same_and_gives_nothing(shop: Shop):
    await rule(shop)
    await shop.member(ANA)
    first = await report(shop, "r1")
    shop.clock.advance(days=1)
    assert await report(shop, "r1") == first
    assert await shop.balance(ANA) == (50, 0)


async def test_the_same_activity_twice_at_once_is_one(shop: Shop):
    await rule(shop)
    await shop.member(ANA)
    activities = await asyncio.gather(*(report(shop, "r1") for _ in range(20)))
    assert len({activity.created_at for activity in activities}) == 1
    assert await shop.balance(ANA) == (50, 0)
    assert await contradictions(shop) == []


async def test_an_id_that_was_somebody_elses_is_refused(shop: Shop):
    await rule(shop)
    await rule(shop, name="social")
    await shop.member(ANA)
    await shop.member(BEN)
    await report(shop, "r1")
    for differs in ({"address": BEN}, {"name": "social"}, {"points": 7}):
        with pytest.raises(ActivityDiffers):
            await report(shop, "r1", **differs)
    assert await shop.balance(BEN) == (0, 0)


async def test_one_id_for_two_members_at_once_is_one_members(shop: Shop):
    await rule(shop)
    await shop.member(ANA)
    await shop.member(BEN)
    for number in range(10):
        commands = [await reported(shop, f"r{number}", address=address) for address in (ANA, BEN)]
        outcomes = await outcomes_of(*(do(shop, command) for command in commands))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Activity", "ActivityDiffers"]
    total = (await shop.balance(ANA))[0] + (await shop.balance(BEN))[0]
    assert total == 500


async def test_an_activity_without_a_rule_is_unknown(shop: Shop):
    await shop.member(ANA)
    stored = await rule(shop)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await set_active(database, merchant_id, stored.rule_id, active=False, actor="test", now=shop.clock())
    with pytest.raises(ActivityUnknown):
        await report(shop, "r1")


async def test_who_reports_may_say_how_many_points(shop: Shop):
    await rule(shop)
    await shop.member(ANA)
    assert (await report(shop, "r1", points=12)).points == 12
    assert await shop.balance(ANA) == (12, 0)


async def test_who_takes_no_part_earns_nothing(street: Street):
    shop = await street.shop(policies=Policies(opt_in="opted_in"))
    await rule(shop)
    member_id = await shop.member(ANA)
    assert reasons(await report(shop, "r1")) == ["not_opted_in"]
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await upsert_member(database, merchant_id, email(ANA), ProfileChange(opted_in=True), shop.clock())
    await set_standing(database, merchant_id, member_id, shop.clock(), status="suspended")
    assert reasons(await report(shop, "r2")) == ["suspended"]
    assert await shop.balance(ANA) == (0, 0)


# Limits


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"caps": ONCE_EVER}, "capped"),
        ({"caps": ONCE_A_DAY}, "capped"),
        ({"caps": (Cap(per=Period.YEAR, points=50),)}, "capped"),
        ({"times_max": 1}, "budget_spent"),
        ({"budget_points": 50}, "budget_spent"),
    ],
)
async def test_a_limit_holds_under_new_ids(shop: Shop, terms: dict[str, Any], reason: str):
    await rule(shop, **terms)
    await shop.member(ANA)
    assert (await report(shop, "r1")).points == 50
    again = await report(shop, "r2")
    assert (again.points, reasons(again)) == (0, [reason])
    assert await shop.balance(ANA) == (50, 0)


async def test_many_at_once_stay_within_the_limits(shop: Shop):
    await rule(shop, caps=ONCE_A_DAY, times_max=1)
    await shop.member(ANA)
    await shop.member(BEN)
    who = [ANA, BEN] * 10
    await asyncio.gather(*(report(shop, f"r{n}", address=address) for n, address in enumerate(who)))
    assert sorted([await shop.balance(ANA), await shop.balance(BEN)]) == [(0, 0), (50, 0)]
    assert await contradictions(shop) == []


async def test_what_happened_long_ago_counts_in_its_own_time(street: Street):
    shop = await street.shop(timezone="America/New_York")
    await rule(shop, caps=ONCE_A_DAY, expiry="30 days")
    await shop.member(ANA)
    assert (await report(shop, "today")).points == 50
    # 03:00 in UTC is still the evening of the 8th in New York.
    first = await report(shop, "then", at=datetime(2026, 3, 9, 3, tzinfo=UTC))
    same = await report(shop, "same day", at=datetime(2026, 3, 9, 2, tzinfo=UTC))
    next_day = await report(shop, "day after", at=datetime(2026, 3, 9, 5, tzinfo=UTC))
    assert (first.points, same.points, next_day.points) == (50, 0, 50)
    assert first.occurred_at == datetime(2026, 3, 9, 3, tzinfo=UTC)
    expiry = await shop.engine.database.fetchval(
        "SELECT min(expires_at) FROM lot WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert expiry == datetime(2026, 4, 8, 4, tzinfo=UTC)


async def test_time_has_bounds(street: Street):
    shop = await street.shop(policies=Policies(backdate_days=7))
    await rule(shop)
    await shop.member(ANA)
    with pytest.raises(ActivityTooOld) as refused:
        await report(shop, "r1", at=shop.clock() - timedelta(days=7, seconds=1))
    assert refused.value.days_max == 7
    await report(shop, "r2", at=shop.clock() - timedelta(days=7))
    with pytest.raises(ActivityInFuture):
        await report(shop, "r3", at=shop.clock() + timedelta(minutes=61))
    ahead = await report(shop, "r4", at=shop.clock() + timedelta(minutes=59))
    assert ahead.occurred_at == shop.clock()


# What is given


async def test_a_rule_gives_a_coupon_or_a_tier(shop: Shop):
    reward = await shop.rule(name="Five off")
    await rule(shop, earns=CouponGift(redemption_rule_id=reward.rule_id), caps=ONCE_EVER)
    await rule(shop, earns=TierEntry(level=2))
    member_id = await shop.member(ANA)
    await report(shop, "r1")
    await report(shop, "r2")
    rows = await shop.engine.database.fetch(
        "SELECT points, value_minor, state FROM redemption WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert [tuple(row) for row in rows] == [(0, 500, "redeemed")]
    level = await shop.engine.database.fetchval(
        "SELECT tier_level FROM member WHERE merchant_id = $1 AND member_id = $2", shop.merchant.merchant_id, member_id
    )
    assert level == 2
    assert await contradictions(shop) == []


async def test_points_of_an_activity_wait_for_days_but_not_for_an_orders_status(street: Street):
    shop = await street.shop(policies=Policies(earn_pending="fulfilled"))
    await rule(shop)
    await rule(shop, name="social", pending="14 days")
    await shop.member(ANA)
    await report(shop, "r1")
    await report(shop, "s1", name="social")
    assert await shop.balance(ANA) == (50, 0)
    pending = await shop.engine.database.fetchval(
        "SELECT activates_at FROM pending WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert pending == datetime(2026, 3, 24, tzinfo=UTC)


async def test_points_of_activities_count_towards_tiers_on_their_day(shop: Shop):
    await rule(shop)
    await shop.member(ANA)
    await report(shop, "r1", at=shop.clock() - timedelta(days=40))
    row = await shop.engine.database.fetchrow(
        "SELECT day, points FROM tier_progress WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert row is not None
    assert (row["day"].isoformat(), row["points"]) == ("2026-01-29", 50)


# Pure


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0, 1, 9, 40, 400])), max_size=12),
    st.integers(1, 3),
    st.sampled_from(list(Period)),
)
async def test_a_cap_lets_pass_exactly_as_many_of_each_period_as_it_says(
    reports: list[tuple[int, int]], times: int, period: Period
):
    terms = EarningRule(name="R", trigger="review", earns=Flat(points=5), caps=(Cap(per=period, times=times),))
    shop = Merchant(1, UUID(int=1), "Acme", "USD", "UTC", Policies(backdate_days=None), dict[str, Decimal]())
    book, who = new_book(), email(ANA)
    book.members[who[0]] = Member(1, ACCOUNT, "active", None, 0, ())
    book.page(Counted).load(1, Counted(1, NOTHING, NOTHING))
    ids: dict[date, set[str]] = {}
    for number, ago in reports:
        at, activity_id = book.now - timedelta(days=ago), f"{number}-{ago}"
        command = ReportActivity(
            merchant=shop, who=who, name="review", activity_id=activity_id, rules=(VersionedRule(1, 1, terms),), at=at
        )
        command.decide(book)
        ids.setdefault(period_start(period, at.date()), set()).add(activity_id)
    assert book.accounts[ACCOUNT].available == 5 * sum(min(times, len(one)) for one in ids.values())
