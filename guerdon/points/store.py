"""Between the book and the database: lock, then load, then save, each for a whole batch at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from guerdon.database.pool import Connection
from guerdon.errors import Refusal
from guerdon.kit.columns import columns, struct_columns
from guerdon.kit.ids import time_ordered_uuid
from guerdon.kit.sql import load
from guerdon.points.book import Account, Book, Cause, Entry, Hold, Lot, Member, Part
from guerdon.points.command import Identity, Needs

SQL = load(__file__, "store.sql")

LOTS_FIRST = 8
"""How many lots of an account are loaded at first; a spend that needs more asks for more."""

DEFAULT_UNIT = "points"

_encode = msgspec.json.Encoder().encode


class AccountsMoved(Exception):
    """An account that the batch needs was not locked: its member came to hold another one in between. Start again."""


class Shelf(Protocol):
    """The rows that another package keeps beside the books, loaded and saved in the same transaction."""

    async def find(self, connection: Connection, merchant_id: int, needs: Sequence[Needs], /) -> set[int]:
        """Accounts that the commands concern other than through an identity, to be locked."""
        ...

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Lay the rows open in the book; returns the entries (account, number) whose points may move again."""
        ...

    async def save(self, connection: Connection, book: Book) -> None:
        """Write the rows that the batch added or changed."""
        ...


async def open_book(
    connection: Connection, book: Book, needs: Sequence[Needs], shelves: Sequence[Shelf], lots: dict[int, int]
) -> None:
    """Lock every account the batch needs, then load what its commands want to see."""
    identities = {identity for need in needs for identity in need.identities}
    kinds = [identity.kind for identity in identities]
    values = [identity.value for identity in identities]
    others: set[int] = set()
    for shelf in shelves:
        others |= await shelf.find(connection, book.merchant_id, needs)
    locked = {
        row[0] for row in await connection.fetch(SQL.lock_accounts, book.merchant_id, kinds, values, list(others))
    }
    if kinds:
        for row in await connection.fetch(SQL.load_members, book.merchant_id, kinds, values):
            book.members[Identity(row[0], row[1])] = Member(row[2], row[3], row[4], row[5], row[6], tuple(row[7]))
    taken: set[tuple[int, int]] = set()
    for shelf in shelves:
        taken |= await shelf.load(connection, book, needs)
    wanted = {member.account_id for member in book.members.values()} | others | {account for account, _ in taken}
    if not wanted <= locked:
        raise AccountsMoved
    await _load_accounts(connection, book, wanted, lots)
    if taken:
        await _load_taken(connection, book, taken)


async def _load_accounts(
    connection: Connection, book: Book, account_ids: Collection[int], lots: dict[int, int]
) -> None:
    if not account_ids:
        return
    lots_max = [lots.get(account_id, LOTS_FIRST) for account_id in account_ids]
    for row in await connection.fetch(SQL.load_accounts, book.merchant_id, list(account_ids), lots_max):
        account_id = row[0]
        live: list[Lot] = []
        for number, points, available, held, earned_at, expires_at in zip(*row[12:18], strict=True) if row[12] else ():
            lot = Lot(account_id, number, points, available, held, earned_at, expires_at)
            live.append(lot)
            book.lots.load((account_id, number), lot)
        account = Account(*row[0:11], live=tuple(live[: row[11]]), complete=len(live) <= row[11])
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


async def save_book(connection: Connection, book: Book, shelves: Sequence[Shelf]) -> None:
    """Write what the batch changed, a set for each table."""
    merchant_id, now = book.merchant_id, book.now
    entries = book.entries.added()
    if new_lots := book.lots.added():
        await connection.execute(SQL.insert_lots, merchant_id, *struct_columns(new_lots, 7))
    if entries:
        await connection.execute(
            SQL.save_books, merchant_id, now, *_account_columns(book.accounts.changed()),
            *_lot_columns(book.lots.changed()), *_entry_columns(entries, now),
        )  # fmt: skip
    if new_holds := book.holds.added():
        rows = [(hold.account_id, hold.number, hold.state, hold.ended_by, hold.expires_at) for hold in new_holds]
        await connection.execute(SQL.insert_holds, merchant_id, *columns(rows, 5))
    if ended := book.holds.changed():
        rows = [(hold.account_id, hold.number, hold.state, hold.ended_by) for hold in ended]
        await connection.execute(SQL.end_holds, merchant_id, *columns(rows, 4))
    for shelf in shelves:
        await shelf.save(connection, book)


async def save_outcomes(connection: Connection, book: Book, answers: Sequence[tuple[str, bytes, str]]) -> None:
    """Write the events and the stored answers (key, fingerprint, JSON) of the batch."""
    events = [
        (time_ordered_uuid(), event.topic, event.member_id, _encode(event.payload).decode()) for event in book.events
    ]
    await connection.execute(SQL.save_outcomes, book.merchant_id, book.now, *columns(events, 4), *columns(answers, 3))


async def save_refusals(connection: Connection, book: Book, refusals: Sequence[tuple[str, str, Refusal]]) -> None:
    """Record why (command, actor, refusal) was refused, so that it can be looked up (behaviour 11)."""
    if not refusals:
        return
    for _, _, refusal in refusals:
        refusal.decision_id = time_ordered_uuid()
    rows = [
        (refusal.decision_id, command, refusal.code, refusal.sentence, _encode(_facts(refusal)).decode(), actor)
        for command, actor, refusal in refusals
    ]
    await connection.execute(SQL.insert_decisions, book.merchant_id, book.now, *columns(rows, 6))


def _facts(refusal: Refusal) -> dict[str, Any]:
    if not refusal.also:
        return refusal.facts
    return {**refusal.facts, "also": [{"code": other.code, **other.facts} for other in refusal.also]}


async def open_accounts(
    connection: Connection, merchant_id: int, owners: Sequence[tuple[int, int]], now: datetime
) -> None:
    """Give each new member (member, account) an empty account of the default unit."""
    members, accounts = columns(owners, 2)
    await connection.execute(SQL.open_accounts, merchant_id, accounts, DEFAULT_UNIT, now)
    await connection.execute(SQL.give_accounts, merchant_id, members, accounts, DEFAULT_UNIT)


def _account_columns(accounts: Sequence[Account]) -> list[list[Any]]:
    rows = [
        (
            account.account_id, account.issued, account.pending, account.available, account.held,
            account.redeemed, account.expired, account.reversed, account.earned, account.entries,
        )
        for account in accounts
    ]  # fmt: skip
    return columns(rows, 10)


def _lot_columns(lots: Sequence[Lot]) -> list[list[Any]]:
    return columns([(lot.account_id, lot.number, lot.available, lot.held) for lot in lots], 4)


def _entry_columns(entries: Sequence[Entry], now: datetime) -> list[list[Any]]:
    rows = [
        (
            entry.account_id, entry.number, entry.source, entry.target, entry.points, entry.source_after,
            entry.target_after, _array([part.lot for part in entry.parts]),
            _array([part.points for part in entry.parts]), entry.counted, entry.cause.reason, entry.cause.subject,
            entry.cause.title, entry.cause.visible, entry.actor, entry.command_id, entry.cause.occurred_at or now,
        )
        for entry in entries
    ]  # fmt: skip
    return columns(rows, 17)


def _array(numbers: Sequence[int]) -> str:
    """An array as PostgreSQL writes it: `unnest` would flatten an array of arrays."""
    return "{" + ",".join(map(str, numbers)) + "}"
