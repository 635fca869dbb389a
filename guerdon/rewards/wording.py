"""What an option is called where its merchant gave it no name: short sentences that a shopper reads. Pure.

The whole of a rule, for those who make it, is in sentence.py.
"""

from decimal import Decimal

from guerdon.kit.money import CURRENCIES, format_money
from guerdon.rewards.price import least
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind

NAMES = {
    Category.DEFAULT: "{worth} Off",
    Category.PAY_BALANCE: "{worth} Off Your Balance",
    Category.GIFT_CARDS: "{worth} Gift Card",
    Category.DONATE_TO_CHARITY: "{worth} Donation",
}

SENTENCES = {
    Category.DEFAULT: "Get {worth} off your next purchase",
    Category.PAY_BALANCE: "Get {worth} off your next payment",
    Category.GIFT_CARDS: "Get a {worth} gift card",
    Category.DONATE_TO_CHARITY: "Give {worth} to charity",
}

GOODS_NAMES = {RewardKind.FREE_SHIPPING: "Free Shipping", RewardKind.FREE_PRODUCT: "Free Product"}

GOODS_SENTENCES = {
    RewardKind.FREE_SHIPPING: "Get free shipping on your next purchase",
    RewardKind.FREE_PRODUCT: "Get a free product",
}


def option_name(rule: RedemptionRule, *, worth: str) -> str:
    """The merchant's name, or such as "$5.00 Off", "15% Off", "Free Shipping", "$1.00 Off per 100 Points".

    `worth` is what the least amount of points buys, as people read it: "$5.00" or "15%".
    """
    if rule.name:
        return rule.name
    if rule.reward in GOODS_NAMES:
        return GOODS_NAMES[rule.reward]
    name = NAMES[rule.category].format(worth=worth)
    return f"{name} per {points_text(rule.points)}" if rule.pricing is Pricing.VARIABLE else name


def option_sentence(rule: RedemptionRule, *, worth: str, points: int) -> str:
    """The merchant's description, or such as "Get $5.00 off your next purchase for 500 points"."""
    if rule.description:
        return rule.description
    sentence = GOODS_SENTENCES.get(rule.reward) or SENTENCES[rule.category].format(worth=worth)
    if rule.pricing is Pricing.VARIABLE:
        return f"{sentence} for every {points_text(rule.points).lower()}"
    return f"{sentence} for {points_text(points).lower()}"


def rule_title(rule: RedemptionRule) -> str:
    """What the rule is called, with its worth in its own currency."""
    return option_name(rule, worth=_worth(rule))


def _worth(rule: RedemptionRule) -> str:
    """What a step is worth where it is variable, else what the least amount of points buys."""
    if rule.reward is RewardKind.PERCENTAGE:
        return percent_text(rule.percentage_hundredths)
    steps = 1 if rule.pricing is Pricing.VARIABLE else least(rule) // rule.points
    return _money(rule, rule.amount_minor * steps)


def _money(rule: RedemptionRule, minor: int) -> str:
    return format_money(minor, CURRENCIES[rule.currency])


def percent_text(hundredths: int) -> str:
    """1250 is "12.5%"."""
    return f"{(Decimal(hundredths) / 100).normalize():f}%"


def points_text(points: int) -> str:
    """Points as people read them: "500 Points", "10,000 Points", "1 Point"."""
    return f"{points:,} {'Point' if points == 1 else 'Points'}"
