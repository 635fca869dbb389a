"""Operators: people who sign in with a name and a password, and have a role for each merchant they work for."""

import asyncio
import base64
import binascii
import hashlib
import time
from datetime import datetime

import asyncpg
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.errors.base import BadField, NameTaken, NotAllowed, ScopeMissing, Unauthenticated
from guerdon.kit.sql import load

SQL = load(__file__, "access.sql")

ROLES = ("owner", "manager", "support", "finance", "developer", "read_only")
EDITORS = frozenset({"owner", "manager"})
"""Roles that may change what points buy."""

REMEMBERED_FOR_S = 60.0
"""A proven sign-in is not proven again for so long: the portal contract sends the password with every request."""

REFUSED = "This username and password are not valid: send Authorization with base64 of username:password"

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = asyncio.Semaphore(1)
"""Checking a password takes memory and time on purpose, so one is checked at a time."""


class Operator(Struct, frozen=True):
    """A person who signed in, with a role for each merchant."""

    operator_id: int
    username: str
    roles: dict[int, str]

    @property
    def actor(self) -> str:
        """The name under which this person is recorded."""
        return f"operator:{self.operator_id}"

    def merchant(self) -> int:
        """The merchant meant where a request names none: the first that this person works for."""
        return min(self.roles)

    def require_editor(self, merchant_id: int) -> None:
        """Refuses with NotAllowed or ScopeMissing."""
        role = self.roles.get(merchant_id)
        if role is None:
            raise NotAllowed
        if role not in EDITORS:
            raise ScopeMissing(" or ".join(sorted(EDITORS)), role)


class Operators:
    """Signs people in, and remembers for a minute whom it has."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, Operator]] = {}

    async def sign_in(self, authorization: str | None) -> Operator:
        """The operator named by an Authorization header, with or without `Basic`; refuses with Unauthenticated."""
        username, password = _credentials(authorization)
        mark = hashlib.sha256(f"{username}\0{password}".encode()).digest()
        known = self._known.get(mark)
        if known is not None and time.monotonic() - known[0] < REMEMBERED_FOR_S:
            return known[1]
        rows = await self._database.fetch(SQL.find_operator, username)
        stored = rows[0]["password_hash"] if rows else _UNKNOWN
        async with _at_once:
            right = await asyncio.to_thread(_matches, stored, password)
        if not rows or not right:
            raise Unauthenticated(REFUSED)
        operator = Operator(rows[0]["operator_id"], username, {row["merchant_id"]: row["role"] for row in rows})
        self._known[mark] = (time.monotonic(), operator)
        return operator


async def create_operator(
    database: Database, merchant_id: int, *, username: str, password: str, role: str, now: datetime
) -> int:
    """Add somebody who may sign in; returns the operator's id. Refuses a name that is taken."""
    if role not in ROLES:
        raise BadField("role", f"{role!r} is none of {', '.join(ROLES)}")
    if not username or ":" in username:
        raise BadField("username", "a name without a colon is needed, since name and password are joined by one")
    operator_id = int(await database.fetchval("SELECT nextval('operator_sequence')"))
    password_hash = await asyncio.to_thread(_hasher.hash, password)
    try:
        async with database.transaction() as connection:
            await connection.execute(SQL.insert_operator, operator_id, username, password_hash, now)
            await connection.execute(SQL.give_role, merchant_id, operator_id, role)
    except asyncpg.UniqueViolationError as error:
        raise NameTaken("operator", username) from error
    return operator_id


async def list_operators(database: Database, merchant_id: int) -> list[dict[str, object]]:
    """Who may sign in for a merchant."""
    return [dict(row.items()) for row in await database.fetch(SQL.list_operators, merchant_id)]


def _credentials(authorization: str | None) -> tuple[str, str]:
    if not authorization:
        raise Unauthenticated("Authorization is missing: send base64 of username:password")
    token = authorization.strip()
    if token[:6].lower() == "basic ":
        token = token[6:].strip()
    try:
        username, colon, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = username = password = ""
    if not colon or "\0" in username:
        raise Unauthenticated(REFUSED)
    return username, password


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


_UNKNOWN = _hasher.hash("nobody has this")
"""Checked against for names that nobody has, so that they take as long as wrong passwords."""
