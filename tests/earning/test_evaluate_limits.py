"""Caps, budgets, groups and time windows: what cuts an award down, which rule goes first, and when a rule is open."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from guerdon.earning.earns import CouponGift, Flat, Multiplier
from guerdon.earning.rule import Cap, Hours, Period, Stacking, Weekday
from guerdon.earning.use import BEGINNING, period_start
from tests.earning.programme import (
    ONE_PER_DOLLAR,
    TEN,
    merchant,
    order,
    points,
    reasons,
    rule,
    sentence,
    spent,
    tried,
    used,
)
from tests.shop import START

MONTH = (Cap(per=Period.MONTH, points=500),)


# Caps and budgets


@pytest.mark.parametrize(("before", "expected"), [(0, 100), (400, 100), (401, 99), (499, 1)])
def test_a_cap_of_points_leaves_what_is_left(before: int, expected: int):
    capped = rule(1, Flat(points=100), caps=MONTH)
    assert tried(capped, limits=used(capped, points=before, times=1)).points == expected


def test_a_cap_says_that_it_cut():
    capped = rule(1, ONE_PER_DOLLAR, caps=MONTH)
    evaluation = tried(capped, on=order(10_000), limits=used(capped, points=480))
    assert sentence(evaluation) == "1 point for each $1.00 of $100.00, cut by the cap of 500 points a month: 20 points"
    explanation = evaluation.earned[0].explanation
    assert (explanation.cut_by, explanation.cut_to) == ("month", 20)


@pytest.mark.parametrize(("before", "reason"), [(2, None), (3, "capped")])
def test_a_cap_of_times_lets_so_many_through(before: int, reason: str | None):
    capped = rule(1, CouponGift(redemption_rule_id=7), trigger="review", caps=(Cap(per=Period.WEEK, times=3),))
    evaluation = tried(capped, on=order(kind="review"), limits=used(capped, times=before))
    assert reasons(evaluation).get(1) == reason


def test_the_narrowest_of_several_caps_counts():
    caps = (Cap(per=Period.DAY, points=50), Cap(per=Period.EVER, points=60))
    capped = rule(1, Flat(points=100), caps=caps)
    assert tried(capped, limits=used(capped, points=20)).points == 30
    assert tried(capped, limits=used(capped, points=55)).earned == ()
    assert tried(capped, limits=used(capped, points=45)).earned[0].explanation.cut_by == "day"


def test_what_was_used_in_another_period_leaves_this_one_alone():
    capped = rule(1, Flat(points=100), caps=MONTH)
    before = used(capped, points=500, at=START - timedelta(days=31))
    assert tried(capped, limits=before).points == 100
    # What happened then still meets the cap of then.
    assert reasons(tried(capped, on=order(at=START - timedelta(days=31)), limits=before)) == {1: "capped"}


def test_a_period_is_one_of_the_merchants_calendar():
    capped = rule(1, Flat(points=100), caps=(Cap(per=Period.DAY, points=100),))
    # 23:30 in New York is the next day in Greenwich.
    late = datetime(2026, 3, 11, 3, 30, tzinfo=UTC)
    limits = used(capped, points=100, at=datetime(2026, 3, 10, tzinfo=UTC))
    assert reasons(tried(capped, on=order(at=late), of=merchant(timezone="America/New_York"), limits=limits))
    assert tried(capped, on=order(at=late), limits=limits).points == 100


@pytest.mark.parametrize(
    ("period", "day", "start"),
    [
        (Period.DAY, date(2026, 3, 11), date(2026, 3, 11)),
        (Period.WEEK, date(2026, 3, 9), date(2026, 3, 9)),
        (Period.WEEK, date(2026, 3, 15), date(2026, 3, 9)),
        (Period.WEEK, date(2027, 1, 1), date(2026, 12, 28)),
        (Period.MONTH, date(2028, 2, 29), date(2028, 2, 1)),
        (Period.YEAR, date(2028, 2, 29), date(2028, 1, 1)),
        (Period.EVER, date(2028, 2, 29), BEGINNING),
    ],
)
def test_when_a_period_began(period: Period, day: date, start: date):
    assert period_start(period, day) == start


@pytest.mark.parametrize(
    ("terms", "before", "expected"),
    [
        ({"budget_points": 1000}, {"points": 900}, {1: 100}),
        ({"budget_points": 1000}, {"points": 960}, {1: 40}),
        ({"budget_points": 1000}, {"points": 1000}, {}),
        ({"times_max": 5}, {"times": 4}, {1: 100}),
        ({"times_max": 5}, {"times": 5}, {}),
    ],
)
def test_a_budget_is_what_all_members_share(terms: dict[str, Any], before: dict[str, int], expected: dict[int, int]):
    limited = rule(1, Flat(points=100), **terms)
    evaluation = tried(limited, limits=spent(1, **before))
    assert points(evaluation) == expected
    assert reasons(evaluation) == ({} if expected else {1: "budget_spent"})


def test_a_multiplier_meets_its_own_cap_and_multiplies_what_others_caps_left():
    base = rule(1, ONE_PER_DOLLAR, caps=MONTH)
    double = rule(2, Multiplier(factor=Decimal(3)), budget_points=50)
    assert points(tried(base, double, on=order(10_000), limits=used(base, points=490))) == {1: 10, 2: 20}
    assert points(tried(base, double, on=order(10_000), limits=spent(2, points=10))) == {1: 100, 2: 40}


# Groups


@pytest.mark.parametrize(
    ("stacking", "expected"),
    [
        (Stacking.SUM, {1: 10, 2: 30, 3: 20, 4: 10}),
        (Stacking.BEST, {2: 30, 4: 10}),
        (Stacking.EXCLUSIVE, {3: 20, 4: 10}),
    ],
)
def test_how_the_rules_of_a_group_get_on(stacking: Stacking, expected: dict[int, int]):
    together: dict[str, Any] = {"group": "spring", "stacking": stacking}
    evaluation = tried(
        rule(1, TEN, **together),
        rule(2, Flat(points=30), **together),
        rule(3, Flat(points=20), priority=1, **together),
        rule(4, TEN),
    )
    assert points(evaluation) == expected
    assert reasons(evaluation) == dict.fromkeys({1, 2, 3} - set(expected), "outranked")


def test_of_equals_the_higher_priority_is_best_and_then_the_older():
    best: dict[str, Any] = {"group": "spring", "stacking": Stacking.BEST}
    assert points(tried(rule(1, TEN, **best), rule(2, TEN, priority=1, **best))) == {2: 10}
    assert points(tried(rule(2, TEN, **best), rule(1, TEN, **best))) == {1: 10}


def test_a_group_gets_on_as_its_first_rule_says():
    evaluation = tried(
        rule(1, TEN, group="spring", stacking=Stacking.SUM),
        rule(2, Flat(points=30), group="spring", stacking=Stacking.EXCLUSIVE, priority=1),
    )
    assert points(evaluation) == {2: 30}


def test_a_rule_that_gives_nothing_excludes_nobody():
    alone: dict[str, Any] = {"group": "spring", "stacking": Stacking.EXCLUSIVE}
    first = rule(1, TEN, priority=1, caps=(Cap(per=Period.EVER, times=1),), **alone)
    evaluation = tried(first, rule(2, Flat(points=5), **alone), limits=used(first, times=1))
    assert (points(evaluation), reasons(evaluation)) == ({2: 5}, {1: "capped"})


def test_a_multiplier_that_excludes_a_rule_does_not_multiply_it():
    alone: dict[str, Any] = {"group": "spring", "stacking": Stacking.EXCLUSIVE}
    evaluation = tried(
        rule(1, Flat(points=100)),
        rule(2, Flat(points=40), **alone),
        rule(3, Multiplier(factor=Decimal(2)), priority=1, **alone),
        rule(4, Multiplier(factor=Decimal(2))),
    )
    assert points(evaluation) == {1: 100, 3: 100, 4: 100}
    assert reasons(evaluation) == {2: "outranked"}


def test_the_best_of_a_group_may_be_a_multiplier_or_not():
    best: dict[str, Any] = {"group": "spring", "stacking": Stacking.BEST}
    double = rule(3, Multiplier(factor=Decimal(2)), **best)
    assert points(tried(rule(1, Flat(points=100)), rule(2, Flat(points=99), **best), double)) == {1: 100, 3: 100}
    assert points(tried(rule(1, Flat(points=100)), rule(2, Flat(points=101), **best), double)) == {1: 100, 2: 101}


# Days and hours on the merchant's clock

BERLIN = merchant(timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("hours", "utc", "is_open"),
    [
        (Hours("09:00", "17:00"), "2026-03-10T07:59:59", False),
        (Hours("09:00", "17:00"), "2026-03-10T08:00:00", True),
        (Hours("09:00", "17:00"), "2026-03-10T15:59:59", True),
        (Hours("09:00", "17:00"), "2026-03-10T16:00:00", False),
        # Across midnight.
        (Hours("22:00", "06:00"), "2026-03-10T20:59:59", False),
        (Hours("22:00", "06:00"), "2026-03-10T21:00:00", True),
        (Hours("22:00", "06:00"), "2026-03-11T04:59:59", True),
        (Hours("22:00", "06:00"), "2026-03-11T05:00:00", False),
        (Hours("22:00", "00:00"), "2026-03-10T22:59:59", True),
        (Hours("22:00", "00:00"), "2026-03-10T23:00:00", False),
        # The day of 23 hours: 02:00 to 03:00 is not there.
        (Hours("02:00", "03:30"), "2026-03-29T00:59:59", False),
        (Hours("02:00", "03:30"), "2026-03-29T01:00:00", True),
        (Hours("02:00", "03:30"), "2026-03-29T01:30:00", False),
        # The day of 25 hours: 02:00 to 03:00 is there twice.
        (Hours("02:00", "03:00"), "2026-10-24T23:59:59", False),
        (Hours("02:00", "03:00"), "2026-10-25T00:00:00", True),
        (Hours("02:00", "03:00"), "2026-10-25T01:59:59", True),
        (Hours("02:00", "03:00"), "2026-10-25T02:00:00", False),
    ],
)
def test_hours_are_those_of_the_clock_on_the_wall(hours: Hours, utc: str, is_open: bool):
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    evaluation = tried(rule(1, TEN, hours=hours), on=order(at=at), of=BERLIN)
    assert reasons(evaluation) == ({} if is_open else {1: "other_time"})


@pytest.mark.parametrize(
    ("weekdays", "hours", "utc", "is_open"),
    [
        # 2026-03-13 is a Friday.
        ({Weekday.FRIDAY}, None, "2026-03-13T22:59:59", True),
        ({Weekday.FRIDAY}, None, "2026-03-13T23:00:00", False),
        ({Weekday.FRIDAY}, None, "2026-03-12T23:00:00", True),
        # A window that began on Friday is Friday's until it ends.
        ({Weekday.FRIDAY}, Hours("22:00", "06:00"), "2026-03-14T03:00:00", True),
        ({Weekday.FRIDAY}, Hours("22:00", "06:00"), "2026-03-13T03:00:00", False),
        ({Weekday.SUNDAY}, Hours("22:00", "06:00"), "2026-03-16T03:00:00", True),
        ({Weekday.SATURDAY}, Hours("22:00", "06:00"), "2026-03-14T03:00:00", False),
    ],
)
def test_days_are_the_merchants(weekdays: set[Weekday], hours: Hours | None, utc: str, is_open: bool):
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    evaluation = tried(rule(1, TEN, weekdays=frozenset(weekdays), hours=hours), on=order(at=at), of=BERLIN)
    assert reasons(evaluation) == ({} if is_open else {1: "other_time"})
