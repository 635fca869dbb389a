"""`guerdon move`: points from one member to another, points bought and their refund, and the rule for both."""

import sys

import click
import msgspec

from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.member import ACTOR, WHO, find, read_member
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.person import booked
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.moving.movement import Kind, Movement
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.moving.rule import MovingRule, VersionedMoving
from guerdon.moving.rules import list_movements, set_rule
from guerdon.moving.shelf import current_rule
from guerdon.moving.transfer import Transfer
from guerdon.settings import Settings

POINTS = click.argument("points", type=click.IntRange(min=1))
NOTE = click.option("--note", help="What both will read of it.")


@click.group("move")
def command() -> None:
    """Move points between members, sell points, and set the rule for both.

    A MEMBER is named by an email address, by a phone number that begins with +, or by our own number.
    """


@command.command("rule")
@with_settings
@with_json
@MERCHANT
def rule(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """Show what members may give each other and buy, and what it costs.

    \b
    Example:
      guerdon move rule --merchant 42
    """

    _show_rule(of_merchant(settings, merchant_id, current_rule), as_json=as_json)


@command.command("set")
@with_settings
@with_json
@MERCHANT
def set_by_hand(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """Set the rule, read from standard input as JSON. What it leaves out is off, or without limit.

    Money is in minor units of the merchant's currency: here ten points cost one cent.

    \b
    Example:
      echo '{"transfers": {"enabled": true, "minimum": 100, "fee": {"flat": 10}},
             "purchases": {"enabled": true}, "price": {"amount": 1, "points": 10}}' |
        guerdon move set --merchant 42
    """
    document = sys.stdin.buffer.read()

    async def work(database: Database) -> VersionedMoving:
        await get_merchant(database, merchant_id)
        return await set_rule(database, merchant_id, read_rule(document), actor=ACTOR, now=machine_clock())

    _show_rule(on_database(settings, work), as_json=as_json)


@command.command("points")
@with_settings
@with_json
@MERCHANT
@click.argument("sender")
@click.argument("receiver")
@POINTS
@click.option("--gift", is_flag=True, help="As a gift, under the terms for gifts.")
@NOTE
def points_between(
    settings: Settings, as_json: bool, merchant_id: int, sender: str, receiver: str, points: int, gift: bool,
    note: str | None,
) -> None:  # fmt: skip
    """Move points of SENDER to RECEIVER, with their age. The sender pays the fee of the rule.

    \b
    Example:
      guerdon move points --merchant 42 ana@example.com ben@example.com 500
    """
    names = (read_member(sender),), (read_member(receiver),)

    async def work(database: Database) -> Movement:
        merchant = await get_merchant(database, merchant_id)
        kind = Kind.GIFT if gift else Kind.TRANSFER
        wish = Transfer(
            merchant=merchant, sender=names[0], receiver=names[1], points=points, kind=kind, note=note
        )  # fmt: skip
        return await booked(database, wish, actor=ACTOR)

    _show_movement(on_database(settings, work), as_json=as_json)


@command.command("buy")
@with_settings
@with_json
@MERCHANT
@WHO
@POINTS
@click.option("--payment", required=True, help="The reference of the payment, which buys once.")
@click.option("--for", "receiver", help="Another member, whose points they will be.")
@NOTE
def buy(
    settings: Settings, as_json: bool, merchant_id: int, who: str, points: int, payment: str, receiver: str | None,
    note: str | None,
) -> None:  # fmt: skip
    """Give a member points that were paid for.

    \b
    Example:
      guerdon move buy --merchant 42 ana@example.com 1000 --payment INV-1001
    """
    buyer = (read_member(who),)
    other = (read_member(receiver),) if receiver else ()

    async def work(database: Database) -> Movement:
        merchant = await get_merchant(database, merchant_id)
        wish = BuyPoints(
            merchant=merchant, buyer=buyer, receiver=other, points=points, payment=payment, note=note
        )  # fmt: skip
        return await booked(database, wish, actor=ACTOR)

    _show_movement(on_database(settings, work), as_json=as_json)


@command.command("refund")
@with_settings
@with_json
@MERCHANT
@click.argument("movement_id", metavar="PURCHASE", type=int)
@NOTE
def refund(settings: Settings, as_json: bool, merchant_id: int, movement_id: int, note: str | None) -> None:
    """Take bought points back, once their money was given back. Where they are spent, the policy on debts decides.

    \b
    Example:
      guerdon move refund --merchant 42 7
    """

    async def work(database: Database) -> Movement:
        merchant = await get_merchant(database, merchant_id)
        wish = RefundPurchase(merchant=merchant, movement_id=movement_id, note=note)
        return await booked(database, wish, actor=ACTOR)

    refunded = on_database(settings, work)
    if as_json:
        show_json(refunded)
    else:
        click.echo(
            f"Purchase {refunded.movement_id} is refunded: {refunded.points_back} of {refunded.points} points were "
            f"taken back from member {refunded.receiver_id}."
        )


@command.command("list")
@with_settings
@with_json
@MERCHANT
@WHO
def list_all(settings: Settings, as_json: bool, merchant_id: int, who: str) -> None:
    """List what a member gave, was given and bought, newest first.

    \b
    Example:
      guerdon move list --merchant 42 ana@example.com
    """
    identity = read_member(who)

    async def work(database: Database) -> list[Movement]:
        member = await find(database, merchant_id, identity)
        return await list_movements(database, merchant_id, member.member_id)

    found = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    rows = [
        (one.movement_id, one.kind, one.sender_id, one.receiver_id, one.points, one.fee_points or None,
         f"{one.created_at:%Y-%m-%d %H:%M} UTC", one.refunded_at and f"{one.refunded_at:%Y-%m-%d %H:%M} UTC", one.note)
        for one in found
    ]  # fmt: skip
    columns = ("id", "kind", "from", "to", "points", "fee", "at", "refunded", "note")
    show_table(columns, rows, empty="Nothing was moved yet.")


def read_rule(document: bytes) -> MovingRule:
    """The rule of a JSON object; refuses names that no rule has."""
    try:
        return msgspec.json.decode(document, type=MovingRule)
    except msgspec.DecodeError as error:
        raise Unusable(f"The rule on standard input cannot be read: {error}.") from error


def _show_rule(found: VersionedMoving, *, as_json: bool) -> None:
    terms = msgspec.to_builtins(found.terms)
    if as_json:
        show_json({"version": found.version, **terms})
    else:
        show_table((f"version {found.version}", ""), list(terms.items()), empty="")


def _show_movement(movement: Movement, *, as_json: bool) -> None:
    if as_json:
        show_json(movement)
    else:
        fee = f", with a fee of {movement.fee_points} points" if movement.fee_points else ""
        click.echo(f"Movement {movement.movement_id}: {movement.points} points for member {movement.receiver_id}{fee}.")
