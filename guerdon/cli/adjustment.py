"""`guerdon adjustment`: points given or taken by hand, and those that a second person decides."""

from datetime import timedelta

import click

from guerdon.activities.adjust import Adjustment, AdjustPoints, Proposal, ProposalState
from guerdon.activities.log import deciding_adjustment, list_proposals
from guerdon.cli.activity import COUNT
from guerdon.cli.database import on_database
from guerdon.cli.member import read_email
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.person import DECISION, OPERATOR, actor_of, booked
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

REASONS = {
    "reward": (1, True, "redeemed"),
    "give-back": (1, False, "redeemed"),
    "redeem": (-1, False, "redeemed"),
    "wrongly-earned": (-1, True, "redeemed"),
    "expire": (-1, False, "expired"),
}
"""The five reasons: the sign of the points, whether they count as earned, and as what they are taken."""

LAST_ID = 2**63 - 1


@click.group("adjustment")
def command() -> None:
    """Give or take points by hand; approve or refuse what another proposed."""


@command.command("add")
@with_settings
@with_json
@MERCHANT
@click.argument("email")
@click.argument("points", type=click.IntRange(min=1))
@click.option("--reason", type=click.Choice(list(REASONS)), required=True, help="Why, which says how it is booked.")
@click.option("--title", help="What the member reads in their history.")
@click.option("--hidden", is_flag=True, help="Leave it out of the member's history.")
@click.option("--note", help="For the second person, where one decides.")
@OPERATOR
def add(
    settings: Settings, as_json: bool, merchant_id: int, email: str, points: int, reason: str, title: str | None,
    hidden: bool, note: str | None, username: str,
) -> None:  # fmt: skip
    """Give a member points, or take some. More than the merchant's policy lets one person decide is only proposed.

    \b
    Example:
      guerdon adjustment add --merchant 42 ana@example.com 500 --reason reward --title "Sorry for the wait" --as ben
    """
    who = (read_email(email),)
    sign, counted, taken_as = REASONS[reason]

    async def work(database: Database) -> Adjustment:
        merchant = await get_merchant(database, merchant_id)
        actor = await actor_of(database, merchant_id, username)
        adjust = AdjustPoints(
            merchant=merchant, who=who, points=sign * points, counted=counted,
            taken_as="expired" if taken_as == "expired" else "redeemed",
            below_zero=merchant.policies.debt == "unlimited", title=title, visible=not hidden, note=note,
        )  # fmt: skip
        return await booked(database, adjust, actor=actor)

    adjustment = on_database(settings, work)
    if as_json:
        show_json(adjustment)
    elif adjustment.entry:
        click.echo(f"Booked: {email} has {adjustment.available} points now.")
    else:
        click.echo(f"Proposed as adjustment {adjustment.proposal_id}: somebody else approves it.")


@command.command("list")
@with_settings
@with_json
@MERCHANT
@COUNT
def list_some(settings: Settings, as_json: bool, merchant_id: int, count_max: int) -> None:
    """List the adjustments that were proposed, whatever became of them, newest first.

    \b
    Example:
      guerdon adjustment list --merchant 42
    """

    async def work(database: Database) -> list[Proposal]:
        await get_merchant(database, merchant_id)
        before = machine_clock() + timedelta(days=1)
        return await list_proposals(database, merchant_id, before=before, before_id=LAST_ID, count_max=count_max)

    proposals = on_database(settings, work)
    if as_json:
        show_json(proposals)
        return
    rows = [
        (one.adjustment_id, one.member_id, one.change.points, _state(one), one.proposer, one.decided_by, one.note)
        for one in proposals
    ]
    show_table(("id", "member", "points", "state", "proposed by", "decided by", "note"), rows, empty="There is none.")


@command.command("approve")
@with_settings
@with_json
@MERCHANT
@click.argument("adjustment_id", type=int)
@OPERATOR
@DECISION
def approve(
    settings: Settings, as_json: bool, merchant_id: int, adjustment_id: int, username: str, decision: str | None
) -> None:
    """Book what somebody else proposed.

    \b
    Example:
      guerdon adjustment approve --merchant 42 7 --as ana
    """
    _decide(settings, merchant_id, adjustment_id, username, decision, approve=True, as_json=as_json)


@command.command("refuse")
@with_settings
@with_json
@MERCHANT
@click.argument("adjustment_id", type=int)
@OPERATOR
@DECISION
def refuse(
    settings: Settings, as_json: bool, merchant_id: int, adjustment_id: int, username: str, decision: str | None
) -> None:
    """Book nothing of what was proposed; it is kept with who said so.

    \b
    Example:
      guerdon adjustment refuse --merchant 42 7 --as ana --because "was paid back in money"
    """
    _decide(settings, merchant_id, adjustment_id, username, decision, approve=False, as_json=as_json)


def _decide(
    settings: Settings, merchant_id: int, adjustment_id: int, username: str, decision: str | None,
    *, approve: bool, as_json: bool,
) -> None:  # fmt: skip
    async def work(database: Database) -> Proposal:
        merchant = await get_merchant(database, merchant_id)
        actor = await actor_of(database, merchant_id, username)
        deciding = await deciding_adjustment(database, merchant, adjustment_id, approve=approve, decision=decision)
        return await booked(database, deciding, actor=actor)

    decided = on_database(settings, work)
    if as_json:
        show_json(decided)
    else:
        click.echo(f"Adjustment {adjustment_id} of {decided.change.points} points is {decided.state}.")


def _state(proposal: Proposal) -> str:
    over = proposal.state is ProposalState.PROPOSED and proposal.expires_at <= machine_clock()
    return "expired" if over else proposal.state
