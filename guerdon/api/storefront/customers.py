"""POST and GET /customers: a shop tells who its customers are, and asks what they have."""

import msgspec

from guerdon.access.keys import Caller
from guerdon.activities.celebrations import get_celebration
from guerdon.activities.report import BIRTHDAY
from guerdon.activities.sign_up import is_owed, sign_up, was_in
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import (
    CommaList,
    Credentials,
    CustomerNamed,
    Text,
    country,
    email,
    parts,
    phone,
    stamp_or_none,
    text,
    time_given,
)
from guerdon.api.storefront.referral import ReferralCodeAnswer, ReferralLinkAnswer, referral_of_customer
from guerdon.api.storefront.statement import HistoryItem, history_items
from guerdon.api.storefront.vip_tiers import TierProgress, TierRequirements, tier_fields
from guerdon.api.wire import Incoming
from guerdon.errors.base import BadField
from guerdon.kit.calendar import local_day
from guerdon.kit.money import CURRENCIES, NotRepresentable, format_money
from guerdon.members.members import Profile, ProfileChange, find_member, get_member, upsert_member
from guerdon.merchants.merchant import Merchant
from guerdon.orders.totals import order_totals
from guerdon.points.command import Identity
from guerdon.points.history import Balances, get_balances
from guerdon.rewards.options import Option, options_for
from guerdon.rewards.price import least, worth
from guerdon.rewards.redemptions import count_redemptions
from guerdon.rewards.rule import Category, Channel, RewardKind
from guerdon.tiers.members import progress


class UpsertCustomer(Credentials, kw_only=True):
    """What a shop knows of a customer; what it leaves out stays as it was. `tags` replace those before."""

    id: Text | int | None = None
    email: str | None = None
    phone_number: str | int | None = None
    pos_account_id: Text | int | None = None
    country_iso_code: str | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    has_account: bool | None = None
    platform_account_created_at: Text | None = None
    opted_in: bool | None = None
    opted_in_at: Text | None = None
    tags: CommaList | None = None
    referral_code: Text | None = None
    """Ours: the code of the customer who brought this one, where they are new."""

    def identities(self) -> tuple[Identity, ...]:
        """Everything that will find the customer, in normal form; refuses if nothing would."""
        found: list[Identity] = []
        if self.email:
            found.append(Identity("email", email(self.email, "email")))
        if self.id not in (None, ""):
            found.append(Identity("external_id", text(self.id, "id")))
        if self.phone_number:
            found.append(Identity("phone", phone(self.phone_number, country(self.country_iso_code))))
        if self.pos_account_id not in (None, ""):
            found.append(Identity("pos_account_id", text(self.pos_account_id, "pos_account_id")))
        if not found:
            raise BadField("email", "one of email, id, phone_number, pos_account_id is needed")
        return tuple(found)


class FetchCustomer(CustomerNamed, kw_only=True):
    """Which customer, and how much of them."""

    with_referral_code: bool = False
    with_history: bool = False


class CustomerAnswer(msgspec.Struct, kw_only=True):
    """A customer. `thirty_party_id` is the incumbent's misspelling, which clients read."""

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
    yotpo_customer_id: None = None
    has_store_account: bool
    credit_balance: str
    credit_balance_in_customer_currency: str
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
    referral_code: ReferralCodeAnswer | msgspec.UnsetType | None = msgspec.UNSET
    referral_link: ReferralLinkAnswer | msgspec.UnsetType | None = msgspec.UNSET
    history_items: list[HistoryItem] | msgspec.UnsetType = msgspec.UNSET


