"""The work of imports and exports: asked for by one process, done by another, and watched by a third.

A task is one row. Whoever is at it says every second how far it has come, and hears by the same statement whether it is
still theirs: a task that was cancelled, or is another's, is not gone on with.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from guerdon.database.pool import Connection, Database, Queries
from guerdon.kit.sql import load

SQL = load(__file__, "tasks.sql")

Work = Literal["look", "write", "undo", "export"]

LEASE = timedelta(seconds=20)
"""So long after a worker has died another goes on."""


class Task(NamedTuple):
    """What is to be done for which import or export, for whom."""

    task_id: int
    work: Work
    force: bool
    actor: str


class Doing(Struct, frozen=True):
    """How far a task has come. `stage` is `waiting`, `checked`, `imported`, `proven`, `undone` or `exported`; a total
    of 0 is not known yet. `before` was done when this stage was begun: the rate is of what came after it.
    """

    task_id: int
    work: Work
    stage: str
    done: int
    total: int
    before: int
    began_at: datetime | None
    updated_at: datetime

    @property
    def per_second(self) -> float | None:
        """The rate; None until there is one."""
        if self.began_at is None or self.done <= self.before:
            return None
        took_s = (self.updated_at - self.began_at).total_seconds()
        return (self.done - self.before) / took_s if took_s > 0 else None

    @property
    def seconds_left(self) -> int | None:
        """Of this stage, at that rate."""
        rate = self.per_second
        return None if rate is None or not self.total else round(max(0, self.total - self.done) / rate)


class Beat(NamedTuple):
    """How far a stage has come."""

    stage: str
    done: int
    total: int


async def want(
    connection: Queries, merchant_id: int, task_id: int, work: Work, *, actor: str, now: datetime, force: bool = False
) -> None:
    """Have something done."""
    await connection.execute(SQL.want_task, merchant_id, task_id, work, force, actor, now)


async def drop(connection: Queries, merchant_id: int, task_id: int) -> None:
    """Have nothing done any more."""
    await connection.execute(SQL.drop_task, merchant_id, task_id)


async def due(database: Database, now: datetime) -> list[tuple[int, int]]:
    """What nobody is at: merchants and tasks, longest asked first."""
    return [(row[0], row[1]) for row in await database.fetch(SQL.list_tasks, now)]


async def take(
    database: Database, merchant_id: int, task_id: int, worker: str, now: datetime, lease: timedelta
) -> Task | None:
    """Be at a task; None where somebody else is."""
    row = await database.fetchrow(SQL.take_task, merchant_id, task_id, worker, now, now + lease)
    return None if row is None else Task(*row)


async def beat(
    database: Database, merchant_id: int, task_id: int, worker: str, beat: Beat, now: datetime, lease: timedelta
) -> bool:
    """Say how far it has come; False where it is not ours any more."""
    kept = await database.fetchval(SQL.beat_task, merchant_id, task_id, worker, *beat, now, now + lease)
    return kept is not None


async def release(database: Database, merchant_id: int, task_id: int, worker: str) -> None:
    """Let another go on."""
    await database.execute(SQL.release_task, merchant_id, task_id, worker)


async def end(connection: Connection, merchant_id: int, task_id: int, worker: str) -> bool:
    """It is done, with the rest of this transaction; False where it was taken away meanwhile."""
    if await connection.fetchval(SQL.hold_task, merchant_id, task_id, worker) is None:
        return False
    await drop(connection, merchant_id, task_id)
    return True


async def doing(database: Queries, merchant_id: int, task_ids: Sequence[int]) -> dict[int, Doing]:
    """How far those of these have come that are to be done."""
    return {row[0]: Doing(*row) for row in await database.fetch(SQL.get_tasks, merchant_id, task_ids)}
