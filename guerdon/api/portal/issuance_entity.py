"""An issuance rule as the portal contract shows it: an earning rule of any surface."""

from decimal import Decimal

from msgspec import Struct

from guerdon.access.edit_lock import EditLock
from guerdon.api.portal.amounts import AmountShown, show_amount
from guerdon.api.portal.channels import ChannelShown, show_channel
from guerdon.api.portal.choices import Labelled, TierShown, labelled, show_status, show_tier
from guerdon.api.portal.issuance_earns import say_earns
from guerdon.api.portal.issuance_terms import NEVER, cap_of, limit_of, months_of, product_of, tier_of
from guerdon.api.portal.message import ISSUANCE_CREATED, Message, milliseconds
from guerdon.api.portal.notes import NOTHING, Note
from guerdon.api.portal.validity import show_end, show_start
from guerdon.earning.rule import Period
from guerdon.earning.rules import StoredRule
from guerdon.kit.money import currency
from guerdon.merchants.merchant import Merchant
from guerdon.tiers.programme import Programme


class IssuanceShown(Struct, rename="camel"):
    """A rule with its history's ends and its edit lock; times in milliseconds since 1970.

    `ruleValidToDateTime` is the last moment at which it counts.
    """

    id: int
    created_date_time: int | None
    last_updated_date_time: int | None
    locked_date_time: int | None
    locked_by_user_id: int | None
    created_user_id: int | None
    last_modified_user_id: int | None
    issuance_rule_status: Labelled
    loyalty_tier_level: TierShown
    points_type: Labelled | None
    flat_points: int | None
    multiplier_points: Decimal | None
    rule_valid_from_date_time: int | None
    rule_valid_to_date_time: int | None
    points_never_expire_ind: bool
    points_expiration_in_months: int | None
    from_amount: AmountShown | None
    to_amount: AmountShown | None
    bonus_points_per_offer: int | None
    bonus_points_per_day: int | None
    minimum_amount_required_ind: bool
    offer_redemption_limit: Labelled | None
    offer_description: str
    channel: ChannelShown | None
    product_id: str | None
    card_network_name: str | None
    quantity_from: int | None
    quantity_to: int | None
    merchant_id: int
    created_user_name: str | None
    message: Message | None


class Surroundings(Struct, frozen=True):
    """What a rule is shown beside: its merchant, and what the merchant calls its tiers."""

    merchant: Merchant
    programme: Programme | None


def show_issuance(
    rule: StoredRule,
    note: Note | None,
    beside: Surroundings,
    message: Message | None = None,
    *,
    lock: EditLock | None = None,
) -> IssuanceShown:
    """A rule of any surface; what this contract has no field for is left out."""
    terms, merchant = rule.terms, beside.merchant
    money, note = currency(merchant.currency), note or NOTHING
    earns, limit = say_earns(terms.earns, money), limit_of(terms.caps)
    least, most = terms.amount_min_minor, terms.amount_max_minor
    return IssuanceShown(
        id=rule.rule_id,
        created_date_time=milliseconds(rule.created_at),
        last_updated_date_time=milliseconds(rule.updated_at),
        locked_date_time=milliseconds(lock.locked_at) if lock else None,
        locked_by_user_id=lock.user_id if lock else None,
        created_user_id=note.created_user_id,
        last_modified_user_id=note.modified_user_id,
        issuance_rule_status=show_status(terms.active),
        loyalty_tier_level=show_tier(tier_of(terms.who), beside.programme),
        points_type=labelled(earns.kind) if earns.kind else None,
        flat_points=earns.flat,
        multiplier_points=earns.multiplier,
        rule_valid_from_date_time=show_start(terms.starts_at),
        rule_valid_to_date_time=show_end(terms.ends_at),
        points_never_expire_ind=terms.expiry == NEVER,
        points_expiration_in_months=months_of(terms.expiry),
        from_amount=None if least is None else show_amount(least, money),
        to_amount=None if most is None else show_amount(most, money),
        bonus_points_per_offer=cap_of(terms.caps, Period.EVER).points,
        bonus_points_per_day=cap_of(terms.caps, Period.DAY).points,
        minimum_amount_required_ind=note.minimum_amount_required,
        offer_redemption_limit=labelled(limit) if limit else None,
        offer_description=terms.description,
        channel=show_channel(merchant.merchant_id, terms.channels, note.payments),
        product_id=product_of(terms.goods),
        card_network_name=note.card_network,
        quantity_from=terms.quantity_min,
        quantity_to=terms.quantity_max,
        merchant_id=merchant.merchant_id,
        created_user_name=None,
        message=message,
    )


def show_new_issuance(rule: StoredRule, note: Note, beside: Surroundings) -> IssuanceShown:
    """The answer to a creation, in which the contract leaves the times out; reads show them."""
    shown = show_issuance(rule, note, beside, ISSUANCE_CREATED)
    shown.created_date_time = shown.last_updated_date_time = None
    return shown
