"""The look at a whole file before anything is written: every bad row, and the totals of the others.

What is right in itself may still not go with the rest of the file, or with who is here. Good rows are kept in a spool,
so that writing does not read the file a second time.
"""

import asyncio
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import IO, Any

import msgspec

from guerdon.bulk import codes, members
from guerdon.bulk.batches import list_batches, subject_of
from guerdon.bulk.read import Document, read_rows, shown
from guerdon.bulk.rows import BadRow, CodeRow, HistoryRow, LotRow, MemberRow, Reading, Row, RuleRow
from guerdon.database.pool import Connection, Database
from guerdon.errors.books import IdentityConflict
from guerdon.merchants.merchant import Merchant
from guerdon.points import bulk
from guerdon.points.audit import Progress

CHUNK_ROWS = 5000
"""Rows of a file that are looked at, and written, together; a resumed import counts on it."""

BREATH_ROWS = 250
"""After so many rows others may go on: answers of the database wait meanwhile."""

WRITTEN = ("running", "stopped", "complete", "undoing")
"""States of imports of which some is in the books."""

ROW_TYPES: dict[str, Any] = {"members": MemberRow, "lots": LotRow, "history": HistoryRow, "codes": CodeRow}


class Totals(msgspec.Struct):
    """What a file holds: its rows with the bad ones, and the points that its good rows bring."""

    rows: int = 0
    bad: list[BadRow] = []
    points: int = 0
    used: int = 0
    unkept: int = 0
    """Bad rows that are counted, and not among `bad`: a file may be all wrong."""
    known: int = 0
    """Good rows about members who are here already."""

    @property
    def good(self) -> int:
        """Rows that can be imported."""
        return self.rows - self.bad_rows

    @property
    def bad_rows(self) -> int:
        """Rows that cannot."""
        return len(self.bad) + self.unkept


