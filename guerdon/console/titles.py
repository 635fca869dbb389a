"""What a reward is called in a person's language where its merchant gave it no name. Pure.

It says what rewards/wording.py says to shops, in English.
"""

from decimal import Decimal

from babel.numbers import format_decimal

from guerdon.console.amounts import money_text
from guerdon.console.draw import share_text
from guerdon.console.frame import N
from guerdon.console.visitor import Taste
from guerdon.rewards.price import least
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind

NAMES = {
    Category.DEFAULT: N("%(worth)s Off"),
    Category.PAY_BALANCE: N("%(worth)s Off Your Balance"),
    Category.GIFT_CARDS: N("%(worth)s Gift Card"),
    Category.DONATE_TO_CHARITY: N("%(worth)s Donation"),
}
GOODS = {RewardKind.FREE_SHIPPING: N("Free Shipping"), RewardKind.FREE_PRODUCT: N("Free Product")}


def title_of(terms: RedemptionRule, taste: Taste) -> str:
    """The merchant's name, or such as "5,00 € Rabatt", with the worth in the rule's own currency."""
    if terms.name:
        return terms.name
    if terms.reward in GOODS:
        return taste._(GOODS[terms.reward])
    name = taste._(NAMES[terms.category], worth=_worth(terms, taste))
    if terms.pricing is not Pricing.VARIABLE:
        return name
    points = format_decimal(terms.points, locale=taste.locale)
    return taste.ngettext(
        "%(name)s per %(points)s Point", "%(name)s per %(points)s Points", terms.points, name=name, points=points
    )


def _worth(terms: RedemptionRule, taste: Taste) -> str:
    """What a step is worth where the price is variable, else what the least amount of points buys."""
    if terms.reward is RewardKind.PERCENTAGE:
        return share_text(Decimal(terms.percentage_hundredths) / 100_00, taste.locale)
    steps = 1 if terms.pricing is Pricing.VARIABLE else least(terms) // terms.points
    return money_text(terms.amount_minor * steps, terms.currency, taste.locale)
