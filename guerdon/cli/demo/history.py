"""A year of Acme, lived through its own commands: what the books hold afterwards is what they'd hold had it happened.

What happens lies in a heap by its time. A stretch of it is taken, the clock is set, and all of it goes to the desk at
once; what follows from it (an order after a redemption, a cancellation days later) goes back into the heap.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import NamedTuple

import msgspec

from guerdon.activities.adjust import AdjustPoints
from guerdon.api.engine import Engine
from guerdon.cli.demo.programme import (
    CURRENCY,
    POINTS_PER_DOLLAR,
    TIERS,
    WELCOME_POINTS,
    Customer,
    draw_customers,
    draw_orders,
    draw_total,
)
from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.kit.sql import load
from guerdon.members.members import ProfileChange, find_member, set_standing, upsert_member
from guerdon.merchants.merchant import Merchant
from guerdon.orders.report import ReportOrder
from guerdon.rewards.ending import CancelRedemption, ExpireRedemption
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rule import Channel, Pricing
from guerdon.rewards.rules import Rule

ACTOR = "demo"
STRETCH = timedelta(hours=8)
STRETCH_MAX = 100
"""So much is decided at one moment of the story, so that the desk can commit it together."""

LOOK_FIRST = timedelta(days=3)
"""A year passes faster than PostgreSQL looks at its tables by itself, and it plans by what it has seen. So it is told
to after these days, and whenever there is twice as much."""

SQL = load(__file__, "demo.sql")

Act = Callable[[datetime], Awaitable[None]]
"""What happens, told when."""

Progress = Callable[[datetime], None]


@dataclass(order=True, slots=True)
class Happening:
    """Something that a customer does at a time; of two at the same time, the first one thought of."""

    at: datetime
    number: int
    customer: Customer = field(compare=False)
    act: Act = field(compare=False)


class Sale(NamedTuple):
    """An order as it was placed."""

    order_id: str
    total_minor: int
    codes: tuple[str, ...]
    at: datetime


class StoryClock:
    """What time it is in the story."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class History:
    """A year under way."""

    def __init__(
        self, engine: Engine, clock: StoryClock, merchant: Merchant, rules: list[Rule], random: Random, end: datetime
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._merchant = merchant
        self._rules = rules
        self._random = random
        self._end = end
        self._coming: list[Happening] = []
        self._numbers = count(1)
        self._order_numbers = count(1001)

    async def live(self, members: int, on_progress: Progress) -> None:
        """Let so many people join and shop until the end; `on_progress` hears how far the year has come."""
        for customer in draw_customers(self._random, members, self._clock.now, self._end):
            self._later(customer.joined_at, customer, partial(self._join, customer))
            for at in draw_orders(self._random, customer, self._end):
                self._later(at, customer, partial(self._shop, customer))
        begin = self._clock.now
        look_at = begin + LOOK_FIRST
        while self._coming:
            stretch = list(self._next_stretch())
            self._clock.now = max(self._clock.now, stretch[-1].at)
            if self._clock.now >= look_at:
                await self._engine.database.execute(SQL.look_at_tables)
                look_at = begin + 2 * (self._clock.now - begin)
            await asyncio.gather(*(happening.act(happening.at) for happening in stretch))
            on_progress(self._clock.now)

    def _later(self, at: datetime, customer: Customer, act: Act) -> None:
        """Let it happen, unless the story is over by then."""
        if at < self._end:
            heapq.heappush(self._coming, Happening(at, next(self._numbers), customer, act))

    def _next_stretch(self) -> Iterator[Happening]:
        """What happens within a few hours, one thing a customer."""
        until = self._coming[0].at + STRETCH
        busy: set[int] = set()
        while self._coming and self._coming[0].at < until and len(busy) < STRETCH_MAX:
            if self._coming[0].customer.number in busy:
                return
            happening = heapq.heappop(self._coming)
            busy.add(happening.customer.number)
            yield happening

    # What customers do

    async def _join(self, customer: Customer, at: datetime) -> None:
        profile = ProfileChange(
            first_name=customer.first_name,
            last_name=customer.last_name,
            country="US",
            has_account=True,
            opted_in=True,
            opted_in_at=at,
            tags=("counter",) if customer.number % 9 == 0 else (),
        )
        await upsert_member(self._engine.database, self._merchant.merchant_id, customer.who, profile, self._clock.now)
        self._later(at + timedelta(minutes=1), customer, partial(self._give, customer, WELCOME_POINTS, "Welcome"))

    async def _give(self, customer: Customer, points: int, title: str, _at: datetime) -> None:
        await self._adjust(customer, points, title)

    async def _shop(self, customer: Customer, at: datetime) -> None:
        """Perhaps redeem, then buy within the hour; sometimes redeem and leave."""
        redemption = None
        if self._random.random() < customer.spends:
            redemption = await self._redeem(customer)
        if redemption is not None and self._random.random() < 0.12:
            self._leave(customer, redemption, at)
            return
        codes = (redemption.code,) if redemption else ()
        checkout = at + timedelta(minutes=self._random.randint(3, 55))
        self._later(checkout, customer, partial(self._buy, customer, codes))

    async def _redeem(self, customer: Customer) -> Redemption | None:
        """The dearest reward that the customer can pay, or now and then one that they cannot."""
        reach = customer.available + (400 if self._random.random() < 0.05 else 0)
        fitting = [rule for rule in self._rules if _cost(rule) <= reach and rule.terms.tier_level <= customer.tier]
        if not fitting:
            return None
        rule = self._random.choice(fitting)
        points = None
        if rule.terms.pricing is Pricing.VARIABLE:
            points = min(reach // 100 * 100, 100 * self._random.randint(3, 20))
        command = Redeem(
            merchant=self._merchant,
            who=customer.who,
            rule_id=rule.rule_id,
            points=points,
            delayed=self._random.random() < 0.5,
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

    def _leave(self, customer: Customer, redemption: Redemption, at: datetime) -> None:
        """The coupon is given back, or forgotten until its time is over."""
        if self._random.random() < 0.4:
            later = at + timedelta(hours=self._random.randint(2, 72))
            cancel = CancelRedemption(merchant=self._merchant, redemption_id=redemption.redemption_id)
            self._later(later, customer, partial(self._end_redemption, customer, cancel))
        elif redemption.delayed and redemption.expires_at is not None:
            expire = ExpireRedemption(merchant=self._merchant, redemption_id=redemption.redemption_id)
            self._later(redemption.expires_at, customer, partial(self._end_redemption, customer, expire))

    async def _end_redemption(
        self, customer: Customer, command: CancelRedemption | ExpireRedemption, _at: datetime
    ) -> None:
        customer.available += (await self._engine.desk.submit(command, actor=ACTOR)).value.points

    async def _buy(self, customer: Customer, codes: tuple[str, ...], at: datetime) -> None:
        """An order, the points it earns, and what may follow: a better tier, an apology, a cancellation."""
        sale = Sale(f"A-{next(self._order_numbers)}", draw_total(self._random), codes, at)
        # A third is bought in weeks when points are doubled, and those do not last.
        doubled = self._random.random() < 0.3
        points = sale.total_minor * POINTS_PER_DOLLAR * (2 if doubled else 1) // 100
        expires_at = self._merchant.end_of_day(at, days_later=90) if doubled else None
        await asyncio.gather(
            self._report(customer, sale, "paid"),
            self._adjust(customer, points, f"Order {sale.order_id}", expires_at=expires_at),
        )
        await self._raise_tier(customer)
        if self._random.random() < 0.03:
            self._later(at + timedelta(days=2), customer, partial(self._give, customer, 150, "Sorry for the delay"))
        if self._random.random() < 0.03:
            later = at + timedelta(hours=self._random.randint(5, 120))
            self._later(later, customer, partial(self._cancel, customer, sale, points))

    async def _cancel(self, customer: Customer, sale: Sale, points: int, _at: datetime) -> None:
        await asyncio.gather(
            self._report(customer, sale, "cancelled"),
            self._adjust(customer, -points, f"Order {sale.order_id} was cancelled"),
        )

    # The commands

    async def _report(self, customer: Customer, sale: Sale, status: str) -> None:
        document = {
            "order_id": sale.order_id,
            "status": status,
            "total_amount_cents": sale.total_minor,
            "coupon_code": ",".join(sale.codes),
        }
        command = ReportOrder(
            merchant=self._merchant,
            who=customer.who,
            order_id=sale.order_id,
            total_minor=sale.total_minor,
            currency=CURRENCY,
            status=status,
            codes=sale.codes,
            placed_at=sale.at,
            document=msgspec.json.encode(document).decode(),
        )
        await self._engine.desk.submit(command, actor=ACTOR)

    async def _adjust(self, customer: Customer, points: int, title: str, *, expires_at: datetime | None = None) -> None:
        command = AdjustPoints(
            merchant=self._merchant,
            who=customer.who,
            points=points,
            counted=True,
            below_zero=True,
            title=title,
            expires_at=expires_at,
        )
        customer.available = (await self._engine.desk.submit(command, actor=ACTOR)).value.available
        customer.earned += points

    async def _raise_tier(self, customer: Customer) -> None:
        tier = next((level for least, level in TIERS if customer.earned >= least), 0)
        if tier > customer.tier:
            customer.tier = tier
            merchant_id, database = self._merchant.merchant_id, self._engine.database
            member_id = (await find_member(database, merchant_id, customer.who)).member_id
            await set_standing(database, merchant_id, member_id, self._clock.now, tier=tier)


def _cost(rule: Rule) -> int:
    """The fewest points that the rule takes."""
    return max(rule.terms.points, rule.terms.minimum_points or 0)
