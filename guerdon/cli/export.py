"""`guerdon export`: a programme as files."""

import sys
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from guerdon.bulk.export import KINDS, Format, export
from guerdon.bulk.exporting import note_export
from guerdon.cli.database import on_database
from guerdon.cli.options import MERCHANT, with_settings
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings
from guerdon.trail.changes import CLI


@click.command("export")
@with_settings
@MERCHANT
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--format", "form", type=click.Choice(["csv", "ndjson"]), default="csv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file.  [standard output]")
def command(settings: Settings, merchant_id: int, kind: str, form: Format, output: Path | None) -> None:
    """Write all members, lots, entries, redemptions, codes, orders or rules, as they are at one moment.

    What comes out goes in again with `guerdon import`: first members with --no-points, then lots.

    \b
    Example:
      guerdon export members --merchant 42 --output members.csv
    """
    if output is None:
        # The encoding of files, whatever the terminal's; newlines as they are.
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # a text stream here
        _export(settings, merchant_id, kind, form, sys.stdout)
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        count = _export(settings, merchant_id, kind, form, file)
    click.echo(f"{count:,} {kind} are in {output}.")


def _export(settings: Settings, merchant_id: int, kind: str, form: Format, file: IO[str]) -> int:
    async def work(database: Database) -> int:
        await get_merchant(database, merchant_id)
        console = Console(stderr=True)
        bar = Progress(SpinnerColumn(), TextColumn("{task.completed:,} {task.description}"),
                       console=console, transient=True, disable=not console.is_terminal)  # fmt: skip
        with bar:
            task = bar.add_task(kind, total=None)
            count = await export(
                database, merchant_id, kind, file, format=form, now=machine_clock(),
                on_progress=lambda count: bar.update(task, completed=count),
            )  # fmt: skip
            await note_export(
                database, merchant_id, "written", None, actor=CLI, now=machine_clock(), kind=kind, format=form
            )
            return count

    return on_database(settings, work)
