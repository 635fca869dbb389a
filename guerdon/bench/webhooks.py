"""The case `webhooks`: events wait in the log, and a worker delivers them to a sink on this machine."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import psutil

from guerdon.bench.run import Row
from guerdon.database.pool import Database
from guerdon.events.log import relay
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import create_merchant
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.webhooks.deliveries import count_deliveries
from guerdon.webhooks.endpoints import add_endpoint
from guerdon.webhooks.lane import WIDTH_MAX

CHUNK = 1000
MEMBERS = 5000
LOOK_EVERY_S = 0.1
PATIENCE_S = 120

PAYLOAD = {
    "rule_id": 7, "state": "redeemed", "points": 100, "value_minor": 500, "currency": "USD",
    "code": "2K7ZR4MWPQ9XD", "delayed": False,
}  # fmt: skip


async def measure_webhooks(
    database: Database, dsn: str, *, events: int, ordered: bool, on_progress: Callable[[int], None]
) -> Row:  # fmt: skip
    """Deliver so many events, all there when the worker starts, which is not counted. Raises RuntimeError if they do
    not arrive.
    """
    now = machine_clock()
    merchant = await create_merchant(database, name="Webhooks", currency_code="USD", timezone="UTC", now=now)
    with _sink() as url:
        endpoint, _ = await add_endpoint(
            database, merchant.merchant_id, url=url, ordered=ordered, allow_private=True, now=now
        )
        for start in range(0, events, CHUNK):
            told = [
                Event("redemption.created", number % MEMBERS + 1, {"redemption_id": number, **PAYLOAD})
                for number in range(start, min(start + CHUNK, events))
            ]
            async with database.transaction() as connection:
                await write_events(connection, merchant.merchant_id, told, now)
        while await relay(database, merchant.merchant_id):
            pass
        with _worker(dsn) as worker:
            first, seen, began_s, ended_s = 0, 0, 0.0, time.monotonic()
            busy_s = began_busy_s = 0.0
            give_up_s = time.monotonic() + PATIENCE_S
            while seen < events:
                if time.monotonic() > give_up_s or not worker.is_running():
                    raise RuntimeError(f"{seen} of {events} events arrived in {PATIENCE_S} s")
                await asyncio.sleep(LOOK_EVERY_S)
                counts = await count_deliveries(database, merchant.merchant_id, endpoint.endpoint_id)
                on_progress(counts["delivered"] - seen)
                seen, ended_s, busy_s = counts["delivered"], time.monotonic(), _busy_s(worker)
                if not began_s and seen:
                    first, began_s, began_busy_s = seen, ended_s, busy_s
            memory_mb = round(worker.memory_info().rss / 2**20, 1)
    took_s = max(ended_s - began_s, LOOK_EVERY_S)
    return Row(
        case="in order" if ordered else "webhooks", connections=WIDTH_MAX,
        per_second=round((events - first) / took_s, 1), p50_ms=0, p99_ms=0, refused=0, baseline_per_second=None,
        ratio=None, cpu={"worker": round((busy_s - began_busy_s) / took_s, 2)}, worker_mb=memory_mb,
    )  # fmt: skip


def _busy_s(worker: psutil.Process) -> float:
    times = worker.cpu_times()
    return times.user + times.system


@contextmanager
def _sink() -> Generator[str]:
    command = [sys.executable, "-m", "guerdon.bench.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        process.stdin.close()


@contextmanager
def _worker(dsn: str) -> Generator[psutil.Process]:
    environment = {**os.environ, "GUERDON_DATABASE_URL": dsn, "GUERDON_ALLOW_PRIVATE_URLS": "on"}
    command = [sys.executable, "-m", "guerdon", "worker"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
