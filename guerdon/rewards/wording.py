"""What an option is called where its merchant gave it no name: short sentences that a shopper reads. Pure."""

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

from guerdon.kit.money import CURRENCIES, format_money
from guerdon.rewards.price import least
from guerdon.rewards.rule import Category, Channel, Pricing, RedemptionRule, RewardKind

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


def rule_sentence(rule: RedemptionRule) -> str:
    """The whole rule, whatever its merchant wrote of it, such as "Get $5.00 off your next purchase for 500 points, from
    tier 2 on, online, at most 3 times a member".
    """
    head = GOODS_SENTENCES.get(rule.reward) or SENTENCES[rule.category].format(worth=_worth(rule))
    each = "every " if rule.pricing is Pricing.VARIABLE else ""
    points = rule.points if rule.pricing is Pricing.VARIABLE else least(rule)
    return ", ".join([f"{head} for {each}{points_text(points).lower()}", *_who(rule), *_limits(rule), *_when(rule)])


def _who(rule: RedemptionRule) -> Iterator[str]:
    if rule.tier_level:
        yield f"in tier {rule.tier_level} alone" if rule.tier_exact else f"from tier {rule.tier_level} on"
    if rule.member_tags:
        yield f"for members tagged {' or '.join(f'‘{tag}’' for tag in rule.member_tags)}"
    if rule.channel is not Channel.ANY:
        yield "online" if rule.channel is Channel.ONLINE else "in store"
    if rule.minimum_cart_minor:
        yield f"with a cart of at least {_money(rule, rule.minimum_cart_minor)}"


def _limits(rule: RedemptionRule) -> Iterator[str]:
    if rule.pricing is Pricing.VARIABLE and least(rule) != rule.points:
        yield f"at least {points_text(least(rule)).lower()}"
    if rule.points_max_per_transaction is not None:
        yield f"at most {points_text(rule.points_max_per_transaction).lower()} at a time"
    if rule.points_max_per_day is not None:
        yield f"at most {points_text(rule.points_max_per_day).lower()} a day"
    if rule.redemptions_max_per_member is not None:
        yield f"at most {times_text(rule.redemptions_max_per_member)} a member"
    if rule.stock is not None:
        yield f"at most {times_text(rule.stock)} for all members together"
    if rule.budget_minor is not None:
        yield f"at most {_money(rule, rule.budget_minor)} for all members together"


def _when(rule: RedemptionRule) -> Iterator[str]:
    if rule.starts_at:
        yield f"from {rule.starts_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if rule.ends_at:
        yield f"until {rule.ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _worth(rule: RedemptionRule) -> str:
    """What a step is worth where it is variable, else what the least amount of points buys."""
    if rule.reward is RewardKind.PERCENTAGE:
        return percent_text(rule.percentage_hundredths)
    steps = 1 if rule.pricing is Pricing.VARIABLE else least(rule) // rule.points
    return _money(rule, rule.amount_minor * steps)


def _money(rule: RedemptionRule, minor: int) -> str:
    return format_money(minor, CURRENCIES[rule.currency])


def times_text(times: int) -> str:
    """ "once", "twice", "12 times"."""
    return {1: "once", 2: "twice"}.get(times, f"{times:,} times")


def percent_text(hundredths: int) -> str:
    """1250 is "12.5%"."""
    return f"{(Decimal(hundredths) / 100).normalize():f}%"


def points_text(points: int) -> str:
    """Points as people read them: "500 Points", "10,000 Points", "1 Point"."""
    return f"{points:,} {'Point' if points == 1 else 'Points'}"
