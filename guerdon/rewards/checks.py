"""What to know of a rule before it is saved: what would keep everybody from it, and what is seldom meant. Pure."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Literal, NamedTuple

from guerdon.kit.sentence import Count, Money, Names, Part, Since
from guerdon.rewards.codes import Pooled
from guerdon.rewards.price import least
from guerdon.rewards.redemption import Stock
from guerdon.rewards.rule import Pricing, RedemptionRule, RewardKind
from guerdon.rewards.sentence import NO_RANKS, Ranks

GENEROUS = 2
"""So many times the worth of a point elsewhere is worth a word."""


class Check(NamedTuple):
    """`bad` keeps everybody from it, `warn` is seldom meant, `note` is worth knowing."""

    tone: Literal["bad", "warn", "note"]
    part: Part


class Rate(NamedTuple):
    """What a point of another rule is worth at least, in minor units of its currency."""

    name: str
    currency: str
    minor: Fraction


class Known(NamedTuple):
    """What terms are held against: the time, the tiers, what is used, the codes that are left, and other rules."""

    now: datetime
    ranks: Ranks = NO_RANKS
    used: Stock | None = None
    codes_left: int | None = None
    others: tuple[Rate, ...] = ()


def checks(terms: RedemptionRule, known: Known) -> list[Check]:
    """All that is to say of these terms, the worst first."""
    found = [*_amounts(terms), *_limits(terms, known), *_who(terms, known), *_when(terms, known), *_worth(terms, known)]
    return sorted(found, key=lambda check: ("bad", "warn", "note").index(check.tone))


def rate_of(name: str, terms: RedemptionRule) -> Rate | None:
    """What a point is worth by a rule, where it gives money."""
    if terms.reward is not RewardKind.AMOUNT:
        return None
    return Rate(name, terms.currency, Fraction(terms.amount_minor, terms.points))


def _amounts(terms: RedemptionRule) -> Iterator[Check]:
    first = least(terms)
    for most, text in (
        (terms.points_max_per_transaction, "Nobody can redeem it: it takes %(least)s points, and %(most)s go at once."),
        (terms.points_max_per_day, "Nobody can redeem it: it takes %(least)s points, and %(most)s go in a day."),
    ):
        if most is not None and most < first:
            yield Check("bad", Part("check", text, {"least": Count(first), "most": Count(most)}))
    if terms.pricing is not Pricing.FIXED and first > max(terms.points, terms.minimum_points or 0):
        part = Part("check", "The least that fits all steps is %(least)s points.", {"least": Count(first)})
        yield Check("note", part)


def _limits(terms: RedemptionRule, known: Known) -> Iterator[Check]:
    used, spent = (known.used.redemptions, known.used.amount_minor) if known.used else (0, 0)
    if terms.stock is not None:
        left = max(0, terms.stock - used)
        text = "%(left)s of %(stock)s are left." if left else "Nobody can redeem it: all %(stock)s are gone."
        check = Part("check", text, {"left": Count(left), "stock": Count(terms.stock)})
        yield Check("note" if left else "bad", check)
    if terms.budget_minor is not None and terms.reward is RewardKind.AMOUNT:
        left = max(0, terms.budget_minor - spent)
        enough = left >= terms.amount_minor * (least(terms) // terms.points)
        text = "%(left)s of the budget is left." if enough else "Nobody can redeem it: %(left)s of the budget is left."
        part = Part("check", text, {"left": Money(left, terms.currency)})
        yield Check("note" if enough else "bad", part)
    if isinstance(terms.codes, Pooled):
        codes = known.codes_left or 0
        left = Part("check", "%(codes)s codes are left.", {"codes": Count(codes)}, "%(codes)s code is left.", codes)
        none = Part("check", "Nobody can redeem it before codes are uploaded.")
        yield Check("note", left) if codes else Check("warn", none)


def _who(terms: RedemptionRule, known: Known) -> Iterator[Check]:
    if terms.tier_level and terms.tier_level not in known.ranks.names:
        part = Part("check", "There is no tier %(tier)s in the programme.", {"tier": str(terms.tier_level)})
        yield Check("bad", part)


def _when(terms: RedemptionRule, known: Known) -> Iterator[Check]:
    if terms.ends_at is not None and terms.ends_at <= known.now:
        yield Check("bad", Part("check", "It is over already: the last day is past."))
    elif terms.starts_at is not None and terms.starts_at > known.now:
        yield Check("note", Part("check", "It begins on %(start)s.", {"start": Since(terms.starts_at)}))
    if not terms.active:
        yield Check("note", Part("check", "It is switched off: nobody can redeem it until it is activated."))


def _worth(terms: RedemptionRule, known: Known) -> Iterator[Check]:
    if terms.reward is RewardKind.PERCENTAGE and terms.percentage_hundredths >= 50_00:
        yield Check("warn", Part("check", "It gives half of a purchase or more."))
    mine = rate_of("", terms)
    same = [other for other in known.others if mine is not None and other.currency == mine.currency]
    if mine is None or not same:
        return
    best = max(same, key=lambda other: other.minor)
    if mine.minor >= GENEROUS * best.minor:
        times = Count(mine.minor // best.minor)
        text = "A point is worth %(times)s times as much as by %(other)s, or more."
        yield Check("warn", Part("check", text, {"times": times, "other": Names((best.name,))}))
