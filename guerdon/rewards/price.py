"""What a redemption takes and gives: points in, value out. Pure."""

from typing import NamedTuple

from guerdon.errors.base import BadField
from guerdon.errors.rewards import PointsBelowMinimum, PointsNotFixed, PointsOffStep, PointsRequired
from guerdon.kit.money import CURRENCIES, NotRepresentable, within_bounds
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.rule import Pricing, RedemptionRule, RewardKind, ladder


class Price(NamedTuple):
    """Points taken; value given in the currency of the redemption; and what the rule's budget pays, in its own."""

    points: int
    value_minor: int
    currency: str
    budget_minor: int


def price(rule: RedemptionRule, merchant: Merchant, points: int | None, currency: str | None) -> Price:
    """Value = floor(points / N) × amount, for points that fit the rule's steps exactly (behaviour 8).

    Refuses with PointsRequired, PointsNotFixed, PointsBelowMinimum, PointsOffStep or CurrencyNotAccepted, and points
    that are worth more than anybody can count.
    """
    asked = _points(rule, points)
    code = merchant.accepted(currency)
    if rule.reward is not RewardKind.AMOUNT:
        return Price(asked, 0, code, 0)
    try:
        value = worth(rule, merchant, asked, code)
    except NotRepresentable as error:
        problem = f"{asked} points are too many for this option. {error}".removesuffix(".")
        raise BadField("points_to_redeem", problem) from None
    return Price(asked, value, code, rule.amount_minor * (asked // rule.points))


def worth(rule: RedemptionRule, merchant: Merchant, points: int, code: str) -> int:
    """What so many points are worth, in minor units of an accepted currency; raises NotRepresentable."""
    steps = points // rule.points
    if code in rule.amounts_minor:
        return within_bounds(rule.amounts_minor[code] * steps, CURRENCIES[code])
    minor = within_bounds(rule.amount_minor * steps, CURRENCIES[rule.currency])
    return merchant.converted(minor, rule.currency, code)


def least(rule: RedemptionRule) -> int:
    """The fewest points that the rule takes, which is what it takes where nobody says how many."""
    return rule.points if rule.pricing is Pricing.FIXED else ladder(rule).first


def _points(rule: RedemptionRule, points: int | None) -> int:
    first, step = ladder(rule)
    if rule.pricing is Pricing.FIXED:
        if points not in (None, rule.points):
            raise PointsNotFixed(points, rule.points)
        return rule.points
    if points is None:
        if rule.pricing is Pricing.VARIABLE:
            raise PointsRequired(first, step)
        points = first
    if points < first:
        raise PointsBelowMinimum(points, first)
    over = (points - first) % step
    if over:
        raise PointsOffStep(points, step, points - over, points - over + step)
    return points
