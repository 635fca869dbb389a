"""What points buy, as a page shows it."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from guerdon.api.engine import Engine
from guerdon.api.v1.ids import shown
from guerdon.api.v1.money import Money
from guerdon.api.v1.options import OptionAnswer, ReasonAnswer, option_shown
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.eligibility import is_exact
from guerdon.rewards.options import Option, live_options
from guerdon.rewards.price import least
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind, ladder


class RewardSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Something that points buy. `named` says that its merchant named it: a page may name others in its own language,
    after `reward`, `category`, `value`, and `percent` in hundredths.

    `points` are the fewest that it takes and buy `value`, where that is money. More are in steps of `points_step` up
    to `points_max`; both null where there is one price. `tier` is the level that it asks, alone where `tier_exact`, and
    null where it is for everybody. `reasons` stand against redeeming it now.
    """

    rule: str
    name: str
    named: bool
    description: str
    reward: RewardKind
    category: Category
    percent: int | None
    points: int
    points_step: int | None
    points_max: int | None
    value: Money | None
    minimum_cart: Money | None
    tier: int | None
    tier_exact: bool
    redeemable: bool
    reasons: list[ReasonAnswer]
    points_missing: int
    enough_at: datetime | None


async def terms_of(engine: Engine, merchant: Merchant) -> dict[str, RedemptionRule]:
    """The terms of what is on offer now, by id."""
    rules = await live_options(engine.database, merchant, engine.clock())
    return {shown("rule", rule.rule_id): rule.terms for rule in rules}


async def catalogue(engine: Engine, merchant: Merchant, code: str) -> list[RewardSeen]:
    """What is on offer, to somebody who has nothing yet: nothing of it can be redeemed, for points alone."""
    rules = await live_options(engine.database, merchant, engine.clock())
    offered = [option_shown(Option(rule, (), least(rule.terms)), merchant, code, 0, []) for rule in rules]
    terms = {shown("rule", rule.rule_id): rule.terms for rule in rules}
    return rewards_shown(offered, terms, merchant)


def rewards_shown(
    options: list[OptionAnswer], terms: Mapping[str, RedemptionRule], merchant: Merchant
) -> list[RewardSeen]:  # fmt: skip
    """Options with what a page needs beside: those that can be redeemed first, then by how much is missing."""
    found = [_reward(option, terms[option.rule], merchant) for option in options if option.rule in terms]
    return sorted(found, key=lambda one: (not one.redeemable, one.points_missing, one.points))


def _reward(option: OptionAnswer, terms: RedemptionRule, merchant: Merchant) -> RewardSeen:
    variable = terms.pricing is Pricing.VARIABLE
    return RewardSeen(
        rule=option.rule,
        name=option.name,
        named=bool(terms.name),
        description=terms.description,
        reward=option.reward,
        category=terms.category,
        percent=terms.percentage_hundredths if terms.reward is RewardKind.PERCENTAGE else None,
        points=option.points,
        points_step=ladder(terms).step if variable else None,
        points_max=terms.points_max_per_transaction if variable else None,
        value=option.value,
        minimum_cart=Money(terms.minimum_cart_minor, terms.currency) if terms.minimum_cart_minor else None,
        tier=terms.tier_level or None,
        tier_exact=bool(terms.tier_level) and is_exact(terms, merchant),
        redeemable=option.redeemable,
        reasons=option.reasons,
        points_missing=option.points_missing,
        enough_at=option.enough_at,
    )
