"""`guerdon merchant`: the tenants of this installation, their policies and their currencies."""

from decimal import Decimal, InvalidOperation

import click
import msgspec

from guerdon.access.keys import create_key
from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.merchants.merchants import (
    changing_merchant,
    create_merchant,
    get_merchant,
    list_merchants,
    set_policies,
    set_rate,
)
from guerdon.settings import Settings

POLICIES = click.option("--policies", help='Policies that differ from the defaults, as JSON: {"hold_days": 14}.')
RATE = "What one unit of the base currency is worth in another that is taken, as EUR=0.9. May be repeated."


@click.group("merchant")
def command() -> None:
    """Add and change merchants."""


@command.command("create")
@with_settings
@with_json
@click.option("--id", "merchant_id", type=int, help="Its id; the next free one from 1000 on if none is given.")
@click.option("--name", required=True, help="As members know it.")
@click.option("--currency", default="USD", show_default=True, help="The base currency, of ISO 4217.")
@click.option("--timezone", default="UTC", show_default=True, help="Where its days begin, as Europe/Berlin.")
@click.option("--coupon-prefix", help="What its coupon codes begin with.")
@POLICIES
@click.option("--rate", "rates", multiple=True, help=RATE)
@click.option("--test", is_flag=True, help="One to try things with: its time can be moved on.")
def create(
    settings: Settings,
    as_json: bool,
    merchant_id: int | None,
    name: str,
    currency: str,
    timezone: str,
    coupon_prefix: str | None,
    policies: str | None,
    rates: tuple[str, ...],
    test: bool,
) -> None:
    """Add a merchant with its first API key, whose secret is shown this once.

    \b
    Example:
      guerdon merchant create --id 42 --name Acme --currency USD --timezone America/New_York --rate EUR=0.9
    """
    chosen = changed(Policies(), policies)
    if coupon_prefix is not None:
        chosen = msgspec.structs.replace(chosen, coupon_prefix=coupon_prefix)
    accepted = dict(map(read_rate, rates))

    async def work(database: Database) -> tuple[Merchant, str]:
        now = machine_clock()
        merchant = await create_merchant(
            database,
            name=name,
            currency_code=currency,
            timezone=timezone,
            now=now,
            merchant_id=merchant_id,
            policies=chosen,
            rates=accepted,
            mode="test" if test else "live",
        )
        return merchant, await create_key(database, merchant.merchant_id, name="first", now=now)

    merchant, api_key = on_database(settings, work)
    if as_json:
        show_json({"id": merchant.merchant_id, "guid": merchant.guid, "api_key": api_key})
    else:
        click.echo(f"Merchant {merchant.merchant_id}, {merchant.name}, is there. Its shop signs in with these headers;")
        click.echo("the key is not stored in a form that anybody could show again.")
        click.echo(f"  x-guid: {merchant.guid}\n  x-api-key: {api_key}")


@command.command("list")
@with_settings
@with_json
def list_all(settings: Settings, as_json: bool) -> None:
    """List the merchants of this installation.

    \b
    Example:
      guerdon merchant list
    """
    merchants = on_database(settings, list_merchants)
    if as_json:
        show_json([_facts(merchant) for merchant in merchants])
        return
    rows = [(m.merchant_id, m.name, m.currency, ", ".join(sorted(m.rates)), m.timezone, m.guid) for m in merchants]
    show_table(
        ("id", "name", "currency", "also takes", "time zone", "guid"),
        rows,
        empty="There is no merchant yet: `guerdon merchant create --name Acme` adds one.",
    )


@command.command("policies")
@with_settings
@with_json
@click.argument("merchant_id", type=int)
@POLICIES
def policies_of(settings: Settings, as_json: bool, merchant_id: int, policies: str | None) -> None:
    """Show how a merchant's programme behaves, or change it. Policies that are not named stay as they are.

    \b
    Example:
      guerdon merchant policies 42 --policies '{"hold_days": 14, "late_capture": "flag"}'
    """

    async def work(database: Database) -> Policies:
        async with changing_merchant(database, merchant_id, machine_clock()) as (within, before):
            after = changed(before.policies, policies)
            if after != before.policies:
                await set_policies(within, merchant_id, after)
        return after

    found = on_database(settings, work)
    if as_json:
        show_json(found)
    else:
        show_table(("policy", "value"), list(msgspec.to_builtins(found).items()), empty="")


@command.command("rate")
@with_settings
@with_json
@click.argument("merchant_id", type=int)
@click.argument("rates", nargs=-1, required=True)
def rate(settings: Settings, as_json: bool, merchant_id: int, rates: tuple[str, ...]) -> None:
    """Take further currencies, at fixed rates: so many units for one unit of the base currency.

    \b
    Example:
      guerdon merchant rate 42 EUR=0.9 JPY=150
    """
    accepted = dict(map(read_rate, rates))

    async def work(database: Database) -> Merchant:
        async with changing_merchant(database, merchant_id, machine_clock()) as (within, _):
            for code, number in accepted.items():
                await set_rate(within, merchant_id, code, number)
        return await get_merchant(database, merchant_id)

    merchant = on_database(settings, work)
    if as_json:
        show_json(_facts(merchant))
    else:
        show_table((merchant.currency, "rate"), sorted(merchant.rates.items()), empty="")


def changed(policies: Policies, document: str | None) -> Policies:
    """The policies with those of a JSON object in their place; refuses names that there are not, and values amiss."""
    if document is None:
        return policies
    try:
        given = msgspec.json.decode(document, type=dict[str, object])
        known = Policies.__struct_fields__
        if unknown := sorted(set(given) - set(known)):
            raise Unusable(f"There is no policy {unknown[0]!r}; there are {', '.join(known)}.")
        return msgspec.convert({**msgspec.to_builtins(policies), **given}, Policies)
    except msgspec.DecodeError as error:
        raise Unusable(f"--policies cannot be read: {error}.") from error


def read_rate(text: str) -> tuple[str, Decimal]:
    """`EUR=0.9` as a currency and a number."""
    code, _, number = text.partition("=")
    try:
        return code.upper(), Decimal(number)
    except InvalidOperation:
        raise Unusable(f"{text!r} is no rate: write one as EUR=0.9.") from None


def _facts(merchant: Merchant) -> dict[str, object]:
    """A merchant under the same names that `create` prints."""
    return {
        "id": merchant.merchant_id,
        "guid": merchant.guid,
        "mode": merchant.mode,
        "name": merchant.name,
        "currency": merchant.currency,
        "timezone": merchant.timezone,
        "rates": merchant.rates,
        "policies": merchant.policies,
    }
