"""Let a member stand where they should: the standing, its history, the perks, and what others are told. Pure."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guerdon.awards.award import Terms, give
from guerdon.awards.award import Why as ForWhat
from guerdon.kit.ids import time_ordered_uuid
from guerdon.merchants.merchant import Merchant
from guerdon.points.book import Book
from guerdon.points.values import Member
from guerdon.rewards.grant import grant
from guerdon.tiers.programme import LEVELS_MAX, Sums, Tiers, nickname
from guerdon.tiers.standing import Because, Counted, Standing, Step, first_standing, judge

TIER_ROW = ("tiers", True)
"""In the `rows` of a command's Needs: lay open where the members stand whom its identities find."""

TIER_NUMBERS = ("redemption_sequence", LEVELS_MAX)
"""In the `numbers` of the same: every level may give a coupon."""

AT_ONCE = "none"
"""Perks wait for nothing."""


class Change(Struct, frozen=True):
    """A line of a member's history: from where to where, why, by whom, and what counted then."""

    change_id: UUID
    member_id: int
    from_level: int
    to_level: int
    why: Because
    reason: str
    actor: str
    version: int
    points: int
    spent_minor: int
    orders: int
    referrals: int
    until: date | None
    at: datetime


def standing_of(book: Book, tiers: Tiers, merchant: Merchant, member: Member) -> Standing:
    """The member's standing, or the first that they have."""
    standing = book.page(Standing).get(member.member_id)
    return standing or first_standing(tiers, merchant, member.member_id, member.tier_level, book.now)


def qualify(book: Book, merchant: Merchant, member: Member) -> tuple[Step, ...]:
    """Review what is due, and enter what is reached; done twice, it changes nothing more. Returns the steps taken.

    Who does not take part keeps what they have and enters nothing.
    """
    tiers = book.page(Tiers).get(book.merchant_id)
    if tiers is None:
        return ()
    before = standing_of(book, tiers, merchant, member)
    after, steps = judged(book, merchant, member, before, book.page(Counted)[member.member_id])
    place(book, after)
    return steps


def judged(
    book: Book, merchant: Merchant, member: Member, before: Standing, counted: Counted
) -> tuple[Standing, tuple[Step, ...]]:
    """The standing that follows from what counted, with the steps to it, which are noted and told, and their perks
    given. Writing the standing down is left to the caller.
    """
    tiers = book.page(Tiers)[book.merchant_id]
    after, steps = judge(tiers, merchant, before, counted, book.now, may_rise=_takes_part(member, merchant))
    for step in steps:
        note(book, after, step, counted.review if step.why in (Because.RETAINED, Because.LAPSED) else counted.current)
        after = announce(book, merchant, tiers, member, after, step)
    return after, steps


def place(book: Book, standing: Standing) -> None:
    """Write a standing down, unless it is there like that."""
    standings = book.page(Standing)
    before = standings.get(standing.member_id)
    if before != standing:
        standings.put(standing.member_id, standing)
    book.put_in_tier(standing.member_id, standing.level)


def note(book: Book, standing: Standing, step: Step, sums: Sums, reason: str = "") -> None:
    """A line in the history."""
    change = Change(
        time_ordered_uuid(), standing.member_id, step.from_level, step.to_level, step.why, reason, book.actor,
        standing.version, sums.points, sums.spent_minor, sums.orders, sums.referrals, standing.until, book.now,
    )  # fmt: skip
    book.page(Change).put(change.change_id, change)


def announce(
    book: Book, merchant: Merchant, tiers: Tiers | None, member: Member, standing: Standing, step: Step,
    *, perks: bool = True,
) -> Standing:  # fmt: skip
    """Tell others of a step, and give what the levels entered by it give; returns the standing with that noted."""
    programme = tiers.programme if tiers else None
    told = {
        "from_level": step.from_level, "from_name": nickname(programme, step.from_level),
        "to_level": step.to_level, "to_name": nickname(programme, step.to_level),
        "why": step.why, "until": standing.until,
    }  # fmt: skip
    if step.to_level == step.from_level:
        book.tell("tier.retained", standing.member_id, told)
        return standing
    if step.to_level < step.from_level:
        book.tell("tier.left", standing.member_id, told)
        return standing
    book.tell("tier.entered", standing.member_id, told)
    if tiers is None or not perks:
        return standing
    for level in range(step.from_level + 1, step.to_level + 1):
        standing = _give_perks(book, merchant, tiers, member, standing, level)
    return standing


def _give_perks(
    book: Book, merchant: Merchant, tiers: Tiers, member: Member, standing: Standing, level: int
) -> Standing:
    """What a level gives on entry; once in a period that counts, however often it is left and entered.

    Who passes several levels at once gets the perks of each, as if they had come by one after the other.
    """
    tier = tiers.programme.tier(level)
    today = merchant.day(book.now)
    last = standing.perks.get(level)
    if tier is None or (last is not None and last >= tiers.counts_from(book.now)):
        return standing
    gift = tiers.gifts.get(tier.coupon_rule_id) if tier.coupon_rule_id is not None else None
    if gift is not None and not gift.terms.active:
        gift = None
    if tier.points_reward == 0 and gift is None:
        return standing
    subject = f"tier:{member.member_id}:{level}:{today.isoformat()}"
    redemption_id = grant(book, merchant, member, gift, subject).redemption_id if gift is not None else None
    why = ForWhat(subject, f"tier:{level}", "tier", tier.name, tiers.version, {"level": level, "name": tier.name})
    terms = Terms(AT_ONCE, tier.points_reward_expiry)
    give(book, merchant, member, why, tier.points_reward, terms=terms, redemption_id=redemption_id)
    return replace(standing, perks={**standing.perks, level: today})


def _takes_part(member: Member, merchant: Merchant) -> bool:
    opted_in = merchant.policies.opt_in == "everyone" if member.opted_in is None else member.opted_in
    return opted_in and member.status == "active"
