"""The database of a command: the one that is named, or the embedded one, found where it runs or started for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

import asyncpg

from guerdon.cli.failure import Unusable
from guerdon.cli.show import tell_wait
from guerdon.database import cluster, embedded, processes
from guerdon.database.migrate import migrate, pending
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL that runs. `alive` can only tell of an embedded one."""

    dsn: str
    alive: Callable[[], bool]


def on_database(settings: Settings, work: Callable[[Database], Awaitable[Result]], *, migrated: bool = True) -> Result:
    """Do this work on the database, its schema up to date, and return what comes of it.

    Raises Unusable, or what the work raises. With `migrated` False the schema is left as it is.
    """
    with running_server(settings) as server:
        return asyncio.run(_on(server.dsn, settings, work, migrated=migrated))


def of_merchant(
    settings: Settings,
    merchant_id: int,
    read: Callable[[Database, int, *Arguments], Awaitable[Result]],
    *arguments: *Arguments,
) -> Result:
    """Something of a merchant's; refuses with MerchantNotFound where there is no such merchant."""

    async def work(database: Database) -> Result:
        await get_merchant(database, merchant_id)
        return await read(database, merchant_id, *arguments)

    return on_database(settings, work)


@contextmanager
def running_server(settings: Settings) -> Generator[Server]:
    """The PostgreSQL of these settings, which runs for as long as the block does."""
    if settings.database_url is not None:
        yield Server(settings.database_url, lambda: True)
        return
    with embedded.running(
        settings.data_dir, on_wait=tell_wait, user=settings.database_user, pg_bin=settings.pg_bin
    ) as address:
        yield Server(address.dsn, _watch(settings))


async def open_database(dsn: str, *, prepared: bool) -> Database:
    """An open pool; raises Unusable if nothing lets us in there."""
    try:
        return await Database.open(dsn, size_max=4, prepared=prepared)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unusable(f"The database does not let us in: {error}. See GUERDON_DATABASE_URL.") from error


async def bring_up_to_date(database: Database, settings: Settings) -> None:
    """Migrate the embedded database; one that somebody else runs is theirs to migrate, when they choose."""
    if settings.database_url is None:
        await migrate(database, now=machine_clock())
    elif waiting_ones := await pending(database):
        names = ", ".join(map(str, waiting_ones))
        raise Unusable(f"The database has not seen these migrations yet: {names}. Run `guerdon migrate` first.")


async def _on(dsn: str, settings: Settings, work: Callable[[Database], Awaitable[Result]], *, migrated: bool) -> Result:
    database = await open_database(dsn, prepared=settings.database_prepared)
    try:
        if migrated:
            await bring_up_to_date(database, settings)
        return await work(database)
    finally:
        await database.close()


def _watch(settings: Settings) -> Callable[[], bool]:
    """Tells whether the server that runs now still does, and not another one in its place."""
    found = cluster.postmaster(cluster.open_home(settings.data_dir).cluster)
    assert found is not None, "the server is running"
    mark = processes.started(found[0])
    return lambda: processes.started(found[0]) == mark
