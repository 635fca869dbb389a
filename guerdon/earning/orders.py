"""An order as a shop reports it, again and again: the coupons it names are used, or given back when it is cancelled."""

from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.earning import OrderOfAnother
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Member
from guerdon.rewards.ending import capture, recapture, undo
from guerdon.rewards.redemption import Coupon, CouponState, Redemption, State
from guerdon.rewards.rule import Versioned

UNKNOWN = "unknown"


class Order(Struct, frozen=True):
    """An order as it was last reported; `document` is its JSON, `flags` say which coupons were not taken, and why.

    `states` say what each code was after this report, in the order of `codes`: a state of a coupon, or `unknown` for a
    discount code of the shop's own. They are part of the answer and are not kept: coupons live on.
    """

    order_id: str
    member_id: int
    status: str
    total_minor: int
    currency: str
    codes: tuple[str, ...]
    flags: tuple[str, ...]
    document: str
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    states: tuple[str, ...] = ()


class ReportOrder(Struct, frozen=True, kw_only=True):
    """A shop tells of an order, or of its new status. A status of None means paid: the shop has nothing to wait for."""

    answers: ClassVar[type] = Order

    merchant: Merchant
    who: tuple[Identity, ...]
    order_id: str
    total_minor: int
    currency: str
    status: str | None = None
    codes: tuple[str, ...] = ()
    placed_at: datetime | None = None
    document: str = "{}"

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, the order as it was, and every coupon that it names now or named before."""
        codes = tuple(dict.fromkeys(code.upper() for code in self.codes))
        return Needs(identities=self.who, rows=(("order", self.order_id), *(("coupon", code) for code in codes)))

    def decide(self, book: Book) -> Order:
        """Coupons are taken in the order in which they are named. What cannot be taken is flagged: the sale stands.

        The same report again answers the same and tells nobody (behaviour 7).
        """
        member = book.member(self.who)
        orders = book.page(Order)
        before = orders.get(self.order_id)
        if before is not None and before.member_id != member.member_id:
            raise OrderOfAnother(self.order_id)
        currency = self.merchant.accepted(self.currency)
        policies = self.merchant.policies
        status = (self.status or "paid").lower()
        named = dict.fromkeys([*(before.codes if before else ()), *(code.upper() for code in self.codes)])
        flags: list[str] = []
        for code in named:
            coupon = book.page(Coupon).get(code)
            if coupon is None:  # a discount code of the shop's own, or one that was flagged and is not named any more
                flags += [flag for flag in (before.flags if before else ()) if flag.endswith(f":{code}")]
            elif status in policies.cancel_statuses:
                self._give_back(book, coupon)
            elif problem := self._take(book, member, coupon, status in policies.capture_statuses):
                flags.append(f"{problem}:{code}")
        placed_at = self.placed_at or (before.placed_at if before else book.now)
        coupons = (book.page(Coupon).get(code) for code in named)
        order = Order(
            self.order_id, member.member_id, status, self.total_minor, currency, tuple(named), tuple(flags),
            self.document, placed_at, before.created_at if before else book.now, book.now,
            tuple(coupon.state if coupon else UNKNOWN for coupon in coupons),
        )  # fmt: skip
        if before is not None and _same(order, before):
            return replace(before, states=order.states)
        orders.put(order.order_id, order)
        told = {"order_id": order.order_id, "status": status, "codes": order.codes, "flags": order.flags}
        book.tell("order.updated" if before else "order.created", member.member_id, told)
        return order

    def _take(self, book: Book, member: Member, coupon: Coupon, captures: bool) -> str | None:
        """Use the coupon for this order, or say why not (behaviour 12, 13)."""
        redemption = book.page(Redemption)[coupon.redemption_id]
        if coupon.state is CouponState.USED:
            return None if coupon.order_id == self.order_id else "coupon_used"
        if redemption.member_id != member.member_id and not self._transferable(book, redemption):
            return "coupon_of_another"
        if coupon.state is CouponState.ISSUED and redemption.expires_at and redemption.expires_at <= book.now:
            redemption, coupon = self._expire(book, redemption, coupon)
        if coupon.state is CouponState.ISSUED:
            if captures:
                capture(book, redemption, self.order_id)
            else:
                book.page(Coupon).put(coupon.code, replace(coupon, order_id=self.order_id))
            return None
        by_this_order = redemption.state is State.CANCELLED and coupon.order_id == self.order_id
        late = redemption.state is State.EXPIRED and self.merchant.policies.late_capture == "recapture"
        if not (by_this_order or late):
            return "coupon_void" if redemption.state is State.CANCELLED else "coupon_expired"
        if not captures:
            book.page(Coupon).put(coupon.code, replace(coupon, order_id=self.order_id))
            return None
        if book.spendable(redemption.account_id) < redemption.points:
            return "capture_failed"
        recapture(book, redemption, self.order_id)
        return None

    def _give_back(self, book: Book, coupon: Coupon) -> None:
        """This order is cancelled: what it used, or would have used, returns once."""
        redemption = book.page(Redemption)[coupon.redemption_id]
        if coupon.order_id == self.order_id and coupon.state in (CouponState.ISSUED, CouponState.USED):
            undo(book, redemption, State.CANCELLED, CouponState.VOID)

    def _expire(self, book: Book, redemption: Redemption, coupon: Coupon) -> tuple[Redemption, Coupon]:
        """The coupon's time is over, whether or not a job has noticed. At-once points are gone with it."""
        if redemption.state is State.HELD:
            redemption = undo(book, redemption, State.EXPIRED, CouponState.EXPIRED)
        else:
            book.page(Coupon).put(coupon.code, replace(coupon, state=CouponState.EXPIRED))
        return redemption, book.page(Coupon)[coupon.code]

    def _transferable(self, book: Book, redemption: Redemption) -> bool:
        rule = book.page(Versioned).get(redemption.rule_id)
        return rule is not None and rule.terms.transferable


def _same(order: Order, before: Order) -> bool:
    """Whether a report says nothing new. Documents are compared as values: the database writes JSON its own way."""
    said = replace(before, document=order.document, updated_at=order.updated_at, states=order.states)
    return order == said and msgspec.json.decode(order.document) == msgspec.json.decode(before.document)
