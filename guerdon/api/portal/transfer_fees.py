"""What transfers cost, on the portal contract: amounts of the merchant's currency, or of points.

A fee that is paid with points is a number of points, so it has no currency. A currency that is sent along is refused:
whoever means five dollars' worth of points must not have set five points.
"""

from decimal import Decimal, Inexact
from fractions import Fraction

from msgspec import Struct

from guerdon.api.portal.amounts import AmountSent, CurrencyShown, read_currency, read_minor, show_currency
from guerdon.errors.base import BadField
from guerdon.kit.money import EXACT, LARGEST, Currency, to_decimal
from guerdon.moving.rule import Rate

DECIMALS_MAX = 12
"""The most decimals of what one point costs."""

POINTS = Currency(0, "points", "Points", "points", "", 0, "")
"""Points, read and written as money without decimals."""


class FeeShown(Struct):
    """A fee; the amount is null where there is none, and the currency where it is paid with points."""

    amount: Decimal | None
    currency: CurrencyShown | None


def read_whole(sent: AmountSent | None, unit: Currency, field: str) -> int | None:
    """Minor units, or points; None where no amount is sent. Refuses with BadField, under the name of the field."""
    if sent is None or sent.amount is None:
        return None
    _check_unit(sent, unit, field)
    minor = read_minor(sent.amount, unit, field)
    if minor < 0:
        raise BadField(f"{field}.amount", f"{sent.amount} is below zero")
    return minor


def read_rate(sent: AmountSent | None, before: Rate | None, unit: Currency, field: str) -> Rate:
    """What each point costs, exactly. `before`, sent back as it was shown, stays as exact as it is.

    Refuses with BadField, under the name of the field.
    """
    if sent is None or (amount := sent.amount) is None:
        return Rate(0)
    _check_unit(sent, unit, field)
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise BadField(f"{field}.amount", f"{str(amount)[:40]} is not an amount from 0 on that can be counted")
    if before is not None and amount == _of_one(before, unit):
        return before
    try:
        scaled = EXACT.to_integral_exact(EXACT.scaleb(amount, DECIMALS_MAX))
    except Inexact:
        problem = f"{str(amount)[:40]} has more than {DECIMALS_MAX} decimals"
        raise BadField(f"{field}.amount", problem) from None
    exact = Fraction(int(scaled) * 10**unit.decimals, 10**DECIMALS_MAX)
    if exact.numerator > LARGEST:
        raise BadField(f"{field}.amount", f"{str(amount)[:40]} has more figures than can be counted")
    return Rate(exact.numerator, exact.denominator)


def show_whole(number: int | None, unit: Currency) -> FeeShown:
    """Minor units, or points."""
    return _shown(None if number is None else to_decimal(number, unit), unit)


def show_rate(rate: Rate, unit: Currency) -> FeeShown:
    """What each point costs."""
    return _shown(_of_one(rate, unit) if rate.amount else None, unit)


def _shown(amount: Decimal | None, unit: Currency) -> FeeShown:
    return FeeShown(amount, None if unit is POINTS else show_currency(unit))


def _of_one(rate: Rate, unit: Currency) -> Decimal:
    """What one point costs, with the decimals of the unit and as many more as it takes, up to the most there are."""
    scaled = round(Fraction(rate.amount * 10**DECIMALS_MAX, rate.points * 10**unit.decimals))
    spare = next(n for n in range(DECIMALS_MAX - unit.decimals, -1, -1) if scaled % 10**n == 0)
    return EXACT.scaleb(Decimal(scaled // 10**spare), spare - DECIMALS_MAX)


def _check_unit(sent: AmountSent, unit: Currency, field: str) -> None:
    """Fees are in points or in the merchant's own currency, and nothing is converted."""
    if sent.code is None:
        return
    problem = f"fees are in the merchant's currency, {unit.code}"
    if unit is POINTS:
        problem = "the fee is paid with points, which have no currency: send null, or payFeeWithPoints false"
    if read_currency(sent.code, field).code != unit.code:
        raise BadField(f"{field}.currency.currencyCode", problem)
