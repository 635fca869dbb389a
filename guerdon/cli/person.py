"""Commands that ask who decides: an operator of the merchant by name, and the desk that books what was decided."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from guerdon.access.operators import list_operators
from guerdon.cli.failure import Unusable
from guerdon.database.pool import Database
from guerdon.points.command import Command

if TYPE_CHECKING:
    from guerdon.points.desk import Desk

Result = TypeVar("Result")

DECIDERS = ("owner", "manager", "support", "finance")
"""Roles that may say yes or no."""

OPERATOR = click.option(
    "--as", "username", required=True, help="Who decides: the username of an operator of this merchant."
)
DECISION = click.option("--because", "decision", help="Why, in your words; it is kept.")


async def actor_of(database: Database, merchant_id: int, username: str) -> str:
    """The name under which an operator is recorded; refuses somebody who may not decide."""
    people = await list_operators(database, merchant_id)
    for person in people:
        if person["username"] == username and person["disabled_at"] is None and person["role"] in DECIDERS:
            return f"operator:{person['operator_id']}"
    raise Unusable(
        f"{username!r} may decide nothing for merchant {merchant_id}: `guerdon operator list` shows who is "
        f"{', '.join(DECIDERS[:-1])} or {DECIDERS[-1]}."
    )


async def booked(database: Database, command: Command[Result], *, actor: str) -> Result:
    """What the desk answers to one command."""
    async with desk_on(database) as desk:
        return (await desk.submit(command, actor=actor)).value


@asynccontextmanager
async def desk_on(database: Database) -> "AsyncGenerator[Desk]":
    """A desk of this command's own."""
    # Imported here, since all of HTTP comes with it.
    from guerdon.app import shelves
    from guerdon.points.desk import Desk

    desk = Desk(database, shelves(), connections=1)
    try:
        yield desk
    finally:
        await desk.close()
