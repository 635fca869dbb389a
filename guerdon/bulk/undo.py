"""An import taken back: its points reversed by entries, its members erased if nothing else happened to them.

Chunk by chunk, each in one transaction and once, so that it may be stopped anywhere and started again.
"""

from datetime import datetime

from msgspec import Struct

from guerdon.bulk import batches, codes, members, rules
from guerdon.bulk.batches import Batch, Chunk
from guerdon.bulk.run import Progress
from guerdon.database.pool import Connection, Database
from guerdon.errors.bulk import ImportInOtherState, ImportUnproven, PointsSpent
from guerdon.kit.clock import Clock
from guerdon.points import bulk
from guerdon.points.bulk import Mark

LISTED_MAX = 100
TAKEN_BACK = ("running", "stopped", "complete", "undoing", "undone")
"""States of imports of which something may be in the books; what is undone already is found so."""


class Spent(Struct, frozen=True):
    """Points of an import that its account has not any more: spent, held or expired since."""

    account_id: int
    points: int


class Undone(Struct, frozen=True):
    """What was taken back: members erased, members who stay, and the first of the accounts that used some points."""

    batch_id: int
    erased: int
    kept: int
    spent: list[Spent]
    points_spent: int


async def undo(
    database: Database, merchant_id: int, batch_id: int, *, force: bool, actor: str, clock: Clock,
    on_progress: Progress, is_noted: bool = False,
) -> Undone:  # fmt: skip
    """Take an import back. Refuses with PointsSpent where some of it is used, unless forced: then that stays used; and
    with ImportInOtherState what was never started.

    Nobody goes into debt for an import: what was bought with its points stays bought. The audit trail is told, unless
    it `is_noted` since a worker does what somebody asked for.
    """
    batch = await batches.get_batch(database, merchant_id, batch_id)
    if batch.state not in TAKEN_BACK:
        raise ImportInOtherState(batch_id, batch.state, "running, stopped or complete")
    spent = await find_spent(database, merchant_id, batch)
    if spent and not force:
        raise PointsSpent(batch_id, len(spent), sum(one.points for one in spent))
    if batch.state != "undone":
        async with database.transaction() as connection:
            await batches.set_state(connection, merchant_id, batch, "undoing", clock())
            if not is_noted and batch.state != "undoing":
                await batches.note_batch(
                    connection, merchant_id, batch, "undone", actor=actor, now=clock(), force=force
                )  # fmt: skip
    erased = kept = rows = 0
    while chunks := await batches.chunks_left(database, merchant_id, batch_id, 0):
        for chunk in chunks:
            gone, stay = await _undo_chunk(database, merchant_id, batch, chunk, actor, clock())
            erased, kept, rows = erased + gone, kept + stay, rows + chunk.rows
            on_progress("undone", rows, batch.rows)
    outcome = {"erased": erased, "kept": kept, "points_spent": sum(one.points for one in spent)}
    if batch.state != "undone":
        await batches.set_state(database, merchant_id, batch, "undone", clock(), outcome=outcome)
    return Undone(batch_id, erased, kept, spent[:LISTED_MAX], outcome["points_spent"])


async def find_spent(database: Database, merchant_id: int, batch: Batch) -> list[Spent]:
    """The accounts that do not have any more what the import gave them."""
    found: dict[int, int] = {}
    after = 0
    while chunks := await batches.chunks_left(database, merchant_id, batch.batch_id, after):
        after = chunks[-1].number
        for chunk in chunks:
            async with database.transaction() as connection:
                await bulk.begin(connection)
                surveyed = await bulk.survey(connection, merchant_id, chunk.accounts, batch.subject)
            found |= {one.account_id: one.gone for one in surveyed if one.gone}
    return [Spent(account_id, points) for account_id, points in found.items()]


async def _undo_chunk(
    database: Database, merchant_id: int, batch: Batch, chunk: Chunk, actor: str, now: datetime
) -> tuple[int, int]:
    """Take a chunk back; returns how many of the members that it made are erased, and how many stay."""
    async with database.transaction() as connection:
        await bulk.begin(connection)
        await bulk.lock_accounts(connection, merchant_id, chunk.accounts)
        if not await batches.mark_undone(connection, merchant_id, batch.batch_id, chunk.number, now):
            return 0, 0
        await bulk.take_back(connection, merchant_id, chunk.accounts, Mark(batch.subject, actor, now))
        proof = await bulk.prove(connection, merchant_id, chunk.accounts, batch.subject)
        if proof.first_wrong is not None:
            raise ImportUnproven(proof.wrong, proof.first_wrong)
        if batch.kind.endswith("-rules"):
            await rules.disable(connection, merchant_id, batch.kind, chunk.created, actor=actor, now=now)
            return 0, 0
        if batch.kind == "codes":
            await codes.remove(connection, merchant_id, batch.batch_id)
            return 0, 0
        gone = await _unmade(connection, merchant_id, batch, chunk)
        await members.forget(connection, merchant_id, gone, now)
        return len(gone), len(chunk.created) - len(gone)


async def _unmade(connection: Connection, merchant_id: int, batch: Batch, chunk: Chunk) -> list[int]:
    """The members that the chunk made and to whom nothing else has happened."""
    untouched = await members.untouched(connection, merchant_id, chunk.created, chunk.recorded_at)
    accounts = await bulk.accounts_of(connection, merchant_id, untouched)
    surveyed = await bulk.survey(connection, merchant_id, list(accounts.values()), batch.subject)
    alone = {one.account_id for one in surveyed if not one.others and not one.gone}
    return [member for member in untouched if accounts.get(member) in alone]
