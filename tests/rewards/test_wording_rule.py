"""A rule in words: everything that counts is in the sentence, and a change is told as what was and what becomes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from guerdon.errors.base import BadField
from guerdon.kit.sentence import Plain, differences, said, sentence
from guerdon.rewards.codes import GENERATED, Called, Pooled
from guerdon.rewards.rule import Category, Channel, Pricing, RedemptionRule, RewardKind
from guerdon.rewards.sentence import Ranks, rule_parts, rule_sentence

PLAIN_RULE = RedemptionRule(points=100, amount_minor=500, currency="USD")
RANKS = Ranks({1: "Silver", 2: "Gold"})
UNSPOKEN = {"created_user_id", "modified_user_id"}
"""The portal's references, which nothing is decided by."""


def at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def rule(**terms: Any) -> RedemptionRule:
    return replace(PLAIN_RULE, **terms)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({}, "every 100 points buy $5.00 off the next purchase"),
        ({"points": 1, "pricing": Pricing.EACH}, "every point buys $5.00 off the next purchase"),
        (
            {
                "points": 10_000, "pricing": Pricing.FIXED, "amount_minor": 50_00, "category": Category.GIFT_CARDS,
                "tier_level": 2, "points_max_per_day": 20_000, "starts_at": at(3, 1), "ends_at": at(6, 1),
                "channel": Channel.ONLINE, "stock": 500,
            },
            "10,000 points buy $50.00 of gift card, for tier Gold and up, at most 20,000 points a day, from 1 March "
            "2026 to 31 May 2026, online, while 500 last",
        ),
        (
            {"reward": RewardKind.PERCENTAGE, "percentage_hundredths": 1250, "member_tags": ("vip", "staff", "press")},
            "every 100 points buy 12.5% off the next purchase, for members tagged ‘vip’, ‘staff’ or ‘press’",
        ),
        (
            {"reward": RewardKind.FREE_PRODUCT, "product_id": "MUG-1", "pricing": Pricing.FIXED, "coupon_days": 1},
            "100 points buy the product ‘MUG-1’ for free, with a coupon for that day and the next",
        ),
        (
            {"pricing": Pricing.VARIABLE, "minimum_points": 500, "offset_points": 50, "tier_level": 3},
            "every 100 points buy $5.00 off the next purchase, as many as the member likes, at least 500 points, in "
            "steps of 50 points, for tier 3 and up",
        ),
        (
            {"amounts_minor": {"JPY": 700, "EUR": 450}, "codes": Pooled(low_at=1), "ends_at": at(5, 31, 18)},
            "every 100 points buy $5.00, €4.50 or ¥700 off the next purchase, until 31 May 2026, 18:00 UTC, with "
            "uploaded codes, and word when 1 is left",
        ),
    ],
)  # fmt: skip
def test_a_rule_is_a_sentence(terms: dict[str, Any], words: str):
    assert rule_sentence(rule(**terms), RANKS) == words


def test_what_a_rule_leaves_to_the_programme_is_said_as_the_programme_has_it():
    gold = rule(tier_level=2)
    said_of = [
        rule_sentence(replace(gold, tier_exact=exact), Ranks(RANKS.names, alone))
        for exact in (None, True, False) for alone in (False, True)
    ]  # fmt: skip
    ends = [one.rpartition("for tier Gold ")[2] for one in said_of]
    assert ends == ["and up", "alone", "and no other", "and no other", "and every higher one", "and every higher one"]


def test_days_are_those_of_the_reader():
    spring = rule(starts_at=at(2, 28, 23), ends_at=at(5, 31, 22))
    berlin = rule_sentence(spring, reader=Plain(ZoneInfo("Europe/Berlin")))
    assert berlin.endswith("from 1 March 2026 to 31 May 2026")
    assert rule_sentence(spring).endswith("from 28 February 2026, 23:00 UTC to 31 May 2026, 22:00 UTC")


