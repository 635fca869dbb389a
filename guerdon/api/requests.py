"""The log of API requests: noted in memory on the way out, written to the database in batches off the hot path."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Counter

from guerdon.database.pool import Database
from guerdon.kit.columns import columns
from guerdon.kit.sql import load

SQL = load(__file__, "requests.sql")

WAITING_MAX = 20_000
"""Beyond this the oldest are dropped and counted: the log never takes the memory that requests need."""

BATCH_MAX = 2_000
PAUSE_S = 0.5

DROPPED = Counter("guerdon_request_log_dropped", "Requests that the log had no room for")

log = structlog.get_logger()


class RequestLine(NamedTuple):
    """One request that a merchant's client made."""

    merchant_id: int
    at: datetime
    request_id: UUID
    method: str
    path: str
    status: int
    duration_us: int
    caller: str
    user_agent: str


class RequestLog:
    """Keeps what clients asked lately. A crash loses the last half second of it, never points."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[RequestLine] = deque()
        self._writer = asyncio.create_task(self._write_on(), name="request log")

    def note(self, line: RequestLine) -> None:
        """Remember a request until the next batch is written."""
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.popleft()
            DROPPED.inc()
        self._waiting.append(line)

    async def close(self) -> None:
        """Write what is left, and stop."""
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
        await self._write_all()

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_S)
            await self._write_all()

    async def _write_all(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_MAX))]
            try:
                await self._write(batch)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("request_log_lost", error=repr(error), requests=len(batch))
                return

    async def _write(self, batch: Sequence[RequestLine]) -> None:
        await self._database.execute(SQL.insert_requests, *columns(batch, len(RequestLine._fields)))
