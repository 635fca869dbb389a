"""Put a member into a tier by hand, or by what an earning rule gives. Pure."""

from datetime import date
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.awards.award import Why
from guerdon.errors.base import BadField
from guerdon.errors.tiers import TierEndsTooSoon, TierNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Member
from guerdon.tiers.programme import FOR_LIFE, Tiers
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW, announce, note, place, standing_of
from guerdon.tiers.standing import Assigned, Because, Counted, Standing, Step, moved_to

NO_VERSION = 0
"""Of the programme, where there is none yet."""

LEVELS_WITHOUT_PROGRAMME = 99


class AssignTier(Struct, frozen=True, kw_only=True):
    """An operator puts a member into a tier, to the end of the day `until` or until further notice, and says why.

    The rules may lift the member from there, unless the assignment is `pinned`: then nothing moves it before its day.
    After that day the period is reviewed like any other. `perks` are given if the level is a higher one.
    """

    answers: ClassVar[type] = Standing

    merchant: Merchant
    who: tuple[Identity, ...]
    level: int
    until: date | None = None
    reason: str = ""
    pinned: bool = False
    perks: bool = True

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, and where they stand."""
        return Needs(self.who, rows=(TIER_ROW,), numbers=(TIER_NUMBERS,))

    def decide(self, book: Book) -> Standing:
        """Refuses a level that the programme does not have, and a day that is over."""
        member = book.member(self.who)
        tiers = book.page(Tiers).get(book.merchant_id)
        if not 0 <= self.level <= _levels(tiers):
            raise TierNotFound(self.level, _levels(tiers))
        today = self.merchant.day(book.now)
        if self.until is not None and tiers is None:
            raise BadField("until", "this merchant has no programme of tiers to go by after that day: leave it out")
        if self.until is not None and self.until < today:
            raise TierEndsTooSoon(self.until, today)
        before = _standing(book, tiers, self.merchant, member)
        after = replace(before, assigned=Assigned.PINNED if self.pinned else Assigned.HAND).during(FOR_LIFE)
        if self.level != before.level:
            after = replace(moved_to(before, self.level, book.now), assigned=after.assigned)
        if tiers is not None and self.until is not None:
            after = after.during(tiers.programme.period_until(self.until))
        return _step(book, self.merchant, member, before, after, reason=self.reason, perks=self.perks)


def enter(book: Book, merchant: Merchant, member: Member, level: int, why: Why) -> Standing:
    """Entry to a tier that a rule gives: for a whole period, with its perks. A member who is there or above stays.

    A level that the programme has no more is its highest. The command's Needs are those of `tiers.progress.record`.
    """
    tiers = book.page(Tiers).get(book.merchant_id)
    level = min(level, _levels(tiers))
    before = _standing(book, tiers, merchant, member)
    if before.level >= level or before.assigned is Assigned.PINNED:
        return before
    today = merchant.day(book.now)
    after = replace(moved_to(before, level, book.now), assigned=Assigned.HAND)
    if tiers is not None:
        after = after.during(tiers.programme.period(today, today))
    return _step(book, merchant, member, before, after, reason=why.subject, perks=True)


def _step(
    book: Book, merchant: Merchant, member: Member, before: Standing, after: Standing, *, reason: str, perks: bool
) -> Standing:
    tiers = book.page(Tiers).get(book.merchant_id)
    step = Step(before.level, after.level, Because.ASSIGNED)
    note(book, after, step, book.page(Counted)[member.member_id].current, reason)
    if step.from_level != step.to_level:
        after = announce(book, merchant, tiers, member, after, step, perks=perks)
    place(book, after)
    return after


def _standing(book: Book, tiers: Tiers | None, merchant: Merchant, member: Member) -> Standing:
    """The member's standing; without a programme, the level alone, until further notice."""
    if tiers is not None:
        return standing_of(book, tiers, merchant, member)
    standing = book.page(Standing).get(member.member_id)
    level = member.tier_level
    entered_at = book.now if level else None
    return standing or Standing(
        member.member_id, level, level, entered_at, None, None, None, Assigned.RULES, NO_VERSION, {}
    )


def _levels(tiers: Tiers | None) -> int:
    """The highest level; where there is no programme, any that rules may ask for will do."""
    return tiers.programme.levels if tiers else LEVELS_WITHOUT_PROGRAMME
