"""A rule in one sentence, as a merchant reads it in a list."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from guerdon.earning.earns import CouponGift, Earns, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.rule import Cap, EarningRule, Goods, Hours, Period, Stacking, Weekday, Who
from guerdon.earning.wording import rule_sentence

TWO_PER_DOLLAR = PerAmount(points=2, each_minor=100)
SHOES = Goods(collections=frozenset({"Shoes"}))
MIDNIGHT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("earns", "terms", "sentence"),
    [
        (TWO_PER_DOLLAR, {}, "2 points for each $1.00 spent"),
        (
            PerAmount(points=1, each_minor=100, each_minor_in={"JPY": 150, "EUR": 90}),
            {},
            "1 point for each $1.00, €0.90 or ¥150 spent",
        ),
        (
            TWO_PER_DOLLAR,
            {
                "goods": SHOES,
                "channels": frozenset({"online"}),
                "who": Who(tiers=frozenset({1}), tier_exact=False),
                "weekdays": frozenset({Weekday.MONDAY}),
                "caps": (Cap(per=Period.MONTH, points=500),),
            },
            "2 points for each $1.00 spent, on collection ‘Shoes’, for tier 1 and every higher one, online, "
            "on Mondays, at most 500 points a month",
        ),
        (
            TWO_PER_DOLLAR,
            {"goods_excluded": Goods(types=frozenset({"gift card"}), tags=frozenset({"sale"}))},
            "2 points for each $1.00 spent, not on type ‘gift card’ or tag ‘sale’",
        ),
        (PerItem(points=10), {"goods": SHOES}, "10 points for each piece, on collection ‘Shoes’"),
        (Flat(points=1), {"first_order": True}, "1 point for an order, on the first order"),
        (
            Flat(points=2500),
            {"amount_min_minor": 5000, "quantity_min": 2, "quantity_max": 4, "order_tags": frozenset({"gift"})},
            "2,500 points for an order, on orders tagged ‘gift’, for at least $50.00, for at least 2 pieces, "
            "for at most 4 pieces",
        ),
        (Flat(points=50), {"trigger": "sign_up"}, "50 points for signing up"),
        (
            Flat(points=50),
            {"trigger": "store_visit", "caps": (Cap(per=Period.DAY, times=1),)},
            "50 points for ‘store visit’, at most once a day",
        ),
        (
            Multiplier(factor=Decimal("1.50")),
            {"who": Who(tiers=frozenset({2, 3})), "weekdays": frozenset({Weekday.SATURDAY, Weekday.SUNDAY})},
            "1.5 times the points, for tier ‘2’ or ‘3’ alone, on weekends",
        ),
        (
            Multiplier(factor=Decimal(2), rule_ids=frozenset({7, 4})),
            {"goods": SHOES, "hours": Hours("22:00", "06:00")},
            "2 times the points, of the rules ‘4’ or ‘7’, on collection ‘Shoes’, from 22:00 to 06:00",
        ),
        (
            CouponGift(redemption_rule_id=3),
            {"trigger": "review", "caps": (Cap(per=Period.EVER, times=2),), "times_max": 100},
            "the reward ‘3’ for a review, at most 2 times in all, at most 100 times for all members together",
        ),
        (
            TierEntry(level=2),
            {"goods": SHOES},
            "entry to tier 2 for an order, on collection ‘Shoes’",
        ),
        (
            TierEntry(level=2),
            {"trigger": "review", "approval": True},
            "entry to tier 2 for a review, once an operator approves",
        ),
        (
            Flat(points=5),
            {
                "starts_at": MIDNIGHT,
                "ends_at": MIDNIGHT.replace(month=6),
                "budget_points": 10_000,
                "group": "spring",
                "stacking": Stacking.BEST,
                "pending": "14 days",
                "expiry": "12 months",
            },
            "5 points for an order, from 1 May 2026 to 31 May 2026, "
            "at most 10,000 points for all members together, if it gives the most of the group ‘spring’, "
            "pending for 14 days, expiring after 12 months",
        ),
        (
            Flat(points=5),
            {"pending": "fulfilled", "expiry": "90 days inactive"},
            "5 points for an order, pending until the order is ‘fulfilled’, expiring after 90 days without activity",
        ),
        (
            Flat(points=5),
            {"pending": "none", "expiry": "yearly 12-31", "group": "spring", "stacking": Stacking.EXCLUSIVE},
            "5 points for an order, unless another rule of the group ‘spring’ goes first, to be spent at once, "
            "expiring each year on 12-31",
        ),
        (
            Flat(points=5),
            {
                "who": Who(tiers=frozenset({2}), tier_exact=True, tags=frozenset({"vip", "press"})),
                "channels": frozenset({"offline", "kiosk"}),
                "expiry": "never",
            },
            "5 points for an order, for tier 2 and no other, for members tagged ‘press’ or ‘vip’, "
            "in channel ‘kiosk’ or in store, never expiring",
        ),
        (
            Flat(points=5),
            {"who": Who(tiers=frozenset({2}), tags_excluded=frozenset({"staff"})), "amount_max_minor": 999},
            "5 points for an order, for tier 2 and up, not for members tagged ‘staff’, for at most $9.99",
        ),
    ],
)
def test_what_a_rule_does_in_words(earns: Earns, terms: dict[str, Any], sentence: str):
    assert rule_sentence(EarningRule(name="Points", earns=earns, **terms), "USD") == sentence


def test_amounts_are_in_the_merchants_currency():
    rule = EarningRule(name="Points", earns=PerAmount(points=1, each_minor=1500))
    assert rule_sentence(rule, "JPY") == "1 point for each ¥1,500 spent"
    assert rule_sentence(rule, "KWD") == "1 point for each KD\N{NO-BREAK SPACE}1.500 spent"
