"""What moving points costs, for any numbers."""

import hypothesis.strategies as st
from hypothesis import given

from guerdon.moving.rule import Fee, Rate


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**9))
def test_a_rate_never_asks_too_little_and_less_than_one_too_much(per: int, amount: int, points: int):
    price = Rate(amount, per).of(points)
    assert 0 <= price * per - points * amount < per


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 10**6))
def test_a_fee_never_passes_its_maximum_and_never_falls_with_more_points(
    flat: int, amount: int, maximum: int, points: int
):
    fee = Fee(flat=flat, rate=Rate(amount, 100), maximum=maximum)
    assert fee.of(points) <= maximum
    assert fee.of(points) <= fee.of(points + 1)
    assert Fee(flat=flat, rate=Rate(amount, 100)).of(points) >= fee.of(points)
