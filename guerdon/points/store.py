"""Between the book and the database: lock, then load, then save, each for a whole batch at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from guerdon.database.pool import Connection, Queries, Row
from guerdon.errors.base import Refusal
from guerdon.kit.columns import columns
from guerdon.kit.ids import time_ordered_uuid
from guerdon.kit.origin import command_uuid
from guerdon.kit.sql import load
from guerdon.kit.together import Write, together
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs, keys_of
from guerdon.points.values import Account, Cause, Entry, Event, Hold, Lot, Member, Part, Pending

SQL = load(__file__, "store.sql")

LOTS_FIRST = 8
"""How many lots of an account are loaded at first; a spend that needs more asks for more."""

DEFAULT_UNIT = "points"

MEMBER = "member"
"""The kind of identity that is our own number of a member."""

_encode = msgspec.json.Encoder().encode


class Overtaken(Exception):
    """What was read without locks has changed meanwhile, or must not be read without: start again with locks."""


class AccountsMoved(Exception):
    """An account that the batch needs was not locked: its member came to hold another one in between. Start again."""


class GivenAnswer(Struct, frozen=True):
    """What a command answered, to be found under its key; the fingerprint of its request in hexadecimal."""

    key: str
    fingerprint: str
    body: Any


class Refused(NamedTuple):
    """A command that was refused, whose it was, and which member it was about, where that is known."""

    command: str
    actor: str
    refusal: Refusal
    command_id: UUID
    member_id: int | None


class Shelf:
    """The rows that another package keeps beside the books, loaded and saved in the same transaction. As it is here, it
    has none.
    """

    reads: frozenset[str] = frozenset()
    """The kinds of needed rows that it looks for: it loads where a command needs one of them."""
    keeps: frozenset[type] = frozenset()
    """The kinds of rows in the book that are its own: it saves where something of one of them was written."""

    async def find(self, connection: Connection, merchant_id: int, needs: Sequence[Needs]) -> set[int]:  # noqa: ARG002  others look
        """Accounts that the commands concern other than through an identity, to be locked."""
        return set()

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:  # noqa: ARG002  others look
        """Lay the rows open in the book; returns the entries (account, number) whose points may move again."""
        return set()

    def check(self, book: Book) -> Write | None:  # noqa: ARG002  others look
        """What it laid open from memory: a statement that finds a row for each that is still so, as the batch is saved.
        What is refused because of it is to be recorded: where nothing is written, nothing is checked.
        """
        return None

    def save(self, book: Book) -> list[Write]:  # noqa: ARG002  others look
        """What the batch added and changed. $1 is the merchant, $2 the time, $3 the rows as JSON."""
        return []


async def open_book(
    connection: Connection, book: Book, needs: Sequence[Needs], shelves: Sequence[Shelf], lots: dict[int, int]
) -> None:
    """Lock every account the batch needs, if the book is to be locked, then load what its commands want to see.

    `lots` tells accounts of which more lots than usual are wanted.
    """
    identities = {identity for need in needs for identity in need.identities}
    by_number = [int(identity.value) for identity in identities if identity.kind == MEMBER]
    found = [identity for identity in identities if identity.kind != MEMBER]
    named = [identity.kind for identity in found], [identity.value for identity in found], by_number
    others = {account for need in needs for account in need.accounts}
    locked: list[Row] = []
    wanted_kinds = {kind for need in needs for kind, _ in need.rows}
    shelves = [shelf for shelf in shelves if not shelf.reads.isdisjoint(wanted_kinds)]
    for shelf in shelves:
        others |= await shelf.find(connection, book.merchant_id, needs)
    if book.locked:
        locked = await connection.fetch(SQL.lock_accounts, book.merchant_id, *named, list(others))
    if len(found) == 1 and not (by_number or others or lots):
        rows = await connection.fetch(SQL.load_member, book.merchant_id, *found[0], LOTS_FIRST)
    else:
        several = (*named, list(others), LOTS_FIRST, list(lots), list(lots.values()))
        rows = await connection.fetch(SQL.load_accounts, book.merchant_id, *several)
    for row in rows:
        _lay_open(book, row)
    taken: set[tuple[int, int]] = set(keys_of(needs, "entry"))
    for shelf in shelves:
        taken |= await shelf.load(connection, book, needs)
    wanted = {member.account_id for member in book.members.values()} | {account for account, _ in taken}
    wanted |= {account.heir for account in book.accounts.rows() if account.heir is not None}
    there = {row[0] for row in locked} if book.locked else {account.account_id for account in book.accounts.rows()}
    if not wanted <= there:
        raise AccountsMoved
    if taken:
        await _load_taken(connection, book, taken)


def _lay_open(book: Book, row: Row) -> None:
    """One row of load_accounts: perhaps a member, an account, and its first live lots."""
    account_id: int = row[3]
    if row[2] is not None:
        identity = Identity(row[0], row[1])
        book.members[identity] = Member(row[2], account_id, row[4], row[5], row[6], tuple(row[7]), row[8])
    live: list[int] = []
    for number, points, available, held, earned_at, expires_at, rolling in (
        zip(*row[26:33], strict=True) if row[26] else ()
    ):
        live.append(number)
        lot = Lot(account_id, number, points, available, held, earned_at, expires_at, rolling)
        book.lots.load((account_id, number), lot)
    lots_max: int = row[25]
    account = Account(*row[9:25], live=tuple(live[:lots_max]), complete=len(live) <= lots_max)
    book.accounts.load(account_id, account)


async def _load_taken(connection: Connection, book: Book, taken: Collection[tuple[int, int]]) -> None:
    accounts, numbers = [account for account, _ in taken], [number for _, number in taken]
    lots: set[tuple[int, int]] = set()
    for row in await connection.fetch(SQL.load_taken, book.merchant_id, accounts, numbers):
        key = (row["account_id"], row["number"])
        parts = tuple(map(Part, row["lot_numbers"], row["lot_points"]))
        cause = Cause(row["reason"], row["subject"])
        entry = Entry(
            *row[0:7],
            parts=parts,
            counted=row["counted"],
            cause=cause,
            actor=row["actor"],
            command_id=row["command_id"],
        )
        book.entries.load(key, entry)
        if row["state"] is not None:
            book.holds.load(key, Hold(*key, row["state"], row["expires_at"], row["ended_by"]))
        if row["points_left"] is not None:
            book.pendings.load(key, Pending(*key, *row[17:21]))
            if row["activated_by"] is not None:
                lots.add((key[0], row["activated_by"]))
        lots |= {(key[0], part.lot) for part in parts}
    lots = {key for key in lots if book.lots.get(key) is None}
    if lots:
        accounts, numbers = [account for account, _ in lots], [number for _, number in lots]
        for row in await connection.fetch(SQL.load_lots, book.merchant_id, accounts, numbers):
            book.lots.load((row[0], row[1]), Lot(*row))


async def load_answers(connection: Connection, merchant_id: int, keys: Sequence[str]) -> dict[str, tuple[bytes, str]]:
    """What was answered before: by key, the fingerprint of the request and the answer's JSON."""
    rows = await connection.fetch(SQL.load_answers, merchant_id, keys)
    return {row["key"]: (row["fingerprint"], row["body"]) for row in rows}


