"""Where a member should stand, given what they did: lifted at once, lowered at a period's end alone. Pure.

    review, if the period and its grace are over ─► the programme as it is now ─► a higher level, if one is reached

What can be spent is not looked at: redeeming never demotes (behaviour 25).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from guerdon.merchants.merchant import Merchant
from guerdon.tiers.programme import FOR_LIFE, Period, Programme, Sums, Term, Tiers


class Assigned(StrEnum):
    """Who put the member there: the rules; a hand, which the rules lift from; or a hand that nothing moves before its
    day.
    """

    RULES = "rules"
    HAND = "hand"
    PINNED = "pinned"


class Because(StrEnum):
    """Why a standing changed or was prolonged."""

    REACHED = "reached"
    RETAINED = "retained"
    LAPSED = "lapsed"
    ASSIGNED = "assigned"
    PROGRAMME = "programme"


class Standing(Struct, frozen=True):
    """A member's level, with the period that it holds for, as `Period` has it. Level 0 is no tier.

    `perks` are the days on which the perks of a level were last given, by level.
    """

    member_id: int
    level: int
    best_level: int
    entered_at: datetime | None
    until: date | None
    counts_from: date | None
    review_on: date | None
    assigned: Assigned
    version: int
    """Of the programme by which the period was set."""
    perks: dict[int, date]

    def during(self, period: Period) -> "Standing":
        """The same for another period."""
        return replace(self, until=period.until, counts_from=period.counts_from, review_on=period.review_on)

    def reviews(self, day: date) -> bool:
        """Whether the next review looks at this day."""
        return self.counts_from is not None and self.review_on is not None and self.counts_from <= day < self.review_on


class Counted(Struct, frozen=True):
    """What a member did in the period that lifts today, and in the one that the next review looks at."""

    member_id: int
    current: Sums
    review: Sums


class Step(NamedTuple):
    """One change of a standing, or its prolongation."""

    from_level: int
    to_level: int
    why: Because


def first_standing(tiers: Tiers, merchant: Merchant, member_id: int, level: int, now: datetime) -> Standing:
    """A member whom the programme sees for the first time. A level that came from elsewhere holds for a period."""
    standing = Standing(
        member_id, level, level, now if level else None, None, None, None,
        Assigned.HAND if level else Assigned.RULES, tiers.version, {},
    )  # fmt: skip
    today = merchant.day(now)
    return standing.during(tiers.programme.period(today, today)) if level else standing


def judge(
    tiers: Tiers, merchant: Merchant, standing: Standing, counted: Counted, now: datetime, *, may_rise: bool = True
) -> tuple[Standing, tuple[Step, ...]]:
    """The standing that should be now, and the steps that lead there. Judged again, it takes no step more."""
    programme, today = tiers.programme, merchant.day(now)
    steps: list[Step] = []
    if is_due(standing, today):
        standing, step = _reviewed(programme, standing, counted.review, now, today)
        steps.append(step)
    if standing.version != tiers.version:
        before = standing.level
        standing = _redated(tiers, merchant, standing, now, today)
        if standing.level != before:
            steps.append(Step(before, standing.level, Because.PROGRAMME))
    level = reached_level(programme, standing, counted.current)
    if may_rise and level > standing.level and standing.assigned is not Assigned.PINNED:
        steps.append(Step(standing.level, level, Because.REACHED))
        standing = moved_to(standing, level, now).during(programme.period(today, today))
    return _watched(programme, standing, counted.current, today), tuple(steps)


def is_due(standing: Standing, today: date) -> bool:
    """Whether the period is over, and the days of grace."""
    return standing.review_on is not None and standing.review_on <= today


def reached_level(programme: Programme, standing: Standing, sums: Sums) -> int:
    """The highest level that this is enough for, which is never below the present one.

    A level that the member had before is regained rather than entered.
    """
    for level in range(programme.levels, standing.level, -1):
        tier = programme.tier(level)
        if tier is not None and tier.reached_by(before=level <= standing.best_level).met(sums):
            return level
    return standing.level


def retained_level(programme: Programme, level: int, sums: Sums) -> int:
    """The highest level, this one or a lower one, that this is enough to keep."""
    for kept in range(min(level, programme.levels), 0, -1):
        tier = programme.tier(kept)
        if tier is not None and tier.kept_by.met(sums):
            return kept
    return 0


class Ahead(NamedTuple):
    """A higher level, and what is missing to it."""

    level: int
    missing: Sums


def ahead(programme: Programme, standing: Standing, sums: Sums) -> Ahead | None:
    """The next level that can be reached, with what is left to do; None on top."""
    for level in range(standing.level + 1, programme.levels + 1):
        tier = programme.tier(level)
        if tier is not None and (threshold := tier.reached_by(before=level <= standing.best_level)):
            return Ahead(level, NOTHING_LEFT if threshold.met(sums) else threshold.missing(sums))
    return None


def left_to_keep(programme: Programme, standing: Standing, sums: Sums) -> Sums:
    """What is left to do, to keep the level at the end of its period."""
    tier = programme.tier(standing.level)
    if tier is None or standing.until is None or tier.kept_by.met(sums):
        return NOTHING_LEFT
    return tier.kept_by.missing(sums)


NOTHING_LEFT = Sums()


def moved_to(standing: Standing, level: int, now: datetime) -> Standing:
    """The member is in another level from now on, by the rules, until further notice."""
    return replace(
        standing, level=level, best_level=max(level, standing.best_level), entered_at=now if level else None,
        assigned=Assigned.RULES,
    ).during(FOR_LIFE)  # fmt: skip


def _reviewed(
    programme: Programme, standing: Standing, sums: Sums, now: datetime, today: date
) -> tuple[Standing, Step]:
    """The end of a period. A review that comes late prolongs as often as it takes."""
    assert standing.until is not None, standing
    level = retained_level(programme, standing.level, sums)
    period = programme.period(standing.until, today) if level else FOR_LIFE
    if level == standing.level:
        return replace(standing, assigned=Assigned.RULES).during(period), Step(level, level, Because.RETAINED)
    return moved_to(standing, level, now).during(period), Step(standing.level, level, Because.LAPSED)


def _redated(tiers: Tiers, merchant: Merchant, standing: Standing, now: datetime, today: date) -> Standing:
    """The standing under a new version of the programme: levels that are gone, and another length of the period."""
    programme = tiers.programme
    standing = replace(standing, version=tiers.version)
    if standing.level > programme.levels:
        standing = replace(moved_to(standing, programme.levels, now), assigned=standing.assigned)
    if standing.level == 0 or standing.entered_at is None:
        return standing.during(FOR_LIFE)
    if standing.assigned is not Assigned.RULES:
        return standing if standing.until is None else standing.during(programme.period_until(standing.until))
    return standing.during(programme.period(merchant.day(standing.entered_at), today))


def _watched(programme: Programme, standing: Standing, sums: Sums, today: date) -> Standing:
    """A level for life loses its ground when what earned it is returned: then it ends like any other, after grace."""
    if programme.term is not Term.LIFETIME or standing.level == 0 or standing.assigned is not Assigned.RULES:
        return standing
    if retained_level(programme, standing.level, sums) == standing.level:
        return standing.during(FOR_LIFE)
    return standing if standing.until is not None else standing.during(programme.period_until(today))
