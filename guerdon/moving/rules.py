"""Storing and reading the rule for moving points, and what was moved."""

from datetime import datetime

import asyncpg
import msgspec
from msgspec import Struct

from guerdon.access.edit_lock import Editor, Lockable, pass_lock
from guerdon.database.pool import Database, Queries
from guerdon.errors.rewards import VersionConflict
from guerdon.moving.movement import Movement
from guerdon.moving.rule import MovingRule, VersionedMoving, check_rule
from guerdon.moving.shelf import SQL, current_rule, read_movement
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.trail.changes import note_change
from guerdon.trail.noted import Subject


class StoredMoving(Struct, frozen=True):
    """A version of the rule, with who signed in to write it."""

    version: int
    terms: MovingRule
    actor: str
    recorded_at: datetime


async def set_rule(
    database: Database,
    merchant_id: int,
    terms: MovingRule,
    *,
    actor: str,
    now: datetime,
    user_id: int | None = None,
    expected_version: int | None = None,
) -> VersionedMoving:
    """Write the next version, which counts from the next command on. Refuses with BadField, with RuleLocked while
    somebody else edits the rule, or with VersionConflict where it is not at the expected version, or somebody else
    writes it at the same moment.
    """
    check_rule(terms)
    before = await current_rule(database, merchant_id)
    if expected_version is not None and before.version != expected_version:
        raise VersionConflict(merchant_id)
    version = before.version + 1
    document = msgspec.json.encode(terms).decode()
    try:
        async with database.transaction() as connection:
            lockable = Lockable(merchant_id, "moving_rule", merchant_id)
            await pass_lock(connection, lockable, Editor(actor, user_id), now)
            await connection.execute(SQL.insert_rule, merchant_id, version, document, actor, now)
            told = Event("moving_rule.updated", None, {"version": version, "actor": actor})
            await write_events(connection, merchant_id, [told], now)
            await note_change(
                connection, merchant_id, "transfer_rule.changed", Subject("transfer_rule"), now=now,
                before=before.terms, after=terms, actor=actor,
            )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise VersionConflict(merchant_id) from error
    return VersionedMoving(version, terms)


async def list_rule_versions(database: Queries, merchant_id: int) -> list[StoredMoving]:
    """All that the rule ever said, newest first."""
    rows = await database.fetch(SQL.list_rule_versions, merchant_id)
    return [StoredMoving(row[0], msgspec.json.decode(row[1], type=MovingRule), row[2], row[3]) for row in rows]


async def list_movements(
    database: Queries, merchant_id: int, member_id: int, *, before: Movement | None = None, count_max: int = 100
) -> list[Movement]:
    """What a member gave, was given and bought, newest first; the last one is `before` for the next page."""
    place = (None, None) if before is None else (before.created_at, before.movement_id)
    return [
        read_movement(row)
        for row in await database.fetch(SQL.list_movements, merchant_id, member_id, *place, count_max)
    ]
