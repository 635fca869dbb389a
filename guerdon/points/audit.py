"""The proof of the books: replays what entries say, and finds accounts whose balances, lots or holds say otherwise.

    Finding(check="wrong_balances", subject="account:17", sentence="100 points are available, and its entries move …")

It trusts nothing that the desk wrote but the entries themselves, and shares no code with the book. It reads one
snapshot and changes nothing, so it may run at any time beside live traffic; `guerdon verify` does.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from guerdon.database.pool import Connection, Database, Row
from guerdon.kit.columns import columns
from guerdon.kit.sql import Statements, load

SQL = load(__file__, "audit.sql")

CHECKS = (
    "find_unnumbered_entries",
    "find_unbalanced_accounts",
    "find_wrong_balances",
    "find_broken_chains",
    "find_wrong_lots",
    "find_wrong_held_lots",
    "find_unearned_lots",
    "find_uncovered_balances",
    "find_wrong_holds",
    "find_unheld_points",
    "find_wrong_earnings",
    "find_wrong_pending",
)
"""From the cause to its effects: the first finding about an account is the one to read."""

CHUNK_ACCOUNTS = 2000
CHUNK_MEMBERS = 5000
"""So many are looked at together: memory stays flat, and progress can be shown."""

NO_MEMBER_AFTER = 2**63 - 1

FINDINGS_MAX = 100
"""So many findings are told one by one; a database that is worse is counted."""

Progress = Callable[[int, int], None]
"""Told how many accounts (or members) are done, and of how many."""


class Finding(Struct, frozen=True):
    """A contradiction: which check found it, about what (`account:17`; empty for those only counted), and how so."""

    check: str
    subject: str
    sentence: str


class Move(Struct, frozen=True):
    """What another package says of an entry: that it moved these points into this bucket for this subject."""

    reference: int
    account_id: int
    number: int
    points: int
    target: str
    subject: str


class Tally:
    """Keeps the first findings, and counts the others for each check."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._more: Counter[str] = Counter()

    def add(self, check: str, kind: str, rows: Iterable[Row]) -> None:
        """Rows of (number, sentence) that a statement `find_…` found about things of one kind."""
        name = check.removeprefix("find_")
        for number, sentence in rows:
            if len(self._kept) < FINDINGS_MAX:
                self._kept.append(Finding(name, f"{kind}:{number}", sentence))
            else:
                self._more[name] += 1

    def findings(self) -> list[Finding]:
        """The first ones, then for each check how many more there are."""
        more = [Finding(name, "", f"{count} more are not shown") for name, count in self._more.items()]
        return self._kept + more


@asynccontextmanager
async def snapshot(database: Database) -> AsyncGenerator[Connection]:
    """A connection that sees the database as it is now, for as long as it is used, and cannot change it."""
    async with database.transaction() as connection:
        await connection.execute(SQL.fix_snapshot)
        yield connection


async def audit_books(database: Database, merchant_id: int, *, on_progress: Progress | None = None) -> list[Finding]:
    """Every contradiction in the books of a merchant, none if they are right; `on_progress` counts accounts."""
    tally = Tally()
    async with snapshot(database) as connection:
        await connection.execute(SQL.choose_plans)
        total: int = await connection.fetchval(SQL.count_accounts, merchant_id)
        done, after = 0, 0
        while done < total:
            chunk = await connection.fetchrow(SQL.end_chunk, merchant_id, after, CHUNK_ACCOUNTS)
            assert chunk is not None, "an aggregate always answers"
            for check in CHECKS:
                tally.add(check, "account", await connection.fetch(SQL[check], merchant_id, after, chunk[0]))
            after, done = chunk[0], done + chunk[1]
            if on_progress is not None:
                on_progress(done, total)
        moved: int = await connection.fetchval(SQL.sum_moved, merchant_id)
        if moved:
            sentence = f"accounts have given {moved} points more to others than they took from them"
            return [*tally.findings(), Finding("uneven_moves", f"merchant:{merchant_id}", sentence)]
    return tally.findings()


class Sum(Struct, frozen=True):
    """What another package says that an account was issued for a subject, less what was taken back."""

    account_id: int
    subject: str
    points: int


async def find_unlike_sums(connection: Connection, merchant_id: int, sums: Sequence[Sum]) -> list[Row]:
    """(subject, sentence) of each sum that the books do not have as it is told here."""
    rows = [(one.account_id, one.subject, one.points) for one in sums]
    return await connection.fetch(SQL.find_unlike_sums, merchant_id, *columns(rows, 3))


async def find_unlike_returns(connection: Connection, merchant_id: int, moves: Sequence[Move]) -> list[Row]:
    """(reference, sentence) of each entry of which not so many points have come back by returns as is told here."""
    rows = [(move.reference, move.account_id, move.number, move.points, move.subject) for move in moves]
    return await connection.fetch(SQL.find_unlike_returns, merchant_id, *columns(rows, 5))


async def member_ranges(
    connection: Connection, merchant_id: int, statements: Statements, on_progress: Progress | None
) -> AsyncGenerator[tuple[int, int]]:
    """All members in ranges (after, up to), by the `count_members` and `end_chunk` of another package's proof.

    Those statements know the members that usually have something to prove. What others have would be wrong too, so the
    last range has no end.
    """
    total: int = await connection.fetchval(statements["count_members"], merchant_id)
    done, after = 0, 0
    while after < NO_MEMBER_AFTER:
        chunk = await connection.fetchrow(statements["end_chunk"], merchant_id, after, CHUNK_MEMBERS)
        assert chunk is not None, "an aggregate always answers"
        done += chunk[1]
        upto: int = NO_MEMBER_AFTER if done >= total else chunk[0]
        yield after, upto
        after = upto
        if on_progress is not None:
            on_progress(done, total)


async def find_unlike_moves(connection: Connection, merchant_id: int, moves: Sequence[Move]) -> list[Row]:
    """(reference, sentence) of each move that the books do not have as it is told here."""
    rows = [(move.reference, move.account_id, move.number, move.points, move.target, move.subject) for move in moves]
    return await connection.fetch(SQL.find_unlike_moves, merchant_id, *columns(rows, 6))
