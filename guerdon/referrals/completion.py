"""A friend's first order that is large enough completes the referral: both get their rewards, once. Pure.

The command that decides an order names, with `needs_of`, whom and what `parties` found beforehand; without a programme
of referrals that is nobody, and costs nothing.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from guerdon.awards.award import Award, Terms, Why, give, settle
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.referral import ReferralProgramme
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.values import Member
from guerdon.referrals.attach import attach, refuse, told
from guerdon.referrals.doubt import doubt_of_order
from guerdon.referrals.referral import (
    ROW,
    Asked,
    Reason,
    Referral,
    Source,
    State,
    by_number,
    enter,
    referral_of,
    referrer_of,
)
from guerdon.rewards.ending import undo
from guerdon.rewards.grant import grant
from guerdon.rewards.redemption import UNUSED, Coupon, CouponState, Redemption
from guerdon.rewards.redemption import State as RedemptionState
from guerdon.rewards.rule import Versioned
from guerdon.tiers.progress import record
from guerdon.tiers.qualify import TIER_NUMBERS, TIER_ROW

REFERRER, FRIEND = "referrer", "friend"


class Purchase(Struct, frozen=True, kw_only=True):
    """As much of an order as a referral looks at; `amount_minor` is in the base currency, `first` the customer's first.

    `referrer_id` is the member whose code the order names. Without `ip_address` and `user_agent`, or where the shop
    wants them ignored, no device is compared.
    """

    order_id: str
    amount_minor: int
    first: bool
    referrer_id: int | None = None
    ip_address: str | None = None
    user_agent: str | None = None


class Parties(Struct, frozen=True):
    """Whom a referral of this customer concerns, as far as it was known before the command."""

    referrers: tuple[int, ...] = ()
    referrer_id: int | None = None
    """Whose code was named."""
    subjects: tuple[str, ...] = ()
    """The referrals whose awards may change."""
    redemptions: tuple[int, ...] = ()
    asked: Asked = Asked()


NOBODY = Parties()


def needs_of(parties: Parties, merchant: Merchant, who: tuple[Identity, ...] = ()) -> Needs:
    """What a command adds to its own needs; `who` are the identities of the customer."""
    programme = merchant.policies.referrals
    if programme is None or parties == NOBODY:
        return Needs()
    rules = {programme.referrer_coupon_rule, programme.friend_coupon_rule} - {None}
    return Needs(
        identities=(*who, *map(by_number, parties.referrers)),
        rows=(
            (ROW, parties.asked),
            TIER_ROW,
            *(("rule", rule_id) for rule_id in rules),
            *(("awards", subject) for subject in parties.subjects),
            *(("redemption", redemption_id) for redemption_id in parties.redemptions),
        ),
        numbers=(("referral_sequence", 1), ("redemption_sequence", 2), TIER_NUMBERS),
    )


def complete(book: Book, merchant: Merchant, friend: Member, purchase: Purchase) -> Referral | None:
    """An order of this member earns. Returns the referral that brought them, if one did, as it stands now.

    A member who was told by email, or whose order names a code, is a friend from their first order on. What is too
    small completes nothing yet; what is not believed is refused for good. An order that earns again completes again.
    Nobody is rewarded for themselves: a referral whose two members have become one since is refused for as long as
    they are one.
    """
    programme = merchant.policies.referrals
    if programme is None:
        return None
    referral = attach(book, friend, purchase.referrer_id, Source.ORDER, is_new=purchase.first)
    if referral is None:
        return None
    if referral.member_id == friend.member_id:
        return _of_themselves(book, referral, purchase)
    if referral.state is State.REVERSED and referral.order_id == purchase.order_id:
        return _reward(book, merchant, programme, friend, replace(referral, amount_minor=purchase.amount_minor))
    if referral.state is not State.SIGNED_UP or purchase.amount_minor < programme.minimum_order_minor:
        return referral
    referral = replace(referral, ip_address=purchase.ip_address)
    device = None
    if purchase.ip_address is not None and purchase.user_agent is not None:
        device = purchase.ip_address, purchase.user_agent
    if reason := doubt_of_order(book, merchant, programme, referral, device):
        return refuse(book, replace(referral, order_id=purchase.order_id), reason)
    referral = replace(
        referral, order_id=purchase.order_id, amount_minor=purchase.amount_minor, completed_at=book.now
    )  # fmt: skip
    return _reward(book, merchant, programme, friend, referral)


def reconsider(book: Book, merchant: Merchant, friend: Member, order_id: str) -> Referral | None:
    """The order came to nothing: cancelled, or returned whole. Within the programme's days its referral is reversed.

    Points are taken back as the policy on debts wants it, coupons as far as they were not used.
    """
    programme = merchant.policies.referrals
    referral = referral_of(book, friend)
    if programme is None or referral is None or referral.order_id != order_id:
        return referral
    referrer = referrer_of(book, referral)
    if referral.state is not State.COMPLETED or referral.completed_at is None or referrer is None:
        return referral
    if book.now > referral.completed_at + timedelta(days=programme.reversal_days):
        return referral
    for award in _awards(book, referral):
        member = referrer if award.source == REFERRER else friend
        _take_back(book, award)
        _settle(book, merchant, member, award, 0, referral.completed_at)
    record(book, merchant, referrer, referral.completed_at, referrals=-1)
    reversed_ = enter(book, replace(referral, state=State.REVERSED, updated_at=book.now))
    book.tell("referral.reversed", referral.member_id, told(reversed_))
    return reversed_


def _of_themselves(book: Book, referral: Referral, purchase: Purchase) -> Referral:
    """Who referred has become the friend, or the friend them. It is signed up again once the merge is undone."""
    if referral.state is not State.SIGNED_UP:
        return referral
    return refuse(book, replace(referral, order_id=purchase.order_id), Reason.SELF)


def _reward(
    book: Book, merchant: Merchant, programme: ReferralProgramme, friend: Member, referral: Referral
) -> Referral:
    """Give both what the programme promises, or once more what an earlier completion gave."""
    referrer = referrer_of(book, referral)
    completed_at = referral.completed_at
    if referrer is None or completed_at is None:
        return referral
    before = {award.source: award for award in _awards(book, referral)}
    sides = (
        (REFERRER, referrer, programme.referrer_points, programme.referrer_coupon_rule),
        (FRIEND, friend, programme.friend_points, programme.friend_coupon_rule),
    )
    for source, member, points, rule_id in sides:
        if (award := before.get(source)) is not None:
            _give_again(book, merchant, member, award, completed_at)
        elif merchant.takes_part(member) and (points or rule_id is not None):
            _give(book, merchant, programme, member, referral, source, points, rule_id)
    record(book, merchant, referrer, completed_at, referrals=1)
    completed = enter(book, replace(referral, state=State.COMPLETED, updated_at=book.now))
    book.tell("referral.completed", referral.member_id, told(completed))
    return completed


def _give(
    book: Book, merchant: Merchant, programme: ReferralProgramme, member: Member, referral: Referral, source: str,
    points: int, rule_id: int | None,
) -> None:  # fmt: skip
    rule = book.page(Versioned).get(rule_id) if rule_id is not None else None
    redemption_id = grant(book, merchant, member, rule, referral.subject).redemption_id if rule is not None else None
    said: dict[str, Any] = {"points": points, "redemption_rule_id": rule_id, "order_id": referral.order_id}
    title = "Referred a Friend" if source == REFERRER else "Referred by a Friend"
    why = Why(referral.subject, source, "referral", title, None, said)
    give(book, merchant, member, why, points, terms=Terms(programme.pending), redemption_id=redemption_id)
    if points:
        record(book, merchant, member, book.now, earned=points)


def _give_again(book: Book, merchant: Merchant, member: Member, award: Award, completed_at: datetime) -> None:
    """The order stands after all: the points of its first completion, and a new coupon for one that was taken back."""
    said: dict[str, Any] = award.explanation
    award = _settle(book, merchant, member, award, said["points"], completed_at)
    rule_id: int | None = said["redemption_rule_id"]
    rule = book.page(Versioned).get(rule_id) if rule_id is not None else None
    if rule is not None and award.redemption_id is None and not award.erased:
        redemption = grant(book, merchant, member, rule, award.subject)
        book.page(Award).put(award.key, replace(award, redemption_id=redemption.redemption_id))


def _settle(book: Book, merchant: Merchant, member: Member, award: Award, points: int, completed_at: datetime) -> Award:
    """Book the difference; what was taken back was never earned, and counts so."""
    award = book.page(Award)[award.key]
    settled = settle(book, merchant, award, points)
    if settled.points != award.points:
        record(book, merchant, member, completed_at, earned=settled.points - award.points)
    return settled


def _awards(book: Book, referral: Referral) -> list[Award]:
    return [award for award in book.page(Award).rows() if award.subject == referral.subject]


def _take_back(book: Book, award: Award) -> None:
    """A coupon that nobody has used is worth nothing any more."""
    if award.redemption_id is None:
        return
    redemption = book.page(Redemption).get(award.redemption_id)
    if redemption is None or redemption.state not in (RedemptionState.ASKED, RedemptionState.REDEEMED):
        return
    if book.page(Coupon)[redemption.coupon].state in UNUSED:
        undo(book, redemption, RedemptionState.CANCELLED, CouponState.VOID)
        book.page(Award).put(award.key, replace(award, redemption_id=None))
