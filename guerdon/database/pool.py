"""The way to PostgreSQL: a pool of connections that keep nothing between one use and the next.

No statement of ours leaves anything behind in a session: no session settings, session locks, LISTEN, or temporary
tables. So the round trip that usually cleans a connection when it comes back to the pool is left out (it would be half
of the cost of a short call), and a pooler such as PgBouncer may hand every transaction to another server connection.

PgBouncer before its version 1.21 knows nothing of prepared statements, and other poolers never learned; there
`prepared=False` (the setting GUERDON_DATABASE_PREPARED=off) does without them.

Whatever a driver says of a connection that was cut or refused, an open pool says one thing: DatabaseAway.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, Self, cast, overload

import asyncpg

from guerdon.errors.base import DatabaseAway

APPLICATION_NAME = "guerdon"
# Enough for every statement we have. They are kept for the life of a connection, however long their text.
PREPARED_STATEMENTS_MAX = 1000
# A connection is replaced now and then, since PostgreSQL's caches of a session only grow.
QUERIES_PER_CONNECTION_MAX = 1_000_000
# Every so many times a connection goes back to the pool itself, which sees to that. The number is odd, so that each of
# two that take turns has its own.
SEEN_TO_AFTER = 997
# One that nobody has used for so long may have been cut by something in between that tells neither end.
RESTED_S_MAX = 240.0

INDEXED = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Statements find their rows through indexes, whatever the statistics say meanwhile: a plan is kept for as long as a
connection lives, so one that was made while a table was small would read the whole of it when it is large."""
BEGIN_INDEXED = "; ".join(["BEGIN", *(f"SET LOCAL {name} = {value}" for name, value in INDEXED.items())])

LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError,
        asyncpg.TooManyConnectionsError, asyncpg.InternalClientError, ConnectionError, TimeoutError)  # fmt: skip
"""The database is away, and perhaps back in a moment. InternalClientError is what a statement may meet on a connection
that is cut just as it starts."""

# asyncpg ships no types. This name holds it where it is called, and the protocols below say what comes back.
_asyncpg: Any = asyncpg


