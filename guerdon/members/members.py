"""Finding, adding and changing members. A member comes with an account, opened through the books."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from guerdon.database.pool import Connection, Database, Row
from guerdon.errors.books import IdentityConflict, MemberNotFound
from guerdon.kit.sql import load
from guerdon.points.command import Identity
from guerdon.points.store import open_accounts

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


async def get_member(database: Database, merchant_id: int, member_id: int) -> Profile:
    """The profile of a member by our number; that of a merged one answers with whom it became (behaviour 23)."""
    row = await database.fetchrow(SQL.get_member, merchant_id, member_id)
    if row is None:
        raise MemberNotFound("id", str(member_id))
    identities = await database.fetch(SQL.get_identities, merchant_id, row["member_id"])
    return _profile(row, identities)


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


async def set_standing(
    database: Database,
    merchant_id: int,
    member_id: int,
    now: datetime,
    *,
    tier: int | None = None,
    status: str | None = None,
) -> None:
    """Set a member's tier level or status by hand."""
    await database.execute(SQL.set_standing, merchant_id, member_id, tier, status, now)


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
    if member_id is None:
        member_id = await connection.fetchval("SELECT nextval('member_sequence')")
        account_id = await connection.fetchval("SELECT nextval('account_sequence')")
        await connection.execute(SQL.insert_member, merchant_id, member_id, *values)
        await open_accounts(connection, merchant_id, [(member_id, account_id)], now)
    else:
        if await connection.fetchval(SQL.lock_member, merchant_id, member_id) in ("merged", "erased"):
            raise _Gone
        await connection.execute(SQL.update_member, merchant_id, member_id, *values)
    new = [identity for identity in dict.fromkeys(identities) if identity not in found]
    if not replaces:
        had = {row["kind"] for row in await connection.fetch(SQL.get_identities, merchant_id, member_id)}
        new = [identity for identity in new if identity.kind not in had]
    kinds, texts = [identity.kind for identity in new], [identity.value for identity in new]
    if new:
        await connection.execute(SQL.replace_identities, merchant_id, member_id, kinds)
        await connection.execute(SQL.insert_identities, merchant_id, member_id, kinds, texts)
    return member_id


async def _find(
    database: Database | Connection, merchant_id: int, identities: Sequence[Identity]
) -> dict[Identity, int]:
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


def _profile(row: Row, identities: Sequence[Row]) -> Profile:
    values = list(row)
    values[3] = tuple(values[3])
    return Profile(*values, identities=tuple(Identity(*identity) for identity in identities))
