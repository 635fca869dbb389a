"""The auditor: reads the script and works out what every member must have. Imports nothing of guerdon.

Deliberately plain: everything is worked out again from what was told, with whole numbers, day by day, as behaviour.md
has it. What it does not say is said here where it is decided.
"""

from datetime import date, datetime, time, timedelta

from tests.simulation.coupons import Coupons, Member
from tests.simulation.ledger import Ledger, Lot, Purse, Sums
from tests.simulation.ranks import Rank, Ranks
from tests.simulation.sales import Sales
from tests.simulation.script import (
    Adjust,
    Assign,
    Buy,
    Cancel,
    Delivery,
    Do,
    Erase,
    Give,
    Join,
    Merge,
    Night,
    Redeem,
    Refund,
    Sell,
    SendBack,
    Terms,
    Tick,
    members_of,
)


class Auditor:
    """Hears the same as the engine, and says of each message whether it is done or refused."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._members: dict[int, Member] = {}
        self._reviews: set[int] = set()
        self._bought: dict[int, tuple[Purse, int, Lot]] = {}
        self._refunded: set[int] = set()
        self._answered: set[str] = set()
        self._worked: date | None = None
        self._ledger = Ledger(terms.grace_days)
        self._ranks = Ranks(terms, self._ledger)
        self._coupons = Coupons(terms, self._ledger, self._person)
        self._sales = Sales(terms, self._ledger, self._ranks, self._coupons, self._person)

    @property
    def people(self) -> list[int]:
        """Everybody who has not become another."""
        return [member.number for member in self._members.values() if member.became is None]

    def sums(self, number: int) -> Sums:
        """What a member must have."""
        member = self._members[number]
        purse = member.purse
        return Sums(
            purse.available(), purse.held, purse.pending, purse.earned, purse.redeemed, purse.expired, purse.reversed,
            member.rank.level,
        )  # fmt: skip

    def lines(self, number: int) -> list[str]:
        """How it came to that."""
        return self._members[number].purse.lines

    def person(self, number: int) -> int:
        """Whom a member has become, or the same."""
        return self._person(number).number

    def _person(self, number: int) -> Member:
        return self._members[number].person()

    # What happens

    def tick(self, tick: Tick) -> list[bool]:
        """Of each delivery, whether it is done."""
        self._ledger.now = tick.at
        return [self._deliver(delivery) for delivery in tick.deliveries]

    def night(self, night: Night) -> None:
        """The jobs, in their order (behaviour 26); holds that are over end before."""
        self._ledger.now = night.at
        today = self._ledger.today
        people = [member for member in self._members.values() if member.became is None]
        present = [member for member in people if not member.erased]
        self._coupons.end_holds()
        for member in people:
            self._ledger.activate(member.purse, self._terms.expiry_days)
            self._ledger.expire(member.purse)
        for member in present:
            if member.rank.due(today):
                self._ranks.judge(member.rank, member.purse)
        self._celebrate(present, today)
        self._worked = today

    def _celebrate(self, people: list[Member], today: date) -> None:
        """Birthdays of all days since the last night."""
        day = today if self._worked is None else min(today, self._worked + timedelta(days=1))
        while day <= today:
            for member in people:
                if member.birthday == (day.month, day.day):
                    self._activity(member, "birthday", datetime.combine(day, time()), self._terms.birthday)
            day += timedelta(days=1)

    def _deliver(self, delivery: Delivery) -> bool:
        """The same key again answers the same and does nothing, unless it was refused (behaviour 7)."""
        if delivery.key in self._answered:
            return True
        what = delivery.what
        if isinstance(what, Join):
            purse = Purse()
            self._members[what.member] = member = Member(what.member, purse, Rank(), what.birthday)
            self._activity(member, "welcome", self._ledger.now, self._terms.welcome)
            done = True
        else:
            for number in members_of(what):
                self._ledger.expire(self._members[number].purse.holder())
            done = self._done(what)
        if done:
            self._answered.add(delivery.key)
        return done

    def _done(
        self, what: Sell | SendBack | Redeem | Cancel | Give | Buy | Refund | Do | Adjust | Merge | Assign | Erase
    ) -> bool:
        match what:
            case Sell():
                self._sales.sell(what)
            case SendBack():
                self._sales.send_back(what)
            case Redeem():
                return self._coupons.redeem(what)
            case Cancel():
                self._coupons.cancel(what)
            case Give():
                return self._give(what)
            case Buy() | Refund():
                self._trade(what)
            case Do():
                self._review(what)
            case Adjust():
                return self._adjust(what)
            case Merge():
                self._merge(what)
            case Erase():
                self._erase(self._person(what.member))
            case Assign():
                member = self._person(what.member)
                self._ranks.assign(member.rank, member.purse, what.level, what.until)
        return True

    # Everything else

    def _activity(self, member: Member, name: str, at: datetime, points: int) -> None:
        """Once, once a year, or so often a month: by the day on which it happened (behaviour 21)."""
        terms, year, month = self._terms, at.year, at.month
        key, most, days = {
            "welcome": ((name, 0, 0), 1, terms.expiry_days),
            "birthday": ((name, year, 0), 1, terms.expiry_days),
            "review": ((name, year, month), terms.reviews_max_per_month, terms.review_expiry_days),
        }[name]
        if member.times[key] < most:
            member.times[key] += 1
            self._ledger.earn(member.purse, points, at, days, name)
            self._ranks.count(member.rank, member.purse, at.date(), points)

    def _review(self, what: Do) -> None:
        if what.number not in self._reviews:
            self._reviews.add(what.number)
            self._activity(self._person(what.member), "review", what.at, self._terms.review)

    def _give(self, what: Give) -> bool:
        giver, taker = (self._person(number) for number in (what.sender, what.receiver))
        if giver is taker or what.points > giver.purse.available():
            return False
        self._ledger.move(giver.purse, taker.purse, what.points, "given")
        return True

    def _trade(self, what: Buy | Refund) -> None:
        """Bought points live as long as earned ones, and count for nothing. They go once, whoever has them by then."""
        if isinstance(what, Buy):
            if what.number not in self._bought:
                purse, days = self._person(what.receiver).purse, self._terms.expiry_days
                lot = self._ledger.earn(purse, what.points, self._ledger.now, days, "bought", counted=False)
                self._bought[what.number] = purse, what.points, lot
        elif what.number in self._bought and what.number not in self._refunded:
            self._refunded.add(what.number)
            purse, points, lot = self._bought[what.number]
            self._ledger.claw_back(purse, points, [lot], counted=False)

    def _adjust(self, what: Adjust) -> bool:
        """By hand. Only what was wrongly earned may leave a debt."""
        member, points, now = self._person(what.member), abs(what.points), self._ledger.now
        purse = member.purse
        if what.points > 0:
            self._ledger.earn(purse, points, now, self._terms.expiry_days, "adjusted", counted=what.counted)
        elif what.counted:
            self._ledger.claw_back(purse, points)
        elif points > purse.available():
            return False
        else:
            self._ledger.take(purse, points, f"adjusted: {what.taken_as}")
            if what.taken_as == "redeemed":
                purse.redeemed += points
            else:
                purse.expired += points
        if what.counted:
            self._ranks.count(member.rank, purse, now.date(), what.points)
        return True

    def _merge(self, what: Merge) -> None:
        """Two are one: sums and counts are added up, the higher standing counts, nobody is welcomed twice.

        What both have earned may lift them at once.
        """
        survivor, member = self._members[what.survivor], self._members[what.member]
        self._ledger.become(member.purse, survivor.purse)
        survivor.uses += member.uses
        for key, times in member.times.items():
            survivor.times[key] += times
        survivor.birthday = survivor.birthday or member.birthday
        survivor.rank.join(member.rank)
        self._ranks.judge(survivor.rank, survivor.purse)
        member.became = survivor

    def _erase(self, member: Member) -> None:
        """The person goes, and the sums stay: what was held is released, what waited is not earned after all, and what
        is left expires (behaviour 24). A debt stays.
        """
        purse = member.purse
        for use in member.uses:
            if use.state == "held":
                self._coupons.undo(use, "cancelled")
        for waiting in list(purse.waiting):
            self._ledger.give_up(waiting, waiting.points)
        points = max(0, purse.available())
        self._ledger.take(purse, points, "erased")
        purse.expired += points
        member.erased = True
