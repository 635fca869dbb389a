"""What a worker does now and then that is no merchant's own: it keeps the tables of days.

Any number of workers may do it at once: each finds done what another did.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from guerdon.access.attempts import forget_attempts
from guerdon.access.days import keep_days
from guerdon.access.sessions import forget_sessions
from guerdon.database.pool import Database

REQUEST_DAYS = 30

log = structlog.get_logger()


class Chore(Protocol):
    """One kind of such work."""

    async def do(self, database: Database, now: datetime) -> None:
        """All there is to do."""
        ...


@dataclass(frozen=True, slots=True)
class ForgetRequests:
    """The history of requests goes back so many days."""

    days: int = REQUEST_DAYS

    async def do(self, database: Database, now: datetime) -> None:
        """Make the days to come, and drop those that are over it."""
        for day in await keep_days(database, now, self.days):
            log.info("requests_forgotten", day=day.isoformat())


@dataclass(frozen=True, slots=True)
class ForgetSignIns:
    """What was counted of attempts to sign in, and sessions, are kept for as long as they matter."""

    async def do(self, database: Database, now: datetime) -> None:
        """Drop what does not."""
        await forget_attempts(database, now)
        await forget_sessions(database, now)


CHORES: tuple[Chore, ...] = (ForgetRequests(), ForgetSignIns())
