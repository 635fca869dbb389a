"""Where a member should stand: lifted at once, lowered at the end of a period alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import hypothesis.strategies as st
import pytest
from hypothesis import given

from guerdon.tiers.programme import NOTHING, Programme, Sums, Term, Threshold, Tier
from guerdon.tiers.standing import (
    Ahead,
    Assigned,
    Because,
    Counted,
    Standing,
    Step,
    ahead,
    first_standing,
    is_due,
    judge,
    left_to_keep,
    reached_level,
)
from tests.tiers.doing import merchant_in, programme, tiers_of

SHOP = merchant_in()
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def points(current: int, review: int = 0) -> Counted:
    return Counted(1, Sums(points=current), Sums(points=review))


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def member_at(level: int, since: str = "2026-03-10", **terms: Any) -> Standing:
    """A member who has reached that level by then, under the programme of these terms."""
    tiers = tiers_of(programme(**terms))
    enough = Counted(1, Sums(points=(0, 100, 500, 1000)[level], referrals=1), NOTHING)
    return judge(tiers, SHOP, first_standing(tiers, SHOP, 1, 0, at(since)), enough, at(since))[0]


def test_a_level_is_entered_at_once_and_several_in_one_step():
    tiers = tiers_of(programme())
    nobody = first_standing(tiers, SHOP, 1, 0, NOON)
    assert judge(tiers, SHOP, nobody, points(99), NOON) == (nobody, ())
    after, steps = judge(tiers, SHOP, nobody, points(640), NOON)
    assert steps == (Step(0, 2, Because.REACHED),)
    assert (after.level, after.best_level, after.entered_at) == (2, 2, NOON)
    assert (after.until, after.review_on) == (date(2027, 12, 31), date(2028, 1, 1))


def test_a_level_does_not_fall_before_its_period_is_over():
    tiers, gold = tiers_of(programme()), member_at(2)
    for day in ("2026-03-11", "2027-01-01", "2027-12-31"):
        assert judge(tiers, SHOP, gold, points(0), at(day)) == (gold, ())


@pytest.mark.parametrize(
    ("earned", "level", "why"),
    [(400, 2, Because.RETAINED), (399, 1, Because.LAPSED), (50, 1, Because.LAPSED), (49, 0, Because.LAPSED)],
)
def test_at_its_end_what_was_done_in_the_period_decides(earned: int, level: int, why: Because):
    after, steps = judge(tiers_of(programme()), SHOP, member_at(2), points(0, earned), at("2028-01-01"))
    assert steps == (Step(2, level, why),)
    assert (after.level, after.best_level) == (level, 2)
    assert after.until == (date(2028, 12, 31) if level else None)
    assert (after.entered_at == NOON) is (level == 2)


def test_days_of_grace_put_the_review_off():
    tiers, gold = tiers_of(programme(grace_days=14)), member_at(2, grace_days=14)
    assert gold.until == date(2027, 12, 31)
    assert judge(tiers, SHOP, gold, points(0), at("2028-01-14")) == (gold, ())
    assert gold.reviews(date(2028, 1, 14))
    assert not gold.reviews(date(2028, 1, 15))
    assert judge(tiers, SHOP, gold, points(0), at("2028-01-15"))[0].level == 0


def test_a_level_that_was_lost_is_regained_by_its_own_threshold():
    tiers = tiers_of(programme())
    lost = judge(tiers, SHOP, member_at(2), points(0, 100), at("2028-01-01"))[0]
    assert lost.level == 1
    assert judge(tiers, SHOP, lost, points(449), at("2028-02-01"))[0].level == 1
    assert judge(tiers, SHOP, lost, points(450), at("2028-02-01"))[0].level == 2
    assert judge(tiers, SHOP, member_at(1), points(450), at("2026-04-01"))[0].level == 1, "never had it: entry asks 500"


@pytest.mark.parametrize(
    ("zone", "last_moment"),
    [
        ("America/New_York", "2028-01-01T04:59:59+00:00"),
        ("Pacific/Auckland", "2027-12-31T10:59:59+00:00"),
        ("UTC", "2027-12-31T23:59:59+00:00"),
    ],
)
def test_a_period_ends_with_the_merchants_day(zone: str, last_moment: str):
    shop, tiers = merchant_in(zone), tiers_of(programme(), timezone=zone)
    gold = judge(tiers, shop, first_standing(tiers, shop, 1, 0, NOON), points(500), NOON)[0]
    moment = datetime.fromisoformat(last_moment)
    assert judge(tiers, shop, gold, points(0), moment)[0].level == 2
    assert judge(tiers, shop, gold, points(0), moment + timedelta(seconds=1))[0].level == 0


@pytest.mark.parametrize(("now", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_belongs_whole_to_the_period(now: str, hours: int):
    """Entered a year before: its last day in Berlin has 23 hours, or 25."""
    shop = merchant_in("Europe/Berlin")
    tiers = tiers_of(programme(term=Term.ROLLING_YEAR), timezone="Europe/Berlin")
    midnight = datetime.fromisoformat(f"{now}T00:00:00{'+01:00' if hours == 23 else '+02:00'}").astimezone(UTC)
    entered = midnight.replace(year=2025) + timedelta(hours=5)
    gold = judge(tiers, shop, first_standing(tiers, shop, 1, 0, entered), points(500), entered)[0]
    assert gold.until == date.fromisoformat(now)
    assert judge(tiers, shop, gold, points(0), midnight + timedelta(hours=hours, seconds=-1))[0].level == 2
    assert judge(tiers, shop, gold, points(0), midnight + timedelta(hours=hours))[0].level == 0


def test_for_life_ends_only_after_what_earned_it_was_taken_back():
    life = programme(term=Term.LIFETIME, grace_days=7)
    tiers, gold = tiers_of(life), member_at(2, term=Term.LIFETIME, grace_days=7)
    assert gold.until is None
    assert judge(tiers, SHOP, gold, points(500), at("2050-01-01")) == (gold, ())
    shaken, steps = judge(tiers, SHOP, gold, points(399), at("2026-05-01"))
    assert (shaken.level, steps) == (2, ())
    assert (shaken.until, shaken.review_on) == (date(2026, 5, 1), date(2026, 5, 9))
    assert judge(tiers, SHOP, shaken, points(399, 399), at("2026-05-08")) == (shaken, ())
    assert judge(tiers, SHOP, shaken, points(400, 400), at("2026-05-08"))[0] == gold, "made good in time"
    assert judge(tiers, SHOP, shaken, points(399, 399), at("2026-05-09"))[0].level == 1


def test_a_level_from_elsewhere_holds_for_a_whole_period():
    tiers = tiers_of(programme())
    imported = first_standing(tiers, SHOP, 1, 2, NOON)
    assert (imported.level, imported.until) == (2, date(2027, 12, 31))
    assert judge(tiers, SHOP, imported, points(0), NOON) == (imported, ())
    assert judge(tiers, SHOP, imported, points(0), at("2028-01-01"))[0].level == 0


def test_another_version_gives_another_period_and_takes_nothing_at_once():
    gold = member_at(2, "2024-03-10")
    rolling = tiers_of(programme(term=Term.ROLLING_YEAR), version=2)
    after, steps = judge(rolling, SHOP, gold, points(0), at("2025-08-01"))
    assert (after.level, after.until, after.version, steps) == (2, date(2026, 3, 10), 2, ())
    fewer = tiers_of(programme(programme().tiers[0]), version=2)
    after, steps = judge(fewer, SHOP, gold, points(0), at("2025-08-01"))
    assert (after.level, steps) == (1, (Step(2, 1, Because.PROGRAMME),))


def test_what_is_pinned_moves_neither_up_nor_down_before_its_day():
    tiers = tiers_of(programme())
    period = tiers.programme.period_until(date(2026, 6, 30))
    pinned = Standing(1, 1, 1, NOON, None, None, None, Assigned.PINNED, 1, {}).during(period)
    assert judge(tiers, SHOP, pinned, points(5000), at("2026-06-30")) == (pinned, ())
    after = judge(tiers, SHOP, pinned, points(5000, 5000), at("2026-07-01"))[0]
    assert (after.level, after.assigned) == (2, Assigned.RULES)


def test_who_may_not_rise_keeps_what_they_have():
    tiers = tiers_of(programme())
    assert judge(tiers, SHOP, member_at(1), points(5000), NOON, may_rise=False)[0].level == 1


def test_what_is_missing_to_the_next_level_and_to_keep_this_one():
    asked, silver = programme(), member_at(1)
    assert ahead(asked, silver, Sums(points=120, orders=2)) == Ahead(2, Sums(points=380, orders=3))
    assert left_to_keep(asked, silver, Sums(points=20)) == Sums(points=30)
    assert left_to_keep(asked, silver, Sums(points=50)) == NOTHING
    by_hand = programme(*asked.tiers, Tier(name="Black"))
    assert ahead(by_hand, member_at(3), NOTHING) is None, "no threshold leads there"


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Up to three tiers whose thresholds rise, on points, orders or both."""
    tiers: list[Tier] = []
    asked = draw(st.integers(0, 200))
    match: Literal["any", "all"] = draw(st.sampled_from(("any", "all")))
    orders = draw(st.booleans())
    for number in range(draw(st.integers(1, 3))):
        asked += draw(st.integers(0, 300))
        more: dict[str, Any] = {"purchases": asked // 50} if orders else {}
        retain = Threshold(points_earned=asked // 2, match=match, **more)
        regain = Threshold(points_earned=asked * 3 // 4, match=match, **more)
        entry = Threshold(points_earned=asked, match=match, **more)
        tiers.append(Tier(name=f"T{number}", entry=entry, retain=retain, regain=regain))
    return Programme(
        term=draw(st.sampled_from([*Term])), grace_days=draw(st.integers(0, 30)), tiers=tuple(tiers),
    )  # fmt: skip


deeds = st.lists(
    st.tuples(st.integers(0, 500), st.integers(-300, 600), st.integers(-2, 4), st.integers(0, 40)), max_size=12
)


def counted_at(done: list[tuple[date, Sums]], asked: Programme, member: Standing, today: date) -> Counted:
    """What counts, added up by hand from everything that was done."""
    current = review = NOTHING
    for day, sums in done:
        if day >= asked.counts_from(today):
            current = current.plus(sums)
        if member.reviews(day):
            review = review.plus(sums)
    return Counted(1, current, review)


@given(programmes(), deeds)
def test_whatever_is_done_a_level_is_entered_at_once_and_falls_at_a_review_alone(
    asked: Programme, what: list[tuple[int, int, int, int]]
):
    tiers, now = tiers_of(asked), NOON
    member = first_standing(tiers, SHOP, 1, 0, now)
    done: list[tuple[date, Sums]] = []
    for days, earned, orders, back in what:
        now += timedelta(days=days)
        today = SHOP.day(now)
        done.append((today - timedelta(days=back), Sums(points=earned, orders=orders)))
        counted = counted_at(done, asked, member, today)
        due, before = is_due(member, today), member
        member, steps = judge(tiers, SHOP, member, counted, now)
        assert due or member.level >= before.level
        assert due or steps in ((), (Step(before.level, member.level, Because.REACHED),))
        assert member.best_level >= before.best_level
        assert reached_level(asked, member, counted.current) == member.level
        assert member.until is None or (member.review_on is not None and member.review_on > today)
        assert (member.until is None) or member.level > 0
        assert judge(tiers, SHOP, member, counted_at(done, asked, member, today), now) == (member, ())


@given(programmes(), st.integers(0, 3), st.integers(0, 2500), st.tuples(*[st.integers(0, 1500)] * 4))
def test_who_did_more_never_stands_lower(asked: Programme, start: int, days: int, sums: tuple[int, int, int, int]):
    tiers, now = tiers_of(asked), NOON + timedelta(days=days)
    member = first_standing(tiers, SHOP, 1, min(start, asked.levels), NOON)
    current, review, more, more_in_review = sums
    less = judge(tiers, SHOP, member, points(current, review), now)[0]
    greater = judge(tiers, SHOP, member, points(current + more, review + more_in_review), now)[0]
    assert greater.level >= less.level
