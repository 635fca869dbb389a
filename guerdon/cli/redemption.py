"""`guerdon redemption`: look at one, ask the shop to make its coupon worthless, or give its points back."""

import click
import msgspec

from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.person import booked
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.merchants.merchants import get_merchant
from guerdon.rewards.ending import CancelRedemption, RequestCancellation
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.redemptions import get_redemption
from guerdon.settings import Settings

ACTOR = "cli"

REDEMPTION = click.argument("redemption_id", metavar="REDEMPTION", type=int)


@click.group("redemption")
def command() -> None:
    """Show a redemption, or cancel it."""


@command.command("show")
@with_settings
@with_json
@MERCHANT
@REDEMPTION
def show(settings: Settings, as_json: bool, merchant_id: int, redemption_id: int) -> None:
    """Show a redemption as it stands.

    \b
    Example:
      guerdon redemption show --merchant 42 1001
    """

    _show(of_merchant(settings, merchant_id, get_redemption, redemption_id), as_json=as_json)


@command.command("cancel")
@with_settings
@with_json
@MERCHANT
@REDEMPTION
@click.option(
    "--request", "ask", is_flag=True,
    help="Only ask the shop: the points come back once it has answered that the coupon is worthless.",
)  # fmt: skip
def cancel(settings: Settings, as_json: bool, merchant_id: int, redemption_id: int, ask: bool) -> None:
    """Give the points of a redemption back; its coupon is worth nothing from now on.

    \b
    Example:
      guerdon redemption cancel --merchant 42 1001 --request
    """

    async def work(database: Database) -> Redemption:
        merchant = await get_merchant(database, merchant_id)
        kind = RequestCancellation if ask else CancelRedemption
        return await booked(database, kind(merchant=merchant, redemption_id=redemption_id), actor=ACTOR)

    redemption = on_database(settings, work)
    if as_json:
        _show(redemption, as_json=True)
    elif ask:
        click.echo(f"The shop is asked to make {redemption.code} worthless, and to say when it is.")
    else:
        click.echo(f"Redemption {redemption_id} is {redemption.state}: {redemption.points} points went back.")


def _show(redemption: Redemption, *, as_json: bool) -> None:
    """Everything but the token, which is a secret of the shopper's."""
    facts = {name: value for name, value in msgspec.to_builtins(redemption).items() if name != "token"}
    if as_json:
        show_json(facts)
    else:
        show_table(("redemption", ""), list(facts.items()), empty="")
