"""`guerdon key`: API keys of shops."""

import click

from guerdon.access.keys import SCOPES, ApiKey, create_key, list_keys, revoke_key
from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings


@click.group("key")
def command() -> None:
    """Add, list and revoke API keys."""


@command.command("create")
@with_settings
@with_json
@MERCHANT
@click.option("--name", required=True, help="What it is for, to tell it from others.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it may do; all if none given.")
def create(settings: Settings, as_json: bool, merchant_id: int, name: str, scopes: tuple[str, ...]) -> None:
    """Add a key, and show its secret this once.

    \b
    Example:
      guerdon key create --merchant 42 --name checkout --scope redeem --scope read
    """

    async def work(database: Database) -> tuple[str, str]:
        merchant = await get_merchant(database, merchant_id)
        secret = await create_key(database, merchant_id, name=name, now=machine_clock(), scopes=scopes or SCOPES)
        return str(merchant.guid), secret

    guid, secret = on_database(settings, work)
    if as_json:
        show_json({"guid": guid, "api_key": secret})
    else:
        click.echo(f"  x-guid: {guid}\n  x-api-key: {secret}")


@command.command("list")
@with_settings
@with_json
@MERCHANT
def list_all(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """List a merchant's keys by the ends of their secrets, revoked ones too.

    \b
    Example:
      guerdon key list --merchant 42
    """

    async def work(database: Database) -> list[ApiKey]:
        await get_merchant(database, merchant_id)
        return await list_keys(database, merchant_id)

    keys = on_database(settings, work)
    if as_json:
        show_json(keys)
        return
    rows = [
        (key.key_id, key.name, f"…{key.hint}", ", ".join(key.scopes), f"{key.created_at:%Y-%m-%d %H:%M}",
         f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "")
        for key in keys
    ]  # fmt: skip
    show_table(("id", "name", "key", "may", "made (UTC)", "revoked (UTC)"), rows, empty="There is no key.")


@command.command("revoke")
@with_settings
@with_json
@MERCHANT
@click.argument("key_id", type=int)
def revoke(settings: Settings, as_json: bool, merchant_id: int, key_id: int) -> None:
    """Close a key; within seconds it opens nothing any more.

    \b
    Example:
      guerdon key revoke --merchant 42 3
    """

    async def work(database: Database) -> None:
        if all(key.key_id != key_id for key in await list_keys(database, merchant_id)):
            raise Unusable(f"Merchant {merchant_id} has no key {key_id}: `guerdon key list` shows those it has.")
        await revoke_key(database, merchant_id, key_id, machine_clock())

    on_database(settings, work)
    if as_json:
        show_json({"revoked": key_id})
    else:
        click.echo(f"Key {key_id} is revoked.")
