"""Points bought with money, for oneself or for another. Pure.

The shop takes the money and names the payment; we say what the points cost, and give them once for each payment.
"""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from guerdon.errors.base import BadField, Refusal
from guerdon.errors.moving import MovingOff, PaymentReused
from guerdon.merchants.merchant import Merchant
from guerdon.moving.movement import (
    Kind,
    Movement,
    YearLimit,
    count,
    facts,
    over_limit,
    reasons_against,
    refuse,
    year_use,
)
from guerdon.moving.rule import VersionedMoving
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Cause, Member


class BuyPoints(Struct, frozen=True, kw_only=True):
    """The buyer has paid for points of the receiver: of the buyer's own account where no receiver is named.

    `paid_minor` is what was paid, in minor units of the merchant's currency, where the shop wants it compared with the
    price. Bought points do not count as earned. The same payment again answers the same (behaviour 7).
    """

    answers: ClassVar[type] = Movement

    merchant: Merchant
    buyer: tuple[Identity, ...]
    points: int
    payment: str
    receiver: tuple[Identity, ...] = ()
    paid_minor: int | None = None
    note: str | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """Both members with their years, the rule, what the payment bought before, and a number."""
        return Needs(
            (*self.buyer, *self.receiver),
            rows=(("moving", True), ("payment", self.payment)),
            numbers=(("movement_sequence", 1),),
        )

    def decide(self, book: Book) -> Movement:
        """Refuses what the rule does not sell, a price that differs, and years that are full."""
        buyer = book.member(self.buyer)
        receiver = book.member(self.receiver) if self.receiver else buyer
        for_self = buyer.member_id == receiver.member_id
        if (before := _bought(book, self.payment)) is not None:
            if (before.sender_id, before.receiver_id, before.points) == (
                buyer.member_id, receiver.member_id, self.points
            ):  # fmt: skip
                return before
            raise PaymentReused(self.payment, before.points, before.receiver_id)
        rule = book.page(VersionedMoving)[True]
        refuse(list(self._reasons(book, rule, buyer, receiver)))
        assert rule.terms.price is not None, "a rule that sells has a price"
        price, fee = rule.terms.price.of(self.points), rule.terms.purchases.fee.of(self.points)
        if self.paid_minor not in (None, price + fee):
            raise BadField(
                "paid_minor", f"{self.points} points cost {price + fee}, fee included, not {self.paid_minor}"
            )
        number = book.number("movement_sequence")
        cause = Cause(Kind.PURCHASE, f"movement:{number}", self.note)
        entry = book.earn(
            receiver.account_id, self.points, cause, life=self.merchant.life(book.now), counted=False
        )  # fmt: skip
        self.merchant.note_activity(book, receiver.account_id)
        movement = Movement(
            number, Kind.PURCHASE, buyer.member_id, receiver.member_id, buyer.account_id, receiver.account_id,
            entry.number, self.points, 0, fee, price, self.merchant.currency, self.payment, self.note, rule.version,
            book.now,
        )  # fmt: skip
        book.page(Movement).put(number, movement)
        year = self.merchant.day(book.now).year
        bought = {"bought": self.points} if for_self else {"bought_for_others": self.points}
        count(book, year_use(book, buyer.member_id, year).plus(**bought))
        if not for_self:
            count(book, year_use(book, receiver.member_id, year).plus(received=self.points))
        book.tell("points.bought", receiver.member_id, facts(movement))
        return movement

    def _reasons(self, book: Book, rule: VersionedMoving, buyer: Member, receiver: Member) -> Iterator[Refusal]:
        terms, for_self = rule.terms.purchases, buyer.member_id == receiver.member_id
        if not terms.enabled:
            yield MovingOff("buy")
        yield from reasons_against(self.merchant, buyer, "buyer")
        if not for_self:
            yield from reasons_against(self.merchant, receiver, "receiver")
        yield from terms.reasons_against(Kind.PURCHASE, self.points)
        year = self.merchant.day(book.now).year
        used = year_use(book, buyer.member_id, year)
        if for_self:
            own = YearLimit("buyer", "buy", "bought", terms.points_max_per_year)
            yield from over_limit(used, own, self.points)
            return
        others = YearLimit(
            "buyer", "buy for others", "bought_for_others", rule.terms.bought_for_others_max_per_year
        )  # fmt: skip
        yield from over_limit(used, others, self.points)
        received = YearLimit("receiver", "receive", "received", rule.terms.received_max_per_year)
        yield from over_limit(year_use(book, receiver.member_id, year), received, self.points)


def _bought(book: Book, payment: str) -> Movement | None:
    """What this payment bought, in an earlier batch or in this one."""
    return next((one for one in book.page(Movement).rows() if one.payment == payment), None)
