"""Operators: people who sign in with a name and a password, and have a role for each merchant they work for."""

import asyncio
import base64
import binascii
import hashlib
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from msgspec import Struct

from guerdon.access.attempts import attempt_succeeded, begin_attempt
from guerdon.access.seals import Seals
from guerdon.database.pool import Database, Queries, Row
from guerdon.errors.access import OperatorNotFound, SecondFactorNeeded
from guerdon.errors.base import BadField, NameTaken, NotAllowed, ScopeMissing, Unauthenticated
from guerdon.kit.clock import Clock
from guerdon.kit.sql import load
from guerdon.trail.changes import note_change, note_everywhere
from guerdon.trail.noted import Subject

SQL = load(__file__, "access.sql")

ROLES = ("owner", "manager", "support", "finance", "developer", "read_only")
EDITORS = frozenset({"owner", "manager"})
"""Roles that may change what points buy."""

REMEMBERED_FOR_S = 60.0
"""A proven sign-in is not proven again for so long: the portal contract sends the password with every request."""

FRESH_FOR_S = 3.0
"""Who is disabled, or whose role or password is another, gets in no more after this."""

KNOWN_MAX = 10_000
NAME_LENGTH_MAX = 200

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


class Proven(NamedTuple):
    """A person whose password was right, and whether a code is still to be asked for."""

    operator: Operator
    has_codes: bool


class _Known(NamedTuple):
    """A sign-in that was proven at a time, by a hash, and what was read of the person at another."""

    proven_at: float
    password_hash: str
    read_at: float
    found: Proven


class Operators:
    """Signs people in, and remembers for a minute that it has; who they are is read again within seconds."""

    def __init__(self, database: Database, clock: Clock, *, seals: Seals | None = None) -> None:
        self._database = database
        self.clock = clock
        """The time of people, who sign in at the same hour to whatever merchant, also one with a time of its own."""
        self.seals = seals or Seals()
        self._known: dict[bytes, _Known] = {}

    async def sign_in(self, authorization: str | None, *, address: str) -> Operator:
        """The operator named by an Authorization header, with or without `Basic`. Refuses with Unauthenticated, with
        SignInWait, and with SecondFactorNeeded whoever signs in with codes: a password alone would make them useless.
        """
        proven = await self.prove(*_credentials(authorization), address=address)
        if proven.has_codes:
            raise SecondFactorNeeded(proven.operator.username)
        return proven.operator

    async def prove(self, username: str, password: str, *, address: str, anew: bool = False) -> Proven:
        """Whose name and password these are, perhaps as they were a few seconds ago, unless `anew`. Refuses with
        Unauthenticated, or with SignInWait after several failures, whether or not there is such a name.
        """
        mark = hashlib.sha256(f"{username}\0{password}".encode()).digest()
        if anew:
            self._known.pop(mark, None)
        known = await self._recall(mark, username)
        if known is not None:
            return known
        async with _at_once:
            # Whoever waited may have been proven meanwhile: a page of the portal sends many requests at once.
            known = await self._recall(mark, username)
            return known if known is not None else await self._prove(mark, username, password, address)

    async def _prove(self, mark: bytes, username: str, password: str, address: str) -> Proven:
        now = self.clock()
        attempt = await begin_attempt(self._database, username, address, now, of="password")
        rows = await self._database.fetch(SQL.find_operator, username)
        stored: str = (rows[0]["password_hash"] if rows else None) or _UNKNOWN
        right = await asyncio.to_thread(_matches, stored, password)
        if not rows or not right:
            if rows:
                operator_id: int = rows[0]["operator_id"]
                await note_everywhere(
                    self._database, operator_id, "operator.sign_in_failed", now=now, address=address
                )  # fmt: skip
            raise Unauthenticated(REFUSED)
        found = _found(rows, username)
        await attempt_succeeded(self._database, attempt, now, known=not found.has_codes)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[mark] = _Known(time.monotonic(), stored, time.monotonic(), found)
        return found

    async def _recall(self, mark: bytes, username: str) -> Proven | None:
        """Whom we have proven of late, if it is so still."""
        known, now = self._known.get(mark), time.monotonic()
        if known is None:
            return None
        if now - known.read_at < FRESH_FOR_S:
            return known.found
        rows = await self._database.fetch(SQL.find_operator, username)
        if now - known.proven_at >= REMEMBERED_FOR_S or not rows or rows[0]["password_hash"] != known.password_hash:
            self._known.pop(mark, None)
            return None
        found = _found(rows, username)
        self._known[mark] = known._replace(read_at=now, found=found)
        return found


async def create_operator(
    database: Database, merchant_id: int, *, username: str, role: str, now: datetime, password: str | None = None
) -> int:
    """Add somebody who may sign in; returns the operator's id. Without a password they need an invitation or a single
    sign-on. Refuses a name that is taken.
    """
    checked_role(role)
    if not 0 < len(username) <= NAME_LENGTH_MAX or ":" in username or not username.isprintable():
        raise BadField("username", "a name without a colon is needed, since name and password are joined by one")
    operator_id = int(await database.fetchval("SELECT nextval('operator_sequence')"))
    password_hash = None if password is None else await hashed_password(password)
    try:
        async with database.transaction() as connection:
            await connection.execute(SQL.insert_operator, operator_id, username, password_hash, now)
            await connection.execute(SQL.give_role, merchant_id, operator_id, role)
            after = {"username": username, "role": role}
            await note_change(
                connection, merchant_id, "operator.added", Subject("operator", str(operator_id)), now=now, after=after
            )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken("operator", username) from error
    return operator_id


def checked_role(role: str) -> str:
    """A role there is; refuses with BadField."""
    if role not in ROLES:
        raise BadField("role", f"{role!r} is none of {', '.join(ROLES)}")
    return role


async def hashed_password(password: str) -> str:
    """As it is stored; takes memory and time on purpose."""
    return await asyncio.to_thread(_hasher.hash, password)


async def find_operator(database: Queries, username: str) -> int | None:
    """Whose name this is, whether or not they may sign in."""
    operator_id: int | None = await database.fetchval(SQL.find_username, username)
    return operator_id


async def get_operator(database: Queries, operator_id: int) -> Operator:
    """Somebody who may sign in; refuses with OperatorNotFound."""
    rows = await database.fetch(SQL.get_operator, operator_id)
    if not rows:
        raise OperatorNotFound(operator_id)
    roles = {row["merchant_id"]: row["role"] for row in rows}
    return Operator(operator_id, rows[0]["username"], roles)


async def list_operators(database: Queries, merchant_id: int) -> list[dict[str, Any]]:
    """Who works for a merchant, also who may not sign in: with role, by what means, and when they last did."""
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


def _found(rows: Sequence[Row], username: str) -> Proven:
    roles = {row["merchant_id"]: row["role"] for row in rows}
    return Proven(Operator(rows[0]["operator_id"], username, roles), rows[0]["has_codes"])


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


_UNKNOWN = _hasher.hash("nobody has this")
"""Checked against for names that nobody has, so that they take as long as wrong passwords."""
