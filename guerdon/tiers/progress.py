"""What members do that counts towards tiers, by day, and what comes of it at once. Pure."""

from datetime import date, datetime

from msgspec import Struct

from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.values import Member
from guerdon.tiers.programme import NOTHING, Sums, Tiers
from guerdon.tiers.qualify import qualify
from guerdon.tiers.standing import Counted, Standing


class DayProgress(Struct, frozen=True):
    """What a batch adds to a member's day; below zero where more was taken back than done."""

    member_id: int
    day: date
    points: int
    spent_minor: int
    orders: int
    referrals: int


def record(
    book: Book, merchant: Merchant, member: Member, at: datetime, *,
    earned: int = 0, spent_minor: int = 0, orders: int = 0, referrals: int = 0,
) -> None:  # fmt: skip
    """Count what a member did at that moment, or, below zero, what was taken back; a level that it reaches is entered.

    Money is in minor units of the base currency. A reversal belongs to the moment of what it reverses: what was
    returned was never bought. Points that a tier gives do not count.

    The command's Needs name the member by an identity, `TIER_ROW` among the rows and `TIER_NUMBERS` among the numbers
    (both of `tiers.qualify`): without them nothing is loaded that this could count on.
    """
    more = Sums(earned, spent_minor, orders, referrals)
    if more == NOTHING:
        return
    member_id, day = member.member_id, merchant.day(at)
    _add_to_day(book, member_id, day, more)
    counted = book.page(Counted).get(member_id)
    assert counted is not None, f"the command may change the tier of member {member_id}, and does not name TIER_ROW"
    tiers = book.page(Tiers).get(book.merchant_id)
    if tiers is None:
        return
    standing = book.page(Standing).get(member_id)
    lifts = day >= tiers.counts_from(book.now)
    keeps = standing is not None and standing.reviews(day)
    current = counted.current.plus(more) if lifts else counted.current
    review = counted.review.plus(more) if keeps else counted.review
    book.page(Counted).put(member_id, Counted(member_id, current, review))
    qualify(book, merchant, member)


def _add_to_day(book: Book, member_id: int, day: date, more: Sums) -> None:
    days = book.page(DayProgress)
    before = days.get((member_id, day))
    if before is not None:
        more = more.plus(Sums(before.points, before.spent_minor, before.orders, before.referrals))
    row = DayProgress(member_id, day, more.points, more.spent_minor, more.orders, more.referrals)
    days.put((member_id, day), row)
