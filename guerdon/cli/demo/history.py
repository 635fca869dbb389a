"""A year of Acme, lived through its own commands: what the books hold afterwards is what they'd hold had it happened.

What happens lies in a heap by its time. A stretch of it is taken, the clock is set, and all of it goes to the desk at
once; what follows from it (an order after a redemption, a cancellation days later) goes back into the heap.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import NamedTuple

import msgspec

from guerdon.activities.adjust import AdjustPoints
from guerdon.activities.report import ReportActivity
from guerdon.activities.sign_up import sign_up
from guerdon.api.engine import Engine
from guerdon.cli.demo.programme import CURRENCY, REVIEW, Customer, draw_basket, draw_orders
from guerdon.earning.rule import VersionedRule
from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.kit.sql import load
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.merchants.merchant import Merchant
from guerdon.orders.order import OrderLine, ReturnedItem
from guerdon.orders.report import ReportOrder
from guerdon.orders.waiting import take_return
from guerdon.rewards.ending import CancelRedemption
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rule import Channel, Pricing
from guerdon.rewards.rules import Rule

ACTOR = "demo"
STRETCH = timedelta(hours=12)
STRETCH_MAX = 120
"""So much is decided at one moment of the story, so that the desk can commit it together."""

LOOK_FIRST = timedelta(days=3)
"""A year passes faster than PostgreSQL looks at its tables by itself, and it plans by what it has seen. So it is told
to after these days, and whenever there is twice as much."""

NIGHTS_APART = timedelta(days=14)
"""The worker comes so often: what has expired may lie there meanwhile, for nobody can spend it."""

SQL = load(__file__, "demo.sql")

Act = Callable[[datetime], Awaitable[None]]
"""What happens, told when."""

Progress = Callable[[datetime], None]

Night = Callable[[], Awaitable[None]]
"""Has all that is due done."""


@dataclass(order=True, slots=True)
class Happening:
    """Something that a customer does at a time; of two at the same time, the first one thought of."""

    at: datetime
    number: int
    customer: Customer = field(compare=False)
    act: Act = field(compare=False)


class Sale(NamedTuple):
    """An order as it was placed: `spent` are the points that its coupon cost."""

    order_id: str
    lines: tuple[OrderLine, ...]
    code: str | None
    spent: int
    at: datetime

    @property
    def total_minor(self) -> int:
        """What was paid, coupons aside."""
        return sum(line.price_minor for line in self.lines)


class StoryClock:
    """What time it is in the story."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class History:
    """A year under way."""

    def __init__(
        self, engine: Engine, clock: StoryClock, merchant: Merchant, rewards: Sequence[Rule],
        reviews: tuple[VersionedRule, ...], end: datetime, *, night: Night,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._clock = clock
        self._merchant = merchant
        self._rewards = rewards
        self._reviews = reviews
        self._end = end
        self._night = night
        self._coming: list[Happening] = []
        self._numbers = count(1)
        self._order_numbers = count(1001)

    async def live(self, customers: Sequence[Customer], on_progress: Progress) -> None:
        """Let these people join and shop until the end; `on_progress` hears how far the year has come."""
        for customer in customers:
            self._later(customer.joined_at, customer, partial(self._join, customer))
        begin = night_at = self._clock.now
        look_at = begin + LOOK_FIRST
        while self._coming:
            stretch = list(self._next_stretch())
            self._clock.now = max(self._clock.now, stretch[-1].at)
            if self._clock.now >= look_at:
                await self._engine.database.execute(SQL.look_at_tables)
                look_at = begin + 2 * (self._clock.now - begin)
            if self._clock.now >= night_at:
                await self._night()
                night_at = self._clock.now + NIGHTS_APART
            await asyncio.gather(*(happening.act(happening.at) for happening in stretch))
            on_progress(self._clock.now)
        self._clock.now = self._end
        await self._night()

    def _later(self, at: datetime, customer: Customer, act: Act) -> None:
        """Let it happen, unless the story is over by then."""
        if at < self._end:
            heapq.heappush(self._coming, Happening(at, next(self._numbers), customer, act))

    def _next_stretch(self) -> Iterator[Happening]:
        """What happens within a few hours, one thing a customer; the others wait for the next stretch."""
        until = self._coming[0].at + STRETCH
        busy: set[int] = set()
        waiting: list[Happening] = []
        while self._coming and self._coming[0].at < until and len(busy) < STRETCH_MAX:
            happening = heapq.heappop(self._coming)
            if happening.customer.number in busy:
                waiting.append(happening)
            else:
                busy.add(happening.customer.number)
                yield happening
        for happening in waiting:
            heapq.heappush(self._coming, happening)

    # What customers do

    async def _join(self, customer: Customer, at: datetime) -> None:
        for order_at in draw_orders(customer, self._end):
            self._later(order_at, customer, partial(self._shop, customer))
        profile = ProfileChange(
            first_name=customer.first_name,
            last_name=customer.last_name,
            country="US",
            has_account=True,
            opted_in=True,
            opted_in_at=at,
            tags=("counter",) if customer.number % 9 == 0 else (),
        )
        engine, merchant = self._engine, self._merchant
        member_id = await upsert_member(
            engine.database, merchant.merchant_id, customer.who, profile, self._clock.now
        )  # fmt: skip
        welcome = await sign_up(
            engine.database, engine.desk, self._clock, merchant, member_id, customer.who, actor=ACTOR
        )  # fmt: skip
        self._note(customer, welcome.points if welcome else 0)

    async def _shop(self, customer: Customer, at: datetime) -> None:
        """Perhaps redeem, then buy within the hour; sometimes redeem and leave."""
        random, redemption = customer.random, None
        if random.random() < customer.spends:
            redemption = await self._redeem(customer)
        if redemption is not None and random.random() < 0.12:
            if random.random() < 0.4:
                later = at + timedelta(hours=random.randint(2, 72))
                self._later(later, customer, partial(self._cancel_redemption, customer, redemption))
            return
        checkout = at + timedelta(minutes=random.randint(3, 55))
        self._later(checkout, customer, partial(self._buy, customer, redemption))

    async def _redeem(self, customer: Customer) -> Redemption | None:
        """A reward that the customer can pay, or now and then one that they cannot."""
        random = customer.random
        reach = customer.available + (400 if random.random() < 0.05 else 0)
        fitting = [rule for rule in self._rewards if _cost(rule) <= reach and rule.terms.tier_level <= customer.tier]
        if not fitting:
            return None
        rule = random.choice(fitting)
        points = None
        if rule.terms.pricing is Pricing.VARIABLE:
            points = min(reach // 100 * 100, 100 * random.randint(3, 20))
        command = Redeem(
            merchant=self._merchant,
            who=customer.who,
            rule_id=rule.rule_id,
            points=points,
            delayed=random.random() < 0.5,
            channel=Channel.ONLINE,
        )
        try:
            redemption = (await self._engine.desk.submit(command, actor=ACTOR)).value
        except NotEnoughPoints as refusal:
            customer.available = refusal.available
            return None
        except Refusal:
            return None
        customer.available -= redemption.points
        return redemption

    async def _cancel_redemption(self, customer: Customer, redemption: Redemption, _at: datetime) -> None:
        """The coupon is given back after all; those that nobody gives back, the worker ends in their time."""
        command = CancelRedemption(merchant=self._merchant, redemption_id=redemption.redemption_id)
        customer.available += (await self._engine.desk.submit(command, actor=ACTOR)).value.points

    async def _buy(self, customer: Customer, redemption: Redemption | None, at: datetime) -> None:
        """An order, and what may follow: a review, something sent back, a cancellation, an apology."""
        random = customer.random
        code, spent = (redemption.code, redemption.points) if redemption else (None, 0)
        sale = Sale(f"A-{next(self._order_numbers)}", draw_basket(random), code, spent, at)
        points = await self._report(customer, sale, "paid")
        chance = random.random()
        if chance < 0.15:
            self._later(at + timedelta(days=random.randint(4, 20)), customer, partial(self._review, customer, sale))
        elif chance < 0.19:
            self._later(at + timedelta(days=random.randint(3, 25)), customer, partial(self._return, customer, sale))
        elif chance < 0.22:
            later = at + timedelta(hours=random.randint(5, 120))
            self._later(later, customer, partial(self._cancel, customer, sale, points))
        elif chance < 0.25:
            self._later(at + timedelta(days=2), customer, partial(self._apologize, customer))

    async def _review(self, customer: Customer, sale: Sale, at: datetime) -> None:
        command = ReportActivity(
            merchant=self._merchant, who=customer.who, name=REVIEW, activity_id=f"{REVIEW}-{sale.order_id}",
            rules=self._reviews, at=at,
        )  # fmt: skip
        self._note(customer, (await self._engine.desk.submit(command, actor=ACTOR)).value.points)

    async def _return(self, customer: Customer, sale: Sale, _at: datetime) -> None:
        """One of the goods comes back."""
        line = customer.random.choice(sale.lines)
        await take_return(
            self._engine.database, self._engine.desk, self._merchant, return_id=f"R-{sale.order_id}",
            order_id=sale.order_id, total_minor=line.price_minor, currency=CURRENCY,
            items=(ReturnedItem(line.id, 1),), actor=ACTOR,
        )  # fmt: skip

    async def _cancel(self, customer: Customer, sale: Sale, points: int, _at: datetime) -> None:
        await self._report(customer, sale, "cancelled")
        self._note(customer, -points)
        customer.available += sale.spent

    async def _apologize(self, customer: Customer, _at: datetime) -> None:
        command = AdjustPoints(
            merchant=self._merchant, who=customer.who, points=150, counted=True, below_zero=True,
            title="Sorry for the delay",
        )  # fmt: skip
        customer.available = (await self._engine.desk.submit(command, actor=ACTOR)).value.available

    # What the shop reports

    async def _report(self, customer: Customer, sale: Sale, status: str) -> int:
        """Report the order; returns the points that it has earned by now."""
        document = {
            "order_id": sale.order_id,
            "status": status,
            "total_amount_cents": sale.total_minor,
            "coupon_code": sale.code,
        }
        command = ReportOrder(
            merchant=self._merchant,
            who=customer.who,
            order_id=sale.order_id,
            total_minor=sale.total_minor,
            currency=CURRENCY,
            status=status,
            codes=(sale.code,) if sale.code else (),
            placed_at=sale.at,
            lines=sale.lines,
            document=msgspec.json.encode(document).decode(),
        )
        points = (await self._engine.desk.submit(command, actor=ACTOR)).value.points
        self._note(customer, points)
        return points

    def _note(self, customer: Customer, points: int) -> None:
        customer.available += points
        customer.earned += points


def _cost(rule: Rule) -> int:
    """The fewest points that the rule takes."""
    return max(rule.terms.points, rule.terms.minimum_points or 0)
