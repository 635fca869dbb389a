"""Returns at random: in whatever parts and order they come, the end is the same, and a full one leaves nothing."""

from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import hypothesis.strategies as st
from hypothesis import given, settings

from guerdon.earning.earns import Flat, PerAmount
from guerdon.earning.rule import Rounding, VersionedRule
from guerdon.orders.order import OrderLine, ReturnedItem
from tests.earning.programme import merchant, rule
from tests.orders.paper import Paper

Policy = Literal["reward_first", "proportional", "when_full"]

CURRENCIES = ("USD", "JPY", "KWD")
FUNDS = 5000

currencies = st.sampled_from(CURRENCIES)
totals = st.integers(1, 5_000_000)
roundings = st.sampled_from(list(Rounding))
policies: st.SearchStrategy[Policy] = st.sampled_from(["reward_first", "proportional", "when_full"])


@st.composite
def some_rules(draw: st.DrawFn) -> list[VersionedRule]:
    """A rule by amount, and perhaps others."""
    each = draw(st.sampled_from([1, 7, 100, 333]))
    by_amount = PerAmount(points=draw(st.integers(1, 20)), each_minor=each, each_whole=draw(st.booleans()))
    rules = [rule(1, by_amount)]
    if draw(st.booleans()):
        rules.append(rule(2, Flat(points=draw(st.integers(1, 99)))))
    return rules


@st.composite
def parts_of(draw: st.DrawFn, total: int) -> list[int]:
    """The total in one to six parts."""
    cuts = draw(st.lists(st.integers(0, total), max_size=5))
    return [high - low for low, high in pairwise([0, *sorted(cuts), total])]


@settings(max_examples=200, deadline=None)
@given(st.data(), currencies, totals, roundings, some_rules())
def test_partial_returns_equal_one_full_return(
    data: st.DataObject, currency: str, total: int, rounding: Rounding, rules: list[VersionedRule]
):
    shop = merchant(currency=currency, earn_rounding=rounding.value)
    bit_by_bit, at_once = Paper(shop, rules), Paper(shop, rules)
    earned = bit_by_bit.sell(total).points
    assert at_once.sell(total).points == earned

    back = 0
    for number, part in enumerate(data.draw(parts_of(total))):
        before = bit_by_bit.awards()
        bit_by_bit.send_back(f"r{number}", part)
        back += part
        after = bit_by_bit.awards()
        assert all(after[source] <= before[source] for source in before), "nothing grows when more comes back"
        if not rules[1:]:
            exact = Fraction(earned * (total - back), total)
            assert abs(bit_by_bit.points - exact) <= Fraction(1, 2)
    at_once.send_back("all", total)

    assert bit_by_bit.awards() == at_once.awards()
    assert bit_by_bit.points == at_once.points == 0
    bit_by_bit.send_back("more", total)
    assert bit_by_bit.points == 0, "more than all cannot come back"


@st.composite
def histories(draw: st.DrawFn) -> dict[str, Any]:
    """An order, what came back of it, and the order in which both were told of."""
    lines = tuple(
        OrderLine(id=item, price_minor=draw(st.integers(0, 20_000)), quantity=draw(st.integers(1, 4)))
        for item in ("a", "b", "c")
    )
    gross = sum(line.gross_minor for line in lines)
    total = max(1, gross - draw(st.integers(0, gross)))
    returns: list[tuple[str, int, tuple[ReturnedItem, ...]]] = []
    for number in range(draw(st.integers(1, 4))):
        named = draw(st.sets(st.sampled_from(["a", "b", "c"]), max_size=2))
        items = tuple(ReturnedItem(item, draw(st.integers(1, 3))) for item in sorted(named))
        returns.append((f"r{number}", draw(st.integers(0, total)), items))
    told: list[Any] = ["paid", "fulfilled", *returns]
    return {"total": total, "lines": lines, "told": told, "shuffled": draw(st.permutations(told))}


def live(paper: Paper, history: dict[str, Any], told: list[Any], codes: list[str]) -> dict[str, Any]:
    for one in told:
        if isinstance(one, str):
            paper.sell(history["total"], status=one, lines=history["lines"], codes=codes)
        else:
            paper.send_back(*one)
    return {"points": paper.points, "awards": paper.total_of_awards()}


@settings(max_examples=300, deadline=None)
@given(histories(), some_rules(), policies, st.integers(1, 2000), st.integers(0, 9000), st.booleans())
def test_the_end_does_not_depend_on_what_was_told_first(
    history: dict[str, Any], rules: list[VersionedRule], policy: Policy, cost: int, worth: int, waits: bool
):
    pending = "7 days" if waits else "none"
    shop = merchant(returned_rewards=policy, earn_pending=pending)
    one, other = Paper(shop, rules, points=FUNDS), Paper(shop, rules, points=FUNDS)
    in_order = live(one, history, history["told"], [one.redeem(cost, worth)])
    shuffled = live(other, history, history["shuffled"], [other.redeem(cost, worth)])
    assert in_order == shuffled


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["paid", "cancelled", "pending", "return", "return all"]), min_size=1, max_size=8),
    policies,
    st.integers(1, 3000),
    st.integers(0, 9000),
    some_rules(),
)
def test_points_come_back_once_in_whatever_order_orders_are_cancelled_and_returned(
    told: list[str], policy: Policy, cost: int, worth: int, rules: list[VersionedRule]
):
    """Behaviour 15: what was paid is back at most once, and after a cancellation or a full return exactly once."""
    total = 9000
    paper = Paper(merchant(returned_rewards=policy), rules, points=FUNDS)
    code = paper.redeem(cost, worth)
    back = 0
    status = "unknown"
    for number, one in enumerate(told):
        if one.startswith("return"):
            amount = total // 3 if one == "return" else total
            paper.send_back(f"r{number}", amount)
            back = min(total, back + amount)
        else:
            status = one
            paper.sell(total, status=status, codes=[code])
        of_order = paper.total_of_awards()
        assert FUNDS - cost <= paper.points - of_order <= FUNDS
        if status == "cancelled":
            assert of_order == 0
    if status == "paid":
        assert (back == total) <= (paper.total_of_awards() == 0)
        assert (back == total) <= (paper.points == FUNDS)
        assert bool(back) or paper.points - paper.total_of_awards() == FUNDS - cost
