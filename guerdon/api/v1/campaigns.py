"""`/v1/campaigns`: what earns now, as shoppers are shown it, and how far one member has come."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from guerdon.access.keys import Caller
from guerdon.activities.campaigns import Done, list_campaigns, outlook, what_was_done
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import shown
from guerdon.api.v1.lists import ListAsked, after, page
from guerdon.api.v1.who import Who, member_named
from guerdon.api.wire import Incoming, Route
from guerdon.earning.rule import Period
from guerdon.earning.rules import StoredRule
from guerdon.earning.wording import reward_text, rule_sentence, titled_points
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.referral import ReferralProgramme

REFERRAL = "referral"

Place = tuple[int, int]
"""Where a campaign stands: its position, and its rule; the referral programme comes after the rules of its position."""
AFTER_RULES: int = 2**62
BEFORE_ALL: Place = (-AFTER_RULES, 0)


class CampaignsAsked(ListAsked, kw_only=True):
    """With a member, each campaign tells how far that member has come."""

    member: Who | None = None


class CampaignStatusAnswer(msgspec.Struct, frozen=True):
    """How often a member has earned by it, and whether there is more: not where they are `capped`, until `again_at`,
    which is null where that has no end. `left` is for all members together; null is without end.
    """

    times: int
    left: int | None
    capped: bool
    again_at: datetime | None


class CampaignAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What earns, in the merchant's words where there are any. The referral programme is a campaign without a rule."""

    id: str
    object: Literal["campaign"] = "campaign"
    rule: str | None
    kind: str
    """`order`, the kind of an activity, or `referral`."""
    title: str
    details: str
    reward: str
    cta_text: str | None = None
    url: str | None = None
    icon: str | None = None
    question: str | None = None
    hashtags: str | None = None
    times_max: int | None = None
    """How often each member earns by it, ever."""
    ends_at: datetime | None = None
    position: int = 0
    status: CampaignStatusAnswer | UnsetType = UNSET


class CampaignsAnswer(msgspec.Struct, frozen=True):
    """A page of the campaigns that run now, in the merchant's order."""

    object: Literal["campaigns"]
    data: list[CampaignAnswer]
    has_more: bool
    next_cursor: str | None


async def find(engine: Engine, caller: Caller, params: CampaignsAsked, incoming: Incoming) -> CampaignsAnswer:
    """What earns now and wants to be seen, in the merchant's order."""
    merchant, now = caller.merchant, engine.clock()
    seen = after(params, Place) or BEFORE_ALL
    listed = await list_campaigns(engine.database, merchant.merchant_id, now)
    rules = [rule for rule in listed if _place(rule) > seen]
    member_id, done = None, None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
        versions = [rule.versioned for rule in rules]
        done = await what_was_done(engine.database, merchant, member_id, versions, now)
    rows = [(_place(rule), _shown(rule, merchant, _status(rule, done, merchant, member_id, now))) for rule in rules]
    if merchant.policies.referrals is not None and seen < (0, AFTER_RULES):
        rows.append(((0, AFTER_RULES), _referrals(merchant.policies.referrals)))
    rows.sort(key=lambda row: row[0])
    found = page(incoming, params, rows, lambda row: row[0], lambda row: row[1])
    return CampaignsAnswer("campaigns", found.data, found.has_more, found.next_cursor)


def _place(rule: StoredRule) -> Place:
    return rule.terms.display.order, rule.rule_id


def _shown(rule: StoredRule, merchant: Merchant, status: CampaignStatusAnswer | UnsetType) -> CampaignAnswer:
    terms, display = rule.terms, rule.terms.display
    sentence = rule_sentence(terms, merchant.currency)
    return CampaignAnswer(
        id=shown("cmp", rule.rule_id),
        rule=shown("earn", rule.rule_id),
        kind=terms.trigger,
        title=display.title or terms.name,
        details=display.details or terms.description or f"{sentence[0].upper()}{sentence[1:]}.",
        reward=display.reward_text or reward_text(terms, merchant.currency),
        cta_text=display.cta_text,
        url=display.url,
        icon=display.icon,
        question=display.question,
        hashtags=display.hashtags,
        times_max=next((cap.times for cap in terms.caps if cap.per is Period.EVER), None),
        ends_at=terms.ends_at,
        position=display.order,
        status=status,
    )


def _status(
    rule: StoredRule, done: Done | None, merchant: Merchant, member_id: int | None, now: datetime
) -> CampaignStatusAnswer | UnsetType:
    if done is None or member_id is None:
        return UNSET
    return CampaignStatusAnswer(*outlook(rule.versioned, done, merchant, member_id, now))


def _referrals(programme: ReferralProgramme) -> CampaignAnswer:
    points = programme.referrer_points
    return CampaignAnswer(
        id="cmp_referrals",
        rule=None,
        kind=REFERRAL,
        title="Refer a Friend",
        details="For each friend who buys for the first time.",
        reward=titled_points(points) if points else "A Coupon" if programme.referrer_coupon_rule else "Thanks",
    )


ROUTES = (
    Route("GET", "/v1/campaigns", CampaignsAsked, CampaignsAnswer, find, "read", "List what earns now"),
)  # fmt: skip
