"""What each kind of rule gives, and each condition: a case on both sides of every line."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.occasion import Occasion
from guerdon.earning.rule import Goods, Rounding, Who
from guerdon.points.values import Member
from tests.earning.programme import (
    ONE_PER_DOLLAR,
    TEN,
    line,
    member,
    merchant,
    order,
    points,
    reasons,
    rule,
    sentence,
    tried,
)
from tests.shop import START

HOUR = timedelta(hours=1)
SHOES = Goods(collections=frozenset({"Shoes"}))
HATS = Goods(collections=frozenset({"Hats"}))
BASKET = (line(3000, "Shoes", quantity=2, sku="S"), line(2000, "Hats", sku="H"), line(1050, quantity=3, sku="X"))


# What each kind gives


@pytest.mark.parametrize(
    ("earns", "eligible_minor", "expected"),
    [
        (ONE_PER_DOLLAR, 4995, 49),
        (ONE_PER_DOLLAR, 99, 0),
        (PerAmount(points=5, each_minor=1000), 4995, 20),
        (PerAmount(points=5, each_minor=1000, each_whole=False), 4995, 24),
        (PerAmount(points=1, each_minor=100, each_whole=False), 99, 0),
        (Flat(points=100), 0, 100),
    ],
)
def test_points_by_amount_and_flat(earns: Any, eligible_minor: int, expected: int):
    assert tried(rule(1, earns), on=order(eligible_minor)).points == expected


def test_points_by_piece():
    assert tried(rule(1, PerItem(points=5)), on=order(6050, *BASKET)).points == 30
    assert tried(rule(1, PerItem(points=5), goods=SHOES), on=order(6050, *BASKET)).points == 10


@pytest.mark.parametrize(
    ("currency", "minor", "expected"), [("JPY", 4995, 49), ("KWD", 49_950, 499), ("USD", 4995, 49)]
)
def test_amounts_are_in_the_minor_units_of_the_merchants_currency(currency: str, minor: int, expected: int):
    evaluation = tried(rule(1, ONE_PER_DOLLAR), on=order(minor, currency=currency), of=merchant(currency=currency))
    assert evaluation.points == expected


def test_another_currency_counts_at_the_merchants_rate_and_the_rate_is_told():
    evaluation = tried(rule(1, ONE_PER_DOLLAR), on=order(5000, currency="EUR"), of=merchant(rates={"EUR": "0.8"}))
    assert evaluation.points == 62
    explanation = evaluation.earned[0].explanation
    assert explanation.sentence == "1 point for each $1.00 of €50.00, which is $62.50: 62 points"
    assert (explanation.amount_minor, explanation.currency, explanation.base_minor, explanation.rate) == (
        5000, "EUR", 6250, "0.8"
    )  # fmt: skip


def test_yen_and_dinars_are_converted_with_their_own_decimals():
    shop = merchant(rates={"JPY": "150", "KWD": "0.3"})
    assert tried(rule(1, ONE_PER_DOLLAR), on=order(1500, currency="JPY"), of=shop).points == 10
    assert tried(rule(1, ONE_PER_DOLLAR), on=order(1500, currency="KWD"), of=shop).points == 5


def test_an_amount_of_its_own_wins_over_the_rate():
    own = PerAmount(points=1, each_minor=100, each_minor_in={"EUR": 50})
    evaluation = tried(rule(1, own), on=order(5000, currency="EUR"), of=merchant(rates={"EUR": "0.8"}))
    assert sentence(evaluation) == "1 point for each €0.50 of €50.00: 100 points"


def test_a_currency_that_is_no_longer_taken_earns_nothing_by_amount():
    evaluation = tried(rule(1, ONE_PER_DOLLAR), rule(2, TEN), on=order(5000, currency="EUR"))
    assert (points(evaluation), reasons(evaluation)) == ({2: 10}, {1: "no_rate"})


def test_a_coupon_and_a_tier_are_given_without_points():
    evaluation = tried(
        rule(1, CouponGift(redemption_rule_id=7), trigger="review"),
        rule(2, TierEntry(level=3), trigger="review", approval=True),
        on=order(kind="review"),
    )
    coupon, tier = evaluation.earned
    assert (coupon.coupon_rule_id, coupon.points, coupon.approval) == (7, 0, False)
    assert (tier.tier_level, tier.points, tier.approval) == (3, 0, True)
    assert coupon.explanation.sentence == "A coupon of redemption rule 7 for a review"


def test_an_activity_earns_what_its_report_says_it_is_worth():
    visit = rule(1, TEN, trigger="store_visit")
    assert tried(visit, on=order(kind="store_visit")).points == 10
    assert tried(visit, on=order(kind="store_visit", points=25)).points == 25
    assert reasons(tried(visit, on=order(kind="store_visit", points=0))) == {1: "too_little"}
    assert tried(rule(1, TEN), on=order(points=25)).points == 10


def test_an_award_carries_the_version_and_the_terms_of_its_points():
    award = tried(rule(4, TEN, version=3, pending="14 days", expiry="12 months")).earned[0]
    assert (award.rule_id, award.version, award.pending, award.expiry) == (4, 3, "14 days", "12 months")


# Multipliers


def test_a_multiplier_adds_to_what_the_other_rules_give():
    evaluation = tried(rule(1, ONE_PER_DOLLAR), rule(2, Multiplier(factor=Decimal("1.5"))), on=order(4995))
    assert points(evaluation) == {1: 49, 2: 24}
    assert evaluation.earned[1].explanation.sentence == "1.5 times 49 points: 24 points more"


def test_two_multipliers_add_up():
    evaluation = tried(
        rule(1, ONE_PER_DOLLAR),
        rule(2, Multiplier(factor=Decimal(2))),
        rule(3, Multiplier(factor=Decimal(3))),
        on=order(1000),
    )
    assert points(evaluation) == {1: 10, 2: 10, 3: 20}


def test_a_multiplier_alone_gives_nothing():
    assert reasons(tried(rule(1, Multiplier(factor=Decimal(2))), on=order(1000))) == {1: "too_little"}


def test_a_multiplier_multiplies_the_rules_that_it_names():
    double = Multiplier(factor=Decimal(2), rule_ids=frozenset({1}))
    evaluation = tried(rule(1, ONE_PER_DOLLAR), rule(2, TEN), rule(3, double), on=order(1000))
    assert points(evaluation) == {1: 10, 2: 10, 3: 10}


@pytest.mark.parametrize(
    ("base", "base_goods", "expected"),
    [
        (PerAmount(points=1, each_minor=1), Goods(), 3000),
        (PerAmount(points=1, each_minor=1), SHOES, 3000),
        (PerAmount(points=1, each_minor=1), HATS, 0),
        (PerItem(points=10), Goods(), 20),
        (PerItem(points=10), SHOES, 20),
        (Flat(points=6050), Goods(), 3000),
    ],
)
def test_a_multiplier_of_goods_multiplies_what_these_goods_earned(base: Any, base_goods: Goods, expected: int):
    double = rule(2, Multiplier(factor=Decimal(2)), goods=SHOES)
    evaluation = tried(rule(1, base, goods=base_goods), double, on=order(6050, *BASKET))
    assert points(evaluation).get(2, 0) == expected


def test_a_multiplier_that_leaves_goods_out_multiplies_the_rest():
    double = rule(2, Multiplier(factor=Decimal(2)), goods_excluded=SHOES)
    evaluation = tried(rule(1, PerAmount(points=1, each_minor=1)), double, on=order(6050, *BASKET))
    assert points(evaluation) == {1: 6050, 2: 3050}


# Which goods count


@pytest.mark.parametrize(
    ("goods", "excluded", "expected"),
    [
        (SHOES, Goods(), 30),
        (Goods(collections=frozenset({"Shoes", "Hats"})), Goods(), 50),
        (Goods(products=frozenset({"X"}), collections=frozenset({"Hats"})), Goods(), 30),
        (Goods(), HATS, 40),
        (Goods(collections=frozenset({"Shoes", "Hats"})), HATS, 30),
    ],
)
def test_the_goods_that_count_earn_on_their_own_amount(goods: Goods, excluded: Goods, expected: int):
    some = rule(1, ONE_PER_DOLLAR, goods=goods, goods_excluded=excluded)
    assert tried(some, on=order(6050, *BASKET)).points == expected


@pytest.mark.parametrize(
    ("goods", "more"),
    [
        (Goods(products=frozenset({"SKU"})), {}),
        (Goods(types=frozenset({"boot"})), {"type": "boot"}),
        (Goods(vendors=frozenset({"Acme"})), {"vendor": "Acme"}),
        (Goods(tags=frozenset({"sale", "new"})), {"tags": frozenset({"new"})}),
    ],
)
def test_goods_are_known_by_anything_that_is_true_of_them(goods: Goods, more: dict[str, Any]):
    named = rule(1, ONE_PER_DOLLAR, goods=goods)
    assert tried(named, on=order(1000, line(1000, **more))).points == 10
    assert reasons(tried(named, on=order(1000, line(1000, sku="other")))) == {1: "no_goods"}
    unnamed = rule(1, ONE_PER_DOLLAR, goods_excluded=goods)
    assert tried(unnamed, on=order(1500, line(1000, **more))).points == 5


def test_an_order_without_lines_has_no_named_goods_and_none_to_leave_out():
    evaluation = tried(
        rule(1, ONE_PER_DOLLAR, goods=SHOES), rule(2, ONE_PER_DOLLAR, goods_excluded=SHOES), on=order(1000)
    )
    assert (points(evaluation), reasons(evaluation)) == ({2: 10}, {1: "no_goods"})


def test_goods_never_earn_on_more_than_the_order_does():
    assert tried(rule(1, ONE_PER_DOLLAR, goods=SHOES), on=order(1500, line(9000, "Shoes"))).points == 15


# Conditions


@pytest.mark.parametrize(
    ("terms", "more", "reason"),
    [
        ({}, {}, None),
        ({"active": False}, {}, "inactive"),
        ({"trigger": "review"}, {}, "other_trigger"),
        ({"starts_at": START}, {}, None),
        ({"starts_at": START + HOUR}, {}, "not_started"),
        ({"ends_at": START + HOUR}, {}, None),
        ({"ends_at": START}, {}, "ended"),
        ({"channels": frozenset({"online", "kiosk"})}, {"channel": "kiosk"}, None),
        ({"channels": frozenset({"online"})}, {"channel": "offline"}, "other_channel"),
        ({"first_order": True}, {"first": True}, None),
        ({"first_order": True}, {}, "not_first_order"),
        ({"order_tags": frozenset({"gift", "b2b"})}, {"tags": frozenset({"gift"})}, None),
        ({"order_tags": frozenset({"gift"})}, {"tags": frozenset({"b2b"})}, "order_tags"),
        ({"order_tags": frozenset({"gift"})}, {}, "order_tags"),
        ({"order_tags_excluded": frozenset({"b2b"})}, {"tags": frozenset({"b2b", "gift"})}, "order_tags"),
        ({"order_tags_excluded": frozenset({"b2b"})}, {"tags": frozenset({"gift"})}, None),
        ({"amount_min_minor": 1000}, {}, None),
        ({"amount_min_minor": 1001}, {}, "amount"),
        ({"amount_max_minor": 1000}, {}, None),
        ({"amount_max_minor": 999}, {}, "amount"),
        ({"quantity_min": 2}, {}, None),
        ({"quantity_min": 3}, {}, "quantity"),
        ({"quantity_max": 2}, {}, None),
        ({"quantity_max": 1}, {}, "quantity"),
        ({"quantity_max": 1, "goods": HATS}, {}, None),
        ({"amount_max_minor": 400, "goods": HATS}, {}, None),
        ({"amount_max_minor": 399, "goods": HATS}, {}, "amount"),
    ],
)
def test_conditions_of_the_occasion(terms: dict[str, Any], more: dict[str, Any], reason: str | None):
    occasion: Occasion = order(1000, line(600, "Shoes"), line(400, "Hats"), **more)
    assert reasons(tried(rule(1, TEN, **terms), on=occasion)).get(1) == reason


def test_a_range_of_amounts_is_in_the_merchants_currency():
    wide = rule(1, TEN, amount_min_minor=6250)
    shop = merchant(rates={"EUR": "0.8"})
    assert tried(wide, on=order(5000, currency="EUR"), of=shop).points == 10
    assert reasons(tried(wide, on=order(4999, currency="EUR"), of=shop)) == {1: "amount"}
    assert reasons(tried(wide, on=order(5000, currency="GBP"), of=shop)) == {1: "no_rate"}


@pytest.mark.parametrize(
    ("who", "by", "policy", "reason"),
    [
        (Who(), member(tier=9), "exact", None),
        (Who(tiers=frozenset({2})), member(tier=1), "at_least", "other_tier"),
        (Who(tiers=frozenset({2})), member(tier=2), "at_least", None),
        (Who(tiers=frozenset({2})), member(tier=3), "at_least", None),
        (Who(tiers=frozenset({2})), member(tier=3), "exact", "other_tier"),
        (Who(tiers=frozenset({2}), tier_exact=False), member(tier=3), "exact", None),
        (Who(tiers=frozenset({2}), tier_exact=True), member(tier=3), "at_least", "other_tier"),
        (Who(tiers=frozenset({1, 3})), member(tier=2), "at_least", "other_tier"),
        (Who(tiers=frozenset({1, 3})), member(tier=3), "at_least", None),
        (Who(tags=frozenset({"vip", "staff"})), member(tags=("staff",)), "at_least", None),
        (Who(tags=frozenset({"vip"})), member(tags=("staff",)), "at_least", "member_tags"),
        (Who(tags_excluded=frozenset({"staff"})), member(tags=("vip", "staff")), "at_least", "member_tags"),
        (Who(tags_excluded=frozenset({"staff"})), member(tags=("vip",)), "at_least", None),
    ],
)
def test_conditions_of_the_member(who: Who, by: Member, policy: str, reason: str | None):
    evaluation = tried(rule(1, TEN, who=who), by=by, of=merchant(tier_match=policy))
    assert reasons(evaluation).get(1) == reason


@pytest.mark.parametrize(
    ("by", "policy", "reason"),
    [
        (member(status="suspended"), "everyone", "suspended"),
        (member(opted_in=False), "everyone", "not_opted_in"),
        (member(), "everyone", None),
        (member(), "opted_in", "not_opted_in"),
        (member(opted_in=True), "opted_in", None),
    ],
)
def test_members_take_part_as_the_policy_asks(by: Member, policy: str, reason: str | None):
    assert reasons(tried(rule(1, TEN), by=by, of=merchant(opt_in=policy))).get(1) == reason


# Rounding


@pytest.mark.parametrize(("policy", "expected"), [("down", 1), ("nearest", 1), ("up", 2)])
def test_points_are_rounded_once_for_the_order(policy: str, expected: int):
    third = PerAmount(points=1, each_minor=3, each_whole=False)
    evaluation = tried(rule(1, third), rule(2, third), on=order(2), of=merchant(earn_rounding=policy))
    # Two thirds twice are four thirds; rounded one by one they would be none, two, or two.
    assert evaluation.points == expected
    down = tried(rule(1, third), rule(2, third), on=order(2))
    assert (points(down), reasons(down)) == ({1: 1}, {2: "too_little"})


def test_half_a_point_is_nearest_to_the_next():
    half = PerAmount(points=1, each_minor=2, each_whole=False)
    assert tried(rule(1, half), on=order(1), of=merchant(earn_rounding="nearest")).points == 1


def test_a_rule_rounds_its_own_way_where_it_says_so():
    half = PerAmount(points=1, each_minor=2, each_whole=False)
    evaluation = tried(rule(1, half), rule(2, half, rounding=Rounding.UP), on=order(1))
    assert points(evaluation) == {2: 1}
    assert evaluation.earned[0].explanation.exact == "1/2"
