"""Finds what time has made due, or soon will: pages of accounts, for commands that look again under the locks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from guerdon.database.pool import Connection, Database, Row
from guerdon.kit.columns import columns
from guerdon.kit.sql import load
from guerdon.points.values import Member

SQL = load(__file__, "due.sql")

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


class At(NamedTuple):
    """A place in a list by (time, account, number), from which the next page goes on."""

    at: datetime
    account_id: int
    number: int = 0


START = At(LONG_AGO, 0)


class DueAccount(NamedTuple):
    """An account with points whose time was over at `at`, and its members."""

    at: datetime
    account_id: int
    members: tuple[int, ...]


class DuePending(NamedTuple):
    """Points that wait no longer than `at`, and the members of their account."""

    at: datetime
    account_id: int
    number: int
    members: tuple[int, ...]


class Expiring(NamedTuple):
    """So many points of an account that expire at `at`."""

    at: datetime
    account_id: int
    points: int


class Balance(NamedTuple):
    """What a member may spend, and up to which price it `reached` when last looked at; it was `near` to another."""

    member: Member
    available: int
    reached: int
    near: int


class DatedLot(NamedTuple):
    """A lot with points, and when they end."""

    account_id: int
    number: int
    points: int
    earned_at: datetime
    expires_at: datetime | None
    rolling: bool


async def find_due_lots(database: Database, merchant_id: int, now: datetime, after: At, limit: int) -> list[DueAccount]:
    """Accounts with lots whose time is over, longest over first."""
    rows = await _fetch(database, SQL.find_due_lots, merchant_id, now, after.at, after.account_id, limit)
    return [DueAccount(row[0], row[1], tuple(row[2] or ())) for row in rows]


async def find_lapsed(database: Database, merchant_id: int, now: datetime, after: At, limit: int) -> list[DueAccount]:
    """Accounts where nothing has happened for too long."""
    rows = await _fetch(database, SQL.find_lapsed_accounts, merchant_id, now, after.at, after.account_id, limit)
    return [DueAccount(row[0], row[1], tuple(row[2] or ())) for row in rows]


async def find_due_pending(
    database: Database, merchant_id: int, now: datetime, after: At, limit: int
) -> list[DuePending]:
    """Points whose wait is over, longest over first."""
    rows = await _fetch(database, SQL.find_due_pending, merchant_id, now, *after, limit)
    return [DuePending(row[0], row[1], row[2], tuple(row[3] or ())) for row in rows]


async def find_expiring(
    database: Database, merchant_id: int, since: datetime, until: datetime, after: At, limit: int
) -> list[Expiring]:
    """What expires after one time and until another, by lots with a date."""
    rows = await _fetch(database, SQL.find_expiring_lots, merchant_id, since, until, after.at, after.account_id, limit)
    return [Expiring(*row) for row in rows]


async def find_lapsing(
    database: Database, merchant_id: int, since: datetime, until: datetime, after: At, limit: int
) -> list[Expiring]:
    """Accounts that lapse after one time and until another; perhaps with 0 points."""
    rows = await _fetch(
        database, SQL.find_lapsing_accounts, merchant_id, since, until, after.at, after.account_id, limit
    )
    return [Expiring(row[0], row[1], row[2] or 0) for row in rows]


async def remember_reminders(
    connection: Connection, merchant_id: int, expiring: Sequence[Expiring], days: int
) -> list[tuple[datetime, int, int]]:
    """Note that these are told `days` ahead; returns (time, account, member) of whoever was not told before."""
    ats, accounts, _ = columns(expiring, 3)
    return [tuple(row) for row in await connection.fetch(SQL.remember_reminders, merchant_id, ats, accounts, days)]


async def forget_reminders(database: Database, merchant_id: int, now: datetime) -> None:
    """Forget the reminders of what has expired."""
    await database.execute(SQL.forget_reminders, merchant_id, now)


async def list_balances(database: Database, merchant_id: int, after: int, limit: int) -> list[Balance]:
    """Members by number, with what they may spend."""
    rows = await _fetch(database, SQL.list_balances, merchant_id, after, limit)
    return [Balance(Member(row[0], row[1], row[2], row[3], row[4], tuple(row[5]), row[6]), *row[7:10]) for row in rows]


async def remember_reach(connection: Connection, merchant_id: int, reach: Sequence[tuple[int, int, int]]) -> set[int]:
    """Note up to which price each member's balance reaches, and to which it is near, as (member, price, price);
    returns the members for whom that is new.
    """
    rows = await connection.fetch(SQL.remember_reach, merchant_id, *columns(reach, 3))
    return {row[0] for row in rows}


async def list_lots(database: Database, merchant_id: int, after: int, limit: int) -> tuple[list[DatedLot], int | None]:
    """The lots with points of the next so many accounts, and the last of these accounts, None if there are none."""
    rows = await _fetch(database, SQL.list_lots_of_accounts, merchant_id, after, limit)
    return [DatedLot(*row) for row in rows if row[1] is not None], rows[-1][0] if rows else None


async def _fetch(database: Database, statement: str, *arguments: Any) -> list[Row]:
    """By index, however much the tables have grown since the plan was made."""
    async with database.indexed_transaction() as connection:
        return await connection.fetch(statement, *arguments)
