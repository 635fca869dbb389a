"""Give a reward for nothing: a coupon under a redemption rule, without its points. Pure."""

from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.values import Member
from guerdon.rewards.callback import ask_code
from guerdon.rewards.codes import Generated
from guerdon.rewards.price import least, worth
from guerdon.rewards.redemption import (
    NO_ENTRY,
    Coupon,
    CouponState,
    Redemption,
    State,
    facts,
    new_code,
    new_token,
)
from guerdon.rewards.rule import Channel, RewardKind, Versioned


def grant(book: Book, merchant: Merchant, member: Member, rule: Versioned, why: str) -> Redemption:
    """A redemption of no points, worth what the rule gives for the fewest points it takes; `why` is its subject.

    The merchant's gift asks nothing: no eligibility, no cap, no stock, and it takes no share of any. No entry of the
    books stands behind it. The command's Needs have one of `redemption_sequence` for it.

    A code that is not ours to make is asked for: a job brings it, so that no empty pool and no shop that is away stands
    in the way of what the gift is for.
    """
    terms = rule.terms
    value = worth(terms, merchant, least(terms), terms.currency) if terms.reward is RewardKind.AMOUNT else 0
    days = terms.coupon_days
    expires_at = None if days is None else merchant.end_of_day(book.now, days_later=days)
    prefix = merchant.policies.coupon_prefix if terms.coupon_prefix is None else terms.coupon_prefix
    ours = isinstance(terms.codes, Generated)
    redemption = Redemption(
        book.number("redemption_sequence"), member.member_id, member.account_id, NO_ENTRY, rule.rule_id, rule.version,
        State.REDEEMED if ours else State.ASKED, False, 0, value, terms.currency, 0, Channel.ANY,
        merchant.day(book.now), new_code(prefix), new_token(), expires_at, book.now, book.now,
    )  # fmt: skip
    coupon = CouponState.ISSUED if ours else CouponState.ASKED
    book.page(Redemption).put(redemption.redemption_id, redemption)
    book.page(Coupon).put(
        redemption.coupon, Coupon(redemption.coupon, redemption.redemption_id, coupon, None, expires_at)
    )
    if ours:
        book.tell("redemption.created", member.member_id, {**facts(redemption), "given_for": why})
    else:
        ask_code(book, redemption, due=book.now, given_for=why)
    return redemption
