"""A member gives points to another: a transfer or a gift, each under its own terms of the merchant's rule. Pure."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct

from guerdon.errors.base import Refusal
from guerdon.errors.books import BalanceTooLarge, NotEnoughPoints
from guerdon.errors.members import SameMember
from guerdon.errors.moving import MovingOff, OneAccount, SpendingNotAllowed
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
from guerdon.moving.rule import Terms, VersionedMoving
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import POINTS_MAX, Cause, Member

USED_AS = {Kind.TRANSFER: "transferred", Kind.GIFT: "gifted"}
"""What counts it in a year's use."""


class Transfer(Struct, frozen=True, kw_only=True):
    """Points of the sender become the receiver's, with their age; the sender pays the fee.

    Refuses, each with its numbers, in this order: unknown members, one member twice, a rule that is off, suspended or
    not opted in, points amiss, yearly limits of either side, too few points for what is sent and its fee.
    """

    answers: ClassVar[type] = Movement

    merchant: Merchant
    sender: tuple[Identity, ...]
    receiver: tuple[Identity, ...]
    points: int
    kind: Literal[Kind.TRANSFER, Kind.GIFT] = Kind.TRANSFER
    note: str | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """Both members with their years, the rule, and a number."""
        return Needs(
            (*self.sender, *self.receiver), rows=(("moving", True),), numbers=(("movement_sequence", 1),)
        )  # fmt: skip

    def decide(self, book: Book) -> Movement:
        """Both accounts change in one commit, or neither."""
        sender, receiver = book.member(self.sender), book.member(self.receiver)
        if sender.member_id == receiver.member_id:
            raise SameMember(sender.member_id)
        rule = book.page(VersionedMoving)[True]
        terms = rule.terms.gifts if self.kind is Kind.GIFT else rule.terms.transfers
        refuse(list(self._reasons(book, rule, terms, sender, receiver)))
        fee = terms.fee.of(self.points)
        fee_points, fee_minor = (fee, 0) if terms.fee.unit == "points" else (0, fee)
        number = book.number("movement_sequence")
        cause = Cause(self.kind, f"movement:{number}", self.note)
        before = book.accounts[receiver.account_id].entries
        entry = book.move(sender.account_id, receiver.account_id, self.points, cause)
        if fee_points:
            book.spend(sender.account_id, fee_points, Cause("fee", f"movement:{number}"))
        if not rule.terms.keeps_expiry:
            self._renew(book, receiver.account_id, after=before)
        for member in (sender, receiver):
            self.merchant.note_activity(book, member.account_id)
        movement = Movement(
            number, self.kind, sender.member_id, receiver.member_id, sender.account_id, receiver.account_id,
            entry.number, self.points, fee_points, fee_minor, 0, self.merchant.currency, None, self.note, rule.version,
            book.now,
        )  # fmt: skip
        book.page(Movement).put(number, movement)
        year = self.merchant.day(book.now).year
        count(book, year_use(book, sender.member_id, year).plus(**{USED_AS[self.kind]: self.points}))
        count(book, year_use(book, receiver.member_id, year).plus(received=self.points))
        book.tell("points.sent", sender.member_id, facts(movement))
        book.tell("points.received", receiver.member_id, facts(movement))
        return movement

    def _reasons(
        self, book: Book, rule: VersionedMoving, terms: Terms, sender: Member, receiver: Member
    ) -> Iterator[Refusal]:
        if not terms.enabled:
            yield MovingOff("give" if self.kind is Kind.GIFT else "transfer")
        yield from reasons_against(self.merchant, sender, "sender")
        yield from reasons_against(self.merchant, receiver, "receiver")
        if not sender.may_spend:
            yield SpendingNotAllowed()
        if sender.account_id == receiver.account_id:
            yield OneAccount()
        yield from terms.reasons_against(self.kind, self.points)
        year = self.merchant.day(book.now).year
        sent = YearLimit("sender", self.kind, USED_AS[self.kind], terms.points_max_per_year)
        yield from over_limit(year_use(book, sender.member_id, year), sent, self.points)
        received = YearLimit("receiver", "receive", "received", rule.terms.received_max_per_year)
        yield from over_limit(year_use(book, receiver.member_id, year), received, self.points)
        fee = terms.fee.of(self.points) if terms.fee.unit == "points" else 0
        available = max(0, book.spendable(sender.account_id))
        if (needed := self.points + fee) > available:
            yield NotEnoughPoints(needed, available, needed - available)
        there = book.accounts[receiver.account_id]
        if there.pending + there.available + there.held + self.points > POINTS_MAX:
            yield BalanceTooLarge(POINTS_MAX)

    def _renew(self, book: Book, account_id: int, *, after: int) -> None:
        """What was received lives as if it were earned now."""
        life = self.merchant.life(book.now)
        for number in range(after + 1, book.accounts[account_id].entries + 1):
            if book.lots.get((account_id, number)) is not None:
                book.redate(account_id, number, life)
