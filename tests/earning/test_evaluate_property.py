"""What holds for any rules and any order: sums, caps, the order of rules, and that there is always an answer."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.earning.conditions import Reason
from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount, PerItem
from guerdon.earning.evaluate import Evaluation
from guerdon.earning.explained import REASONS
from guerdon.earning.explanation import Explanation
from guerdon.earning.occasion import Line, Occasion
from guerdon.earning.rounding import whole_shares
from guerdon.earning.rule import Cap, Goods, Hours, Period, Rounding, Stacking, VersionedRule, Weekday, Who
from guerdon.earning.share import Limits
from guerdon.earning.use import Budget, Use, use_keys
from guerdon.earning.wording import rule_sentence
from tests.earning.programme import member, merchant, points, rule, tried

NAMES = st.frozensets(st.sampled_from("abc"), max_size=2)
MINOR = st.one_of(st.integers(-500, 20_000), st.integers(-(2**60), 2**60))
FACTORS = st.decimals(min_value=Decimal("1.1"), max_value=10, places=2)
GOODS = st.builds(Goods, products=NAMES, collections=NAMES, types=NAMES, vendors=NAMES, tags=NAMES)

EARNS = st.one_of(
    st.builds(
        PerAmount,
        points=st.integers(1, 20),
        each_minor=st.integers(1, 1000),
        each_minor_in=st.dictionaries(st.just("EUR"), st.integers(1, 1000)),
        each_whole=st.booleans(),
    ),
    st.builds(Flat, points=st.integers(1, 500)),
    st.builds(PerItem, points=st.integers(1, 50)),
    st.builds(Multiplier, factor=FACTORS, rule_ids=st.frozensets(st.integers(1, 6), max_size=2)),
    st.builds(CouponGift, redemption_rule_id=st.just(1)),
)

LINES = st.builds(
    Line,
    id=st.sampled_from("abc"),
    quantity=st.integers(-2, 9),
    net_minor=MINOR,
    collections=NAMES,
    type=st.sampled_from([None, "a", "b"]),
    vendor=st.sampled_from([None, "a", "b"]),
    tags=NAMES,
)

ORDERS = st.builds(
    Occasion,
    at=st.integers(600_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    currency=st.sampled_from(["USD", "JPY", "KWD", "EUR", "ZZZ"]),
    kind=st.sampled_from(["order", "order", "order", "review"]),
    eligible_minor=MINOR,
    lines=st.lists(LINES, max_size=3).map(tuple),
    tags=NAMES,
    channel=st.sampled_from(["online", "offline", ""]),
    first=st.booleans(),
    points=st.one_of(st.none(), st.integers(-5, 50)),
)


TERMS: dict[str, st.SearchStrategy[Any]] = {
    "who": st.builds(Who, tiers=st.frozensets(st.integers(1, 3), max_size=1), tags=NAMES),
    "channels": st.just(frozenset({"online"})),
    "weekdays": st.frozensets(st.sampled_from(Weekday), max_size=2),
    "hours": st.sampled_from([Hours("22:00", "06:00"), Hours("08:00", "20:00")]),
    "goods": GOODS,
    "goods_excluded": GOODS,
    "amount_min_minor": st.just(1000),
    "quantity_max": st.just(5),
    "rounding": st.sampled_from(Rounding),
}
"""Conditions, of which a rule has a few: one with all of them would apply to nothing."""


@st.composite
def rules_of(draw: st.DrawFn, size_max: int = 5) -> list[VersionedRule]:
    """Rules of ids from 1 on, with all sorts of terms."""
    rules: list[VersionedRule] = []
    for rule_id in range(1, draw(st.integers(1, size_max)) + 1):
        earns = draw(EARNS)
        terms: dict[str, Any] = {
            name: draw(TERMS[name]) for name in draw(st.sets(st.sampled_from(sorted(TERMS)), max_size=2))
        }
        terms["priority"] = draw(st.integers(-1, 1))
        if group := draw(st.sampled_from([None, "one", "two"])):
            terms |= {"group": group, "stacking": draw(st.sampled_from(Stacking))}
        if not isinstance(earns, CouponGift) and draw(st.booleans()):
            cap = Cap(per=draw(st.sampled_from(Period)), points=draw(st.integers(1, 300)))
            terms |= {"caps": (cap,), "budget_points": draw(st.sampled_from([None, 70]))}
        rules.append(rule(rule_id, earns, **terms))
    return rules


@st.composite
def limits_of(draw: st.DrawFn, rules: list[VersionedRule], at: datetime) -> Limits:
    """Some of what the rules allow has been used."""
    uses = {
        key: Use(*key, draw(st.integers(0, 300)), draw(st.integers(0, 3)))
        for one in rules
        for key in use_keys(one, 1, at.date())
    }
    return Limits(uses, {one.rule_id: Budget(one.rule_id, draw(st.integers(0, 80)), 0) for one in rules})


SHOP = merchant(rates={"EUR": "0.9", "JPY": "150", "KWD": "0.3"})
ANA = member(tier=2, tags=("a", "b"))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[VersionedRule], Occasion, Limits]:
    """Rules, an order and what was used."""
    rules, occasion = draw(rules_of()), draw(ORDERS)
    return rules, occasion, draw(limits_of(rules, occasion.at))


@given(st.lists(st.fractions(0, 1000, max_denominator=300)), st.sampled_from(Rounding))
def test_shares_add_up_to_the_rounded_sum_and_each_is_next_to_its_own(shares: list[Fraction], rounding: Rounding):
    whole = whole_shares(shares, rounding)
    total = sum(shares, Fraction())
    expected = {
        Rounding.DOWN: floor(total),
        Rounding.NEAREST: floor(total + Fraction(1, 2)),
        Rounding.UP: ceil(total),
    }
    assert sum(whole) == expected[rounding]
    assert all(floor(share) <= number <= ceil(share) for share, number in zip(shares, whole, strict=True))


@settings(max_examples=100)
@given(cases())
def test_every_rule_is_answered_and_the_answer_can_be_stored(case: tuple[list[VersionedRule], Occasion, Limits]):
    rules, occasion, limits = case
    evaluation = tried(*rules, on=occasion, by=ANA, of=SHOP, limits=limits)
    answered = [award.rule_id for award in evaluation.earned] + [one.rule_id for one in evaluation.passed_over]
    assert sorted(answered) == [one.rule_id for one in rules]
    for award in evaluation.earned:
        assert award.points > 0 or award.coupon_rule_id
        stored = msgspec.json.encode(award.explanation)
        assert msgspec.json.decode(stored, type=Explanation) == award.explanation
    assert msgspec.json.decode(msgspec.json.encode(evaluation), type=Evaluation) == evaluation


@settings(max_examples=100)
@given(cases())
def test_no_award_is_more_than_its_caps_and_its_budget_leave(case: tuple[list[VersionedRule], Occasion, Limits]):
    rules, occasion, limits = case
    by_id = {one.rule_id: one for one in rules}
    for award in tried(*rules, on=occasion, by=ANA, of=SHOP, limits=limits).earned:
        terms = by_id[award.rule_id].terms
        for cap, key in zip(terms.caps, use_keys(by_id[award.rule_id], 1, occasion.at.date()), strict=True):
            use = limits.uses.get(key)
            assert use is not None
            assert cap.points is not None
            assert award.points + use.points <= cap.points
        budget = limits.budgets.get(award.rule_id)
        assert budget is not None
        assert terms.budget_points is None or award.points + budget.points <= terms.budget_points


@settings(max_examples=100)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(case: tuple[list[VersionedRule], Occasion, Limits], random: Any):
    rules, occasion, limits = case
    shuffled = list(rules)
    random.shuffle(shuffled)
    one = tried(*rules, on=occasion, by=ANA, of=SHOP, limits=limits)
    assert tried(*shuffled, on=occasion, by=ANA, of=SHOP, limits=limits) == one


@settings(max_examples=50)
@given(cases())
def test_a_group_that_excludes_gives_one_award(case: tuple[list[VersionedRule], Occasion, Limits]):
    rules, occasion, limits = case
    exclusive = [
        rule(one.rule_id, one.terms.earns, group="one", stacking=Stacking.EXCLUSIVE, priority=one.terms.priority)
        for one in rules
    ]
    evaluation = tried(*exclusive, on=occasion, by=ANA, of=SHOP, limits=limits)
    assert len(evaluation.earned) <= 1


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=5), st.sampled_from(["down", "nearest", "up"]))
def test_the_points_of_an_order_are_those_of_its_exact_sum(each: list[int], policy: str):
    rules = [rule(at, PerAmount(points=1, each_minor=minor, each_whole=False)) for at, minor in enumerate(each)]
    occasion = Occasion(at=datetime(2026, 3, 10, tzinfo=UTC), currency="USD", eligible_minor=123_456)
    exact = sum((Fraction(123_456, minor) for minor in each), Fraction())
    rounded = {"down": floor(exact), "nearest": floor(exact + Fraction(1, 2)), "up": ceil(exact)}[policy]
    evaluation = tried(*rules, on=occasion, of=merchant(earn_rounding=policy))
    assert evaluation.points == sum(points(evaluation).values()) == rounded


@given(rules_of(size_max=1))
def test_every_rule_says_what_it_does(rules: list[VersionedRule]):
    sentence = rule_sentence(rules[0].terms, "USD")
    assert sentence == sentence.strip()
    assert "  " not in sentence
    assert "None" not in sentence


def test_every_reason_has_a_sentence():
    assert set(REASONS) == set(Reason)
