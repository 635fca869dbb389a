"""`guerdon serve`: the database, then the workers, until Ctrl-C."""

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import click
import uvloop

from guerdon.cli.database import bring_up_to_date, open_database, running_server
from guerdon.cli.failure import Unusable
from guerdon.cli.options import chosen, with_settings
from guerdon.serving import BACKLOG, Ending, log_to_stderr, serving
from guerdon.settings import Settings

PORTS_TRIED = 20

Prepare = Callable[[str], Coroutine[Any, Any, Mapping[str, str]]]
"""Makes the database at an address ready; returns what the workers' environment has besides."""

Body = Callable[[str, asyncio.Future[Ending]], Awaitable[None]]
"""What is done at the side, told the database's address, until the future says why it should end, or by itself."""


@click.command("serve")
@with_settings
@click.option("--host", help="The address to listen on.  [GUERDON_HOST; 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [GUERDON_PORT; 8080]")
@click.option("--workers", type=click.IntRange(1, 256), help="How many processes serve.  [GUERDON_WORKERS; 1]")
@click.option("--jobs/--no-jobs", default=None, help="Whether the first does the nightly jobs too.  [GUERDON_JOBS; on]")
def command(settings: Settings, **flags: object) -> None:
    """Serve the interfaces over HTTP until Ctrl-C.

    The embedded database is started and migrated, or found where another command runs it. One that GUERDON_DATABASE_URL
    names has to be migrated already.

    \b
    Example:
      guerdon serve --port 8080 --workers 2
    """
    settings = chosen(data_dir=settings.data_dir, database_url=settings.database_url, **flags)
    with listening(settings) as listeners:

        async def serve_on(_dsn: str, ending: asyncio.Future[Ending]) -> None:
            crew = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
            click.echo(f"Guerdon serves on {url_of(listeners)} ({crew}). Ctrl-C stops it.")
            await ending

        serve(listeners, settings, lambda dsn: _bring_up_to_date(dsn, settings), serve_on)


def serve(listeners: Sequence[socket.socket], settings: Settings, prepare: Prepare, body: Body) -> None:
    """Prepare the database, then run the body while workers serve on the sockets.

    The embedded database can be killed under us. Then connections wait in the sockets' lines until it is back, and
    both are run again.
    """
    log_to_stderr()
    while (ending := _serve_once(listeners, settings, prepare, body)) is Ending.DATABASE_GONE:
        click.echo("The database ended and is being started again.", err=True)
    if ending is Ending.NEVER_READY:
        raise Unusable("No worker could start: the lines above say why.")


@contextmanager
def listening(settings: Settings) -> Generator[Sequence[socket.socket]]:
    """A socket for each worker, all at one address; refuses a port that is taken, naming one that is free.

    Linux deals connections out among the sockets of one port. On a socket that workers share, one of them may take all.
    """
    host, port = settings.host, settings.port
    try:
        first = _listen(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Unusable(f"Nobody can listen on {host}, port {port}: {error.strerror or error}.") from error
        raise Unusable(
            f"Port {port} of {host} is taken by another program: choose another, such as --port {_free(host, port)}."
        ) from error
    if settings.workers == 1 or sys.platform != "linux":
        with first:
            yield [first] * settings.workers
        return
    port = first.getsockname()[1]
    first.close()
    with ExitStack() as sockets:
        yield [sockets.enter_context(_listen(host, port, shared=True)) for _ in range(settings.workers)]


def url_of(listeners: Sequence[socket.socket]) -> str:
    """The address that a browser takes."""
    host, port = listeners[0].getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _serve_once(listeners: Sequence[socket.socket], settings: Settings, prepare: Prepare, body: Body) -> Ending:
    with running_server(settings) as server:
        environment = {
            **os.environ,
            "GUERDON_DATABASE_URL": server.dsn,
            "GUERDON_DATABASE_PREPARED": "on" if settings.database_prepared else "off",
            "GUERDON_JOBS": "on" if settings.jobs else "off",
        }

        environment |= uvloop.run(prepare(server.dsn))

        async def run() -> Ending:
            async with serving(listeners, environment, database_alive=server.alive) as ending:
                if not ending.done():
                    await body(server.dsn, ending)
            return ending.result()

        return asyncio.run(run())


async def _bring_up_to_date(dsn: str, settings: Settings) -> Mapping[str, str]:
    database = await open_database(dsn, prepared=settings.database_prepared)
    try:
        await bring_up_to_date(database, settings)
        return {}
    finally:
        await database.close()


def _listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Listen at an address; `shared` with other sockets that say so too."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG, reuse_port=shared)


def _free(host: str, port: int) -> int:
    """The next port up that nobody has, or any."""
    for candidate in range(port + 1, min(port + PORTS_TRIED, 65536)):
        try:
            _listen(host, candidate).close()
        except OSError:
            continue
        return candidate
    with _listen(host, 0) as listener:
        return listener.getsockname()[1]
