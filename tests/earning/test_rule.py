"""The terms of an earning rule: what is refused as nonsense, by which field, and that a rule reads back as written."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.rule import (
    Cap,
    Display,
    EarningRule,
    Goods,
    Hours,
    Period,
    Rounding,
    Stacking,
    Weekday,
    Who,
)
from guerdon.errors.base import BadField
from guerdon.points.values import POINTS_MAX

LATER = datetime(2026, 4, 1, tzinfo=UTC)
SOONER = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("name", {"name": " "}),
        ("trigger", {"trigger": "Sign up"}),
        ("trigger", {"trigger": ""}),
        ("group", {"group": ""}),
        ("stacking", {"stacking": Stacking.BEST}),
        ("expiry", {"expiry": "12 moons"}),
        ("pending", {"pending": "0 days"}),
        ("pending", {"pending": "two weeks"}),
        ("pending", {"trigger": "review", "pending": "fulfilled"}),
        ("quantity_min", {"quantity_min": -1}),
        ("quantity_max", {"quantity_min": 3, "quantity_max": 2}),
        ("amount_max_minor", {"amount_min_minor": 500, "amount_max_minor": 499}),
        ("amount_max_minor", {"amount_max_minor": POINTS_MAX + 1}),
        ("budget_points", {"budget_points": 0}),
        ("times_max", {"times_max": 0}),
        ("who.tiers", {"who": Who(tiers=frozenset({0}))}),
        ("who.tiers", {"who": Who(tiers=frozenset({1, 2}), tier_exact=False)}),
        ("caps", {"caps": (Cap(per=Period.DAY, points=1), Cap(per=Period.DAY, times=1))}),
        ("caps", {"caps": (Cap(per=Period.DAY),)}),
        ("caps.points", {"caps": (Cap(per=Period.DAY, points=0),)}),
        ("caps.times", {"caps": (Cap(per=Period.DAY, times=0),)}),
        ("caps", {"earns": TierEntry(level=1), "caps": (Cap(per=Period.EVER, points=5),)}),
        ("caps", {"earns": CouponGift(redemption_rule_id=1), "budget_points": 5}),
        ("starts_at", {"starts_at": LATER.replace(tzinfo=None)}),
        ("ends_at", {"starts_at": LATER, "ends_at": SOONER}),
        ("ends_at", {"starts_at": LATER, "ends_at": LATER}),
        ("hours.start", {"hours": Hours("9:00", "17:00")}),
        ("hours.end", {"hours": Hours("09:00", "24:00")}),
        ("hours.end", {"hours": Hours("09:00", "09:00")}),
        ("earns", {"trigger": "review", "earns": PerAmount(points=1, each_minor=100)}),
        ("earns", {"trigger": "review", "earns": PerItem(points=1)}),
        ("earns", {"trigger": "review", "earns": Multiplier(factor=Decimal(2))}),
        ("goods", {"trigger": "review", "goods": Goods(products=frozenset({"1"}))}),
        ("goods_excluded", {"trigger": "review", "goods_excluded": Goods(products=frozenset({"1"}))}),
        ("quantity_min", {"trigger": "review", "quantity_min": 1}),
        ("amount_min_minor", {"trigger": "review", "amount_min_minor": 1}),
        ("order_tags", {"trigger": "review", "order_tags": frozenset({"gift"})}),
        ("order_tags_excluded", {"trigger": "review", "order_tags_excluded": frozenset({"gift"})}),
        ("first_order", {"trigger": "review", "first_order": True}),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_field(field: str, terms: dict[str, Any]):
    given: dict[str, Any] = {"name": "Points", "earns": Flat(points=1), **terms}
    with pytest.raises(BadField) as refused:
        EarningRule(**given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "earns"),
    [
        ("earns.points", {"kind": "per_amount", "points": 0, "each_minor": 100}),
        ("earns.points", {"kind": "per_amount", "points": POINTS_MAX + 1, "each_minor": 100}),
        ("earns.each_minor", {"kind": "per_amount", "points": 1, "each_minor": 0}),
        ("earns.each_minor_in", {"kind": "per_amount", "points": 1, "each_minor": 1, "each_minor_in": {"XYZ": 1}}),
        ("earns.each_minor_in", {"kind": "per_amount", "points": 1, "each_minor": 1, "each_minor_in": {"eur": 1}}),
        ("earns.each_minor_in.EUR", {"kind": "per_amount", "points": 1, "each_minor": 1, "each_minor_in": {"EUR": 0}}),
        ("earns.points", {"kind": "flat", "points": -5}),
        ("earns.points", {"kind": "per_item", "points": 0}),
        ("earns.factor", {"kind": "multiplier", "factor": "1"}),
        ("earns.factor", {"kind": "multiplier", "factor": "0.5"}),
        ("earns.factor", {"kind": "multiplier", "factor": "1001"}),
        ("earns.factor", {"kind": "multiplier", "factor": "1.00001"}),
        ("earns.factor", {"kind": "multiplier", "factor": "NaN"}),
        ("earns.factor", {"kind": "multiplier", "factor": "Infinity"}),
        ("earns.factor", {"kind": "multiplier", "factor": "1E+400000"}),
        ("earns.redemption_rule_id", {"kind": "coupon", "redemption_rule_id": 0}),
        ("earns.level", {"kind": "tier", "level": 0}),
    ],
)
def test_gifts_that_are_none_are_refused(field: str, earns: dict[str, Any]):
    with pytest.raises(BadField) as refused:
        msgspec.convert({"name": "Points", "earns": earns}, EarningRule)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "document",
    [
        b'{"name": "Points"}',
        b'{"name": "Points", "earns": {"kind": "flat", "points": 1.5}}',
        b'{"name": "Points", "earns": {"kind": "flat", "points": "many"}}',
        b'{"name": "Points", "earns": {"kind": "gold", "points": 1}}',
        b'{"name": "Points", "earns": {"kind": "flat", "points": 1}, "wo": {}}',
        b'{"name": "Points", "earns": {"kind": "flat", "points": 1}, "who": {"tier": [1]}}',
        b'{"name": "Points", "earns": {"kind": "flat", "points": 1}, "weekdays": ["someday"]}',
    ],
)
def test_what_no_rule_has_cannot_be_read(document: bytes):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(document, type=EarningRule)


def test_nobody_approves_what_an_order_earns():
    with pytest.raises(BadField, match="orders settle as the shop reports them"):
        EarningRule(name="Big orders", earns=Flat(points=5), approval=True)
    assert EarningRule(name="Review", trigger="review", earns=Flat(points=5), approval=True).approval


def test_a_rule_reads_back_as_it_was_written():
    rule = EarningRule(
        name="Everything",
        earns=PerAmount(points=3, each_minor=250, each_minor_in={"EUR": 220}, each_whole=False),
        who=Who(tiers=frozenset({2}), tier_exact=True, tags=frozenset({"vip"}), tags_excluded=frozenset({"staff"})),
        channels=frozenset({"online"}),
        starts_at=SOONER,
        ends_at=LATER,
        weekdays=frozenset({Weekday.MONDAY, Weekday.SUNDAY}),
        hours=Hours("22:00", "06:00"),
        goods=Goods(collections=frozenset({"Shoes", "Hats"})),
        goods_excluded=Goods(products=frozenset({"SKU-9"})),
        quantity_min=1,
        amount_max_minor=100_000,
        order_tags=frozenset({"gift"}),
        first_order=True,
        caps=(Cap(per=Period.MONTH, points=500, times=3),),
        budget_points=10_000,
        group="spring",
        stacking=Stacking.EXCLUSIVE,
        priority=-4,
        pending="14 days",
        expiry="12 months",
        rounding=Rounding.NEAREST,
        display=Display(title="Shoes", order=2),
    )
    assert msgspec.json.decode(msgspec.json.encode(rule), type=EarningRule) == rule
    multiplier = EarningRule(name="Double", earns=Multiplier(factor=Decimal("1.25"), rule_ids=frozenset({1, 2})))
    assert msgspec.json.decode(msgspec.json.encode(multiplier), type=EarningRule) == multiplier
