"""A code that was asked of others comes, or does not: then the redemption is issued, or its points are released. Pure.

asked ─► issued (the points leave, or stay held for an order) ─► as any other redemption
      └► released: no points, no coupon, and the merchant is asked to take back what it may have made
"""

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.rewards import CodeTaken
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.values import Cause
from guerdon.rewards.callback import end_asking, take_back_code
from guerdon.rewards.codes import Pooled
from guerdon.rewards.ending import redemption_in, undo
from guerdon.rewards.pool import take_code
from guerdon.rewards.redemption import Coupon, CouponState, Redemption, State, facts
from guerdon.rewards.rule import Versioned


class TakenCode(Struct, frozen=True):
    """A code that some coupon has, or that lies in a pool."""

    code: str


class DroppedCode(Struct, frozen=True):
    """A code that stood for one to come, and is no coupon: another came."""

    code: str


class IssueCoupon(Struct, frozen=True, kw_only=True):
    """The coupon of a redemption is there. `code` is the merchant's, if it is not ours; a pool gives its own.

    `given_for` is what a gift is for.
    """

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    redemption_id: int
    rule_id: int
    code: str | None = None
    third_party_id: str | None = None
    third_party_rule_id: str | None = None
    given_for: str | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The redemption with its hold, a code of its rule's pool, and whether the merchant's code is free."""
        new = (("new_code", self.code.upper()),) if self.code is not None else ()
        return Needs(rows=(("redemption", self.redemption_id), ("pool", self.rule_id), *new))

    def decide(self, book: Book) -> Redemption:
        """Asked again, it answers the same. One that came to nothing meanwhile stays so: the merchant is asked to take
        back the coupon. Refuses with CodeTaken, or with PoolEmpty.
        """
        redemption = redemption_in(book, self.redemption_id)
        coupon = book.page(Coupon)[redemption.coupon]
        if coupon.state is not CouponState.ASKED:
            if coupon.state in (CouponState.VOID, CouponState.EXPIRED):
                take_back_code(book, redemption)
            return redemption
        rule = book.page(Versioned)[redemption.rule_id]
        code = self.code
        if isinstance(rule.terms.codes, Pooled):
            code = take_code(book, rule, self.redemption_id)
        end_asking(book, redemption, "issued")
        issued = replace(
            _deduct(book, redemption, rule), third_party_id=self.third_party_id,
            third_party_rule_id=self.third_party_rule_id, code=code or redemption.code, updated_at=book.now,
        )  # fmt: skip
        if issued.coupon != redemption.coupon:
            if book.page(TakenCode).get(issued.coupon) is not None:
                raise CodeTaken(issued.code)
            book.page(DroppedCode).put(coupon.code, DroppedCode(coupon.code))
        book.page(Redemption).put(self.redemption_id, issued)
        book.page(Coupon).put(issued.coupon, replace(coupon, code=issued.coupon, state=CouponState.ISSUED))
        given_for = {} if self.given_for is None else {"given_for": self.given_for}
        book.tell("redemption.created", issued.member_id, {**facts(issued), **given_for})
        return issued


class ReleaseUnissued(Struct, frozen=True, kw_only=True):
    """There is no coupon, for a reason: nothing was redeemed. The merchant is asked to take back what it may have made,
    unless its own answer was a clear no.
    """

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    redemption_id: int
    reason: str
    refused: bool = False

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The redemption and its hold."""
        return Needs(rows=(("redemption", self.redemption_id),))

    def decide(self, book: Book) -> Redemption:
        """Does nothing to one that was issued, or came to nothing, meanwhile."""
        redemption = redemption_in(book, self.redemption_id)
        if redemption.state is not State.ASKED:
            return redemption
        book.tell("redemption.unissued", redemption.member_id, {**facts(redemption), "reason": self.reason})
        grace = self.merchant.grace(book.now)
        released = undo(book, redemption, State.CANCELLED, CouponState.VOID, grace=grace, take_back=not self.refused)
        end_asking(book, redemption, self.reason)
        return released


def _deduct(book: Book, redemption: Redemption, rule: Versioned) -> Redemption:
    """What becomes of the points now that there is a coupon: they stay held for an order, or leave."""
    if redemption.delayed:
        return replace(redemption, state=State.HELD)
    if redemption.is_gift:
        return replace(redemption, state=State.REDEEMED)
    hold = book.holds[redemption.account_id, redemption.entry]
    cause = Cause("redemption", f"redemption:{redemption.redemption_id}", rule.terms.name or None)
    return replace(redemption, state=State.REDEEMED, entry=book.capture(hold, cause).number)
