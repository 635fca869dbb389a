"""`/shopper/v1/overview`: all that a page shows one member, in one answer."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from guerdon.api.engine import Engine
from guerdon.api.shopper.contract import Shopper
from guerdon.api.shopper.programme import ProgrammeSeen, TierOffered, programme_shown, tiers_offered
from guerdon.api.shopper.rewards import RewardSeen, rewards_shown, terms_of
from guerdon.api.v1 import options
from guerdon.api.v1.books import accounts_of
from guerdon.api.v1.ids import shown
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.money import CurrencyCode
from guerdon.api.v1.options import OptionsAsked
from guerdon.api.v1.standing import Done, standing_shown
from guerdon.api.v1.who import member_shown
from guerdon.api.wire import Incoming
from guerdon.members.members import Profile
from guerdon.merchants.merchant import Merchant
from guerdon.points.history import Balances, get_balances
from guerdon.points.search import activations_of
from guerdon.referrals.statistics import code_of, get_statistics
from guerdon.rewards.redemption import CouponState
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.search import CouponSeen, find_coupons
from guerdon.rewards.wording import rule_title
from guerdon.tiers.members import progress_of
from guerdon.tiers.programmes import get_tiers

COUPONS_MAX = 50


class OverviewAsked(Asked, kw_only=True):
    """In which currency worth is told: the base currency, where that is left out."""

    currency: CurrencyCode | None = None


class PointsUpcoming(msgspec.Struct, frozen=True):
    """So many points, from then on: there to be spent, or gone."""

    points: int
    at: datetime


class PointsSeen(msgspec.Struct, frozen=True):
    """A member's points. Those that are pending come by date or with an order's status; those next to come or to
    expire are told, where that has a date.
    """

    available: int
    held: int
    pending: int
    next_pending: PointsUpcoming | None
    next_expiry: PointsUpcoming | None


class TierAhead(msgspec.Struct, frozen=True):
    """The tier above, what counts towards it so far, and what is missing: `any` of it, or `all`."""

    level: int
    name: str | None
    match: Literal["any", "all"]
    counted: Done
    missing: Done


class TierSeen(msgspec.Struct, frozen=True):
    """Where the member stands; level 0 is no tier. `kept_until` is its last day, null without end."""

    level: int
    name: str | None
    kept_until: date | None
    next: TierAhead | None


class ReferralSeen(msgspec.Struct, frozen=True):
    """The link by which the member brings friends, what each brings, and how many have come so far."""

    code: str
    link: str
    points: int
    friend_points: int
    completed: int


class CouponHeld(msgspec.Struct, frozen=True):
    """A code that the member has and has not used; `rule` and `name` are what it buys, as long as that is on offer."""

    code: str
    rule: str | None
    name: str
    expires_at: datetime | None


class OverviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A member as they see themselves. Without tiers, or without referrals, there is null."""

    object: Literal["overview"] = "overview"
    programme: ProgrammeSeen
    first_name: str | None
    balance: PointsSeen
    tier: TierSeen | None
    referral: ReferralSeen | None
    rewards: list[RewardSeen]
    coupons: list[CouponHeld]
    tiers: list[TierOffered]


async def fetch(engine: Engine, shopper: Shopper, params: OverviewAsked, incoming: Incoming) -> OverviewAnswer:
    """What the member has, what it buys, what is missing for more, and what is about to come or to go."""
    caller, member = shopper.caller, await shopper.member(engine)
    asked = OptionsAsked(id=member_shown(member.member_id), channel="online", currency=params.currency)
    offered = await options.find(engine, caller, asked, incoming)
    terms = await terms_of(engine, caller.merchant)
    return OverviewAnswer(
        programme=programme_shown(caller.merchant),
        first_name=member.first_name,
        balance=await _balance(engine, shopper, member),
        tier=await _tier(engine, caller.merchant, member),
        referral=await _referral(engine, caller.merchant, member),
        rewards=rewards_shown(offered.options, terms, caller.merchant),
        coupons=await _coupons(engine, caller.merchant, member, terms),
        tiers=await tiers_offered(engine, caller.merchant),
    )


async def _balance(engine: Engine, shopper: Shopper, member: Profile) -> PointsSeen:
    merchant_id = shopper.caller.merchant.merchant_id
    found = await get_balances(engine.database, merchant_id, member.member_id, engine.clock())
    accounts = await accounts_of(engine, shopper.caller, member.member_id)
    coming = await activations_of(engine.database, merchant_id, accounts) if found.pending else []
    following = PointsUpcoming(coming[0][1], coming[0][0]) if coming else None
    return PointsSeen(found.available, found.held, found.pending, following, _expiring(found))


def _expiring(found: Balances) -> PointsUpcoming | None:
    return None if found.next_expiry_at is None else PointsUpcoming(found.next_points, found.next_expiry_at)


async def _tier(engine: Engine, merchant: Merchant, member: Profile) -> TierSeen | None:
    levels = {member.member_id: member.tier_level}
    progress = (await progress_of(engine.database, merchant, levels, engine.clock()))[member.member_id]
    standing = standing_shown(progress, merchant)
    if standing.level == 0 and standing.next is None:
        return None
    above = standing.next
    programme = await get_tiers(engine.database, merchant.merchant_id)
    higher = None
    if above is not None and programme is not None:
        match = programme.tiers[above.level - 1].entry.match
        higher = TierAhead(above.level, above.name, match, standing.counted, above.missing)
    return TierSeen(standing.level, standing.name, standing.kept_until or standing.until, higher)


async def _referral(engine: Engine, merchant: Merchant, member: Profile) -> ReferralSeen | None:
    programme, merchant_id = merchant.policies.referrals, merchant.merchant_id
    if programme is None:
        return None
    code = await code_of(engine.database, merchant_id, member.member_id, engine.clock())
    found = await get_statistics(engine.database, merchant_id, member.member_id, friends_max=0)
    return ReferralSeen(
        code, programme.link_of(code), programme.referrer_points, programme.friend_points, found.orders
    )  # fmt: skip


async def _coupons(
    engine: Engine, merchant: Merchant, member: Profile, terms: Mapping[str, RedemptionRule]
) -> list[CouponHeld]:
    found = await find_coupons(
        engine.database, merchant.merchant_id, member_id=member.member_id, state=CouponState.ISSUED,
        count_max=COUPONS_MAX,
    )  # fmt: skip
    now = engine.clock()
    return [_coupon(one, terms) for one in found if one.expires_at is None or now < one.expires_at]


def _coupon(coupon: CouponSeen, terms: Mapping[str, RedemptionRule]) -> CouponHeld:
    """What it buys is told as long as that is on offer."""
    rule = None if coupon.rule_id is None else shown("rule", coupon.rule_id)
    bought = None if rule is None else terms.get(rule)
    return CouponHeld(
        coupon.written, rule if bought else None, rule_title(bought) if bought else "", coupon.expires_at
    )  # fmt: skip
