"""Points that come in bulk, and go again: set by set, under the same locks, numbering and proofs as the desk's.

The desk decides command by command on what it loaded. An import has nothing to decide, so its entries are made where
the accounts are, in SQL: `issue` writes for thousands of accounts what `Book.earn` would; accounts that are new come
with theirs (`points/opening.py`). A history is replayed here, since it spends what it earned. Before each commit
`prove` adds up every account that was touched.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from guerdon.database.pool import Connection, Queries
from guerdon.kit.ids import time_ordered_uuid
from guerdon.kit.sql import load
from guerdon.points.values import Life

SQL = load(__file__, "bulk.sql")


class Gift(Struct, frozen=True, omit_defaults=True):
    """Points for an account: `points` to be spent, as a lot, and `used`, which were earned and used before; or a
    `debt`, which the next points pay, on an account that has nothing to spend.

    Without `earned_at` they are earned now, without a `title` the statement says what it says of all. Of a new account
    the member is said.
    """

    account_id: int
    member_id: int = 0
    used: int = 0
    points: int = 0
    debt: int = 0
    earned_at: datetime | None = None
    expires_at: datetime | None = None
    rolling: bool = False
    title: str | None = None


class Owner(Struct, frozen=True):
    """Whose an account is."""

    member_id: int
    account_id: int


class Mark(NamedTuple):
    """What all entries of one go have in common."""

    subject: str
    actor: str
    now: datetime


class Proof(NamedTuple):
    """How many accounts do not add up, and what a subject left on all together to be spent, and says was used."""

    wrong: int
    first_wrong: int | None
    used: int
    points: int


class Survey(NamedTuple):
    """What is gone of a subject's points on an account, and how many entries it has of anything else."""

    account_id: int
    gone: int
    others: int


class Brought(NamedTuple):
    """What histories have brought to a member: points that are there, and points that were used at the time."""

    points: int
    used: int


class PastLine(NamedTuple):
    """A line of an old statement: points earned, or (below zero) used."""

    account_id: int
    points: int
    at: datetime
    title: str | None


class HistoryUncovered(Exception):
    """A line uses more than the lines before it have earned."""

    def __init__(self, account_id: int) -> None:
        super().__init__(account_id)
        self.account_id = account_id


async def begin(connection: Connection) -> None:
    """Prepare a transaction for many rows; nothing of it outlives the transaction."""
    await connection.execute(SQL.trust_references)


async def learn(database: Queries) -> None:
    """Have the planner know of very many new rows. A role that may not leaves that to the server."""
    await database.execute(SQL.learn_of_accounts)


async def accounts_of(connection: Connection, merchant_id: int, members: Sequence[int]) -> dict[int, int]:
    """The accounts of these members, by member."""
    rows = await connection.fetch(SQL.find_accounts_of, merchant_id, members)
    return {row[0]: row[1] for row in rows}


async def lock_members(connection: Connection, merchant_id: int, members: Sequence[int]) -> dict[int, int]:
    """Lock the accounts of these members, in order; returns them by member."""
    accounts = await accounts_of(connection, merchant_id, members)
    await connection.execute(SQL.lock_known_accounts, merchant_id, list(accounts.values()))
    return accounts


async def lock_accounts(connection: Connection, merchant_id: int, accounts: Sequence[int]) -> None:
    """Lock these accounts, in order."""
    await connection.execute(SQL.lock_known_accounts, merchant_id, accounts)


async def issue(
    connection: Connection, merchant_id: int, gifts: Sequence[Gift], life: Life, title: str, mark: Mark
) -> None:
    """Give points to accounts, which are locked. `life` is that of rolling lots."""
    await connection.execute(
        SQL.issue_points, merchant_id, _json(gifts), title, life.idle_days, life.lapses_at, mark.now, mark.subject,
        mark.actor, time_ordered_uuid(),
    )  # fmt: skip


async def prove(connection: Connection, merchant_id: int, accounts: Sequence[int], subject: str) -> Proof:
    """Add up accounts from their entries and lots, and what a subject gave them; one that is not there is wrong."""
    wanted = set(accounts)
    row = await connection.fetchrow(SQL.prove_accounts, merchant_id, ids_text(wanted), subject)
    assert row is not None, "an aggregate always answers"
    proof, missing = Proof(*row[:4]), len(wanted) - row["found"]
    if missing:
        return proof._replace(wrong=proof.wrong + missing, first_wrong=proof.first_wrong or min(wanted))
    return proof


def ids_text(ids: Iterable[int]) -> str:
    """Ids as PostgreSQL reads an array: the driver would look at each element of a list, which takes far longer."""
    return f"{{{','.join(map(str, ids))}}}"


async def imports_before(
    connection: Connection, merchant_id: int, members: Sequence[int], but: str
) -> dict[int, set[str]]:
    """By member, the subjects of imports that gave points to them, but for one."""
    found: dict[int, set[str]] = {}
    for member_id, subject in await connection.fetch(SQL.list_batches_of_accounts, merchant_id, members, but):
        found.setdefault(member_id, set()).add(subject)
    return found


async def brought(
    connection: Connection, merchant_id: int, members: Sequence[int], subjects: Sequence[str]
) -> dict[int, Brought]:
    """By member, what these histories have brought."""
    rows = await connection.fetch(SQL.sum_subjects, merchant_id, members, subjects)
    return {row["member_id"]: Brought(row["points"], row["used"]) for row in rows}


