"""Points over time: what was earned, redeemed, expired and taken back, what is outstanding, and who was active."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from msgspec import Struct

from guerdon.database.pool import Database, Queries
from guerdon.kit.columns import columns
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.audit import snapshot
from guerdon.points.totals import Cohort
from guerdon.reports.period import By, Period, begin
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


@dataclass(frozen=True, slots=True)
class Numbers:
    """The sums of a merchant with the tail, as of one moment."""

    database: Queries
    merchant: Merchant
    tail: Tail
    today: date

    @classmethod
    @asynccontextmanager
    async def of(cls, database: Database, merchant: Merchant, now: datetime) -> AsyncGenerator[Self]:
        """One snapshot for all that is asked inside: what is added to the sums meanwhile is not seen twice."""
        async with snapshot(database) as connection:
            yield cls(connection, merchant, await tail_of(connection, merchant), merchant.day(now))

    async def points(self, period: Period, by: By) -> PointsReport:
        """What happened in a period, slice by slice."""
        found: dict[date | None, Figures] = defaultdict(Figures)
        for day, move, entries, points in await self._moves(period, by):
            found[day] += figures(move, entries, points)
        opening = found.pop(None, Figures())
        outstanding, pending, total = opening.outstanding_change, opening.pending_change, Figures()
        slices: list[Slice] = []
        for part in period.cut(by):
            here = found.get(begin(part.since, by), Figures())
            outstanding, pending, total = (
                outstanding + here.outstanding_change, pending + here.pending_change, total + here,
            )  # fmt: skip
            slices.append(Slice(part.since, part.until, here, outstanding, pending))
        return PointsReport(
            period.since, period.until, by, total, opening.outstanding_change, opening.pending_change, outstanding,
            pending, slices,
        )  # fmt: skip

    async def reasons(self, period: Period) -> list[Reasoned]:
        """What was moved in a period, by reason, the most points first."""
        sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        rows: list[Any] = list(await self.database.fetch(SQL.sum_reasons, self.merchant.merchant_id, *period))
        rows += [one[1:] for one in self.tail.moved if period.has(one.day)]
        for source, target, reason, entries, points in rows:
            total = sums[source, target, reason]
            total[0], total[1] = total[0] + entries, total[1] + points
        found = [Reasoned(*key, *total) for key, total in sums.items()]
        return sorted(found, key=lambda one: (-one.points, one.reason, one.source, one.target))

    async def rewards(self, period: Period) -> list[Rewarded]:
        """What was taken for rewards in a period, by rule; the day of each is the first of the period."""
        sums: dict[tuple[int, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        rows: list[Any] = list(await self.database.fetch(SQL.sum_reward_use, self.merchant.merchant_id, *period))
        rows += [one[1:] for one in self.tail.rewarded if period.has(one.day)]
        for *key, entries, points, value_minor in rows:
            total = sums[tuple(key)]
            total[0], total[1], total[2] = total[0] + entries, total[1] + points, total[2] + value_minor
        return [Rewarded(period.since, *key, *total) for key, total in sorted(sums.items())]

    async def active(self, period: Period) -> int:
        """How many accounts were given points, or spent some, in a period; a household is one."""
        stored: int = await self.database.fetchval(SQL.count_active, self.merchant.merchant_id, *period)
        return stored + self._active_in_tail(period)

    async def active_by(self, period: Period, by: By) -> list[tuple[date, int]]:
        """The same for each slice of a period."""
        parts = list(period.cut(by))
        rows = await self.database.fetch(SQL.count_active_by, self.merchant.merchant_id, *columns(parts, 2))
        return [
            (part.since, row[1] + self._active_in_tail(part)) for part, row in zip(parts, rows, strict=True)
        ]  # fmt: skip

    async def cohorts(self, since: date) -> list[Cohort]:
        """Who of those who joined from a month on was active in which month."""
        found: dict[tuple[date, date], int] = defaultdict(int)
        rows: list[Any] = list(await self.database.fetch(SQL.list_cohorts, self.merchant.merchant_id, since))
        for joined, active, accounts in (*rows, *self.tail.cohorts):
            if joined >= since:
                found[joined, active] += accounts
        return [Cohort(*key, accounts) for key, accounts in sorted(found.items())]

    async def first_day(self) -> date:
        """The first day on which anything happened; today, if nothing did."""
        stored: date | None = await self.database.fetchval(SQL.first_day, self.merchant.merchant_id)
        days = [one.day for one in self.tail.moved] + ([stored] if stored else [])
        return min([*days, self.today])

    def _active_in_tail(self, period: Period) -> int:
        return sum(gap.accounts for gap in self.tail.gaps if period.has(gap.day) and gap.next_day > period.until)

    async def _moves(self, period: Period, by: By) -> Iterable[tuple[date | None, Move, int, int]]:
        rows = await self.database.fetch(SQL.sum_period, self.merchant.merchant_id, *period, by)
        stored = [(row[0], (row[1], row[2]), row[3], row[4]) for row in rows]
        late = [
            (None if one.day < period.since else begin(one.day, by), (one.source, one.target), one.entries, one.points)
            for one in self.tail.moved
            if one.day <= period.until
        ]
        return stored + late


def _into(bucket: str, move: Move, points: int) -> int:
    return points * ((move[1] == bucket) - (move[0] == bucket))
