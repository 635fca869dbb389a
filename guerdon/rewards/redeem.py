"""Redeem points under a rule: check, take or hold the points, give a coupon."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from guerdon.errors.rewards import RuleNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Cause
from guerdon.rewards.eligibility import Moment, caps_against, funds_against, reasons_against, stock_against
from guerdon.rewards.price import price
from guerdon.rewards.redemption import (
    Coupon,
    CouponState,
    Redemption,
    State,
    Stock,
    Usage,
    count,
    facts,
    new_code,
    new_token,
)
from guerdon.rewards.rule import Channel, Versioned


class Redeem(Struct, frozen=True, kw_only=True):
    """A member asks for one reward. `points` None leaves it to the rule; `delayed` holds until an order comes."""

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    who: tuple[Identity, ...]
    rule_id: int
    points: int | None = None
    currency: str | None = None
    delayed: bool = False
    channel: Channel = Channel.ANY
    cart_minor: int | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, the rule with the member's usage of it, and a number for the redemption."""
        return Needs(self.who, rows=(("rule", self.rule_id),), numbers=(("redemption_sequence", 1),))

    def decide(self, book: Book) -> Redemption:
        """In this order: existence, shape of the amount, state, eligibility, caps, funds, stock (behaviour 8 to 11)."""
        member = book.member(self.who)
        rule = book.page(Versioned).get(self.rule_id)
        if rule is None:
            raise RuleNotFound(self.rule_id)
        cost = price(rule.terms, self.merchant, self.points, self.currency)
        day = self.merchant.day(book.now)
        usage = book.page(Usage).get((member.member_id, rule.rule_id))
        reasons = [
            *reasons_against(rule, self.merchant, member, Moment(book.now, day, self.channel, self.cart_minor)),
            *caps_against(rule.terms, cost, usage, day),
            *funds_against(cost, book.spendable(member.account_id)),
            *stock_against(rule.terms, cost, book.page(Stock).get(rule.rule_id)),
        ]
        if reasons:
            reasons[0].also = tuple(reasons[1:])
            raise reasons[0]

        number = book.number("redemption_sequence")
        cause = Cause("redemption", f"redemption:{number}", rule.terms.name or None)
        expires_at = self._expiry(rule, book)
        if self.delayed:
            entry = book.hold(member.account_id, cost.points, cause, expires_at=expires_at).number
        else:
            entry = book.spend(member.account_id, cost.points, cause).number
        prefix = rule.terms.coupon_prefix
        redemption = Redemption(
            number, member.member_id, member.account_id, entry, rule.rule_id, rule.version,
            State.HELD if self.delayed else State.REDEEMED, self.delayed, cost.points, cost.value_minor, cost.currency,
            cost.budget_minor, self.channel, day,
            new_code(self.merchant.policies.coupon_prefix if prefix is None else prefix),
            new_token(), expires_at, book.now, book.now,
        )  # fmt: skip
        book.page(Redemption).put(number, redemption)
        book.page(Coupon).put(redemption.code, Coupon(redemption.code, number, CouponState.ISSUED))
        count(book, redemption)
        book.tell("redemption.created", member.member_id, facts(redemption))
        return redemption

    def _expiry(self, rule: Versioned, book: Book) -> datetime | None:
        days = rule.terms.coupon_days
        if days is None and self.delayed:
            days = self.merchant.policies.hold_days
        return None if days is None else self.merchant.end_of_day(book.now, days_later=days)
