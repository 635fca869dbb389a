"""What a point is worth, and so what the programme owes: by the merchant's word, by use, or by the best offer.

A programme has no price of a point. What it owes is an estimate, so it is told with how it was made. Rewards that take
a percentage off or give a product have no value that we know: they are left out.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from guerdon.kit.money import CURRENCIES
from guerdon.merchants.merchant import Merchant
from guerdon.reports.period import Period
from guerdon.reports.points import REDEEMED, Numbers
from guerdon.reports.roll_up import Rewarded
from guerdon.rewards.price import worth
from guerdon.rewards.rule import RedemptionRule, RewardKind
from guerdon.rewards.rules import Rule

USE_DAYS = 90
"""How far back redemptions tell what points buy."""
PLACES = Decimal("0.000001")

Basis = Literal["policy", "redemptions", "best_rule", "none"]


class Worth(Struct, frozen=True):
    """So many points are worth so many minor units of the base currency, and how that is known: by the merchant's
    policy, by what was redeemed of late, by the best of the rules that are active, or not at all.
    """

    basis: Basis
    points: int
    amount_minor: int
    currency: str

    def of(self, points: int) -> int:
        """What so many points are worth, in minor units, rounded to the nearest."""
        if not self.points:
            return 0
        exact = Decimal(points) * self.amount_minor / self.points
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def a_point(self) -> Decimal | None:
        """In whole units of the currency, with six decimals."""
        if not self.points:
            return None
        minor = Decimal(self.amount_minor) / self.points
        return minor.scaleb(-CURRENCIES[self.currency].decimals).quantize(PLACES)


async def worth_of_points(numbers: Numbers, rules: Iterable[Rule], now: datetime) -> Worth:
    """What a point of this merchant is worth now."""
    merchant = numbers.merchant
    value = merchant.policies.point_value
    if value is not None:
        minor = Fraction(value) * 10 ** CURRENCIES[merchant.currency].decimals
        return Worth("policy", minor.denominator, minor.numerator, merchant.currency)
    return by_use(merchant, await numbers.rewards(lately(numbers.today))) or by_offer(merchant, rules, now)


def lately(today: date) -> Period:
    """The days whose redemptions tell what points buy."""
    return Period(today - timedelta(days=USE_DAYS - 1), today)


def by_use(merchant: Merchant, rewarded: Iterable[Rewarded]) -> Worth | None:
    """What redemptions gave for their points, all together; None where none gave money."""
    points = minor = 0
    for one in rewarded:
        if (one.source, one.target) in REDEEMED and one.value_minor and merchant.accepts(one.currency):
            points += one.points
            minor += merchant.converted(one.value_minor, one.currency, merchant.currency)
    return Worth("redemptions", points, minor, merchant.currency) if points and minor else None


def by_offer(merchant: Merchant, rules: Iterable[Rule], now: datetime) -> Worth:
    """The most that an active rule gives for a point, which is at worst what is owed."""
    best = Fraction(0)
    for rule in rules:
        if _offers(rule.terms, merchant, now):
            best = max(
                best, Fraction(worth(rule.terms, merchant, rule.terms.points, merchant.currency), rule.terms.points)
            )
    if not best:
        return Worth("none", 0, 0, merchant.currency)
    return Worth("best_rule", best.denominator, best.numerator, merchant.currency)


def _offers(terms: RedemptionRule, merchant: Merchant, now: datetime) -> bool:
    ended = terms.ends_at is not None and terms.ends_at <= now
    return terms.active and not ended and terms.reward is RewardKind.AMOUNT and merchant.accepts(terms.currency)
