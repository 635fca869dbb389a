"""`guerdon member`: one member's standing."""

import click
import msgspec

from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.contact import BadContact, normal_email
from guerdon.members.members import Profile, find_member, get_member, set_standing
from guerdon.points.command import Identity
from guerdon.settings import Settings

STATUSES = ("active", "suspended")


@click.group("member")
def command() -> None:
    """Look up a member, set a tier or a status."""


@command.command("show")
@with_settings
@with_json
@MERCHANT
@click.argument("email")
def show(settings: Settings, as_json: bool, merchant_id: int, email: str) -> None:
    """Show who a member is and how they stand.

    \b
    Example:
      guerdon member show --merchant 42 ana@example.com
    """
    identity = read_email(email)

    async def work(database: Database) -> Profile:
        return await find_member(database, merchant_id, (identity,))

    _show(on_database(settings, work), as_json=as_json)


@command.command("set")
@with_settings
@with_json
@MERCHANT
@click.argument("email")
@click.option("--tier", type=click.IntRange(min=0), help="The level of the tier; 0 is none.")
@click.option("--status", type=click.Choice(STATUSES), help="Suspended members redeem nothing.")
def set_by_hand(
    settings: Settings, as_json: bool, merchant_id: int, email: str, tier: int | None, status: str | None
) -> None:
    """Set a member's tier or status by hand.

    \b
    Example:
      guerdon member set --merchant 42 ana@example.com --tier 2
    """
    if tier is None and status is None:
        raise Unusable("Nothing to set: name a --tier or a --status.")
    identity = read_email(email)

    async def work(database: Database) -> Profile:
        member_id = (await find_member(database, merchant_id, (identity,))).member_id
        await set_standing(database, merchant_id, member_id, machine_clock(), tier=tier, status=status)
        return await get_member(database, merchant_id, member_id)

    _show(on_database(settings, work), as_json=as_json)


def read_email(text: str) -> Identity:
    """The identity of an address as somebody typed it."""
    try:
        return Identity("email", normal_email(text))
    except BadContact as error:
        raise Unusable(str(error)) from None


def _show(profile: Profile, *, as_json: bool) -> None:
    if as_json:
        show_json(profile)
        return
    facts = {name: value for name, value in msgspec.structs.asdict(profile).items() if name != "identities"}
    rows = [*facts.items(), *((identity.kind, identity.value) for identity in profile.identities)]
    show_table(("member", ""), rows, empty="")
