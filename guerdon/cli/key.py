"""`guerdon key`: API keys of shops, and tokens of their customers."""

from datetime import timedelta

import click

from guerdon.access.keys import (
    GRANTABLE,
    LIMIT_MAX,
    PUBLISHABLE_LIMIT,
    SCOPES,
    create_key,
    limit_key,
    list_keys,
    revoke_key,
    rotate_token_secret,
    token_secret,
)
from guerdon.access.tokens import customer_token
from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

LIMIT = click.option("--limit", "limit_per_second", type=click.IntRange(1, LIMIT_MAX), help="Requests a second.")


@click.group("key")
def command() -> None:
    """Add, list, limit and revoke API keys; sign tokens of customers."""


@command.command("create")
@with_settings
@with_json
@MERCHANT
@click.option("--name", required=True, help="What it is for, to tell it from others.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(GRANTABLE),
    help="What it may do; all but admin if none given.",
)
@click.option(
    "--publishable",
    is_flag=True,
    help="For the source of a page: it shows the catalogue, and with a token what is a customer's own; "
    f"{PUBLISHABLE_LIMIT} requests a second unless --limit says otherwise.",
)
@click.option("--origin", "origins", multiple=True, help="Whose pages may use it, such as https://shop.example.  [all]")
@LIMIT
def create(
    settings: Settings, as_json: bool, merchant_id: int, name: str, scopes: tuple[str, ...], publishable: bool,
    origins: tuple[str, ...], limit_per_second: int | None,
) -> None:  # fmt: skip
    """Add a key, and show its secret this once.

    \b
    Example:
      guerdon key create --merchant 42 --name checkout --scope redeem --scope read
      guerdon key create --merchant 42 --name page --publishable --origin https://shop.example
    """
    if origins and not publishable:
        raise Unusable("--origin is for publishable keys: a secret key belongs on no page.")

    async def work(database: Database) -> tuple[str, str]:
        merchant = await get_merchant(database, merchant_id)
        secret = await create_key(
            database, merchant_id, name=name, now=machine_clock(), scopes=scopes or SCOPES,
            kind="publishable" if publishable else "secret", limit_per_second=limit_per_second, origins=origins,
        )  # fmt: skip
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
    keys = of_merchant(settings, merchant_id, list_keys)
    if as_json:
        show_json(keys)
        return
    rows = [
        (key.key_id, key.name, f"…{key.hint}", key.kind, ", ".join(key.scopes), key.limit_per_second,
         ", ".join(key.origins), f"{key.created_at:%Y-%m-%d %H:%M}",
         f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "")
        for key in keys
    ]  # fmt: skip
    names = ("id", "name", "key", "kind", "may", "a second", "on pages of", "made (UTC)", "revoked (UTC)")
    show_table(names, rows, empty="There is no key.")


@command.command("limit")
@with_settings
@with_json
@MERCHANT
@click.argument("key_id", type=int)
@LIMIT
def limit(settings: Settings, as_json: bool, merchant_id: int, key_id: int, limit_per_second: int | None) -> None:
    """Say how often a key may ask, over all workers; without --limit, as often as it likes.

    \b
    Example:
      guerdon key limit --merchant 42 3 --limit 50
    """

    async def work(database: Database) -> None:
        await _check_there(database, merchant_id, key_id)
        await limit_key(database, merchant_id, key_id, limit_per_second, machine_clock())

    on_database(settings, work)
    if as_json:
        show_json({"key": key_id, "limit_per_second": limit_per_second})
    else:
        often = "as often as it likes" if limit_per_second is None else f"{limit_per_second} times a second"
        click.echo(f"Key {key_id} may ask {often}.")


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
        await _check_there(database, merchant_id, key_id)
        await revoke_key(database, merchant_id, key_id, machine_clock())

    on_database(settings, work)
    if as_json:
        show_json({"revoked": key_id})
    else:
        click.echo(f"Key {key_id} is revoked.")


@command.command("token-secret")
@with_settings
@with_json
@MERCHANT
@click.option("--rotate", is_flag=True, help="Make a new one; tokens of the one before count until the next rotation.")
def secret_of(settings: Settings, as_json: bool, merchant_id: int, rotate: bool) -> None:
    """Show the secret with which the merchant's server signs who its customers are, or make a new one.

    \b
    Example:
      guerdon key token-secret --merchant 42 --rotate
    """

    async def work(database: Database) -> str:
        await get_merchant(database, merchant_id)
        if rotate:
            return await rotate_token_secret(database, merchant_id, machine_clock())
        return await _signing_secret(database, merchant_id)

    secret = on_database(settings, work)
    if as_json:
        show_json({"merchant": merchant_id, "token_secret": secret})
    else:
        click.echo(secret)


@command.command("customer-token")
@with_settings
@with_json
@MERCHANT
@click.option("--email", help="Who the customer is: by address,")
@click.option("--phone", help="by number, as in +14155552671,")
@click.option("--customer-id", help="or by the shop's own id.")
@click.option("--minutes", type=click.IntRange(1, 24 * 60), default=60, show_default=True, help="How long it counts.")
def sign(
    settings: Settings, as_json: bool, merchant_id: int, email: str | None, phone: str | None, customer_id: str | None,
    minutes: int,
) -> None:  # fmt: skip
    """Sign a token for one customer, to try a publishable key with. A shop's own server does this with its secret.

    \b
    Example:
      guerdon key customer-token --merchant 42 --email ana@example.com
    """
    given = {"email": email, "phone": phone, "customer_id": customer_id}
    subjects = [f"{kind}:{value}" for kind, value in given.items() if value is not None]
    if len(subjects) != 1:
        raise Unusable("One of --email, --phone, --customer-id is needed.")

    async def work(database: Database) -> str:
        merchant = await get_merchant(database, merchant_id)
        secret = await _signing_secret(database, merchant_id)
        try:
            return customer_token(
                secret, guid=merchant.guid, subject=subjects[0], now=machine_clock(), life=timedelta(minutes=minutes)
            )
        except ValueError as error:
            raise Unusable(str(error)) from None

    token = on_database(settings, work)
    if as_json:
        show_json({"customer_token": token})
    else:
        click.echo(token)


async def _check_there(database: Database, merchant_id: int, key_id: int) -> None:
    if all(key.key_id != key_id for key in await list_keys(database, merchant_id)):
        raise Unusable(f"Merchant {merchant_id} has no key {key_id}: `guerdon key list` shows those it has.")


async def _signing_secret(database: Database, merchant_id: int) -> str:
    secret = await token_secret(database, merchant_id)
    if secret is None:
        raise Unusable(f"Merchant {merchant_id} has no secret yet: `guerdon key token-secret --rotate` makes one.")
    return secret