class Spool:
    """Chunks of good rows, in a file that has no name and ends with us."""

    def __init__(self, kind: str) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # close() is ours
        if kind in ROW_TYPES:
            self._encode: Callable[[object], bytes] = msgspec.msgpack.encode
            self._decode: Callable[[bytes], list[Row]] = msgspec.msgpack.Decoder(list[ROW_TYPES[kind]]).decode
        else:
            # Terms of rules are of many types, and few.
            self._encode, self._decode = pickle.dumps, pickle.loads
        self._places: list[tuple[int, int]] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Keep the next chunk."""
        packed = self._encode(rows)
        self._places.append((self._file.tell(), len(packed)))
        self._file.write(packed)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> list[Row]:
        offset, length = self._places[number]
        self._file.seek(offset)
        return self._decode(self._file.read(length))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Checking:
    """One look at one file. `batch_id` is its own import if that has begun; `add` lets points come a second time."""

    def __init__(
        self, database: Database, merchant: Merchant, reading: Reading, *, batch_id: int | None, add: bool,
        bad_max: int | None = None,
    ) -> None:  # fmt: skip
        self._database, self._merchant, self._reading = database, merchant, reading
        self._batch_id, self._add, self._bad_max = batch_id, add, bad_max
        self._given: set[int] = set()
        """Members who are here, and to whom the file gives points, or a debt."""
        self._debtors: set[int] = set()
        self._seen: defaultdict[str, dict[str, int]] = defaultdict(dict)
        """By kind and value of an identity, the line that has it."""
        self._sums: dict[int, int] = {}
        self._kinds: dict[str, str] = {}
        """The kinds of the imports that came before, by their subjects."""

    async def look(self, document: Document, spool: Spool | None, on_progress: Progress | None = None) -> Totals:
        """Go through the file; good rows go to the spool."""
        totals = Totals()
        batches = await list_batches(self._database, self._merchant.merchant_id)
        self._kinds = {
            batch.subject: batch.kind
            for batch in batches
            if batch.batch_id != self._batch_id and batch.state in WRITTEN
        }
        nobody = await members.is_empty(self._database, self._merchant.merchant_id)
        rows = read_rows(document, self._reading)
        while chunk := await _next_chunk(rows):
            good = self._unlike([row for row in chunk if not isinstance(row, BadRow)], totals)
            totals.bad += [row for row in chunk if isinstance(row, BadRow)]
            if good and not (nobody and self._reading.kind == "members") and not isinstance(good[0], RuleRow):
                async with self._database.transaction() as connection:
                    good = await self._compare(connection, good, totals)
            totals.rows += len(chunk)
            if self._bad_max is not None and len(totals.bad) > self._bad_max:
                totals.bad.sort(key=lambda bad: bad.line)
                totals.unkept += len(totals.bad) - self._bad_max
                del totals.bad[self._bad_max :]
            for row in good:
                _count(totals, row)
            if spool is not None:
                spool.add(good)
            if on_progress is not None:
                on_progress(totals.rows, 0)
        totals.bad.sort(key=lambda bad: bad.line)
        return totals

    def _unlike(self, rows: Sequence[Row], totals: Totals) -> list[Row]:
        """Rows that no row before them in the file contradicts."""
        if self._reading.kind not in ("members", "codes"):
            return list(rows)
        good: list[Row] = []
        seen = self._seen
        for row in rows:
            assert isinstance(row, MemberRow | CodeRow), row
            keys = row.identities if isinstance(row, MemberRow) else (("code", row.code),)
            twice = None
            for kind, value in keys:
                if value in seen[kind]:
                    twice = kind, value
            if twice is not None:
                kind, value = twice
                totals.bad.append(BadRow(row.line, kind, shown(value), f"line {seen[kind][value]} has it already"))
                continue
            for kind, value in keys:
                seen[kind][value] = row.line
            good.append(row)
        return good

    async def _compare(self, connection: Connection, rows: Sequence[Row], totals: Totals) -> list[Row]:
        """Rows that go with what is in the database."""
        merchant_id = self._merchant.merchant_id
        await bulk.begin(connection)
        named = [row for row in rows if not isinstance(row, RuleRow)]
        found = await members.find(connection, merchant_id, {one for row in named for one in row.identities})
        before: dict[int, set[str]] = {}
        brought: dict[int, bulk.Brought] = {}
        if self._kinds and found and self._reading.kind != "codes":
            here = list(set(found.values()))
            own = subject_of(self._batch_id or 0)
            before = await bulk.imports_before(connection, merchant_id, here, own)
            histories = [subject for subject, kind in self._kinds.items() if kind == "history"]
            brought = await bulk.brought(connection, merchant_id, here, histories) if histories else {}
        taken: set[str] = set()
        debts = await self._spendable(connection, named, found)
        if self._reading.kind == "codes":
            texts = [row.code for row in rows if isinstance(row, CodeRow)]
            taken = await codes.taken_codes(connection, merchant_id, texts, self._batch_id)
        good: list[Row] = []
        for row in named:
            try:
                member_id = members.the_one(found, row.identities)
            except IdentityConflict as conflict:
                totals.bad.append(BadRow(row.line, conflict.second_kind, "", conflict.sentence))
                continue
            problem = self._against(
                row, member_id, before.get(member_id or 0, set()), brought.get(member_id or 0), taken
            )
            if problem is None and member_id is not None and isinstance(row, MemberRow):
                problem = self._in_debt(row, member_id, debts)
            if problem is None:
                totals.known += member_id is not None
                good.append(row)
            else:
                totals.bad.append(BadRow(row.line, *problem))
        return good

    def _against(
        self, row: Row, member_id: int | None, before: set[str], brought: bulk.Brought | None, taken: set[str]
    ) -> tuple[str, str, str] | None:
        """What speaks against a row: the column, its value, and why."""
        match row:
            case CodeRow():
                return ("code", shown(row.code), "it is here already") if row.code in taken else None
            case MemberRow():
                if not (row.points.available or row.points.used):
                    return None
                if brought is not None and row.points.available < brought.points:
                    why = f"the imported history comes to {brought.points} points: a balance is not below it"
                    return "balance", str(row.points.available), why
                others = {subject for subject in before if self._kinds.get(subject, "history") != "history"}
                return self._twice(others)
            case LotRow() | HistoryRow():
                if member_id is None:
                    kind, value = row.identities[0]
                    return kind, shown(value), "nobody here has it: import the members first"
                own = self._reading.kind
                others = {subject for subject in before if self._kinds.get(subject, own) != own}
                if (problem := self._twice(others)) is not None:
                    return problem
                return self._overdrawn(row, member_id) if isinstance(row, HistoryRow) else None
            case _:
                return None

    async def _spendable(
        self, connection: Connection, rows: Sequence[Row], found: members.Found
    ) -> Mapping[int, int]:  # fmt: skip
        """What members who are here have to spend, or owe, of those whom the file puts into debt."""
        owing = [row for row in rows if isinstance(row, MemberRow) and row.points.available < 0]
        ids = {found[identity] for row in owing for identity in row.identities if identity in found}
        return await bulk.spendable(connection, self._merchant.merchant_id, list(ids)) if ids else {}

    def _in_debt(self, row: MemberRow, member_id: int, spendable: Mapping[int, int]) -> tuple[str, str, str] | None:
        """A debt is of whoever has nothing to pay it with: points that are here are not taken by a file."""
        points = row.points.available
        if not points:
            return None
        if points < 0 and spendable.get(member_id, 0) > 0:
            why = f"this member has {spendable[member_id]} points here: take them by an adjustment, or leave this out"
            return "balance", str(points), why
        if member_id in self._debtors or (points < 0 and member_id in self._given):
            return "balance", str(points), "another line is about the same member, and one of the two is a debt"
        self._given.add(member_id)
        if points < 0:
            self._debtors.add(member_id)
        return None

    def _twice(self, subjects: set[str]) -> tuple[str, str, str] | None:
        """Points that another import has brought already."""
        if self._add or not subjects:
            return None
        batch = min(subjects).removeprefix("import:")
        return "", "", f"import {batch} brought this member's points already: undo it, or add to them with --add"

    def _overdrawn(self, row: HistoryRow, member_id: int) -> tuple[str, str, str] | None:
        left = self._sums.get(member_id, 0) + row.points
        if left < 0:
            why = f"it leaves {left} points: lines come oldest first, and before them one with the balance at the time"
            return "points", str(row.points), why
        self._sums[member_id] = left
        return None


def _count(totals: Totals, row: Row) -> None:
    match row:
        case MemberRow() | LotRow():
            totals.points += row.points.available
            totals.used += row.points.used
        case HistoryRow():
            totals.points += row.points
            totals.used += max(0, -row.points)
        case _:
            pass


async def _next_chunk(rows: Iterator[Row | BadRow]) -> list[Row | BadRow]:
    chunk: list[Row | BadRow] = []
    while len(chunk) < CHUNK_ROWS and (some := list(islice(rows, min(BREATH_ROWS, CHUNK_ROWS - len(chunk))))):
        chunk += some
        await asyncio.sleep(0)
    return chunk
