"""Idempotency keys for writes that are no commands of the desk, in the same table and to the same effect (behaviour 7).

The same key with the same request answers the same, to the byte, with the header `Idempotent-Replayed`; with another
request it is refused. What was refused left nothing, so its key is free again.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

import asyncpg
import msgspec

from guerdon.api.wire import Incoming, encode
from guerdon.database.pool import Connection, Database, Queries, inside
from guerdon.errors.base import KeyInFlight, KeyReused
from guerdon.kit.sql import load
from guerdon.points.command import Key

SQL = load(__file__, "keyed.sql")

WAIT = "SET LOCAL lock_timeout = '500ms'"
WAIT_NO_MORE = "SET LOCAL lock_timeout = 0"
"""A request whose key is in flight waits so long for the other's answer, which is far longer than a write takes."""

Told = TypeVar("Told", bound=msgspec.Struct)


class Asked(NamedTuple):
    """A write, and by whom and for which merchant it is asked."""

    incoming: Incoming
    params: msgspec.Struct
    merchant_id: int
    actor: str
    now: datetime

    @property
    def key(self) -> Key | None:
        """The client's Idempotency-Key; refuses with BadField one that is none."""
        return self.incoming.key(self.actor, self.params)


async def once(database: Database, asked: Asked, write: Callable[[Database], Awaitable[Told]]) -> Told | msgspec.Raw:
    """Write in one transaction, with the answer beside it under the key. `write` may use nothing but the database that
    it is given, which is this transaction: another connection may never come free, as all may wait here.

    Refuses with KeyReused, and with KeyInFlight where the first request under the key is still being answered.
    """
    key = asked.key
    if key is None:
        async with database.transaction() as connection:
            return await write(inside(connection))
    async with database.transaction() as connection:
        if not await _claim(connection, asked, key):
            return await _replay(connection, asked, key)
        answer = await write(inside(connection))
        await connection.execute(SQL.keep_answer, asked.merchant_id, key.text, encode(answer).decode())
        return answer


async def remembered(database: Database, asked: Asked, write: Callable[[], Awaitable[Told]]) -> Told | msgspec.Raw:
    """The same for a write of several transactions that does no more when it is repeated: the answer is kept after it.

    Refuses with KeyReused.
    """
    key = asked.key
    if key is None:
        return await write()
    if await database.fetchrow(SQL.find_answer, asked.merchant_id, key.text) is not None:
        return await _replay(database, asked, key)
    answer = await write()
    body = encode(answer).decode()
    if not await database.fetchval(
        SQL.claim_key, asked.merchant_id, key.text, key.fingerprint, body, asked.now
    ):  # fmt: skip
        return await _replay(database, asked, key)
    return answer


async def _claim(connection: Connection, asked: Asked, key: Key) -> bool:
    """Whether the key is ours from here to the commit, which keeps the answer; False where it has one."""
    await connection.execute(WAIT)
    try:
        claimed = await connection.fetchval(
            SQL.claim_key, asked.merchant_id, key.text, key.fingerprint, "", asked.now
        )  # fmt: skip
    except asyncpg.LockNotAvailableError:
        raise KeyInFlight(key.text) from None
    await connection.execute(WAIT_NO_MORE)
    return bool(claimed)


async def _replay(database: Queries, asked: Asked, key: Key) -> msgspec.Raw:
    """What was answered before, as it was written then."""
    row = await database.fetchrow(SQL.find_answer, asked.merchant_id, key.text)
    if row is None:
        raise KeyInFlight(key.text)  # the member of whom it told has been erased in between
    if row["fingerprint"] != key.fingerprint:
        raise KeyReused(key.text)
    asked.incoming.replayed = True
    return msgspec.Raw(row["body"])
