"""What a rule does, in one English sentence, and the words that explanations share with it. Pure."""

from decimal import Decimal
from functools import lru_cache

from guerdon.earning.earns import CouponGift, Flat, Multiplier, PerAmount, PerItem, TierEntry
from guerdon.earning.rule import EarningRule
from guerdon.earning.sentence import ABOUT_RULE, OCCASIONS, Called, rule_parts
from guerdon.kit.money import CURRENCIES, format_money
from guerdon.kit.sentence import sentence

NOBODY = Called()
"""What rules name is then known by its number."""


def rule_sentence(terms: EarningRule, currency: str, called: Called = NOBODY) -> str:
    """The whole rule in English, such as "2 points for each $1.00 spent, on collection ‘Shoes’, online".

    `currency` is the merchant's, in which the rule's amounts are.
    """
    return sentence([part for part in rule_parts(terms, currency, called) if part.topic not in ABOUT_RULE])


def reward_text(terms: EarningRule, currency: str) -> str:
    """The reward in a few words: "50 Points", "1 Point per $1.00", "2x Points", "A Coupon"."""
    match terms.earns:
        case Flat(points=points):
            return titled_points(points)
        case PerAmount(points=points, each_minor=each_minor):
            return f"{titled_points(points)} per {money_text(each_minor, currency)}"
        case PerItem(points=points):
            return f"{titled_points(points)} per Piece"
        case Multiplier(factor=factor):
            return f"{factor_text(factor)}x Points"
        case CouponGift():
            return "A Coupon"
        case TierEntry(level=level):
            return f"Tier {level}"


def titled_points(points: int) -> str:
    """ "500 Points", "10,000 Points", "1 Point"."""
    return points_text(points).title()


def points_text(points: int) -> str:
    """ "500 points", "10,000 points", "1 point"."""
    return f"{points:,} {'point' if points == 1 else 'points'}"


def pieces_text(pieces: int) -> str:
    """ "3 pieces", "1 piece"."""
    return f"{pieces:,} {'piece' if pieces == 1 else 'pieces'}"


def times_text(times: int) -> str:
    """ "once", "twice", "12 times"."""
    return {1: "once", 2: "twice"}.get(times, f"{times:,} times")


def factor_text(factor: Decimal) -> str:
    """ "2", "1.5"."""
    return f"{factor.normalize():f}"


def occasion_text(trigger: str) -> str:
    """ "an order", "a review", or the merchant's own name of an activity."""
    return OCCASIONS.get(trigger) or f"‘{trigger.replace('_', ' ')}’"


@lru_cache(maxsize=4096)
def money_text(minor: int, currency: str) -> str:
    """ "$49.95", or the figures with the code where the currency is not one of ISO 4217 any more."""
    known = CURRENCIES.get(currency)
    return format_money(minor, known) if known else f"{minor} {currency}"
