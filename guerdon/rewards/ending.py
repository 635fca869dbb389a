"""How a redemption ends: captured by an order, returned in parts, cancelled, or expired. Each step happens once."""

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.rewards import CouponDiffers, RedemptionNotFound, RedemptionOver
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.values import Cause, Grace
from guerdon.rewards.callback import end_asking, take_back_code
from guerdon.rewards.redemption import (
    NO_ENTRY,
    UNUSED,
    Coupon,
    CouponState,
    Redemption,
    State,
    count,
    facts,
    uncount,
)
from guerdon.rewards.rule import Versioned


def capture(book: Book, redemption: Redemption, order_id: str) -> Redemption:
    """The order is there: held points leave for good, and the coupon is used. At-once points have left already."""
    assert redemption.state in (State.HELD, State.REDEEMED), redemption
    if redemption.state is State.HELD:
        hold = book.holds[redemption.account_id, redemption.entry]
        entry = book.capture(hold, Cause("capture", f"redemption:{redemption.redemption_id}"))
        redemption = _enter(book, redemption, State.CAPTURED, entry.number)
        book.tell("redemption.captured", redemption.member_id, {**facts(redemption), "order_id": order_id})
    else:
        book.tell("coupon.used", redemption.member_id, {**facts(redemption), "order_id": order_id})
    _mark(book, redemption, CouponState.USED, order_id)
    return redemption


def payer_of(book: Book, redemption: Redemption) -> int:
    """The account that pays for it from now on: that of whom its member has become, or shares with, where it is so."""
    return book.accounts[redemption.account_id].heir or redemption.account_id


def recapture(book: Book, redemption: Redemption, order_id: str) -> Redemption:
    """The order came after the points went back: take them again, and it stands as if they had stayed away. The caller
    has seen that the payer has them.
    """
    assert redemption.state in (State.EXPIRED, State.CANCELLED), redemption
    cause = Cause("capture", f"redemption:{redemption.redemption_id}")
    payer = payer_of(book, redemption)
    entry = NO_ENTRY if redemption.is_gift else book.spend(payer, redemption.points, cause).number
    state = State.CAPTURED if redemption.delayed else State.REDEEMED
    redemption = _enter(book, replace(redemption, account_id=payer, points_back=0), state, entry)
    count(book, redemption)
    _mark(book, redemption, CouponState.USED, order_id)
    book.tell("redemption.captured", redemption.member_id, {**facts(redemption), "order_id": order_id})
    return redemption


def return_points(book: Book, redemption: Redemption, points_back: int, *, grace: Grace | None = None) -> Redemption:
    """Part of what its coupon paid for came back: so many of its points in all go back to their lots (behaviour 19).

    What went back before stays so. Once all of them are back, the redemption has come to nothing.
    """
    assert redemption.state in (State.CAPTURED, State.REDEEMED), redemption
    if points_back <= redemption.points_back:
        return redemption
    if points_back == redemption.points:
        return undo(book, redemption, State.CANCELLED, CouponState.VOID, grace=grace)
    taken = book.entries[redemption.account_id, redemption.entry]
    points = points_back - redemption.points_back
    cause = Cause("return", f"redemption:{redemption.redemption_id}")
    book.give_back(taken, cause, points=points, after=redemption.points_back, grace=grace)
    redemption = replace(redemption, points_back=points_back, updated_at=book.now)
    book.page(Redemption).put(redemption.redemption_id, redemption)
    book.tell("redemption.returned", redemption.member_id, {**facts(redemption), "points_back": points_back})
    return redemption


