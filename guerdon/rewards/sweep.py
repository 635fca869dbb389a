"""Ends holds whose time is over. Runs in every worker: a hold that another has ended is left as it is."""

import asyncio

import asyncpg
import structlog

from guerdon.database.pool import Database
from guerdon.errors.base import Refusal
from guerdon.kit.clock import Clock
from guerdon.kit.sql import load
from guerdon.merchants.merchants import Merchants
from guerdon.points.desk import Desk
from guerdon.rewards.ending import ExpireRedemption

SQL = load(__file__, "sweep.sql")

CHUNK = 200
PAUSE_S = 30.0

log = structlog.get_logger()


async def sweep(database: Database, desk: Desk, merchants: Merchants, clock: Clock) -> int:
    """End every hold that is over now, through the desk as anyone would; returns how many were looked at."""
    looked_at = 0
    for row in await database.fetch(SQL.find_merchants, clock()):
        merchant = await merchants.get(row[0])
        while due := await database.fetch(SQL.find_due, merchant.merchant_id, clock(), CHUNK):
            commands = [ExpireRedemption(merchant=merchant, redemption_id=found[0]) for found in due]
            await asyncio.gather(*(desk.submit(command, actor="sweep") for command in commands))
            looked_at += len(due)
    return looked_at


async def keep_sweeping(database: Database, desk: Desk, merchants: Merchants, clock: Clock) -> None:
    """Sweep again and again, until cancelled. What fails is tried again at the next turn."""
    while True:
        await asyncio.sleep(PAUSE_S)
        try:
            await sweep(database, desk, merchants, clock)
        except (Refusal, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("sweep_failed", error=repr(error))
