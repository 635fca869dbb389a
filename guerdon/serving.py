"""Serving HTTP: one port, worker processes that share it, and the parent that keeps them.

    serving (the parent) ──► work (a child, `python -m guerdon.serving`) ──► uvicorn ──► guerdon.app

The parent binds the port once, so that a port that is taken is known before anything else happens, and a connection
that comes while a worker is being replaced waits rather than fails. Each child has a line to the parent: over it the
child says that it serves, and by its end each notices the other's death, however that came. So nobody who outlives
`kill -9` of the parent keeps the port.
"""

import asyncio
import gc
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from enum import Enum
from typing import Any

import structlog

BACKLOG = 2048
PATIENCE_S = 10
"""How long a worker that is told to stop waits for its open requests."""
KEEP_ALIVE_S = 75
RESTART_PAUSE_S = 0.5
LOOK_EVERY_S = 0.5

READY = b"r"

log = structlog.get_logger()


class Ending(Enum):
    """Why serving has ended."""

    ASKED = "somebody asked for it"
    DATABASE_GONE = "the database that this process looks after is gone"
    NEVER_READY = "no worker came so far as to serve"


@asynccontextmanager
async def serving(
    listeners: Sequence[socket.socket],
    environment: Mapping[str, str],
    *,
    database_alive: Callable[[], bool],
) -> AsyncGenerator[asyncio.Future[Ending]]:
    """A worker for each socket, which serves for as long as the block runs; one that dies is replaced.

    The block begins when all of them serve. It is handed a future that tells when it should end, and why: a SIGINT or
    SIGTERM came, or the database is gone; it is done already where no worker could start. Workers then answer what
    they have begun, unless a second signal comes. `environment` tells them where the database is, out of sight of other
    users.
    """
    with _metrics_folder(len(listeners)) as variables:
        crew = _Crew({**environment, **variables}, len(listeners))
        keepers = asyncio.gather(
            *(crew.keep(listener, first=number == 0) for number, listener in enumerate(listeners)),
            crew.look_after(database_alive),
        )
        try:
            await crew.complete()
            yield crew.ending
        finally:
            crew.stop()
            await keepers


class _Crew:
    """The workers of one run."""

    def __init__(self, environment: Mapping[str, str], size: int) -> None:
        self._environment = environment
        self._size = size
        self._processes: set[asyncio.subprocess.Process] = set()
        self._serving: set[int] = set()
        loop = asyncio.get_running_loop()
        self._all_served: asyncio.Future[None] = loop.create_future()
        self.ending: asyncio.Future[Ending] = loop.create_future()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._asked)

    async def complete(self) -> None:
        """Wait until all serve, or until it is clear that they won't."""
        await asyncio.wait((self._all_served, self.ending), return_when=asyncio.FIRST_COMPLETED)

    def stop(self) -> None:
        """Let the workers go, and see to it that they do."""
        self._end(Ending.ASKED)
        self._signal(signal.SIGTERM if self.ending.result() is Ending.ASKED else signal.SIGKILL)
        # A worker that does not stop in its own time is stuck.
        asyncio.get_running_loop().call_later(PATIENCE_S + 5, self._signal, signal.SIGKILL)

    async def keep(self, listener: socket.socket, *, first: bool) -> None:
        """One place in the crew: fill it, and fill it again when it falls empty. Only the first does the jobs."""
        environment = self._environment if first else {**self._environment, "GUERDON_JOBS": "off"}
        while not self.ending.done():
            try:
                served = await self._run_one(listener, environment)
            except OSError as error:  # no memory, or no process left, for one more
                log.error("worker_not_started", error=repr(error))
                served = False
            if not served and not self._all_served.done():
                self._end(Ending.NEVER_READY)
            await self._rest(RESTART_PAUSE_S)

    async def look_after(self, database_alive: Callable[[], bool]) -> None:
        """End when the database does: its next one has another address."""
        while not self.ending.done():
            if not database_alive():
                self._end(Ending.DATABASE_GONE)
            await self._rest(LOOK_EVERY_S)

    async def _run_one(self, listener: socket.socket, environment: Mapping[str, str]) -> bool:
        """A worker's whole life; tells whether it ever served."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await self._started(environment, listener.fileno(), theirs.fileno())
        except OSError:
            ours.close()
            raise
        self._processes.add(process)
        if self.ending.done():
            process.kill()  # it was being started while the others were told to stop
        reader, writer = await asyncio.open_connection(sock=ours)
        served = await reader.read(1) == READY
        if served:
            self._serves(process.pid)
        status = await process.wait()
        writer.close()
        self._processes.discard(process)
        self._serving.discard(process.pid)
        _forget_gauges(process.pid, self._environment)
        if not self.ending.done():
            log.error("worker_ended", pid=process.pid, status=status)
        return served

    async def _started(self, environment: Mapping[str, str], *descriptors: int) -> asyncio.subprocess.Process:
        """A worker's process, which has these descriptors from us."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "guerdon.serving",
            *map(str, descriptors),
            env=environment,
            pass_fds=descriptors,
            # Ctrl-C in a terminal reaches the parent alone, which then tells the workers.
            process_group=0,
        )

    async def _rest(self, pause_s: float) -> None:
        """A pause that the end cuts short."""
        await asyncio.wait((self.ending,), timeout=pause_s)

    def _serves(self, process_id: int) -> None:
        self._serving.add(process_id)
        if len(self._serving) == self._size and not self._all_served.done():
            self._all_served.set_result(None)

    def _asked(self) -> None:
        if self.ending.done():
            self._signal(signal.SIGKILL)
        self._end(Ending.ASKED)

    def _end(self, ending: Ending) -> None:
        if not self.ending.done():
            self.ending.set_result(ending)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.send_signal(number)


