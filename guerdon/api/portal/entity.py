"""A redemption rule as the portal contract shows it. The order of the fields is that of the contract's page."""

from msgspec import Struct

from guerdon.access.edit_lock import EditLock
from guerdon.api.portal.amounts import AmountShown, show_amount
from guerdon.api.portal.choices import Labelled, TierShown, show_category, show_status, show_tier
from guerdon.api.portal.message import CREATED, Message, milliseconds
from guerdon.kit.money import currency
from guerdon.rewards.rule import RedemptionRule, RewardKind
from guerdon.rewards.rules import Rule
from guerdon.tiers.programme import Programme


class RuleShown(Struct, rename="camel"):
    """A rule with its history's ends and its edit lock; times in milliseconds since 1970."""

    id: int
    created_date_time: int | None
    last_updated_date_time: int | None
    locked_date_time: int | None
    locked_by_user_id: int | None
    created_user_id: int | None
    last_modified_user_id: int | None
    number_of_points: int
    amount_issued: AmountShown | None
    minimum_redeemable_points: int | None
    maximum_redeemable_points_per_txn: int | None
    maximum_redeemable_points_per_day: int | None
    redemption_category: Labelled
    redemption_rule_status: Labelled
    description: str
    offset_redeemable_points: int | None
    loyalty_tier_level: TierShown
    merchant_id: int
    created_user_name: str | None
    message: Message | None


def show_rule(
    merchant_id: int,
    rule: Rule,
    programme: Programme | None,
    message: Message | None = None,
    *,
    lock: EditLock | None = None,
) -> RuleShown:
    """A rule of any surface, its tier by the name that the merchant's programme has for it.

    What this contract has no field for (a percentage, stock, dates) is left out.
    """
    terms = rule.terms
    return RuleShown(
        id=rule.rule_id,
        created_date_time=milliseconds(rule.created_at),
        last_updated_date_time=milliseconds(rule.updated_at),
        locked_date_time=milliseconds(lock.locked_at) if lock else None,
        locked_by_user_id=lock.user_id if lock else None,
        created_user_id=terms.created_user_id,
        last_modified_user_id=terms.modified_user_id,
        number_of_points=terms.points,
        amount_issued=_amount(terms),
        minimum_redeemable_points=terms.minimum_points,
        maximum_redeemable_points_per_txn=terms.points_max_per_transaction,
        maximum_redeemable_points_per_day=terms.points_max_per_day,
        redemption_category=show_category(terms.category),
        redemption_rule_status=show_status(terms.active),
        description=terms.description,
        offset_redeemable_points=terms.offset_points,
        loyalty_tier_level=show_tier(terms.tier_level, programme),
        merchant_id=merchant_id,
        created_user_name=None,
        message=message,
    )


def show_new_rule(merchant_id: int, rule: Rule, programme: Programme | None) -> RuleShown:
    """The answer to a creation, in which the contract's page leaves the times out; reads show them."""
    shown = show_rule(merchant_id, rule, programme, CREATED)
    shown.created_date_time = shown.last_updated_date_time = None
    return shown


def _amount(terms: RedemptionRule) -> AmountShown | None:
    if terms.reward is not RewardKind.AMOUNT:
        return None
    return show_amount(terms.amount_minor, currency(terms.currency))