async def save_book(
    connection: Connection,
    book: Book,
    shelves: Sequence[Shelf],
    answers: Sequence[GivenAnswer],
    refusals: Sequence[Refused],
) -> None:
    """Write all that the batch changed, a set for each table, in one round trip.

    Why something was refused can be looked up (behaviour 11). A book that was read without locks is written only if
    none of its accounts has changed, and nothing of what was laid open from memory; raises Overtaken otherwise.
    """
    accounts = book.accounts.kept() if answers else book.accounts.changed()
    written = book.written()
    assert written <= _kept(tuple(shelves)), f"some of {written} is no shelf's"
    writes = [
        Write(SQL.update_accounts, accounts),
        *_writes(book),
        *(write for shelf in shelves if not written.isdisjoint(shelf.keeps) for write in shelf.save(book)),
        Write(SQL.insert_events, _told(book.events)),
        Write(SQL.insert_answers, answers),
        Write(SQL.insert_decisions, [_decision(one) for one in refusals]),
    ]
    sent = [write for write in writes if write.rows]
    if not sent:
        return
    guards = [write for shelf in shelves if (write := shelf.check(book)) is not None]
    if not book.locked:
        seen = Write(SQL.lock_unchanged, book.accounts.loaded())
        # Of one account, its update is the check: nothing is written before it.
        guards.append(sent.pop(0) if len(seen.rows) == len(accounts) == 1 else seen)
    joined = together(guards, sent)
    parameters = joined.parameters((*guards, *sent))
    if not await connection.fetchval(joined.text, book.merchant_id, book.now, *parameters):
        raise Overtaken


