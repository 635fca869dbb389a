"""A member in full, as the commands see it that change who somebody is, or who holds which account. Pure values."""

from datetime import datetime

from msgspec import Struct

from guerdon.errors.members import InHousehold, MemberErased, MemberMerged
from guerdon.points.book import Book
from guerdon.points.command import Identity
from guerdon.points.values import Holding, Member


class Person(Struct, frozen=True):
    """A member's row. Everything from `first_name` on tells of the person."""

    member_id: int
    status: str
    merged_into: int | None
    tier_level: int
    may_spend: bool
    opted_in: bool | None
    opted_in_at: datetime | None
    has_account: bool
    tags: tuple[str, ...]
    first_name: str | None
    last_name: str | None
    country: str | None
    platform_created_at: datetime | None
    last_seen_at: datetime | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None


class Membership(Struct, frozen=True):
    """A member in a household. `followers` are the accounts whose heir the member's own account was."""

    household_id: int
    member_id: int
    joined_at: datetime
    left_at: datetime | None
    role: str
    own_account_id: int
    followers: tuple[int, ...]


def by_number(member_id: int) -> Identity:
    """The identity that is our own number."""
    return Identity("member", str(member_id))


def present(book: Book, member_id: int) -> tuple[Member, Person, Holding]:
    """The member of this number, who must not have become another or been erased; with what is bequeathed to it."""
    member = book.member((by_number(member_id),))
    if member.member_id != member_id:
        raise MemberMerged(member_id, member.member_id)
    if member.status == "erased":
        raise MemberErased(member_id)
    return member, book.page(Person)[member_id], book.page(Holding)[member_id]


def membership_of(book: Book, member_id: int) -> Membership | None:
    """The household that the member belongs to now."""
    found = (one for one in book.page(Membership).rows() if one.member_id == member_id and one.left_at is None)
    return next(found, None)


def require_no_household(book: Book, member_id: int) -> None:
    """Refuses with InHousehold."""
    if (membership := membership_of(book, member_id)) is not None:
        raise InHousehold(member_id, membership.household_id)
