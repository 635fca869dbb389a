"""What points buy: the amounts that a rule takes, their value in each currency, and the nearest that would work."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.errors.base import BadField
from guerdon.errors.books import CurrencyNotAccepted
from guerdon.errors.rewards import PointsBelowMinimum, PointsNotFixed, PointsOffStep, PointsRequired
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.rewards.price import Price, price
from guerdon.rewards.rule import Pricing, RedemptionRule, RewardKind, ladder

RATES = {"JPY": Decimal("150.5"), "KWD": Decimal("0.307"), "EUR": Decimal("0.9")}
MERCHANT = Merchant(1, UUID(int=1), "Acme", "USD", "UTC", Policies(), RATES)


def rule(**terms: Any) -> RedemptionRule:
    given_terms: dict[str, Any] = {"points": 100, "currency": "USD", "amount_minor": 500, **terms}
    return RedemptionRule(**given_terms)


@pytest.mark.parametrize(
    ("terms", "first", "step"),
    [
        ({}, 100, 100),
        ({"minimum_points": 0}, 100, 100),
        ({"minimum_points": 250}, 300, 100),
        ({"minimum_points": 300}, 300, 100),
        ({"offset_points": 50}, 100, 100),
        ({"offset_points": 300}, 300, 300),
        ({"minimum_points": 500, "offset_points": 250}, 500, 500),
        ({"points": 6, "minimum_points": 10, "offset_points": 4}, 18, 12),
        ({"points": 7, "minimum_points": 3, "offset_points": 5}, 28, 35),
    ],
)
def test_the_ladder_of_amounts(terms: dict[str, Any], first: int, step: int):
    assert ladder(rule(**terms)) == (first, step)


@settings(deadline=None)
@given(st.integers(1, 60), st.one_of(st.none(), st.integers(0, 200)), st.one_of(st.none(), st.integers(0, 60)))
def test_the_ladder_is_what_counting_finds(points: int, minimum: int | None, offset: int | None):
    try:
        first, step = ladder(rule(points=points, minimum_points=minimum, offset_points=offset))
    except BadField:
        found: list[int] = []
    else:
        found = [first, first + step, first + 2 * step]
    counted = [
        amount for amount in range(points, 12_000, points)
        if amount >= (minimum or 0) and (not offset or (amount - (minimum or 0)) % offset == 0)
    ]  # fmt: skip
    assert found == counted[: len(found)]
    assert bool(found) == bool(counted)


@pytest.mark.parametrize(("points", "value"), [(None, 500), (100, 500), (300, 1500)])
def test_each_so_many_points_give_the_amount_once_more(points: int | None, value: int):
    assert price(rule(), MERCHANT, points, None) == Price(points or 100, value, "USD", value)


@pytest.mark.parametrize(
    ("points", "below", "above"), [(101, 100, 200), (199, 100, 200), (250, 200, 300), (1234, 1200, 1300)]
)
def test_points_off_the_step_are_told_the_nearest_amounts(points: int, below: int, above: int):
    with pytest.raises(PointsOffStep) as refused:
        price(rule(), MERCHANT, points, None)
    assert refused.value.facts == {"points": points, "step": 100, "below": below, "above": above}


def test_steps_begin_at_the_minimum():
    terms = rule(minimum_points=500, offset_points=250)
    with pytest.raises(PointsOffStep) as refused:
        price(terms, MERCHANT, 750, None)
    assert (refused.value.below, refused.value.above) == (500, 1000)
    assert price(terms, MERCHANT, 1000, None).value_minor == 5000


@pytest.mark.parametrize("points", [1, 299])
def test_points_below_the_minimum(points: int):
    with pytest.raises(PointsBelowMinimum) as refused:
        price(rule(minimum_points=300), MERCHANT, points, None)
    assert refused.value.facts == {"points": points, "minimum": 300}


def test_a_variable_rule_wants_to_be_told():
    with pytest.raises(PointsRequired) as refused:
        price(rule(pricing=Pricing.VARIABLE, minimum_points=200), MERCHANT, None, None)
    assert refused.value.facts == {"minimum": 200, "step": 100}


def test_a_fixed_rule_costs_what_it_costs():
    terms = rule(pricing=Pricing.FIXED)
    assert price(terms, MERCHANT, 100, None) == price(terms, MERCHANT, None, None)
    with pytest.raises(PointsNotFixed) as refused:
        price(terms, MERCHANT, 200, None)
    assert refused.value.facts == {"points": 200, "cost": 100}


@pytest.mark.parametrize(
    ("currency", "value"), [("USD", 1500), ("usd", 1500), ("JPY", 2257), ("KWD", 4605), ("EUR", 1350)]
)
def test_value_is_converted_at_the_merchants_rates_and_rounded_down(currency: str, value: int):
    assert price(rule(), MERCHANT, 300, currency) == Price(300, value, currency.upper(), 1500)


def test_a_rule_in_another_currency_than_the_merchants():
    assert price(rule(currency="JPY", amount_minor=301), MERCHANT, 100, "USD") == Price(100, 200, "USD", 301)


def test_an_amount_of_the_currencys_own_counts_instead_of_the_rate():
    terms = rule(amounts_minor={"EUR": 499})
    assert price(terms, MERCHANT, 200, "EUR") == Price(200, 998, "EUR", 1000)


def test_a_currency_that_is_not_taken_is_refused():
    with pytest.raises(CurrencyNotAccepted) as refused:
        price(rule(), MERCHANT, 100, "CHF")
    assert refused.value.facts == {"currency": "CHF", "accepted": "USD, EUR, JPY, KWD"}


@pytest.mark.parametrize(
    "terms",
    [
        {"reward": RewardKind.PERCENTAGE, "percentage_hundredths": 1250},
        {"reward": RewardKind.FREE_SHIPPING},
        {"reward": RewardKind.FREE_PRODUCT, "product_id": "mug"},
    ],
)
def test_what_is_not_money_has_no_value_in_money(terms: dict[str, Any]):
    assert price(rule(**terms), MERCHANT, 100, None) == Price(100, 0, "USD", 0)


@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_a_value_that_nobody_can_count_is_refused(currency: str):
    with pytest.raises(BadField):
        price(rule(points=1, amount_minor=2**50), MERCHANT, 2**40, currency)


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("points", {"points": 0}),
        ("points", {"points": 2**53 + 1}),
        ("amount_minor", {"amount_minor": 0}),
        ("amount_minor", {"amount_minor": -1}),
        ("currency", {"currency": "XYZ"}),
        ("currency", {"currency": "usd"}),
        ("currency", {"amounts_minor": {"XYZ": 5}}),
        ("amounts_minor", {"amounts_minor": {"EUR": 0}}),
        ("percentage_hundredths", {"reward": RewardKind.PERCENTAGE}),
        ("percentage_hundredths", {"reward": RewardKind.PERCENTAGE, "percentage_hundredths": 100_01}),
        ("product_id", {"reward": RewardKind.FREE_PRODUCT}),
        ("tier_level", {"tier_level": -1}),
        ("minimum_points", {"minimum_points": -1}),
        ("points_max_per_transaction", {"points_max_per_transaction": 0}),
        ("points_max_per_day", {"points_max_per_day": 0}),
        ("redemptions_max_per_member", {"redemptions_max_per_member": 0}),
        ("stock", {"stock": -1}),
        ("budget_minor", {"budget_minor": -1}),
        ("coupon_days", {"coupon_days": -1}),
        ("offset_points", {"minimum_points": 50, "offset_points": 100}),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_their_field(field: str, terms: dict[str, Any]):
    with pytest.raises(BadField) as refused:
        rule(**terms)
    assert refused.value.field == field
