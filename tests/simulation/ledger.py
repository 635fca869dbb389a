"""The auditor's own books: for each member a list of lots, a debt and some sums. Deliberately plain.

Follows the promises of behaviour.md, 1 to 4, one after the other; shares no code with what it audits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple


@dataclass(slots=True, eq=False)
class Lot:
    """Points earned together, which live through `last_day`; `number` tells the older of two lots of one moment."""

    home: "Purse"
    number: int
    left: int
    earned_at: datetime
    last_day: date


@dataclass(slots=True, eq=False)
class Waiting:
    """Points that are available from the night of the day `until` on; then they are a `lot`, if they stay here."""

    home: "Purse"
    points: int
    until: date
    lot: Lot | None = None
    over: bool = False


Part = tuple[Lot, int]


class Sums(NamedTuple):
    """What both ledgers must agree about."""

    available: int
    held: int
    pending: int
    earned: int
    redeemed: int
    expired: int
    reversed: int
    level: int


@dataclass(slots=True, eq=False)
class Purse:
    """A member's points. Those of one who became another are in the `heir`'s, who gets whatever comes later too."""

    heir: "Purse | None" = None
    lots: list[Lot] = field(default_factory=list[Lot])
    waiting: list[Waiting] = field(default_factory=list[Waiting])
    debt: int = 0
    held: int = 0
    pending: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    reversed: int = 0
    lines: list[str] = field(default_factory=list[str])

    def holder(self) -> "Purse":
        """The purse in which these points are now."""
        return self.heir.holder() if self.heir else self

    def available(self) -> int:
        """What can be spent; below zero is a debt."""
        return sum(lot.left for lot in self.lots) - self.debt


class Ledger:
    """The moves that there are, as of `now`; `grace_days` is how long points live that come back late."""

    def __init__(self, grace_days: int) -> None:
        self.now = datetime.combine(date.min, time())
        self._grace_days = grace_days
        self._lots = 0

    @property
    def today(self) -> date:
        """The merchant's day."""
        return self.now.date()

    def expire(self, purse: Purse) -> None:
        """Lots whose last day is over are gone."""
        over = sum(lot.left for lot in purse.lots if lot.last_day < self.today)
        if over:
            purse.expired += over
            for lot in purse.lots:
                if lot.last_day < self.today:
                    lot.left = 0
            self._note(purse, "expired", -over)
        purse.lots = [lot for lot in purse.lots if lot.left]

    def receive(self, purse: Purse, points: int, earned_at: datetime, last_day: date, why: str) -> Lot:
        """Points become a lot; a debt is paid from it first."""
        paid = min(points, purse.debt)
        purse.debt -= paid
        self._lots += 1
        lot = Lot(purse, self._lots, points - paid, earned_at, last_day)
        purse.lots.append(lot)
        self._note(purse, why, points)
        return lot

    def earn(self, purse: Purse, points: int, earned_at: datetime, days: int, why: str, *, counted: bool = True) -> Lot:
        """New points, available at once, for so many days."""
        if counted:
            purse.earned += points
        return self.receive(purse, points, earned_at, earned_at.date() + timedelta(days=days), why)

    def earn_later(self, purse: Purse, points: int, until: date, why: str) -> Waiting:
        """New points, available from the night of that day on."""
        holder = purse.holder()
        holder.earned += points
        holder.pending += points
        waiting = Waiting(purse, points, until)
        holder.waiting.append(waiting)
        self._note(holder, f"{why} until {until}", points)
        return waiting

    def activate(self, holder: Purse, days: int) -> None:
        """What has waited long enough is as old as the day until which it waited."""
        due = [one for one in holder.waiting if one.until <= self.today]
        for one in sorted(due, key=lambda one: one.until):
            holder.pending -= one.points
            since = datetime.combine(one.until, time())
            if one.points:
                lot = self.receive(holder, one.points, since, one.until + timedelta(days=days), "active")
                one.lot = lot if one.home is holder else None
                one.over = True
        holder.waiting = [one for one in holder.waiting if one.until > self.today]

    def give_up(self, waiting: Waiting, points: int) -> None:
        """So many of the points that wait are not earned after all."""
        holder = waiting.home.holder()
        waiting.points -= points
        holder.pending -= points
        holder.earned -= points
        holder.reversed += points
        self._note(holder, "given up while waiting", -points)

    def take(self, purse: Purse, points: int, why: str, first: Iterable[Lot] = ()) -> list[Part]:
        """These lots first, then what expires soonest, then the oldest."""
        chosen = [lot for lot in first if lot.left]
        others = [lot for lot in purse.lots if lot.left and lot not in chosen]
        others.sort(key=lambda lot: (lot.last_day, lot.earned_at, lot.number))
        parts: list[Part] = []
        left = points
        for lot in (*chosen, *others):
            taken = min(left, lot.left)
            if taken:
                lot.left -= taken
                left -= taken
                parts.append((lot, taken))
        assert left == 0, f"{left} of {points} points are not there"
        self._note(purse, why, -points)
        return parts

    def lose(self, purse: Purse, points: int, why: str, first: Iterable[Lot] = ()) -> None:
        """Points leave whether or not they are there: what is missing is a debt."""
        self.expire(purse)
        there = min(points, max(0, purse.available()))
        self.take(purse, there, why, first)
        purse.debt += points - there

    def claw_back(self, home: Purse, points: int, first: Iterable[Lot] = (), *, counted: bool = True) -> None:
        """What should not have been earned, or was bought and is not."""
        purse = home.holder()
        own = [lot for lot in first if lot.home is purse]
        self.lose(purse, points, "taken back", own)
        purse.earned -= points if counted else 0
        purse.reversed += points

    def put_back(self, parts: list[Part], points: int, after: int, why: str, *, day: date | None = None) -> None:
        """So many points, after the first ones, return to the lots they came from, with their last day; a debt takes
        its share first. A lot whose time was over on that `day`, today if none is said, lives until the end of it,
        and for the days of grace.
        """
        day = day or self.today
        back = _window(parts, after, points)
        if not back:
            return
        home = back[0][0].home
        purse = home.holder()
        if purse is not home:
            self._pass_on(purse, back, why, day)
            return
        owed = min(points, purse.debt)
        purse.debt -= owed
        for lot, taken in back:
            paid = min(taken, owed)
            owed -= paid
            if taken > paid:
                lot.last_day = self._last_day(lot, day)
                lot.left += taken - paid
                if lot not in purse.lots:
                    purse.lots.append(lot)
        self._note(purse, why, points)
        self.expire(purse)

    def move(self, giver: Purse, taker: Purse, points: int, why: str) -> None:
        """The points of one are another's, with their age and their last day."""
        for lot, taken in self.take(giver, points, why):
            self.receive(taker, taken, lot.earned_at, lot.last_day, why)

    def become(self, purse: Purse, heir: Purse) -> None:
        """All that the one has and owes is the other's."""
        self.expire(purse)
        self.expire(heir)
        if purse.available() > 0:
            self.move(purse, heir, purse.available(), "became another")
        else:
            self.lose(heir, purse.debt, "owed by whom became this member")
            purse.debt = 0
        for name in ("held", "pending", "earned", "redeemed", "expired", "reversed"):
            setattr(heir, name, getattr(heir, name) + getattr(purse, name))
            setattr(purse, name, 0)
        heir.waiting += purse.waiting
        heir.lines += purse.lines
        purse.waiting, purse.lots, purse.heir = [], [], heir

    def _pass_on(self, purse: Purse, back: list[Part], why: str, day: date) -> None:
        """What returns to lots of one who became another goes on to the heir's, as far as it lives."""
        lots = [(self._last_day(lot, day), lot.earned_at, lot.number, taken) for lot, taken in back]
        for last_day, earned_at, _, taken in sorted(lots):
            if last_day >= self.today:
                self.receive(purse, taken, earned_at, last_day, why)
            else:
                purse.expired += taken
                self._note(purse, "expired on its way back", taken)

    def _last_day(self, lot: Lot, day: date) -> date:
        """A lot's last day when points come back to it on that day."""
        return lot.last_day if lot.last_day >= day else day + timedelta(days=self._grace_days)

    def _note(self, purse: Purse, why: str, points: int) -> None:
        if points:
            purse.lines.append(f"{self.today}  {why:<40} {points:>+8}   {purse.available():>8} available")


def _window(parts: list[Part], after: int, points: int) -> list[Part]:
    """So many points of those parts, after the first `after`."""
    found: list[Part] = []
    for lot, taken in parts:
        skipped = min(taken, after)
        after -= skipped
        wanted = min(taken - skipped, points)
        points -= wanted
        if wanted:
            found.append((lot, wanted))
    return found
