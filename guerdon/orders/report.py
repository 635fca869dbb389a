"""An order as a shop reports it, again and again: its coupons are used or given back, and it earns what it should."""

from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guerdon.errors.earning import OrderOfAnother, Stranger
from guerdon.merchants.merchant import Merchant
from guerdon.orders.detail import UNKNOWN, Detail, detail_of
from guerdon.orders.gifts import GIFT_NUMBERS
from guerdon.orders.order import Order, OrderLine, is_first, subject_of
from guerdon.orders.returned import Ratio
from guerdon.orders.settlement import CAPTURE_FAILED, points_of, rewards_back, settle_order, take_returns, worth_of
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Member
from guerdon.referrals.completion import NOBODY, Parties, Purchase, complete, needs_of, reconsider
from guerdon.rewards.ending import capture, expire, payer_of, recapture, undo
from guerdon.rewards.redemption import Coupon, CouponState, Redemption, State
from guerdon.rewards.rule import Versioned
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW


class Reported(Struct, frozen=True):
    """What a report came to. `flags` say which coupons were not taken, and why; `states` what each code is now, in the
    order of `codes`: a state of a coupon, or `unknown` for a discount code of the shop's own.

    `points` are those that the order has earned by now, pending ones included.
    """

    order_id: str
    member_id: int
    status: str
    total_minor: int
    currency: str
    codes: tuple[str, ...]
    flags: tuple[str, ...]
    states: tuple[str, ...]
    points: int
    placed_at: datetime
    updated_at: datetime
    detail: Detail | None = None
    """The order whole, where that was asked for."""


