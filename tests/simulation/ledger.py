"""The auditor's own books: for each account a list of lots, a debt and some sums. Deliberately plain.

Follows the promises of behaviour.md, 1 to 4, and what 23 says of points; shares no code with what it audits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple


@dataclass(slots=True, eq=False)
class Lot:
    """Points earned together, which live through `last_day`; `number` tells the older of two lots of one moment. `via`
    are the purses that passed them on to their heir, one after the other.
    """

    home: "Purse"
    number: int
    left: int
    earned_at: datetime
    last_day: date
    via: "tuple[Purse, ...]" = ()


@dataclass(slots=True, eq=False)
class Waiting:
    """Points that are available from the night of the day `until` on; then they are a `lot`."""

    home: "Purse"
    points: int
    until: date
    lot: Lot | None = None
    over: bool = False


Part = tuple[Lot, int]


class Paid(NamedTuple):
    """A debt that an heir took over: from which purse, how much, and with which of its own lots it was paid."""

    purse: "Purse"
    points: int
    parts: list[Part]


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
    """An account. That of one who became another, or who shares with others, has an `heir`: what it gets or owes is
    passed on, and what was counted stays. `followers` are the purses whose heir it is.
    """

    heir: "Purse | None" = None
    followers: "list[Purse]" = field(default_factory=lambda: list[Purse]())
    lots: list[Lot] = field(default_factory=list[Lot])
    waiting: list[Waiting] = field(default_factory=list[Waiting])
    paid: list[Paid] = field(default_factory=list[Paid])
    debt: int = 0
    held: int = 0
    pending: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    reversed: int = 0
    lines: list[str] = field(default_factory=list[str])

    def payer(self) -> "Purse":
        """The purse in which these points are now."""
        return self.heir or self

    def available(self) -> int:
        """What can be spent; below zero is a debt."""
        return sum(lot.left for lot in self.lots) - self.debt

    def alone(self, level: int) -> Sums:
        """What there is in this purse, of a member of this level."""
        return Sums(
            self.available(), self.held, self.pending, self.earned, self.redeemed, self.expired, self.reversed, level
        )

    def sums(self, level: int) -> Sums:
        """What a member of this level has by it, with what it has from others."""
        added = (sum(column) for column in zip(*(one.alone(0) for one in (self, *self.followers)), strict=True))
        return Sums(*added)._replace(level=level)


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

    def receive(
        self, purse: Purse, points: int, earned_at: datetime, last_day: date, why: str, via: tuple[Purse, ...] = ()
    ) -> Lot:
        """Points become a lot; a debt is paid from it first."""
        paid = min(points, purse.debt)
        purse.debt -= paid
        self._lots += 1
        lot = Lot(purse, self._lots, points - paid, earned_at, last_day, via)
        purse.lots.append(lot)
        self._note(purse, why, points)
        self._pass_on(purse)
        return lot

    def earn(self, purse: Purse, points: int, earned_at: datetime, days: int, why: str, *, counted: bool = True) -> Lot:
        """New points, available at once, for so many days."""
        if counted:
            purse.earned += points
        return self.receive(purse, points, earned_at, earned_at.date() + timedelta(days=days), why)

    def earn_later(self, purse: Purse, points: int, until: date, why: str) -> Waiting:
        """New points, available from the night of that day on."""
        purse.earned += points
        purse.pending += points
        waiting = Waiting(purse, points, until)
        purse.waiting.append(waiting)
        self._note(purse, f"{why} until {until}", points)
        return waiting

    def activate(self, purse: Purse, days: int) -> None:
        """What has waited long enough is as old as the day until which it waited."""
        due = [one for one in purse.waiting if one.until <= self.today]
        purse.waiting = [one for one in purse.waiting if one.until > self.today]
        for one in sorted(due, key=lambda one: one.until):
            purse.pending -= one.points
            since = datetime.combine(one.until, time())
            if one.points:
                one.lot = self.receive(purse, one.points, since, one.until + timedelta(days=days), "active")
                one.over = True

    def give_up(self, waiting: Waiting, points: int) -> None:
        """So many of the points that wait are not earned after all."""
        purse = waiting.home
        waiting.points -= points
        purse.pending -= points
        purse.earned -= points
        purse.reversed += points
        self._note(purse, "given up while waiting", -points)

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

    def lose(self, purse: Purse, points: int, why: str, first: Iterable[Lot] = ()) -> list[Part]:
        """Points leave whether or not they are there: what is missing is a debt."""
        self.expire(purse)
        there = min(points, max(0, purse.available()))
        parts = self.take(purse, there, why, first)
        purse.debt += points - there
        return parts

    def claw_back(self, purse: Purse, points: int, first: Iterable[Lot] = (), *, counted: bool = True) -> None:
        """What should not have been earned, or was bought and is not."""
        self.lose(purse, points, "taken back", first)
        purse.earned -= points if counted else 0
        purse.reversed += points
        self._pass_on(purse)

    def put_back(self, parts: list[Part], points: int, after: int, why: str, *, day: date | None = None) -> None:
        """So many points, after the first ones, return to the lots they came from, with their last day; a debt takes
        its share first. A lot whose time was over on that `day`, today if none is said, lives until the end of it,
        and for the days of grace.
        """
        day = day or self.today
        back = _window(parts, after, points)
        if not back:
            return
        purse = back[0][0].home
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
        self._pass_on(purse)

    def move(self, giver: Purse, taker: Purse, points: int, why: str) -> None:
        """The points of one are another's, with their age and their last day."""
        for lot, taken in self.take(giver, points, why):
            self.receive(taker, taken, lot.earned_at, lot.last_day, why)

    def bequeath(self, purse: Purse, heir: Purse | None) -> None:
        """All that the purse has and owes, and will, is its heir's from now on; or its own again, from now on."""
        if purse.heir:
            purse.heir.followers.remove(purse)
        purse.heir = heir
        if heir:
            heir.followers.append(purse)
            self.expire(heir)
            self._pass_on(purse)

    def reclaim(self, purse: Purse, followers: list[Purse], heir: Purse, since: "Mark") -> None:
        """What came from a purse and its followers since then, and is still there, is the purse's again; so are debts,
        as far as they were not paid with that.
        """
        self.bequeath(purse, None)
        for follower in followers:
            self.bequeath(follower, purse)
        self.expire(heir)
        givers = (*followers, purse)
        came = [lot for lot in self.all_lots(heir) if lot.number > since.lots and lot.via and lot.via[-1] in givers]
        for giver in givers:
            for lot in came:
                if lot.via[-1] is giver and lot.left:
                    points, lot.left = lot.left, 0
                    via = tuple(one for one in lot.via if one is not purse)
                    self.receive(purse, points, lot.earned_at, lot.last_day, "came back", via)
                    self._note(heir, "went back", -points)
            for paid in heir.paid[since.paid :]:
                if paid.purse is giver:
                    self._owe_again(purse, heir, paid, came)

    def all_lots(self, purse: Purse) -> list[Lot]:
        """Those in which there is something, or was when something of them was spent last."""
        spent = [lot for paid in purse.paid for lot, _ in paid.parts]
        return list(dict.fromkeys([*purse.lots, *spent]))

    def mark(self, purse: Purse) -> "Mark":
        """This moment, as the purse will remember it."""
        return Mark(self._lots, len(purse.paid))

    def _owe_again(self, purse: Purse, heir: Purse, paid: Paid, came: list[Lot]) -> None:
        """What lots of the heir's own paid is given back to it, and so is what nothing has paid."""
        owed = paid.points - sum(points for _, points in paid.parts)
        parts = [(lot, points) for lot, points in paid.parts if lot not in came]
        again = owed + sum(points for _, points in parts)
        self.lose(purse, again, "owed again")
        for lot, points in parts:
            self.receive(heir, points, lot.earned_at, lot.last_day, "not paid after all")
        if owed:
            self.receive(heir, owed, self.now, date.max, "not owed after all")

    def _pass_on(self, purse: Purse) -> None:
        """What a purse with an heir has, or owes, is the heir's."""
        heir = purse.heir
        if heir is None:
            return
        self.expire(purse)
        if (points := purse.available()) > 0:
            for lot, taken in self.take(purse, points, "passed on"):
                self.receive(heir, taken, lot.earned_at, lot.last_day, "passed on to this one", (*lot.via, purse))
        elif purse.debt:
            debt, purse.debt = purse.debt, 0
            heir.paid.append(Paid(purse, debt, self.lose(heir, debt, "owed by one who passes on")))

    def _last_day(self, lot: Lot, day: date) -> date:
        """A lot's last day when points come back to it on that day."""
        return lot.last_day if lot.last_day >= day else day + timedelta(days=self._grace_days)

    def _note(self, purse: Purse, why: str, points: int) -> None:
        if points:
            purse.lines.append(f"{self.today}  {why:<40} {points:>+8}   {purse.available():>8} available")


class Mark(NamedTuple):
    """A moment: so many lots there were by then, and so many debts a purse had taken over."""

    lots: int
    paid: int


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
