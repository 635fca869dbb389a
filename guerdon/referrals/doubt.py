"""What a merchant does not believe of a referral: the first reason against it. Pure."""

from datetime import timedelta

from guerdon.merchants.merchant import Merchant
from guerdon.merchants.referral import ReferralProgramme
from guerdon.points.book import Book
from guerdon.points.values import Member
from guerdon.referrals.referral import Device, Emails, Reason, Referral, State

MONTH = timedelta(days=30)


def doubt_of_friend(book: Book, referrer: Member, friend: Member) -> Reason | None:
    """Whether the two are one: the same member, household or mailbox."""
    if referrer.member_id == friend.member_id:
        return Reason.SELF
    if _at_home(book, referrer) == _at_home(book, friend):
        return Reason.HOUSEHOLD
    emails = book.page(Emails)
    own, theirs = emails.get(referrer.member_id), emails.get(friend.member_id)
    if own is not None and theirs is not None and not own.aliases.isdisjoint(theirs.aliases):
        return Reason.SAME_MAILBOX
    return None


def doubt_of_order(
    book: Book, merchant: Merchant, programme: ReferralProgramme, referral: Referral, device: tuple[str, str] | None
) -> Reason | None:
    """Whether the order that would complete it is the referrer's own, or one of too many (velocity)."""
    others = [
        one
        for one in book.page(Referral).rows()
        if one.referral_id != referral.referral_id
        and one.state is State.COMPLETED
        and one.completed_at is not None
        and one.completed_at > book.now - MONTH
    ]
    if referral.friend_alias and any(one.friend_alias == referral.friend_alias for one in others):
        return Reason.KNOWN_FRIEND
    if device is not None and book.page(Device).get((referral.member_id, *device)) is not None:
        return Reason.SAME_DEVICE
    of_referrer = [one for one in others if one.member_id == referral.member_id]
    today = merchant.day(book.now)
    days = [merchant.day(one.completed_at) for one in of_referrer if one.completed_at is not None]
    if days.count(today) >= programme.completions_max_per_day:
        return Reason.TOO_MANY_A_DAY
    if len(of_referrer) >= programme.completions_max_per_month:
        return Reason.TOO_MANY_A_MONTH
    if referral.ip_address is not None:
        from_there = sum(one.ip_address == referral.ip_address for one in others)
        if from_there >= programme.completions_max_per_address:
            return Reason.TOO_MANY_FROM_ADDRESS
    return None


def _at_home(book: Book, member: Member) -> int:
    """The account in which a member's points end up: that of the household, or the member's own."""
    return book.accounts[member.account_id].heir or member.account_id