async def replay(connection: Connection, merchant_id: int, lines: Sequence[PastLine], life: Life, mark: Mark) -> None:
    """Write the lines of old statements, oldest first, to accounts that are locked; what is left of them lives `life`.

    Lines use only what lines of the same history earned. Raises HistoryUncovered.
    """
    accounts = list(dict.fromkeys(line.account_id for line in lines))
    rows = await connection.fetch(SQL.load_for_replay, merchant_id, accounts, mark.subject)
    pages = {row[0]: _Statement(*row) for row in rows}
    for line in lines:
        pages[line.account_id].add(line)
    lots = [lot for page in pages.values() for lot in page.changed.values()]
    changes = [page.change() for page in pages.values()]
    entries = [entry for page in pages.values() for entry in page.lines]
    await connection.execute(
        SQL.add_to_accounts, merchant_id, mark.now, _json(changes), life.idle_days, life.lapses_at
    )  # fmt: skip
    await connection.execute(
        SQL.save_history_lots, merchant_id, _json(lots), life.expires_at, life.idle_days is not None
    )  # fmt: skip
    await connection.execute(
        SQL.insert_history, merchant_id, mark.now, _json(entries), mark.subject, mark.actor, time_ordered_uuid()
    )  # fmt: skip


class _Statement:
    """One account while a history is replayed on it."""

    def __init__(
        self,
        account_id: int,
        issued: int,
        available: int,
        redeemed: int,
        entries: int,
        numbers: Sequence[int],
        points: Sequence[int],
        left: Sequence[int],
    ) -> None:
        self.account_id, self.issued, self.available, self.redeemed = account_id, issued, available, redeemed
        self.number = self.entries = entries
        self.earned = self.used = 0
        self.left = dict(zip(numbers, left, strict=True))
        """What there is of each lot, in the order in which they are used."""
        self.points = dict(zip(numbers, points, strict=True))
        self.changed: dict[int, dict[str, Any]] = {}
        self.lines: list[dict[str, Any]] = []

    def add(self, line: PastLine) -> None:
        """Write the next line."""
        self.number += 1
        if line.points > 0:
            self._earn(line)
        else:
            self._use(line, -line.points)

    def change(self) -> dict[str, int]:
        """What all lines together changed of the account."""
        entries = self.number - self.entries
        return {"account_id": self.account_id, "earned": self.earned, "used": self.used, "entries": entries}

    def _earn(self, line: PastLine) -> None:
        kept = line.points - min(line.points, max(0, -self.available))
        self.issued -= line.points
        self.available += line.points
        self.earned += line.points
        self.points[self.number] = line.points
        self._leave(self.number, kept, line.at)
        parts = [(self.number, kept)] if kept else []
        self._write(line, "issued", "available", line.points, self.issued, self.available, parts)

    def _use(self, line: PastLine, points: int) -> None:
        needed, parts = points, list[tuple[int, int]]()
        while needed:
            if not self.left:
                raise HistoryUncovered(self.account_id)
            number, there = next(iter(self.left.items()))
            taken = min(needed, there)
            needed -= taken
            parts.append((number, taken))
            self._leave(number, there - taken, line.at)
        self.available -= points
        self.redeemed += points
        self.used += points
        self._write(line, "available", "redeemed", points, self.available, self.redeemed, parts)

    def _leave(self, number: int, available: int, at: datetime) -> None:
        """A lot of `at`, or one that is here already, has so many points available now."""
        if available:
            self.left[number] = available
        else:
            self.left.pop(number, None)
        before = self.changed.get(number, {"at": at})
        lot = {"account_id": self.account_id, "number": number, "points": self.points[number], "available": available}
        self.changed[number] = {**lot, "at": before["at"]}

    def _write(
        self,
        line: PastLine,
        source: str,
        target: str,
        points: int,
        source_after: int,
        target_after: int,
        parts: Sequence[tuple[int, int]],
    ) -> None:
        entry: dict[str, Any] = {
            "account_id": self.account_id, "number": self.number, "source": source, "target": target, "points": points,
            "source_after": source_after, "target_after": target_after, "title": line.title, "at": line.at,
            "lot_numbers": [number for number, _ in parts], "lot_points": [taken for _, taken in parts],
        }  # fmt: skip
        self.lines.append(entry)


async def survey(connection: Connection, merchant_id: int, accounts: Sequence[int], subject: str) -> list[Survey]:
    """What became of a subject's points on these accounts."""
    return [Survey(*row) for row in await connection.fetch(SQL.survey_accounts, merchant_id, accounts, subject)]


async def take_back(connection: Connection, merchant_id: int, accounts: Sequence[int], mark: Mark) -> None:
    """Reverse what a subject gave to these accounts, which are locked, as far as it is there."""
    await connection.execute(
        SQL.take_back_points, merchant_id, accounts, mark.subject, mark.now, mark.actor, time_ordered_uuid()
    )


async def spendable(connection: Connection, merchant_id: int, members: Sequence[int]) -> dict[int, int]:
    """By member, what they have, or owe, in the books."""
    return {row[0]: row[1] for row in await connection.fetch(SQL.list_spendable, merchant_id, members)}


async def balances(
    connection: Connection, merchant_id: int, members: Sequence[int], now: datetime
) -> dict[int, tuple[int, int]]:
    """By member, what there is (available and held) and what was ever earned."""
    rows = await connection.fetch(SQL.list_balances, merchant_id, members, now)
    return {row[0]: (row[1], row[2]) for row in rows}


LOTS, ENTRIES = SQL.export_lots, SQL.export_entries
"""What exports read of the books, a row for each lot or entry: $1 is the merchant, $2 (of lots) the time."""


def _json(rows: object) -> str:
    return msgspec.json.encode(rows).decode()
