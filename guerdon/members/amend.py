"""Changing a member who is known by number: the profile, and the ways to find them."""

from collections.abc import Collection
from datetime import datetime

from msgspec.structs import asdict

from guerdon.database.pool import Connection, Database, Row
from guerdon.errors.books import MemberNotFound
from guerdon.errors.members import IdentityTaken, LastIdentity
from guerdon.kit.sql import load
from guerdon.members.members import SQL as MEMBERS
from guerdon.members.members import ProfileChange
from guerdon.members.words import name_of, write_words
from guerdon.points.command import Identity
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject

SQL = load(__file__, "amend.sql")

FORGETTABLE = ("first_name", "last_name", "country", "platform_created_at")
"""What a profile can do without."""


async def amend_member(
    database: Database,
    merchant_id: int,
    member_id: int,
    change: ProfileChange,
    now: datetime,
    *,
    forgotten: Collection[str] = (),
) -> None:
    """Change what is known of a member; of `forgotten` fields nothing is known any more.

    Refuses with MemberNotFound, also where the member was merged or erased at the same moment.
    """
    assert set(forgotten) <= set(FORGETTABLE), forgotten
    said = {**asdict(change), "tags": None if change.tags is None else list(change.tags)}
    async with database.transaction() as connection:
        before = await _locked(connection, merchant_id, member_id)
        await connection.execute(
            SQL.amend_member, merchant_id, member_id, said["tags"], change.opted_in, change.opted_in_at,
            change.first_name, change.last_name, change.country, change.has_account, change.platform_created_at,
            list(forgotten), now,
        )  # fmt: skip
        first = None if "first_name" in forgotten else change.first_name or before["first_name"]
        last = None if "last_name" in forgotten else change.last_name or before["last_name"]
        was = name_of(member_id, before["first_name"], before["last_name"])
        await write_words(connection, merchant_id, [was], [name_of(member_id, first, last)])
        changed = [name for name, value in said.items() if value not in (None, before[name])]
        changed += [name for name in forgotten if before[name] is not None]
        events = [Event("member.updated", member_id, {"changed": changed})] if changed else []
        if change.opted_in not in (None, before["opted_in"]):
            events.append(Event("member.opted_in" if change.opted_in else "member.opted_out", member_id, {}))
        if events:
            await write_events(connection, merchant_id, events, now)
        after = {name: None if name in forgotten else said[name] for name in changed}
        await note_change(
            connection, merchant_id, "member.changed", Subject("member", str(member_id)), now=now,
            before={name: before[name] for name in changed}, after=after,
        )  # fmt: skip


async def add_identity(
    database: Database, merchant_id: int, member_id: int, identity: Identity, now: datetime
) -> bool:  # fmt: skip
    """Let this find the member too, beside what does already; whether it is new. Refuses with IdentityTaken."""
    async with database.transaction() as connection:
        await _locked(connection, merchant_id, member_id)
        added = await connection.execute(SQL.add_identity, merchant_id, *identity, member_id)
        if added.endswith(" 0"):
            owner = await connection.fetchval(SQL.get_owner_of_identity, merchant_id, *identity)
            if owner != member_id:
                raise IdentityTaken(*identity, owner)
            return False
        await _tell(connection, merchant_id, member_id, identity, now)
        await _note(connection, merchant_id, member_id, now, before={}, after=_named(identity))
        return True


async def remove_identity(
    database: Database, merchant_id: int, member_id: int, identity: Identity, now: datetime
) -> None:
    """Let this find the member no more. Refuses with MemberNotFound where it does not, and with LastIdentity."""
    async with database.transaction() as connection:
        await _locked(connection, merchant_id, member_id)
        left = [tuple(row) for row in await connection.fetch(MEMBERS.get_identities, merchant_id, member_id)]
        if tuple(identity) not in left:
            raise MemberNotFound(*identity)
        if len(left) == 1:
            raise LastIdentity(*identity)
        await connection.execute(SQL.remove_identity, merchant_id, *identity, member_id)
        await _tell(connection, merchant_id, member_id, identity, now)
        await _note(connection, merchant_id, member_id, now, before=_named(identity), after={})


async def _locked(connection: Connection, merchant_id: int, member_id: int) -> Row:
    """The profile as it is until we commit."""
    row = await connection.fetchrow(MEMBERS.lock_member, merchant_id, member_id)
    if row is None or row["status"] in ("merged", "erased"):
        raise MemberNotFound("id", str(member_id))
    return row


async def _tell(connection: Connection, merchant_id: int, member_id: int, identity: Identity, now: datetime) -> None:
    """That something changed, and of which kind it is, never what it says. Lists by change show the member anew."""
    await connection.execute(MEMBERS.touch_member, merchant_id, member_id, now)
    await write_events(connection, merchant_id, [Event("member.updated", member_id, {"changed": [identity.kind]})], now)


def _named(identity: Identity) -> dict[str, str]:
    """An identity under a name that tells how much of it may be kept."""
    return {"card_number" if identity.kind == "card" else identity.kind: identity.value}


async def _note(
    connection: Connection, merchant_id: int, member_id: int, now: datetime, *,
    before: dict[str, str], after: dict[str, str],
) -> None:  # fmt: skip
    await note_change(
        connection, merchant_id, "member.identities_changed", Subject("member", str(member_id)), now=now, before=before,
        after=after,
    )  # fmt: skip
