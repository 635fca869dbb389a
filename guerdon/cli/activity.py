"""`guerdon activity`: what members did, and what of it waits for somebody's word."""

from datetime import UTC, datetime, timedelta

import click

from guerdon.activities.log import deciding_activity, list_activities, list_waiting
from guerdon.activities.report import Activity
from guerdon.cli.database import on_database
from guerdon.cli.member import read_email
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.person import DECISION, OPERATOR, actor_of, booked
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.members.members import find_member
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

FIRST = datetime(1, 1, 1, tzinfo=UTC)
COUNT = click.option("--count", "count_max", type=click.IntRange(1, 10_000), default=100, show_default=True)


@click.group("activity")
def command() -> None:
    """List what members did, approve or reject what waits."""


@command.command("list")
@with_settings
@with_json
@MERCHANT
@click.option("--waiting", is_flag=True, help="What waits for an operator, the oldest first.")
@click.option("--member", "email", help="What one member did, the newest first: their email address.")
@COUNT
def list_some(
    settings: Settings, as_json: bool, merchant_id: int, waiting: bool, email: str | None, count_max: int
) -> None:
    """List the activities that wait, or those of one member.

    \b
    Example:
      guerdon activity list --merchant 42 --waiting
    """
    if waiting == (email is not None):
        raise click.UsageError("Say either --waiting, or whose: --member ana@example.com.")

    async def work(database: Database) -> list[Activity]:
        await get_merchant(database, merchant_id)
        if email is None:
            return await list_waiting(database, merchant_id, after=FIRST, count_max=count_max)
        member = await find_member(database, merchant_id, (read_email(email),))
        # Somebody's clock may be ahead of ours.
        before = machine_clock() + timedelta(days=1)
        return await list_activities(
            database, merchant_id, member.member_id, before=before, before_id="", count_max=count_max
        )  # fmt: skip

    _show(on_database(settings, work), as_json=as_json)


@command.command("approve")
@with_settings
@with_json
@MERCHANT
@click.argument("activity_id")
@OPERATOR
@DECISION
def approve(
    settings: Settings, as_json: bool, merchant_id: int, activity_id: str, username: str, decision: str | None
) -> None:
    """Give what an activity that waits has earned, as of when it happened.

    \b
    Example:
      guerdon activity approve --merchant 42 review-1001 --as ana
    """
    _decide(settings, merchant_id, activity_id, username, decision, approve=True, as_json=as_json)


@command.command("reject")
@with_settings
@with_json
@MERCHANT
@click.argument("activity_id")
@OPERATOR
@DECISION
def reject(
    settings: Settings, as_json: bool, merchant_id: int, activity_id: str, username: str, decision: str | None
) -> None:
    """Give nothing for an activity that waits; it is kept with who said so.

    \b
    Example:
      guerdon activity reject --merchant 42 review-1001 --as ana --because "copied from another shop"
    """
    _decide(settings, merchant_id, activity_id, username, decision, approve=False, as_json=as_json)


def _decide(
    settings: Settings, merchant_id: int, activity_id: str, username: str, decision: str | None,
    *, approve: bool, as_json: bool,
) -> None:  # fmt: skip
    async def work(database: Database) -> Activity:
        merchant = await get_merchant(database, merchant_id)
        actor = await actor_of(database, merchant_id, username)
        deciding = await deciding_activity(database, merchant, activity_id, approve=approve, decision=decision)
        return await booked(database, deciding, actor=actor)

    decided = on_database(settings, work)
    if as_json:
        show_json(decided)
    else:
        click.echo(f"Activity {activity_id} is {decided.state}: {decided.points} points in all.")


def _show(activities: list[Activity], *, as_json: bool) -> None:
    if as_json:
        show_json(activities)
        return
    rows = [
        (one.activity_id, one.name, one.member_id, one.state, one.points, f"{one.occurred_at:%Y-%m-%d %H:%M} UTC",
         one.decided_by)
        for one in activities
    ]  # fmt: skip
    show_table(("id", "what", "member", "state", "points", "when", "decided by"), rows, empty="There is none.")
