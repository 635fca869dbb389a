"""An award: points given for something, which later turn out to be more or fewer. Pure."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.values import Cause, Member, Pending

WAITING_DAYS = re.compile(r"(\d{1,4}) days?")


class Terms(NamedTuple):
    """What points wait for (`none`, `14 days`, or an order status) and how long they live; None is the merchant's."""

    pending: str | None = None
    expiry: str | None = None


MERCHANTS_OWN = Terms()


class Why(NamedTuple):
    """For what an award is given, and by what; `explanation` is kept with it as JSON."""

    subject: str
    source: str
    reason: str
    title: str | None = None
    rule_version: int | None = None
    explanation: Any = None


class Award(Struct, frozen=True):
    """`points` is what it stands for now; `entries` number those of its account that issued points for it.

    `forgiven` is what should have been taken back and was not, as the merchant's policy on debts wants it.
    """

    subject: str
    source: str
    member_id: int
    account_id: int
    rule_version: int | None
    reason: str
    title: str | None
    points: int
    forgiven: int
    pending: str
    expiry: str
    entries: tuple[int, ...]
    redemption_id: int | None
    explanation: Any
    occurred_at: datetime
    created_at: datetime
    updated_at: datetime
    erased: bool = False
    """Whether the member has been erased since: their points stay as they are."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by."""
        return self.subject, self.source


def give(
    book: Book, merchant: Merchant, member: Member, why: Why, points: int, *,
    terms: Terms = MERCHANTS_OWN, occurred_at: datetime | None = None, redemption_id: int | None = None,
) -> Award:  # fmt: skip
    """Give an award for the first time; `points` may be zero, where it may grow or is a coupon."""
    at = occurred_at or book.now
    assert book.page(Award).get((why.subject, why.source)) is None, why
    award = Award(
        why.subject, why.source, member.member_id, member.account_id, why.rule_version, why.reason, why.title, 0, 0,
        terms.pending or merchant.policies.earn_pending, terms.expiry or merchant.policies.expiry, (), redemption_id,
        why.explanation, at, book.now, book.now,
    )  # fmt: skip
    book.page(Award).put(award.key, award)
    return settle(book, merchant, award, points)


def settle(book: Book, merchant: Merchant, award: Award, points: int) -> Award:
    """Book the difference to what the award should stand for (behaviour 17).

    What was forgiven once is not asked for again. To somebody who was erased nothing more is given, and everything is
    forgiven: what waited was cancelled when they left, and what was left has expired.
    """
    if award.erased:
        points = min(points, award.points)
    excess = award.points - points
    if excess == 0 and award.forgiven == 0:
        return award
    if excess < 0:
        return _add(book, merchant, replace(award, forgiven=0), -excess)
    if excess > award.forgiven:
        return _take_back(book, merchant, award, excess - award.forgiven)
    return _enter(book, replace(award, forgiven=excess))


def activate(book: Book, merchant: Merchant, award: Award) -> None:
    """What the award's points waited for is there."""
    for pending in _pendings(book, award):
        activate_pending(book, merchant, pending, Cause("activation", award.subject, award.title))


def activate_pending(book: Book, merchant: Merchant, pending: Pending, cause: Cause) -> None:
    """The wait of these points is over, whoever awarded them; they live from when it was."""
    book.activate(pending, cause, life=merchant.life(cause.occurred_at or book.now, pending.expiry))


def awards_of(book: Book, subject: str) -> list[Award]:
    """The awards of a subject that the command named, by source."""
    found = [award for award in book.page(Award).rows() if award.subject == subject]
    return sorted(found, key=lambda award: award.source)


def _add(book: Book, merchant: Merchant, award: Award, points: int) -> Award:
    cause = Cause(award.reason, award.subject, award.title, occurred_at=award.occurred_at)
    if award.pending != "none" and not _was_activated(book, award):
        days = WAITING_DAYS.fullmatch(award.pending)
        activates_at = merchant.end_of_day(award.occurred_at, days_later=int(days[1]) - 1) if days else None
        pending = book.earn_later(award.account_id, points, cause, activates_at=activates_at, expiry=award.expiry)
        number, topic = pending.number, "points.pending"
    else:
        life = merchant.life(award.occurred_at, award.expiry)
        number, topic = book.earn(award.account_id, points, cause, life=life).number, "points.earned"
    merchant.note_activity(book, award.account_id)
    told = {"points": points, "subject": award.subject, "source": award.source, "title": award.title}
    book.tell(topic, award.member_id, told)
    return _enter(book, replace(award, points=award.points + points, entries=(*award.entries, number)))


def _take_back(book: Book, merchant: Merchant, award: Award, points: int) -> Award:
    """Points that wait go first, then those in the award's own lots, then others, as far as the policy goes."""
    cause = Cause("reversal", award.subject, award.title)
    left = points
    for pending in reversed(_pendings(book, award)):
        cancelled = min(left, pending.points_left)
        if cancelled:
            book.cancel_pending(pending, cancelled, cause)
            left -= cancelled
    taken = _takeable(book, merchant, award, left)
    if taken:
        lots = tuple(reversed(_lots(book, award)))
        book.claw_back(award.account_id, taken, cause, below_zero=True, lots=lots)
    forgiven = left - taken
    told = {"points": points - forgiven, "forgiven": forgiven, "subject": award.subject, "source": award.source}
    book.tell("points.reversed", award.member_id, told)
    return _enter(book, replace(award, points=award.points - points + forgiven, forgiven=award.forgiven + forgiven))


def _takeable(book: Book, merchant: Merchant, award: Award, points: int) -> int:
    """How much of what is not pending any more the policy on debts lets us take (behaviour 1)."""
    if award.erased:
        return 0
    match merchant.policies.debt:
        case "unlimited":
            return points
        case "within_balance":
            account = book.accounts[award.account_id]
            return min(points, max(0, book.spendable(account.heir or account.account_id)))
        case "pending_only":
            return 0


def _pendings(book: Book, award: Award) -> list[Pending]:
    found = (book.pendings.get((award.account_id, number)) for number in award.entries)
    return [pending for pending in found if pending is not None and pending.points_left]


def _was_activated(book: Book, award: Award) -> bool:
    """Whether what its points wait for was there once: then more of them do not wait."""
    found = (book.pendings.get((award.account_id, number)) for number in award.entries)
    return any(pending is None or pending.activated_by is not None for pending in found)


def _lots(book: Book, award: Award) -> list[int]:
    """The lots that the award's points became, active ones by their own entry, others by that which activated them."""
    numbers: list[int] = []
    for number in award.entries:
        pending = book.pendings.get((award.account_id, number))
        lot = number if pending is None else pending.activated_by
        if lot is not None and book.lots.get((award.account_id, lot)) is not None:
            numbers.append(lot)
    return numbers


def _enter(book: Book, award: Award) -> Award:
    award = replace(award, updated_at=book.now)
    book.page(Award).put(award.key, award)
    return award
