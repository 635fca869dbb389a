"""Members of a chunk: found by their identities, changed if they are here, made if they are not."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec
from msgspec import Struct

from guerdon.bulk.rows import MemberRow
from guerdon.database.lines import (
    Columns,
    array_field,
    copy_lines,
    field_of,
    flag_field,
    moment_field,
    number_field,
)  # fmt: skip
from guerdon.database.pool import Connection, Queries
from guerdon.errors.books import IdentityConflict, MemberNotFound
from guerdon.kit.columns import columns
from guerdon.kit.ids import time_ordered_uuid
from guerdon.kit.sql import load
from guerdon.members.words import Name, copy_words, name_of, write_words
from guerdon.points.bulk import Owner
from guerdon.points.command import Identity

SQL = load(__file__, "members.sql")

Found = dict[Identity, int]

MEMBERS = Columns("member", (
    "merchant_id", "member_id", "status", "tier_level", "tags", "opted_in", "opted_in_at", "first_name", "last_name",
    "country", "has_account", "platform_created_at", "birth_year", "birth_month", "birth_day", "may_spend",
    "created_at", "updated_at",
))  # fmt: skip
IDENTITIES = Columns("identity", ("merchant_id", "kind", "value", "member_id"))


class Places(NamedTuple):
    """The members of a chunk's rows: of each row in order, those that are new with their accounts, and the others."""

    of_rows: list[int]
    new: list[Owner]
    known: list[int]


async def find(database: Queries, merchant_id: int, identities: Iterable[Identity]) -> Found:
    """Whose these identities are; those of nobody are left out."""
    wanted = _json([{"kind": kind, "value": value} for kind, value in identities])
    rows = await database.fetch(SQL.find_identities, merchant_id, wanted)
    return {Identity(row[0], row[1]): row[2] for row in rows}


def the_one(found: Found, identities: Sequence[Identity]) -> int | None:
    """The one member that these identities find; refuses with IdentityConflict where they find two (behaviour 22)."""
    first: Identity | None = None
    for identity in identities:
        if identity not in found:
            continue
        if first is not None and found[first] != found[identity]:
            raise IdentityConflict(first.kind, identity.kind)
        first = first or identity
    return None if first is None else found[first]


async def is_empty(database: Queries, merchant_id: int) -> bool:
    """Whether nobody is here whom an identity could find."""
    return not await database.fetchval(SQL.has_members, merchant_id)


async def known_members(connection: Connection, merchant_id: int, rows: Sequence[Any]) -> list[int]:
    """The member of each row that names one; refuses with MemberNotFound."""
    found = await find(connection, merchant_id, {identity for row in rows for identity in row.identities})
    members: list[int] = []
    for row in rows:
        member_id = the_one(found, row.identities)
        if member_id is None:
            raise MemberNotFound(*row.identities[0])
        members.append(member_id)
    return members


async def place(connection: Connection, merchant_id: int, rows: Sequence[MemberRow], *, nobody: bool) -> Places:
    """Which member each row is about; those who are not here get their numbers.

    With `nobody`, all are taken to be new: if one is not, the key of identities says so when they are written.
    """
    found: Found = {}
    if not nobody:
        found = await find(connection, merchant_id, {identity for row in rows for identity in row.identities})
    of_rows = [the_one(found, row.identities) if found else None for row in rows]
    missing = sum(member is None for member in of_rows)
    reserved = await connection.fetch(SQL.reserve_ids, missing) if missing else []
    new = [Owner(row[0], row[1]) for row in reserved]
    numbers = iter(new)
    places = [next(numbers).member_id if member is None else member for member in of_rows]
    return Places(places, new, [member for member in of_rows if member is not None])


async def write(
    connection: Connection, merchant_id: int, rows: Sequence[MemberRow], places: Places, now: datetime
) -> None:
    """Make the new members, change the others, and add the identities that are new.

    A member who is here keeps an identity of a kind that the file has another of: what the shop said last counts.
    """
    await connection.execute(SQL.keep_merchant, merchant_id)
    new_ones = {owner.member_id for owner in places.new}
    placed = list(zip(places.of_rows, rows, strict=True))
    await _make(connection, merchant_id, [one for one in placed if one[0] in new_ones], now)
    await _change(connection, merchant_id, [one for one in placed if one[0] not in new_ones], now)


async def _make(
    connection: Connection, merchant_id: int, placed: Sequence[tuple[int, MemberRow]], now: datetime
) -> None:  # fmt: skip
    """New members, with how they are found."""
    at = moment_field(now)
    await copy_lines(connection, MEMBERS, [_line(merchant_id, member_id, row, at) for member_id, row in placed])
    await copy_lines(connection, IDENTITIES, [
        f"{merchant_id}\t{kind}\t{field_of(value)}\t{member_id}\n"
        for member_id, row in placed
        for kind, value in _different(row)
    ])  # fmt: skip
    named = ((member_id, row.first_name, row.last_name) for member_id, row in placed)
    await copy_words(connection, merchant_id, named)


