"""What a job is: a step finds the next page of what is due, has it decided, and says how far it has come."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, TypeVar

import structlog

from guerdon.database.pool import Database
from guerdon.errors.base import Outage, Refusal
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Command
from guerdon.points.desk import Desk
from guerdon.points.due import START, At
from guerdon.points.expiry import Booked

Thing = TypeVar("Thing")

ACTOR = "worker"
NOTHING = Booked(0, 0)

log = structlog.get_logger()


class Pace(NamedTuple):
    """How much a worker takes at once: so many things in one page, and so many of them in one command.

    A page is what a merchant gets in its turn, and what is lost when a worker is killed. A command is one transaction,
    for which the accounts in it are locked.
    """

    page: int = 2000
    command: int = 500


USUAL = Pace()


@dataclass(frozen=True, slots=True)
class Work:
    """What a job works with. `day` is the merchant's, `since` the last one whose work was done, if any was."""

    database: Database
    desk: Desk
    merchant: Merchant
    pace: Pace
    now: datetime
    day: date
    since: date | None

    @property
    def merchant_id(self) -> int:
        """Whose work."""
        return self.merchant.merchant_id


class Step(NamedTuple):
    """What a step did, and the mark from which the next goes on; None when nothing is left.

    `failed` are things that could not be done for a bug: they are in the log, and everything else goes on.
    """

    booked: Booked = NOTHING
    failed: int = 0
    reached: Any = None


class Job(Protocol):
    """One kind of work. Safe to run twice: a step decides under the locks what is still to do."""

    @property
    def name(self) -> str:
        """Its name in tables, logs and counters."""
        ...

    async def step(self, work: Work, reached: Any) -> Step:
        """Do the next page after the mark (JSON; None begins)."""
        ...


def mark(reached: Any) -> At:
    """A place in a list, as JSON keeps it."""
    return START if reached is None else At(datetime.fromisoformat(reached[0]), *reached[1:])


async def each(work: Work, commands: Sequence[Command[Any]]) -> Step:
    """Have these commands decided, each a thing; a refusal is an answer too. The step has no mark yet."""
    outcomes = await asyncio.gather(*(_try(work, command) for command in commands))
    return Step(Booked(sum(outcome is True for outcome in outcomes), 0), sum(outcome is False for outcome in outcomes))


async def done(
    work: Work, things: Sequence[Thing], command_of: Callable[[Sequence[Thing]], Command[Any]], *,
    size: int | None = None, booked: Callable[[Any], Booked] = lambda answer: answer,
) -> Step:  # fmt: skip
    """Have commands over so many things each decided, several at a time. The step has no mark yet.

    `booked` reads what a command answers, where that is not Booked itself.
    """
    size = size or work.pace.command
    parts = [things[start : start + size] for start in range(0, len(things), size)]
    return _sum(await asyncio.gather(*(_one(work, part, command_of, booked) for part in parts)))


async def _one(
    work: Work,
    things: Sequence[Thing],
    command_of: Callable[[Sequence[Thing]], Command[Any]],
    booked: Callable[[Any], Booked],
) -> Step:
    """One command. Where it fails for a bug, it is taken apart until only the thing concerned is left undone."""
    try:
        return Step(booked((await work.desk.submit(command_of(things), actor=ACTOR)).value))
    except Outage:
        raise
    except Exception:
        if len(things) == 1:
            log.exception("job_failed", merchant=work.merchant_id, thing=str(things[0]))
            return Step(failed=1)
    half = len(things) // 2
    return _sum([await _one(work, part, command_of, booked) for part in (things[:half], things[half:])])


def _sum(steps: Sequence[Step]) -> Step:
    things, points = sum(step.booked.things for step in steps), sum(step.booked.points for step in steps)
    return Step(Booked(things, points), sum(step.failed for step in steps))


async def _try(work: Work, command: Command[Any]) -> bool | None:
    """Whether a command was decided: None if the answer was no, and False for a bug, which is in the log."""
    try:
        await work.desk.submit(command, actor=ACTOR)
    except Outage:
        raise
    except Refusal:
        return None
    except Exception:
        log.exception("job_failed", merchant=work.merchant_id, thing=str(command))
        return False
    return True
