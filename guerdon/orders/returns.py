"""What comes back of an order: points that it earned are taken back, those that it cost go back to their lots.

A return may be told of before its order: it holds the order's place and waits (behaviour 20). Returns count together,
whatever their order: `returned` says how much of the order came back, `settlement` what follows from it.
"""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.earning import ReturnDiffers
from guerdon.merchants.merchant import Merchant
from guerdon.orders.order import Awaited, Order, Return, ReturnedItem, subject_of
from guerdon.orders.returned import problem_with
from guerdon.orders.settlement import points_of, settle_order, take_returns
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.referrals.completion import NOBODY, Parties, needs_of, reconsider
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW


class Taken(Struct, frozen=True):
    """What became of a return: it `waits` for its order, or counts. `points` are what the order still stands for."""

    return_id: str
    order_id: str
    waits: bool
    points: int | None
    created_at: datetime


class ReportReturn(Struct, frozen=True, kw_only=True):
    """A shop tells of what came back of an order: an amount in minor units, perhaps the items. Told again, it counts
    once.

    `who` is the order's member, as far as anybody knows by now: without, the return waits.
    """

    answers: ClassVar[type] = Taken

    merchant: Merchant
    who: tuple[Identity, ...]
    return_id: str
    order_id: str
    total_minor: int
    currency: str | None = None
    items: tuple[ReturnedItem, ...] = ()
    parties: Parties = NOBODY
    """Whom a referral of the member concerns."""

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The return if it was told of before, and the order with all that rests on it."""
        needs = _needs_of(self.merchant, self.who, self.order_id, self.parties)
        return needs._replace(rows=(("return", self.return_id), *needs.rows))

    def decide(self, book: Book) -> Taken:
        """In this order: told before, currency and items, then what follows from it."""
        returns = book.page(Return)
        currency = self.currency.upper() if self.currency else None
        before = returns.get(self.return_id)
        if before is not None:
            said = (self.order_id, self.total_minor, currency, self.items)
            if said != (before.order_id, before.total_minor, before.currency, before.items):
                raise ReturnDiffers(self.return_id)
            return _taken(book, before)
        one = Return(
            self.return_id, self.order_id, self.total_minor, currency, self.items, True, None, book.now, book.now
        )  # fmt: skip
        order = book.page(Order).get(self.order_id)
        if order is not None and (refusal := problem_with(order, one)):
            raise refusal
        returns.put(one.return_id, one)
        told = {"return_id": one.return_id, "order_id": one.order_id, "total_minor": one.total_minor}
        book.tell("return.created", order.member_id if order else None, told)
        if order is not None and self.who:
            _settle(book, self.merchant, self.who, order, self.parties)
        elif order is None and book.page(Awaited).get(self.order_id) is None:
            book.page(Awaited).put(self.order_id, Awaited(self.order_id))
        return _taken(book, returns[self.return_id])


class SettleReturns(Struct, frozen=True, kw_only=True):
    """Let returns count that have waited for an order which is there by now. Done again, it changes nothing.

    Answers with the points that the order still stands for.
    """

    answers: ClassVar[type] = int

    merchant: Merchant
    who: tuple[Identity, ...]
    order_id: str
    parties: Parties = NOBODY

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The order with all that rests on it."""
        return _needs_of(self.merchant, self.who, self.order_id, self.parties)

    def decide(self, book: Book) -> int:
        """Nothing, if the order is not there after all."""
        order = book.page(Order).get(self.order_id)
        return points_of(_settle(book, self.merchant, self.who, order, self.parties)) if order is not None else 0


def _settle(book: Book, merchant: Merchant, who: tuple[Identity, ...], order: Order, parties: Parties) -> Order:
    """Book what follows from all returns of an order; one that came back whole brought no friend."""
    member = book.member(who)
    settled = settle_order(book, merchant, member, order, order, take_returns(book, order))
    if settled == order:
        return order
    if parties != NOBODY and order.bought and not settled.bought:
        reconsider(book, merchant, member, order.order_id)
    settled = replace(settled, updated_at=book.now)
    book.page(Order).put(order.order_id, settled)
    return settled


def _needs_of(merchant: Merchant, who: tuple[Identity, ...], order_id: str, parties: Parties) -> Needs:
    rows = (("order", order_id), ("awards", subject_of(order_id)))
    if not who:
        return Needs(rows=rows)
    referral = needs_of(parties, merchant)
    return Needs(
        (*who, *referral.identities), rows=(*rows, TIER_ROW, *referral.rows), numbers=(TIER_NUMBERS, *referral.numbers)
    )


def _taken(book: Book, one: Return) -> Taken:
    order = book.page(Order).get(one.order_id)
    points = points_of(order) if order is not None and not one.waiting else None
    return Taken(one.return_id, one.order_id, one.waiting, points, one.created_at)
