"""Other dates for points that are there already, where a merchant wants a new policy to count for them too. Pure.

A change of policy leaves lots as they were earned (behaviour 4). This is the exception that somebody asks for: it moves
lots that live as the old policy gave them, and leaves those with terms of their own, and what is over.
"""

from datetime import datetime
from typing import ClassVar, Protocol

from msgspec import Struct

from guerdon.merchants.expiry import ExpiryPolicy
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.expiry import Booked
from guerdon.points.values import Life


class Dated(Protocol):
    """A lot, as far as its date goes."""

    @property
    def earned_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def rolling(self) -> bool: ...


class Change(Struct, frozen=True):
    """From one policy to another, as people write them, decided at a time, in a zone.

    Points that will live as long as something happens are counted from that time, so that nobody's lapse at once.
    """

    before: str
    after: str
    timezone: str
    decided_at: datetime

    def life_of(self, lot: Dated, now: datetime) -> Life | None:
        """The lot's new life; None if it keeps its own."""
        before, after = ExpiryPolicy.parse(self.before), ExpiryPolicy.parse(self.after)
        over = lot.expires_at is not None and lot.expires_at <= now
        if over or lot.rolling != before.inactive:
            return None
        if not lot.rolling and lot.expires_at != before.life(lot.earned_at, self.timezone).expires_at:
            return None
        return after.life(self.decided_at if after.inactive else lot.earned_at, self.timezone)


class RedateLots(Struct, frozen=True, kw_only=True):
    """Give these lots, each by account and number, the dates of the new policy."""

    answers: ClassVar[type] = Booked

    merchant_id: int
    change: Change
    lots: tuple[tuple[int, int], ...]

    def needs(self) -> Needs:
        """The accounts, and the entries that earned the lots."""
        accounts = tuple({account_id for account_id, _ in self.lots})
        return Needs(accounts=accounts, rows=tuple(("entry", key) for key in self.lots))

    def decide(self, book: Book) -> Booked:
        """Does nothing to a lot that was spent meanwhile, or has its new date."""
        for account_id in {account_id for account_id, _ in self.lots}:
            book.expire_due(account_id)
        moved = points = 0
        for account_id, number in self.lots:
            lot = book.lots[account_id, number]
            life = self.change.life_of(lot, book.now) if lot.available + lot.held else None
            if life is not None:
                book.redate(account_id, number, life)
                moved, points = moved + 1, points + lot.available + lot.held
        return Booked(moved, points)
