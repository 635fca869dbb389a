"""Finding, adding and changing members. A member comes with an account, opened through the books."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct
from msgspec.structs import asdict

from guerdon.database.pool import Connection, Database, Queries, Row
from guerdon.errors.books import IdentityConflict, MemberNotFound
from guerdon.kit.sql import load
from guerdon.members.words import name_of, write_words
from guerdon.points.command import Identity
from guerdon.points.store import open_accounts, write_events
from guerdon.points.values import Event
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "members.sql")

TRIES = 3
"""Two requests may bring the same new identity at once: the second finds it on its next try."""


class _Gone(Exception):
    """The member whom an identity found has become another or was erased meanwhile: the next try sees it."""


class Profile(Struct, frozen=True):
    """Who a member is, with every identity that finds them."""

    member_id: int
    status: str
    tier_level: int
    tags: tuple[str, ...]
    opted_in: bool | None
    opted_in_at: datetime | None
    first_name: str | None
    last_name: str | None
    country: str | None
    has_account: bool
    platform_created_at: datetime | None
    last_seen_at: datetime | None
    created_at: datetime
    updated_at: datetime
    may_spend: bool
    """Whether they may spend what lies on their account, which in a household is not theirs alone."""
    identities: tuple[Identity, ...]

    def identity(self, kind: str) -> str | None:
        """The member's first identity of this kind."""
        return next((identity.value for identity in self.identities if identity.kind == kind), None)


class ProfileChange(Struct, frozen=True, kw_only=True):
    """What a shop says of a member; None says nothing. `tags` replace those before."""

    tags: tuple[str, ...] | None = None
    opted_in: bool | None = None
    opted_in_at: datetime | None = None
    first_name: str | None = None
    last_name: str | None = None
    country: str | None = None
    has_account: bool | None = None
    platform_created_at: datetime | None = None


NO_CHANGE = ProfileChange()


async def find_member(database: Database, merchant_id: int, identities: Sequence[Identity]) -> Profile:
    """The one member that these identities find. Refuses with MemberNotFound or IdentityConflict (behaviour 22)."""
    member_id = _the_one(await _find(database, merchant_id, identities))
    if member_id is None:
        raise MemberNotFound(identities[0].kind, identities[0].value)
    return await get_member(database, merchant_id, member_id)


async def owners_of(database: Queries, merchant_id: int, identities: Sequence[Identity]) -> set[int]:
    """The members whom any of these identities finds."""
    return set((await _find(database, merchant_id, identities)).values())


async def get_member(database: Database, merchant_id: int, member_id: int) -> Profile:
    """The profile of a member by our number; that of a merged one answers with whom it became (behaviour 23)."""
    row = await database.fetchrow(SQL.get_member, merchant_id, member_id)
    if row is None:
        raise MemberNotFound("id", str(member_id))
    identities = await database.fetch(SQL.get_identities, merchant_id, row["member_id"])
    return read_profile(row, identities)


async def profiles_of(database: Queries, merchant_id: int, member_ids: Sequence[int]) -> list[Profile]:
    """The profiles of these members, in this order; none of who became another or was erased."""
    rows = await database.fetch(SQL.get_profiles, merchant_id, member_ids)
    found = {
        row["member_id"]: read_profile(row[:-2], zip(row["kinds"] or (), row["texts"] or (), strict=True))
        for row in rows
    }
    return [found[member_id] for member_id in member_ids if member_id in found]


async def touch_member(database: Queries, merchant_id: int, member_id: int, now: datetime) -> None:
    """Note that something of the member changed which is kept beside the profile, such as a birthday."""
    await database.execute(SQL.touch_member, merchant_id, member_id, now)


async def upsert_member(
    database: Database, merchant_id: int, identities: Sequence[Identity], change: ProfileChange, now: datetime
) -> int:
    """Add the member, or change the one that these identities find; returns its id.

    An identity of a kind that the member has already replaces it; another member's is a conflict (behaviour 22).
    """
    return await _try_upsert(database, merchant_id, identities, change, now, replaces=True)


async def ensure_member(
    database: Database,
    merchant_id: int,
    identities: Sequence[Identity],
    now: datetime,
    change: ProfileChange = NO_CHANGE,
) -> None:
    """Make sure that somebody has these identities, so that an order of a stranger has an owner.

    A member whom one of them finds gets the others as far as kinds are concerned that the member lacks: an order says
    how the customer signed in this time, not that an address was given up.
    """
    if change == NO_CHANGE and len(await _find(database, merchant_id, identities)) == len(identities):
        return
    await _try_upsert(database, merchant_id, identities, change, now, replaces=False)


