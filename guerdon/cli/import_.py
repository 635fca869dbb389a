"""`guerdon import`: whole programmes from files, and back again."""

import csv
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from guerdon.bulk import run as bulk
from guerdon.bulk.batches import list_batches
from guerdon.bulk.presets import COLUMNS, PRESETS
from guerdon.bulk.rows import BadRow, Options, Reading
from guerdon.bulk.run import Report
from guerdon.bulk.undo import Undone, undo
from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

ACTOR = "cli"
BAD = 1
"""The exit code of a file with bad rows, and of books that do not have what the file says."""

SHOWN_MAX = 50
"""So many bad rows are shown to a person; --json and --skip-bad tell them all."""

ABOUT = {
    "members": "Members with their identities, profiles, tiers and balances.",
    "lots": "Points of members that are here, lot by lot, with their expiry.",
    "history": "Lines of old statements, oldest first; they sum into balances.",
    "codes": "Coupon codes of the old system: never generated again, and found when asked for.",
    "redemption-rules": "What points buy, as JSON documents.",
    "earning-rules": "What earns points, as JSON documents.",
}


@click.group("import")
def command() -> None:
    """Bring in members, points, codes and rules from CSV or NDJSON, silently; take a whole import back."""


def _kind(kind: str) -> Callable[..., None]:
    """The command that imports files of one kind."""

    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Look at every row, and write nothing.")
    @click.option("--skip-bad", type=click.Path(dir_okay=False, path_type=Path), help="Leave bad rows out: to here.")
    @click.option("--preset", type=click.Choice(list(PRESETS)), default="guerdon", show_default=True,
                  help="Whose export it is.")  # fmt: skip
    @click.option("--map", "columns", multiple=True, metavar="THEIRS=OURS", help="Another name of a column.")
    @click.option("--tier", "levels", multiple=True, metavar="NAME=LEVEL", help="The level of a tier by name.")
    @click.option("--country", help="Where phone numbers without a country are dialled, such as US.")
    @click.option("--points/--no-points", default=True, help="Whether balances of members count.")
    @click.option("--add", is_flag=True, help="Let points come to members who got some by another import.")
    @click.option("--events", is_flag=True, help="Tell others of every member; nobody is told otherwise.")
    @click.option("--title", default="Brought over", show_default=True, help="What statements say of the points.")
    def run(
        settings: Settings,
        as_json: bool,
        merchant_id: int,
        file: Path,
        dry_run: bool,
        skip_bad: Path | None,
        preset: str,
        columns: tuple[str, ...],
        levels: tuple[str, ...],
        country: str | None,
        points: bool,
        add: bool,
        events: bool,
        title: str,
    ) -> None:
        options = Options(skip_bad=skip_bad is not None, add=add, events=events, title=title)
        mapped = dict(_pair(text) for text in columns)
        if unknown := sorted(set(mapped.values()) - set(COLUMNS[kind])):
            raise Unusable(f"{kind} have no column {unknown[0]!r}; they have {', '.join(COLUMNS[kind])}.")
        tiers = {name: _level(level) for name, level in map(_pair, levels)}

        async def work(database: Database) -> Report:
            merchant = await get_merchant(database, merchant_id)
            reading = Reading(
                kind, merchant.timezone, machine_clock(), preset, country, tiers, mapped, points=points
            )  # fmt: skip
            with _bars() as on_progress:
                if dry_run:
                    return await bulk.dry_run(database, merchant, file, reading, options, on_progress)
                return await bulk.run(
                    database, merchant, file, reading, options,
                    actor=ACTOR, clock=machine_clock, on_progress=on_progress,
                )  # fmt: skip

        report = on_database(settings, work)
        if skip_bad is not None and not dry_run:
            _write_bad(skip_bad, report.bad)
        if as_json:
            show_json({**msgspec.to_builtins(report), "ok": _is_fine(report, dry_run=dry_run)})
        else:
            _tell(report, dry_run=dry_run)
        if not _is_fine(report, dry_run=dry_run):
            raise SystemExit(BAD)

    run.__doc__ = f"""{ABOUT[kind]}

    A file that was killed half way goes on where it stopped; one that is complete changes nothing. Columns:
    {", ".join(COLUMNS[kind])}.

    \b
    Example:
      guerdon import {kind} {kind}.{"ndjson" if kind.endswith("rules") else "csv"} --merchant 42 --dry-run
    """
    return run


for _name in COLUMNS:
    command.command(_name)(with_settings(with_json(MERCHANT(_kind(_name)))))


