"""The activation of points whose wait is over, for many accounts at once (behaviour 18). Pure."""

from typing import ClassVar

from msgspec import Struct

from guerdon.awards.award import activate_pending
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.expiry import Booked
from guerdon.points.values import Cause


class Waiting(Struct, frozen=True):
    """Points that wait, by the entry that issued them, and the members to be told."""

    account_id: int
    number: int
    members: tuple[int, ...]


class ActivateDue(Struct, frozen=True, kw_only=True):
    """Make these points available, as of the day until which they waited."""

    answers: ClassVar[type] = Booked

    merchant: Merchant
    waiting: tuple[Waiting, ...]

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The accounts, and the entries that issued the points."""
        keys = [(one.account_id, one.number) for one in self.waiting]
        return Needs(accounts=tuple({account_id for account_id, _ in keys}), rows=tuple(("entry", key) for key in keys))

    def decide(self, book: Book) -> Booked:
        """Does nothing to points that were activated or taken back meanwhile, or wait for another date now."""
        things = points = 0
        for one in self.waiting:
            key = (one.account_id, one.number)
            pending = book.pendings[key]
            due = pending.activates_at is not None and pending.activates_at <= book.now
            if not due or not pending.points_left:
                continue
            subject = book.entries[key].cause.subject
            cause = Cause("activation", subject, occurred_at=pending.activates_at)
            activate_pending(book, self.merchant, pending, cause)
            for member_id in one.members:
                book.tell("points.activated", member_id, {"points": pending.points_left, "subject": subject})
            things, points = things + 1, points + pending.points_left
        return Booked(things, points)