async def set_standing(database: Database, merchant_id: int, member_id: int, now: datetime, *, status: str) -> None:
    """Suspend a member or let them take part again, by hand, and tell if that changed something."""
    async with database.transaction() as connection:
        before = await connection.fetchrow(SQL.lock_member, merchant_id, member_id)
        await connection.execute(SQL.set_standing, merchant_id, member_id, status, now)
        if before is None:
            return
        if status != before["status"]:
            told = Event("member.activated" if status == "active" else "member.suspended", member_id, {})
            await write_events(connection, merchant_id, [told], now)
        await note_change(
            connection, merchant_id, "member.standing_changed", Subject("member", str(member_id)), now=now,
            before={"status": before["status"]}, after={"status": status},
        )  # fmt: skip


async def _try_upsert(
    database: Database,
    merchant_id: int,
    identities: Sequence[Identity],
    change: ProfileChange,
    now: datetime,
    *,
    replaces: bool,
) -> int:
    for attempt in range(TRIES):
        try:
            async with database.transaction() as connection:
                return await _upsert(connection, merchant_id, identities, change, now, replaces=replaces)
        except (asyncpg.UniqueViolationError, _Gone):
            if attempt == TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


async def _upsert(
    connection: Connection,
    merchant_id: int,
    identities: Sequence[Identity],
    change: ProfileChange,
    now: datetime,
    *,
    replaces: bool,
) -> int:
    found = await _find(connection, merchant_id, identities)
    member_id = _the_one(found)
    values = (
        list(change.tags) if change.tags is not None else None, change.opted_in, change.opted_in_at,
        change.first_name, change.last_name, change.country, change.has_account, change.platform_created_at, now,
    )  # fmt: skip
    before: Row | None = None
    if member_id is None:
        member_id = int(await connection.fetchval("SELECT nextval('member_sequence')"))
        account_id = await connection.fetchval("SELECT nextval('account_sequence')")
        await connection.execute(SQL.insert_member, merchant_id, member_id, *values)
        await open_accounts(connection, merchant_id, [(member_id, account_id)], now)
    else:
        before = await connection.fetchrow(SQL.lock_member, merchant_id, member_id)
        if before is None or before["status"] in ("merged", "erased"):
            raise _Gone
        await connection.execute(SQL.update_member, merchant_id, member_id, *values)
    await _write_name(connection, merchant_id, member_id, before, change)
    new = [identity for identity in dict.fromkeys(identities) if identity not in found]
    if not replaces:
        had = {row["kind"] for row in await connection.fetch(SQL.get_identities, merchant_id, member_id)}
        new = [identity for identity in new if identity.kind not in had]
    kinds, texts = [identity.kind for identity in new], [identity.value for identity in new]
    if new:
        await connection.execute(SQL.replace_identities, merchant_id, member_id, kinds)
        await connection.execute(SQL.insert_identities, merchant_id, member_id, kinds, texts)
    if events := _told(member_id, before, change, kinds):
        await write_events(connection, merchant_id, events, now)
    return member_id


async def _write_name(
    connection: Connection, merchant_id: int, member_id: int, before: Row | None, change: ProfileChange
) -> None:
    if change.first_name is None and change.last_name is None:
        return
    first, last = (before["first_name"], before["last_name"]) if before is not None else (None, None)
    now = name_of(member_id, change.first_name or first, change.last_name or last)
    await write_words(connection, merchant_id, [name_of(member_id, first, last)], [now])


def _told(member_id: int, before: Row | None, change: ProfileChange, kinds: list[str]) -> list[Event]:
    """What others are told of a profile: which fields changed and which kinds of identity, never what they say."""
    said = {**asdict(change), "tags": None if change.tags is None else list(change.tags)}
    if before is None:
        events = [Event("member.created", member_id, {"identities": kinds, "opted_in": change.opted_in})]
    else:
        changed = [name for name, value in said.items() if value not in (None, before[name])]
        events = [Event("member.updated", member_id, {"changed": [*changed, *kinds]})] if changed or kinds else []
    if change.opted_in is not None and change.opted_in != (before["opted_in"] if before else None):
        events.append(Event("member.opted_in" if change.opted_in else "member.opted_out", member_id, {}))
    return events


async def _find(database: Queries, merchant_id: int, identities: Sequence[Identity]) -> dict[Identity, int]:
    kinds, texts = [identity.kind for identity in identities], [identity.value for identity in identities]
    rows = await database.fetch(SQL.find_members, merchant_id, kinds, texts)
    return {Identity(row[0], row[1]): row[2] for row in rows}


def _the_one(found: dict[Identity, int]) -> int | None:
    if not found:
        return None
    first, member_id = next(iter(found.items()))
    for identity, other in found.items():
        if other != member_id:
            raise IdentityConflict(first.kind, identity.kind)
    return member_id


def read_profile(row: Iterable[Any], identities: Iterable[Iterable[str]]) -> Profile:
    """A row of a profile, and those of its identities."""
    values = list(row)
    values[3] = tuple(values[3])
    return Profile(*values, identities=tuple(Identity(*identity) for identity in identities))
