"""`guerdon tier`: what members reach, where they stand, and how they came there."""

import sys
from datetime import date, datetime

import click
import msgspec

from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.member import read_email
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.person import booked
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.money import currency, format_money
from guerdon.members.members import find_member
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings
from guerdon.tiers.assign import AssignTier
from guerdon.tiers.members import Progress, history, progress
from guerdon.tiers.programme import NOTHING, Programme, Sums, Threshold, level_name, nickname
from guerdon.tiers.programmes import StoredProgramme, get_programme, set_programme
from guerdon.tiers.qualify import Change

ACTOR = "cli"


@click.group("tier")
def command() -> None:
    """Set the tiers, put members into them, and show how they stand."""


@command.command("set")
@with_settings
@with_json
@MERCHANT
def set_all(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """Set the tiers of a merchant, read from standard input as JSON, the lowest first.

    The term is calendar_year, rolling_year or lifetime. Money is in minor units of the merchant's currency. A tier may
    ask for points_earned, amount_spent_minor, purchases and referrals, any of them or all.

    \b
    Example:
      echo '{"term": "calendar_year", "grace_days": 14, "tiers": [
             {"name": "Silver", "entry": {"points_earned": 500}, "points_multiplier": "1.25"},
             {"name": "Gold", "entry": {"amount_spent_minor": 100000, "purchases": 12, "match": "all"},
              "retain": {"amount_spent_minor": 80000}, "points_reward": 250, "coupon_rule_id": 7}]}' |
        guerdon tier set --merchant 42
    """
    document = sys.stdin.buffer.read()

    async def work(database: Database) -> StoredProgramme:
        await get_merchant(database, merchant_id)
        return await set_programme(
            database, merchant_id, read_programme(document), actor=ACTOR, now=machine_clock()
        )  # fmt: skip

    stored = on_database(settings, work)
    if as_json:
        show_json(stored)
    else:
        names = ", ".join(tier.name for tier in stored.programme.tiers)
        click.echo(f"The tiers are {names}, at version {stored.version}. Members are judged by them from now on.")


@command.command("show")
@with_settings
@with_json
@MERCHANT
@click.argument("email", required=False)
def show(settings: Settings, as_json: bool, merchant_id: int, email: str | None) -> None:
    """Show the tiers of a merchant; or, of one member, the tier and what is missing for the next.

    \b
    Example:
      guerdon tier show --merchant 42
      guerdon tier show --merchant 42 ana@example.com
    """
    identity = read_email(email) if email else None

    async def work(database: Database) -> tuple[Merchant, StoredProgramme | None, Progress | None]:
        merchant = await get_merchant(database, merchant_id)
        stored = await get_programme(database, merchant_id)
        if identity is None:
            return merchant, stored, None
        member_id = (await find_member(database, merchant_id, (identity,))).member_id
        return merchant, stored, await progress(database, merchant, member_id, machine_clock())

    merchant, stored, found = on_database(settings, work)
    if found is not None:
        show_json(found) if as_json else _show_progress(found, merchant)
    elif as_json:
        show_json(stored)
    else:
        _show_programme(stored, merchant)


@command.command("assign")
@with_settings
@with_json
@MERCHANT
@click.argument("email")
@click.argument("level", type=click.IntRange(min=0))
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; without it, until further notice.")
@click.option("--reason", default="", help="Kept with the member's history.")
@click.option("--pinned", is_flag=True, help="Nothing moves the member before that day, not even a higher tier.")
@click.option("--no-perks", is_flag=True, help="Give nothing that the tier gives on entry.")
def assign(
    settings: Settings, as_json: bool, merchant_id: int, email: str, level: int, until: datetime | None, reason: str,
    pinned: bool, no_perks: bool,
) -> None:  # fmt: skip
    """Put a member into a tier by its level; 0 is none. After the last day the rules decide again.

    \b
    Example:
      guerdon tier assign --merchant 42 ana@example.com 2 --until 2027-12-31 --reason "Guest of the house"
    """
    identity = read_email(email)

    async def work(database: Database) -> Progress:
        merchant = await get_merchant(database, merchant_id)
        member_id = (await find_member(database, merchant_id, (identity,))).member_id
        assignment = AssignTier(
            merchant=merchant, who=(identity,), level=level, until=until.date() if until else None, reason=reason,
            pinned=pinned, perks=not no_perks,
        )  # fmt: skip
        await booked(database, assignment, actor=ACTOR)
        return await progress(database, merchant, member_id, machine_clock())

    found = on_database(settings, work)
    if as_json:
        show_json(found)
    else:
        click.echo(f"{identity.value} is in {_tier(found.level, found.name)}{_until(found.until)}.")


@command.command("history")
@with_settings
@with_json
@MERCHANT
@click.argument("email")
def show_history(settings: Settings, as_json: bool, merchant_id: int, email: str) -> None:
    """Show how a member came where they stand, newest first.

    \b
    Example:
      guerdon tier history --merchant 42 ana@example.com
    """
    identity = read_email(email)

    async def work(database: Database) -> tuple[list[Change], Programme | None]:
        stored = await get_programme(database, merchant_id)
        member_id = (await find_member(database, merchant_id, (identity,))).member_id
        return await history(database, merchant_id, member_id), stored.programme if stored else None

    changes, programme = on_database(settings, work)
    if as_json:
        show_json(changes)
        return
    rows = [
        (f"{one.at:%Y-%m-%d %H:%M} UTC", _named(programme, one.from_level), _named(programme, one.to_level), one.why,
         one.until, one.actor, one.reason)
        for one in changes
    ]  # fmt: skip
    show_table(("at", "from", "to", "why", "until", "by", "reason"), rows, empty="This member has been in no tier yet.")


def read_programme(document: bytes) -> Programme:
    """The programme of a JSON object; refuses names that no programme has."""
    try:
        return msgspec.json.decode(document, type=Programme)
    except msgspec.DecodeError as error:
        raise Unusable(f"The tiers on standard input cannot be read: {error}.") from error


def _show_programme(stored: StoredProgramme | None, merchant: Merchant) -> None:
    rows = [
        (level_name(level), tier.name, _asked(tier.entry, merchant), _asked(tier.kept_by, merchant),
         _asked(tier.reached_by(before=True), merchant), tier.points_multiplier, tier.points_reward or None,
         tier.coupon_rule_id)
        for level, tier in enumerate(stored.programme.tiers if stored else (), start=1)
    ]  # fmt: skip
    show_table(
        ("level", "name", "entry", "retain", "regain", "multiplier", "points", "coupon"),
        rows,
        empty="There are no tiers yet: `guerdon tier set --help` shows how to set them.",
    )


def _show_progress(found: Progress, merchant: Merchant) -> None:
    rows = [
        ("tier", _tier(found.level, found.name)),
        ("since", f"{found.entered_at:%Y-%m-%d}" if found.entered_at else None),
        ("until", found.until),
        ("kept until", found.kept_until),
        ("by", found.assigned),
        ("done", _said(found.counted, merchant)),
        ("missing to keep it", _said(found.missing_to_keep, merchant)),
        ("next", _tier(found.next_level, found.next_name) if found.next_level else None),
        ("missing for it", _said(found.missing, merchant)),
    ]
    show_table(("member", ""), rows, empty="")


def _said(sums: Sums, merchant: Merchant) -> str:
    """Such as `120 points, $45.00, 3 orders`; nothing of what is zero."""
    if sums == NOTHING:
        return "nothing"
    spent = format_money(sums.spent_minor, currency(merchant.currency))
    said = [(sums.points, f"{sums.points} points"), (sums.spent_minor, f"{spent} spent"),
            (sums.orders, f"{sums.orders} orders"), (sums.referrals, f"{sums.referrals} referrals")]  # fmt: skip
    return ", ".join(text for number, text in said if number)


def _asked(threshold: Threshold, merchant: Merchant) -> str:
    """Such as `500 points or 12 orders`."""
    if not threshold:
        return "by hand"
    spent = format_money(threshold.amount_spent_minor or 0, currency(merchant.currency))
    said = [(threshold.points_earned, f"{threshold.points_earned} points"),
            (threshold.amount_spent_minor, f"{spent} spent"), (threshold.purchases, f"{threshold.purchases} orders"),
            (threshold.referrals, f"{threshold.referrals} referrals")]  # fmt: skip
    return (" and " if threshold.match == "all" else " or ").join(text for number, text in said if number is not None)


def _named(programme: Programme | None, level: int) -> str:
    return _tier(level, nickname(programme, level))


def _tier(level: int, name: str | None) -> str:
    if level == 0 or name is None:
        return "no tier"
    return name if name == level_name(level) else f"{name} ({level_name(level)})"


def _until(until: date | None) -> str:
    return f" until {until.isoformat()}" if until else " until further notice"
