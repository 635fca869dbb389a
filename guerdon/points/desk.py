"""The desk: the one door to the database for points, and where group commit happens.

    submit ──► line of the merchant ──► batch ──► load ─► decide each ─► save if nothing has changed ──► answers
                                               └► lock ─► load ─► decide each ─► save ─► commit ─────► answers

Commands that arrive while earlier commits are in flight wait in line and are committed together: a batch forms by
itself, nothing is delayed to make one. It is read without locks and checked as it is saved; where another was faster,
it is decided again under locks (docs/decisions/0008). A refusal undoes its own command alone, and so does a bug. If
saving fails, the batch is taken apart and each command tried on its own. If the connection is lost, even at commit, the
batch is tried again with its answers looked up first under the locks: what was committed is found, not repeated.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter, Histogram

from guerdon.database.pool import Connection, Database, Queries
from guerdon.errors.base import Busy, DatabaseAway, KeyInFlight, KeyReused, Refusal, ShuttingDown
from guerdon.kit.clock import Clock, machine_clock
from guerdon.kit.ids import NumberBlocks
from guerdon.kit.origin import command_uuid
from guerdon.points import store
from guerdon.points.book import Book
from guerdon.points.command import Command, Key, Needs
from guerdon.points.ledger import MoreLotsNeeded
from guerdon.points.values import Entry

Result = TypeVar("Result")

TimeOf = Callable[[Queries, int], Awaitable[datetime]]
"""What time it is for a merchant, where merchants may have a time of their own."""

BATCH_SIZE = Histogram("guerdon_batch_commands", "Commands in a commit", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
AGAIN = Counter("guerdon_batches_again", "Batches read without locks, then decided again under locks", ["cause"])
COMMANDS = Counter("guerdon_commands", "Commands answered", ["command", "outcome"])

LOTS_GROW = 8
"""Where the loaded lots do not pay for a spend, this many times as many are loaded."""

CONTESTED_FOR = 16
"""So many batches of a merchant lock first after one was overtaken."""

CONFLICT = (asyncpg.IntegrityConstraintViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError,
            store.AccountsMoved)  # fmt: skip
"""Something outside our locks came between: another try sees it."""


class DecidedAlone(Exception):
    """A command of the batch bears no other beside it: the batch is taken apart."""


class _Previewed(Exception):
    """Enough was seen: nothing of it is kept."""

    def __init__(self, outcome: "Answer[Any] | BaseException", entries: tuple[Entry, ...]) -> None:
        super().__init__()
        self.outcome, self.entries = outcome, entries


TRIES_MAX = 5
"""A command that is still in conflict after so many tries on its own has a bug."""

log = structlog.get_logger()


class Answer(msgspec.Struct, Generic[Result], frozen=True):
    """What a command answered; `replayed` if the same key had this answer before."""

    value: Result
    replayed: bool


class Rehearsal(msgspec.Struct, Generic[Result], frozen=True):
    """What a command would answer, and the entries that it would write."""

    value: Result
    entries: tuple[Entry, ...]


@cache
def _counter(command: str, outcome: str) -> Counter:
    return COMMANDS.labels(command, outcome)


class _Ticket:
    """A command in line, with the id that it has before its first try."""

    __slots__ = ("actor", "answer", "command", "command_id", "key", "tries")

    def __init__(self, command: Command[Any], actor: str, key: Key | None) -> None:
        self.command: Command[Any] = command
        self.actor = actor
        self.command_id: UUID = command_uuid()
        self.key = key or Key(str(self.command_id), b"")
        self.tries = 0 if key is None else 1
        """Whether an answer may exist already: true for a client's key, and for every try but the first."""
        self.answer: asyncio.Future[Answer[Any]] = asyncio.get_running_loop().create_future()

    def settle(self, outcome: Answer[Any] | BaseException) -> None:
        name = type(self.command).__name__
        if self.answer.done():
            return
        if isinstance(outcome, BaseException):
            _counter(name, outcome.code if isinstance(outcome, Refusal) else "error").inc()
            self.answer.set_exception(outcome)
        else:
            _counter(name, "ok").inc()
            self.answer.set_result(outcome)


