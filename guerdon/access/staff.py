"""The people of a merchant: inviting them, what they are, letting them go, and their passwords.

Whoever changes another person is an owner of this merchant. Who works for other merchants too is changed by those who
own all of them, or by whoever runs the installation (`guerdon operator`), for whom `merchants` is None.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from guerdon.access.codes import stop_codes
from guerdon.access.operators import SQL as ROLES_SQL
from guerdon.access.operators import checked_role, create_operator, hashed_password
from guerdon.access.sessions import end_sessions
from guerdon.database.pool import Connection, Database, Queries, Row, inside
from guerdon.errors.access import InvitationOver, LastOwner, OperatorNotFound, OperatorShared
from guerdon.errors.base import BadField
from guerdon.kit.sql import load
from guerdon.trail.changes import SQL as TRAIL
from guerdon.trail.changes import asker, note_change, note_everywhere
from guerdon.trail.noted import Subject

SQL = load(__file__, "staff.sql")

INVITED_FOR = timedelta(days=7)
PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 10, 200
OWNER = "owner"

Merchants = Collection[int] | None
"""The merchants that whoever asks is an owner of; None is all of them."""


class Invited(NamedTuple):
    """Who was invited, and the secret of the link, which nobody can show again."""

    operator_id: int
    secret: str


class Standing(NamedTuple):
    """By what means somebody signs in; `password_at` is since when the password is what it is."""

    username: str
    has_password: bool
    password_at: datetime | None
    signs_on: bool


async def invite(database: Database, merchant_id: int, *, username: str, role: str, now: datetime) -> Invited:
    """Add somebody who chooses a password by a link. Refuses with NameTaken, or BadField for no name or role."""
    async with database.transaction() as connection:
        operator_id = await create_operator(inside(connection), merchant_id, username=username, role=role, now=now)
        return await _link(connection, operator_id, now)


async def invite_again(
    database: Database, merchant_id: int, operator_id: int, now: datetime, *, merchants: Merchants
) -> Invited:  # fmt: skip
    """A new link for somebody who lost theirs, or their password; what they had before is good until it is used.

    Refuses with OperatorNotFound or OperatorShared.
    """
    async with database.transaction() as connection:
        await _theirs(connection, merchant_id, operator_id, merchants)
        await _note(connection, merchant_id, operator_id, "invited", now)
        return await _link(connection, operator_id, now)


async def invitation_of(database: Queries, secret: str, now: datetime) -> str:
    """The name of whom a link is for; refuses with InvitationOver."""
    row = await database.fetchrow(SQL.find_invited, _hashed(secret), now)
    if row is None:
        raise InvitationOver
    return row["username"]


async def accept_invitation(database: Database, secret: str, password: str, now: datetime) -> int:
    """Choose a password by a link, which is used up; returns who did. Sessions from before end.

    Refuses with BadField, or InvitationOver.
    """
    username = await invitation_of(database, secret, now)
    password_hash = await hashed_password(checked_password(password, username))
    async with database.transaction() as connection:
        operator_id = await connection.fetchval(SQL.accept_invitation, _hashed(secret), password_hash, now)
        if operator_id is None:
            raise InvitationOver
        await end_sessions(connection, operator_id, now)
        await note_everywhere(connection, operator_id, "operator.password_set", now=now)
    return operator_id


async def change_password(
    database: Database, operator_id: int, password: str, now: datetime, *, keeping: int | None = None
) -> None:
    """A new password for whoever has just proven the one before; ends their other sessions than the one to be kept.

    Refuses with BadField.
    """
    row = await _person(database, SQL.get_person, operator_id)
    password_hash = await hashed_password(checked_password(password, row["username"]))
    async with database.transaction() as connection:
        await connection.execute(SQL.set_password, operator_id, password_hash, now)
        await end_sessions(connection, operator_id, now, keeping=keeping)
        await note_everywhere(connection, operator_id, "operator.password_changed", now=now)


async def set_password(database: Database, merchant_id: int, operator_id: int, password: str, now: datetime) -> None:
    """A new password that whoever runs the installation says; ends all sessions. Refuses with OperatorNotFound, or
    BadField.
    """
    row = await _person(database, SQL.get_person, operator_id)
    password_hash = await hashed_password(checked_password(password, row["username"]))
    async with database.transaction() as connection:
        await _theirs(connection, merchant_id, operator_id, None)
        await connection.execute(SQL.set_password, operator_id, password_hash, now)
        await end_sessions(connection, operator_id, now)
        await _note(connection, merchant_id, operator_id, "password_set", now)


async def get_standing(database: Queries, operator_id: int) -> Standing:
    """By what means somebody signs in; refuses with OperatorNotFound."""
    row = await _person(database, SQL.get_person, operator_id)
    return Standing(row["username"], row["password_hash"] is not None, row["password_at"], row["signs_on"])


async def change_role(
    database: Database, merchant_id: int, operator_id: int, role: str | None, now: datetime, *,
    actor: str | None = None,
) -> None:  # fmt: skip
    """What somebody is to a merchant from now on; None is nothing any more. Refuses with OperatorNotFound, LastOwner,
    or BadField.
    """
    async with database.transaction() as connection:
        owners = await _owners(connection, merchant_id)
        row = await _theirs(connection, merchant_id, operator_id, None)
        before: str = await connection.fetchval(SQL.get_role, merchant_id, operator_id)
        if before == OWNER and role != OWNER:
            _require_another(owners, row)
        if role is None:
            await connection.execute(SQL.take_role, merchant_id, operator_id)
        else:
            await connection.execute(ROLES_SQL.give_role, merchant_id, operator_id, checked_role(role))
        await note_change(
            connection, merchant_id, "operator.role_changed", Subject("operator", str(operator_id)), now=now,
            before={"role": before}, after={"role": role}, actor=actor,
        )  # fmt: skip


async def grant_role(
    database: Database, merchant_id: int, operator_id: int, role: str, now: datetime, *, actor: str | None = None
) -> None:
    """Let somebody who is an operator already work for a merchant too. Refuses with OperatorNotFound, or BadField."""
    async with database.transaction() as connection:
        await _person(connection, SQL.lock_person, operator_id)
        before = await connection.fetchval(SQL.get_role, merchant_id, operator_id)
        await connection.execute(ROLES_SQL.give_role, merchant_id, operator_id, checked_role(role))
        await note_change(
            connection, merchant_id, "operator.role_changed", Subject("operator", str(operator_id)), now=now,
            before={"role": before}, after={"role": role}, actor=actor,
        )  # fmt: skip


async def disable(
    database: Database, merchant_id: int, operator_id: int, now: datetime, *, merchants: Merchants
) -> None:  # fmt: skip
    """Let somebody in no more; their sessions end. Refuses with OperatorNotFound, OperatorShared or LastOwner."""
    async with database.transaction() as connection:
        roles = await connection.fetch(TRAIL.list_merchants_of_operator, operator_id)
        owned = [one["merchant_id"] for one in roles if one["role"] == OWNER]
        owners = {one: await _owners(connection, one) for one in owned}
        row = await _theirs(connection, merchant_id, operator_id, merchants)
        for of_one in owners.values():
            _require_another(of_one, row)
        if row["disabled_at"] is not None:
            return
        await connection.execute(SQL.disable_operator, operator_id, now)
        await end_sessions(connection, operator_id, now)
        await _note(connection, merchant_id, operator_id, "disabled", now)


async def enable(
    database: Database, merchant_id: int, operator_id: int, now: datetime, *, merchants: Merchants
) -> None:  # fmt: skip
    """Let somebody in again. Refuses with OperatorNotFound or OperatorShared."""
    async with database.transaction() as connection:
        row = await _theirs(connection, merchant_id, operator_id, merchants)
        if row["disabled_at"] is None:
            return
        await connection.execute(SQL.enable_operator, operator_id)
        await _note(connection, merchant_id, operator_id, "enabled", now)


async def reset_codes(
    database: Database, merchant_id: int, operator_id: int, now: datetime, *, merchants: Merchants
) -> None:  # fmt: skip
    """Ask somebody for no code any more who has lost what makes them; their sessions end. Refuses with OperatorNotFound
    or OperatorShared.
    """
    async with database.transaction() as connection:
        await _theirs(connection, merchant_id, operator_id, merchants)
        await end_sessions(connection, operator_id, now)
        await stop_codes(inside(connection), operator_id, now, actor=asker())


def checked_password(password: str, username: str) -> str:
    """A password that can be one; refuses with BadField. Its length is what makes it hard to guess."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        needed = f"{PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters are needed"
        raise BadField("password", f"it has {len(password)} characters: {needed}, such as four words")
    if password.casefold() == username.casefold() or len(set(password)) < 4:  # aaaaaaaaaa, abababab
        raise BadField("password", "it is the name, or the same letters again and again: choose another")
    return password


async def _link(connection: Connection, operator_id: int, now: datetime) -> Invited:
    secret = secrets.token_urlsafe(32)
    await connection.execute(SQL.invite_operator, operator_id, _hashed(secret), now + INVITED_FOR)
    return Invited(operator_id, secret)


async def _owners(connection: Connection, merchant_id: int) -> list[int]:
    return [row[0] for row in await connection.fetch(SQL.lock_owners, merchant_id)]


def _require_another(owners: Collection[int], row: Row) -> None:
    """Refuses with LastOwner where nobody else is left who can say who may sign in."""
    if not set(owners) - {row["operator_id"]}:
        raise LastOwner(row["username"])


async def _theirs(connection: Connection, merchant_id: int, operator_id: int, merchants: Merchants) -> Row:
    """Somebody of this merchant whom whoever asks may change, under a lock."""
    row = await connection.fetchrow(SQL.lock_person, operator_id)
    roles = await connection.fetch(TRAIL.list_merchants_of_operator, operator_id)
    works_for = {one["merchant_id"] for one in roles}
    if row is None or merchant_id not in works_for:
        raise OperatorNotFound(operator_id)
    if merchants is not None and not works_for <= set(merchants):
        raise OperatorShared(row["username"])
    return row


async def _person(database: Queries, statement: str, operator_id: int) -> Row:
    row = await database.fetchrow(statement, operator_id)
    if row is None:
        raise OperatorNotFound(operator_id)
    return row


async def _note(connection: Connection, merchant_id: int, operator_id: int, what: str, now: datetime) -> None:
    subject = Subject("operator", str(operator_id))
    await note_change(connection, merchant_id, f"operator.{what}", subject, now=now)


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
