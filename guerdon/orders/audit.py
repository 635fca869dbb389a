"""The proof of what was earned: awards rest on the books, orders on their awards, and no return is forgotten.

Like the proof of the books it reads one snapshot and changes nothing.
"""

from datetime import timedelta

from guerdon.database.pool import Connection, Database
from guerdon.kit.clock import Clock, machine_clock
from guerdon.kit.sql import load
from guerdon.points.audit import Finding, Progress, Sum, Tally, find_unlike_sums, member_ranges, snapshot

SQL = load(__file__, "audit.sql")

A_MOMENT = timedelta(minutes=1)
"""A return may wait for an order that is there for as long as it takes to look again."""


async def audit_earning(
    database: Database, merchant_id: int, *, on_progress: Progress | None = None, clock: Clock = machine_clock
) -> list[Finding]:
    """Every contradiction among a merchant's awards, orders and returns; `on_progress` counts members."""
    tally = Tally()
    async with snapshot(database) as connection:
        async for after, upto in member_ranges(connection, merchant_id, SQL, on_progress):
            await _audit_members(connection, merchant_id, after, upto, tally)
        forgotten = await connection.fetch(SQL.find_forgotten_returns, merchant_id, clock() - A_MOMENT)
        tally.add("find_forgotten_returns", "return", forgotten)
        tally.add("find_needless_places", "order", await connection.fetch(SQL.find_needless_places, merchant_id))
    return tally.findings()


async def _audit_members(connection: Connection, merchant_id: int, after: int, upto: int, tally: Tally) -> None:
    sums = [Sum(row[0], row[1], row[2]) for row in await connection.fetch(SQL.list_sums, merchant_id, after, upto)]
    tally.add("find_unlike_sums", "award", await find_unlike_sums(connection, merchant_id, sums))
    unlike = await connection.fetch(SQL.find_unlike_awards, merchant_id, after, upto)
    tally.add("find_unlike_awards", "order", unlike)