class Desk:
    """Serves commands of all merchants over a few connections; a batch is of one merchant."""

    def __init__(
        self,
        database: Database,
        shelves: Sequence[store.Shelf],
        *,
        clock: Clock = machine_clock,
        time_of: TimeOf | None = None,
        connections: int = 2,
        batch_max: int = 128,
        waiting_max: int = 5000,
        patience_s: float = 15.0,
    ) -> None:
        self._database = database
        self._shelves = tuple(shelves)
        self._clock, self._time_of = clock, time_of
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._patience_s = patience_s
        self._numbers = NumberBlocks()
        self._lines: dict[int, deque[_Ticket]] = {}
        self._order: deque[int] = deque()
        self._waiting = 0
        self._contested: dict[int, int] = {}
        """How many more batches of a merchant lock before they read, since they would be overtaken otherwise."""
        self._in_flight: set[tuple[int, str]] = set()
        self._idle: list[asyncio.Future[None]] = []
        """Those who serve and have nothing to do; whoever lines up wakes one of them."""
        self._closing = False
        self._servers = [asyncio.create_task(self._serve(), name=f"desk {n}") for n in range(connections)]

    async def submit(self, command: Command[Result], *, actor: str, key: Key | None = None) -> Answer[Result]:
        """Have the command decided and committed. Raises its Refusal, or an Outage: safe to repeat with a key."""
        if self._closing:
            raise ShuttingDown
        if self._waiting >= self._waiting_max:
            raise Busy(self._waiting)
        ticket = _Ticket(command, actor, key)
        if key is None:
            self._line_up(ticket)
            return cast("Answer[Result]", await ticket.answer)
        flight = (command.merchant_id, key.text)
        if flight in self._in_flight:
            raise KeyInFlight(key.text)
        self._in_flight.add(flight)
        ticket.answer.add_done_callback(lambda _: self._in_flight.discard(flight))
        self._line_up(ticket)
        return cast("Answer[Result]", await asyncio.shield(ticket.answer))

    async def preview(self, command: Command[Result], *, actor: str) -> Result:
        """What the command would answer, decided as it would be now, and nothing of it kept."""
        return (await self.rehearse(command, actor=actor)).value

    async def rehearse(self, command: Command[Result], *, actor: str) -> "Rehearsal[Result]":
        """The same, with the entries that would be written.

        Raises its Refusal, or an Outage. It waits in no line: what is under way may still change the answer.
        """
        if self._closing:
            raise ShuttingDown
        ticket = _Ticket(command, actor, None)
        for tries in range(TRIES_MAX, -1, -1):
            try:
                async with self._database.indexed_transaction() as connection:
                    book, (outcome,) = await self._with_lots(connection, [ticket], [command.needs()], locked=True)
                    raise _Previewed(outcome, tuple(book.entries.added()))
            except _Previewed as seen:
                if isinstance(seen.outcome, BaseException):
                    raise seen.outcome from None
                return Rehearsal(cast("Result", seen.outcome.value), seen.entries)
            except CONFLICT:
                if not tries:
                    raise
        raise AssertionError("the last try returns or raises")

    async def close(self) -> None:
        """Answer everyone in line, then stop."""
        self._closing = True
        while self._idle:
            self._idle.pop().set_result(None)
        await asyncio.gather(*self._servers)

    # The line

    def _line_up(self, ticket: _Ticket) -> None:
        merchant_id = ticket.command.merchant_id
        line = self._lines.get(merchant_id)
        if line is None:
            line = self._lines[merchant_id] = deque()
            self._order.append(merchant_id)
        line.append(ticket)
        self._waiting += 1
        if self._idle:
            self._idle.pop().set_result(None)

    def _next_batch(self) -> list[_Ticket]:
        """The commands of the merchant that waited longest; one with more left goes to the end."""
        merchant_id = self._order.popleft()
        line = self._lines[merchant_id]
        batch = [line.popleft() for _ in range(min(len(line), self._batch_max))]
        if line:
            self._order.append(merchant_id)
        else:
            del self._lines[merchant_id]
        self._waiting -= len(batch)
        return batch

    async def _serve(self) -> None:
        while True:
            while not self._order:
                if self._closing:
                    return
                nothing = asyncio.get_running_loop().create_future()
                self._idle.append(nothing)
                await nothing
                await asyncio.sleep(0)  # let the requests that came in the same moment line up too
            await self._answer(self._next_batch())

    async def _answer(self, batch: list[_Ticket]) -> None:
        """Bring a batch to its end, whatever happens: each caller is answered or told to ask again."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._patience_s
        pause_s = 0.02
        while True:
            try:
                outcomes = await self._commit(batch)
                break
            except DatabaseAway as away:
                log.warning("database_lost", error=repr(away.__cause__), commands=len(batch))
                if loop.time() > give_up_at:
                    outcomes = [DatabaseAway()] * len(batch)
                    break
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 0.5)
            except Exception as error:
                if len(batch) > 1:
                    await self._answer_singly(batch)
                    return
                if not isinstance(error, CONFLICT) or batch[0].tries > TRIES_MAX:
                    log.exception("command_failed", command=type(batch[0].command).__name__)
                    outcomes = [error]
                    break
            for ticket in batch:
                ticket.tries += 1
        for ticket, outcome in zip(batch, outcomes, strict=True):
            ticket.settle(outcome)

    async def _answer_singly(self, batch: list[_Ticket]) -> None:
        """Something in the batch is in conflict, or has a bug: take it apart, so that only the one concerned fails."""
        for ticket in batch:
            ticket.tries += 1
            await self._answer([ticket])

    # One transaction

    async def _commit(self, batch: Sequence[_Ticket]) -> list[Answer[Any] | BaseException]:
        """Read, decide and save, at first without locks: the save is a transaction by itself, and tells if another was
        faster. Then, and for a while after, in a transaction that locks before it reads.
        """
        BATCH_SIZE.observe(len(batch))
        needs = [ticket.command.needs() for ticket in batch]
        merchant_id = batch[0].command.merchant_id
        contested = self._contested.get(merchant_id, 0)
        alone = any(need.alone for need in needs)
        if len(batch) > 1 and alone:
            raise DecidedAlone
        if self._database.indexed and not contested and not alone:
            try:
                async with self._database.acquire() as connection:
                    return await self._attempt(connection, batch, needs, locked=False)
            except Exception as error:
                # What was read without locks may not fit together: whatever it led to is decided again under locks.
                if isinstance(error, DatabaseAway):
                    raise
                AGAIN.labels(type(error).__name__).inc()
                contested = CONTESTED_FOR
        if contested:
            self._contested[merchant_id] = contested - 1
        async with self._database.indexed_transaction() as connection:
            return await self._attempt(connection, batch, needs, locked=True)

    async def _attempt(
        self, connection: Connection, batch: Sequence[_Ticket], needs: Sequence[Needs], *, locked: bool
    ) -> list[Answer[Any] | BaseException]:
        book, outcomes = await self._with_lots(connection, batch, needs, locked=locked)
        answers = [
            store.GivenAnswer(ticket.key.text, ticket.key.fingerprint.hex(), outcome.value)
            for ticket, outcome in zip(batch, outcomes, strict=True)
            if isinstance(outcome, Answer) and not outcome.replayed
        ]
        refusals = [
            store.Refused(type(ticket.command).__name__, ticket.actor, outcome, ticket.command_id, _about(book, need))
            for ticket, need, outcome in zip(batch, needs, outcomes, strict=True)
            if isinstance(outcome, Refusal) and outcome.recorded
        ]
        await store.save_book(connection, book, self._shelves, answers, refusals)
        return outcomes

    async def _with_lots(
        self, connection: Connection, batch: Sequence[_Ticket], needs: Sequence[Needs], *, locked: bool
    ) -> tuple[Book, list[Answer[Any] | BaseException]]:
        """The book after the batch, read anew with more lots for as long as a spend finds too few."""
        lots: dict[int, int] = {}
        while True:
            try:
                return await self._decided(connection, batch, needs, lots, locked=locked)
            except MoreLotsNeeded as more:
                for account_id in more.account_ids:
                    lots[account_id] = lots.get(account_id, store.LOTS_FIRST) * LOTS_GROW

    async def _decided(
        self,
        connection: Connection,
        batch: Sequence[_Ticket],
        needs: Sequence[Needs],
        lots: dict[int, int],
        *,
        locked: bool,
    ) -> tuple[Book, list[Answer[Any] | BaseException]]:
        merchant_id = batch[0].command.merchant_id
        now = self._clock() if self._time_of is None else await self._time_of(connection, merchant_id)
        book = Book(merchant_id, now, self._numbers.take, locked=locked)
        await store.open_book(connection, book, needs, self._shelves, lots)
        keys = [ticket.key.text for ticket in batch if ticket.tries]
        earlier = await store.load_answers(connection, book.merchant_id, keys) if keys else {}
        counts: dict[str, int] = {}
        for need in needs:
            for sequence, count in need.numbers:
                counts[sequence] = counts.get(sequence, 0) + count
        while missing := [sequence for sequence, count in counts.items() if not self._numbers.ready(sequence, count)]:
            await self._numbers.reserve(connection, missing[0], counts[missing[0]])
        # From the last check to the end of deciding there is no await: nobody else takes from the reserved numbers.
        return book, [_decide(book, ticket, earlier) for ticket in batch]


def _about(book: Book, need: Needs) -> int | None:
    """The member whom a command names first, if the book has found one."""
    found = (book.members[identity].member_id for identity in need.identities if identity in book.members)
    return next(found, None)


def _decide(book: Book, ticket: _Ticket, earlier: dict[str, tuple[bytes, str]]) -> Answer[Any] | BaseException:
    """One command's answer or its exception, which is its caller's alone; the book is as before if it raises."""
    if ticket.key.text in earlier:
        fingerprint, body = earlier[ticket.key.text]
        if fingerprint != ticket.key.fingerprint:
            return KeyReused(ticket.key.text)
        return Answer(msgspec.json.decode(body, type=ticket.command.answers), True)
    try:
        with book.attempt(ticket.actor, ticket.command_id):
            return Answer(ticket.command.decide(book), False)
    except Refusal as refusal:
        return refusal
    except MoreLotsNeeded:
        raise
    except Exception as error:
        if not book.locked:
            raise
        log.exception("command_failed", command=type(ticket.command).__name__)
        return error