@command.command("undo")
@with_settings
@with_json
@MERCHANT
@click.argument("batch_id", type=int)
@click.option("--force", is_flag=True, help="Even if members have used some of the points: those stay used.")
def take_back(settings: Settings, as_json: bool, merchant_id: int, batch_id: int, force: bool) -> None:
    """Take an import back: its points, and the members that it made and to whom nothing else has happened.

    \b
    Example:
      guerdon import undo --merchant 42 7
    """

    async def work(database: Database) -> Undone:
        await get_merchant(database, merchant_id)
        with _bars() as on_progress:
            return await undo(
                database, merchant_id, batch_id,
                force=force, actor=ACTOR, clock=machine_clock, on_progress=on_progress,
            )  # fmt: skip

    undone = on_database(settings, work)
    if as_json:
        show_json(undone)
        return
    click.echo(f"Import {batch_id} is undone: {undone.erased:,} members are gone, {undone.kept:,} stay.")
    if undone.spent:
        click.echo(f"{undone.points_spent:,} points were used before, and stay used:")
        show_table(("account", "points"), [(one.account_id, one.points) for one in undone.spent], empty="")


@command.command("list")
@with_settings
@with_json
@MERCHANT
def list_all(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """List the imports of a merchant, oldest first.

    \b
    Example:
      guerdon import list --merchant 42
    """
    found = of_merchant(settings, merchant_id, list_batches)
    if as_json:
        show_json(found)
        return
    rows = [
        (one.batch_id, one.kind, one.file, one.state, f"{one.rows_done:,} of {one.rows:,}", f"{one.points:,}",
         f"{one.created_at:%Y-%m-%d %H:%M} UTC", one.actor)
        for one in found
    ]  # fmt: skip
    show_table(
        ("id", "kind", "file", "state", "rows", "points", "begun", "by"), rows, empty="Nothing was imported yet."
    )


def _is_fine(report: Report, *, dry_run: bool) -> bool:
    if dry_run or report.batch_id is None:
        return not report.bad
    return report.agrees


def _tell(report: Report, *, dry_run: bool) -> None:
    if report.ignored:
        click.echo(f"Not read: {', '.join(report.ignored)}.", err=True)
    if report.bad:
        shown = [(bad.line, bad.column, bad.value, bad.reason) for bad in report.bad[:SHOWN_MAX]]
        show_table(("line", "column", "value", "reason"), shown, empty="")
        if len(report.bad) > SHOWN_MAX:
            click.echo(f"and {len(report.bad) - SHOWN_MAX:,} more; --json tells them all.")
    good = report.rows - len(report.bad)
    if report.batch_id is None:
        click.echo(f"{len(report.bad):,} of {report.rows:,} rows are bad; the others bring {report.points:,} points.")
        if report.bad and not dry_run:
            click.echo("Nothing was imported: mend them, or leave them out with --skip-bad FILE.")
        return
    done = "was complete before" if report.was_complete else "is complete" if report.agrees else "DOES NOT ADD UP"
    click.echo(f"Import {report.batch_id} {done}: {good:,} rows, {report.members:,} new members.")
    click.echo(f"Points in the file {report.points:,}, in the books {report.booked + report.by_history:,}.")
    if report.by_history:
        click.echo(f"Of them {report.by_history:,} came with an imported history before.")
    if report.wrong_accounts:
        click.echo(f"{report.wrong_accounts:,} accounts do not add up: `guerdon verify` tells why.")


def _write_bad(path: Path, bad: list[BadRow]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "value", "reason"))
        writer.writerows((one.line, one.column, one.value, one.reason) for one in bad)


def _pair(text: str) -> tuple[str, str]:
    left, mark, right = text.rpartition("=")
    if not (left and mark and right):
        raise Unusable(f"{text!r} is not of the form NAME=VALUE.")
    return left, right


def _level(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Unusable(f"{text!r} is not the level of a tier: it is a whole number.")
    return int(text)


class _Rate(TextColumn):
    """How many rows a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} a second" if task.speed else "")


@contextmanager
def _bars() -> Generator[bulk.Progress]:
    """Show how far something has come, with its rate and the time left, to a person who watches."""
    console = Console(stderr=True)
    bars = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(),
                    console=console, transient=True, disable=not console.is_terminal)  # fmt: skip
    with bars:
        tasks: dict[str, TaskID] = {}

        def advance(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(f"Rows {what}", total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield advance
