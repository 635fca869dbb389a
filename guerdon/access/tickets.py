"""Tickets: what is known of a person between two pages of signing in, good once and for minutes.

The browser holds a secret; what it stands for is in the database, so that any worker can go on with it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import msgspec

from guerdon.database.pool import Database
from guerdon.errors.access import SignInOver
from guerdon.kit.sql import load

SQL = load(__file__, "tickets.sql")

LIFE = timedelta(minutes=10)

Kind = Literal["second_factor", "single_sign_on"]
Document = TypeVar("Document", bound=msgspec.Struct)


class SecondFactor(msgspec.Struct, frozen=True):
    """Whose password was right, and where they want to go."""

    operator_id: int
    then: str


class SignOnBegun(msgspec.Struct, frozen=True):
    """What was sent to a provider, to be compared with what comes back, and where the person wants to go."""

    state: str
    nonce: str
    verifier: str
    place: str
    """Where the provider sends the person back to."""
    then: str


KINDS: dict[type[msgspec.Struct], Kind] = {SecondFactor: "second_factor", SignOnBegun: "single_sign_on"}


async def issue_ticket(database: Database, document: SecondFactor | SignOnBegun, now: datetime) -> str:
    """The secret for the browser."""
    secret, text = secrets.token_urlsafe(32), msgspec.json.encode(document).decode()
    await database.execute(SQL.issue_ticket, _hashed(secret), KINDS[type(document)], text, now + LIFE, now)
    return secret


async def read_ticket(database: Database, kind: type[Document], secret: str, now: datetime) -> Document:
    """What a ticket says, which stays good; refuses with SignInOver."""
    return _read(kind, await database.fetchval(SQL.read_ticket, _hashed(secret), KINDS[kind], now))


async def take_ticket(database: Database, kind: type[Document], secret: str, now: datetime) -> Document:
    """What a ticket says, which is good no more; refuses with SignInOver."""
    return _read(kind, await database.fetchval(SQL.take_ticket, _hashed(secret), KINDS[kind], now))


def _read(kind: type[Document], text: str | None) -> Document:
    if text is None:
        raise SignInOver
    return msgspec.json.decode(text, type=kind)


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
