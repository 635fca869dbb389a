"""How a redemption ends: captured by an order, cancelled, or expired. Each step happens once."""

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.rewards import CouponDiffers, RedemptionNotFound
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.values import Cause
from guerdon.rewards.redemption import Coupon, CouponState, Redemption, State, count, facts, uncount


def capture(book: Book, redemption: Redemption, order_id: str) -> Redemption:
    """The order is there: held points leave for good, and the coupon is used. At-once points have left already."""
    assert redemption.state in (State.HELD, State.REDEEMED), redemption
    if redemption.state is State.HELD:
        hold = book.holds[redemption.account_id, redemption.entry]
        entry = book.capture(hold, Cause("capture", f"redemption:{redemption.redemption_id}"))
        redemption = _enter(book, redemption, State.CAPTURED, entry.number)
        book.tell("redemption.captured", redemption.member_id, {**facts(redemption), "order_id": order_id})
    _mark(book, redemption, CouponState.USED, order_id)
    return redemption


def recapture(book: Book, redemption: Redemption, order_id: str) -> Redemption:
    """The order came after the points went back: take them again. The caller has seen that the balance allows it."""
    assert redemption.state in (State.EXPIRED, State.CANCELLED), redemption
    cause = Cause("capture", f"redemption:{redemption.redemption_id}")
    entry = book.spend(redemption.account_id, redemption.points, cause)
    redemption = _enter(book, redemption, State.CAPTURED, entry.number)
    count(book, redemption)
    _mark(book, redemption, CouponState.USED, order_id)
    book.tell("redemption.captured", redemption.member_id, {**facts(redemption), "order_id": order_id})
    return redemption


def undo(book: Book, redemption: Redemption, state: State, coupon: CouponState) -> Redemption:
    """Points go back to their lots, the share of the caps too, and the coupon is worth nothing any more.

    The coupon keeps the order that named it: should that order come back, it takes the points again.
    """
    subject = f"redemption:{redemption.redemption_id}"
    if redemption.state is State.HELD:
        hold = book.holds[redemption.account_id, redemption.entry]
        entry = book.release(hold, Cause("release" if state is State.CANCELLED else "hold_expired", subject))
    else:
        taken = book.entries[redemption.account_id, redemption.entry]
        entry = book.give_back(taken, Cause("cancellation", subject))
    redemption = _enter(book, redemption, state, entry.number)
    uncount(book, redemption)
    _mark(book, redemption, coupon, None)
    book.tell(f"redemption.{state}", redemption.member_id, facts(redemption))
    return redemption


class CancelRedemption(Struct, frozen=True, kw_only=True):
    """Give the points of a redemption back, once (behaviour 15). `code` must be its coupon's, where one is given."""

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    redemption_id: int
    code: str | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The redemption, with its coupon and the entry that took its points."""
        return Needs(rows=(("redemption", self.redemption_id),))

    def decide(self, book: Book) -> Redemption:
        """Asked again, it answers the same and moves nothing."""
        redemption = _redemption(book, self.redemption_id)
        if self.code is not None and self.code.upper() != redemption.code:
            raise CouponDiffers(self.code, self.redemption_id)
        if redemption.state in (State.CANCELLED, State.EXPIRED):
            return redemption
        cancelled = undo(book, redemption, State.CANCELLED, CouponState.VOID)
        coupons = book.page(Coupon)
        # Taken from its order: were the order sent again, it would take back what was given back on purpose.
        coupons.put(cancelled.code, replace(coupons[cancelled.code], order_id=None))
        return cancelled


class ExpireRedemption(Struct, frozen=True, kw_only=True):
    """End a hold whose time is over: the coupon is void, the points are free, the shop is told (behaviour 12)."""

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    redemption_id: int

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The redemption and its hold."""
        return Needs(rows=(("redemption", self.redemption_id),))

    def decide(self, book: Book) -> Redemption:
        """Does nothing to one that was captured or ended meanwhile, or whose time is not over."""
        redemption = _redemption(book, self.redemption_id)
        due = redemption.expires_at is not None and redemption.expires_at <= book.now
        if redemption.state is not State.HELD or not due:
            return redemption
        return undo(book, redemption, State.EXPIRED, CouponState.EXPIRED)


def _redemption(book: Book, redemption_id: int) -> Redemption:
    redemption = book.page(Redemption).get(redemption_id)
    if redemption is None:
        raise RedemptionNotFound(redemption_id)
    return redemption


def _enter(book: Book, redemption: Redemption, state: State, entry: int) -> Redemption:
    redemption = replace(redemption, state=state, entry=entry, updated_at=book.now)
    book.page(Redemption).put(redemption.redemption_id, redemption)
    return redemption


def _mark(book: Book, redemption: Redemption, state: CouponState, order_id: str | None) -> None:
    coupons = book.page(Coupon)
    coupon = coupons[redemption.code]
    coupons.put(coupon.code, replace(coupon, state=state, order_id=order_id or coupon.order_id))
