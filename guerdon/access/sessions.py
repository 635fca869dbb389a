"""Sessions: a browser that a person signed in with stays signed in, until it is idle, old, or told to end."""

import hashlib
import secrets
import time
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from guerdon.access.operators import Operator
from guerdon.database.pool import Database, Queries
from guerdon.kit.sql import load
from guerdon.trail.changes import note_everywhere

SQL = load(__file__, "sessions.sql")

IDLE_MAX = timedelta(hours=12)
AGE_MAX = timedelta(days=14)
FRESH_FOR_S = 3.0
"""A session that was ended elsewhere opens nothing after this."""
SEEN_EVERY = timedelta(minutes=1)
KNOWN_MAX = 10_000
AGENT_LENGTH_MAX = 400
FORGOTTEN_AFTER = timedelta(days=90)


class Session(Struct, frozen=True):
    """A browser that somebody is signed in with, and the merchant whose programme it shows."""

    session_id: int
    operator: Operator
    merchant_id: int
    csrf: str
    """What every form of this session carries, and no page of another site can know."""
    seen_at: datetime


class Browser(Struct, frozen=True):
    """A session as its person sees it."""

    session_id: int
    opened_at: datetime
    seen_at: datetime
    user_agent: str
    address: str


class Sessions:
    """Tells people by the secret in their cookie, and remembers for a few seconds whom it has told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, Session]] = {}

    async def open(
        self, operator: Operator, now: datetime, *, user_agent: str = "", address: str = "", means: str = "password"
    ) -> str:
        """Sign this person in, who was proven by `means`; returns the secret of the new session, which nobody can show
        again.
        """
        secret = secrets.token_urlsafe(32)
        async with self._database.transaction() as connection:
            session_id = int(await connection.fetchval("SELECT nextval('operator_session_sequence')"))
            await connection.execute(
                SQL.open_session, session_id, _hashed(secret), operator.operator_id, operator.merchant(), now,
                user_agent[:AGENT_LENGTH_MAX], address,
            )  # fmt: skip
            await note_everywhere(
                connection, operator.operator_id, "operator.signed_in", now=now, after={"by": means}
            )  # fmt: skip
        return secret

    async def find(self, secret: str, now: datetime) -> Session | None:
        """The session with this secret, unless it has ended or its person may sign in no more."""
        mark = _hashed(secret)
        known = self._known.get(mark)
        if known is not None and time.monotonic() - known[0] < FRESH_FOR_S:
            return known[1]
        self._known.pop(mark, None)
        session = await self._read(secret, mark, now)
        if session is None:
            return None
        if now - session.seen_at >= SEEN_EVERY:
            await self._database.execute(SQL.see_session, session.session_id, now)
            session = replace(session, seen_at=now)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[mark] = (time.monotonic(), session)
        return session

    async def end_others(self, session: Session, now: datetime) -> int:
        """Sign every other browser of this person out; returns how many there were."""
        async with self._database.transaction() as connection:
            ended = await end_sessions(connection, session.operator.operator_id, now, keeping=session.session_id)
            if ended:
                await note_everywhere(
                    connection, session.operator.operator_id, "operator.sessions_ended", now=now, after={"ended": ended}
                )  # fmt: skip
        self._known.clear()
        return ended

    async def choose(self, session: Session, merchant_id: int) -> None:
        """Show this merchant's programme from now on; whoever asks has checked that the person works for it."""
        await self._database.execute(SQL.choose_merchant, session.session_id, merchant_id)
        self._forget(session.session_id)

    async def end(self, operator_id: int, session_id: int, now: datetime) -> None:
        """Sign one browser of this person out."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(SQL.end_session, operator_id, session_id, now):
                await note_everywhere(connection, operator_id, "operator.signed_out", now=now)
        self._forget(session_id)

    def _forget(self, session_id: int) -> None:
        self._known = {mark: kept for mark, kept in self._known.items() if kept[1].session_id != session_id}

    async def _read(self, secret: str, mark: bytes, now: datetime) -> Session | None:
        rows = await self._database.fetch(SQL.find_session, mark, now - AGE_MAX, now - IDLE_MAX)
        if not rows:
            return None
        first = rows[0]
        roles = {row["works_for"]: row["role"] for row in rows}
        operator = Operator(first["operator_id"], first["username"], roles)
        chosen = first["merchant_id"] if first["merchant_id"] in roles else operator.merchant()
        csrf = hashlib.blake2b(b"csrf", key=secret.encode()[:64], digest_size=16).hexdigest()
        return Session(first["session_id"], operator, chosen, csrf, first["seen_at"])


async def list_sessions(database: Queries, operator_id: int, now: datetime) -> list[Browser]:
    """Where somebody is signed in, what was used last first."""
    rows = await database.fetch(SQL.list_sessions, operator_id, now - AGE_MAX, now - IDLE_MAX)
    return [Browser(*row) for row in rows]


async def end_sessions(database: Queries, operator_id: int, now: datetime, *, keeping: int | None = None) -> int:
    """Sign all browsers of a person out but the one to be kept; workers that know them go by it within seconds.
    Returns how many there were.
    """
    ended = await database.fetch(SQL.end_sessions, operator_id, keeping, now, now - AGE_MAX, now - IDLE_MAX)
    return len(ended)


async def forget_sessions(database: Queries, now: datetime) -> None:
    """Drop what has ended long ago."""
    await database.execute(SQL.forget_sessions, now - FORGOTTEN_AFTER)


def _hashed(secret: str) -> bytes:
    """A fast hash is enough: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
