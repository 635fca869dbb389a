"""GET /campaigns: what earns points, as shops show it, and how far one customer has come."""

from datetime import datetime, timedelta

import msgspec

from guerdon.access.keys import Caller
from guerdon.activities.campaigns import Done, list_campaigns, outlook, what_was_done
from guerdon.api.engine import Engine
from guerdon.api.storefront.contract import CustomerNamed, stamp, stamp_or_none
from guerdon.api.wire import Incoming
from guerdon.earning.earns import PerAmount
from guerdon.earning.rule import ORDER, EarningRule, Period, VersionedRule
from guerdon.earning.rules import StoredRule
from guerdon.earning.wording import reward_text, rule_sentence, titled_points
from guerdon.members.members import find_member
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.referral import ReferralProgramme

TYPES = {
    "referral": "ReferralCampaign",
    "sign_up": "CreateAccountCampaign",
    "birthday": "BirthdayCampaign",
    "anniversary": "AnniversaryCampaign",
}
"""Everything else that is no order is a CustomActionCampaign."""

REFERRALS_ID = 0
"""The referral programme is one campaign, and no rule."""


class FetchCampaigns(CustomerNamed, kw_only=True):
    """With a customer and `with_status`, each campaign tells how far that customer has come."""

    with_status: bool = False


class CampaignStatus(msgspec.Struct):
    """How far a customer has come; null where nothing limits it, or nothing ends the wait."""

    global_completions_left: int | None
    customer_actions_completed: int
    customer_times_completed: int
    customer_minutes_until_next_action: int | None
    customer_minutes_until_next_completion: int | None


class CampaignAnswer(msgspec.Struct, kw_only=True):
    """A campaign. What Guerdon has no use for is null."""

    id: int
    title: str
    details: str
    type: str
    cta_text: str | None = None
    share_text: None = None
    url: str | None = None
    username: None = None
    entity_id: None = None
    icon: str | None = None
    reward_text: str
    created_at: str | None
    updated_at: str | None
    max_completions_per_user: int | None = None
    min_actions_required: int = 1
    expires_at: str | None = None
    ends_at: str | None = None
    hashtags: str | None = None
    question: str | None = None
    display_order: int = 0
    default_email_body: None = None
    action_name: str | None = None
    ask_year: bool = False
    extra_copy1: None = None
    extra_copy2: None = None
    admin_display_name: str
    unrendered_title: str | None = None
    unrendered_details: str | None = None
    title_with_multi_currency_template: None = None
    details_with_multi_currency_template: None = None
    include_audience_ids: None = None
    include_audience_names: list[str]
    exclude_audience_ids: None = None
    exclude_audience_names: list[str]
    status: CampaignStatus | msgspec.UnsetType = msgspec.UNSET


async def fetch_campaigns(
    engine: Engine, caller: Caller, params: FetchCampaigns, _incoming: Incoming
) -> list[CampaignAnswer]:
    """The campaigns that run now, in the merchant's order; 404 for a customer whom nobody knows."""
    merchant, now = caller.merchant, engine.clock()
    rules = await list_campaigns(engine.database, merchant.merchant_id, now)
    answers = [_answer(rule, merchant) for rule in rules]
    if params.with_status:
        profile = await find_member(engine.database, merchant.merchant_id, params.identities())
        versions = [rule.versioned for rule in rules]
        done = await what_was_done(engine.database, merchant, profile.member_id, versions, now)
        for answer, rule in zip(answers, versions, strict=True):
            answer.status = _status(rule, done, merchant, profile.member_id, now)
    programme = merchant.policies.referrals
    if programme is not None:
        answers.append(_referrals(programme, merchant))
    return sorted(answers, key=lambda answer: (answer.display_order, answer.id))


def _answer(rule: StoredRule, merchant: Merchant) -> CampaignAnswer:
    terms, display = rule.terms, rule.terms.display
    sentence = rule_sentence(terms, merchant.currency)
    return CampaignAnswer(
        id=rule.rule_id,
        title=display.title or terms.name,
        details=display.details or terms.description or f"{sentence[0].upper()}{sentence[1:]}.",
        type=_type(terms),
        cta_text=display.cta_text,
        url=display.url,
        icon=display.icon,
        reward_text=display.reward_text or reward_text(terms, merchant.currency),
        created_at=stamp(rule.created_at),
        updated_at=stamp(rule.updated_at),
        max_completions_per_user=next((cap.times for cap in terms.caps if cap.per is Period.EVER), None),
        expires_at=stamp_or_none(terms.ends_at),
        ends_at=stamp_or_none(terms.ends_at),
        hashtags=display.hashtags,
        question=display.question,
        display_order=display.order,
        action_name=None if terms.trigger == ORDER else terms.trigger,
        ask_year=terms.trigger == "birthday",
        admin_display_name=terms.name,
        unrendered_title=display.title,
        unrendered_details=display.details,
        include_audience_names=sorted(terms.who.tags),
        exclude_audience_names=sorted(terms.who.tags_excluded),
    )


def _type(terms: EarningRule) -> str:
    if terms.trigger == ORDER:
        return "SpendBasedCampaign" if isinstance(terms.earns, PerAmount) else "TransactionBasedCampaign"
    return TYPES.get(terms.trigger, "CustomActionCampaign")


def _referrals(programme: ReferralProgramme, merchant: Merchant) -> CampaignAnswer:
    points = programme.referrer_points
    reward = titled_points(points) if points else "A Coupon" if programme.referrer_coupon_rule else "Thanks"
    return CampaignAnswer(
        id=REFERRALS_ID,
        title="Refer a Friend",
        details="For each friend who buys for the first time.",
        type=TYPES["referral"],
        reward_text=reward,
        created_at=None,
        updated_at=None,
        admin_display_name=f"Referrals of {merchant.name}",
        include_audience_names=[],
        exclude_audience_names=[],
    )


def _status(rule: VersionedRule, done: Done, merchant: Merchant, member_id: int, now: datetime) -> CampaignStatus:
    seen = outlook(rule, done, merchant, member_id, now)
    minutes: int | None = 0
    if seen.capped:
        minutes = None if seen.again_at is None else -int((now - seen.again_at) // timedelta(minutes=1))
    return CampaignStatus(seen.left, seen.times, seen.times, minutes, minutes)
