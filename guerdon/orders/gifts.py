"""What an order gives beside points: coupons and entries to tiers, each once for the order. Pure.

    evaluated ─► given ─► cancelled, or all of it came back ─► a coupon that nobody has used is taken back

A used coupon and a tier stay, and go on counting towards the caps of their rule. What was taken back is not given
again, should the order come back.
"""

from msgspec.structs import replace

from guerdon.awards.award import Award, Why
from guerdon.earning.evaluate import Earned, Evaluation
from guerdon.merchants.merchant import Merchant
from guerdon.orders.order import Earning
from guerdon.points.book import Book
from guerdon.points.values import Member
from guerdon.rewards.ending import withdraw
from guerdon.rewards.grant import grant
from guerdon.rewards.redemption import UNUSED, Coupon, CouponState, Redemption
from guerdon.rewards.rule import Versioned
from guerdon.tiers.assign import enter

COUPONS_MAX = 10
"""An order gives so many coupons at most: those of the rules that go first."""

GIFT_NUMBERS = ("redemption_sequence", COUPONS_MAX)
"""In the `numbers` of the Needs of a command that lets orders earn."""


def gifts_of(found: Evaluation) -> list[Earned]:
    """The coupons and tiers among what rules give."""
    coupons = [earned for earned in found.earned if earned.coupon_rule_id is not None]
    return [*coupons[:COUPONS_MAX], *(earned for earned in found.earned if earned.tier_level is not None)]


def give_gift(book: Book, merchant: Merchant, member: Member, earned: Earned, why: Why) -> int | None:
    """Give the coupon, and return its redemption's number; or let the member enter the tier."""
    if earned.tier_level is not None:
        enter(book, merchant, member, earned.tier_level, why)
    if earned.coupon_rule_id is None:
        return None
    return grant(book, merchant, member, book.page(Versioned)[earned.coupon_rule_id], why.subject).redemption_id


def take_back(book: Book, award: Award, earning: Earning) -> Earning:
    """The order is not one any more: a coupon that was not used is worth nothing from now on."""
    if award.redemption_id is None:
        return earning
    redemption = book.page(Redemption)[award.redemption_id]
    state = book.page(Coupon)[redemption.coupon].state
    if state in UNUSED:
        withdraw(book, redemption)
    return replace(earning, given=state not in (*UNUSED, CouponState.VOID))
