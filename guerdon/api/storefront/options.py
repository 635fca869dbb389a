"""GET /redemption_options: what points buy here, or what one customer may buy with theirs."""

from decimal import Decimal
from typing import Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import CurrencyAsked, CustomerNamed
from guerdon.api.wire import Incoming
from guerdon.errors.books import CurrencyNotAccepted
from guerdon.kit.money import CURRENCIES, NotRepresentable, format_money, to_decimal
from guerdon.members.members import find_member
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.options import live_options, options_for
from guerdon.rewards.price import least, worth
from guerdon.rewards.rule import Channel, Pricing, RedemptionRule, RewardKind
from guerdon.rewards.rules import Rule
from guerdon.rewards.wording import option_name, option_sentence, percent_text, points_text

DiscountType = Literal["fixed_amount", "percentage", "variable", "shipping", "free_product"]

AskedType = Literal[
    "fixed_amount", "percentage", "variable", "shipping", "free_product",
    "generic_fixed_amount", "generic_variable", "product", "custom", "",
]  # fmt: skip
"""Every name that clients have been seen to ask for; an empty one asks for all."""

SAME_TYPE: dict[str, DiscountType] = {
    "generic_fixed_amount": "fixed_amount",
    "generic_variable": "variable",
    "product": "free_product",
}
"""Names of the incumbent's for what is one thing here. `custom` rewards are none of ours."""

TYPES: dict[RewardKind, DiscountType] = {
    RewardKind.AMOUNT: "fixed_amount",
    RewardKind.PERCENTAGE: "percentage",
    RewardKind.FREE_SHIPPING: "shipping",
    RewardKind.FREE_PRODUCT: "free_product",
}

ICONS: dict[DiscountType, str] = {
    "fixed_amount": "fa-dollar",
    "percentage": "fa-percent",
    "variable": "fa-dollar",
    "shipping": "fa-truck",
    "free_product": "fa-gift",
}


class FetchOptions(CustomerNamed, kw_only=True):
    """Naming a customer leaves the options that this customer qualifies for, whether or not the points suffice."""

    is_offline: bool = False
    discount_type: AskedType | None = None
    currency: CurrencyAsked | None = None


class OptionAnswer(msgspec.Struct):
    """A redemption option. Money is in the currency asked for; `amount` is the cost in points."""

    id: int
    name: str
    description: str
    icon: str
    cost_text: str
    amount: int | None
    applies_to_product_type: str
    duration: str
    type: str
    discount_type: DiscountType
    discount_amount_cents: int | None
    discount_value_cents: int | None
    discount_percentage: Decimal | None
    discount_rate_cents: Decimal | None
    discount_with_currency: str | None
    cart_greater_than: str | None
    unrendered_name: str | None
    unrendered_description: str | None
    variant_id: str | None


async def fetch_options(
    engine: Engine, caller: Caller, params: FetchOptions, _incoming: Incoming
) -> list[OptionAnswer]:
    """The live options, as far as they are asked for."""
    code = caller.merchant.accepted(params.currency or None)
    rules = await _rules(engine, caller.merchant, params)
    if params.is_offline:
        rules = [rule for rule in rules if rule.terms.channel is not Channel.ONLINE]
    answers = [answer for rule in rules if (answer := option_or_none(rule, caller.merchant, code)) is not None]
    if not params.discount_type:
        return answers
    wanted = SAME_TYPE.get(params.discount_type, params.discount_type)
    return [answer for answer in answers if answer.discount_type == wanted]


async def _rules(engine: Engine, merchant: Merchant, params: FetchOptions) -> list[Rule]:
    now = engine.clock()
    if not params.names_customer():
        return await live_options(engine.database, merchant, now)
    profile = await find_member(engine.database, merchant.merchant_id, params.identities())
    channel = Channel.OFFLINE if params.is_offline else Channel.ANY
    options = await options_for(engine.database, merchant, profile, now, channel)
    return [option.rule for option in options if not option.reasons]


def option_or_none(rule: Rule, merchant: Merchant, code: str) -> OptionAnswer | None:
    """None for an option that has no price in this currency: nobody could redeem it so."""
    try:
        return option_answer(rule, merchant, code)
    except (CurrencyNotAccepted, NotRepresentable):
        return None


def option_answer(rule: Rule, merchant: Merchant, code: str) -> OptionAnswer:
    """A rule as this contract shows it, in an accepted currency; raises CurrencyNotAccepted or NotRepresentable."""
    terms = rule.terms
    variable = terms.pricing is Pricing.VARIABLE
    kind: DiscountType = "variable" if variable and terms.reward is RewardKind.AMOUNT else TYPES[terms.reward]
    points = least(terms)
    value = worth(terms, merchant, points, code) if terms.reward is RewardKind.AMOUNT else 0
    step = worth(terms, merchant, terms.points, code) if kind == "variable" else value
    percentage = terms.reward is RewardKind.PERCENTAGE
    money = format_money(step, CURRENCIES[code])
    shown = percent_text(terms.percentage_hundredths) if percentage else money
    return OptionAnswer(
        id=rule.rule_id,
        name=option_name(terms, worth=shown),
        description=option_sentence(terms, worth=shown, points=points),
        icon=terms.icon or ICONS[kind],
        cost_text=points_text(points),
        amount=None if variable else points,
        applies_to_product_type="ALL",
        duration="single_use",
        type="Coupon",
        discount_type=kind,
        discount_amount_cents=value if kind == "fixed_amount" else None,
        discount_value_cents=value if kind == "fixed_amount" else None,
        discount_percentage=Decimal(terms.percentage_hundredths) / 100 if percentage else None,
        discount_rate_cents=Decimal(step) / terms.points if kind == "variable" else None,
        discount_with_currency=money if kind == "fixed_amount" else None,
        cart_greater_than=_cart(terms, merchant, code),
        unrendered_name=terms.name or None,
        unrendered_description=terms.description or None,
        variant_id=terms.product_id if terms.reward is RewardKind.FREE_PRODUCT else None,
    )


def _cart(terms: RedemptionRule, merchant: Merchant, code: str) -> str | None:
    """The least cart as a plain number, such as "50.00": clients compare it."""
    if not terms.minimum_cart_minor:
        return None
    minor = merchant.converted(terms.minimum_cart_minor, terms.currency, code)
    return str(to_decimal(minor, CURRENCIES[code]))
