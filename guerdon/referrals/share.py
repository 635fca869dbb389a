"""A member tells friends by email. Guerdon sends no mail: the event says to whom the shop should. Pure."""

from typing import ClassVar

from msgspec import Struct

from guerdon.errors.referrals import NoReferralProgramme, SharesCap
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.referrals.referral import ROW, Asked, Emails, Reason, Referral, Source, State, alias_of, enter


class Shared(Struct, frozen=True):
    """Whom the member has told now; who was told before, or is the member, is not told again. `referrals` are all that
    began, one that was refused at once among them.
    """

    member_id: int
    emails: tuple[str, ...]
    referrals: tuple[int, ...] = ()


class Share(Struct, frozen=True, kw_only=True):
    """Tell these addresses, in normal form, of the shop; `code` is the member's."""

    answers: ClassVar[type] = Shared

    merchant: Merchant
    who: tuple[Identity, ...]
    code: str
    emails: tuple[str, ...]

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, whoever told these before, and a number for each."""
        aliases = tuple(dict.fromkeys(map(alias_of, self.emails)))
        numbers = (("referral_sequence", len(aliases)),)
        return Needs(identities=self.who, rows=((ROW, Asked(aliases)),), numbers=numbers)

    def decide(self, book: Book) -> Shared:
        """Refuses more friends than the programme lets one member tell in a day."""
        programme = self.merchant.policies.referrals
        if programme is None:
            raise NoReferralProgramme
        member = book.member(self.who)
        own = [one for one in book.page(Referral).rows() if one.member_id == member.member_id]
        told = {one.friend_alias for one in own if one.source is Source.EMAIL}
        by_alias = {alias_of(email): email for email in reversed(self.emails)}
        new = {alias: email for alias, email in reversed(by_alias.items()) if alias not in told}
        today = self.merchant.day(book.now)
        shared = sum(one.shared_at is not None and self.merchant.day(one.shared_at) == today for one in own)
        left = max(0, programme.shares_max_per_day - shared)
        if len(new) > left:
            raise SharesCap(programme.shares_max_per_day, left, len(new))
        emails = book.page(Emails).get(member.member_id)
        mine = emails.aliases if emails else frozenset[str]()
        begun: list[int] = []
        for alias, email in new.items():
            begun.append(book.number("referral_sequence"))
            reason = Reason.SELF if alias in mine else None
            enter(book, Referral(
                begun[-1], member.member_id, None, email, alias, Source.EMAIL,
                State.REFUSED if reason else State.SHARED, reason, None, 0, None, book.now, None, None, book.now,
                book.now,
            ))  # fmt: skip
        addresses = tuple(email for alias, email in new.items() if alias not in mine)
        if addresses:
            link = programme.link_of(self.code)
            said = {"referrer_id": member.member_id, "emails": addresses, "code": self.code, "referral_link": link}
            book.tell("referral.shared", member.member_id, said)
        return Shared(member.member_id, addresses, tuple(begun))
