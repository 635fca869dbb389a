"""Currencies and amounts (behaviour.md, 27)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as some

from guerdon.kit.money import (
    CURRENCIES,
    LARGEST,
    Currency,
    NotRepresentable,
    UnknownCurrency,
    convert,
    currency,
    format_money,
    to_decimal,
    to_minor,
)

USD, EUR, JPY, KWD = (currency(code) for code in ("USD", "EUR", "JPY", "KWD"))

currencies = some.sampled_from(list(CURRENCIES.values()))
amounts = some.integers(-LARGEST, LARGEST)
rates = some.decimals(min_value="0.000001", max_value="1000000", places=6)

SHARED_MONEY = {"XAD", "XAF", "XCD", "XCG", "XOF", "XPF"}
"""The codes in X that are money; the others are metals, units of account, and codes for testing."""


def test_every_currency_of_iso_4217_is_there() -> None:
    listed = {one.alpha_3: one.numeric for one in cast("Iterable[Any]", pycountry.currencies)}
    money = {code: number for code, number in listed.items() if code[0] != "X" or code in SHARED_MONEY}
    assert {code: known.numeric_code for code, known in CURRENCIES.items()} == money


def test_the_united_states_dollar_comes_first() -> None:
    assert currency("usd") == Currency(1, "USD", "United States Dollar", "$", "Cent", 2, "840")


def test_ids_follow_the_file() -> None:
    assert [known.id for known in CURRENCIES.values()] == list(range(1, len(CURRENCIES) + 1))


def test_no_two_currencies_read_alike() -> None:
    for field in ("text", "symbol"):
        values = [getattr(known, field) for known in CURRENCIES.values()]
        assert all(values)
        assert len(set(values)) == len(values)


def test_a_fraction_has_a_name_wherever_there_is_one() -> None:
    assert all(bool(known.fractional_unit) == (known.decimals > 0) for known in CURRENCIES.values())


@pytest.mark.parametrize(
    ("decimals", "codes"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_currencies_with_other_than_two_decimals(decimals: int, codes: str) -> None:
    assert [code for code, known in CURRENCIES.items() if known.decimals == decimals] == codes.split()
    assert {known.decimals for known in CURRENCIES.values()} == {0, 2, 3, 4}


@pytest.mark.parametrize("code", ["", "US", "ZZZ", "dollars", "$", "\x00", "US" * 50])
def test_an_unknown_currency_is_named(code: str) -> None:
    with pytest.raises(UnknownCurrency) as refused:
        currency(code)
    assert repr(code[:20]) in str(refused.value)


@pytest.mark.parametrize(
    ("amount", "unit", "minor"),
    [
        ("50.00", USD, 5000),
        ("50", USD, 5000),
        (50, USD, 5000),
        (Decimal("0.010"), USD, 1),
        ("15.000", USD, 1500),
        (f"1.{'0' * 100}", USD, 100),
        ("-0.01", USD, -1),
        (500, JPY, 500),
        ("1.005", KWD, 1005),
        (Decimal("1E+3"), JPY, 1000),
        (Decimal("0E+999999"), USD, 0),
        (LARGEST, JPY, LARGEST),
    ],
)
def test_amounts_that_a_currency_holds(amount: Decimal | int | str, unit: Currency, minor: int) -> None:
    assert to_minor(amount, unit) == minor


@pytest.mark.parametrize(
    ("amount", "unit", "sentence"),
    [
        ("0.001", USD, "0.001 has more decimals than USD; send at most 2, such as 50.00."),
        ("1.0001", KWD, "1.0001 has more decimals than KWD; send at most 3, such as 50.000."),
        ("0.5", JPY, "0.5 has decimals and JPY has none; send a whole number, such as 50."),
        (Decimal("1E-999999"), USD, "1E-999999 has more decimals than USD; send at most 2, such as 50.00."),
        (Decimal("NaN"), USD, "NaN is not an amount; send a finite number, such as 50.00."),
        (Decimal("sNaN"), USD, "sNaN is not an amount; send a finite number, such as 50.00."),
        (Decimal("-Infinity"), USD, "-Infinity is not an amount; send a finite number, such as 50.00."),
        (LARGEST + 1, JPY, "The amount is too large; the most is ¥9,007,199,254,740,992."),
        (LARGEST, USD, "The amount is too large; the most is $90,071,992,547,409.92."),
        (Decimal("-1E+999999999999"), USD, "The amount is too large; the most is $90,071,992,547,409.92."),
    ],
)
def test_amounts_that_it_does_not_hold(amount: Decimal | int | str, unit: Currency, sentence: str) -> None:
    with pytest.raises(NotRepresentable) as refused:
        to_minor(amount, unit)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "text", ["", " 5", "5.", ".5", "+5", "1,000", "1_000", "1e3", "٣", "NaN", "$5", "5\x00", "5\n"]
)
def test_text_that_is_no_number(text: str) -> None:
    with pytest.raises(NotRepresentable, match="is not a number; send figures"):
        to_minor(text, USD)


@given(minor=amounts, unit=currencies)
def test_there_and_back_loses_nothing(minor: int, unit: Currency) -> None:
    amount = to_decimal(minor, unit)
    assert amount.as_tuple().exponent == -unit.decimals
    assert to_minor(amount, unit) == minor
    assert to_minor(str(amount), unit) == minor


@given(text=some.text(max_size=12) | some.from_regex(r"-?[0-9.]{0,9}"), unit=currencies)
def test_any_text_is_held_exactly_or_refused(text: str, unit: Currency) -> None:
    try:
        minor = to_minor(text, unit)
    except NotRepresentable:
        return
    assert to_decimal(minor, unit) == Decimal(text)


@pytest.mark.parametrize(
    ("minor", "unit", "long", "short"),
    [
        (5000, USD, "$50.00", "$50"),
        (262000, USD, "$2,620.00", "$2,620"),
        (550, USD, "$5.50", "$5.50"),
        (-500, USD, "-$5.00", "-$5"),
        (-1, USD, "-$0.01", "-$0.01"),
        (0, EUR, "€0.00", "€0"),
        (500, JPY, "¥500", "¥500"),
        (1500, KWD, "KD\N{NO-BREAK SPACE}1.500", "KD\N{NO-BREAK SPACE}1.500"),
        (2000, KWD, "KD\N{NO-BREAK SPACE}2.000", "KD\N{NO-BREAK SPACE}2"),
        (500, currency("CAD"), "CA$5.00", "CA$5"),
    ],
)
def test_money_as_people_read_it(minor: int, unit: Currency, long: str, short: str) -> None:
    assert format_money(minor, unit) == long
    assert format_money(minor, unit, trim=True) == short


@given(minor=amounts, unit=currencies, trim=some.booleans())
def test_what_people_read_is_the_amount(minor: int, unit: Currency, trim: bool) -> None:
    shown = format_money(minor, unit, trim=trim)
    figures = shown.replace(unit.symbol, "").replace("\N{NO-BREAK SPACE}", "").replace(",", "")
    assert to_minor(figures, unit) == minor


@pytest.mark.parametrize(
    ("minor", "source", "target", "rate", "result"),
    [
        (1000, USD, EUR, "0.92", 920),
        (1000, USD, JPY, "150.5", 1505),
        (1505, JPY, USD, "0.0066", 993),  # ¥1,505 is $9.933
        (-1505, JPY, USD, "0.0066", -993),
        (1000, USD, KWD, "0.3075", 3075),
        (1, USD, JPY, "99.9", 0),
        (1, KWD, USD, "10", 1),
    ],
)
def test_conversion_rounds_toward_zero(minor: int, source: Currency, target: Currency, rate: str, result: int) -> None:
    assert convert(minor, source, target, rate=Decimal(rate)) == result


def test_a_conversion_too_large_is_refused() -> None:
    with pytest.raises(NotRepresentable):
        convert(LARGEST, KWD, USD, rate=Decimal(1000))


@given(minor=amounts, unit=currencies)
def test_a_currency_is_worth_itself(minor: int, unit: Currency) -> None:
    assert convert(minor, unit, unit, rate=Decimal(1)) == minor


@given(minor=some.integers(-(10**9), 10**9), source=currencies, target=currencies, rate=rates)
def test_a_conversion_is_less_than_one_minor_unit_below_the_exact_value(
    minor: int, source: Currency, target: Currency, rate: Decimal
) -> None:
    try:
        converted = convert(minor, source, target, rate=rate)
    except NotRepresentable:
        assert abs(minor) * rate * 10 ** (target.decimals - source.decimals) > LARGEST
        return
    exact = minor * rate * Decimal(10) ** (target.decimals - source.decimals)
    assert 0 <= abs(exact) - abs(converted) < 1
    assert converted * minor >= 0
