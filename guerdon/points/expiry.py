"""The expiry of points whose time is over, for many accounts at once. Every verb books its own account's before."""

from typing import ClassVar

from msgspec import Struct

from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.ledger import MoreLotsNeeded


class Booked(Struct, frozen=True):
    """Of how many things of a chunk something was booked, and how many points."""

    things: int
    points: int


class ExpireDue(Struct, frozen=True, kw_only=True):
    """Book what has expired on these accounts, each with the members to be told."""

    answers: ClassVar[type] = Booked

    merchant_id: int
    accounts: tuple[tuple[int, tuple[int, ...]], ...]

    def needs(self) -> Needs:
        """The accounts."""
        return Needs(accounts=tuple(account_id for account_id, _ in self.accounts))

    def decide(self, book: Book) -> Booked:
        """Does nothing to an account where something came before: an activity, or another worker."""
        expired: list[int] = []
        short: list[int] = []
        for account_id, members in self.accounts:
            try:
                expired.append(book.expire_due(account_id, members))
            except MoreLotsNeeded as more:
                short += more.account_ids
        if short:
            # All of them at once, so that a chunk is loaded again a few times at most.
            raise MoreLotsNeeded(*short)
        return Booked(sum(1 for points in expired if points), sum(expired))
