"""What counts towards the caps of a rule: how much a member has earned by it in a period, and all members together.

An award counts where its own version of the rule has a cap, so it gives back exactly what it took, whatever the rule
says by then. Each period has a row of its own: what happened long ago counts in its own time (behaviour 21).
"""

from datetime import date, timedelta
from typing import NamedTuple, Protocol, TypeVar

from msgspec import Struct

from guerdon.earning.rule import Period, VersionedRule
from guerdon.points.book import Book

K_contra = TypeVar("K_contra", contravariant=True)
V_co = TypeVar("V_co", covariant=True)


BEGINNING = date(1970, 1, 1)
"""Where the period of a cap for ever begins."""


class UseKey(NamedTuple):
    """Which row: the period is the one that begins on this day of the merchant's."""

    member_id: int
    rule_id: int
    period: Period
    starts_on: date


class Use(Struct, frozen=True):
    """How much a member has earned by a rule in one period."""

    member_id: int
    rule_id: int
    period: Period
    starts_on: date
    points: int
    times: int


class Budget(Struct, frozen=True):
    """How much all members together have earned by a rule that is limited."""

    rule_id: int
    points: int
    times: int


class Known(Protocol[K_contra, V_co]):
    """Rows by their keys: a page of the book, or a dictionary."""

    def get(self, key: K_contra, /) -> V_co | None:
        """The row, or None if nothing was counted yet."""
        ...


def period_start(period: Period, day: date) -> date:
    """The first day of the period in which a day lies."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)
        case Period.EVER:
            return BEGINNING


def use_keys(rule: VersionedRule, member_id: int, day: date) -> list[UseKey]:
    """The rows in which an award of that day counts: one for each cap of the rule's version."""
    return [UseKey(member_id, rule.rule_id, cap.per, period_start(cap.per, day)) for cap in rule.terms.caps]


def count(book: Book, rule: VersionedRule, member_id: int, day: date, points: int, *, times: int = 1) -> None:
    """Let an award take its share of the caps and of the budget. The rows that its keys name must have been loaded."""
    uses, budgets = book.page(Use), book.page(Budget)
    for key in use_keys(rule, member_id, day):
        before = uses.get(key) or Use(*key, 0, 0)
        use = Use(*key, before.points + points, before.times + times)
        assert use.points >= 0, use
        assert use.times >= 0, use
        uses.put(key, use)
    if rule.terms.limited:
        budget = budgets[rule.rule_id]
        budgets.put(rule.rule_id, Budget(rule.rule_id, budget.points + points, budget.times + times))


def uncount(book: Book, rule: VersionedRule, member_id: int, day: date, points: int, *, times: int = 1) -> None:
    """Give a share back: `times` is 0 where only a part of an award was taken back."""
    count(book, rule, member_id, day, -points, times=-times)
