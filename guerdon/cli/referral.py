"""`guerdon referral`: who brought whom, and what came of it."""

from datetime import timedelta

import click

from guerdon.cli.activity import COUNT
from guerdon.cli.adjustment import LAST_ID
from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.member import read_email
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.money import currency, format_money
from guerdon.members.members import find_member
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import get_merchant
from guerdon.referrals.referral import Referral
from guerdon.referrals.statistics import Statistics, code_of, get_statistics, list_referrals
from guerdon.settings import Settings


@click.group("referral")
def command() -> None:
    """Show a member's code and statistics, and list referrals."""


@command.command("list")
@with_settings
@with_json
@MERCHANT
@click.option("--member", "email", help="Those of one member: their email address.")
@COUNT
def list_some(settings: Settings, as_json: bool, merchant_id: int, email: str | None, count_max: int) -> None:
    """List referrals, newest first, with the reason of those that were not believed.

    \b
    Example:
      guerdon referral list --merchant 42 --member ana@example.com
    """

    async def work(database: Database) -> list[Referral]:
        await get_merchant(database, merchant_id)
        member_id = None
        if email is not None:
            member_id = (await find_member(database, merchant_id, (read_email(email),))).member_id
        before = machine_clock() + timedelta(days=1)
        return await list_referrals(
            database, merchant_id, member_id, before=before, before_id=LAST_ID, count_max=count_max
        )  # fmt: skip

    referrals = on_database(settings, work)
    if as_json:
        show_json(referrals)
        return
    rows = [
        (one.referral_id, one.member_id, one.friend_id or one.friend_email, one.source, one.state, one.reason,
         one.order_id)
        for one in referrals
    ]  # fmt: skip
    show_table(("id", "referrer", "friend", "by", "state", "because", "order"), rows, empty="There is none.")


@command.command("show")
@with_settings
@with_json
@MERCHANT
@click.argument("email")
def show(settings: Settings, as_json: bool, merchant_id: int, email: str) -> None:
    """Show a member's code and link, and what came of them.

    \b
    Example:
      guerdon referral show --merchant 42 ana@example.com
    """
    identity = read_email(email)

    async def work(database: Database) -> tuple[Merchant, str, Statistics]:
        merchant = await get_merchant(database, merchant_id)
        if merchant.policies.referrals is None:
            raise Unusable(
                f"Merchant {merchant_id} has no referrals yet: `guerdon merchant policies {merchant_id} --policies "
                '\'{"referrals": {"referrer_points": 100}}\'` starts them.'
            )
        member_id = (await find_member(database, merchant_id, (identity,))).member_id
        code = await code_of(database, merchant_id, member_id, machine_clock())
        return merchant, code, await get_statistics(database, merchant_id, member_id)

    merchant, code, statistics = on_database(settings, work)
    programme = merchant.policies.referrals
    assert programme is not None, "looked at before"
    if as_json:
        show_json({"code": code, "link": programme.link_of(code), "statistics": statistics})
        return
    rows = [
        ("code", code),
        ("link", programme.link_of(code)),
        ("told by email", statistics.shares),
        ("signed up", statistics.signed_up),
        ("bought", statistics.orders),
        ("for", format_money(statistics.amount_minor, currency(merchant.currency))),
        *((f"refused: {one.reason}", one.referrals) for one in statistics.refused),
    ]
    show_table(("referrals", ""), rows, empty="")
