"""A merchant's own exchange rates, applied exactly."""

from decimal import Decimal
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import given

from guerdon.merchants.merchant import Merchant, Policies

SHOP = Merchant(1, UUID(int=1), "Acme", "USD", "UTC", Policies(), {"KWD": Decimal("0.3"), "JPY": Decimal(150)})


def test_a_rate_is_applied_as_it_is_and_not_by_its_rounded_inverse():
    assert SHOP.converted(1500, "KWD", "USD") == 500
    assert SHOP.converted(500, "USD", "KWD") == 1500
    assert SHOP.converted(300, "KWD", "JPY") == 150


@given(st.integers(-(10**9), 10**9), st.sampled_from(["KWD", "JPY", "USD"]), st.sampled_from(["KWD", "JPY", "USD"]))
def test_there_and_back_creates_no_value(minor: int, there: str, back: str):
    assert abs(SHOP.converted(SHOP.converted(minor, there, back), back, there)) <= abs(minor)
