"""Accounts that belong together: what a member holds, what was bequeathed to it, and all that the books have of it."""

from collections.abc import AsyncIterable, Collection

from guerdon.database.pool import Connection, Queries, Row
from guerdon.kit.sql import load
from guerdon.points.values import Holding

SQL = load(__file__, "family.sql")


async def find_holdings(database: Queries, merchant_id: int, members: Collection[int]) -> dict[int, Holding]:
    """What these members hold themselves, whomever they have become, by member."""
    rows = await database.fetch(SQL.find_holdings, merchant_id, list(members))
    return {row[0]: Holding(row[0], row[1], tuple(row[2])) for row in rows}


async def list_waiting(database: Queries, merchant_id: int, accounts: Collection[int]) -> set[tuple[int, int]]:
    """The entries (account, number) whose points are pending."""
    return {(row[0], row[1]) for row in await database.fetch(SQL.list_waiting, merchant_id, list(accounts))}


async def list_inherited(
    database: Queries, merchant_id: int, account_id: int, *, giver_id: int, after: int
) -> tuple[list[int], list[int]]:
    """The lots that an account has from another since an entry, and the entries in which it paid the other's debts."""
    rows = await database.fetch(SQL.list_inherited, merchant_id, account_id, after, f"account:{giver_id}")
    return [row[0] for row in rows if not row[1]], [row[0] for row in rows if row[1]]


def books_of(connection: Connection, merchant_id: int, accounts: Collection[int]) -> AsyncIterable[Row]:
    """A cursor over (kind, JSON object) of every account, lot, pending entry, hold and entry of these accounts."""
    return connection.cursor(SQL.list_books, merchant_id, list(accounts))
