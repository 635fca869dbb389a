"""`guerdon policy`: a new expiry policy for points that are there already, previewed and then applied."""

import click
from rich.console import Console
from rich.progress import Progress

from guerdon.cli.database import on_database, running_server
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.expiry import FORMS
from guerdon.merchants.expiry_change import Applied, Preview, apply, preview
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

TO = click.option("--to", "after", required=True, help=f"The policy to come: {FORMS}.")
FROM = click.option("--from", "before", help="The policy under which the points were earned.  [the merchant's]")


@click.group("policy")
def command() -> None:
    """Change policies for points that are there already. New points go by `guerdon merchant policies`."""


@command.group("expiry")
def expiry() -> None:
    """When points expire.

    A lot that has other terms than the policy gave it (those of an earning rule, or a date set by hand) keeps them.
    """


@expiry.command("preview")
@with_settings
@with_json
@MERCHANT
@TO
@FROM
def preview_expiry(settings: Settings, as_json: bool, merchant_id: int, after: str, before: str | None) -> None:
    """Count what a change would move, and what would be over at once. Changes nothing.

    \b
    Example:
      guerdon policy expiry preview --merchant 42 --to "12 months"
    """

    async def work(database: Database) -> Preview:
        merchant = await get_merchant(database, merchant_id)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Lots", total=None)
            return await preview(
                database, merchant, after, before=before, now=machine_clock(),
                on_progress=lambda lots: progress.advance(task, lots),
            )  # fmt: skip

    found = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    click.echo(f"From {found.before} to {found.after}: {_lots(found.lots, found.points)} of {found.accounts} accounts")
    click.echo(f"would get another date; {_lots(found.lots_over, found.points_over)} would be over at once.")
    click.echo(f"{found.lots_kept} lots have other terms and would keep them.")


@expiry.command("apply")
@with_settings
@with_json
@MERCHANT
@TO
@FROM
@click.option("--yes", is_flag=True, help="Do it without asking.")
def apply_expiry(
    settings: Settings, as_json: bool, merchant_id: int, after: str, before: str | None, yes: bool
) -> None:
    """Make a policy the merchant's, and move the points that live by the one before. Run again, it goes on.

    \b
    Example:
      guerdon policy expiry apply --merchant 42 --to "12 months" --yes
    """
    if not yes:
        if as_json:
            raise Unusable("This moves the dates of points: say --yes.")
        click.confirm("Dates of points will move. `preview` tells which. Go on?", abort=True)

    async def work(database: Database, dsn: str) -> Applied:
        # Loaded here because the other commands do without, and it takes longer than they do.
        from guerdon.app import running_engine

        merchant = await get_merchant(database, merchant_id)
        async with running_engine(dsn, prepared=settings.database_prepared) as engine:
            with Progress(console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task("Lots", total=None)
                return await apply(
                    engine.database, engine.desk, merchant, after, before=before, actor="cli", now=machine_clock(),
                    on_progress=lambda lots: progress.advance(task, lots),
                )  # fmt: skip

    with running_server(settings) as server:
        done = on_database(settings, lambda database: work(database, server.dsn))
    if as_json:
        show_json(done)
    else:
        click.echo(
            f"Change {done.change_id}, from {done.before} to {done.after}: {_lots(done.lots, done.points)} moved."
        )


def _lots(lots: int, points: int) -> str:
    return f"{lots} lots with {points} points"