async def upsert_customer(
    engine: Engine, caller: Caller, params: UpsertCustomer, _incoming: Incoming
) -> CustomerAnswer:
    """Add the customer or change what is known of them; answers as GET does. Asked again, it changes nothing more."""
    change = ProfileChange(
        tags=None if params.tags is None else parts(params.tags),
        opted_in=params.opted_in,
        opted_in_at=time_given(params.opted_in_at, "opted_in_at"),
        first_name=params.first_name or None,
        last_name=params.last_name or None,
        country=country(params.country_iso_code),
        has_account=params.has_account,
        platform_created_at=time_given(params.platform_account_created_at, "platform_account_created_at"),
    )
    merchant_id, identities, now = caller.merchant.merchant_id, params.identities(), engine.clock()
    joins = params.opted_in is True and not await was_in(engine.database, merchant_id, identities)
    member_id = await upsert_member(engine.database, merchant_id, identities, change, now)
    profile = await get_member(engine.database, merchant_id, member_id)
    since = max(profile.created_at, profile.opted_in_at or profile.created_at)
    if takes_part(profile, caller.merchant) and (
        joins
        or profile.created_at == now
        or await is_owed(engine.database, merchant_id, member_id, since=since, now=now)
    ):
        await sign_up(
            engine.database, engine.desk, engine.clock, caller.merchant, member_id, identities, actor=caller.actor,
            referral_code=params.referral_code,
        )  # fmt: skip
    return await _customer(engine, caller.merchant, profile)


async def fetch_customer(engine: Engine, caller: Caller, params: FetchCustomer, _incoming: Incoming) -> CustomerAnswer:
    """One customer; 404 for one whom nobody knows."""
    profile = await find_member(engine.database, caller.merchant.merchant_id, params.identities())
    answer = await _customer(engine, caller.merchant, profile)
    if params.with_referral_code:
        referral = await referral_of_customer(engine, caller.merchant, profile)
        answer.referral_code, answer.referral_link = referral or (None, None)
    if params.with_history:
        answer.history_items = await history_items(engine.database, caller.merchant, profile.member_id, engine.clock())
    return answer


async def _customer(engine: Engine, merchant: Merchant, profile: Profile) -> CustomerAnswer:
    now = engine.clock()
    balances = await get_balances(engine.database, merchant.merchant_id, profile.member_id, now)
    totals = await order_totals(engine.database, merchant, profile.member_id)
    options = await options_for(engine.database, merchant, profile, now, Channel.ANY)
    credit = format_money(credit_minor(options, merchant, balances.owned), CURRENCIES[merchant.currency], trim=True)
    external_id = profile.identity("external_id")
    birthday = await get_celebration(engine.database, merchant.merchant_id, profile.member_id, BIRTHDAY)
    tier = tier_fields(await progress(engine.database, merchant, profile.member_id, now), merchant)
    return CustomerAnswer(
        total_spend_cents=totals.spent_minor,
        total_purchases=totals.orders,
        perks_redeemed=await count_redemptions(engine.database, merchant.merchant_id, profile.member_id),
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
        has_store_account=profile.has_account,
        credit_balance=credit,
        credit_balance_in_customer_currency=credit,
        opt_in=takes_part(profile, merchant),
        opted_in_at=profile.opted_in_at.date().isoformat() if profile.opted_in_at else None,
        points_expire_at=stamp_or_none(balances.next_expiry_at),
        next_points_expire_on=_expiry_day(balances, merchant),
        next_points_expire_amount=balances.next_points,
        birthday_month=birthday.month if birthday else None,
        birth_day=birthday.day if birthday else None,
        birthday_year=birthday.year if birthday else None,
        **msgspec.structs.asdict(tier),
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
        if option.reasons or not money or points < least(terms):
            continue
        if merchant.currency not in (terms.currency, *terms.amounts_minor) and terms.currency not in merchant.rates:
            continue
        try:
            best = max(best, worth(terms, merchant, points, merchant.currency))
        except NotRepresentable:
            continue
    return best


def takes_part(profile: Profile, merchant: Merchant) -> bool:
    """Whether the customer is in the programme: by their own word, else by the merchant's policy."""
    return merchant.policies.opt_in == "everyone" if profile.opted_in is None else profile.opted_in


def _expiry_day(balances: Balances, merchant: Merchant) -> str | None:
    """The merchant's day on which the points are gone."""
    if balances.next_expiry_at is None:
        return None
    return local_day(balances.next_expiry_at, merchant.timezone).isoformat()