async def _change(
    connection: Connection, merchant_id: int, placed: Sequence[tuple[int, MemberRow]], now: datetime
) -> None:
    """What the file says of members who are here."""
    if not placed:
        return
    renamed = [member for member, row in placed if row.first_name is not None or row.last_name is not None]
    before = await _names(connection, merchant_id, renamed)
    await connection.execute(
        SQL.update_members, merchant_id, _json([_profile(member_id, row) for member_id, row in placed]), now
    )
    await write_words(connection, merchant_id, before, await _names(connection, merchant_id, renamed))
    members = [member_id for member_id, _ in placed]
    has = {(row[0], row[1]) for row in await connection.fetch(SQL.list_kinds, merchant_id, members)}
    identities = [
        _Known(kind, value, member_id)
        for member_id, row in placed
        for kind, value in _different(row)
        if (member_id, kind) not in has
    ]
    if identities:
        done = await connection.execute(SQL.insert_identities, merchant_id, _json(identities))
        assert done == f"INSERT 0 {len(identities)}", done


async def learn(database: Queries) -> None:
    """Have the planner know of very many new members."""
    await database.execute(SQL.learn_of_members)


async def tell(
    connection: Connection, merchant_id: int, told: Iterable[tuple[int, dict[str, Any]]], now: datetime
) -> None:
    """Write an event for each member."""
    events = [(time_ordered_uuid(), member, msgspec.json.encode(facts).decode()) for member, facts in told]
    await connection.execute(SQL.insert_events, merchant_id, now, *columns(events, 3))


async def untouched(connection: Connection, merchant_id: int, members: Sequence[int], since: datetime) -> list[int]:
    """Those of the members to whom nothing but points has happened since."""
    return [row[0] for row in await connection.fetch(SQL.find_untouched, merchant_id, members, since)]


async def forget(connection: Connection, merchant_id: int, members: Sequence[int], now: datetime) -> None:
    """Erase members: nobody finds them, and nothing is known of them (behaviour 24)."""
    await connection.execute(SQL.forget_identities, merchant_id, members)
    await write_words(connection, merchant_id, await _names(connection, merchant_id, members), [])
    await connection.execute(SQL.forget_members, merchant_id, members, now)


async def _names(connection: Connection, merchant_id: int, members: Sequence[int]) -> list[Name]:
    """The names of members as they stand until we commit."""
    if not members:
        return []
    return [name_of(*row) for row in await connection.fetch(SQL.lock_names, merchant_id, members)]


RACED = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Somebody else wrote the same at once: another try sees it."""


class _Known(Struct, frozen=True):
    """How a member will be found."""

    kind: str
    value: str
    member_id: int


class _Profile(Struct, frozen=True, omit_defaults=True):
    """A member as the statements take it; what is left out says nothing."""

    member_id: int
    status: str | None = None
    tier_level: int | None = None
    tags: tuple[str, ...] | None = None
    opted_in: bool | None = None
    opted_in_at: datetime | None = None
    first_name: str | None = None
    last_name: str | None = None
    country: str | None = None
    has_account: bool | None = None
    joined_at: datetime | None = None
    birth_year: int | None = None
    birth_month: int | None = None
    birth_day: int | None = None


def _profile(member_id: int, row: MemberRow) -> _Profile:
    return _Profile(
        member_id, row.status, row.tier_level, row.tags, row.opted_in, row.opted_in_at, row.first_name, row.last_name,
        row.country, row.has_account, row.joined_at, *(row.birthday or ()),
    )  # fmt: skip


def _line(merchant_id: int, member_id: int, row: MemberRow, at: str) -> str:
    """Somebody new, in the order of MEMBERS."""
    opted_in_at = moment_field(row.opted_in_at) if row.opted_in_at is not None or not row.opted_in else at
    year, month, day = row.birthday or (None, None, None)
    return (
        f"{merchant_id}\t{member_id}\t{row.status or 'active'}\t{row.tier_level or 0}"
        f"\t{array_field(row.tags) if row.tags else '{}'}\t{flag_field(row.opted_in)}\t{opted_in_at}"
        f"\t{field_of(row.first_name)}\t{field_of(row.last_name)}\t{field_of(row.country)}"
        f"\t{'t' if row.has_account else 'f'}\t{moment_field(row.joined_at)}\t{number_field(year)}"
        f"\t{number_field(month)}\t{number_field(day)}\tt\t{at}\t{at}\n"
    )


def _different(row: MemberRow) -> Iterable[Identity]:
    """The identities of a row, each once."""
    return row.identities if len(row.identities) == 1 else dict.fromkeys(row.identities)


def _json(rows: object) -> str:
    return msgspec.json.encode(rows).decode()
