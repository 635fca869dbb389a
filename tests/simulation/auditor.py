"""The auditor: reads the script and works out what every member must have. Imports nothing of guerdon.

Deliberately plain: everything is worked out again from what was told, with whole numbers, day by day, as behaviour.md
has it. What it does not say is said here where it is decided.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta

from tests.simulation.awards import Awards
from tests.simulation.coupons import Coupons
from tests.simulation.friends import Friends
from tests.simulation.ledger import Ledger, Lot, Purse, Sums
from tests.simulation.people import Member, People
from tests.simulation.ranks import Rank, Ranks
from tests.simulation.sales import Sales
from tests.simulation.script import (
    Adjust,
    Allow,
    Assign,
    Buy,
    Cancel,
    Delivery,
    Dissolve,
    Do,
    Enter,
    Erase,
    Found,
    Give,
    Homely,
    Join,
    Leave,
    Merge,
    Night,
    Redeem,
    Refund,
    Sell,
    SendBack,
    Share,
    Terms,
    Tick,
    Unmerge,
    What,
    members_of,
)


class Auditor:
    """Hears the same as the engine, and says of each message whether it is done or refused."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._reviews: set[int] = set()
        self._bought: dict[int, tuple[Member, Member, Purse, int, Lot]] = {}
        self._refunded: set[int] = set()
        self._answered: set[str] = set()
        self._worked: date | None = None
        self._ledger = Ledger(terms.grace_days)
        self._ranks = Ranks(terms, self._ledger)
        self._people = People(terms, self._ledger, self._ranks)
        self._person = self._people.person
        self._coupons = Coupons(terms, self._ledger, self._person)
        awards = Awards(self._ledger, terms.expiry_days)
        self._friends = Friends(terms, self._ledger, self._ranks, awards, self._person)
        self._sales = Sales(terms, self._ranks, self._coupons, awards, self._friends, self._person)

    @property
    def people(self) -> list[int]:
        """Everybody who has not become another."""
        return [member.number for member in self._people.members.values() if member.became is None]

    @property
    def friends(self) -> int:
        """For how many friends their members are rewarded."""
        return self._friends.rewarded

    def sums(self, number: int) -> Sums:
        """What a member must have; members of a household all have what it has."""
        member = self._people.members[number]
        return member.purse.sums(member.rank.level)

    def totals(self) -> Counter[str]:
        """What all have together, and the sum of their levels."""
        totals: Counter[str] = Counter()
        for purse in self._people.purses():
            totals.update(purse.alone(0)._asdict())
        totals["level"] = sum(self._people.members[number].rank.level for number in self.people)
        return totals

    def lines(self, number: int) -> list[str]:
        """How it came to that."""
        purse = self._people.members[number].purse
        return sorted(line for one in (purse, *purse.followers) for line in one.lines)

    def person(self, number: int) -> int:
        """Whom a member has become, or the same."""
        return self._person(number).number

    # What happens

    def tick(self, tick: Tick) -> list[bool]:
        """Of each delivery, whether it is done."""
        self._ledger.now = tick.at
        return [self._deliver(delivery) for delivery in tick.deliveries]

    def night(self, night: Night) -> None:
        """The jobs, in their order (behaviour 26); holds that are over end before."""
        self._ledger.now = night.at
        today = self._ledger.today
        people = self._people.members.values()
        present = [member for member in people if not member.became and not member.gone]
        purses = self._people.purses()
        self._coupons.end_holds()
        for purse in purses:
            self._ledger.activate(purse, self._terms.expiry_days)
        for purse in purses:
            self._ledger.expire(purse)
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
            member = Member(what.member, Purse(), Rank(), what.birthday)
            self._people.members[what.member] = member
            self._friends.join(member, what.referrer)
            self._activity(member, "welcome", self._ledger.now, self._terms.welcome)
            done = True
        else:
            for number in members_of(what):
                self._ledger.expire(self._person(number).purse)
            done = self._done(what)
        if done:
            self._answered.add(delivery.key)
        return done

    def _done(self, what: What) -> bool:
        match what:
            case Sell():
                return self._sales.sell(what)
            case SendBack():
                self._sales.send_back(what)
            case Redeem():
                return self._coupons.redeem(what)
            case Cancel():
                self._coupons.cancel(what)
            case Give():
                return self._give(what)
            case Buy() | Refund():
                return self._trade(what)
            case Do():
                self._review(what)
            case Adjust():
                return self._adjust(what)
            case Share():
                return self._friends.share(what)
            case Found() | Enter() | Allow() | Leave() | Dissolve():
                return self._households(what)
            case _:
                return self._persons(what)
        return True

    def _persons(self, what: What) -> bool:
        match what:
            case Merge():
                return self._people.merge(what)
            case Unmerge():
                return self._people.unmerge(what)
            case Assign():
                member = self._person(what.member)
                self._ranks.assign(member.rank, member.purse, what.level, what.until)
            case Erase():
                self._erase(self._person(what.member))
            case _:
                raise AssertionError(what)
        return True

    def _households(self, what: Homely) -> bool:
        match what:
            case Found():
                return self._people.found(what)
            case Enter():
                return self._people.enter(what)
            case Allow():
                return self._people.allow(what)
            case Leave():
                return self._people.leave(what)
            case Dissolve():
                return self._people.dissolve(what)

    # Everything else

    def _activity(self, member: Member, name: str, at: datetime, points: int) -> None:
        """Once, once a year, or so often a month: by the day on which it happened (behaviour 21)."""
        terms, year, month = self._terms, at.year, at.month
        key, most, days = {
            "welcome": ((name, 0, 0), 1, terms.expiry_days),
            "birthday": ((name, year, 0), 1, terms.expiry_days),
            "review": ((name, year, month), terms.reviews_max_per_month, terms.review_expiry_days),
        }[name]
        if member.done(key) < most:
            member.times[key] += 1
            self._ledger.earn(member.purse, points, at, days, name)
            self._ranks.count(member.rank, member.purse, at.date(), points)

    def _review(self, what: Do) -> None:
        if what.number not in self._reviews:
            self._reviews.add(what.number)
            self._activity(self._person(what.member), "review", what.at, self._terms.review)

    def _give(self, what: Give) -> bool:
        giver, taker = (self._person(number) for number in (what.sender, what.receiver))
        if giver.purse is taker.purse or not giver.may_spend or what.points > giver.purse.available():
            return False
        self._ledger.move(giver.purse, taker.purse, what.points, "given")
        return True

    def _trade(self, what: Buy | Refund) -> bool:
        """Bought points live as long as earned ones, and count for nothing. They go once, whoever has them by then."""
        if isinstance(what, Buy):
            buyer, receiver = self._person(what.member), self._person(what.receiver)
            if before := self._bought.get(what.number):
                return before[0].person() is buyer and before[1].person() is receiver
            purse, days = receiver.purse, self._terms.expiry_days
            lot = self._ledger.earn(purse, what.points, self._ledger.now, days, "bought", counted=False)
            self._bought[what.number] = buyer, receiver, purse, what.points, lot
        elif what.number in self._bought and what.number not in self._refunded:
            self._refunded.add(what.number)
            _, _, purse, points, lot = self._bought[what.number]
            self._ledger.claw_back(purse, points, [lot], counted=False)
        return True

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

    def _erase(self, member: Member) -> None:
        """The person goes, and the sums stay: what was held is released, what waited is not earned after all, and what
        is left expires (behaviour 24). A debt stays.
        """
        self._people.take_out(member)
        for use in self._coupons.of(member):
            if use.state == "held":
                self._coupons.undo(use, "cancelled")
        purse = member.own
        for one in (purse, *purse.followers):
            for waiting in one.waiting:
                self._ledger.give_up(waiting, waiting.points)
            one.waiting = []
        self._ledger.expire(purse)
        points = max(0, purse.available())
        self._ledger.take(purse, points, "erased")
        purse.expired += points
        self._friends.forget(member)
        member.gone = member.rank.gone = True