@lru_cache(maxsize=8)
def _kept(shelves: tuple[Shelf, ...]) -> frozenset[type]:
    return frozenset(kind for shelf in shelves for kind in shelf.keeps)


def _writes(book: Book) -> list[Write]:
    return [
        Write(SQL.insert_accounts, book.accounts.added()),
        Write(SQL.hand_accounts, book.holders.added()),
        Write(SQL.insert_lots, book.lots.added()),
        Write(SQL.update_lots, book.lots.changed()),
        Write(SQL.insert_entries, [_entry(entry) for entry in book.entries.added()]),
        Write(SQL.insert_holds, book.holds.added()),
        Write(SQL.end_holds, book.holds.changed()),
        Write(SQL.insert_pending, book.pendings.added()),
        Write(SQL.update_pending, book.pendings.changed()),
    ]


def _entry(entry: Entry) -> dict[str, Any]:
    """An entry laid flat."""
    return {
        **asdict(entry),
        **entry.cause._asdict(),
        "lot_numbers": [part.lot for part in entry.parts],
        "lot_points": [part.points for part in entry.parts],
    }


def _told(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Events with ids of their own, which rise in the order of telling: those of one moment keep it by them."""
    event_ids = sorted(time_ordered_uuid() for _ in events)
    return [{"event_id": event_id, **event._asdict()} for event_id, event in zip(event_ids, events, strict=True)]


def _decision(refused: Refused) -> dict[str, Any]:
    """Also tells the refusal its id, that of the command, so that the caller can look it up."""
    refusal = refused.refusal
    refusal.decision_id = refused.command_id
    also = [{"code": other.code, **other.facts} for other in refusal.also]
    return {
        "decision_id": refusal.decision_id,
        "command": refused.command,
        "code": refusal.code,
        "sentence": refusal.sentence,
        "facts": {**refusal.facts, "also": also} if also else refusal.facts,
        "actor": refused.actor,
        "member_id": refused.member_id,
    }


async def write_events(connection: Connection, merchant_id: int, events: Sequence[Event], now: datetime) -> None:
    """Events that no command tells, in the commit of what they tell of."""
    await connection.execute(SQL.insert_events, merchant_id, now, _encode(_told(events)).decode())


async def write_refusal(
    database: Queries, merchant_id: int, command: str, actor: str, refusal: Refusal, member_id: int, now: datetime
) -> None:
    """A refusal that no batch has written: what was to follow from a command that was committed did not."""
    decisions = [_decision(Refused(command, actor, refusal, command_uuid(), member_id))]
    await database.execute(SQL.insert_decisions, merchant_id, now, _encode(decisions).decode())


async def open_accounts(
    connection: Connection, merchant_id: int, owners: Sequence[tuple[int, int]], now: datetime
) -> None:
    """Give each new member (member, account) an empty account of the default unit."""
    members, accounts = columns(owners, 2)
    await connection.execute(SQL.open_accounts, merchant_id, accounts, DEFAULT_UNIT, now)
    await connection.execute(SQL.give_accounts, merchant_id, members, accounts, DEFAULT_UNIT)
