"""`guerdon migrate`: bring a schema forward."""

import click

from guerdon.cli.database import on_database
from guerdon.cli.options import with_json, with_settings
from guerdon.cli.show import show_json
from guerdon.database.migrate import Migration, migrate
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.settings import Settings


@click.command("migrate")
@with_settings
@with_json
def command(settings: Settings, as_json: bool) -> None:
    """Bring the schema of a database forward to this version of Guerdon.

    Applies what is pending and says what it applied; a second time there is nothing to do. The embedded database is
    migrated by every command anyway.

    \b
    Example:
      GUERDON_DATABASE_URL=postgresql://guerdon@db/guerdon guerdon migrate
    """

    def told(migration: Migration) -> None:
        if not as_json:
            click.echo(f"Applied {migration}.")

    async def work(database: Database) -> list[Migration]:
        return await migrate(database, now=machine_clock(), on_applied=told)

    applied = on_database(settings, work, migrated=False)
    if as_json:
        show_json({"applied": [str(migration) for migration in applied]})
    elif not applied:
        click.echo("The database is up to date.")
