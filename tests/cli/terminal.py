"""The commands as a user runs them, told by their arguments and environment alone.

Those that start processes, or set up logs for their own, are processes here too. The others are called in this one: a
start costs more than what most of them do.
"""

import asyncio
import json
import os
import random
import socket
import subprocess
import sysconfig
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil
from click.testing import CliRunner

from guerdon.cli import main
from guerdon.database.embedded import running
from guerdon.database.pool import Database

Result = TypeVar("Result")

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "guerdon")
PROCESSES = ("serve", "worker", "demo", "bench")
"""Commands that only run as processes."""

GRACE_S = 180
"""How long a test waits for what must happen, before it fails rather than hangs."""


class Terminal:
    """Runs commands with these settings, and no others from the environment of the tests."""

    def __init__(self, **settings: object) -> None:
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GUERDON_")}
        self.environment |= {f"GUERDON_{name.upper()}": str(value) for name, value in settings.items()}

    def run(self, *arguments: str, text: str = "", status: int = 0) -> subprocess.CompletedProcess[str]:
        """A command that ends by itself, with this exit status."""
        done = self.process(*arguments, text=text) if arguments[0] in PROCESSES else self._call(*arguments, text=text)
        assert done.returncode == status, done
        return done

    def process(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """A command in a process of its own, whatever it is."""
        return subprocess.run(
            [PROGRAM, *arguments], input=text, env=self.environment, capture_output=True, text=True, timeout=GRACE_S
        )

    def _call(self, *arguments: str, text: str) -> subprocess.CompletedProcess[str]:
        others = {name: None for name in os.environ if name not in self.environment}
        told = CliRunner(env={**others, **self.environment}).invoke(main, arguments, input=text, catch_exceptions=False)
        return subprocess.CompletedProcess(arguments, told.exit_code, told.stdout, told.stderr)

    def json(self, *arguments: str, text: str = "", status: int = 0) -> Any:
        """What a command answers to a program."""
        return json.loads(self.run(*arguments, "--json", text=text, status=status).stdout)

    def start(self, *arguments: str) -> "Running":
        """A command that goes on."""
        return Running([PROGRAM, *arguments], self.environment)


class Running:
    """A server in its own processes. Ends with its block, whatever happens in it."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()

    def line_with(self, text: str) -> str:
        """The next line of its output that has this text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"it ended with status {self.process.wait()} and never said {text!r}")

    def url(self) -> str:
        """Where it serves, once it says so."""
        words = self.line_with("http://").split()
        return next(word.rstrip(",.") for word in words if word.startswith("http://"))

    def workers(self) -> list[psutil.Process]:
        """The processes that serve."""
        return [child for child, command in self._children() if "guerdon.serving" in command]

    def postgres(self) -> psutil.Process:
        """The postmaster of the embedded database."""
        return next(child for child, command in self._children() if Path(command[0]).name == "postgres")

    def family(self) -> list[psutil.Process]:
        """Every process that it has started, and all of theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def _children(self) -> list[tuple[psutil.Process, list[str]]]:
        """Its living children with their command lines; a dead one has none."""
        found: list[tuple[psutil.Process, list[str]]] = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if command := child.cmdline():
                    found.append((child, command))
        return found


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run."""
    return [process for process in processes if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    """Whether it still runs; it may end while it is asked."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    """A port that stays free while one server ends and the next begins: none that the system gives to others."""
    for port in random.sample(range(15_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def eventually(what: str, condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + GRACE_S
    while not condition():
        assert time.monotonic() < until, f"still not so: {what}"
        time.sleep(0.05)


def on_data(data_dir: Path, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Look into the embedded database of a data directory, as another command would."""
    with running(data_dir) as address:
        return on_database(address.dsn, work)


def on_database(dsn: str, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Look into a database."""

    async def run() -> Result:
        database = await Database.open(dsn, size_max=1)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
