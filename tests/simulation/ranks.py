"""The auditor's own reckoning of tiers: by points earned in a term, up at once, down at a period's end (behaviour 25).

A level by hand holds to the end of its day. What a tier gives on entry does not count towards tiers, and is given once
in a term.
"""

from calendar import monthrange
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.simulation.ledger import Ledger, Purse
from tests.simulation.script import Terms

DAY = timedelta(days=1)


@dataclass(slots=True, eq=False)
class Rank:
    """Where a member stands: until the end of a day, after which, and days of grace, what was earned from one day to
    before another decides. Without these days, until further notice.
    """

    level: int = 0
    review: tuple[date, date, date] | None = None
    """The last day of the period, the first day that counts for the review, and the day of the review."""
    by_hand: bool = False
    entered: datetime | None = None
    gone: bool = False
    """Whether the person left for good, and rises no more."""
    gifts: dict[int, date] = field(default_factory=dict[int, date])
    earned: dict[date, int] = field(default_factory=dict[date, int])

    def due(self, today: date) -> bool:
        """Whether the period and its grace are over."""
        return self.review is not None and self.review[2] <= today

    def join(self, other: "Rank") -> None:
        """The rank of a person who was two: the higher one, with what both earned."""
        if other.level > self.level:
            self.stand_as(other)
        for level, day in other.gifts.items():
            self.gifts[level] = max(day, self.gifts.get(level, day))
        for day, points in other.earned.items():
            self.earned[day] = self.earned.get(day, 0) + points

    def copy(self) -> "Rank":
        """The rank as it is now."""
        return deepcopy(self)

    def stands(self) -> tuple[object, ...]:
        """What tells whether anything has changed since."""
        return self.level, self.review, self.by_hand, self.entered, self.gifts

    def stand_as(self, other: "Rank") -> None:
        """The same level, for as long."""
        self.level, self.review, self.by_hand, self.entered = other.level, other.review, other.by_hand, other.entered


class Ranks:
    """What moves ranks."""

    def __init__(self, terms: Terms, ledger: Ledger) -> None:
        self._terms, self._ledger = terms, ledger

    def hundredths(self, rank: Rank) -> int:
        """Hundredths of the usual points that somebody of this rank earns."""
        return self._terms.tiers[rank.level - 1].hundredths if rank.level else 100

    def count(self, rank: Rank, purse: Purse, day: date, points: int) -> None:
        """Something was earned on that day, or not earned after all."""
        rank.earned[day] = rank.earned.get(day, 0) + points
        self.judge(rank, purse)

    def judge(self, rank: Rank, purse: Purse) -> None:
        """First the review, if one is due, then the highest level that this term's points reach."""
        today, tiers = self._ledger.today, self._terms.tiers
        if rank.review is not None and rank.due(today):
            until, first, end = rank.review
            earned = sum(points for day, points in rank.earned.items() if first <= day < end)
            self._enter(rank, self._kept(rank.level, earned), by_hand=False)
            rank.review = self._period(until) if rank.level else None
        earned = self._this_term(rank)
        reached = max((level for level in range(1, len(tiers) + 1) if earned >= tiers[level - 1].enter), default=0)
        if reached > rank.level and not rank.gone:
            before = rank.level
            self._enter(rank, reached, by_hand=False)
            rank.review = self._period(today)
            self._gifts(rank, purse, before)
        self._watch(rank)

    def assign(self, rank: Rank, purse: Purse, level: int, until: date) -> None:
        """By hand, to the end of that day."""
        before = rank.level
        self._enter(rank, level, by_hand=True)
        rank.review = self._review(until)
        self._gifts(rank, purse, before)

    def _enter(self, rank: Rank, level: int, *, by_hand: bool) -> None:
        if level != rank.level:
            rank.entered = self._ledger.now if level else None
        rank.level, rank.by_hand = level, by_hand

    def _watch(self, rank: Rank) -> None:
        """A level for life ends, after grace, when what earned it is not earned any more."""
        if self._terms.tier_term != "lifetime" or rank.level == 0 or rank.by_hand:
            return
        if self._kept(rank.level, self._this_term(rank)) == rank.level:
            rank.review = None
        elif rank.review is None:
            rank.review = self._review(self._ledger.today)

    def _gifts(self, rank: Rank, purse: Purse, before: int) -> None:
        """What the levels give that were entered, each once in a term."""
        for level in range(before + 1, rank.level + 1):
            last = rank.gifts.get(level)
            if last is None or last < self._term_begins(self._ledger.today):
                rank.gifts[level] = self._ledger.today
                points = self._terms.tiers[level - 1].gift
                self._ledger.earn(purse, points, self._ledger.now, self._terms.expiry_days, f"tier {level}")

    def _kept(self, level: int, earned: int) -> int:
        """The highest level up to this one that so many points keep."""
        return max((one for one in range(1, level + 1) if earned >= self._terms.tiers[one - 1].stay), default=0)

    def _this_term(self, rank: Rank) -> int:
        begins = self._term_begins(self._ledger.today)
        return sum(points for day, points in rank.earned.items() if day >= begins)

    def _term_begins(self, day: date) -> date:
        """The first day that counts on this day."""
        match self._terms.tier_term:
            case "calendar_year":
                return date(day.year, 1, 1)
            case "rolling_year":
                return _a_year(day, -1) + DAY
            case "lifetime":
                return date.min

    def _review(self, until: date) -> tuple[date, date, date]:
        """The period that ends with this day."""
        return until, self._term_begins(until), until + timedelta(days=self._terms.tier_grace_days + 1)

    def _period(self, since: date) -> tuple[date, date, date] | None:
        """How long a level holds that was entered on this day: for life, for the rest of the year and the next, or for
        12 months; as often as it takes not to be over today.
        """
        if self._terms.tier_term == "lifetime":
            return None
        while True:
            calendar = self._terms.tier_term == "calendar_year"
            until = date(since.year + 1, 12, 31) if calendar else _a_year(since, 1)
            if until >= self._ledger.today:
                break
            since = until
        last, first, end = self._review(until)
        return (last, first, end) if calendar else (last, max(first, since + DAY), end)


def _a_year(day: date, years: int) -> date:
    """The same day of another year; the last of February where there is no 29th."""
    year = day.year + years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
