"""What surrounds events where they are told in the storefront's way: customers, rewards, tiers, for a batch at once.

An event names things; the incumbent's envelope shows them. They are shown as they are when the message is made.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from guerdon.api.storefront.contract import stamp
from guerdon.api.storefront.options import OptionAnswer, option_or_none
from guerdon.api.storefront.record import credit_minor, customer_records
from guerdon.api.storefront.referral import ReferralCodeAnswer, code_answer
from guerdon.database.pool import Database
from guerdon.errors.books import MemberNotFound
from guerdon.events.log import Numbered
from guerdon.kit.money import CURRENCIES, format_money
from guerdon.kit.sql import load
from guerdon.members.members import Profile, get_member, profiles_of
from guerdon.merchants.merchant import Merchant
from guerdon.referrals.completion import FRIEND, REFERRER
from guerdon.referrals.statistics import codes_of, statistics_of
from guerdon.rewards.options import options_of
from guerdon.rewards.rule import Channel
from guerdon.rewards.rules import list_rules
from guerdon.tiers.programme import NO_MULTIPLIER, Programme
from guerdon.tiers.programmes import get_tiers

SQL = load(__file__, "envelope.sql")

Json = dict[str, Any]


class Awarded(NamedTuple):
    """Something given to a member: points, perhaps a coupon. `source` tells by what, such as `rule:7`."""

    source: str | None
    points: int
    title: str | None
    redemption_id: int | None
    at: datetime


class Surroundings(NamedTuple):
    """What a batch of events is about, by our numbers. A member who was erased is not there."""

    merchant: Merchant
    customers: dict[int, Json]
    codes: dict[int, ReferralCodeAnswer]
    redemptions: dict[int, Json]
    option_of: dict[int, int]
    """The rule of each redemption."""
    options: dict[int, OptionAnswer]
    awards: dict[str, list[Awarded]]
    tiers: Programme | None

    def tier(self, level: int, name: str | None) -> Json | None:
        """A tier as the incumbent shows it; None for no tier. One that is no more has its name alone."""
        if level == 0:
            return None
        tier = self.tiers.tier(level) if self.tiers else None
        entry = tier.entry if tier else None
        return {
            "id": level,
            "name": tier.name if tier else name,
            "description": tier.description if tier else "",
            "points_earned": (entry.points_earned or 0) if entry else 0,
            "amount_spent_cents": (entry.amount_spent_minor or 0) if entry else 0,
            "purchases_made": (entry.purchases or 0) if entry else 0,
            "points_multiplier": tier.points_multiplier if tier else NO_MULTIPLIER,
            "rank": level,
        }

    def reward(self, redemption_id: int | None) -> Json:
        """`redemption` and `redemption_option`, as far as they are there."""
        redemption = self.redemptions.get(redemption_id or 0)
        if redemption is None or redemption_id is None:
            return {}
        option = self.options.get(self.option_of[redemption_id])
        return {"redemption": redemption} | ({"redemption_option": option} if option else {})


class Named(NamedTuple):
    """What events name."""

    members: Collection[int]
    subjects: Collection[str]
    redemptions: Collection[int]
    coded: Collection[int]
    """Members whose referral code is shown with what has come of it."""


async def surroundings_of(database: Database, merchant: Merchant, named: Named, now: datetime) -> Surroundings:
    """Look it all up: a handful of statements for the batch, however many members there are."""
    merchant_id = merchant.merchant_id
    awards = await _awards(database, merchant_id, named.subjects)
    given = {one.redemption_id for some in awards.values() for one in some if one.redemption_id is not None}
    rows = await database.fetch(SQL.list_redemptions_told, merchant_id, list({*named.redemptions, *given}))
    profiles = await _profiles(database, merchant_id, named.members)
    rules = await list_rules(database, merchant_id)
    options = ((rule.rule_id, option_or_none(rule, merchant, merchant.currency)) for rule in rules)
    return Surroundings(
        merchant=merchant,
        customers=await _customers(database, merchant, profiles, now),
        codes=await _codes(database, merchant_id, {one: profiles[one] for one in named.coded if one in profiles}, now),
        redemptions={row[0]: _redemption(row) for row in rows},
        option_of={row[0]: row[1] for row in rows},
        options={rule_id: option for rule_id, option in options if option is not None},
        awards=awards,
        tiers=await get_tiers(database, merchant_id),
    )


def perk(event: Numbered, merchant: Merchant, member_id: int, given: Awarded, option: OptionAnswer | None) -> Json:
    """What was given, as the incumbent's `perk`. Its id is the number of the event that tells of it."""
    at = stamp(given.at)
    told: Json = {
        "id": event.sequence,
        "campaign_id": _campaign(given.source),
        "merchant_id": merchant.merchant_id,
        "customer_id": member_id,
        "reward_points": given.points,
        "completed": True,
        "completed_at": at,
        "awarded": True,
        "awarded_at": at,
        "pending": False,
        "reversed": False,
        "reversed_at": None,
        "expired": False,
        "expired_at": None,
        "expires_at": None,
        "redemption_option_id": option.id if option else None,
        "history_title": given.title,
        "created_at": at,
    }
    return told | ({"redemption_option": option} if option else {})


