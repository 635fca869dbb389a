"""Fees of transfers on the portal contract are read as they are shown, whatever they are."""

from decimal import Decimal

import hypothesis.strategies as st
from hypothesis import given

from guerdon.api.portal.amounts import AmountSent
from guerdon.api.portal.transfer_fees import POINTS, read_rate, read_whole, show_rate, show_whole
from guerdon.errors.base import BadField
from guerdon.kit.money import CURRENCIES, LARGEST, Currency
from guerdon.moving.rule import Rate

UNITS = [POINTS, *(CURRENCIES[code] for code in ("USD", "JPY", "KWD"))]


@given(st.integers(0, LARGEST), st.integers(1, LARGEST), st.sampled_from(UNITS))
def test_a_rate_sent_back_as_it_was_shown_is_the_same_rate(amount: int, points: int, unit: Currency):
    rate = Rate(amount, points)

    shown = show_rate(rate, unit).amount

    assert read_rate(AmountSent(shown), rate, unit, "fee") == (rate if amount else Rate(0))


@given(st.integers(0, LARGEST), st.sampled_from(UNITS))
def test_a_fee_is_read_as_it_is_shown(number: int, unit: Currency):
    assert read_whole(AmountSent(show_whole(number, unit).amount), unit, "fee") == number


@given(st.decimals(0, 9000, places=12))
def test_what_a_point_costs_is_kept_to_the_last_decimal(amount: Decimal):
    try:
        rate = read_rate(AmountSent(amount), None, CURRENCIES["USD"], "fee")
    except BadField:
        assert amount > Decimal(LARGEST) / 10**12
        return
    assert show_rate(rate, CURRENCIES["USD"]).amount == (amount or None)
