"""Draws a year from a seed: the same seed, members and days give the same script, to the last message.

Knows what it has sent, and nothing of what became of it: whether points are enough, the engine and the auditor say.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal

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
    Join,
    Kin,
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

FIRST_DAY = date(2026, 2, 20)
"""Both changes of the clock lie ahead, and an end of February."""

HOURS = (time(0, 40), time(9), time(12), time(15), time(18), time(21), time(23, 30))
NIGHT_AT, LATE_AT = time(0, 5), time(13, 10)

ORDERS_A_YEAR, REDEMPTIONS_A_YEAR, REVIEWS_A_YEAR = 18, 10, 3
PURCHASES_A_YEAR = 1
MOVES_A_YEAR, ADJUSTMENTS_A_YEAR, ASSIGNMENTS_A_YEAR, ERASURES_A_YEAR = 1, 1, 0.3, 0.15
SHARES_A_YEAR, HOUSEHOLDS_A_YEAR, MERGES_A_YEAR = 0.12, 0.06, 0.08
"""For each member, about. The last ones make kin of them, whose messages wait for one another."""


def draw_terms(seed: int, days: int) -> Terms:
    """The programme of a seed: policies differ from one to the next."""
    random = Random(f"terms {seed}")
    starts = FIRST_DAY + timedelta(days=random.randrange(days // 4, days // 2))
    return Terms(
        campaign=(starts, starts + timedelta(days=21)),
        grace_days=random.choice((0, 0, 5)),
        late_capture=random.choice(("recapture", "recapture", "flag")),
        returned_rewards=random.choice(("reward_first", "proportional", "when_full")),
        tier_term=random.choice(("rolling_year", "calendar_year", "lifetime")),
        tier_grace_days=random.choice((0, 3)),
        household_share=random.choice(("stays", "equal")),
        referral_pending_days=random.choice((0, 7)),
    )


class Draw:
    """One script in the making. Small programmes are livelier, so that a short run has something of everything."""

    def __init__(self, seed: int, members: int, days: int, terms: Terms) -> None:
        self._random = Random(seed)
        self._members, self._days, self._terms = members, days, terms
        self._pace, self._bonds = (3, 12) if members < 500 else (1, 1)
        self._agenda: dict[int, list[Delivery]] = defaultdict(list)
        self._numbers: dict[str, int] = defaultdict(int)
        self._joined: list[int] = []
        self._present: list[int] = []
        self._became: dict[int, int] = {}
        self._ever, self._sharing = Kin(), Kin()
        self._home_of: dict[int, int] = {}
        self._introducing: set[int] = set()
        self._erased: set[int] = set()
        self._coupons: dict[int, list[int]] = defaultdict(list)
        self._holds_until: dict[int, int] = {}
        self._day, self._tick = 0, 0

    def ticks(self) -> Iterator[Tick | Night]:
        """Every night and tick of the year; the last night is never missed, and nothing goes wrong in it."""
        missed = 0
        for day in range(self._days):
            self._day = day
            missed, night = self._night(missed)
            if night is not None and night.at.time() == NIGHT_AT:
                yield night
            for place, hour in enumerate(HOURS):
                self._tick = day * len(HOURS) + place
                yield self._filled(datetime.combine(self._date(), hour))
                if night is not None and night.at.time() == LATE_AT and hour == HOURS[2]:
                    yield night
        self._day = self._days
        yield Night(datetime.combine(self._date(), NIGHT_AT), "none")

    def _night(self, missed: int) -> tuple[int, Night | None]:
        """The night of the day; at most four in a row are missed."""
        random = self._random
        if missed < 4 and random.random() < (0.5 if missed else 0.06):
            return missed + 1, None
        at = LATE_AT if random.random() < 0.05 else NIGHT_AT
        fault = random.choice(("none", "none", "none", "killed", "twice", "together", "anew"))
        return 0, Night(datetime.combine(self._date(), at), fault)

    def _filled(self, at: datetime) -> Tick:
        """All that happens at this moment, and what was due to arrive."""
        self._join()
        for what, a_year, pace in (
            (self._order, ORDERS_A_YEAR, self._pace),
            (self._redeem, REDEMPTIONS_A_YEAR, self._pace),
            (self._review, REVIEWS_A_YEAR, self._pace),
            (self._move, MOVES_A_YEAR, self._pace),
            (self._buy, PURCHASES_A_YEAR, self._pace),
            (self._adjust, ADJUSTMENTS_A_YEAR, self._pace),
            (self._assign, ASSIGNMENTS_A_YEAR, self._pace),
            (self._share, SHARES_A_YEAR, self._bonds),
            (self._household, HOUSEHOLDS_A_YEAR, self._bonds),
            (self._merge, MERGES_A_YEAR, self._bonds),
            (self._erase, ERASURES_A_YEAR, self._pace),
        ):
            for _ in range(self._times(len(self._present) * a_year * pace)):
                what(at)
        restart = self._random.randrange(2) if self._random.random() < 0.01 else None
        return Tick(at, tuple(self._arriving()), restart)

    def _arriving(self) -> Iterator[Delivery]:
        """What is due now, but for what would be of somebody who has left for good."""
        for delivery in self._agenda.pop(self._tick, ()):
            if self._erased.isdisjoint(members_of(delivery.what)):
                yield delivery
                self._note(delivery.what)
            if isinstance(delivery.what, Erase):
                self._erased |= {one for one in self._joined if self._ever.alike(one, delivery.what.member)}

    def _note(self, what: What) -> None:
        """Who is who and lives where now, as far as nothing of it was refused."""
        match what:
            case Unmerge(member=member):
                self._became.pop(member, None)
            case Found(household=household, member=member) | Enter(household=household, member=member):
                self._home_of.setdefault(member, household)
            case Leave(member=member):
                self._home_of.pop(member, None)
            case Dissolve(household=household):
                self._home_of = {one: home for one, home in self._home_of.items() if home != household}
            case _:
                pass

    def _times(self, a_year: float) -> int:
        """How often something happens in a tick."""
        often = a_year / 365 / len(HOURS)
        return int(often) + (self._random.random() < often % 1)

    # What happens

    def _join(self) -> None:
        """Half of the members are there in the first days, the others come in the first two thirds of the time."""
        while len(self._joined) < self._members:
            share = len(self._joined) / self._members
            if self._day < (2 if share < 0.5 else (2 * share - 1) * self._days * 2 / 3):
                return
            if len(self._joined) >= self._members * (self._tick + 1) // (4 * len(HOURS)) and share < 0.5:
                return
            member = self._number("member")
            random, birthday = self._random, None
            if random.random() < 0.6:
                # Not within days of joining: whether that counts this year is a matter of minutes.
                then = self._date() + timedelta(days=random.randrange(20, 340))
                birthday = (then.month, then.day)
            referrer = None
            if self._present and self._tick not in self._introducing and random.random() < 0.15 * self._pace:
                self._introducing.add(self._tick)
                referrer = self._someone()
            self._joined.append(member)
            self._present.append(member)
            self._send(Join(member, birthday, referrer))

    def _order(self, at: datetime) -> None:
        """An order with its statuses, told of late, twice or out of order, and what comes back of it."""
        random, member, order = self._random, self._someone(), self._number("order")
        cents = random.choice((random.randrange(500, 4000), random.randrange(2000, 20000)))
        currency, total = random.choices(
            (("USD", cents), ("JPY", cents * 3 // 2), ("KWD", cents * 3)), weights=(8, 1, 1)
        )[0]
        shipping = random.choice((0, total // 20))
        specials, coupons = random.choice((0, 0, 0, 1, 3)), self._coupons_of(member)

        def told(status: Literal["placed", "paid", "fulfilled", "cancelled"], later: int, amount: int = total) -> None:
            sold = Sell(
                order, member, status, currency, amount, shipping, total // 25, specials, coupons, at
            )  # fmt: skip
            self._send(sold, later=later, again=0.15)

        placed = random.choice((0, 0, 0, 1, 9))
        paid = placed + random.choice((0, 1, 2, 20, 90))
        if random.random() < 0.7:
            told("placed", placed)
        if random.random() < 0.92:
            told("paid", paid)
        end = paid + random.randrange(1, 30)
        fate = random.random()
        if fate < 0.08:
            told("cancelled", end)
            if random.random() < 0.3:
                told("paid", end + random.randrange(1, 60))
        elif fate < 0.8:
            told("fulfilled", end)
        if not coupons and random.random() < 0.06:
            told("paid", end + random.randrange(1, 120), max(100, total * random.randrange(70, 130) // 100))
        if random.random() < 0.22:
            self._send_back(order, member, total, placed)

    def _send_back(self, order: int, member: int, total: int, placed: int) -> None:
        """Some of the order comes back in one to three parts, or all of it; now and then before anybody told of it."""
        random = self._random
        parts = random.choice((1, 1, 2, 3))
        left = total if random.random() < 0.4 else total * random.randrange(10, 95) // 100
        for part in range(parts):
            amount = left if part == parts - 1 else random.randrange(0, left + 1)
            left -= amount
            later = max(0, placed - 5) if random.random() < 0.1 else placed + random.randrange(0, 60 * len(HOURS))
            back = SendBack(self._number("return"), order, member, amount)
            self._send(back, later=later, again=0.15)

    def _redeem(self, _: datetime) -> None:
        """A redemption; most of its coupons find an order of their member later, some are cancelled, some forgotten."""
        random, member, number = self._random, self._someone(), self._number("redemption")
        place = random.choices((0, 1, 2), weights=(5, 4, 2))[0]
        points = self._terms.rewards[place].points * random.choice((1, 1, 1, 2, 3))
        purse = self._sharing.of(member)
        # One hold at a time: of two that end in one night, neither is the first.
        delayed = random.random() < 0.5 and self._holds_until.get(purse, 0) <= self._day
        if delayed:
            self._holds_until[purse] = self._day + self._terms.hold_days + 7
        self._send(Redeem(number, member, place, points, delayed), again=0.1)
        fate = random.random()
        if fate < 0.12:
            self._send(Cancel(number, member), later=random.randrange(1, 200), again=0.3)
        elif fate < 0.8:
            self._coupons[self._person(member)].append(number)

    def _review(self, at: datetime) -> None:
        number, ago = self._number("review"), self._random.choice((0, 0, 0, 1, 4))
        self._send(Do(number, self._someone(), at - timedelta(days=ago, minutes=7)), again=0.2)

    def _move(self, _: datetime) -> None:
        one, other = self._someone(), self._someone()
        if self._person(one) != self._person(other):
            self._send(Give(one, other, self._random.randrange(1, 200), self._random.random() < 0.5), again=0.1)

    def _buy(self, _: datetime) -> None:
        """Some points for oneself or for another; now and then the money is given back later."""
        random, member, number = self._random, self._someone(), self._number("purchase")
        receiver = member if random.random() < 0.7 else self._someone()
        self._send(Buy(number, member, receiver, random.randrange(20, 300)), again=0.1)
        if random.random() < 0.4:
            self._send(Refund(number, receiver), later=random.randrange(1, 60 * len(HOURS)), again=0.3)

    def _adjust(self, _: datetime) -> None:
        random = self._random
        points = random.choice((-1, 1, 1)) * random.randrange(1, 150)
        taken_as = random.choice(("redeemed", "expired"))
        self._send(Adjust(self._someone(), points, random.random() < 0.5, taken_as), again=0.1)

    def _assign(self, _: datetime) -> None:
        until = self._date() + timedelta(days=self._random.randrange(2, 40))
        level = self._random.randrange(len(self._terms.tiers) + 1)
        self._send(Assign(self._someone(), level, until), again=0.1)

    def _share(self, _: datetime) -> None:
        """A member tells some who are members and some who may become one."""
        member, random = self._someone(), self._random
        for _each in range(random.choice((1, 1, 2, 3))):
            self._send(Share(member, random.randrange(1, self._members + 1)), later=self._introduction())

    def _introduction(self) -> int:
        """In how many ticks a friend may be introduced: one at a time, since of two at once neither was the first."""
        later = 0
        while self._tick + later in self._introducing:
            later += 1
        self._introducing.add(self._tick + later)
        return later

    def _household(self, _: datetime) -> None:
        """A member shares with up to three others, who may spend or may not, for a while or for good."""
        random, number, founder = self._random, self._number("household"), self._someone_alone()
        self._send(Found(number, founder), again=0.2)
        for place in range(random.choice((1, 1, 2, 3))):
            member, came = self._someone_alone(), 1 + 9 * place + random.randrange(8)
            self._share_holds(founder, member)
            self._send(Enter(number, member, random.random() < 0.7), later=came, again=0.2)
            if random.random() < 0.5:
                self._send(Allow(number, member, random.random() < 0.7), later=came + random.randrange(1, 100))
            if random.random() < 0.5:
                share = random.choice((None, 0, random.randrange(1, 150)))
                self._send(Leave(number, member, share), later=came + random.randrange(1, 300), again=0.2)
        if random.random() < 0.5:
            end = Dissolve(number, founder) if random.random() < 0.7 else Leave(number, founder, None)
            self._send(end, later=random.randrange(30, 500))

    def _merge(self, _: datetime) -> None:
        """Two who live in no household are one; now and then they are not, after all."""
        random, number = self._random, self._number("merge")
        survivor, member = self._person(self._someone()), self._person(self._someone())
        if survivor == member or (self._home_of.keys() & {survivor, member} and random.random() < 0.9):
            return
        self._send(Merge(number, survivor, member))
        self._became[member] = survivor
        self._ever.unite(survivor, member)
        self._share_holds(survivor, member)
        self._coupons[survivor] += self._coupons.pop(member, [])
        if random.random() < 0.6:
            later = random.randrange(1, (self._terms.merge_undo_days + 3) * len(HOURS))
            self._send(Unmerge(number, survivor, member), later=later, again=0.3)

    def _share_holds(self, one: int, other: int) -> None:
        """Points of both may be held in one purse from now on."""
        days = [self._holds_until.get(self._sharing.of(member), 0) for member in (one, other)]
        self._sharing.unite(one, other)
        self._holds_until[self._sharing.of(one)] = max(days)

    def _erase(self, _: datetime) -> None:
        """Somebody leaves, as long as there are others; whoever was the same at any time is silent too."""
        someone = self._someone()
        left = [one for one in self._present if not self._ever.alike(one, someone)]
        if left:
            self._present = left
            self._send(Erase(self._person(someone)))

    # How it arrives

    def _send(self, what: What, *, later: int = 0, again: float = 0.0) -> None:
        """Have it delivered so many ticks from now, and perhaps again: under the same key, or where it has a number of
        its own, under another.
        """
        random = self._random
        key, by_http, lost = self._key(), random.random() < 0.08, random.random() < 0.02
        tick = self._tick + later
        self._agenda[tick].append(Delivery(key, what, by_http, lost))
        while random.random() < again:
            tick += random.choice((0, 1, 3, 25))
            if isinstance(what, Sell | SendBack | Do | Cancel | Buy | Refund) and random.random() < 0.5:
                key = self._key()
            self._agenda[tick].append(Delivery(key, what, by_http))

    def _coupons_of(self, member: int) -> tuple[int, ...]:
        """One or two of the coupons that the person has not used, now and then."""
        unused = self._coupons[self._person(member)]
        if not unused or self._random.random() < 0.3:
            return ()
        return tuple(unused.pop(0) for _ in range(min(len(unused), self._random.choice((1, 1, 2)))))

    def _someone(self) -> int:
        """A member who has joined and has not left, also by the number of one who became another."""
        return self._random.choice(self._present)

    def _someone_alone(self) -> int:
        """Most often somebody who lives in no household, and has become nobody else."""
        members = [self._someone() for _ in range(6)]
        alone = (one for one in members if one not in self._home_of and one not in self._became)
        return next(alone, members[0])

    def _person(self, member: int) -> int:
        while member in self._became:
            member = self._became[member]
        return member

    def _number(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind]

    def _key(self) -> str:
        return f"message-{self._number('message')}"

    def _date(self) -> date:
        return FIRST_DAY + timedelta(days=self._day)