def _campaign(source: str | None) -> int | None:
    """Its number in GET /campaigns, where 0 is the referral programme."""
    by, _, number = (source or "").partition(":")
    if by == "rule":
        return int(number)
    return 0 if by in (REFERRER, FRIEND) else None


async def _profiles(database: Database, merchant_id: int, members: Collection[int]) -> dict[int, Profile]:
    """By the number that events know. One who became another answers as whom they became; one who was erased is not
    there.
    """
    found = {profile.member_id: profile for profile in await profiles_of(database, merchant_id, list(members))}
    for member_id in members:
        if member_id not in found:
            try:
                profile = await get_member(database, merchant_id, member_id)
            except MemberNotFound:
                continue
            if profile.status != "erased":
                found[member_id] = profile
    return found


async def _customers(
    database: Database, merchant: Merchant, profiles: dict[int, Profile], now: datetime
) -> dict[int, Json]:
    """Customers as GET /customers shows them, with the fields that newer events add."""
    distinct = list({profile.member_id: profile for profile in profiles.values()}.values())
    records = await customer_records(database, merchant, distinct, now)
    brought = await _brought(database, merchant.merchant_id, [profile.member_id for profile in distinct])
    options = await options_of(database, merchant, distinct, now, Channel.ANY)
    programme = merchant.policies.referrals
    codes = await codes_of(database, merchant.merchant_id, options, now) if programme else {}
    shown: dict[int, Json] = {}
    for profile, record in zip(distinct, records, strict=True):
        credit = credit_minor(options[profile.member_id], merchant, record.points_balance)
        record.credit_balance = format_money(credit, CURRENCIES[merchant.currency], trim=True)
        record.credit_balance_in_customer_currency = record.credit_balance
        code = codes.get(profile.member_id)
        referrer = brought.get(profile.member_id)
        shown[profile.member_id] = {
            **msgspec.to_builtins(record),
            "is_member": record.opt_in,
            "is_opt_in": record.opt_in,
            "loyalty_opt_in_date": record.opted_in_at,
            "accepts_marketing": False,
            "referred_by": referrer["email"] if referrer else None,
            "referred_by_customer": referrer,
            "referral_link": programme.link_of(code) if programme and code else None,
            "referral_discount_code": code,
            "is_affiliate": False,
            "vip_tier_ends_at": record.vip_tier_expiration,
        }
    return {member_id: shown[profile.member_id] for member_id, profile in profiles.items()}


async def _brought(database: Database, merchant_id: int, members: Sequence[int]) -> dict[int, Json]:
    """By member, who brought them."""
    rows = await database.fetch(SQL.find_referrers, merchant_id, members)
    referrers = await _profiles(database, merchant_id, {row["member_id"] for row in rows})
    return {
        row["friend_id"]: {
            "id": referrer.member_id,
            "email": referrer.identity("email"),
            "first_name": referrer.first_name,
            "last_name": referrer.last_name,
        }
        for row in rows
        if (referrer := referrers.get(row["member_id"])) is not None
    }


async def _codes(
    database: Database, merchant_id: int, profiles: dict[int, Profile], now: datetime
) -> dict[int, ReferralCodeAnswer]:
    """By the number that events know."""
    distinct = {profile.member_id for profile in profiles.values()}
    codes = await codes_of(database, merchant_id, distinct, now)
    statistics = await statistics_of(database, merchant_id, distinct)
    return {
        member_id: code_answer(codes[one.member_id], statistics[one.member_id], one.identity("email"))
        for member_id, one in profiles.items()
    }


async def _awards(database: Database, merchant_id: int, subjects: Collection[str]) -> dict[str, list[Awarded]]:
    awards: dict[str, list[Awarded]] = {}
    if subjects:
        for row in await database.fetch(SQL.list_awards_told, merchant_id, list(subjects)):
            awards.setdefault(row[0], []).append(Awarded(*row[1:6]))
    return awards


def _redemption(row: Iterable[Any]) -> Json:
    redemption_id, _, code, delayed, channel, created_at, updated_at = row
    return {
        "id": redemption_id,
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at),
        "reward_text": code,
        "approved": True,
        "approved_at": stamp(created_at),
        "is_admin": False,
        "is_pos": channel == Channel.OFFLINE,
        "at_checkout": delayed,
    }
