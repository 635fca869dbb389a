"""Reminders: points that expire soon, and rewards that a balance has grown enough for. Events, and nothing else."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from guerdon.kit.calendar import after_day, local_day
from guerdon.merchants.merchant import Merchant
from guerdon.points.due import (
    At,
    Balance,
    Expiring,
    find_expiring,
    find_lapsing,
    forget_reminders,
    list_balances,
    remember_reach,
    remember_reminders,
)
from guerdon.points.expiry import Booked
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.rewards.eligibility import Moment, reasons_against
from guerdon.rewards.rule import Channel, Versioned, ladder
from guerdon.rewards.rules import list_rules
from guerdon.worker.job import Step, Work, mark

Find = Callable[..., Awaitable[list[Expiring]]]

NEAR_PERCENT = 80
"""Who has so much of a reward's price is told what is missing."""


class Window(NamedTuple):
    """Points that expire after one time and until another are told, as so many `days` ahead."""

    days: int
    since: datetime
    until: datetime


def windows(merchant: Merchant, day: date, since: date | None, now: datetime) -> list[Window]:
    """What to remind of on a day, when the days after `since` have not been done.

    A window is the day that lies so many days ahead, with those of nights that were missed; what was missed is told
    once, as the fewest days that it is still ahead.
    """
    before = day - timedelta(days=1) if since is None else min(since, day - timedelta(days=1))
    found: list[Window] = []
    least = now
    for days in sorted(set(merchant.policies.remind_expiring_days)):
        ahead = timedelta(days=days)
        until = after_day(day + ahead, merchant.timezone)
        first = max(least, after_day(before + ahead, merchant.timezone))
        found.append(Window(days, first, until))
        least = until
    return found


@dataclass(frozen=True, slots=True)
class RemindOfExpiry:
    """`points.expiring`: once for each member, date, and number of days ahead."""

    name: str = "remind"

    async def step(self, work: Work, reached: Any) -> Step:
        """The next page of one window: first of lots with a date, then of accounts that lapse."""
        if reached is None:
            await forget_reminders(work.database, work.merchant_id, work.now)
        place, after = (0, None) if reached is None else reached
        stages: list[tuple[Window, Find]] = [
            (window, find)
            for window in windows(work.merchant, work.day, work.since, work.now)
            for find in (find_expiring, find_lapsing)
        ]
        for number in range(place, len(stages)):
            window, find = stages[number]
            page = await find(work.database, work.merchant_id, window.since, window.until, mark(after), work.pace.page)
            after = None
            if page:
                told = await _remind(work, window.days, [one for one in page if one.points])
                return Step(told, reached=(number, At(page[-1].at, page[-1].account_id)))
        return Step()


@dataclass(frozen=True, slots=True)
class RemindOfRewards:
    """`redemption.available`: a balance has become enough for rules that it was not enough for the night before; and
    `redemption.near`: it is nearly enough for the next.
    """

    name: str = "offer"

    async def step(self, work: Work, reached: Any) -> Step:
        """The next members by number."""
        if not work.merchant.policies.remind_rewards:
            return Step()
        page = await list_balances(work.database, work.merchant_id, reached or 0, work.pace.page)
        listed = await list_rules(work.database, work.merchant_id)
        rules = [Versioned(rule.rule_id, rule.version, rule.terms) for rule in listed]
        moment = Moment(work.now, work.day, Channel.ANY)
        looked = [Look(one, reach_of(rules, one.available), near_of(rules, work.merchant, one, moment)) for one in page]
        moved = [one for one in looked if (one.reach, one.near_price) != (one.balance.reached, one.balance.near)]
        events = [event for one in moved for event in _offers(rules, work.merchant, one, moment)]
        if moved:
            async with work.database.transaction() as connection:
                reach = [(one.member_id, one.reach, one.near_price) for one in moved]
                new = await remember_reach(connection, work.merchant_id, reach)
                events = [event for event in events if event.member_id in new]
                await write_events(connection, work.merchant_id, events, work.now)
        full = len(page) == work.pace.page
        return Step(Booked(len(events), 0), reached=page[-1].member.member_id if full else None)


class Look(NamedTuple):
    """A balance, up to which price it reaches now, and the dearer rule that it is near to, if any."""

    balance: Balance
    reach: int
    near: Versioned | None

    @property
    def member_id(self) -> int:
        """Whose balance."""
        return self.balance.member.member_id

    @property
    def near_price(self) -> int:
        """What that rule costs; 0 for none."""
        return ladder(self.near.terms).first if self.near else 0


def reach_of(rules: Sequence[Versioned], available: int) -> int:
    """The highest price that the balance pays, whether or not the rule is active: 0 if it pays none."""
    return max((cost for rule in rules if (cost := ladder(rule.terms).first) <= available), default=0)


def newly_enough(rules: Sequence[Versioned], merchant: Merchant, balance: Balance, moment: Moment) -> list[int]:
    """The rules that cost more than the balance reached before, not more than it has, and are open to the member."""
    return [
        rule.rule_id
        for rule in rules
        if balance.reached < ladder(rule.terms).first <= balance.available
        and next(reasons_against(rule, merchant, balance.member, moment), None) is None
    ]


def near_of(
    rules: Sequence[Versioned], merchant: Merchant, balance: Balance, moment: Moment
) -> Versioned | None:  # fmt: skip
    """The cheapest rule open to the member of whose price the balance has most, but not all."""
    near = [
        rule
        for rule in rules
        if balance.available < ladder(rule.terms).first <= balance.available * 100 // NEAR_PERCENT
        and next(reasons_against(rule, merchant, balance.member, moment), None) is None
    ]
    return min(near, key=lambda rule: (ladder(rule.terms).first, rule.rule_id), default=None)


def _offers(rules: Sequence[Versioned], merchant: Merchant, one: Look, moment: Moment) -> Iterator[Event]:
    """What a member is told whose balance has moved: what it has become enough for, and what it has become near to."""
    points = one.balance.available
    if rule_ids := newly_enough(rules, merchant, one.balance, moment):
        yield Event("redemption.available", one.member_id, {"points": points, "rule_ids": rule_ids})
    if one.near is not None and one.near_price != one.balance.near:
        told = {"points": points, "rule_id": one.near.rule_id, "points_needed": one.near_price - points}
        yield Event("redemption.near", one.member_id, told)


async def _remind(work: Work, days: int, expiring: Sequence[Expiring]) -> Booked:
    """Tell the members of these accounts who were not told before, in the commit that remembers it."""
    points = {(one.at, one.account_id): one.points for one in expiring}
    async with work.database.transaction() as connection:
        told = await remember_reminders(connection, work.merchant_id, expiring, days)
        events: list[Event] = []
        for at, account_id, member_id in told:
            last_day = local_day(at - timedelta(microseconds=1), work.merchant.timezone)
            payload = {"points": points[at, account_id], "expires_at": at, "last_day": last_day,
                       "days": (last_day - work.day).days, "account_id": account_id}  # fmt: skip
            events.append(Event("points.expiring", member_id, payload))
        await write_events(connection, work.merchant_id, events, work.now)
    return Booked(len(events), sum(event.payload["points"] for event in events))
