"""`guerdon rule`: what points buy."""

import sys

import click
import msgspec

from guerdon.cli.database import of_merchant, on_database
from guerdon.cli.failure import Unusable
from guerdon.cli.options import MERCHANT, with_json, with_settings
from guerdon.cli.show import show_json, show_table
from guerdon.database.pool import Database
from guerdon.kit.clock import machine_clock
from guerdon.kit.money import currency, format_money
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import get_merchant
from guerdon.rewards.rule import RedemptionRule, RewardKind
from guerdon.rewards.rules import Rule, RuleVersion, add_rule, get_rule, list_rules, list_versions
from guerdon.settings import Settings

ACTOR = "cli"

PORTAL_MARK = "numberOfPoints"
"""Every rule of the portal's has it, and none of ours."""


@click.group("rule")
def command() -> None:
    """Add and list redemption rules, and what they said before."""


@command.command("create")
@with_settings
@with_json
@MERCHANT
def create(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """Add a redemption rule, read from standard input as JSON. Money is in minor units: 5000 with USD is $50.00.

    The body of a portal's addRedemptionRule is taken as well. Codes are ours unless "codes" says where they come from:
    {"source": "pool", "low_at": 100}, or {"source": "callback", "create_url": …, "cancel_url": …, "secret": …}.

    \b
    Example:
      echo '{"points": 10000, "amount_minor": 5000, "currency": "USD", "category": "GIFT_CARDS"}' |
        guerdon rule create --merchant 42
    """
    document = sys.stdin.buffer.read()

    async def work(database: Database) -> Rule:
        terms = read_rule(document, await get_merchant(database, merchant_id))
        return await add_rule(database, merchant_id, terms, actor=ACTOR, now=machine_clock())

    rule = on_database(settings, work)
    if as_json:
        show_json(_facts(rule))
    else:
        click.echo(f"Rule {rule.rule_id} is there: {reward(rule.terms)} for {rule.terms.points} points.")


@command.command("versions")
@with_settings
@with_json
@MERCHANT
@click.argument("rule_id", type=int)
def versions(settings: Settings, as_json: bool, merchant_id: int, rule_id: int) -> None:
    """Show all that a rule ever said, newest first, with who signed in to say it.

    \b
    Example:
      guerdon rule versions --merchant 42 7
    """

    async def work(database: Database) -> list[RuleVersion]:
        await get_rule(database, merchant_id, rule_id)
        return await list_versions(database, merchant_id, rule_id)

    found = on_database(settings, work)
    if as_json:
        show_json(found)
        return
    rows = [(one.version, f"{one.recorded_at:%Y-%m-%d %H:%M} UTC", one.actor, one.terms.description) for one in found]
    show_table(("version", "since", "by", "description"), rows, empty="No versions.")


@command.command("list")
@with_settings
@with_json
@MERCHANT
def list_all(settings: Settings, as_json: bool, merchant_id: int) -> None:
    """List a merchant's redemption rules as they stand.

    \b
    Example:
      guerdon rule list --merchant 42
    """
    rules = of_merchant(settings, merchant_id, list_rules)
    if as_json:
        show_json([_facts(rule) for rule in rules])
        return
    rows = [
        (rule.rule_id, rule.version, "active" if rule.terms.active else "disabled", rule.terms.points,
         reward(rule.terms), rule.terms.pricing, rule.terms.name or rule.terms.description)
        for rule in rules
    ]  # fmt: skip
    show_table(
        ("id", "version", "status", "points", "buy", "priced", "name"),
        rows,
        empty="There is no rule yet: `guerdon rule create --help` shows how to add one.",
    )


def read_rule(document: bytes, merchant: Merchant) -> RedemptionRule:
    """The terms of a JSON object, ours or the portal's; refuses names that no rule of ours has."""
    try:
        given = msgspec.json.decode(document, type=dict[str, object])
        if PORTAL_MARK in given:
            # Imported here, since all of HTTP comes with it.
            from guerdon.api.portal.terms import RuleSent, new_terms

            return new_terms(msgspec.convert(given, RuleSent, strict=False), merchant)
        known = RedemptionRule.__struct_fields__
        if unknown := sorted(set(given) - set(known)):
            raise Unusable(f"A rule has no {unknown[0]!r}; it has {', '.join(known)}.")
        return msgspec.convert(given, RedemptionRule)
    except msgspec.DecodeError as error:
        raise Unusable(f"The rule on standard input cannot be read: {error}.") from error


def reward(terms: RedemptionRule) -> str:
    """What the points buy, in words."""
    match terms.reward:
        case RewardKind.AMOUNT:
            return format_money(terms.amount_minor, currency(terms.currency), trim=True)
        case RewardKind.PERCENTAGE:
            whole, hundredths = divmod(terms.percentage_hundredths, 100)
            return f"{whole}.{hundredths:02}%" if hundredths else f"{whole}%"
        case RewardKind.FREE_SHIPPING:
            return "free shipping"
        case RewardKind.FREE_PRODUCT:
            return f"product {terms.product_id}"


def _facts(rule: Rule) -> dict[str, object]:
    """The terms with the rule's id before them."""
    return {"id": rule.rule_id, "version": rule.version, **msgspec.to_builtins(rule.terms)}
