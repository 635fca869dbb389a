"""What an issuance rule gives, on the portal contract: so many points for an order, or so many for what was paid.

The contract has two types. FLAT gives `flatPoints` for each order. MULTIPLIER multiplies the amount: `multiplierPoints`
is how many points each whole unit of the currency earns, such as 1.5 for each dollar, rounded once for the order.
Whatever else a rule may give (points by the piece, a multiple of what other rules give, a coupon, a tier) has no type
here: it is shown without one, and kept when it comes back without one.
"""

from decimal import Decimal
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from guerdon.api.portal.choices import FLAT, MULTIPLIER, Named
from guerdon.api.portal.terms import names_as_sent
from guerdon.earning.earns import Earns, Flat, PerAmount, check_range
from guerdon.errors.base import BadField
from guerdon.kit.money import Currency

DECIMALS_MAX = 4
"""The most decimals of `multiplierPoints`."""
LARGEST = 10**6


class Given(NamedTuple):
    """What a rule gives, as the contract says it; all None where it has no words for it."""

    kind: str | None
    flat: int | None = None
    multiplier: Decimal | None = None


def say_earns(earns: Earns, money: Currency) -> Given:
    """The type of a rule, and its points."""
    match earns:
        case Flat(points=points):
            return Given(FLAT, flat=points)
        case PerAmount():
            return Given(MULTIPLIER, multiplier=_decimal(_of_one(earns, money)))
        case _:
            return Given(None)


def read_earns(
    kind: Named | None, flat: int | None, multiplier: Decimal | None, before: Earns | None, money: Currency
) -> Earns:
    """What a rule gives from now on. The type says which of the two numbers counts, and the other is dropped; without
    it the number that is sent says so, and without any of them a rule that the contract has no type for stays so.
    """
    said = Given(None) if before is None else say_earns(before, money)
    if before is not None and said.kind is None:
        if kind is None and flat is None and multiplier is None:
            return before
        raise BadField("pointsType", "what this rule gives has no type here: send null, with no points")
    chosen = _chosen(kind, flat, multiplier, said.kind)
    if chosen == FLAT:
        if flat is None:
            raise BadField("flatPoints", "how many points an order earns is needed")
        check_range("flatPoints", flat, 1)
        return Flat(points=flat)
    if multiplier is None:
        raise BadField("multiplierPoints", f"how many points each {money.code} earns is needed, such as 1.5")
    if isinstance(before, PerAmount) and multiplier.is_finite() and multiplier == said.multiplier:
        return before
    with names_as_sent({"earns.points": "multiplierPoints", "earns.each_minor": "multiplierPoints"}):
        return _multiplied(_checked(multiplier), before, money)


def _chosen(kind: Named | None, flat: int | None, multiplier: Decimal | None, before: str | None) -> str:
    if kind is not None:
        if kind.name not in (FLAT, MULTIPLIER):
            raise BadField("pointsType.name", f"{kind.name[:40]!r} is neither {FLAT} nor {MULTIPLIER}")
        return kind.name
    if (flat is None) == (multiplier is None):
        if before is not None:
            return before
        raise BadField("pointsType", f"send {FLAT} with flatPoints, or {MULTIPLIER} with multiplierPoints")
    return MULTIPLIER if flat is None else FLAT


def _checked(multiplier: Decimal) -> Fraction:
    """Refuses what is not above zero, not counted exactly, or more than anybody gives."""
    shown = str(multiplier)[:40]
    if not multiplier.is_finite() or not 0 < multiplier <= LARGEST:
        raise BadField("multiplierPoints", f"{shown} is not above 0 and at most {LARGEST}")
    exponent = multiplier.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -40 or multiplier != round(multiplier, DECIMALS_MAX):
        raise BadField("multiplierPoints", f"{shown} has more than {DECIMALS_MAX} decimals")
    return Fraction(multiplier)


def _multiplied(multiplier: Fraction, before: Earns | None, money: Currency) -> PerAmount:
    """So many points for each unit of the currency. Other terms of the rule stay in proportion: its steps, and what it
    asks in other currencies.
    """
    base = before if isinstance(before, PerAmount) else PerAmount(points=1, each_minor=_unit(money), each_whole=False)
    factor = multiplier / _of_one(base, money)
    common = gcd(base.points, factor.denominator)
    points, each = base.points // common * factor.numerator, factor.denominator // common
    others = {code: minor * each for code, minor in base.each_minor_in.items()}
    return PerAmount(
        points=points, each_minor=base.each_minor * each, each_minor_in=others, each_whole=base.each_whole
    )  # fmt: skip


def _of_one(earns: PerAmount, money: Currency) -> Fraction:
    """How many points one unit of the currency earns."""
    return Fraction(earns.points * _unit(money), earns.each_minor)


def _unit(money: Currency) -> int:
    return 10**money.decimals


def _decimal(number: Fraction) -> Decimal:
    """With as many decimals as it takes, up to the most there are."""
    scaled = round(number * 10**DECIMALS_MAX)
    spare = next(n for n in range(DECIMALS_MAX, -1, -1) if scaled % 10**n == 0)
    return Decimal(scaled // 10**spare).scaleb(spare - DECIMALS_MAX)
