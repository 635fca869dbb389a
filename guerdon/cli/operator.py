"""`guerdon operator`: people who sign in to the portal and the console."""

import sys

import click

from guerdon.access.operators import ROLES, create_operator, list_operators
from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings


@click.group("operator")
def command() -> None:
    """Add and list people who sign in."""


@command.command("create")
@with_settings
@with_json
@MERCHANT
@click.option("--username", required=True, help="The name to sign in with; no colon in it.")
@click.option("--password", help="`-` reads it from standard input; without the option you are asked.")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True, help="What they may do.")
def create(settings: Settings, as_json: bool, merchant_id: int, username: str, password: str | None, role: str) -> None:
    """Add somebody who may sign in for a merchant.

    \b
    Example:
      echo "$PASSWORD" | guerdon operator create --merchant 42 --username ana --password - --role manager
    """
    secret = _password(password)

    async def work(database: Database) -> int:
        await get_merchant(database, merchant_id)
        return await create_operator(
            database, merchant_id, username=username, password=secret, role=role, now=machine_clock()
        )

    operator_id = on_database(settings, work)
    if as_json:
        show_json({"id": operator_id, "username": username, "role": role, "merchant": merchant_id})
    else:
        click.echo(f"{username} may sign in for merchant {merchant_id} as {role}.")


@command.command("list")
@with_settings
@with_json
@MERCHANT
def list_all(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """List who may sign in for a merchant.

    \b
    Example:
      guerdon operator list --merchant 42
    """
    operators = of_merchant(settings, merchant_id, list_operators)
    if as_json:
        show_json(operators)
        return
    rows = [
        (person["operator_id"], person["username"], person["role"], "disabled" if person["disabled_at"] else "")
        for person in operators
    ]
    show_table(("id", "username", "role", ""), rows, empty="Nobody may sign in for this merchant yet.")


def _password(given: str | None) -> str:
    if given == "-":
        given = sys.stdin.readline().rstrip("\r\n")
    elif given is None:
        if not sys.stdin.isatty():
            raise Unusable("A password is needed: --password - reads it from standard input.")
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not given:
        raise Unusable("The password is empty: give one of at least one character.")
    return given
