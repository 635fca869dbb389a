"""Points given or taken by hand, for one of five reasons (the storefront contract's page on adjusting)."""

from datetime import datetime
from typing import ClassVar, Literal

from msgspec import Struct

from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Cause, Life


class Adjustment(Struct, frozen=True):
    """What was booked: the member, the entry, and the balances after it."""

    member_id: int
    account_id: int
    entry: int
    points: int
    available: int
    held: int
    at: datetime


class AdjustPoints(Struct, frozen=True, kw_only=True):
    """Give (`points` above zero) or take points.

    With `counted`, they count as earned: a reward given, or one taken back that was wrongly earned, which may leave a
    debt where `below_zero` allows it. Without, earlier points are given back, or points are taken as `taken_as` says:
    redeemed on the member's behalf, or expired now; never more than there are.
    """

    answers: ClassVar[type] = Adjustment

    merchant_id: int
    who: tuple[Identity, ...]
    points: int
    counted: bool = False
    taken_as: Literal["redeemed", "expired"] = "redeemed"
    below_zero: bool = False
    title: str | None = None
    visible: bool = True
    expires_at: datetime | None = None

    def needs(self) -> Needs:
        """The member."""
        return Needs(identities=self.who)

    def decide(self, book: Book) -> Adjustment:
        """Refuses with NotEnoughPoints or BalanceTooLarge."""
        member = book.member(self.who)
        cause = Cause("adjustment", f"member:{member.member_id}", self.title, self.visible)
        account_id, points = member.account_id, abs(self.points)
        if self.points > 0:
            entry = book.earn(account_id, points, cause, life=Life(self.expires_at), counted=self.counted)
        elif self.counted:
            entry = book.claw_back(account_id, points, cause, below_zero=self.below_zero)
        elif self.taken_as == "redeemed":
            entry = book.spend(account_id, points, cause)
        else:
            entry = book.expire(account_id, points, cause)
        account = book.accounts[account_id]
        told = {"points": self.points, "available": account.available, "title": self.title}
        book.tell("points.adjusted", member.member_id, told)
        return Adjustment(
            member.member_id, account_id, entry.number, self.points, account.available, account.held, book.now
        )
