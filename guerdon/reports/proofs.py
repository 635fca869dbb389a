"""Proofs of the books that people ask for, and what came of them."""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from guerdon.database.pool import Database, Queries, Row
from guerdon.errors.reports import ProofNotFound
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.orders.audit import audit_earning
from guerdon.points.audit import Finding, Progress, audit_books
from guerdon.reports.audit import audit_sums
from guerdon.rewards.audit import audit_rewards

SQL = load(__file__, "proofs.sql")

State = Literal["waiting", "running", "right", "wrong"]
Part = Literal["", "books", "rewards", "earning", "sums"]


class Proof(Struct, frozen=True):
    """A proof of a merchant's books: `done` of `total` things of the part that it is at. `right` has no finding."""

    proof_id: int
    state: State
    part: Part
    done: int
    total: int
    findings: list[Finding]
    actor: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def ended(self) -> bool:
        """Whether it is known what it came to."""
        return self.finished_at is not None


class PartProven(NamedTuple):
    """A part of a proof, and what it found."""

    part: Part
    findings: list[Finding]


async def ask_for_proof(database: Database, merchant_id: int, *, actor: str, now: datetime) -> Proof:
    """Have the books proven; where that is under way already, that one."""
    proof_id: int | None = await database.fetchval(SQL.insert_proof, merchant_id, actor, now)
    if proof_id is None:
        proof_id = await database.fetchval(SQL.get_alone, merchant_id)
    if proof_id is None:
        # It has ended between the two.
        return await ask_for_proof(database, merchant_id, actor=actor, now=now)
    return await get_proof(database, merchant_id, proof_id)


async def get_proof(database: Queries, merchant_id: int, proof_id: int) -> Proof:
    """One of them; refuses with ProofNotFound."""
    row = await database.fetchrow(SQL.get_proof, merchant_id, proof_id)
    if row is None:
        raise ProofNotFound(proof_id)
    return _proof(row)


async def list_proofs(
    database: Queries, merchant_id: int, *, before: tuple[datetime, int] | None = None, count_max: int = 25
) -> list[Proof]:  # fmt: skip
    """The proofs of a merchant, newest first, from before a place (asked, id) on."""
    rows = await database.fetch(SQL.list_proofs, merchant_id, *(before or (None, None)), count_max)
    return [_proof(row) for row in rows]


async def prove(
    database: Database, merchant: Merchant, progress_of: Callable[[Part], Progress]
) -> AsyncGenerator[PartProven]:
    """Prove everything that a merchant has, part by part; `progress_of` a part is told how far that has come."""
    merchant_id = merchant.merchant_id
    yield PartProven("books", await audit_books(database, merchant_id, on_progress=progress_of("books")))
    yield PartProven("rewards", await audit_rewards(database, merchant_id, on_progress=progress_of("rewards")))
    yield PartProven("earning", await audit_earning(database, merchant_id, on_progress=progress_of("earning")))
    yield PartProven("sums", await audit_sums(database, merchant, on_progress=progress_of("sums")))


def _proof(row: Row) -> Proof:
    values = list(row)
    values[5] = msgspec.json.decode(row[5], type=list[Finding])
    return Proof(*values)
