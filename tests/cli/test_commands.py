"""What each command answers, to a person and to a program, and how it says no."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from uuid import uuid4

import click
import pytest

from guerdon.access.keys import Keys
from guerdon.access.operators import Operators
from guerdon.activities.adjust import AdjustPoints
from guerdon.cli import COMMANDS, module_of
from guerdon.cli.failure import Unusable
from guerdon.cli.merchant import changed, read_rate
from guerdon.cli.rule import read_rule
from guerdon.database.address import Address
from guerdon.database.pool import Database
from guerdon.errors.base import BadField, Unauthenticated
from guerdon.kit.clock import machine_clock
from guerdon.kit.ids import merchant_guid
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.merchants.merchant import Merchant, Policies
from guerdon.merchants.merchants import Merchants, get_merchant
from guerdon.points.desk import Desk
from tests.cli.terminal import Terminal, on_database
from tests.shop import email

PORTAL_RULE = """{
    "id": 0, "redemptionRuleStatus": {"name": "ACTIVE"}, "redemptionCategory": {"name": "GIFT_CARDS"},
    "loyaltyTierLevel": {"name": "NONE"}, "amountIssued": {"amount": "50.00", "currency": {"currencyCode": "USD"}},
    "createdUserId": "642", "maxRedeemablePointsRadioButton": "MAX_REDEEMABLE_POINTS_PER_TXN", "merchantId": "42",
    "description": "For each 10000 points you earn, you can redeem a $50.00 reward.", "numberOfPoints": "10000"
}"""

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a migrated database."""
    return Terminal(database_url=dsn)


@pytest.fixture
def empty_dsn(server: Address, administer: Callable[[str], None]) -> Iterator[str]:
    """A database that nothing was ever done to."""
    name = f"empty_{uuid4().hex}"
    administer(f"CREATE DATABASE {name}")
    yield replace(server, database=name).dsn
    administer(f"DROP DATABASE {name} WITH (FORCE)")


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its whole name."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for part, child in command.commands.items():
        yield from leaves(child, f"{name} {part}")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example(name: str):
    command: click.Command = import_module(module_of(name)).command
    for whole_name, leaf in leaves(command, name):
        assert "Example:" in (leaf.help or ""), whole_name
        assert f"guerdon {whole_name}" in (leaf.help or ""), whole_name


def test_the_overview_waits_for_nothing_heavy():
    program = "import sys, guerdon.cli; sys.exit(bool({'asyncpg', 'litestar', 'rich', 'uvicorn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


