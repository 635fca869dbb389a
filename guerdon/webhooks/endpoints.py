"""Adding, changing and removing endpoints. Secrets are shown when they are made, and never again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from guerdon.database.pool import Connection, Database, Queries, Row
from guerdon.errors.webhooks import EndpointNotFound, TooManyEndpoints
from guerdon.kit.sql import load
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject
from guerdon.webhooks.endpoint import Endpoint, Off, checked_name, checked_topics, checked_url
from guerdon.webhooks.message import STANDARD
from guerdon.webhooks.signing import new_secret

SQL = load(__file__, "endpoints.sql")

ENDPOINTS_MAX = 100
OVERLAP = timedelta(hours=24)
"""How long the secret before still signs too, where nobody says otherwise."""

FIELDS = 14
"""So many columns of a row make an Endpoint; secrets come after them."""
TOPICS = 5
"""The column that is a list."""
CHOSEN = ("name", "url", "format", "topics", "ordered", "state", "reason")
"""What people choose of an endpoint; the rest says how it does."""


class Locked(NamedTuple):
    """An endpoint under its lock, with the secrets that count now."""

    endpoint: Endpoint
    secrets: tuple[str, ...]


async def add_endpoint(
    database: Database,
    merchant_id: int,
    *,
    url: str,
    now: datetime,
    name: str = "",
    format: str = STANDARD,  # noqa: A002  # what it is called everywhere else
    topics: Sequence[str] = (),
    ordered: bool = False,
    allow_private: bool = False,
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret. It is told what happens from now on. Refuses a URL or topic that is none, and more
    endpoints than ENDPOINTS_MAX.
    """
    checked_url(url, allow_private=allow_private)
    secret = new_secret()
    endpoint_id: int = await database.fetchval("SELECT nextval('webhook_endpoint_sequence')")
    async with database.transaction() as connection:
        made = await connection.fetchval(
            SQL.insert_endpoint, merchant_id, endpoint_id, checked_name(name or url[:100]), url, format,
            checked_topics(topics), ordered, secret, now, ENDPOINTS_MAX,
        )  # fmt: skip
        if made is None:
            raise TooManyEndpoints(ENDPOINTS_MAX)
        endpoint = await get_endpoint(connection, merchant_id, endpoint_id)
        await _note(connection, merchant_id, endpoint_id, "added", now, after=endpoint)
    return endpoint, secret


async def list_endpoints(database: Database, merchant_id: int) -> list[Endpoint]:
    """A merchant's endpoints, disabled ones too."""
    return [endpoint_of(row) for row in await database.fetch(SQL.list_endpoints, merchant_id, None)]


async def get_endpoint(database: Queries, merchant_id: int, endpoint_id: int) -> Endpoint:
    """One of them; refuses with EndpointNotFound."""
    row = await database.fetchrow(SQL.list_endpoints, merchant_id, endpoint_id)
    if row is None:
        raise EndpointNotFound(endpoint_id)
    return endpoint_of(row)


async def update_endpoint(
    database: Database,
    merchant_id: int,
    endpoint_id: int,
    *,
    now: datetime,
    name: str | None = None,
    url: str | None = None,
    topics: Sequence[str] | None = None,
    ordered: bool | None = None,
    allow_private: bool = False,
) -> Endpoint:
    """Change what is given; refuses as add_endpoint does."""
    async with database.transaction() as connection:
        before = (await lock_endpoint(connection, merchant_id, endpoint_id, now)).endpoint
        await connection.execute(
            SQL.update_endpoint,
            merchant_id,
            endpoint_id,
            before.name if name is None else checked_name(name),
            before.url if url is None else checked_url(url, allow_private=allow_private),
            before.topics if topics is None else checked_topics(topics),
            before.ordered if ordered is None else ordered,
            now,
        )
        after = await get_endpoint(connection, merchant_id, endpoint_id)
        await _note(connection, merchant_id, endpoint_id, "changed", now, before=before, after=after)
    return after


