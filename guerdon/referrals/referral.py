"""A referral: who brought whom, and how far it has come. Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from guerdon.points.book import Book
from guerdon.points.command import Identity
from guerdon.points.values import Member

MAILBOXES_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})
"""Providers for whom a dot in the name of a mailbox means nothing."""


class State(StrEnum):
    """shared → signed_up → completed; refused for a reason, or reversed when the order came to nothing.

    Refused because its two members have become one, it is signed up again when their merge is undone.
    """

    SHARED = "shared"
    SIGNED_UP = "signed_up"
    COMPLETED = "completed"
    REVERSED = "reversed"
    REFUSED = "refused"


class Source(StrEnum):
    """How the friend heard of it: told by email, or with the code when signing up or ordering."""

    EMAIL = "email"
    CODE = "code"
    ORDER = "order"


class Reason(StrEnum):
    """Why a referral is not believed."""

    SELF = "self"
    HOUSEHOLD = "household"
    SAME_MAILBOX = "same_mailbox"
    NOT_NEW = "not_new"
    KNOWN_FRIEND = "known_friend"
    SAME_DEVICE = "same_device"
    TOO_MANY_A_DAY = "too_many_a_day"
    TOO_MANY_A_MONTH = "too_many_a_month"
    TOO_MANY_FROM_ADDRESS = "too_many_from_address"


class Referral(Struct, frozen=True):
    """`member_id` referred `friend_id`; `amount_minor` is what the completing order came to, in the base currency."""

    referral_id: int
    member_id: int
    friend_id: int | None
    friend_email: str | None
    friend_alias: str | None
    source: Source
    state: State
    reason: Reason | None
    order_id: str | None
    amount_minor: int
    ip_address: str | None
    shared_at: datetime | None
    signed_up_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def subject(self) -> str:
        """What its awards are given for."""
        return f"referral:{self.referral_id}"


class Emails(Struct, frozen=True):
    """The addresses of a member, each in the one form of its mailbox."""

    member_id: int
    aliases: frozenset[str]


class Device(Struct, frozen=True):
    """A member ordered lately from this ip address with this browser."""

    member_id: int
    ip_address: str
    user_agent: str


class Asked(Struct, frozen=True):
    """A row of a command's Needs: load the referrals of its members, and what tells whether to believe another one.

    That is: those whose friend they are, or somebody with these mailboxes; the latest of those who referred, and from
    this ip address; whether they ordered in so many days from this device.
    """

    aliases: tuple[str, ...] = ()
    ip_address: str | None = None
    user_agent: str | None = None
    device_days: int = 0


ROW = "referrals"
"""The kind of that row."""


def alias_of(email: str) -> str:
    """The one form of all addresses that reach the same mailbox: `a.na+shop@gmail.com` is `ana@gmail.com`."""
    name, _, domain = email.lower().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in MAILBOXES_WITHOUT_DOTS:
        name = name.replace(".", "")
    return f"{name}@{domain}"


def aliases_of(identities: Iterable[Identity]) -> tuple[str, ...]:
    """The mailboxes among identities."""
    return tuple(dict.fromkeys(alias_of(identity.value) for identity in identities if identity.kind == "email"))


def by_number(member_id: int) -> Identity:
    """What finds a member by our own number, or whom they have become."""
    return Identity("member", str(member_id))


def referrer_of(book: Book, referral: Referral) -> Member | None:
    """Who referred, if the command has named them, perhaps by the number of somebody who has become them."""
    found = book.members.get(by_number(referral.member_id))
    others = (member for member in book.members.values() if member.member_id == referral.member_id)
    return found or next(others, None)


def referral_of(book: Book, friend: Member) -> Referral | None:
    """The referral that brought this member: the first that was believed, else the first that was not."""
    found = [one for one in book.page(Referral).rows() if one.friend_id == friend.member_id]
    return min(found, key=lambda one: (one.state is State.REFUSED, one.created_at, one.referral_id), default=None)


def enter(book: Book, referral: Referral) -> Referral:
    """Write it down as it stands now."""
    book.page(Referral).put(referral.referral_id, referral)
    return referral
