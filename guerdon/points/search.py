"""Accounts as whoever only reads looks at them, and lists of their entries, lots and holds, page by page."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from guerdon.database.pool import Queries, Row
from guerdon.errors.books import AccountNotFound, EntryNotFound
from guerdon.kit.sql import load
from guerdon.points.values import Part

SQL = load(__file__, "search.sql")

Place = tuple[datetime, int, int]
"""Where something stands in a list: its time, its account, its number there."""


class Buckets(Struct, frozen=True):
    """Where the points of an account are; together they are zero, since what was issued is below it."""

    issued: int = 0
    pending: int = 0
    available: int = 0
    held: int = 0
    redeemed: int = 0
    expired: int = 0
    reversed: int = 0
    moved: int = 0


class AccountSeen(NamedTuple):
    """An account with those who hold it. It has had so many `entries`."""

    account_id: int
    unit: str
    buckets: Buckets
    entries: int
    heir: int | None
    lapses_at: datetime | None
    updated_at: datetime
    members: tuple[int, ...]


class EntrySeen(NamedTuple):
    """An entry with everything that the books know of it."""

    account_id: int
    number: int
    source: str
    target: str
    points: int
    source_after: int
    target_after: int
    parts: tuple[Part, ...]
    counted: bool
    reason: str
    subject: str
    title: str | None
    visible: bool
    actor: str
    command_id: UUID
    occurred_at: datetime
    recorded_at: datetime

    @property
    def place(self) -> Place:
        """Where it stands in a list."""
        return self.recorded_at, self.account_id, self.number


class LotSeen(NamedTuple):
    """A lot; a rolling one expires when its account lapses."""

    account_id: int
    number: int
    points: int
    available: int
    held: int
    earned_at: datetime
    expires_at: datetime | None
    rolling: bool

    @property
    def place(self) -> Place:
        """Where it stands in a list."""
        return self.earned_at, self.account_id, self.number


class HoldSeen(NamedTuple):
    """A hold; `subject` is what the points are held for, such as `redemption:7`."""

    account_id: int
    number: int
    state: str
    points: int
    parts: tuple[Part, ...]
    subject: str
    expires_at: datetime | None
    ended_by: int | None
    held_at: datetime

    @property
    def place(self) -> Place:
        """Where it stands in a list."""
        return self.held_at, self.account_id, self.number


class PendingSeen(NamedTuple):
    """Points that wait, by the entry that issued them, and how many of them are left. Without a date they wait for
    somebody's word.
    """

    account_id: int
    number: int
    points: int
    points_left: int
    activates_at: datetime | None
    reason: str
    subject: str
    title: str | None
    occurred_at: datetime
    recorded_at: datetime

    @property
    def place(self) -> Place:
        """Where it stands in a list."""
        return self.recorded_at, self.account_id, self.number


async def get_account(database: Queries, merchant_id: int, account_id: int) -> AccountSeen:
    """An account as it stands; refuses with AccountNotFound."""
    row = await database.fetchrow(SQL.get_account, merchant_id, account_id)
    if row is None:
        raise AccountNotFound(account_id)
    return AccountSeen(row[0], row[1], Buckets(*row[2:10]), *row[10:14], members=tuple(row[14]))


async def account_as_of(database: Queries, merchant_id: int, account_id: int, at: datetime) -> AccountSeen:
    """The same as the books had it at a time, by entries recorded until then; its holders are those of today.

    Refuses with AccountNotFound.
    """
    account = await get_account(database, merchant_id, account_id)
    rows = await database.fetch(SQL.sum_buckets, merchant_id, account_id, at)
    buckets = Buckets(**{row["bucket"]: row["points"] for row in rows})
    return account._replace(buckets=buckets, entries=max((row["number"] for row in rows), default=0))


async def get_entry(database: Queries, merchant_id: int, account_id: int, number: int) -> EntrySeen:
    """One entry; refuses with EntryNotFound."""
    row = await database.fetchrow(SQL.get_entry, merchant_id, account_id, number)
    if row is None:
        raise EntryNotFound(account_id, number)
    return _entry(row)


async def find_entries(
    database: Queries,
    merchant_id: int,
    accounts: Collection[int],
    *,
    reason: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: Place | None = None,
    count_max: int = 100,
) -> list[EntrySeen]:
    """Entries of these accounts, newest first, that were recorded from `since` on and before `until`."""
    place = before or (None, None, None)
    rows = await database.fetch(
        SQL.find_entries, merchant_id, list(accounts), reason, since, until, *place, count_max
    )  # fmt: skip
    return [_entry(row) for row in rows]


async def entries_about(
    database: Queries, merchant_id: int, accounts: Collection[int], subjects: Collection[str], since: datetime, *,
    count_max: int = 200,
) -> list[EntrySeen]:  # fmt: skip
    """What these accounts have to do with some subjects, such as `redemption:7`, in the order of recording."""
    rows = await database.fetch(
        SQL.list_entries_about, merchant_id, list(accounts), list(subjects), since, count_max
    )  # fmt: skip
    return [_entry(row) for row in rows]


async def find_lots(
    database: Queries,
    merchant_id: int,
    accounts: Collection[int],
    *,
    live: bool | None = None,
    before: Place | None = None,
    count_max: int = 100,
) -> list[LotSeen]:
    """Lots of these accounts, the last earned first; `live` ones have points left, available or held."""
    place = before or (None, None, None)
    rows = await database.fetch(SQL.find_lots, merchant_id, list(accounts), live, *place, count_max)
    return [LotSeen(*row) for row in rows]


async def find_holds(
    database: Queries,
    merchant_id: int,
    accounts: Collection[int],
    *,
    state: str | None = None,
    before: Place | None = None,
    count_max: int = 100,
) -> list[HoldSeen]:
    """Holds of these accounts, newest first."""
    place = before or (None, None, None)
    rows = await database.fetch(SQL.find_holds, merchant_id, list(accounts), state, *place, count_max)
    return [_hold(row) for row in rows]


async def find_pending(
    database: Queries,
    merchant_id: int,
    accounts: Collection[int],
    *,
    before: Place | None = None,
    count_max: int = 100,
) -> list[PendingSeen]:
    """Points of these accounts that wait, newest first."""
    place = before or (None, None, None)
    rows = await database.fetch(SQL.find_pending, merchant_id, list(accounts), *place, count_max)
    return [PendingSeen(*row) for row in rows]


async def activations_of(
    database: Queries, merchant_id: int, accounts: Collection[int]
) -> list[tuple[datetime, int]]:  # fmt: skip
    """When how many pending points of these accounts become available, the soonest first, as far as that has a date."""
    rows = await database.fetch(SQL.list_activations, merchant_id, list(accounts))
    return [(row["activates_at"], row["points"]) for row in rows]


def enough_at(available: int, wanted: int, activations: Sequence[tuple[datetime, int]]) -> datetime | None:
    """When pending points make up for what is missing; None where all that have a date are too few."""
    for at, points in activations:
        available += points
        if available >= wanted:
            return at
    return None


def _entry(row: Row) -> EntrySeen:
    values = list(row)
    values[7:9] = [_parts(row[7], row[8])]
    return EntrySeen(*values)


def _hold(row: Row) -> HoldSeen:
    values = list(row)
    values[4:6] = [_parts(row[4], row[5])]
    return HoldSeen(*values)


def _parts(numbers: Sequence[int], points: Sequence[int]) -> tuple[Part, ...]:
    return tuple(map(Part, numbers, points))