async def rotate_secret(
    database: Database, merchant_id: int, endpoint_id: int, *, now: datetime, overlap: timedelta = OVERLAP
) -> str:
    """A new secret. For the time of the overlap, messages are signed by the one before it too."""
    secret = new_secret()
    async with database.transaction() as connection:
        await lock_endpoint(connection, merchant_id, endpoint_id, now)
        await connection.execute(SQL.rotate_secret, merchant_id, endpoint_id, secret, now + overlap, now)
        await _note(connection, merchant_id, endpoint_id, "secret_rotated", now)
    return secret


async def enable_endpoint(
    database: Database, merchant_id: int, endpoint_id: int, *, now: datetime, from_now: bool = False
) -> None:
    """Go on where it stopped; or `from_now`, and what it has missed is given up."""
    async with database.transaction() as connection:
        before = (await lock_endpoint(connection, merchant_id, endpoint_id, now)).endpoint
        if from_now:
            await connection.execute(SQL.give_up_waiting, merchant_id, endpoint_id, now)
        await connection.execute(SQL.set_endpoint_state, merchant_id, endpoint_id, "enabled", None, now, from_now)
        after = await get_endpoint(connection, merchant_id, endpoint_id)
        await _note(connection, merchant_id, endpoint_id, "enabled", now, before=before, after=after)


async def disable_endpoint(database: Database, merchant_id: int, endpoint_id: int, *, now: datetime) -> None:
    """Stop; what is waiting waits."""
    async with database.transaction() as connection:
        before = (await lock_endpoint(connection, merchant_id, endpoint_id, now)).endpoint
        await switch_off(connection, before, Off.BY_HAND, now)


async def switch_off(
    connection: Connection, before: Endpoint, reason: Off, now: datetime, *, actor: str | None = None
) -> None:  # fmt: skip
    """Disable an endpoint whose lock is held; `actor` is who does it without having been asked."""
    merchant_id, endpoint_id = before.merchant_id, before.endpoint_id
    await connection.execute(SQL.set_endpoint_state, merchant_id, endpoint_id, "disabled", reason, now, False)
    after = await get_endpoint(connection, merchant_id, endpoint_id)
    await _note(connection, merchant_id, endpoint_id, "disabled", now, before=before, after=after, actor=actor)


async def remove_endpoint(database: Database, merchant_id: int, endpoint_id: int, *, now: datetime) -> None:
    """Remove it with everything that was kept about it."""
    async with database.transaction() as connection:
        before = (await lock_endpoint(connection, merchant_id, endpoint_id, now)).endpoint
        await _note(connection, merchant_id, endpoint_id, "removed", now, before=before)
        for statement in (SQL.delete_attempts, SQL.delete_deliveries, SQL.delete_endpoint):
            await connection.execute(statement, merchant_id, endpoint_id)


async def lock_endpoint(connection: Connection, merchant_id: int, endpoint_id: int, now: datetime) -> Locked:
    """The endpoint, under the lock of its row until the transaction ends; refuses with EndpointNotFound."""
    row = await connection.fetchrow(SQL.lock_endpoint, merchant_id, endpoint_id, now)
    if row is None:
        raise EndpointNotFound(endpoint_id)
    return locked_of(row)


async def _note(
    connection: Connection, merchant_id: int, endpoint_id: int, what: str, now: datetime, *,
    before: Endpoint | None = None, after: Endpoint | None = None, actor: str | None = None,
) -> None:  # fmt: skip
    """In the audit trail; how far the endpoint has come, and when it was touched, are not what anybody changed."""
    subject = Subject("webhook_endpoint", str(endpoint_id))
    shown = [None if one is None else {name: getattr(one, name) for name in CHOSEN} for one in (before, after)]
    await note_change(
        connection, merchant_id, f"webhook_endpoint.{what}", subject, now=now, before=shown[0], after=shown[1],
        actor=actor,
    )  # fmt: skip


def locked_of(row: Row) -> Locked:
    """A row that ends with the two secrets."""
    return Locked(endpoint_of(row), tuple(secret for secret in row[FIELDS : FIELDS + 2] if secret is not None))


def endpoint_of(row: Row) -> Endpoint:
    """A row that begins as list_endpoints does."""
    values = list(row)[:FIELDS]
    values[TOPICS] = tuple(values[TOPICS])
    return Endpoint(*values)
