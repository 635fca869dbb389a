"""Amounts are shown as each language writes them, and read as they are meant: never a thousandfold, never guessed."""

from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from guerdon.console.amounts import Unclear, decimal_of, decimal_typed, minor_of, minor_typed, rate_of, typed
from guerdon.errors.base import BadField
from guerdon.kit.money import CURRENCIES, LARGEST, NotRepresentable, format_money, money_in

ENGLISH, GERMAN, SWISS, AUSTRIAN = (Locale.parse(name) for name in ("en_US", "de", "de_CH", "de_AT"))
LOCALES = st.sampled_from([ENGLISH, GERMAN, SWISS, AUSTRIAN, Locale.parse("en_ZA")])
CODES = st.sampled_from(["JPY", "USD", "EUR", "KWD"])
MINOR = st.one_of(st.integers(0, 3_000_000), st.integers(0, LARGEST))


@given(MINOR, CODES, LOCALES)
def test_what_is_shown_is_read_again(minor: int, code: str, locale: Locale):
    text = typed(minor, code, locale)
    assert minor_typed(text, code, locale) == minor
    assert minor_of(f" {text} ", code, "amount", locale) == minor


@given(MINOR, CODES, LOCALES)
def test_what_is_written_with_groups_is_read_too(minor: int, code: str, locale: Locale):
    number = Decimal(typed(minor, code, ENGLISH))
    places = "0" * CURRENCIES[code].decimals
    text = format_decimal(number, format=f"#,##0.{places}" if places else "#,##0", locale=locale)
    assert minor_typed(text, code, locale) == minor


@given(MINOR, st.sampled_from(["USD", "EUR"]))
def test_two_decimals_are_read_with_either_mark_in_every_language(minor: int, code: str):
    for locale in (ENGLISH, GERMAN, SWISS, AUSTRIAN):
        assert minor_typed(typed(minor, code, ENGLISH), code, locale) == minor
        assert minor_typed(typed(minor, code, GERMAN), code, locale) == minor


@given(st.from_regex(r"[0-9][0-9.,]{0,9}", fullmatch=True), CODES)
def test_no_text_means_a_thousandfold_in_the_other_language_unless_it_is_written_so(text: str, code: str):
    """Where both languages read a text otherwise, it has one mark before three figures: each means what is its own."""
    read: list[int] = []
    for locale in (ENGLISH, GERMAN):
        try:
            read.append(minor_typed(text, code, locale))
        except (Unclear, NotRepresentable):
            continue
    if len(set(read)) > 1:
        assert CURRENCIES[code].decimals == 3
        assert max(read) == 1000 * min(read)


@given(st.decimals(0, 10**9, places=9), LOCALES)
def test_numbers_that_are_shown_are_read_again(number: Decimal, locale: Locale):
    assert rate_of(decimal_typed(number, locale), locale) == number


@pytest.mark.parametrize(
    ("text", "code", "english", "german"),
    [
        ("1,00", "EUR", 100, 100), ("1.00", "EUR", 100, 100), ("1.5", "EUR", 150, 150), ("1,5", "EUR", 150, 150),
        ("1.000", "EUR", None, 100_000), ("1,000", "EUR", 100_000, None),
        ("1.000,50", "EUR", 100_050, 100_050), ("1,000.50", "EUR", 100_050, 100_050),
        ("1.000.000", "EUR", 100_000_000, 100_000_000), ("1,000,000", "EUR", 100_000_000, 100_000_000),
        ("1 000,50", "EUR", 100_050, 100_050), ("1’000.50", "EUR", 100_050, 100_050),
        ("1.000", "KWD", 1000, 1_000_000), ("1,000", "KWD", 1_000_000, 1000), ("0.125", "KWD", 125, 125),
        ("1234.500", "KWD", 1_234_500, None), ("1234,500", "KWD", None, 1_234_500),
        ("1.000", "JPY", None, 1000), ("1,000", "JPY", 1000, None), ("1.00", "JPY", None, None),
        ("1.005", "EUR", None, 100_500), ("12,34.5", "EUR", None, None), ("1.00.000", "EUR", None, None),
        (".50", "EUR", None, None), ("5.", "EUR", None, None), ("-5", "EUR", None, None), ("1e3", "EUR", None, None),
        ("five", "EUR", None, None), ("١", "EUR", None, None), ("9" * 41, "EUR", None, None),
    ],
)  # fmt: skip
def test_amounts_are_read_by_the_language(text: str, code: str, english: int | None, german: int | None):
    for locale, minor in ((ENGLISH, english), (GERMAN, german)):
        if minor is not None:
            assert minor_of(text, code, "amount", locale) == minor
            continue
        with pytest.raises(BadField):
            minor_of(text, code, "amount", locale)


def test_rates_are_read_by_the_language():
    assert rate_of("0.920", GERMAN) == rate_of("0,920", ENGLISH) == Decimal("0.92")
    assert rate_of("1.1083", GERMAN) == rate_of("1,1083", ENGLISH) == rate_of("1,1083", GERMAN) == Decimal("1.1083")
    assert decimal_typed(Decimal("1E-9"), GERMAN) == "0,000000001"
    for text, locale in (("1.108", GERMAN), ("1,108", ENGLISH)):
        assert decimal_of(text, locale) == 1108, "as an amount"
        with pytest.raises(Unclear):
            rate_of(text, locale)


def test_nothing_is_no_amount():
    assert minor_of(None, "EUR", "amount", GERMAN) is None
    assert minor_of("  ", "EUR", "amount", GERMAN) is None
    assert typed(None, "EUR", GERMAN) == ""


@given(st.integers(-LARGEST, LARGEST), st.sampled_from(sorted(CURRENCIES)))
def test_money_that_was_written_is_found_again(minor: int, code: str):
    assert money_in(format_money(minor, CURRENCIES[code])) == (minor, CURRENCIES[code])


@pytest.mark.parametrize("text", ["", "5", "$", "$5", "$5.0", "$1000.00", "€ 5.00", "5.00 €", "XXQ\u00a05", "$-5.00"])
def test_other_texts_are_no_money(text: str):
    assert money_in(text) is None
