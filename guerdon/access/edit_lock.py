"""Edit locks: who is at a rule right now, so that two people do not write over each other.

A lock keeps others out until it is given up, a change made under it ends it, it lapses, or somebody takes it over. It
is a courtesy among people: that nothing is overwritten unseen is what versions are for.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import astuple, replace

from guerdon.database.pool import Connection, Database, Queries, Row
from guerdon.errors.rewards import RuleLocked
from guerdon.kit.sql import load
from guerdon.points.store import write_events
from guerdon.points.values import Event

SQL = load(__file__, "edit_lock.sql")

LAPSES_AFTER = timedelta(minutes=15)
"""A lock that nobody renews lets others in after this."""

Kind = Literal["redemption_rule", "earning_rule", "moving_rule"]


class Lockable(NamedTuple):
    """What can be locked: a rule of a kind. A merchant's one rule for moving points has the merchant's own id."""

    merchant_id: int
    kind: Kind
    object_id: int


class Editor(NamedTuple):
    """Who wants to edit: whoever signed in, and the person whom they name, if they name one.

    Behind a portal that signs in once for all of its people, only the names tell these apart.
    """

    actor: str
    user_id: int | None = None


class EditLock(Struct, frozen=True):
    """Who edits something, and since when. `user_id` is the person named, or the operator where none was."""

    object_id: int
    actor: str
    username: str
    user_id: int
    user_named: bool
    locked_at: datetime
    lapses_at: datetime

    def is_of(self, editor: Editor) -> bool:
        """Whether this editor has it. A lock that names nobody is that of everyone who signs in by this name."""
        return self.actor == editor.actor and not (self.user_named and self.user_id != editor.user_id)


async def take_lock(
    database: Database,
    what: Lockable,
    editor: Editor,
    *,
    operator_id: int,
    username: str,
    now: datetime,
    take_over: bool = False,
) -> EditLock:
    """Take the lock, or renew one's own. Refuses with RuleLocked while somebody else has it, unless taken over, of
    which an event tells.
    """
    user_named = editor.user_id is not None
    user_id = operator_id if editor.user_id is None else editor.user_id
    mine = EditLock(what.object_id, editor.actor, username, user_id, user_named, now, now + LAPSES_AFTER)
    async with database.transaction() as connection:
        while not await connection.fetchval(SQL.insert_lock, *what, *astuple(mine)[1:]):
            row = await connection.fetchrow(SQL.hold_lock, *what)
            if row is None:
                continue  # it was given up in between
            theirs = _lock(row)
            is_over = theirs.lapses_at <= now
            if theirs.is_of(editor) and not is_over:
                mine = replace(mine, locked_at=theirs.locked_at)
            elif not is_over:
                if not take_over:
                    raise _locked(theirs)
                await _tell_of_taking_over(connection, what, theirs, editor, now)
            await connection.execute(SQL.replace_lock, *what, *astuple(mine)[1:])
            break
    return mine


async def give_up_lock(
    database: Database, what: Lockable, editor: Editor, *, now: datetime, take_over: bool = False
) -> None:
    """Let others in; nothing happens where nobody has the lock. Refuses with RuleLocked if somebody else has it, unless
    taken over, of which an event tells.
    """
    async with database.transaction() as connection:
        row = await connection.fetchrow(SQL.hold_lock, *what)
        if row is None:
            return
        lock = _lock(row)
        if not lock.is_of(editor) and lock.lapses_at > now:
            if not take_over:
                raise _locked(lock)
            await _tell_of_taking_over(connection, what, lock, editor, now)
        await connection.execute(SQL.remove_lock, *what)


async def pass_lock(connection: Connection, what: Lockable, editor: Editor, now: datetime) -> None:
    """A change is being made, in this transaction: it ends the editor's own lock. Refuses with RuleLocked while
    somebody else has it.
    """
    row = await connection.fetchrow(SQL.hold_lock, *what)
    if row is None:
        return
    lock = _lock(row)
    if not lock.is_of(editor) and lock.lapses_at > now:
        raise _locked(lock)
    await connection.execute(SQL.remove_lock, *what)


async def locks_of(
    database: Queries, merchant_id: int, kind: Kind, now: datetime, object_ids: Sequence[int] | None = None
) -> dict[int, EditLock]:
    """Who edits these now, by the id of what is edited; without ids, of everything of the kind."""
    rows = await database.fetch(SQL.get_locks, merchant_id, kind, object_ids, now)
    return {row["object_id"]: _lock(row) for row in rows}


def _lock(row: Row) -> EditLock:
    return EditLock(*row)


def _locked(lock: EditLock) -> RuleLocked:
    return RuleLocked(lock.object_id, lock.user_id, lock.username, lock.locked_at)


async def _tell_of_taking_over(
    connection: Connection, what: Lockable, lock: EditLock, editor: Editor, now: datetime
) -> None:
    said = {
        "kind": what.kind,
        "rule_id": what.object_id,
        "from_actor": lock.actor,
        "from_user_id": lock.user_id if lock.user_named else None,
        "since": lock.locked_at,
        "by_actor": editor.actor,
        "by_user_id": editor.user_id,
    }
    await write_events(connection, what.merchant_id, [Event("rule.lock_taken_over", None, said)], now)
