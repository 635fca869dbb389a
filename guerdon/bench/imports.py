"""How many members a second come in from a file: looked at, written, proven, and counted against the file."""

import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from guerdon.bench.run import Row
from guerdon.bulk import run as bulk
from guerdon.bulk.rows import Options, Reading
from guerdon.bulk.run import IN_FLIGHT
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import create_merchant

HEADER = "email,first_name,last_name,balance,expires_at\n"
LINE = "member{0}@import.example,Ana,Li{0},{1},2199-01-31\n"


async def measure_import(database: Database, *, members: int) -> Row:
    """Import so many members with a name, a balance and its expiry, each found by an address."""
    now = machine_clock()
    merchant = await create_merchant(database, name="Import", currency_code="USD", timezone="UTC", now=now)
    process = psutil.Process()
    with tempfile.TemporaryDirectory(prefix="guerdon-import-") as folder:
        path = Path(folder) / "members.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write(HEADER)
            file.writelines(LINE.format(number, number % 5000 + 1) for number in range(members))
        reading = Reading("members", "UTC", now)
        started, worked, stored = time.perf_counter(), time.process_time(), _database_seconds(process)
        report = await bulk.run(
            database, merchant, path, reading, Options(),
            actor="bench", clock=machine_clock, on_progress=_silent,
        )  # fmt: skip
        took, worked = time.perf_counter() - started, time.process_time() - worked
        stored = _database_seconds(process) - stored
    assert report.agrees, report
    return Row(
        case="import", connections=IN_FLIGHT, per_second=round(members / took, 1), p50_ms=0, p99_ms=0, refused=0,
        baseline_per_second=None, ratio=None,
        cpu={"import": round(worked / took, 2), "postgres": round(stored / took, 2)},
        worker_mb=round(process.memory_info().rss / 2**20, 1),
    )  # fmt: skip


def _database_seconds(process: psutil.Process) -> float:
    """What an embedded PostgreSQL has used so far, which is a child of ours; nothing of another."""
    spent = 0.0
    for child in process.children(recursive=True):
        with suppress(psutil.Error):
            if child.name() == "postgres":
                times = child.cpu_times()
                spent += times.user + times.system
    return spent


def _silent(_what: str, _done: int, _total: int) -> None:
    """The whole is measured: nobody is shown its parts."""