@pytest.mark.parametrize("name", ["webhook", "policy", "request", "key", "merchant", "redemption", "serve"])
def test_a_command_waits_for_no_server(name: str):
    program = (
        f"import sys, {module_of(name)}; sys.exit(bool({{'litestar', 'uvicorn', 'guerdon.app'}} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_merchant_comes_with_a_key_that_opens(terminal: Terminal, dsn: str):
    made = terminal.json(*ACME)
    assert made["id"] == 42

    async def caller(database: Database) -> int:
        return (await Keys(database, Merchants(database)).caller(made["guid"], made["api_key"])).merchant.merchant_id

    assert on_database(dsn, caller) == 42


def test_a_taken_id_is_refused_in_one_sentence(terminal: Terminal):
    terminal.run(*ACME)
    refused = terminal.run(*ACME, status=2)
    assert refused.stdout == ""
    assert "42 exists already" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert terminal.json(*ACME, status=2)["error"]["code"] == "name_taken"


def test_policies_and_rates_are_set_and_shown(terminal: Terminal, dsn: str):
    terminal.run(*ACME, "--policies", '{"hold_days": 14}', "--coupon-prefix", "ACME", "--rate", "EUR=0.9")
    assert terminal.json("merchant", "policies", "42", "--policies", '{"late_capture": "flag"}')["hold_days"] == 14
    assert terminal.json("merchant", "rate", "42", "JPY=150")["rates"] == {"EUR": "0.9", "JPY": "150"}
    merchant = on_database(dsn, lambda database: get_merchant(database, 42))
    assert (merchant.policies.late_capture, merchant.policies.coupon_prefix) == ("flag", "ACME")
    assert "Acme" in terminal.run("merchant", "list").stdout


@pytest.mark.parametrize(("option", "value"), [("--currency", "XYZ"), ("--timezone", "Mars/Base")])
def test_a_merchant_with_something_amiss_is_refused(terminal: Terminal, option: str, value: str):
    assert value in terminal.run("merchant", "create", "--name", "Acme", option, value, status=2).stderr


@pytest.mark.parametrize(
    ("document", "told"),
    [('{"hold_day": 14}', "no policy 'hold_day'"), ('{"hold_days": "long"}', "hold_days"), ("{", "cannot be read")],
)
def test_policies_that_nobody_has_are_refused(document: str, told: str):
    with pytest.raises(Unusable, match=told):
        changed(Policies(), document)


def test_a_rate_without_a_number_is_refused():
    with pytest.raises(Unusable, match=r"EUR=0\.9"):
        read_rate("EUR")


def test_a_revoked_key_opens_nothing(terminal: Terminal, dsn: str):
    terminal.run(*ACME)
    made = terminal.json("key", "create", "--merchant", "42", "--name", "checkout", "--scope", "redeem")
    key = terminal.json("key", "list", "--merchant", "42")[1]
    assert (key["name"], key["scopes"]) == ("checkout", ["redeem"])
    terminal.run("key", "revoke", "--merchant", "42", str(key["key_id"]))

    async def sign_in(database: Database) -> None:
        await Keys(database, Merchants(database)).caller(made["guid"], made["api_key"])

    with pytest.raises(Unauthenticated):
        on_database(dsn, sign_in)
    assert "has no key 99" in terminal.run("key", "revoke", "--merchant", "42", "99", status=2).stderr


def test_an_operator_signs_in_with_a_password_from_standard_input(terminal: Terminal, dsn: str):
    terminal.run(*ACME)
    ana = ("operator", "create", "--merchant", "42", "--username", "ana", "--role", "manager")
    assert terminal.json(*ana, "--password", "-", text="correct horse\n")["role"] == "manager"

    async def sign_in(database: Database) -> dict[int, str]:
        signing_in = Operators(database, machine_clock).sign_in(b64encode(b"ana:correct horse").decode(), address="")
        return (await signing_in).roles

    assert on_database(dsn, sign_in) == {42: "manager"}
    assert [person["username"] for person in terminal.json("operator", "list", "--merchant", "42")] == ["ana"]
    assert "password is needed" in terminal.run(*ana, status=2).stderr


def test_a_rule_is_read_from_standard_input(terminal: Terminal):
    terminal.run(*ACME)
    own = terminal.json(
        "rule", "create", "--merchant", "42", text='{"points": 100, "amount_minor": 500, "currency": "USD"}'
    )
    assert (own["points"], own["amount_minor"]) == (100, 500)
    portal = terminal.json("rule", "create", "--merchant", "42", text=PORTAL_RULE)
    assert (portal["points"], portal["amount_minor"], portal["category"]) == (10_000, 5_000, "GIFT_CARDS")
    assert [rule["id"] for rule in terminal.json("rule", "list", "--merchant", "42")] == [own["id"], portal["id"]]
    assert "$50" in terminal.run("rule", "list", "--merchant", "42").stdout
    versions = terminal.json("rule", "versions", "--merchant", "42", str(own["id"]))
    assert [(one["version"], one["terms"]["points"], one["actor"]) for one in versions] == [(1, 100, "cli")]


@pytest.mark.parametrize("text", ["", "[]", '{"points": 0, "currency": "USD"}', '{"point": 1}', '{"points": "many"}'])
def test_a_rule_with_something_amiss_is_refused(text: str):
    merchant = Merchant(42, merchant_guid(42), "Acme", "USD", "UTC", Policies(), {})
    with pytest.raises((Unusable, BadField)):
        read_rule(text.encode(), merchant)


def test_a_member_is_shown_and_set(terminal: Terminal, dsn: str):
    terminal.run(*ACME)
    on_database(dsn, lambda database: upsert_member(database, 42, email("ana@example.com"), ProfileChange(), NOW))
    terminal.run("member", "set", "--merchant", "42", "Ana@Example.com", "--tier", "2", "--status", "suspended")
    shown = terminal.json("member", "show", "--merchant", "42", "ana@example.com")
    assert (shown["tier_level"], shown["status"]) == (2, "suspended")
    assert "ben@example.com" in terminal.run("member", "show", "--merchant", "42", "ben@example.com", status=2).stderr


def test_a_database_of_somebody_elses_is_migrated_by_hand_alone(empty_dsn: str):
    terminal = Terminal(database_url=empty_dsn)
    for command in (("serve", "--port", "0"), ("merchant", "list")):
        assert "guerdon migrate" in terminal.run(*command, status=2).stderr
    checks = {check["name"]: check["health"] for check in terminal.json("doctor", status=1)}
    assert (checks["schema"], checks["database"]) == ("bad", "well")
    assert terminal.json("migrate")["applied"][0] == "0001_merchants"
    assert terminal.json("migrate") == {"applied": []}
    assert terminal.json("merchant", "list") == []


def test_verify_names_the_account_that_does_not_add_up(terminal: Terminal, dsn: str):
    terminal.run(*ACME)

    async def give(database: Database) -> None:
        await upsert_member(database, 42, email("ana@example.com"), ProfileChange(), NOW)
        desk = Desk(database, (), connections=1)
        merchant = await get_merchant(database, 42)
        await desk.submit(AdjustPoints(merchant=merchant, who=email("ana@example.com"), points=500), actor="test")
        await desk.close()

    async def tamper(database: Database) -> int:
        return await database.fetchval(
            "UPDATE account SET issued = issued - 1, available = available + 1 RETURNING account_id"
        )

    on_database(dsn, give)
    assert terminal.json("verify") == {"ok": True, "merchants": 1, "findings": []}
    account_id = on_database(dsn, tamper)
    verdict = terminal.json("verify", status=1)
    assert verdict["ok"] is False
    assert verdict["findings"][0]["merchant"] == 42
    assert verdict["findings"][0]["subject"] == f"account:{account_id}"
    assert f"account:{account_id}" in terminal.run("verify", status=1).stdout


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"port": "eighty"}, "GUERDON_PORT"),
        ({"database_url": "postgresql://nobody:wrong@127.0.0.1:1/none"}, "GUERDON_DATABASE_URL"),
        ({"database_url": "no address"}, "GUERDON_DATABASE_URL"),
    ],
)
def test_settings_that_do_not_work_are_named(settings: dict[str, str], told: str):
    refused = Terminal(**settings).run("merchant", "list", status=2)
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