@contextmanager
def _metrics_folder(workers: int) -> Generator[dict[str, str]]:
    """Where several workers count together, which has to be known before they import anything; one needs none."""
    if workers == 1:
        yield {}
        return
    folder = tempfile.mkdtemp(prefix="guerdon-metrics-")
    try:
        yield {"PROMETHEUS_MULTIPROC_DIR": folder}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_gauges(process_id: int, environment: Mapping[str, str]) -> None:
    """What a dead worker counted stays counted; what it was doing at the moment is over."""
    folder = environment.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is not None:
        from prometheus_client import multiprocess

        without_types: Any = multiprocess
        without_types.mark_process_dead(process_id, folder)


# The child


def work(listener_descriptor: int, line_descriptor: int) -> None:
    """Serve until told to stop, or until the parent is gone."""
    # Imported here, since the parent needs none of it.
    import uvicorn

    line = socket.socket(fileno=line_descriptor)
    threading.Thread(target=_end_with_parent, args=(line.dup(),), name="parent", daemon=True).start()

    async def tell_ready() -> None:
        line.send(READY)

    from guerdon.app import from_environment

    application = from_environment()
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=PATIENCE_S,
        # Called when the first requests can be answered, and then now and again.
        callback_notify=tell_ready,
    )
    config.load()
    # After the application was made, since its framework sets up logging too.
    log_to_stderr()
    # What is here by now stays for good. A collection that looks at all of it holds up everyone who waits meanwhile.
    gc.collect()
    gc.freeze()
    server = uvicorn.Server(config)
    _tell_streams(server, application.state.draining)
    server.run(sockets=[socket.socket(fileno=listener_descriptor)])


def _tell_streams(server: Any, draining: asyncio.Event) -> None:
    """Answers that have no end of their own end when the server is told to."""
    exit_by_signal = server.handle_exit

    def handle_exit(number: int, frame: Any) -> None:
        draining.set()
        exit_by_signal(number, frame)

    server.handle_exit = handle_exit


def log_to_stderr() -> None:
    """JSON lines with times, from us and from the libraries that warn, all in one shape."""
    shared = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
              structlog.processors.TimeStamper(fmt="iso", utc=True)]  # fmt: skip
    rendered = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *rendered],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
    ))  # fmt: skip
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _end_with_parent(line: socket.socket) -> None:
    """The parent says nothing on the line: it can only end. The database ends with it, so there is nothing to save."""
    line.recv(1)
    os._exit(1)


if __name__ == "__main__":
    work(int(sys.argv[1]), int(sys.argv[2]))
