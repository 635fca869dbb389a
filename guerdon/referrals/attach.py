"""Somebody new is a member's friend: they named the member's code, or were told by email. Pure."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.referrals import NoReferralProgramme
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Member
from guerdon.referrals.doubt import doubt_of_friend
from guerdon.referrals.referral import (
    ROW,
    Asked,
    Emails,
    Reason,
    Referral,
    Source,
    State,
    by_number,
    enter,
    referral_of,
    referrer_of,
)


class Attached(Struct, frozen=True):
    """The referral that brought a member, or None where nobody has."""

    referral: Referral | None


class AttachFriend(Struct, frozen=True, kw_only=True):
    """A new member was brought by whoever has the code (`referrer_id`), or by the first who told them by email.

    `candidates` are the members who told one of these mailboxes.
    """

    answers: ClassVar[type] = Attached

    merchant: Merchant
    who: tuple[Identity, ...]
    referrer_id: int | None = None
    candidates: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The friend, everyone who may have referred them, and a number."""
        referrers = () if self.referrer_id is None else (self.referrer_id,)
        return Needs(
            identities=(*self.who, *map(by_number, (*referrers, *self.candidates))),
            rows=((ROW, Asked(self.aliases)),),
            numbers=(("referral_sequence", 1),),
        )

    def decide(self, book: Book) -> Attached:
        """A friend is brought once: asked again, it answers the same. Refused referrals are written down as well."""
        if self.merchant.policies.referrals is None:
            raise NoReferralProgramme
        return Attached(attach(book, book.member(self.who), self.referrer_id, Source.CODE, is_new=True))


def attach(
    book: Book, friend: Member, referrer_id: int | None, source: Source, *, is_new: bool
) -> Referral | None:  # fmt: skip
    """Let the friend be whose code they named, else who told them first. The first referral of a friend stays.

    Somebody who was a customer before is nobody's friend, which is written down where they named a code.
    """
    known = referral_of(book, friend)
    if known is not None:
        return known
    shared = _shared_with(book, friend)
    if referrer_id is None:
        if not shared or not is_new:
            return None
        referral = shared[0]
    else:
        referrer = book.members.get(by_number(referrer_id))
        if referrer is None:
            return None
        own = [one for one in shared if one.member_id == referrer.member_id]
        referral = own[0] if own else _new(book, referrer, source)
    referral = replace(
        referral, friend_id=friend.member_id, friend_alias=referral.friend_alias or _alias(book, friend),
        updated_at=book.now,
    )  # fmt: skip
    referrer = referrer_of(book, referral)
    if referrer is None:
        return None
    reason = doubt_of_friend(book, referrer, friend) or (None if is_new else Reason.NOT_NEW)
    if reason is not None:
        return refuse(book, referral, reason)
    book.tell("referral.signed_up", referral.member_id, told(referral))
    return enter(book, replace(referral, state=State.SIGNED_UP, signed_up_at=book.now))


def refuse(book: Book, referral: Referral, reason: Reason) -> Referral:
    """It is not believed; it stays, so that the merchant sees why."""
    refused = replace(referral, state=State.REFUSED, reason=reason, updated_at=book.now)
    book.tell("referral.refused", refused.member_id, {**told(refused), "reason": reason})
    return enter(book, refused)


def told(referral: Referral) -> dict[str, object]:
    """A referral as events tell of it."""
    return {
        "referral_id": referral.referral_id,
        "referrer_id": referral.member_id,
        "friend_id": referral.friend_id,
        "state": referral.state,
        "order_id": referral.order_id,
    }


def _shared_with(book: Book, friend: Member) -> list[Referral]:
    """Who told one of the friend's mailboxes, the first of them first."""
    emails = book.page(Emails).get(friend.member_id)
    aliases = emails.aliases if emails else frozenset[str]()
    found = [
        one for one in book.page(Referral).rows() if one.state is State.SHARED and one.friend_alias in aliases
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.created_at, one.referral_id))


def _new(book: Book, referrer: Member, source: Source) -> Referral:
    now: datetime = book.now
    return Referral(
        book.number("referral_sequence"), referrer.member_id, None, None, None, source, State.SHARED, None, None, 0,
        None, None, None, None, now, now,
    )  # fmt: skip


def _alias(book: Book, friend: Member) -> str | None:
    emails = book.page(Emails).get(friend.member_id)
    return min(emails.aliases, default=None) if emails else None
