"""Capture by hand: what an order does with a coupon's code, for shops that report none."""

from typing import ClassVar

from msgspec import Struct

from guerdon.errors.rewards import RedemptionOver
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.rewards.ending import capture, redemption_in
from guerdon.rewards.redemption import Redemption, State


class CaptureRedemption(Struct, frozen=True, kw_only=True):
    """Take the points that a redemption holds; its coupon is used. `order_id` is what it was used for, if anything."""

    answers: ClassVar[type] = Redemption

    merchant: Merchant
    redemption_id: int
    order_id: str = ""

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The redemption with its hold."""
        return Needs(rows=(("redemption", self.redemption_id),))

    def decide(self, book: Book) -> Redemption:
        """Refuses with RedemptionOver what holds nothing any more. Asked again, it answers the same."""
        redemption = redemption_in(book, self.redemption_id)
        if redemption.state is State.CAPTURED:
            return redemption
        over = redemption.expires_at is not None and redemption.expires_at <= book.now
        if redemption.state is not State.HELD or over:
            raise RedemptionOver(self.redemption_id, State.EXPIRED if over else redemption.state)
        return capture(book, redemption, self.order_id)
