"""The money for bought points is given back, and the points are taken back, once. Pure."""

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.moving import MovementNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.moving.movement import Kind, Movement, count, facts, year_use
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.values import Cause


class RefundPurchase(Struct, frozen=True, kw_only=True):
    """The shop has given the money back. Asked again it answers the same, and the payment buys nothing any more.

    Points that are spent already become a debt where the merchant's policy on debts is `unlimited` (behaviour 1);
    otherwise those that are there are taken, and no more. What was taken does not count towards the year's limits.
    """

    answers: ClassVar[type] = Movement

    merchant: Merchant
    movement_id: int
    note: str | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The purchase with its points, and the years of both members."""
        return Needs(rows=(("moving", True), ("purchase", self.movement_id)))

    def decide(self, book: Book) -> Movement:
        """Refuses with MovementNotFound."""
        bought = book.page(Movement).get(self.movement_id)
        if bought is None or bought.kind is not Kind.PURCHASE:
            raise MovementNotFound(Kind.PURCHASE, self.movement_id)
        if bought.refunded_at is not None:
            return bought
        taken = self._takeable(book, bought)
        if taken:
            cause = Cause("reversal", f"movement:{bought.movement_id}", self.note)
            lots = () if book.lots.get((bought.receiver_account, bought.entry)) is None else (bought.entry,)
            book.claw_back(bought.receiver_account, taken, cause, below_zero=True, counted=False, lots=lots)
        refunded = replace(bought, points_back=taken, refunded_at=book.now)
        book.page(Movement).put(refunded.movement_id, refunded)
        self._uncount(book, refunded)
        told = {**facts(refunded), "points_back": taken}
        book.tell("points.refunded", refunded.receiver_id, told)
        return refunded

    def _takeable(self, book: Book, bought: Movement) -> int:
        """How many of the points the policy on debts lets us take; those of a merged member are the heir's."""
        if self.merchant.policies.debt == "unlimited":
            return bought.points
        account = book.accounts[bought.receiver_account]
        return min(bought.points, max(0, book.spendable(account.heir or account.account_id)))

    def _uncount(self, book: Book, refunded: Movement) -> None:
        year, back = self.merchant.day(refunded.created_at).year, -refunded.points_back
        if refunded.sender_id == refunded.receiver_id:
            count(book, year_use(book, refunded.sender_id, year).plus(bought=back))
            return
        count(book, year_use(book, refunded.sender_id, year).plus(bought_for_others=back))
        count(book, year_use(book, refunded.receiver_id, year).plus(received=back))
