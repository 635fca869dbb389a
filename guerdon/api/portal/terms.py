"""From what a portal sends to the terms of a redemption rule.

A rule is sent whole, on changes too, so a minimum, step or cap that is left out is none. What has a meaning that
nobody drops by accident (status, category, tier, description) stays as it was where a change leaves it out. What this
contract has no field for stays untouched: the name, stock, dates, how points are asked for, a reward that is no amount.

`maxRedeemablePointsRadioButton` says which of the two caps counts, and the other is dropped. Without it one cap may be
given, or none; both are taken only from a rule that has exactly these two already, as it was read.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from guerdon.api.portal.amounts import AmountSent, read_currency, read_minor
from guerdon.api.portal.choices import CategoryNamed, StatusNamed, TierNamed, read_category, read_status, read_tier
from guerdon.api.portal.contract import MerchantNamed
from guerdon.errors.base import BadField
from guerdon.merchants.merchant import Merchant
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.rule import RedemptionRule, RewardKind

DESCRIPTION_LENGTH_MAX = 4000
PER_TRANSACTION, PER_DAY = "MAX_REDEEMABLE_POINTS_PER_TXN", "MAX_REDEEMABLE_POINTS_PER_DAY"
SENT_AS = {
    "points": "numberOfPoints",
    "minimum_points": "minimumRedeemablePoints",
    "offset_points": "offsetRedeemablePoints",
    "points_max_per_transaction": "maximumRedeemablePointsPerTxn",
    "points_max_per_day": "maximumRedeemablePointsPerDay",
}
"""Terms that the rule itself checks, by the names that a portal knows them under."""


class RuleSent(MerchantNamed, kw_only=True, rename="camel"):
    """A rule as the portal sends it. Numbers may be texts; keys that are not listed here are ignored."""

    id: int | None = None
    redemption_rule_status: StatusNamed | None = None
    redemption_category: CategoryNamed | None = None
    loyalty_tier_level: TierNamed | None = None
    amount_issued: AmountSent | None = None
    created_user_id: int | None = None
    last_modified_user_id: int | None = None
    last_updated_date_time: int | None = None
    max_redeemable_points_radio_button: str | None = None
    maximum_redeemable_points_per_txn: int | None = None
    maximum_redeemable_points_per_day: int | None = None
    minimum_redeemable_points: int | None = None
    offset_redeemable_points: int | None = None
    description: str | None = None
    number_of_points: int | None = None


class StatusSent(MerchantNamed, kw_only=True, rename="camel"):
    """The new status of a rule. The rest of the rule may be sent along, and is not looked at."""

    id: int | None = None
    redemption_rule_status: StatusNamed | None = None
    last_modified_user_id: int | None = None
    last_updated_date_time: int | None = None


def new_terms(sent: RuleSent, merchant: Merchant) -> RedemptionRule:
    """The terms of a new rule: each N points buy the amount, for everyone unless a tier is named."""
    given = _given(sent, None) | _amount(sent.amount_issued, None, merchant)
    with names_as_sent(SENT_AS):
        return RedemptionRule(created_user_id=user_id(sent.created_user_id, "createdUserId"), **given)


def changed_terms(sent: RuleSent, before: RedemptionRule, merchant: Merchant) -> RedemptionRule:
    """What a rule says after a change."""
    given = _given(sent, before)
    if before.reward is RewardKind.AMOUNT:
        given |= _amount(sent.amount_issued, before, merchant)
    elif sent.amount_issued is not None and sent.amount_issued.amount is not None:
        raise BadField("amountIssued", f"this rule gives {before.reward.replace('_', ' ')}, no amount: send null")
    modified_by = user_id(sent.last_modified_user_id, "lastModifiedUserId")
    with names_as_sent(SENT_AS):
        return replace(before, modified_user_id=modified_by, **given)


def user_id(sent: int | None, field: str) -> int | None:
    """The caller's reference to a person."""
    if sent is not None and not 0 <= sent <= POINTS_MAX:
        raise BadField(field, f"{sent} is not a whole number from 0 to {POINTS_MAX}")
    return sent


def _given(sent: RuleSent, before: RedemptionRule | None) -> dict[str, Any]:
    if sent.number_of_points is None:
        raise BadField("numberOfPoints", "how many points buy the reward is needed")
    per_transaction, per_day = _caps(sent, before)
    given: dict[str, Any] = {
        "points": sent.number_of_points,
        "minimum_points": sent.minimum_redeemable_points,
        "offset_points": sent.offset_redeemable_points,
        "points_max_per_transaction": per_transaction,
        "points_max_per_day": per_day,
    }
    if sent.redemption_rule_status is not None:
        given["active"] = read_status(sent.redemption_rule_status)
    if sent.redemption_category is not None:
        given["category"] = read_category(sent.redemption_category)
    if sent.loyalty_tier_level is not None:
        given["tier_level"] = read_tier(sent.loyalty_tier_level)
    if sent.description is not None:
        given["description"] = description(sent.description, "description")
    return given


def description(sent: str, field: str) -> str:
    """What people read of a rule."""
    if len(sent) > DESCRIPTION_LENGTH_MAX:
        raise BadField(field, f"{len(sent)} characters are over the {DESCRIPTION_LENGTH_MAX} that it may have")
    return sent


def _caps(sent: RuleSent, before: RedemptionRule | None) -> tuple[int | None, int | None]:
    caps = sent.maximum_redeemable_points_per_txn, sent.maximum_redeemable_points_per_day
    had = None if before is None else (before.points_max_per_transaction, before.points_max_per_day)
    chosen = sent.max_redeemable_points_radio_button
    return one_of_two(caps, had, chosen, "maxRedeemablePointsRadioButton", (PER_TRANSACTION, PER_DAY))


def one_of_two(
    caps: tuple[int | None, int | None],
    had: tuple[int | None, int | None] | None,
    chosen: str | None,
    field: str,
    names: tuple[str, str],
) -> tuple[int | None, int | None]:
    """The cap that the radio button chooses, and None for the other. Without it at most one may be sent, or the two
    that the rule `had`. Refuses with BadField, under the name of the button.
    """
    if chosen == names[0]:
        return caps[0], None
    if chosen == names[1]:
        return None, caps[1]
    if chosen:
        raise BadField(field, f"{chosen[:40]!r} is neither {names[0]} nor {names[1]}")
    if None not in caps and caps != had:
        raise BadField(field, f"two caps are given, and one counts: send {names[0]} or {names[1]}")
    return caps


def _amount(sent: AmountSent | None, before: RedemptionRule | None, merchant: Merchant) -> dict[str, Any]:
    """The amount in minor units with its currency, which then counts even where the rule had its own for this one."""
    if sent is None or sent.amount is None:
        raise BadField("amountIssued.amount", "what the points buy is needed, such as 50.00")
    field = "amountIssued"
    money = read_currency(sent.code or (merchant.currency if before is None else before.currency), field)
    minor = read_minor(sent.amount, money, field)
    if minor < 1:
        raise BadField("amountIssued.amount", f"{sent.amount} is not above zero")
    merchant.accepted(money.code)
    others = {} if before is None else {code: kept for code, kept in before.amounts_minor.items() if code != money.code}
    return {"amount_minor": minor, "currency": money.code, "amounts_minor": others}


@contextmanager
def names_as_sent(sent_as: Mapping[str, str]) -> Generator[None]:
    """A rule refuses by its own names: the portal hears them by those it sent."""
    try:
        yield
    except BadField as refusal:
        raise BadField(sent_as.get(refusal.field, refusal.field), refusal.problem) from None
