"""`guerdon worker`: the jobs of the night, in a process of their own."""

import asyncio
import signal
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import click
import msgspec
import uvloop
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from guerdon.app import running_deliverer, running_porter, running_prover, running_relay, running_worker
from guerdon.cli.database import bring_up_to_date, on_database, open_database, running_server
from guerdon.cli.failure import Unusable
from guerdon.cli.options import with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.lasting import lasting
from guerdon.merchants.merchants import get_merchant
from guerdon.serving import log_to_stderr
from guerdon.settings import Settings
from guerdon.worker.chores import ForgetRequests, ForgetSignIns
from guerdon.worker.job import Step
from guerdon.worker.night import PastRun, list_runs

HISTORY_DAYS = 14
EXIT_CODE = 1
"""The command did its work but for some of it, which the log tells."""


class Done(msgspec.Struct):
    """What was done of a job for a merchant. `points` are those that it booked, or told of."""

    merchant: int
    job: str
    done: int = 0
    points: int = 0
    failed: int = 0


class Tally:
    """What has been done so far, shown as it grows."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task = None if progress is None else progress.add_task("Looking for work", total=None)
        self.rows: dict[tuple[int, str], Done] = {}

    def add(self, merchant_id: int, job: str, step: Step) -> None:
        """One more step."""
        row = self.rows.setdefault((merchant_id, job), Done(merchant_id, job))
        row.done += step.booked.things
        row.points += step.booked.points
        row.failed += step.failed
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=f"Merchant {merchant_id}, {job}: {row.done}")

    def worth_telling(self) -> list[Done]:
        """The jobs that found something."""
        return [row for row in self.rows.values() if row.done or row.failed]


@click.command("worker")
@with_settings
@with_json
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.option("--merchant", "merchant_id", type=int, help="Do the jobs of one merchant alone.")
@click.option("--history", is_flag=True, help="Show how far a merchant's jobs are, and what they did of late.")
def command(settings: Settings, as_json: bool, once: bool, merchant_id: int | None, history: bool) -> None:
    """Do the jobs of each merchant's midnight: activate points that waited, expire points, remind; and end holds, and
    number events, deliver webhooks, and carry imports and exports.

    `guerdon serve` does them in its first process, unless told --no-jobs: then one or more workers do, or one that cron
    starts with --once. However many there are, every job of a day is done once. Ctrl-C or SIGTERM ends it after the
    page that it is at. With --once, the exit code is 1 if something could not be done, which the log explains.

    \b
    Example:
      guerdon worker --once
    """
    if history:
        if merchant_id is None:
            raise Unusable("--history is of one merchant: say --merchant.")
        _show_history(settings, merchant_id, as_json=as_json)
        return
    log_to_stderr()
    shown: AbstractContextManager[Progress | None] = nullcontext()
    if once and not as_json:
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        shown = Progress(*columns, console=Console(stderr=True), transient=True)
    with running_server(settings) as server, shown as progress:
        tally = Tally(progress)
        failed = uvloop.run(_work(server.dsn, settings, tally, once=once, merchant_id=merchant_id))
    if not once:
        return
    rows = tally.worth_telling()
    if as_json:
        show_json(rows)
    else:
        names = ("merchant", "job", "done", "points", "failed")
        show_table(names, [msgspec.structs.astuple(row) for row in rows], empty="Nothing was due.")
    if failed:
        click.echo(f"{failed} could not be done: the lines above say why.", err=True)
        raise SystemExit(EXIT_CODE)


def _show_history(settings: Settings, merchant_id: int, *, as_json: bool) -> None:
    """The jobs of the last days, newest first."""

    async def work(database: Database) -> list[PastRun]:
        merchant = await get_merchant(database, merchant_id)
        return await list_runs(database, merchant_id, merchant.day(machine_clock()) - timedelta(days=HISTORY_DAYS))

    runs = on_database(settings, work)
    if as_json:
        show_json(runs)
        return
    names = ("day", "job", "done", "points", "failed", "began", "ended")
    rows = [
        (run.day, run.job, run.done, run.points, run.failed, f"{run.started_at:%H:%M:%S}",
         "under way" if run.finished_at is None else f"{run.finished_at:%H:%M:%S}")
        for run in runs
    ]  # fmt: skip
    show_table(names, rows, empty="No job has run yet.")


async def _work(dsn: str, settings: Settings, tally: Tally, *, once: bool, merchant_id: int | None) -> int:
    """Work until there is nothing left, or until told to stop; returns how much could not be done."""
    database = await open_database(dsn, prepared=settings.database_prepared)
    try:
        await bring_up_to_date(database, settings)
        if merchant_id is not None:
            await get_merchant(database, merchant_id)
    finally:
        await database.close()
    prepared = settings.database_prepared
    async with (
        running_deliverer(dsn, prepared=prepared, private_urls=settings.allow_private_urls, once=once),
        running_relay(dsn, prepared=prepared),
        running_porter(dsn, prepared=prepared, once=once, merchant_id=merchant_id),
        running_prover(dsn, prepared=prepared, once=once),
        running_worker(
            dsn,
            prepared=prepared,
            merchant_id=merchant_id,
            told=tally.add,
            chores=(ForgetRequests(settings.request_days), ForgetSignIns()),
            private_urls=settings.allow_private_urls,
        ) as worker,
    ):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, worker.stop)
        if once:
            await worker.run_once()
        else:
            click.echo(f"Worker {worker.name} does the jobs of each merchant's midnight. Ctrl-C stops it.")
            await lasting(worker.run, "jobs")
        return worker.failed
