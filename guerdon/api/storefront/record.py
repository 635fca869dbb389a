"""A customer as every endpoint of the contract shows one, loaded for many at once."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from guerdon.activities.celebrations import Celebration, celebrations_of
from guerdon.activities.enrol import takes_part
from guerdon.activities.report import BIRTHDAY
from guerdon.api.storefront.contract import stamp_or_none
from guerdon.api.storefront.referral import Receipt, ReferralCodeAnswer, ReferralLinkAnswer
from guerdon.api.storefront.statement import HistoryItem, PointRedemption, Purchase
from guerdon.api.storefront.vip_tiers import TierProgress, TierRequirements, tier_fields
from guerdon.database.pool import Database
from guerdon.kit.calendar import local_day
from guerdon.kit.money import CURRENCIES, NotRepresentable, format_money
from guerdon.members.members import Profile
from guerdon.merchants.merchant import Merchant
from guerdon.orders.totals import OrderTotals, totals_of
from guerdon.points.history import Balances, balances_of
from guerdon.rewards.options import Option, options_for
from guerdon.rewards.price import worth
from guerdon.rewards.redemptions import count_redemptions
from guerdon.rewards.rule import Category, Channel, RewardKind
from guerdon.tiers.members import Progress, progress_of


class CustomerAnswer(msgspec.Struct, kw_only=True):
    """A customer. `thirty_party_id` is the incumbent's misspelling, which clients read.

    Lists have no credit; the arrays at the end come with the history alone.
    """

    total_spend_cents: int
    total_purchases: int
    perks_redeemed: int
    last_purchase_at: str | None
    first_name: str | None
    last_name: str | None
    phone_number: str | None
    email: str | None
    points_balance: int
    points_earned: int
    last_seen_at: str | None
    thirty_party_id: str | None
    third_party_id: str | None
    pos_account_id: str | None
    yotpo_customer_id: int
    has_store_account: bool
    credit_balance: str | UnsetType = UNSET
    credit_balance_in_customer_currency: str | UnsetType = UNSET
    opt_in: bool
    opted_in_at: str | None
    points_expire_at: str | None
    next_points_expire_on: str | None
    next_points_expire_amount: int
    birthday_month: int | None = None
    birth_day: int | None = None
    birthday_year: int | None = None
    vip_tier_name: str | None
    vip_tier_entry_date: str | None
    vip_tier_expiration: str | None
    vip_tier_actions_completed: TierProgress
    vip_tier_maintenance_requirements: TierRequirements
    vip_tier_upgrade_requirements: TierRequirements
    referral_code: ReferralCodeAnswer | UnsetType | None = UNSET
    referral_link: ReferralLinkAnswer | UnsetType | None = UNSET
    history_items: list[HistoryItem] | UnsetType = UNSET
    point_redemptions: list[PointRedemption] | UnsetType = UNSET
    purchases: list[Purchase] | UnsetType = UNSET
    referral_receipts: list[Receipt] | UnsetType = UNSET


async def customer_records(
    database: Database, merchant: Merchant, profiles: Sequence[Profile], now: datetime
) -> list[CustomerAnswer]:
    """Customers without their credit, in the order of these profiles: a handful of statements, however many."""
    merchant_id, members = merchant.merchant_id, [profile.member_id for profile in profiles]
    balances = await balances_of(database, merchant_id, members, now)
    totals = await totals_of(database, merchant, members)
    redeemed = await count_redemptions(database, merchant_id, members)
    birthdays = await celebrations_of(database, merchant_id, members, BIRTHDAY)
    tiers = await progress_of(database, merchant, {one.member_id: one.tier_level for one in profiles}, now)
    return [
        _record(
            merchant, profile, balances[member_id], totals[member_id], redeemed[member_id], birthdays.get(member_id),
            tiers[member_id],
        )
        for member_id, profile in zip(members, profiles, strict=True)
    ]  # fmt: skip


async def customer_record(database: Database, merchant: Merchant, profile: Profile, now: datetime) -> CustomerAnswer:
    """One customer, with their credit."""
    (record,) = await customer_records(database, merchant, [profile], now)
    options = await options_for(database, merchant, profile, now, Channel.ANY)
    credit = credit_minor(options, merchant, record.points_balance)
    record.credit_balance = format_money(credit, CURRENCIES[merchant.currency], trim=True)
    record.credit_balance_in_customer_currency = record.credit_balance
    return record


def _record(
    merchant: Merchant,
    profile: Profile,
    balances: Balances,
    totals: OrderTotals,
    redeemed: int,
    birthday: Celebration | None,
    progress: Progress,
) -> CustomerAnswer:
    external_id = profile.identity("external_id")
    return CustomerAnswer(
        total_spend_cents=totals.spent_minor,
        total_purchases=totals.orders,
        perks_redeemed=redeemed,
        last_purchase_at=stamp_or_none(totals.last_at),
        first_name=profile.first_name,
        last_name=profile.last_name,
        phone_number=profile.identity("phone"),
        email=profile.identity("email"),
        points_balance=balances.owned,
        points_earned=balances.earned,
        last_seen_at=stamp_or_none(profile.last_seen_at),
        thirty_party_id=external_id,
        third_party_id=external_id,
        pos_account_id=profile.identity("pos_account_id"),
        yotpo_customer_id=profile.member_id,
        has_store_account=profile.has_account,
        opt_in=takes_part(profile, merchant),
        opted_in_at=profile.opted_in_at.date().isoformat() if profile.opted_in_at else None,
        points_expire_at=stamp_or_none(balances.next_expiry_at),
        next_points_expire_on=_expiry_day(balances, merchant),
        next_points_expire_amount=balances.next_points,
        birthday_month=birthday.month if birthday else None,
        birth_day=birthday.day if birthday else None,
        birthday_year=birthday.year if birthday else None,
        **msgspec.structs.asdict(tier_fields(progress, merchant)),
    )


def credit_minor(options: list[Option], merchant: Merchant, points: int) -> int:
    """What so many points are worth in the base currency.

    That is what they buy, in whole steps, under the one money option that gives most for them among those that the
    customer qualifies for; nothing where no option takes so few. Donations are nobody's credit.
    """
    best = 0
    for option in options:
        terms = option.rule.terms
        money = terms.reward is RewardKind.AMOUNT and terms.category is not Category.DONATE_TO_CHARITY
        if points < option.points or not money or option.reasons:
            continue
        if merchant.currency not in (terms.currency, *terms.amounts_minor) and terms.currency not in merchant.rates:
            continue
        try:
            best = max(best, worth(terms, merchant, points, merchant.currency))
        except NotRepresentable:
            continue
    return best


def _expiry_day(balances: Balances, merchant: Merchant) -> str | None:
    """The merchant's day on which the points are gone."""
    if balances.next_expiry_at is None:
        return None
    return local_day(balances.next_expiry_at, merchant.timezone).isoformat()
