"""`make simulate`: a year from a seed, on a database of its own, with what was played and what was found."""

import asyncio
import logging
import shutil
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from guerdon.database import embedded
from guerdon.database.migrate import migrate
from guerdon.database.pool import Database
from tests.conftest import MEMORY, MEMORY_BYTES_MIN, SETTINGS
from tests.simulation.draw import FIRST_DAY
from tests.simulation.year import SHOWN_MAX, Year, play_year


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another year.")
@click.option("--members", type=click.IntRange(2), default=5000, show_default=True, help="How many join.")
@click.option("--days", type=click.IntRange(8), default=365, show_default=True, help="How long it goes on.")
def command(seed: int, members: int, days: int) -> None:
    """Play a year on the engine and on an auditor beside it; the exit code is 1 if they differ."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = Console()
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN
    folder = Path(tempfile.mkdtemp(prefix="guerdon-simulation-", dir=MEMORY if roomy else None))
    folder.chmod(0o711)
    try:
        with embedded.running(folder, settings={**SETTINGS, "autovacuum": "on"}) as address:
            year = asyncio.run(_played(address.dsn, console, seed, members, days))
    finally:
        shutil.rmtree(folder)
    _tell(console, year, seed, members, days)
    sys.exit(0 if year.clean else 1)


async def _played(dsn: str, console: Console, seed: int, members: int, days: int) -> Year:
    database = await Database.open(dsn)
    await migrate(database, now=datetime.now(UTC))
    await database.close()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} days"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"{FIRST_DAY:%d %B %Y}", total=days)

        def on_day(day: date) -> None:
            progress.update(task, completed=(day - FIRST_DAY).days, description=f"{day:%d %B %Y}")

        return await play_year(dsn, seed=seed, members=members, days=days, on_day=on_day)


def _tell(console: Console, year: Year, seed: int, members: int, days: int) -> None:
    """The year in one table, then whatever does not agree, in full for the first few."""
    last = FIRST_DAY + timedelta(days=days)
    table = Table(title=f"Seed {seed}: {members} members, {FIRST_DAY:%d %B %Y} to {last:%d %B %Y}", show_header=False)
    table.add_row("Messages", f"{year.messages.total():,}", _counts(year.messages))
    done = ("Merge", "Unmerge", "Found", "Enter", "Leave", "Dissolve", "Erase")
    table.add_row("People", f"{year.friends:,} friends", _counts({kind: year.done[kind] for kind in done}))
    table.add_row("Nights", f"{year.nights:,}", f"{year.days_missed} more were missed and caught up with")
    table.add_row("Faults", f"{year.faults.total():,}", _counts(year.faults))
    table.add_row("Refusals", f"{year.refusals.total():,}", _counts(year.refusals))
    table.add_row(
        "Points at the end", f"{year.totals['earned']:,} earned", _counts(year.totals, but=("earned", "level"))
    )
    books = f"{len(year.findings):,} findings" if year.findings else "clean"
    table.add_row("Books", books, "as the engine's own audits of entries, rewards and awards see them")
    table.add_row("Compared", f"{year.compared:,}", "balances of members with the auditor's, at the end of nights")
    table.add_row("Differences", f"{len(year.differences):,}" if year.differences else "none", "")
    console.print(table)
    for finding in year.findings[:SHOWN_MAX]:
        console.print(f"{finding.subject} ({finding.check}): {finding.sentence}", markup=False, highlight=False)
    for difference in year.differences[:SHOWN_MAX]:
        console.print(difference, markup=False, highlight=False, soft_wrap=True)


def _counts(counter: dict[str, int], but: tuple[str, ...] = ()) -> str:
    """Each with its number, most first."""
    many = sorted(counter.items(), key=lambda item: -item[1])
    return ", ".join(f"{number:,} {name}" for name, number in many if name not in but)


if __name__ == "__main__":
    command()
