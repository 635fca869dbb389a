"""At which levels a merchant is told that a pool runs low."""

from hypothesis import given
from hypothesis import strategies as st

from guerdon.rewards.pool import thresholds, told_at


@given(low_at=st.integers(1, 10_000))
def test_thresholds_go_down_to_zero_and_none_is_told_twice(low_at: int):
    levels = thresholds(low_at)
    assert levels[0] == low_at
    assert levels[-1] == 0
    assert sorted(set(levels), reverse=True) == list(levels)


@given(low_at=st.integers(1, 10_000), unused=st.integers(0, 20_000))
def test_a_filled_pool_is_told_of_what_is_below_its_level(low_at: int, unused: int):
    told = told_at(low_at, unused)
    below = [level for level in thresholds(low_at) if level < unused]
    assert [level for level in thresholds(low_at) if told is None or level < told] == below
