"""Points over time: what was earned, redeemed, expired and taken back, what is outstanding, and who was active."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from msgspec import Struct

from guerdon.database.pool import Database, Queries, Row
from guerdon.kit.columns import columns
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.audit import snapshot
from guerdon.points.totals import Cohort
from guerdon.reports.period import By, Period
from guerdon.reports.roll_up import Rewarded, Tail, tail_of

SQL = load(__file__, "sums.sql")

Move = tuple[str, str]
"""From which bucket to which."""

EARNED = (("issued", "available"), ("issued", "pending"))
REDEEMED = (("available", "redeemed"), ("held", "redeemed"))
UNREDEEMED = ("redeemed", "available")
RATE_PLACES = Decimal("0.0001")


class Figures(Struct, frozen=True):
    """What happened to points in some time. `redeemed` is less what came back; `expired` and `reversed` too."""

    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    reversed: int = 0
    outstanding_change: int = 0
    """By how much more lies on accounts, available or held."""
    pending_change: int = 0
    entries: int = 0

    @property
    def redemption_rate(self) -> Decimal | None:
        """How many of the points earned in the time were redeemed in it; None where none were earned."""
        return rate(self.redeemed, self.earned)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))


class Slice(Struct, frozen=True):
    """A day, week or month of the report: what happened, and what was outstanding at its end."""

    since: date
    until: date
    figures: Figures
    outstanding: int
    pending: int


class PointsReport(Struct, frozen=True):
    """A period with its slices."""

    since: date
    until: date
    by: By
    total: Figures
    outstanding_before: int
    pending_before: int
    outstanding: int
    pending: int
    slices: list[Slice]


class Reasoned(Struct, frozen=True):
    """What was moved for one reason."""

    source: str
    target: str
    reason: str
    entries: int
    points: int


def figures(move: Move, entries: int, points: int) -> Figures:
    """What one kind of entry comes to."""
    source, target = move
    owned = ("available", "held")
    return Figures(
        earned=points if move in EARNED else 0,
        redeemed=points if move in REDEEMED else -points if move == UNREDEEMED else 0,
        expired=_into("expired", move, points),
        reversed=_into("reversed", move, points),
        outstanding_change=points * ((target in owned) - (source in owned)),
        pending_change=_into("pending", move, points),
        entries=entries,
    )


def rate(part: int, whole: int) -> Decimal | None:
    """One of the other, with four decimals; None of nothing."""
    return (Decimal(part) / whole).quantize(RATE_PLACES) if whole > 0 else None


class Course(Struct, frozen=True):
    """What happened before a period, in as many days right before it, in each slice of it, and afterwards."""

    period: Period
    by: By
    long_before: Figures
    before: Figures
    slices: list[tuple[Period, Figures]]
    after: Figures

    @property
    def during(self) -> Figures:
        """What happened in the period."""
        return _total(figures for _, figures in self.slices)

    @property
    def opening(self) -> Figures:
        """All that had happened when it began."""
        return self.long_before + self.before

    @property
    def ever(self) -> Figures:
        """All that has happened."""
        return self.opening + self.during + self.after

    def report(self) -> PointsReport:
        """The period with its slices."""
        reached, slices = self.opening, list[Slice]()
        for part, here in self.slices:
            reached += here
            slices.append(Slice(*part, here, reached.outstanding_change, reached.pending_change))
        return PointsReport(
            *self.period, self.by, self.during, self.opening.outstanding_change, self.opening.pending_change,
            reached.outstanding_change, reached.pending_change, slices,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """The sums of a merchant with the tail, as of one moment: what was read once is not read again."""

    database: Queries
    merchant: Merchant
    tail: Tail
    today: date
    _read: dict[tuple[Any, ...], list[Row]] = field(default_factory=dict[tuple[Any, ...], list[Row]])

    @classmethod
    @asynccontextmanager
    async def of(cls, database: Database, merchant: Merchant, now: datetime) -> AsyncGenerator[Self]:
        """One snapshot for all that is asked inside: what is added to the sums meanwhile is not seen twice."""
        async with snapshot(database) as connection:
            yield cls(connection, merchant, await tail_of(connection, merchant), merchant.day(now))

    async def points(self, period: Period, by: By) -> PointsReport:
        """What happened in a period, slice by slice."""
        return (await self.course(period, by)).report()

    async def course(self, period: Period, by: By) -> Course:
        """The same, with what happened before and afterwards."""
        parts = list(period.cut(by))
        starts = (period.before.since, *(part.since for part in parts), period.until + timedelta(days=1))
        sums = [Figures() for _ in range(len(starts) + 1)]
        for part, source, target, entries, points in await self._fetch(SQL.sum_parts, starts):
            sums[part] += figures((source, target), entries, points)
        for one in self.tail.moved:
            sums[bisect_right(starts, one.day)] += figures((one.source, one.target), one.entries, one.points)
        long_before, before, *during, after = sums
        return Course(period, by, long_before, before, list(zip(parts, during, strict=True)), after)

    async def reasons(self, period: Period) -> list[Reasoned]:
        """What was moved in a period, by reason, the most points first."""
        sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        rows: list[Any] = list(await self._fetch(SQL.sum_reasons, *period))
        rows += [one[1:] for one in self.tail.moved if period.has(one.day)]
        for source, target, reason, entries, points in rows:
            total = sums[source, target, reason]
            total[0], total[1] = total[0] + entries, total[1] + points
        found = [Reasoned(*key, *total) for key, total in sums.items()]
        return sorted(found, key=lambda one: (-one.points, one.reason, one.source, one.target))

    async def rewards(self, period: Period) -> list[Rewarded]:
        """What was taken for rewards in a period, by rule; the day of each is the first of the period."""
        sums: dict[tuple[int, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        rows: list[Any] = list(await self._fetch(SQL.sum_reward_use, *period))
        rows += [one[1:] for one in self.tail.rewarded if period.has(one.day)]
        for *key, entries, points, value_minor in rows:
            total = sums[tuple(key)]
            total[0], total[1], total[2] = total[0] + entries, total[1] + points, total[2] + value_minor
        return [Rewarded(period.since, *key, *total) for key, total in sorted(sums.items())]

    async def active(self, period: Period) -> int:
        """How many accounts were given points, or spent some, in a period; a household is one."""
        ((stored,),) = await self._fetch(SQL.count_active, *period)
        return stored + self._active_in_tail(period)

    async def active_by(self, period: Period, by: By) -> list[tuple[date, int]]:
        """The same for each slice of a period."""
        parts = list(period.cut(by))
        rows = await self._fetch(SQL.count_active_by, *map(tuple, columns(parts, 2)))
        return [
            (part.since, row[1] + self._active_in_tail(part)) for part, row in zip(parts, rows, strict=True)
        ]  # fmt: skip

    async def cohorts(self, since: date) -> list[Cohort]:
        """Who of those who joined from a month on was active in which month."""
        found: dict[tuple[date, date], int] = defaultdict(int)
        rows: list[Any] = list(await self._fetch(SQL.list_cohorts, since))
        for joined, active, accounts in (*rows, *self.tail.cohorts):
            if joined >= since:
                found[joined, active] += accounts
        return [Cohort(*key, accounts) for key, accounts in sorted(found.items())]

    async def refused(self, since: datetime, until: datetime) -> list[Row]:
        """How many were refused between two moments, by code and by what was asked for."""
        return await self._fetch(SQL.count_refusals, since, until)

    def _active_in_tail(self, period: Period) -> int:
        return sum(gap.accounts for gap in self.tail.gaps if period.has(gap.day) and gap.next_day > period.until)

    async def _fetch(self, statement: str, *arguments: Any) -> list[Row]:
        key = (statement, *arguments)
        if key not in self._read:
            self._read[key] = await self.database.fetch(statement, self.merchant.merchant_id, *arguments)
        return self._read[key]


def _total(some: Iterable[Figures]) -> Figures:
    return sum(some, start=Figures())


def _into(bucket: str, move: Move, points: int) -> int:
    return points * ((move[1] == bucket) - (move[0] == bucket))
