"""The terms of a script, as rules and policies of a merchant."""

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from guerdon.database.pool import Database
from guerdon.earning.earns import Earns, Flat, Multiplier, PerAmount, PerItem
from guerdon.earning.rule import Cap, EarningRule, Goods, Period
from guerdon.earning.rules import add_rule as add_earning_rule
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.merchants.merchants import create_merchant
from guerdon.merchants.referral import ReferralProgramme
from guerdon.moving.rule import MovingRule, Rate
from guerdon.moving.rule import Terms as MovingTerms
from guerdon.moving.rules import set_rule
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import add_rule
from guerdon.tiers.programme import Programme, Term, Threshold, Tier
from guerdon.tiers.programmes import set_programme
from tests.simulation.script import Terms

ACTOR = "simulation"
NAMES = ("Silver", "Gold")


async def open_programme(database: Database, terms: Terms, now: datetime) -> tuple[Merchant, list[int]]:
    """A merchant with the programme, and the ids of its redemption rules."""
    merchant = await create_merchant(
        database,
        name="Acme",
        currency_code="USD",
        timezone=terms.timezone,
        now=now,
        policies=Policies(
            expiry=f"{terms.expiry_days} days",
            grace_days=terms.grace_days,
            hold_days=terms.hold_days,
            late_capture=terms.late_capture,
            returned_rewards=terms.returned_rewards,
            earn_pending=f"{terms.pending_days} days",
            merge_undo_days=terms.merge_undo_days,
            household_share=terms.household_share,
            referrals=ReferralProgramme(
                referrer_points=terms.referrer_points,
                friend_points=terms.friend_points,
                minimum_order_minor=terms.referral_minimum,
                pending=f"{terms.referral_pending_days} days" if terms.referral_pending_days else "none",
                reversal_days=terms.referral_reversal_days,
                completions_max_per_day=terms.completions_max_per_day,
                shares_max_per_day=terms.shares_max_per_day,
            ),
        ),
        rates={code: Decimal(amount) / Decimal(base) for code, amount, base in terms.rates},
    )
    for rule in _earning_rules(terms):
        await add_earning_rule(database, merchant.merchant_id, rule, actor=ACTOR, now=now)
    rules: list[int] = []
    for reward in terms.rewards:
        rule = RedemptionRule(
            points=reward.points, currency="USD", amount_minor=reward.cents, tier_level=reward.level,
            points_max_per_day=reward.points_max_per_day, redemptions_max_per_member=reward.times_max,
        )  # fmt: skip
        rules.append((await add_rule(database, merchant.merchant_id, rule, actor=ACTOR, now=now)).rule_id)
    await set_programme(database, merchant.merchant_id, _tiers(terms), actor=ACTOR, now=now)
    allowed = MovingTerms(enabled=True)
    moves = MovingRule(transfers=allowed, gifts=allowed, purchases=allowed, price=Rate(1))
    await set_rule(database, merchant.merchant_id, moves, actor=ACTOR, now=now)
    return merchant, rules


def _earning_rules(terms: Terms) -> list[EarningRule]:
    """What orders earn first: their awards are settled in the order of these rules."""
    zone = ZoneInfo(terms.timezone)
    starts, ends = (None if day == date.max else datetime.combine(day, time(), zone) for day in terms.campaign)

    def activity(trigger: str, points: int, cap: Cap, expiry: str | None = None) -> EarningRule:
        return EarningRule(name=trigger, trigger=trigger, earns=Flat(points=points), caps=(cap,), expiry=expiry)

    def order(name: str, earns: Earns, goods: Goods = Goods()) -> EarningRule:  # noqa: B008 - a frozen value
        return EarningRule(name=name, earns=earns, goods=goods)

    campaign = EarningRule(
        name="Campaign", earns=Multiplier(factor=Decimal(2)), starts_at=starts, ends_at=ends, active=starts is not None
    )
    return [
        order("Goods", PerAmount(points=terms.points_per_dollar, each_minor=100)),
        order("Specials", PerItem(points=terms.points_per_special), Goods(products=frozenset({terms.special}))),
        campaign,
        activity("sign_up", terms.welcome, Cap(per=Period.EVER, times=1)),
        activity("birthday", terms.birthday, Cap(per=Period.YEAR, times=1)),
        activity(
            "review",
            terms.review,
            Cap(per=Period.MONTH, times=terms.reviews_max_per_month),
            f"{terms.review_expiry_days} days",
        ),
    ]


def _tiers(terms: Terms) -> Programme:
    tiers = [
        Tier(
            name=name,
            entry=Threshold(points_earned=tier.enter),
            retain=Threshold(points_earned=tier.stay),
            points_multiplier=Decimal(tier.hundredths) / 100,
            points_reward=tier.gift,
        )
        for name, tier in zip(NAMES, terms.tiers, strict=True)
    ]
    return Programme(term=Term(terms.tier_term), grace_days=terms.tier_grace_days, tiers=tuple(tiers))
