"""Why a redemption is refused, in words that are translated, and the cheapest way out (behaviour 11). Pure."""

from datetime import datetime
from typing import NamedTuple

from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.moving import SpendingNotAllowed
from guerdon.errors.rewards import (
    BudgetGone,
    CartTooSmall,
    ChannelDiffers,
    DayCap,
    MemberCap,
    MemberSuspended,
    NotOptedIn,
    PointsBelowMinimum,
    PointsNotFixed,
    PointsOffStep,
    PointsRequired,
    PoolEmpty,
    RuleDisabled,
    RuleEnded,
    RuleNotStarted,
    StockGone,
    TagMissing,
    TierDiffers,
    TierTooLow,
    TransactionCap,
)
from guerdon.kit.sentence import Count, Money, Names, Part, Since
from guerdon.rewards.rule import Pricing, RedemptionRule, ladder
from guerdon.rewards.sentence import NO_RANKS, Ranks

PLAIN: dict[type[Refusal], str] = {
    MemberSuspended: "the member is suspended",
    NotOptedIn: "the member has not opted in to the programme",
    SpendingNotAllowed: "the member may not spend the points of their household",
    RuleDisabled: "the rule is switched off",
    RuleEnded: "the rule is over",
    StockGone: "nothing is left for anybody",
    BudgetGone: "the budget does not pay for this any more",
    PoolEmpty: "no code is left",
    ChannelDiffers: "the rule is for another channel",
}
"""What needs no numbers."""


class Surroundings(NamedTuple):
    """What a way out may lead through: the terms, the member's balance, when points that wait make it enough, and when
    how many are the next to come; and the names of tiers.
    """

    terms: RedemptionRule
    available: int
    enough_at: datetime | None = None
    coming: tuple[datetime, int] | None = None
    ranks: Ranks = NO_RANKS


class Explained(NamedTuple):
    """A refusal in words, and what would help, where something would."""

    refusal: Refusal
    why: Part
    way_out: Part | None


def explained(refusal: Refusal, around: Surroundings) -> Explained:
    """One reason, for the person who runs the programme and for the one who asks."""
    if plain := PLAIN.get(type(refusal)):
        return Explained(refusal, Part("why", plain), _way_out(refusal))
    match refusal:
        case NotEnoughPoints(shortfall=short):
            why = Part("why", "%(short)s points short", {"short": Count(short)}, "%(short)s point short", short)
            return Explained(refusal, why, _to_afford(around))
        case RuleNotStarted(starts_at=at):
            way = Part("way", "from %(start)s on", {"start": Since(at)})
            return Explained(refusal, Part("why", "the rule has not started"), way)
        case TierTooLow(needed=needed, level=level) | TierDiffers(needed=needed, level=level):
            return _of_tier(refusal, needed, level, around.ranks)
        case TagMissing(tags=tags):
            why = Part("why", "the member has none of the tags %(tags)s", {"tags": Names(tuple(tags.split(", ")))})
            return Explained(refusal, why, None)
        case CartTooSmall(shortfall_minor=short, currency=code):
            way = Part("way", "with %(money)s more in the cart", {"money": Money(short, code)})
            return Explained(refusal, Part("why", "the cart is too small"), way)
        case _:
            return _of_amount(refusal)


def _of_tier(refusal: Refusal, needed: int, level: int, ranks: Ranks) -> Explained:
    why = Part("why", "the member is in tier %(tier)s", {"tier": ranks.names.get(level, str(level))})
    if level == 0:
        why = Part("why", "the member is in no tier")
    text = "from tier %(tier)s on" if isinstance(refusal, TierTooLow) else "in tier %(tier)s alone"
    return Explained(refusal, why, Part("way", text, {"tier": ranks.names.get(needed, str(needed))}))


def _of_amount(refusal: Refusal) -> Explained:
    """What is wrong with so many points, and how many would do."""
    match refusal:
        case PointsRequired(minimum=least, step=step):
            why = Part("why", "the number of points is missing")
            way = Part("way", "%(least)s points, or more in steps of %(step)s",
                       {"least": Count(least), "step": Count(step)})  # fmt: skip
        case PointsOffStep(points=points, below=below, above=above):
            why = Part("why", "%(points)s points do not fit", {"points": Count(points)})
            way = Part("way", "with %(below)s or %(above)s points", {"below": Count(below), "above": Count(above)})
        case PointsBelowMinimum(points=points, minimum=least):
            why = Part("why", "%(points)s points are too few", {"points": Count(points)})
            way = Part("way", "from %(least)s points on", {"least": Count(least)})
        case PointsNotFixed(cost=cost):
            why = Part("why", "it costs %(cost)s points, no more and no less", {"cost": Count(cost)})
            way = None
        case TransactionCap(points_max=most):
            why = Part("why", "at most %(most)s points go at a time", {"most": Count(most)})
            way = None
        case DayCap(points_max=most, points_left=left):
            why = Part("why", "at most %(most)s points go in a day", {"most": Count(most)})
            way = Part("way", "tomorrow, or with %(left)s points today", {"left": Count(left)})
            way = way if left else Part("way", "tomorrow")
        case MemberCap(redemptions=times):
            why = Part("why", "the member has had it %(times)s times", {"times": Count(times)},
                       "the member has had it already", times)  # fmt: skip
            way = None
        case _:
            why = Part("why", "%(sentence)s", {"sentence": refusal.sentence.removesuffix(".")})
            way = None
    return Explained(refusal, why, way)


def _way_out(refusal: Refusal) -> Part | None:
    match refusal:
        case RuleDisabled():
            return Part("way", "once the rule is switched on")
        case PoolEmpty():
            return Part("way", "once codes are uploaded")
        case NotOptedIn():
            return Part("way", "once the member opts in")
        case _:
            return None


def _to_afford(around: Surroundings) -> Part | None:
    """Less points now, if the rule takes less; or else the day when those that wait are enough, or help."""
    first, step = ladder(around.terms)
    if around.terms.pricing is not Pricing.FIXED and around.available >= first:
        most = first + (around.available - first) // step * step
        return Part("way", "with %(points)s points now", {"points": Count(most)})
    if around.enough_at is not None:
        text = "from %(start)s on, when points that wait become available"
        return Part("way", text, {"start": Since(around.enough_at)})
    if around.coming is not None:
        at, points = around.coming
        return Part("way", "%(points)s of them become available: %(start)s",
                    {"points": Count(points), "start": Since(at)})  # fmt: skip
    return None
