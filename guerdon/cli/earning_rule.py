"""`guerdon earning-rule`: what earns points."""

import sys
from typing import Any

import click
import msgspec

from guerdon.cli.database import on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.member import read_email
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.earning.dryrun import dry_run
from guerdon.earning.evaluate import Evaluation
from guerdon.earning.explained import REASONS
from guerdon.earning.occasion import Occasion
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import StoredRule, StoredVersion, add_rule, get_rule, list_rules, list_versions, set_active
from guerdon.earning.wording import rule_sentence
from guerdon.kit.clock import machine_clock
from guerdon.members.members import find_member
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import get_merchant
from guerdon.settings import Settings

ACTOR = "cli"


@click.group("earning-rule")
def command() -> None:
    """Add, list and try out earning rules."""


@command.command("create")
@with_settings
@with_json
@MERCHANT
def create(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """Add an earning rule, read from standard input as JSON. Money is in minor units of the merchant's currency.

    \b
    Example:
      echo '{"name": "Shoes", "earns": {"kind": "per_amount", "points": 2, "each_minor": 100},
             "goods": {"collections": ["Shoes"]}}' | guerdon earning-rule create --merchant 42
    """
    document = sys.stdin.buffer.read()

    async def work(database: Database) -> tuple[Merchant, StoredRule]:
        merchant = await get_merchant(database, merchant_id)
        terms = read_terms(document)
        return merchant, await add_rule(database, merchant_id, terms, actor=ACTOR, now=machine_clock())

    merchant, rule = on_database(settings, work)
    if as_json:
        show_json(_facts(rule, merchant))
    else:
        click.echo(f"Earning rule {rule.rule_id} is there: {rule_sentence(rule.terms, merchant.currency)}.")


@command.command("list")
@with_settings
@with_json
@MERCHANT
def list_all(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """List a merchant's earning rules as they stand, each in a sentence.

    \b
    Example:
      guerdon earning-rule list --merchant 42
    """

    async def work(database: Database) -> tuple[Merchant, list[StoredRule]]:
        return await get_merchant(database, merchant_id), await list_rules(database, merchant_id)

    merchant, rules = on_database(settings, work)
    if as_json:
        show_json([_facts(rule, merchant) for rule in rules])
        return
    rows = [
        (rule.rule_id, rule.version, "active" if rule.terms.active else "disabled", rule.terms.trigger,
         rule.terms.name, rule_sentence(rule.terms, merchant.currency))
        for rule in rules
    ]  # fmt: skip
    show_table(
        ("id", "version", "status", "for", "name", "gives"),
        rows,
        empty="There is no earning rule yet: `guerdon earning-rule create --help` shows how to add one.",
    )


@command.command("versions")
@with_settings
@with_json
@MERCHANT
@click.argument("rule_id", type=int)
def versions(settings: Settings, as_json: bool, merchant_id: int, rule_id: int) -> None:
    """Show all that an earning rule ever said, newest first, with who signed in to say it.

    \b
    Example:
      guerdon earning-rule versions --merchant 42 7
    """

    async def work(database: Database) -> tuple[Merchant, list[StoredVersion]]:
        await get_rule(database, merchant_id, rule_id)
        return await get_merchant(database, merchant_id), await list_versions(database, merchant_id, rule_id)

    merchant, found = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    rows = [
        (one.version, f"{one.recorded_at:%Y-%m-%d %H:%M} UTC", one.actor,
         "active" if one.terms.active else "disabled", rule_sentence(one.terms, merchant.currency))
        for one in found
    ]  # fmt: skip
    show_table(("version", "since", "by", "status", "gives"), rows, empty="No versions.")


@command.command("set")
@with_settings
@with_json
@MERCHANT
@click.argument("rule_id", type=int)
@click.option("--active/--disabled", "active", required=True, help="Whether it earns from now on.")
def set_by_hand(settings: Settings, as_json: bool, merchant_id: int, rule_id: int, active: bool) -> None:
    """Let an earning rule earn, or stop it. What it gave before stays.

    \b
    Example:
      guerdon earning-rule set --merchant 42 7 --disabled
    """

    async def work(database: Database) -> tuple[Merchant, StoredRule]:
        merchant = await get_merchant(database, merchant_id)
        return merchant, await set_active(
            database, merchant_id, rule_id, active=active, actor=ACTOR, now=machine_clock()
        )

    merchant, rule = on_database(settings, work)
    if as_json:
        show_json(_facts(rule, merchant))
    else:
        click.echo(f"Earning rule {rule_id} is {'active' if active else 'disabled'}, at version {rule.version}.")


@command.command("explain")
@with_settings
@with_json
@MERCHANT
@click.argument("email")
def explain(settings: Settings, as_json: bool, merchant_id: int, email: str) -> None:
    """Say what a member would earn for an order or an activity, and why. Nothing is booked.

    The occasion is read from standard input as JSON; money is in minor units. Left out, its time is now and its
    currency the merchant's.

    \b
    Example:
      echo '{"eligible_minor": 4995, "lines": [{"id": "SKU-1", "quantity": 1, "net_minor": 4995}]}' |
        guerdon earning-rule explain --merchant 42 ana@example.com
    """
    document = sys.stdin.buffer.read()
    identity = read_email(email)

    async def work(database: Database) -> tuple[Evaluation, dict[int, str]]:
        merchant = await get_merchant(database, merchant_id)
        occasion = read_occasion(document, merchant)
        member = await find_member(database, merchant_id, (identity,))
        names = {rule.rule_id: rule.terms.name for rule in await list_rules(database, merchant_id)}
        return await dry_run(database, merchant, member, occasion), names

    found, names = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    click.echo(f"{found.points} points would be earned.")
    for award in found.earned:
        click.echo(f"  {award.explanation.rule}: {award.explanation.sentence}.")
    for passed in found.passed_over:
        click.echo(f"  {names[passed.rule_id]}: nothing. {REASONS[passed.reason]}.")


def read_terms(document: bytes) -> EarningRule:
    """The terms of a JSON object; refuses names that no earning rule has."""
    try:
        return msgspec.json.decode(document, type=EarningRule)
    except msgspec.DecodeError as error:
        raise Unusable(f"The rule on standard input cannot be read: {error}.") from error


def read_occasion(document: bytes, merchant: Merchant) -> Occasion:
    """An order or an activity of a JSON object, now and in the merchant's currency unless it says otherwise."""
    try:
        given = msgspec.json.decode(document, type=dict[str, Any])
        occasion = msgspec.convert({"at": machine_clock(), "currency": merchant.currency, **given}, Occasion)
    except msgspec.DecodeError as error:
        raise Unusable(f"The occasion on standard input cannot be read: {error}.") from error
    if occasion.at.tzinfo is None:
        raise Unusable(f"{occasion.at.isoformat()} has no time zone: end it with Z or an offset such as +02:00.")
    merchant.accepted(occasion.currency)
    return occasion


def _facts(rule: StoredRule, merchant: Merchant) -> dict[str, object]:
    """The terms with the rule's id before them, and what they say in a sentence."""
    sentence = rule_sentence(rule.terms, merchant.currency)
    return {"id": rule.rule_id, "version": rule.version, "says": sentence, **msgspec.to_builtins(rule.terms)}
