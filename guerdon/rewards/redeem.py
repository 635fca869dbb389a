"""Redeem points under a rule: check, take or hold the points, give a coupon."""

from datetime import datetime, timedelta
from typing import ClassVar

from msgspec import Struct

from guerdon.errors.base import Refusal
from guerdon.errors.rewards import RuleNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Cause, Member
from guerdon.rewards.callback import ask_code, patience
from guerdon.rewards.codes import Called, Pooled
from guerdon.rewards.eligibility import Moment, caps_against, funds_against, reasons_against, stock_against
from guerdon.rewards.pool import Pool, pool_against, take_code
from guerdon.rewards.price import Price, price
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
    hold_s: int | None = None
    """How long points are held, in seconds, where the caller says so."""

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, the rule with the member's usage of it, a code of its pool, and a number for the redemption."""
        rows = (("rule", self.rule_id), ("pool", self.rule_id))
        return Needs(self.who, rows=rows, numbers=(("redemption_sequence", 1),))

    def decide(self, book: Book) -> Redemption:
        """In this order: existence, shape of the amount, state, eligibility, caps, funds, stock (behaviour 8 to 11).

        Where the merchant's URL makes the code, the redemption is asked: its points are held until there is a coupon.
        """
        member = book.member(self.who)
        rule = book.page(Versioned).get(self.rule_id)
        if rule is None:
            raise RuleNotFound(self.rule_id)
        cost = price(rule.terms, self.merchant, self.points, self.currency)
        day = self.merchant.day(book.now)
        moment = Moment(book.now, day, self.channel, self.cart_minor)
        if reasons := objections(book, self.merchant, member, rule, cost, moment):
            reasons[0].also = tuple(reasons[1:])
            raise reasons[0]

        number = book.number("redemption_sequence")
        asked = isinstance(rule.terms.codes, Called)
        cause = Cause("redemption", f"redemption:{number}", rule.terms.name or None)
        expires_at = self._expiry(rule, book)
        if self.delayed or asked:
            entry = book.hold(member.account_id, cost.points, cause, expires_at=expires_at).number
        else:
            entry = book.spend(member.account_id, cost.points, cause).number
        redemption = Redemption(
            number, member.member_id, member.account_id, entry, rule.rule_id, rule.version,
            State.ASKED if asked else State.HELD if self.delayed else State.REDEEMED, self.delayed, cost.points,
            cost.value_minor, cost.currency, cost.budget_minor, self.channel, day, self._code(book, rule, number),
            new_token(), expires_at, book.now, book.now,
        )  # fmt: skip
        coupon = CouponState.ASKED if asked else CouponState.ISSUED
        book.page(Redemption).put(number, redemption)
        book.page(Coupon).put(redemption.coupon, Coupon(redemption.coupon, number, coupon, None, expires_at))
        count(book, redemption)
        if isinstance(rule.terms.codes, Called):
            ask_code(book, redemption, due=book.now + patience(rule.terms.codes))
        else:
            book.tell("redemption.created", member.member_id, facts(redemption))
        return redemption

    def _code(self, book: Book, rule: Versioned, number: int) -> str:
        if isinstance(rule.terms.codes, Pooled):
            return take_code(book, rule, number)
        prefix = rule.terms.coupon_prefix
        return new_code(self.merchant.policies.coupon_prefix if prefix is None else prefix)

    def _expiry(self, rule: Versioned, book: Book) -> datetime | None:
        if self.delayed and self.hold_s is not None:
            return book.now + timedelta(seconds=self.hold_s)
        days = rule.terms.coupon_days
        if days is None and self.delayed:
            days = self.merchant.policies.hold_days
        return None if days is None else self.merchant.end_of_day(book.now, days_later=days)


def objections(
    book: Book, merchant: Merchant, member: Member, rule: Versioned, cost: Price, moment: Moment
) -> list[Refusal]:  # fmt: skip
    """All that stands against it, in the order in which it is told: state, eligibility, caps, funds, stock."""
    usage = book.page(Usage).get((member.member_id, rule.rule_id))
    return [
        *reasons_against(rule, merchant, member, moment),
        *caps_against(rule.terms, cost, usage, moment.day),
        *funds_against(cost, book.spendable(member.account_id)),
        *stock_against(rule.terms, cost, book.page(Stock).get(rule.rule_id)),
        *pool_against(rule, book.page(Pool).get(rule.rule_id)),
    ]
