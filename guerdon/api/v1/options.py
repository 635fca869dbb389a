"""`/v1/members/{id}/options`: what a member can redeem now, and for the rest why not and from when."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.books import accounts_of
from guerdon.api.v1.ids import MemberId, shown
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.money import CurrencyCode, Money
from guerdon.api.v1.redemptions import SALES_CHANNELS, SalesChannel
from guerdon.api.v1.who import member_present, member_shown
from guerdon.api.wire import Incoming, Route
from guerdon.errors.base import Refusal
from guerdon.errors.books import CurrencyNotAccepted
from guerdon.kit.money import CURRENCIES, NotRepresentable, format_money
from guerdon.merchants.merchant import Merchant
from guerdon.points.history import get_balances
from guerdon.points.search import activations_of, enough_at
from guerdon.rewards.eligibility import funds_against
from guerdon.rewards.options import Option, options_for
from guerdon.rewards.price import Price, least, worth
from guerdon.rewards.rule import Pricing, RedemptionRule, RewardKind
from guerdon.rewards.wording import option_name, percent_text


class OptionsAsked(Asked, kw_only=True):
    """For whom, where, and in which currency worth is told: the base currency, where that is left out."""

    id: MemberId
    channel: SalesChannel = "any"
    currency: CurrencyCode | None = None


class ReasonAnswer(msgspec.Struct, frozen=True):
    """One thing that stands against it; `facts` are the numbers and names in `detail`."""

    code: str
    detail: str
    facts: dict[str, Any]


class OptionAnswer(msgspec.Struct, frozen=True):
    """A redemption rule that is live. `points` are the fewest that it takes, and `value` is what those buy, where that
    is money. `points_missing` of them are not there; pending points make up for it at `enough_at`, null where that has
    no date.
    """

    rule: str
    name: str
    reward: RewardKind
    pricing: Pricing
    points: int
    value: Money | None
    redeemable: bool
    reasons: list[ReasonAnswer]
    points_missing: int
    enough_at: datetime | None


class OptionsAnswer(msgspec.Struct, frozen=True):
    """All live redemption rules, as they are for one member with so many points available."""

    object: Literal["options"]
    member: str
    available: int
    options: list[OptionAnswer]


async def find(engine: Engine, caller: Caller, params: OptionsAsked, _incoming: Incoming) -> OptionsAnswer:
    """What a member can redeem now; of the rest, every reason why not."""
    merchant, now = caller.merchant, engine.clock()
    code = merchant.accepted(params.currency)
    member = await member_present(engine.database, caller, params.id)
    options = await options_for(engine.database, merchant, member, now, SALES_CHANNELS[params.channel])
    available = (await get_balances(engine.database, merchant.merchant_id, member.member_id, now)).available
    accounts = await accounts_of(engine, caller, member.member_id)
    activations = await activations_of(engine.database, merchant.merchant_id, accounts)
    answers = [option_shown(option, merchant, code, available, activations) for option in options]
    return OptionsAnswer("options", member_shown(member.member_id), available, answers)


def option_shown(
    option: Option, merchant: Merchant, code: str, available: int, activations: list[tuple[datetime, int]]
) -> OptionAnswer:  # fmt: skip
    """A rule as it is for who has so many points available, with more on dates to come."""
    terms = option.rule.terms
    points = least(terms)
    reasons = [*option.reasons, *funds_against(Price(points, 0, code, 0), available)]
    missing = max(0, points - available)
    return OptionAnswer(
        rule=shown("rule", option.rule.rule_id),
        name=option_name(terms, worth=_worth(terms, merchant, code)),
        reward=terms.reward,
        pricing=terms.pricing,
        points=points,
        value=_value(terms, merchant, points, code),
        redeemable=not reasons,
        reasons=[_reason(reason) for reason in reasons],
        points_missing=missing,
        enough_at=enough_at(available, points, activations) if missing else None,
    )


def _value(terms: RedemptionRule, merchant: Merchant, points: int, code: str) -> Money | None:
    """What so many points buy; none where it is no money, or has no price in this currency."""
    if terms.reward is not RewardKind.AMOUNT:
        return None
    try:
        return Money(worth(terms, merchant, points, code), code)
    except (CurrencyNotAccepted, NotRepresentable):
        return None


def _worth(terms: RedemptionRule, merchant: Merchant, code: str) -> str:
    """The worth of a step, as people read it, in the rule's own currency where it has no price in this one."""
    if terms.reward is RewardKind.PERCENTAGE:
        return percent_text(terms.percentage_hundredths)
    points = terms.points if terms.pricing is Pricing.VARIABLE else least(terms)
    value = _value(terms, merchant, points, code)
    if value is None:
        value = Money(terms.amount_minor * (points // terms.points), terms.currency)
    return format_money(value.amount_minor, CURRENCIES[value.currency])


def _reason(refusal: Refusal) -> ReasonAnswer:
    return ReasonAnswer(refusal.code, refusal.sentence, refusal.facts)


ROUTES = (
    Route("GET", "/v1/members/{id:str}/options", OptionsAsked, OptionsAnswer, find, "read",
          "See what a member can redeem, and why not the rest"),
)  # fmt: skip
