"""A programme to measure: a merchant, a rule, members with plenty of points, and, where asked, a long history."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from guerdon.access.keys import create_key
from guerdon.activities.adjust import AdjustPoints
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import create_merchant
from guerdon.points.command import Identity
from guerdon.points.desk import Desk
from guerdon.points.store import open_accounts
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import add_rule

SQL = load(__file__, "programme.sql")

PLENTY = 100_000_000
COST = 100
AT_ONCE = 1000
EMAIL = "m%07d@bench.example"

Progress = Callable[[int], None]


class Programme(msgspec.Struct, frozen=True):
    """What a load needs to know. Members are numbered from 1, and found by EMAIL."""

    merchant_id: int
    guid: str
    api_key: str
    rule_id: int
    members: int


async def make_programme(
    database: Database, *, members: int, lots: Sequence[int] = (PLENTY,), on_progress: Progress
) -> Programme:
    """A new merchant whose members each have lots of these sizes; points come through the desk, as any do."""
    now = machine_clock()
    merchant = await create_merchant(database, name="Bench", currency_code="USD", timezone="UTC", now=now)
    merchant_id = merchant.merchant_id
    api_key = await create_key(database, merchant_id, name="bench", now=now)
    terms = RedemptionRule(points=COST, currency="USD", amount_minor=500, name="$5.00 Off")
    rule = await add_rule(database, merchant_id, terms, actor="bench", now=now)
    async with database.transaction() as connection:
        first: int = await connection.fetchval("SELECT coalesce(max(account_id), 0) FROM member_account")
        await connection.execute(SQL.insert_members, merchant_id, members, now)
        await connection.execute(SQL.insert_identities, merchant_id, members)
        owners = [(member, first + member) for member in range(1, members + 1)]
        await open_accounts(connection, merchant_id, owners, now)
    desk = Desk(database, (), batch_max=AT_ONCE, waiting_max=4 * AT_ONCE)
    for points in lots:
        for start in range(1, members + 1, 2 * AT_ONCE):
            some = range(start, min(start + 2 * AT_ONCE, members + 1))
            await asyncio.gather(*(desk.submit(_gift(merchant, member, points), actor="bench") for member in some))
            on_progress(len(some))
    await desk.close()
    await analyse(database)
    return Programme(merchant_id, str(merchant.guid), api_key, rule.rule_id, members)


async def lengthen_history(database: Database, programme: Programme, *, entries: int) -> None:
    """Give every member years of points earned and spent, so many entries in all."""
    pairs = entries // (2 * programme.members)
    chunk = 2000
    for start in range(1, programme.members + 1, chunk):
        await database.execute(
            SQL.lengthen_history, programme.merchant_id, start, start + chunk - 1, pairs, COST, machine_clock()
        )
    await analyse(database)


async def analyse(database: Database) -> None:
    """Let the planner know what there is, as it would in a database that has lived for a while."""
    await database.execute(SQL.analyse_tables)


def _gift(merchant: Merchant, member: int, points: int) -> AdjustPoints:
    who = (Identity("email", EMAIL % member),)
    return AdjustPoints(merchant=merchant, who=who, points=points)
