"""Who may redeem what, when: every reason against it, in the order in which they are told. Pure."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple, Protocol

from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.moving import SpendingNotAllowed
from guerdon.errors.rewards import (
    BudgetGone,
    CartTooSmall,
    ChannelDiffers,
    DayCap,
    MemberCap,
    MemberSuspended,
    NotOptedIn,
    RuleDisabled,
    RuleEnded,
    RuleNotStarted,
    StockGone,
    TagMissing,
    TierDiffers,
    TierTooLow,
    TransactionCap,
)
from guerdon.merchants.merchant import Merchant
from guerdon.rewards.price import Price
from guerdon.rewards.redemption import Stock, Usage
from guerdon.rewards.rule import Channel, RedemptionRule, Versioned


class Standing(Protocol):
    """As much of a member as eligibility asks: a member of the book has it, and so has a profile."""

    @property
    def member_id(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def opted_in(self) -> bool | None: ...
    @property
    def tier_level(self) -> int: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def may_spend(self) -> bool: ...


class Moment(NamedTuple):
    """The circumstances of one redemption."""

    now: datetime
    day: date
    channel: Channel
    cart_minor: int | None = None


def reasons_against(rule: Versioned, merchant: Merchant, member: Standing, moment: Moment) -> Iterator[Refusal]:
    """State, then eligibility (behaviour 10): what does not depend on how many points are asked."""
    terms = rule.terms
    if not terms.active:
        yield RuleDisabled(rule.rule_id)
    if terms.starts_at is not None and moment.now < terms.starts_at:
        yield RuleNotStarted(rule.rule_id, terms.starts_at)
    if terms.ends_at is not None and moment.now >= terms.ends_at:
        yield RuleEnded(rule.rule_id, terms.ends_at)
    if member.status != "active":
        yield MemberSuspended()
    if member.opted_in is False or (member.opted_in is None and merchant.policies.opt_in == "opted_in"):
        yield NotOptedIn()
    if not member.may_spend:
        yield SpendingNotAllowed()
    yield from _tier(terms, merchant, member)
    if terms.member_tags and not set(terms.member_tags) & set(member.tags):
        yield TagMissing(", ".join(terms.member_tags))
    if Channel.ANY not in (terms.channel, moment.channel) and terms.channel is not moment.channel:
        yield ChannelDiffers(terms.channel, moment.channel)
    if terms.minimum_cart_minor and moment.cart_minor is not None and moment.cart_minor < terms.minimum_cart_minor:
        yield CartTooSmall(terms.minimum_cart_minor, terms.minimum_cart_minor - moment.cart_minor, terms.currency)


def caps_against(terms: RedemptionRule, price: Price, usage: Usage | None, day: date) -> Iterator[Refusal]:
    """Caps of one redemption, of the merchant's day, and of the member for ever (behaviour 9)."""
    cap = terms.points_max_per_transaction
    if cap is not None and price.points > cap:
        yield TransactionCap(price.points, cap)
    cap = terms.points_max_per_day
    today = usage.day_points if usage is not None and usage.day == day else 0
    if cap is not None and today + price.points > cap:
        yield DayCap(price.points, cap, max(0, cap - today))
    cap = terms.redemptions_max_per_member
    if cap is not None and usage is not None and usage.redemptions >= cap:
        yield MemberCap(usage.redemptions)


def funds_against(price: Price, available: int) -> Iterator[Refusal]:
    """A redemption never takes a balance below zero (behaviour 1)."""
    if price.points > available:
        yield NotEnoughPoints(price.points, max(0, available), price.points - max(0, available))


def stock_against(terms: RedemptionRule, price: Price, stock: Stock | None) -> Iterator[Refusal]:
    """What all members share."""
    used, spent = (stock.redemptions, stock.amount_minor) if stock else (0, 0)
    if terms.stock is not None and used >= terms.stock:
        yield StockGone(terms.stock)
    if terms.budget_minor is not None and spent + price.budget_minor > terms.budget_minor:
        yield BudgetGone(terms.budget_minor, max(0, terms.budget_minor - spent))


def is_exact(terms: RedemptionRule, merchant: Merchant) -> bool:
    """Whether the tier that a rule names is admitted alone, or higher ones too."""
    return merchant.policies.tier_match == "exact" if terms.tier_exact is None else terms.tier_exact


def _tier(terms: RedemptionRule, merchant: Merchant, member: Standing) -> Iterator[Refusal]:
    if terms.tier_level == 0 or member.tier_level == terms.tier_level:
        return
    if is_exact(terms, merchant):
        yield TierDiffers(terms.tier_level, member.tier_level)
    elif member.tier_level < terms.tier_level:
        yield TierTooLow(terms.tier_level, member.tier_level)