moments = st.integers(0, 10**8).map(lambda seconds: at(1, 1) + timedelta(seconds=seconds))
some_points = st.one_of(st.none(), st.integers(1, 10**7))
names = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
urls = st.sampled_from(["https://a.example/x", "https://b.example/y"])
TERMS: dict[str, st.SearchStrategy[Any]] = {
    "points": st.integers(1, 10**7),
    "pricing": st.sampled_from(Pricing),
    "reward": st.sampled_from(RewardKind),
    "amount_minor": st.integers(1, 10**7),
    "currency": st.sampled_from(["USD", "EUR", "JPY"]),
    "amounts_minor": st.dictionaries(st.sampled_from(["GBP", "KWD"]), st.integers(1, 10**6)),
    "percentage_hundredths": st.integers(1, 100_00),
    "product_id": names,
    "active": st.booleans(),
    "name": st.one_of(st.just(""), names),
    "description": st.one_of(st.just(""), names),
    "icon": st.one_of(st.none(), names),
    "category": st.sampled_from(Category),
    "tier_level": st.integers(0, 4),
    "tier_exact": st.sampled_from([None, True, False]),
    "member_tags": st.lists(names, max_size=3, unique=True).map(tuple),
    "channel": st.sampled_from(Channel),
    "minimum_points": some_points,
    "offset_points": some_points,
    "points_max_per_transaction": some_points,
    "points_max_per_day": some_points,
    "redemptions_max_per_member": some_points,
    "stock": st.one_of(st.none(), st.integers(0, 10**6)),
    "budget_minor": st.one_of(st.none(), st.integers(0, 10**9)),
    "starts_at": st.one_of(st.none(), moments),
    "ends_at": st.one_of(st.none(), moments),
    "minimum_cart_minor": some_points,
    "coupon_days": st.one_of(st.none(), st.integers(0, 400)),
    "coupon_prefix": st.one_of(st.none(), st.sampled_from(["", "AC", "XY"])),
    "codes": st.one_of(
        st.just(GENERATED),
        st.builds(Pooled, low_at=st.one_of(st.none(), st.integers(1, 10_000))),
        st.builds(Called, create_url=urls, cancel_url=urls, timeout_s=st.integers(1, 30)),
    ),
    "refund_expired": st.booleans(),
    "transferable": st.booleans(),
}


@st.composite
def rules(draw: st.DrawFn) -> RedemptionRule:
    """Any rule that can be saved."""
    while True:
        terms = {name: draw(strategy) for name, strategy in TERMS.items()}
        try:
            return RedemptionRule(**terms)
        except BadField:
            terms["ends_at"] = terms["offset_points"] = None
            return RedemptionRule(**terms)


def counting(terms: RedemptionRule) -> dict[str, Any]:
    """The fields of a rule by which anything is decided: what its kind of reward or price does not ask is nothing."""
    fields = {name: value for name, value in asdict(terms).items() if name not in UNSPOKEN}
    if terms.reward is not RewardKind.AMOUNT:
        fields.pop("amount_minor")
        fields.pop("amounts_minor")
        if terms.budget_minor is None and terms.minimum_cart_minor is None:
            fields.pop("currency")
    if terms.reward is not RewardKind.PERCENTAGE:
        fields.pop("percentage_hundredths")
    if terms.reward is not RewardKind.FREE_PRODUCT:
        fields.pop("product_id")
    if terms.pricing is Pricing.FIXED:
        fields.pop("minimum_points")
        fields.pop("offset_points")
    if not terms.tier_level:
        fields.pop("tier_exact")
    return fields


def test_every_field_of_a_rule_is_drawn():
    assert set(TERMS) | UNSPOKEN == set(RedemptionRule.__struct_fields__)


@settings(deadline=None, max_examples=400)
@given(rules(), st.data())
def test_another_value_of_any_field_is_another_sentence(terms: RedemptionRule, data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(TERMS)))
    try:
        other = replace(terms, **{name: data.draw(TERMS[name])})
    except BadField:
        return
    before, after = rule_parts(terms, RANKS), rule_parts(other, RANKS)
    if counting(terms) == counting(other):
        assert sentence(before) == sentence(after)
        assert differences(before, after) == []
    else:
        assert sentence(before) != sentence(after)
        assert differences(before, after) != []


@settings(deadline=None)
@given(rules(), rules())
def test_the_differences_lead_from_one_version_to_the_other(old: RedemptionRule, new: RedemptionRule):
    before, after = rule_parts(old, RANKS), rule_parts(new, RANKS)
    told = differences(before, after)
    kept = [part for part in before if part not in [one.before for one in told]]
    made = [*kept, *(one.after for one in told if one.after)]
    assert sorted(map(said, made)) == sorted(map(said, after))


def test_a_change_is_told_in_words():
    before = rule(tier_level=2, points_max_per_day=300)
    after = rule(points_max_per_day=400, stock=5, active=False)
    told = [
        (one.before and said(one.before), one.after and said(one.after))
        for one in differences(rule_parts(before, RANKS), rule_parts(after, RANKS))
    ]
    assert told == [
        ("at most 300 points a day", "at most 400 points a day"),
        (None, "while 5 last"),
        (None, "switched off"),
        ("for tier Gold and up", None),
    ]
