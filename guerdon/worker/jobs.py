"""The jobs of the night, in their one order: activate pending, expire, qualify tiers, remind (behaviour 26)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from guerdon.activities.celebrations import celebrations_due
from guerdon.awards.activation import ActivateDue, Waiting
from guerdon.bulk.exporting import forget_old as forget_written_files
from guerdon.bulk.files import forget_old as forget_sent_files
from guerdon.database.pool import Database
from guerdon.events.prune import prune_events
from guerdon.orders.waiting import apply_waiting
from guerdon.points.answers import prune_answers
from guerdon.points.due import At, DueAccount, DuePending, find_due_lots, find_due_pending, find_lapsed
from guerdon.points.expiry import Booked, ExpireDue
from guerdon.tiers.members import due_members
from guerdon.tiers.requalify import Requalified, Requalify
from guerdon.webhooks.deliveries import FIRST, forget
from guerdon.worker.job import Job, Step, Work, done, each, mark
from guerdon.worker.remind import RemindOfExpiry, RemindOfRewards
from guerdon.worker.roll_up import RollUpAll

QUALIFIED_AT_ONCE = 100
"""Members of one command: each may be given coupons, which take numbers."""
MISSED_DAYS_MAX = 7
"""A birthday is celebrated so many days late at most."""

Find = Callable[[Database, int, datetime, At, int], Awaitable[list[DueAccount]]]


@dataclass(frozen=True, slots=True)
class Activate:
    """Points whose wait is over become available."""

    name: str = "activate"

    async def step(self, work: Work, reached: Any) -> Step:
        """The points that waited longest, by (time, account, number)."""
        due = await find_due_pending(work.database, work.merchant_id, work.now, mark(reached), work.pace.page)

        def command(some: Sequence[DuePending]) -> ActivateDue:
            waiting = tuple(Waiting(one.account_id, one.number, one.members) for one in some)
            return ActivateDue(merchant=work.merchant, waiting=waiting)

        step = await done(work, due, command)
        full = len(due) == work.pace.page
        return step._replace(reached=At(*due[-1][0:3]) if full else None)


@dataclass(frozen=True, slots=True)
class Expire:
    """Lots whose time is over expire; `find` tells of which accounts."""

    name: str
    find: Find

    async def step(self, work: Work, reached: Any) -> Step:
        """The accounts whose time was over longest ago, by (time, account)."""
        due = await self.find(work.database, work.merchant_id, work.now, mark(reached), work.pace.page)
        accounts = tuple({one.account_id: one.members for one in due}.items())

        def command(some: Sequence[tuple[int, tuple[int, ...]]]) -> ExpireDue:
            return ExpireDue(merchant_id=work.merchant_id, accounts=tuple(some))

        step = await done(work, accounts, command)
        full = len(due) == work.pace.page
        return step._replace(reached=At(*due[-1][0:2]) if full else None)


@dataclass(frozen=True, slots=True)
class ApplyReturns:
    """Returns that a crash has kept from their orders count (behaviour 20)."""

    name: str = "returns"

    async def step(self, work: Work, reached: Any) -> Step:
        """All there are: hardly ever any."""
        assert reached is None, "it is done in one step"
        return Step(Booked(await apply_waiting(work.database, work.desk, work.merchant), 0))


@dataclass(frozen=True, slots=True)
class QualifyTiers:
    """Members whose period and grace are over are judged anew (behaviour 25)."""

    name: str = "tiers"

    async def step(self, work: Work, reached: Any) -> Step:
        """The next members by number."""
        due = await due_members(work.database, work.merchant, work.now, after=reached or 0, limit=work.pace.page)

        def command(some: Sequence[int]) -> Requalify:
            return Requalify(merchant=work.merchant, members=tuple(some))

        def booked(answer: Requalified) -> Booked:
            return Booked(answer.entered + answer.left + answer.retained, 0)

        step = await done(work, due, command, size=min(QUALIFIED_AT_ONCE, work.pace.command), booked=booked)
        return step._replace(reached=due[-1] if len(due) == work.pace.page else None)


@dataclass(frozen=True, slots=True)
class Celebrate:
    """Birthdays and anniversaries of the day, and of days whose night was missed."""

    name: str = "celebrate"

    async def step(self, work: Work, reached: Any) -> Step:
        """The next members of the first day that is not done."""
        day, after = self._first(work), (0, "")
        if reached is not None:
            day, after = date.fromisoformat(reached[0]), tuple(reached[1])
        due = await celebrations_due(work.database, work.merchant, day, after=after, count_max=work.pace.command)
        step = await each(work, due.commands)
        if due.reached is not None:
            return step._replace(reached=(day, due.reached))
        tomorrow = day + timedelta(days=1)
        return step._replace(reached=(tomorrow, (0, "")) if tomorrow <= work.day else None)

    def _first(self, work: Work) -> date:
        missed = work.day if work.since is None else work.since + timedelta(days=1)
        return min(work.day, max(missed, work.day - timedelta(days=MISSED_DAYS_MAX)))


@dataclass(frozen=True, slots=True)
class ForgetEvents:
    """Events that are older than the merchant wants to keep them go."""

    name: str = "forget_events"

    async def step(self, work: Work, reached: Any) -> Step:
        """The oldest; nothing but their being there tells how far it has come."""
        days = work.merchant.policies.event_days
        if days is None:
            return Step()
        before = work.now - timedelta(days=days)
        gone = await prune_events(work.database, work.merchant_id, before, work.pace.page)
        return Step(Booked(gone, 0), reached=(reached or 0) + 1 if gone == work.pace.page else None)


@dataclass(frozen=True, slots=True)
class ForgetAnswers:
    """What was answered under a key so long ago that nobody repeats the request goes."""

    name: str = "forget_answers"

    async def step(self, work: Work, reached: Any) -> Step:
        """The oldest; nothing but their being there tells how far it has come."""
        gone = await prune_answers(work.database, work.merchant_id, work.now, work.pace.page)
        return Step(Booked(gone, 0), reached=(reached or 0) + 1 if gone == work.pace.page else None)


@dataclass(frozen=True, slots=True)
class ForgetDeliveries:
    """Webhook deliveries that were settled longer ago than the merchant wants to keep them go."""

    name: str = "forget_deliveries"

    async def step(self, work: Work, reached: Any) -> Step:
        """The next after the mark: an endpoint, an event and a part."""
        before = work.now - timedelta(days=work.merchant.policies.delivery_days)
        gone = await forget(work.database, work.merchant_id, before, reached or FIRST, work.pace.page)
        return Step(Booked(len(gone), 0), reached=gone[-1] if len(gone) == work.pace.page else None)


@dataclass(frozen=True, slots=True)
class ForgetFiles:
    """Files that were brought or fetched long ago go, with what stands in them of people."""

    name: str = "forget_files"

    async def step(self, work: Work, reached: Any) -> Step:
        """The next of them."""
        sent = await forget_sent_files(work.database, work.merchant_id, work.now)
        written = await forget_written_files(work.database, work.merchant_id, work.now)
        return Step(Booked(sent + written, 0), reached=(reached or 0) + 1 if sent or written else None)


NIGHT: tuple[Job, ...] = (
    ApplyReturns(),
    Activate(),
    Expire("expire", find_due_lots),
    Expire("lapse", find_lapsed),
    QualifyTiers(),
    Celebrate(),
    RemindOfExpiry(),
    RemindOfRewards(),
    ForgetEvents(),
    ForgetAnswers(),
    ForgetDeliveries(),
    ForgetFiles(),
    RollUpAll(),
)