class Row(Protocol):
    """A row as asyncpg returns it: its values by column name or by position."""

    @overload
    def __getitem__(self, key: str | int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def get(self, key: str, default: Any = None, /) -> Any: ...
    def keys(self) -> Iterator[str]: ...
    def values(self) -> Iterator[Any]: ...
    def items(self) -> Iterator[tuple[str, Any]]: ...


class Queries(Protocol):
    """The four ways to run one statement, the same on a `Database` and on a `Connection`."""

    async def fetch(self, query: str, *arguments: Any) -> list[Row]: ...
    async def fetchrow(self, query: str, *arguments: Any) -> Row | None: ...
    async def fetchval(self, query: str, *arguments: Any) -> Any: ...
    async def execute(self, query: str, *arguments: Any) -> str: ...


class Connection(Queries, Protocol):
    """One of asyncpg's connections: what our code uses of it."""

    async def executemany(self, command: str, args: Sequence[Sequence[Any]]) -> None: ...
    def cursor(self, query: str, *arguments: Any) -> AsyncIterable[Row]: ...
    async def copy_to_table(self, table_name: str, *, source: bytearray, columns: Sequence[str]) -> str: ...


class _SessionlessConnection(_asyncpg.Connection):
    """A connection that needs no cleaning: asyncpg still ends a transaction left open, and sends nothing else."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        return ""


class Database:
    """An open pool. The helpers that run one statement do so on any connection, in a transaction of its own."""

    def __init__(self, pool: Any, *, prepared: bool, indexed: bool, at_hand_max: int = 1) -> None:
        self._pool, self._prepared = pool, prepared
        self._at_hand: list[tuple[Any, float]] = []
        """Connections, each with the time from which on it rests."""
        self._at_hand_max = at_hand_max
        self._awaited = 0
        """How many wait for a connection of the pool."""
        self._lent = 0
        self.indexed = indexed
        """Whether every statement finds its rows through indexes, not only those of an `indexed_transaction`."""

    @classmethod
    async def open_indexed(cls, dsn: str, *, size: int, prepared: bool = True) -> Self:
        """Open connections whose every statement finds its rows through indexes, if nothing in between forbids it.

        The settings are part of how a connection begins, which PgBouncer refuses: there they go with transactions.
        """
        try:
            return await cls.open(dsn, size_min=size, size_max=size, prepared=prepared, settings=INDEXED)
        except asyncpg.ProtocolViolationError:
            return await cls.open(dsn, size_min=size, size_max=size, prepared=prepared)

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        size_min: int = 1,
        size_max: int = 10,
        prepared: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Open `size_min` connections now, and more, up to `size_max`, when they are wanted.

        What stands in the way is raised as the driver tells it: nothing that is asked again will mend it.
        """
        pool = await _asyncpg.create_pool(
            dsn,
            min_size=size_min,
            max_size=size_max,
            max_queries=QUERIES_PER_CONNECTION_MAX,
            connection_class=_SessionlessConnection,
            statement_cache_size=PREPARED_STATEMENTS_MAX if prepared else 0,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings={"application_name": APPLICATION_NAME, **(settings or {})},
        )
        return cls(pool, prepared=prepared, indexed=settings == INDEXED, at_hand_max=size_min)

    async def close(self) -> None:
        """Close every connection, once the work on it is done."""
        self._at_hand_max = 0
        while self._at_hand:
            await self._pool.release(self._at_hand.pop()[0])
        await self._pool.close()

    async def _lend(self) -> Any:
        """A connection that is there, or one of the pool's. To ask the pool takes as long as a short statement."""
        while self._at_hand:
            connection, since = self._at_hand.pop()
            # One that was cut meanwhile has left by itself, and is not to be asked any more.
            with suppress(asyncpg.InterfaceError):
                if time.monotonic() - since > RESTED_S_MAX:
                    connection.terminate()
                elif not connection.is_closed():
                    return connection
        self._awaited += 1
        try:
            return await self._pool.acquire()
        finally:
            self._awaited -= 1

    async def _take_back(self, connection: Any, *, unhurt: bool) -> None:
        """Keep a connection at hand, unless somebody waits for it, or the pool is to see to it: a statement may have
        been given up, or a transaction been left open.
        """
        self._lent += 1
        fit = False
        # One that was cut since its last statement has left by itself; what that statement did is done.
        with suppress(asyncpg.InterfaceError):
            fit = unhurt and not connection.is_in_transaction()
        if fit and self._lent % SEEN_TO_AFTER and not self._awaited and len(self._at_hand) < self._at_hand_max:
            self._at_hand.append((connection, time.monotonic()))
        else:
            await self._pool.release(connection)

    def acquire(self) -> "_Lent":
        """A connection outside any transaction, for the length of a block.

        Without prepared statements there is a pooler that may run every statement on another server connection, even
        the two halves of one with arguments: then use `transaction`.
        """
        return _Lent(self._lend, self._take_back)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A connection inside BEGIN and COMMIT; an exception that leaves the block rolls back."""
        async with cast("Any", self.acquire()) as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def indexed_transaction(self) -> AsyncGenerator[Connection]:
        """A transaction whose statements find their rows through indexes.

        Where the settings are not those of the connection, they travel in the round trip of BEGIN, and end with it.
        """
        async with cast("Any", self.acquire()) as connection:
            await connection.execute("BEGIN" if self.indexed else BEGIN_INDEXED)
            try:
                yield connection
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")

    async def fetch(self, query: str, *arguments: Any) -> list[Row]:
        async with self._one_statement() as connection:
            return await connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: Any) -> Row | None:
        async with self._one_statement() as connection:
            return await connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        async with self._one_statement() as connection:
            return await connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: Any) -> str:
        async with self._one_statement() as connection:
            return await connection.execute(query, *arguments)

    def _one_statement(self) -> Any:
        """Unprepared, a statement still goes out as parse, then execute: a transaction keeps both on one server."""
        return self.acquire() if self._prepared else self.transaction()


class _Lent:
    """A connection for the length of a block. Every statement takes one: a generator would cost it twice as much."""

    __slots__ = ("_connection", "_lend", "_take_back")

    def __init__(self, lend: Callable[[], Awaitable[Any]], take_back: Callable[..., Awaitable[None]]) -> None:
        self._lend, self._take_back = lend, take_back

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._lend()
        except (*LOST, OSError) as error:
            raise DatabaseAway from error
        return self._connection

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        await self._take_back(self._connection, unhurt=error is None)
        # asyncpg calls a value that it cannot send an InterfaceError too: that is a bug.
        if isinstance(error, LOST) and not isinstance(error, ValueError):
            raise DatabaseAway from error


class _Inside:
    """A database that is one connection in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Any = connection
        self.fetch, self.fetchrow = connection.fetch, connection.fetchrow
        self.fetchval, self.execute = connection.fetchval, connection.execute

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        async with self._connection.transaction():
            yield self._connection

    indexed_transaction = transaction


def inside(connection: Connection) -> Database:
    """The transaction that a connection is in, to be used where a database is asked for: what is done on it is
    committed with the rest. A transaction inside is a savepoint.
    """
    return cast("Database", _Inside(connection))
