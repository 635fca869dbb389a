"""Judge members anew, many at a time: at the end of their periods, and when the programme has changed. Pure."""

from typing import ClassVar

from msgspec import Struct

from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.tiers.programme import LEVELS_MAX
from guerdon.tiers.qualify import TIER_ROW, qualify

MEMBER = "member"
"""The kind of identity that is our own number of a member."""


class Requalified(Struct, frozen=True):
    """How many members were looked at, and what became of those of them for whom something changed."""

    members: int
    entered: int
    left: int
    retained: int


class Requalify(Struct, frozen=True, kw_only=True):
    """Review these members if their periods are over, and lift those who have reached more.

    Run again, it changes nothing; one who was merged meanwhile is judged as whom they became.
    """

    answers: ClassVar[type] = Requalified

    merchant: Merchant
    members: tuple[int, ...]

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The members, where they stand, and numbers for the coupons of levels that they may enter."""
        who = tuple(Identity(MEMBER, str(member_id)) for member_id in self.members)
        return Needs(who, rows=(TIER_ROW,), numbers=(("redemption_sequence", LEVELS_MAX * len(who)),))

    def decide(self, book: Book) -> Requalified:
        """Whoever is not there any more is passed over."""
        found = [book.members.get(Identity(MEMBER, str(member_id))) for member_id in self.members]
        members = {member.member_id: member for member in found if member is not None}
        steps = [step for member in members.values() for step in qualify(book, self.merchant, member)]
        return Requalified(
            len(members),
            sum(step.to_level > step.from_level for step in steps),
            sum(step.to_level < step.from_level for step in steps),
            sum(step.to_level == step.from_level for step in steps),
        )
