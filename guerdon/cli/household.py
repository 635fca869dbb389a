"""`guerdon household`: members who share one account."""

from collections.abc import Callable
from typing import Any

import click

from guerdon.cli.database import on_database
from guerdon.cli.member import ACTOR, WHO, find, read_member
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.person import booked
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.members.members import get_member
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import get_merchant
from guerdon.moving.household import (
    AddToHousehold,
    CreateHousehold,
    DissolveHousehold,
    RemoveFromHousehold,
    SetHouseholdRole,
)
from guerdon.moving.households import get_household, members_of
from guerdon.points.command import Command
from guerdon.settings import Settings

Wish = Callable[[Merchant, int], Command[Any]]
"""A command for a member by number."""

HOUSEHOLD = click.argument("household_id", metavar="HOUSEHOLD", type=int)


@click.group("household")
def command() -> None:
    """Let members share one account, and part again.

    A MEMBER is named by an email address, by a phone number that begins with +, or by our own number.
    """


@command.command("create")
@with_settings
@with_json
@MERCHANT
@WHO
@click.option("--name", default="", help="What the household is called.")
def create(settings: Settings, as_json: bool, merchant_id: int, who: str, name: str) -> None:
    """Open a household that MEMBER owns: their points become its points.

    \b
    Example:
      guerdon household create --merchant 42 ana@example.com --name Stone
    """
    identity = read_member(who)

    async def work(database: Database) -> dict[str, Any]:
        merchant = await get_merchant(database, merchant_id)
        owner = await find(database, merchant_id, identity)
        wish = CreateHousehold(merchant=merchant, owner_id=owner.member_id, name=name)
        return await _facts(database, merchant_id, (await booked(database, wish, actor=ACTOR)).household_id)

    _show(on_database(settings, work), as_json=as_json)


@command.command("show")
@with_settings
@with_json
@MERCHANT
@HOUSEHOLD
def show(settings: Settings, as_json: bool, merchant_id: int, household_id: int) -> None:
    """Show who belongs to a household, and who may spend.

    \b
    Example:
      guerdon household show --merchant 42 7
    """

    async def work(database: Database) -> dict[str, Any]:
        return await _facts(database, merchant_id, household_id)

    _show(on_database(settings, work), as_json=as_json)


@command.command("add")
@with_settings
@with_json
@MERCHANT
@HOUSEHOLD
@WHO
@click.option("--may-spend/--may-not-spend", "may_spend", default=None, help="Else the merchant's policy decides.")
def add(
    settings: Settings, as_json: bool, merchant_id: int, household_id: int, who: str, may_spend: bool | None
) -> None:
    """Let MEMBER join, with all points.

    \b
    Example:
      guerdon household add --merchant 42 7 ben@example.com --may-not-spend
    """
    _change(
        settings, merchant_id, household_id, who,
        lambda merchant, member_id: AddToHousehold(
            merchant=merchant, household_id=household_id, member_id=member_id, may_spend=may_spend
        ),
        as_json=as_json,
    )  # fmt: skip


@command.command("set")
@with_settings
@with_json
@MERCHANT
@HOUSEHOLD
@WHO
@click.option("--role", type=click.Choice(("owner", "member")), help="Owners may always spend.")
@click.option("--may-spend/--may-not-spend", "may_spend", default=None)
def set_by_hand(
    settings: Settings, as_json: bool, merchant_id: int, household_id: int, who: str, role: Any,
    may_spend: bool | None,
) -> None:  # fmt: skip
    """Say who owns the household, and who may spend.

    \b
    Example:
      guerdon household set --merchant 42 7 ben@example.com --role owner
    """
    _change(
        settings, merchant_id, household_id, who,
        lambda merchant, member_id: SetHouseholdRole(
            merchant=merchant, household_id=household_id, member_id=member_id, role=role, may_spend=may_spend
        ),
        as_json=as_json,
    )  # fmt: skip


@command.command("remove")
@with_settings
@with_json
@MERCHANT
@HOUSEHOLD
@WHO
@click.option("--share", type=click.IntRange(min=0), help="So many points go along; else the policy decides.")
def remove(
    settings: Settings, as_json: bool, merchant_id: int, household_id: int, who: str, share: int | None
) -> None:  # fmt: skip
    """Let MEMBER leave. The last one who leaves takes all of it, and the household is no more.

    \b
    Example:
      guerdon household remove --merchant 42 7 ben@example.com --share 500
    """
    _change(
        settings, merchant_id, household_id, who,
        lambda merchant, member_id: RemoveFromHousehold(
            merchant=merchant, household_id=household_id, member_id=member_id, share=share
        ),
        as_json=as_json,
    )  # fmt: skip


@command.command("dissolve")
@with_settings
@with_json
@MERCHANT
@HOUSEHOLD
def dissolve(settings: Settings, as_json: bool, merchant_id: int, household_id: int) -> None:
    """Give everybody an own account again. What the policy does not share out is the owner's.

    \b
    Example:
      guerdon household dissolve --merchant 42 7
    """

    async def work(database: Database) -> dict[str, Any]:
        merchant = await get_merchant(database, merchant_id)
        await booked(database, DissolveHousehold(merchant=merchant, household_id=household_id), actor=ACTOR)
        return await _facts(database, merchant_id, household_id)

    _show(on_database(settings, work), as_json=as_json)


def _change(
    settings: Settings, merchant_id: int, household_id: int, who: str, wish: Wish, *, as_json: bool
) -> None:  # fmt: skip
    identity = read_member(who)

    async def work(database: Database) -> dict[str, Any]:
        merchant = await get_merchant(database, merchant_id)
        member = await find(database, merchant_id, identity)
        await booked(database, wish(merchant, member.member_id), actor=ACTOR)
        return await _facts(database, merchant_id, household_id)

    _show(on_database(settings, work), as_json=as_json)


async def _facts(database: Database, merchant_id: int, household_id: int) -> dict[str, Any]:
    """The household with everybody in it."""
    household = await get_household(database, merchant_id, household_id)
    members: list[dict[str, Any]] = []
    for one in await members_of(database, merchant_id, household_id):
        profile = await get_member(database, merchant_id, one.member_id)
        facts = {"member_id": one.member_id, "email": profile.identity("email"), "role": one.role}
        members.append({**facts, "may_spend": profile.may_spend, "joined_at": one.joined_at})
    return {
        "household_id": household_id, "name": household.name, "dissolved_at": household.dissolved_at,
        "members": members,
    }  # fmt: skip


def _show(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(facts)
        return
    name = f" {facts['name']}" if facts["name"] else ""
    click.echo(f"Household {facts['household_id']}{name}{' is dissolved' if facts['dissolved_at'] else ''}")
    rows = [tuple(one.values()) for one in facts["members"]]
    show_table(("member", "email", "role", "may spend", "since"), rows, empty="Nobody belongs to it.")