class ReportOrder(Struct, frozen=True, kw_only=True):
    """A shop tells of an order, or of its new status. A status of None means paid: the shop has nothing to wait for.

    Money is in minor units of `currency`; see Order. Every report is whole: what it leaves out is not there.
    """

    answers: ClassVar[type] = Reported

    merchant: Merchant
    who: tuple[Identity, ...]
    order_id: str
    total_minor: int
    currency: str
    status: str | None = None
    codes: tuple[str, ...] = ()
    placed_at: datetime | None = None
    """None is when it was told of first."""
    discount_minor: int = 0
    shipping_minor: int = 0
    tax_minor: int = 0
    refunded_minor: int = 0
    channel: str = "online"
    tags: tuple[str, ...] = ()
    lines: tuple[OrderLine, ...] = ()
    document: str = "{}"
    introduced: bool = True
    """Whether whoever reports it has seen to it that its customer is a member, known by all that the order says."""
    parties: Parties = NOBODY
    """Whom a referral of the customer concerns."""
    detailed: bool = False
    """Whether the answer is to have the whole order."""

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, the order as it was with its returns and awards, what an order of its day may earn, and every
        coupon that it names now or named before.
        """
        codes = tuple(dict.fromkeys(code.upper() for code in self.codes))
        referral = needs_of(self.parties, self.merchant)
        return Needs(
            identities=(*self.who, *referral.identities),
            rows=(
                ("order", self.order_id),
                ("order_day", (self.placed_at, self.merchant.timezone)),
                ("awards", subject_of(self.order_id)),
                TIER_ROW,
                *(("coupon", code) for code in codes),
                *((("earlier_orders", True), *referral.rows) if referral.rows else ()),
            ),
            numbers=(TIER_NUMBERS, GIFT_NUMBERS, *referral.numbers),
        )

    def decide(self, book: Book) -> Reported:
        """Coupons are taken in the order in which they are named. What cannot be taken is flagged: the sale stands.
        Then the order earns what it should, less what came back of it.

        The same report again answers the same and tells nobody (behaviour 7).
        """
        if not self.introduced:
            self._look_for_strangers(book)
        member = book.member(self.who)
        before = book.page(Order).get(self.order_id)
        if before is not None and before.member_id != member.member_id:
            raise OrderOfAnother(self.order_id)
        order = self._reported(book, member, before)
        returned = take_returns(book, order)
        order = replace(order, flags=self._use_coupons(book, member, order, before, returned))
        order = replace(order, rewards_minor=self._rewards_minor(book, order))
        order = settle_order(book, self.merchant, member, order, before, returned)
        self._refer(book, member, order, before)
        if before is not None and _same(order, before):
            return self._answered(book, before)
        book.page(Order).put(order.order_id, order)
        told = {
            "order_id": order.order_id, "status": order.status, "codes": order.codes, "flags": order.flags,
            "points": points_of(order),
        }  # fmt: skip
        book.tell("order.updated" if before else "order.created", member.member_id, told)
        return self._answered(book, order)

    def _answered(self, book: Book, order: Order) -> Reported:
        return replace(_answer(book, order), detail=detail_of(book, order) if self.detailed else None)

    def _look_for_strangers(self, book: Book) -> None:
        """Refuses what nobody is known by, so that they are introduced first: most customers are known."""
        for identity in self.who:
            if identity not in book.members:
                raise Stranger(identity.kind, identity.value)

    def _refer(self, book: Book, member: Member, order: Order, before: Order | None) -> None:
        """Who brought the customer is rewarded for an order that counts, as long as it does."""
        was_bought = before is not None and before.bought
        if self.parties == NOBODY or order.bought == was_bought:
            return
        if not order.bought:
            reconsider(book, self.merchant, member, order.order_id)
            return
        asked = self.parties.asked
        purchase = Purchase(
            order_id=order.order_id, amount_minor=order.spent_minor, first=is_first(book, order),
            referrer_id=self.parties.referrer_id, ip_address=asked.ip_address, user_agent=asked.user_agent,
        )  # fmt: skip
        complete(book, self.merchant, member, purchase)

    def _reported(self, book: Book, member: Member, before: Order | None) -> Order:
        """The order as the report has it, with what went before; what became of it is not worked out yet."""
        policies = self.merchant.policies
        status = (self.status or "paid").lower()
        placed_at = self.placed_at or (before.placed_at if before else book.now)
        named = dict.fromkeys([*(before.codes if before else ()), *(code.upper() for code in self.codes)])
        cancelled = status in policies.cancel_statuses
        return Order(
            self.order_id, member.member_id, status, self.total_minor, self.merchant.accepted(self.currency),
            tuple(named), (), self.document, placed_at, before.created_at if before else book.now, book.now,
            self.discount_minor, self.shipping_minor, self.tax_minor, self.refunded_minor,
            before.rewards_minor if before else 0, self.channel, self.tags, self.lines, self.merchant.day(placed_at),
            cancelled, not cancelled and (status in policies.earn_statuses or (before is not None and before.earns)),
            before is not None and before.bought, before.spent_minor if before else 0,
            before.evaluated if before else None,
        )  # fmt: skip

    def _use_coupons(
        self, book: Book, member: Member, order: Order, before: Order | None, returned: Ratio
    ) -> tuple[str, ...]:
        """Use the coupons, or give them back; says which were not taken, and why."""
        captures = order.status in self.merchant.policies.capture_statuses
        flagged = before.flags if before else ()
        back = rewards_back(book, self.merchant, replace(order, flags=flagged), returned)
        flags: list[str] = []
        for code in order.codes:
            coupon = book.page(Coupon).get(code)
            if coupon is None:  # a discount code of the shop's own, or one that was flagged and is not named any more
                flags += [flag for flag in flagged if flag.endswith(f":{code}")]
            elif order.cancelled:
                self._give_back(book, coupon)
            elif (returned == 1 or back.get(code) == 1) and _is_spent(book, coupon, self.order_id):
                continue  # all that it paid for came back, and so have the points: they stay where they are
            elif problem := self._take(book, member, coupon, captures):
                flags.append(f"{problem}:{code}")
        return tuple(flags)

    def _rewards_minor(self, book: Book, order: Order) -> int:
        """What the coupons of this order are worth, also those whose points went back."""
        coupons = [coupon for code in order.codes if (coupon := book.page(Coupon).get(code))]
        redemptions = book.page(Redemption)
        return sum(
            worth_of(self.merchant, redemptions[coupon.redemption_id], order.currency)
            for coupon in coupons
            if coupon.order_id == self.order_id and coupon.state is not CouponState.EXPIRED
        )

    def _take(self, book: Book, member: Member, coupon: Coupon, captures: bool) -> str | None:
        """Use the coupon for this order, or say why not (behaviour 12, 13)."""
        redemption = book.page(Redemption)[coupon.redemption_id]
        if coupon.state is CouponState.USED:
            return None if coupon.order_id == self.order_id else "coupon_used"
        if redemption.member_id != member.member_id and not self._transferable(book, redemption):
            return "coupon_of_another"
        if coupon.state is CouponState.ASKED:
            return "coupon_void"
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
        if book.spendable(payer_of(book, redemption)) < redemption.points:
            return CAPTURE_FAILED
        recapture(book, redemption, self.order_id)
        return None

    def _give_back(self, book: Book, coupon: Coupon) -> None:
        """This order is cancelled: what it used, or would have used, returns once."""
        redemption = book.page(Redemption)[coupon.redemption_id]
        if coupon.order_id == self.order_id and coupon.state in (CouponState.ISSUED, CouponState.USED):
            undo(book, redemption, State.CANCELLED, CouponState.VOID, grace=self.merchant.grace(book.now))

    def _expire(self, book: Book, redemption: Redemption, coupon: Coupon) -> tuple[Redemption, Coupon]:
        """The coupon's time is over, whether or not a job has noticed."""
        redemption = expire(book, redemption, grace=self.merchant.grace(redemption.expires_at or book.now))
        return redemption, book.page(Coupon)[coupon.code]

    def _transferable(self, book: Book, redemption: Redemption) -> bool:
        rule = book.page(Versioned).get(redemption.rule_id)
        return rule is not None and rule.terms.transferable


def _is_spent(book: Book, coupon: Coupon, order_id: str) -> bool:
    """Whether the coupon was this order's, and its points went back."""
    redemption = book.page(Redemption)[coupon.redemption_id]
    return coupon.order_id == order_id and redemption.state is State.CANCELLED


def _answer(book: Book, order: Order) -> Reported:
    coupons = (book.page(Coupon).get(code) for code in order.codes)
    states = tuple(coupon.state if coupon else UNKNOWN for coupon in coupons)
    return Reported(
        order.order_id, order.member_id, order.status, order.total_minor, order.currency, order.codes, order.flags,
        states, points_of(order), order.placed_at, order.updated_at,
    )  # fmt: skip


def _same(order: Order, before: Order) -> bool:
    """Whether a report says nothing new. Documents are compared as values: the database writes JSON its own way."""
    said = replace(before, document=order.document, updated_at=order.updated_at)
    return order == said and msgspec.json.decode(order.document) == msgspec.json.decode(before.document)