def undo(
    book: Book, redemption: Redemption, state: State, coupon: CouponState, *, grace: Grace | None = None,
    take_back: bool = True,
) -> Redemption:  # fmt: skip
    """The points that are not back yet go back to their lots, the share of the caps too, and the coupon is worth
    nothing any more: one that the merchant's URL made is taken back there too, unless it was never made.

    The coupon keeps the order that named it: should that order come back, it takes the points again.
    """
    subject = f"redemption:{redemption.redemption_id}"
    if redemption.state is State.ASKED:
        end_asking(book, redemption, state)
    if redemption.is_gift:
        entry = NO_ENTRY
    elif redemption.state in (State.ASKED, State.HELD):
        hold = book.holds[redemption.account_id, redemption.entry]
        cause = Cause("release" if state is State.CANCELLED else "hold_expired", subject)
        entry = book.release(hold, cause, grace=grace).number
    else:
        taken = book.entries[redemption.account_id, redemption.entry]
        cause = Cause("cancellation", subject)
        entry = book.give_back(taken, cause, after=redemption.points_back, grace=grace).number
    redemption = _enter(book, redemption, state, entry)
    uncount(book, redemption)
    _mark(book, redemption, coupon, None)
    if take_back:
        take_back_code(book, redemption)
    book.tell(f"redemption.{state}", redemption.member_id, facts(redemption))
    return redemption


def expire(book: Book, redemption: Redemption, *, grace: Grace | None = None) -> Redemption:
    """The time of an unused coupon is over. Held points are free; those that were spent stay so, unless the rule gives
    them back.
    """
    rule = book.page(Versioned).get(redemption.rule_id)
    refund = rule is not None and rule.terms.refund_expired and not redemption.is_gift
    if redemption.state is not State.REDEEMED or refund:
        return undo(book, redemption, State.EXPIRED, CouponState.EXPIRED, grace=grace)
    _mark(book, redemption, CouponState.EXPIRED, None)
    take_back_code(book, redemption)
    book.tell("coupon.expired", redemption.member_id, facts(redemption))
    return redemption


def withdraw(book: Book, redemption: Redemption, *, grace: Grace | None = None) -> Redemption:
    """Cancel it for good: an order that named its coupon, sent again, would take back what came back on purpose."""
    cancelled = undo(book, redemption, State.CANCELLED, CouponState.VOID, grace=grace)
    coupons = book.page(Coupon)
    coupons.put(cancelled.coupon, replace(coupons[cancelled.coupon], order_id=None))
    return cancelled


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
        redemption = redemption_in(book, self.redemption_id)
        if self.code is not None and self.code.upper() != redemption.coupon:
            raise CouponDiffers(self.code, self.redemption_id)
        if redemption.state in (State.CANCELLED, State.EXPIRED):
            return redemption
        return withdraw(book, redemption, grace=self.merchant.grace(book.now))


class ExpireRedemption(Struct, frozen=True, kw_only=True):
    """End a coupon whose time is over: it is worth nothing, held points are free, the shop is told (behaviour 12)."""

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    redemption_id: int

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The redemption, its hold and its coupon."""
        return Needs(rows=(("redemption", self.redemption_id),))

    def decide(self, book: Book) -> Redemption:
        """Does nothing to one that was used or ended meanwhile, or whose time is not over."""
        redemption = redemption_in(book, self.redemption_id)
        over = redemption.expires_at
        unused = book.page(Coupon)[redemption.coupon].state in UNUSED
        if not unused or over is None or over > book.now:
            return redemption
        return expire(book, redemption, grace=self.merchant.grace(over))


class RequestCancellation(Struct, frozen=True, kw_only=True):
    """Ask the shop to make a coupon worthless: its answer is what cancels the redemption."""

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    redemption_id: int

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The redemption with its coupon."""
        return Needs(rows=(("redemption", self.redemption_id),))

    def decide(self, book: Book) -> Redemption:
        """Refuses with RedemptionOver where there is nothing to cancel. Asked again, the shop is told again."""
        redemption = redemption_in(book, self.redemption_id)
        if redemption.state not in (State.HELD, State.CAPTURED, State.REDEEMED):
            raise RedemptionOver(self.redemption_id, redemption.state)
        book.tell("redemption.cancellation_requested", redemption.member_id, facts(redemption))
        return redemption


def redemption_in(book: Book, redemption_id: int) -> Redemption:
    """The redemption that a command names; refuses with RedemptionNotFound."""
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
    coupon = coupons[redemption.coupon]
    named = coupon.order_id if order_id is None else order_id
    coupons.put(coupon.code, replace(coupon, state=state, order_id=named))
