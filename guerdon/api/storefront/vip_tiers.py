"""GET /vip_tiers: the tiers of a shop's programme, and a customer's part in them."""

from decimal import Decimal

import msgspec
from msgspec.structs import replace

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import Credentials
from guerdon.api.wire import Incoming
from guerdon.kit.money import CURRENCIES, format_money
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.price import least, worth
from guerdon.rewards.rule import Pricing, RedemptionRule, RewardKind
from guerdon.rewards.rules import get_rule
from guerdon.rewards.wording import option_name, percent_text
from guerdon.tiers.members import Progress
from guerdon.tiers.programme import Sums, Threshold, Tier
from guerdon.tiers.programmes import get_programme


class FetchTiers(Credentials, kw_only=True):
    """Nothing but who asks."""


class ThresholdAnswer(msgspec.Struct):
    """What a tier asks; 0 where it does not ask for it."""

    points_earned: int
    amount_spent_cents: int
    purchases_made: int
    referrals_completed: int


class TierAnswer(msgspec.Struct):
    """A tier. Its id is its level, the lowest 1; `coupon_reward` names what is given on entry."""

    id: int
    name: str
    description: str
    points_multiplier: Decimal
    points_reward: int
    coupon_reward: str | None
    type: str
    entry_threshold: ThresholdAnswer
    retain_threshold: ThresholdAnswer
    regain_threshold: ThresholdAnswer


class TierProgress(msgspec.Struct):
    """What counts towards a tier."""

    points_earned: int = 0
    amount_spent_cents: int = 0
    purchases_made: int = 0
    referrals_completed: int = 0


class TierRequirements(msgspec.Struct):
    """What is missing for a tier."""

    points_needed: int = 0
    amount_cents_needed: int = 0
    purchases_needed: int = 0
    referrals_needed: int = 0


class TierFields(msgspec.Struct, kw_only=True):
    """A customer's tier: the merchant's days of entry and of the last day that it is kept for certain."""

    vip_tier_name: str | None
    vip_tier_entry_date: str | None
    vip_tier_expiration: str | None
    vip_tier_actions_completed: TierProgress
    vip_tier_maintenance_requirements: TierRequirements
    vip_tier_upgrade_requirements: TierRequirements


async def fetch_tiers(engine: Engine, caller: Caller, _params: FetchTiers, _incoming: Incoming) -> list[TierAnswer]:
    """The tiers from the lowest up; none for a shop without a programme."""
    merchant_id = caller.merchant.merchant_id
    stored = await get_programme(engine.database, merchant_id)
    if stored is None:
        return []
    answers: list[TierAnswer] = []
    for level, tier in enumerate(stored.programme.tiers, start=1):
        coupon = None
        if tier.coupon_rule_id is not None:
            coupon = _gift_name(
                (await get_rule(engine.database, merchant_id, tier.coupon_rule_id)).terms, caller.merchant
            )
        answers.append(_tier(level, tier, stored.programme.term, coupon))
    return answers


def tier_fields(progress: Progress, merchant: Merchant) -> TierFields:
    """How a customer's record tells of the tier."""
    entered_at, until = progress.entered_at, progress.until
    return TierFields(
        vip_tier_name=progress.name,
        vip_tier_entry_date=merchant.day(entered_at).isoformat() if entered_at else None,
        vip_tier_expiration=until.isoformat() if until else None,
        vip_tier_actions_completed=TierProgress(*_measures(progress.counted)),
        vip_tier_maintenance_requirements=TierRequirements(*_measures(progress.missing_to_keep)),
        vip_tier_upgrade_requirements=TierRequirements(*_measures(progress.missing)),
    )


def _tier(level: int, tier: Tier, term: str, coupon: str | None) -> TierAnswer:
    return TierAnswer(
        id=level,
        name=tier.name,
        description=tier.description,
        points_multiplier=tier.points_multiplier,
        points_reward=tier.points_reward,
        coupon_reward=coupon,
        type=term,
        entry_threshold=_threshold(tier.entry),
        retain_threshold=_threshold(tier.kept_by),
        regain_threshold=_threshold(tier.reached_by(before=True)),
    )


def _gift_name(terms: RedemptionRule, merchant: Merchant) -> str:
    """What the coupon is called: it is given once, for the least that the rule would take, and costs nothing."""
    money = worth(terms, merchant, least(terms), terms.currency) if terms.reward is RewardKind.AMOUNT else 0
    percentage = terms.reward is RewardKind.PERCENTAGE
    shown = percent_text(terms.percentage_hundredths) if percentage else format_money(money, CURRENCIES[terms.currency])
    return option_name(replace(terms, pricing=Pricing.FIXED), worth=shown)


def _threshold(asked: Threshold) -> ThresholdAnswer:
    return ThresholdAnswer(
        asked.points_earned or 0, asked.amount_spent_minor or 0, asked.purchases or 0, asked.referrals or 0
    )


def _measures(sums: Sums) -> tuple[int, int, int, int]:
    return sums.points, sums.spent_minor, sums.orders, sums.referrals
