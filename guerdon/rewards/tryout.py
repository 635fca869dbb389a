"""Try terms on a member before they count: what a redemption would be, or every reason why not. Nothing is kept."""

from typing import ClassVar

from msgspec import Struct

from guerdon.errors.base import Refusal
from guerdon.errors.rewards import RuleNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.rewards.eligibility import Moment, reasons_against
from guerdon.rewards.price import price
from guerdon.rewards.redeem import objections
from guerdon.rewards.redemption import Stock
from guerdon.rewards.rule import Channel, RedemptionRule, Versioned

UNSAVED = 0
"""The number of a rule that has none yet."""


class Trial(Struct, frozen=True):
    """What would happen: points for a value in minor units; or `reasons`, all that hold, the first one told first.

    `points` are None where the terms do not take so many as were asked. `available` is what the member has before.
    """

    member_id: int
    account_id: int
    available: int
    points: int | None
    value_minor: int
    currency: str
    reasons: tuple[Refusal, ...]


class TryRule(Struct, frozen=True, kw_only=True):
    """A member redeems under `terms` as if they were those of the rule: its book, with the draft in place of what is
    saved. For the desk's preview alone: it changes nothing.

    `stock` is what is used already, where the saved rule has no limit and counts nothing.
    """

    answers: ClassVar[type] = Trial

    merchant: Merchant
    who: tuple[Identity, ...]
    terms: RedemptionRule
    rule_id: int = UNSAVED
    points: int | None = None
    currency: str | None = None
    channel: Channel = Channel.ANY
    cart_minor: int | None = None
    stock: Stock | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """What a redemption needs, if there is a rule already."""
        rows = () if self.rule_id == UNSAVED else (("rule", self.rule_id), ("pool", self.rule_id))
        return Needs(self.who, rows=rows)

    def decide(self, book: Book) -> Trial:
        """The checks of a redemption. An amount that does not fit is the first reason, before those that are left."""
        member = book.member(self.who)
        if self.rule_id != UNSAVED and book.page(Versioned).get(self.rule_id) is None:
            raise RuleNotFound(self.rule_id)
        rule = Versioned(self.rule_id, 0, self.terms)
        moment = Moment(book.now, self.merchant.day(book.now), self.channel, self.cart_minor)
        if self.stock is not None and book.page(Stock).get(self.rule_id) is None:
            book.page(Stock).load(self.rule_id, self.stock)
        available = book.spendable(member.account_id)
        try:
            cost = price(self.terms, self.merchant, self.points, self.currency)
        except Refusal as misfit:
            reasons = (misfit, *reasons_against(rule, self.merchant, member, moment))
            code = self.currency or self.merchant.currency
            return Trial(member.member_id, member.account_id, available, None, 0, code, reasons)
        reasons = tuple(objections(book, self.merchant, member, rule, cost, moment))
        return Trial(
            member.member_id, member.account_id, available, cost.points, cost.value_minor, cost.currency, reasons
        )  # fmt: skip
