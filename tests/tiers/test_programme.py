"""A programme says what its levels ask, and refuses what would be nonsense; its periods are those of a calendar."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from guerdon.errors.base import BadField
from guerdon.tiers.programme import (
    FOR_LIFE,
    NOTHING,
    Programme,
    Sums,
    Term,
    Threshold,
    Tier,
    level_name,
    multiplier_of,
    nickname,
)
from tests.tiers.doing import GOLD, SILVER, programme


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"tiers": ()}, "tiers"),
        ({"tiers": tuple(Tier(name=f"T{n}") for n in range(11))}, "tiers"),
        ({"grace_days": -1}, "grace_days"),
        ({"grace_days": 367}, "grace_days"),
        ({"tiers": (Tier(name=" "),)}, "tiers[0].name"),
        ({"tiers": (SILVER, SILVER)}, "tiers[1].name"),
        ({"tiers": (GOLD, SILVER)}, "tiers[1].entry.points_earned"),
        ({"tiers": (Tier(name="A", entry=Threshold(purchases=-1)),)}, "tiers[0].entry.purchases"),
        ({"tiers": (Tier(name="A", entry=Threshold(referrals=2**53 + 1)),)}, "tiers[0].entry.referrals"),
        ({"tiers": (Tier(name="A", retain=Threshold()),)}, "tiers[0].retain"),
        ({"tiers": (Tier(name="A", regain=Threshold(match="all")),)}, "tiers[0].regain"),
        ({"tiers": (Tier(name="A", points_multiplier=Decimal("0.9")),)}, "tiers[0].points_multiplier"),
        ({"tiers": (Tier(name="A", points_multiplier=Decimal("1.00001")),)}, "tiers[0].points_multiplier"),
        ({"tiers": (Tier(name="A", points_multiplier=Decimal("NaN")),)}, "tiers[0].points_multiplier"),
        ({"tiers": (Tier(name="A", points_reward=-1),)}, "tiers[0].points_reward"),
        ({"tiers": (Tier(name="A", points_reward_expiry="soon"),)}, "tiers[0].points_reward_expiry"),
        ({"tiers": (Tier(name="A", coupon_rule_id=0),)}, "tiers[0].coupon_rule_id"),
        (
            {"tiers": (SILVER, Tier(name="G", entry=Threshold(points_earned=200), retain=Threshold(points_earned=1)))},
            "tiers[1].retain.points_earned",
        ),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_field(given: dict[str, Any], field: str):
    asked: dict[str, Any] = {"term": Term.CALENDAR_YEAR, "tiers": (SILVER, GOLD), **given}
    with pytest.raises(BadField) as refused:
        Programme(**asked)
    assert refused.value.field == field


def test_a_programme_is_the_same_after_it_was_stored():
    asked = programme(term=Term.ROLLING_YEAR, grace_days=14, starts_on=date(2026, 1, 1))
    assert msgspec.json.decode(msgspec.json.encode(asked), type=Programme) == asked
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"term": "lifetime", "tiers": [{"name": "A", "enter": {}}]}', type=Programme)


def test_any_measure_is_enough_or_all_are_needed():
    either = Threshold(points_earned=500, purchases=5)
    both = Threshold(points_earned=500, purchases=5, match="all")
    assert either.met(Sums(orders=5))
    assert not both.met(Sums(orders=5))
    assert both.met(Sums(points=500, orders=5))
    assert either.missing(Sums(points=480, spent_minor=9, orders=7)) == Sums(points=20)


def test_where_nothing_is_asked_nothing_is_enough():
    assert not Threshold().met(Sums(10**9, 10**9, 10**9, 10**9))
    assert Threshold(points_earned=0).met(NOTHING)


@given(st.builds(Sums, *[st.integers(-50, 2000)] * 4), st.sampled_from([SILVER, GOLD]))
def test_what_is_missing_is_enough_once_it_is_done(sums: Sums, tier: Tier):
    threshold = tier.entry
    assert threshold.met(sums.plus(threshold.missing(sums)))


def test_levels_have_the_names_of_the_contract_and_those_that_people_use():
    asked = programme()
    assert [level_name(level) for level in range(3)] == ["NONE", "TIER1", "TIER2"]
    assert [nickname(asked, level) for level in (0, 2, 4)] == [None, "Gold", "TIER4"]
    assert nickname(None, 2) == "TIER2"


def test_a_level_multiplies_points_for_as_long_as_it_is_held():
    asked = programme()
    assert [multiplier_of(asked, level) for level in range(4)] == [1, 1, Decimal("1.5"), 1]
    assert multiplier_of(None, 2) == 1


@pytest.mark.parametrize(
    ("term", "entered_on", "until", "counts_from"),
    [
        (Term.CALENDAR_YEAR, "2026-03-10", "2027-12-31", "2027-01-01"),
        (Term.CALENDAR_YEAR, "2026-12-31", "2027-12-31", "2027-01-01"),
        (Term.CALENDAR_YEAR, "2026-01-01", "2027-12-31", "2027-01-01"),
        (Term.ROLLING_YEAR, "2026-03-10", "2027-03-10", "2026-03-11"),
        (Term.ROLLING_YEAR, "2028-02-29", "2029-02-28", "2028-03-01"),
        (Term.ROLLING_YEAR, "2027-02-28", "2028-02-28", "2027-03-01"),
    ],
)
def test_a_level_holds_for_its_period(term: Term, entered_on: str, until: str, counts_from: str):
    day = date.fromisoformat(entered_on)
    period = programme(term=term, grace_days=10).period(day, day)
    assert period.until == date.fromisoformat(until)
    assert period.counts_from == date.fromisoformat(counts_from)
    assert period.review_on == date.fromisoformat(until) + timedelta(days=11)


def test_a_lifetime_has_no_end():
    day = date(2026, 3, 10)
    assert programme(term=Term.LIFETIME).period(day, day) == FOR_LIFE


@pytest.mark.parametrize(
    ("term", "today", "first"),
    [
        (Term.CALENDAR_YEAR, "2026-12-31", "2026-01-01"),
        (Term.CALENDAR_YEAR, "2027-01-01", "2027-01-01"),
        (Term.ROLLING_YEAR, "2027-03-10", "2026-03-11"),
        (Term.ROLLING_YEAR, "2028-02-29", "2027-03-01"),
        (Term.ROLLING_YEAR, "2029-02-28", "2028-02-29"),
        (Term.LIFETIME, "2026-03-10", "0001-01-01"),
    ],
)
def test_what_lifts_is_what_was_done_in_the_period(term: Term, today: str, first: str):
    assert programme(term=term).counts_from(date.fromisoformat(today)) == date.fromisoformat(first)


def test_nothing_before_the_start_of_the_programme_counts():
    asked = programme(starts_on=date(2026, 6, 1))
    assert asked.counts_from(date(2026, 7, 1)) == date(2026, 6, 1)
    assert asked.counts_from(date(2027, 7, 1)) == date(2027, 1, 1)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 3000), st.sampled_from([*Term]))
def test_a_period_is_never_over_already_when_it_is_set(entered_on: date, days: int, term: Term):
    today = date.fromordinal(entered_on.toordinal() + days)
    period = programme(term=term).period(entered_on, today)
    assert period.until is None or period.until >= today
    assert period.counts_from is None or period.until is None or entered_on < period.counts_from <= period.until
