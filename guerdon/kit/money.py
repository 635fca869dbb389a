"""Money: currencies, and amounts as integers in minor units.

Inside Guerdon an amount is an `int` of a currency's minor units (5000 with USD is $50.00; 500 with JPY is ¥500), for
integers add up exactly. `Decimal` lives at the edges only: a surface turns what it was sent into minor units on the way
in, and writes a decimal or a sentence on the way out. An amount that the currency cannot hold is refused, not rounded,
and no float is ever made (behaviour.md, 27).

The currencies are those of ISO 4217 that are in use and have a minor unit (so neither gold nor the testing code), in
`currencies.csv`. Their ids are ours and go out on the wire: a new currency takes the next id, at the end of the file.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from importlib.resources import files
from types import MappingProxyType

import msgspec

LARGEST = 2**53
"""The most minor units that one amount may have: every JSON reader still reads them exactly."""

ONE = Decimal(1)
EXACT = Context(prec=64, traps=[Inexact, InvalidOperation])
"""Arithmetic that raises rather than lose a digit."""

WRITTEN = re.compile(r"(?P<sign>-?)(?P<symbol>[^0-9\u00a0-][^0-9\u00a0]*)\u00a0?(?P<figures>[0-9][0-9,]*(\.[0-9]+)?)")
"""Money as people read it."""

PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class UnknownCurrency(ValueError):
    """No currency has this code."""


class NotRepresentable(ValueError):
    """No whole number of minor units of the currency is this amount."""


class Currency(msgspec.Struct, frozen=True):
    """A currency of ISO 4217.

    `symbol` belongs to this currency alone ("$" is USD, "A$" is AUD), so that nobody has to guess what "$5" means; it
    is the code where the everyday symbol is shared. `fractional_unit` is empty where there are no `decimals`.
    """

    id: int
    code: str
    text: str
    symbol: str
    fractional_unit: str
    decimals: int
    numeric_code: str


def read_currencies() -> Mapping[str, Currency]:
    table = files("guerdon.kit").joinpath("currencies.csv").read_text("utf-8")
    currencies = msgspec.convert(list(csv.DictReader(table.splitlines())), list[Currency], strict=False)
    return MappingProxyType({currency.code: currency for currency in currencies})


CURRENCIES = read_currencies()
"""Every currency by its code, in the order of their ids."""


def currency(code: str) -> Currency:
    """The currency with this three-letter code, in either case; raises `UnknownCurrency`."""
    try:
        return CURRENCIES[code.upper()]
    except KeyError:
        raise UnknownCurrency(f"{code[:20]!r} is not a currency code of ISO 4217; send one such as 'USD'.") from None


def to_minor(amount: Decimal | int | str, currency: Currency) -> int:
    """An amount in whole units ("50.00", with USD) as minor units (5000); raises `NotRepresentable`.

    Zeros too many at the end do no harm ("15.000" is $15.00): clients disagree about scale, and the value is the same.
    """
    if isinstance(amount, str) and not PLAIN_NUMBER.fullmatch(amount):
        raise NotRepresentable(f"{amount[:40]!r} is not a number; send figures with a point, such as '50.00'.")
    number = Decimal(amount)
    if not number.is_finite():
        raise NotRepresentable(f"{str(number)[:40]} is not an amount; send a finite number, such as 50.00.")
    if number.copy_abs() > LARGEST:  # asked before it is scaled: 1E+999999 has a million figures
        raise too_large(currency)
    try:
        minor = EXACT.to_integral_exact(EXACT.scaleb(number, currency.decimals))
    except Inexact:
        raise too_many_decimals(number, currency) from None
    return within_bounds(int(minor), currency)


def to_decimal(minor: int, currency: Currency) -> Decimal:
    """Minor units as a decimal with exactly the currency's decimals: 5000 with USD is `Decimal("50.00")`."""
    return EXACT.scaleb(Decimal(minor), -currency.decimals)


def format_money(minor: int, currency: Currency, *, trim: bool = False) -> str:
    """Minor units as people read them: "$2,620.00", "-$5.00", "¥500", "KD 1.500"; `trim` leaves ".00" out ("$5").

    A symbol that does not end in a currency sign is set off by a space that does not break.
    """
    amount = to_decimal(abs(minor), currency)
    whole = amount == amount.to_integral_value()
    figures = f"{amount:,.0f}" if trim and whole else f"{amount:,f}"
    gap = "" if unicodedata.category(currency.symbol[-1]) == "Sc" else "\N{NO-BREAK SPACE}"
    return f"{'-' if minor < 0 else ''}{currency.symbol}{gap}{figures}"


def money_in(text: str) -> tuple[int, Currency] | None:
    """What `format_money` wrote, read again: minor units and their currency; None for anything else."""
    found = WRITTEN.fullmatch(text)
    one = next((one for one in CURRENCIES.values() if found and one.symbol == found["symbol"]), None)
    if found is None or one is None:
        return None
    try:
        minor = to_minor(found["sign"] + found["figures"].replace(",", ""), one)
    except NotRepresentable:
        return None
    return (minor, one) if format_money(minor, one) == text else None


def convert(minor: int, source: Currency, target: Currency, *, rate: Decimal, by: Decimal = ONE) -> int:
    """Minor units of `source` as minor units of `target`, where `by` of the one are worth `rate` of the other.

    Rounds toward zero, so a conversion never creates value; raises `NotRepresentable` when the result is too large.
    """
    assert 0 < rate < LARGEST, "a rate is checked where a merchant sets it"
    assert 0 < by < LARGEST, "a rate is checked where a merchant sets it"
    exact = Fraction(rate) / Fraction(by)
    numerator, denominator = exact.numerator, exact.denominator
    converted = abs(minor) * numerator * 10**target.decimals // (denominator * 10**source.decimals)
    return within_bounds(converted if minor >= 0 else -converted, target)


def within_bounds(minor: int, currency: Currency) -> int:
    if abs(minor) > LARGEST:
        raise too_large(currency)
    return minor


def too_large(currency: Currency) -> NotRepresentable:
    return NotRepresentable(f"The amount is too large; the most is {format_money(LARGEST, currency)}.")


def too_many_decimals(number: Decimal, currency: Currency) -> NotRepresentable:
    shown = str(number)[:40]
    if currency.decimals == 0:
        return NotRepresentable(f"{shown} has decimals and {currency.code} has none; send a whole number, such as 50.")
    example = to_decimal(50 * 10**currency.decimals, currency)
    return NotRepresentable(
        f"{shown} has more decimals than {currency.code}; send at most {currency.decimals}, such as {example}."
    )
