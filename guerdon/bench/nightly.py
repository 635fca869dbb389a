"""The case `nightly`: a merchant all of whose members have points that expire tonight, and a worker that is killed."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import msgspec
import psutil

from guerdon.bench.programme import analyse
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.sql import load
from guerdon.merchants.merchants import create_merchant

SQL = load(__file__, "nightly.sql")

POINTS = 100
CHUNK = 5000
LOOK_EVERY_S = 0.2
KILLED_AT = 0.4
"""The worker is killed when this share of the work is done."""

Progress = Callable[[int], None]


class Night(msgspec.Struct, frozen=True):
    """What a night of so many members took: `seconds` of work, without the time in which the killed worker's turn was
    still its own. `memory_mb` is the worker's when the second had just begun, and at most.
    """

    members: int
    seconds: float
    per_second: float
    minutes_a_million: float
    killed_at: int
    waited_s: float
    memory_mb: tuple[float, float]


async def fill_night(database: Database, *, members: int, on_progress: Progress) -> int:
    """A new merchant whose members' points expired a minute ago; returns its id."""
    now = machine_clock()
    merchant = await create_merchant(database, name="Night", currency_code="USD", timezone="UTC", now=now)
    earned_at, expired_at = now - timedelta(days=365), now - timedelta(minutes=1)
    others: int = await database.fetchval(SQL.last_account)
    for first in range(1, members + 1, CHUNK):
        last = min(first + CHUNK - 1, members)
        await database.execute(
            SQL.insert_dated_members, merchant.merchant_id, first, last, POINTS, earned_at, others, expired_at
        )
        on_progress(last - first + 1)
    await analyse(database)
    return merchant.merchant_id


async def measure_night(
    database: Database, dsn: str, merchant_id: int, *, members: int, on_progress: Progress
) -> Night:
    """Have a worker do the night, kill it half way, and have another finish. Raises RuntimeError if it does not."""
    seen = 0

    async def advance() -> int:
        nonlocal seen
        done: int = await database.fetchval(SQL.count_expired, merchant_id)
        on_progress(done - seen)
        seen = done
        return done

    began = time.monotonic()
    worker = await _start(dsn, merchant_id)
    ending = asyncio.create_task(worker.wait())
    while await advance() < KILLED_AT * members and not ending.done():
        await asyncio.wait((ending,), timeout=LOOK_EVERY_S)
    with suppress(ProcessLookupError):
        worker.send_signal(signal.SIGKILL)
    await ending
    killed, killed_at = time.monotonic(), await advance()

    worker = await _start(dsn, merchant_id)
    went_on, first_mb, most_mb = None, 0.0, 0.0
    ending = asyncio.create_task(worker.wait())
    while not ending.done():
        with suppress(psutil.Error):
            most_mb = max(most_mb, psutil.Process(worker.pid).memory_info().rss / 2**20)
        if await advance() > killed_at and went_on is None:
            went_on, first_mb = time.monotonic(), most_mb
        await asyncio.wait((ending,), timeout=LOOK_EVERY_S)
    if await advance() != members or ending.result() != 0:
        raise RuntimeError(f"{seen} of {members} members' points expired; the worker ended with {ending.result()}")
    went_on = went_on or time.monotonic()
    seconds = (killed - began) + (time.monotonic() - went_on)
    return Night(
        members, round(seconds, 1), round(members / seconds, 1), round(seconds / members * 1e6 / 60, 1), killed_at,
        round(went_on - killed, 1), (round(first_mb, 1), round(most_mb, 1)),
    )  # fmt: skip


async def _start(dsn: str, merchant_id: int) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "guerdon", "worker", "--once", "--json", "--merchant", str(merchant_id)]
    environment = {**os.environ, "GUERDON_DATABASE_URL": dsn}
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
