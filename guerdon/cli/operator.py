"""`guerdon operator`: people who sign in to the portal and the console."""

import sys
from typing import Any

import click

from guerdon.access.operators import ROLES, create_operator, find_operator, list_operators
from guerdon.access.staff import (
    INVITED_FOR,
    Invited,
    change_role,
    disable,
    enable,
    grant_role,
    invite,
    invite_again,
    reset_codes,
    set_password,
)
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
    """Add, change and list people who sign in."""


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
    rows = [(person["operator_id"], person["username"], person["role"], _means(person)) for person in operators]
    show_table(("id", "username", "role", "signs in by"), rows, empty="Nobody may sign in for this merchant yet.")


@command.command("invite")
@with_settings
@with_json
@MERCHANT
@click.option("--username", required=True, help="The name to sign in with; no colon in it.")
@click.option("--role", type=click.Choice(ROLES), default="support", show_default=True, help="What they may do.")
@click.option("--url", default="", help="The address of this installation, such as https://loyalty.example.com.")
def invite_one(settings: Settings, as_json: bool, merchant_id: int, username: str, role: str, url: str) -> None:
    """Add somebody who chooses a password by a link, which is shown once; for who is there already, a new link.

    \b
    Example:
      guerdon operator invite --merchant 42 --username ana --role support --url https://loyalty.example.com
    """

    async def work(database: Database) -> Invited:
        await get_merchant(database, merchant_id)
        for person in await list_operators(database, merchant_id):
            if person["username"] == username:
                return await invite_again(
                    database, merchant_id, person["operator_id"], machine_clock(), merchants=None
                )  # fmt: skip
        return await invite(database, merchant_id, username=username, role=role, now=machine_clock())

    invited = on_database(settings, work)
    link = f"{url.rstrip('/')}/console/invitation/{invited.secret}"
    if as_json:
        show_json({"id": invited.operator_id, "username": username, "link": link})
    else:
        click.echo(f"{username} chooses a password at {link}, once and within {INVITED_FOR.days} days.")


@command.command("role")
@with_settings
@with_json
@MERCHANT
@click.argument("username")
@click.argument("role", type=click.Choice((*ROLES, "none")))
def role_of(settings: Settings, as_json: bool, merchant_id: int, username: str, role: str) -> None:
    """Say what somebody may do for a merchant, also for a further one; `none` is nothing any more.

    \b
    Example:
      guerdon operator role --merchant 42 ana finance
    """

    async def work(database: Database) -> None:
        operator_id = await _number(database, username)
        now, of = machine_clock(), (database, merchant_id)
        await get_merchant(*of)
        if any(person["operator_id"] == operator_id for person in await list_operators(*of)):
            await change_role(*of, operator_id, None if role == "none" else role, now)
        elif role != "none":
            await grant_role(*of, operator_id, role, now)

    on_database(settings, work)
    _told(as_json, {"username": username, "merchant": merchant_id, "role": role}, f"{username} is {role} there now.")


@command.command("disable")
@with_settings
@with_json
@MERCHANT
@click.argument("username")
def disable_one(settings: Settings, as_json: bool, merchant_id: int, username: str) -> None:
    """Let somebody sign in no more; they are out everywhere within seconds.

    \b
    Example:
      guerdon operator disable --merchant 42 ana
    """

    async def work(database: Database) -> None:
        operator_id = await _number(database, username)
        await disable(database, merchant_id, operator_id, machine_clock(), merchants=None)

    on_database(settings, work)
    _told(as_json, {"username": username, "disabled": True}, f"{username} cannot sign in any more.")


@command.command("enable")
@with_settings
@with_json
@MERCHANT
@click.argument("username")
def enable_one(settings: Settings, as_json: bool, merchant_id: int, username: str) -> None:
    """Let somebody sign in again.

    \b
    Example:
      guerdon operator enable --merchant 42 ana
    """

    async def work(database: Database) -> None:
        operator_id = await _number(database, username)
        await enable(database, merchant_id, operator_id, machine_clock(), merchants=None)

    on_database(settings, work)
    _told(as_json, {"username": username, "disabled": False}, f"{username} can sign in again.")


@command.command("reset-codes")
@with_settings
@with_json
@MERCHANT
@click.argument("username")
def reset_codes_of(settings: Settings, as_json: bool, merchant_id: int, username: str) -> None:
    """Ask somebody for no code any more who has lost the telephone and the recovery codes.

    \b
    Example:
      guerdon operator reset-codes --merchant 42 ana
    """

    async def work(database: Database) -> None:
        operator_id = await _number(database, username)
        await reset_codes(database, merchant_id, operator_id, machine_clock(), merchants=None)

    on_database(settings, work)
    _told(as_json, {"username": username, "codes": False}, f"{username} signs in with the password alone now.")


@command.command("password")
@with_settings
@with_json
@MERCHANT
@click.argument("username")
@click.option("--password", help="`-` reads it from standard input; without the option you are asked.")
def password_of(settings: Settings, as_json: bool, merchant_id: int, username: str, password: str | None) -> None:
    """Give somebody another password; they are signed out everywhere.

    \b
    Example:
      echo "$PASSWORD" | guerdon operator password --merchant 42 ana --password -
    """
    secret = _password(password)

    async def work(database: Database) -> None:
        await set_password(database, merchant_id, await _number(database, username), secret, machine_clock())

    on_database(settings, work)
    _told(as_json, {"username": username}, f"{username} has another password now.")


def _means(person: dict[str, Any]) -> str:
    """By what somebody signs in, if they may."""
    if person["disabled_at"]:
        return "disabled"
    means = {"has_password": "password", "has_codes": "code", "signs_on": "single sign-on"}
    return ", ".join(text for name, text in means.items() if person[name]) or "invited"


async def _number(database: Database, username: str) -> int:
    """Whose name this is."""
    operator_id = await find_operator(database, username)
    if operator_id is None:
        raise Unusable(f"There is no operator {username!r}; `guerdon operator list` tells who there is.")
    return operator_id


def _told(as_json: bool, facts: dict[str, object], text: str) -> None:
    if as_json:
        show_json(facts)
    else:
        click.echo(text)


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
