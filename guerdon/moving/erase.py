"""A member leaves for good: the person goes, and the sums stay (behaviour 24). Pure.

Every entry stays where it is, and so the books still prove themselves. What was held is released and its coupon void,
what was pending is cancelled, and what is left expires by the merchant's policy, so that nothing is owed to nobody.
"""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.members import MemberBusy
from guerdon.merchants.merchant import Merchant
from guerdon.moving.person import Person, by_number, present, require_no_household
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.values import Cause, Holding
from guerdon.rewards.ending import undo
from guerdon.rewards.redemption import CouponState, Redemption, State
from guerdon.trail.noted import Subject, note


class Estate(Struct, frozen=True):
    """What a member has under way: redemptions whose points are held."""

    member_id: int
    held: frozenset[int]


class Erasure(Struct, frozen=True):
    """Who was erased, by whom, and how many points expired, were pending, and were held before."""

    member_id: int
    actor: str
    points: int
    pending: int
    released: int
    at: datetime


class Erased(Struct, frozen=True):
    """A number of whom nothing is left: the member, with the accounts, or one who had become the member."""

    member_id: int
    accounts: tuple[int, ...] = ()


class EraseMember(Struct, frozen=True, kw_only=True):
    """Erase a member who is in no household. `held` are the redemptions whose points are held, as they were read."""

    answers: ClassVar[type] = Erasure

    merchant: Merchant
    member_id: int
    held: tuple[int, ...] = ()

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member in full, what is pending, and the redemptions under way."""
        rows = (("person", self.member_id), ("estate", self.member_id), *(("redemption", one) for one in self.held))
        return Needs((by_number(self.member_id),), rows=rows, alone=True)

    def decide(self, book: Book) -> Erasure:
        """Refuses with MemberMerged, MemberErased or InHousehold; with MemberBusy if another redemption has begun."""
        _, _, holding = present(book, self.member_id)
        require_no_household(book, self.member_id)
        if not book.page(Estate)[self.member_id].held <= set(self.held):
            raise MemberBusy(self.member_id)
        released = self._release(book)
        cause = Cause("erasure", f"member:{self.member_id}")
        pending = self._cancel_pending(book, holding, cause)
        book.expire_due(holding.account_id)
        points = book.spendable(holding.account_id) if self.merchant.policies.erased_points == "expire" else 0
        if points > 0:
            book.expire(holding.account_id, points, cause)
        erasure = Erasure(self.member_id, book.actor, max(0, points), pending, released, book.now)
        book.page(Erasure).put(self.member_id, erasure)
        for person in book.page(Person).rows():
            if self.member_id in (person.member_id, person.merged_into):
                self._forget(book, person, holding)
        note(book, "member.erased", Subject("member", str(self.member_id)), points=erasure.points)
        book.tell("member.erased", self.member_id, {"points": erasure.points, "pending": pending})
        return erasure

    def _release(self, book: Book) -> int:
        """Held points are free again; the coupon is worth nothing any more."""
        redemptions = (book.page(Redemption)[number] for number in self.held)
        held = [one for one in redemptions if one.state in (State.ASKED, State.HELD)]
        for one in held:
            undo(book, one, State.CANCELLED, CouponState.VOID)
        return sum(one.points for one in held)

    def _cancel_pending(self, book: Book, holding: Holding, cause: Cause) -> int:
        waiting = [one for one in book.pendings.rows() if one.points_left and one.account_id in holding.accounts]
        for one in waiting:
            book.cancel_pending(one, one.points_left, cause)
        return sum(one.points_left for one in waiting)

    def _forget(self, book: Book, person: Person, holding: Holding) -> None:
        accounts = holding.accounts if person.member_id == self.member_id else ()
        book.page(Erased).put(person.member_id, Erased(person.member_id, accounts))
        erased = replace(
            person, opted_in=False, opted_in_at=None, has_account=False, tags=(), first_name=None, last_name=None,
            country=None, platform_created_at=None, last_seen_at=None, birth_year=None, birth_month=None,
            birth_day=None,
        )  # fmt: skip
        if person.member_id == self.member_id:
            erased = replace(erased, status="erased")
        book.page(Person).put(person.member_id, erased)
