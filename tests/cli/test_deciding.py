"""What operators decide at a terminal: activities that wait, adjustments of others, and the referrals they look at."""

from datetime import UTC, datetime

import pytest

from guerdon.activities.log import reporting
from guerdon.app import shelves
from guerdon.database.pool import Database
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.merchants.merchants import get_merchant
from guerdon.points.desk import Desk
from tests.cli.terminal import Terminal, on_database
from tests.shop import email

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
POLICIES = '{"approval_above": 100, "referrals": {"referrer_points": 100, "link": "https://acme.example/?ref={code}"}}'
ANA = "ana@example.com"
AT = ("--merchant", "42")


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal at a merchant with two managers, a reader, and Ana as a member."""
    terminal = Terminal(database_url=dsn)
    terminal.run(*ACME, "--policies", POLICIES)
    for username, role in (("mo", "manager"), ("nan", "manager"), ("rex", "read_only")):
        terminal.run(
            "operator", "create", *AT, "--username", username, "--role", role, "--password", "-", text="secret12\n"
        )
    on_database(dsn, lambda database: upsert_member(database, 42, email(ANA), ProfileChange(), datetime.now(UTC)))
    return terminal


def test_an_activity_that_waits_is_approved_by_an_operator(terminal: Terminal, dsn: str):
    async def report(database: Database) -> None:
        rule = EarningRule(name="Review", trigger="review", earns=Flat(points=50), approval=True)
        await add_rule(database, 42, rule, actor="test", now=datetime.now(UTC))
        merchant = await get_merchant(database, 42)
        desk = Desk(database, shelves(), connections=1)
        for number in range(2):
            command = await reporting(database, merchant, email(ANA), "review", f"r{number}", datetime.now(UTC))
            await desk.submit(command, actor="test")
        await desk.close()

    on_database(dsn, report)
    assert [one["activity_id"] for one in terminal.json("activity", "list", *AT, "--waiting")] == ["r0", "r1"]
    assert "may decide nothing" in terminal.run("activity", "approve", *AT, "r0", "--as", "rex", status=2).stderr
    assert "50 points" in terminal.run("activity", "approve", *AT, "r0", "--as", "mo").stdout
    rejected = terminal.json("activity", "reject", *AT, "r1", "--as", "nan", "--because", "copied")
    assert (rejected["state"], rejected["decision"]) == ("rejected", "copied")
    assert terminal.json("activity", "list", *AT, "--waiting") == []
    own = terminal.json("activity", "list", *AT, "--member", ANA)
    assert {(one["activity_id"], one["state"]) for one in own} == {("r0", "approved"), ("r1", "rejected")}
    assert terminal.json("activity", "approve", *AT, "r9", "--as", "mo", status=2)["error"]["code"] == (
        "activity_not_found"
    )
    assert "--waiting" in terminal.run("activity", "list", *AT, status=2).stderr


def test_a_large_adjustment_takes_two_people(terminal: Terminal):
    add = ("adjustment", "add", *AT, ANA)
    assert "has 100 points" in terminal.run(*add, "100", "--reason", "reward", "--as", "mo").stdout
    proposed = terminal.json(*add, "500", "--reason", "reward", "--note", "ticket 7", "--as", "mo")
    assert (proposed["entry"], proposed["available"]) == (0, 100)
    number = str(proposed["proposal_id"])
    own = terminal.json("adjustment", "approve", *AT, number, "--as", "mo", status=2)
    assert own["error"]["code"] == "second_person_needed"
    assert "approved" in terminal.run("adjustment", "approve", *AT, number, "--as", "nan").stdout
    assert terminal.json(*add, "50", "--reason", "expire", "--as", "mo")["available"] == 550
    second = terminal.json(*add, "101", "--reason", "redeem", "--as", "nan")["proposal_id"]
    assert terminal.json("adjustment", "refuse", *AT, str(second), "--as", "mo")["state"] == "refused"
    listed = terminal.json("adjustment", "list", *AT)
    assert [(one["change"]["points"], one["state"]) for one in listed] == [(-101, "refused"), (500, "approved")]
    assert "ticket 7" in terminal.run("adjustment", "list", *AT).stdout


def test_a_members_referrals_are_shown(terminal: Terminal):
    shown = terminal.json("referral", "show", *AT, ANA)
    assert shown["link"] == f"https://acme.example/?ref={shown['code']}"
    assert shown["statistics"]["orders"] == 0
    assert shown["code"] in terminal.run("referral", "show", *AT, ANA).stdout
    assert terminal.json("referral", "list", *AT, "--member", ANA) == []
    terminal.run("merchant", "policies", "42", "--policies", '{"referrals": null}')
    assert "no referrals yet" in terminal.run("referral", "show", *AT, ANA, status=2).stderr
