"""`guerdon member`, `household` and `move`: what they answer, to a person and to a program, and how they say no."""

import json
from uuid import UUID

import pytest

from guerdon.access.tokens import read_token
from guerdon.cli.failure import Unusable
from guerdon.cli.member import read_member
from guerdon.cli.move import read_rule
from guerdon.kit.clock import machine_clock
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.points.command import Identity
from tests.cli.terminal import Terminal, on_database
from tests.shop import START, email

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
OURS = ("--merchant", "42")
ANA, BEN = "ana@example.com", "ben@example.com"
RULE = """{
    "transfers": {"enabled": true, "minimum": 10, "fee": {"flat": 5}}, "gifts": {"enabled": true},
    "purchases": {"enabled": true}, "price": {"amount": 1, "points": 10}
}"""


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a database with a merchant, whose members Ana and Ben are."""
    terminal = Terminal(database_url=dsn)
    terminal.run(*ACME)
    for address in (ANA, BEN):
        on_database(dsn, lambda database, who=address: upsert_member(database, 42, email(who), ProfileChange(), START))
    return terminal


def number(terminal: Terminal, address: str) -> int:
    return terminal.json("member", "show", *OURS, address)["member_id"]


def test_points_are_bought_and_moved_under_the_rule(terminal: Terminal):
    assert terminal.json("move", "rule", *OURS)["version"] == 0
    refused = terminal.json("move", "points", *OURS, ANA, BEN, "50", status=2)
    assert refused["error"]["code"] == "moving_off"
    assert terminal.json("move", "set", *OURS, text=RULE)["version"] == 1
    assert "purchases" in terminal.run("move", "rule", *OURS).stdout
    bought = terminal.json("move", "buy", *OURS, ANA, "1000", "--payment", "INV-1")
    assert (bought["points"], bought["price_minor"]) == (1000, 100)
    assert terminal.json("move", "buy", *OURS, ANA, "1000", "--payment", "INV-1") == bought
    for_ben = terminal.json("move", "buy", *OURS, ANA, "30", "--payment", "INV-2", "--for", BEN)
    assert f"30 of 30 points were taken back from member {number(terminal, BEN)}" in (
        terminal.run("move", "refund", *OURS, str(for_ben["movement_id"])).stdout
    )
    again = terminal.json("move", "refund", *OURS, str(for_ben["movement_id"]), "--note", "a mistake")
    assert (again["points_back"], again["refunded_at"] is None) == (30, False)
    assert terminal.json("move", "refund", *OURS, "99999", status=2)["error"]["code"] == "movement_not_found"
    said = terminal.run("move", "points", *OURS, ANA, BEN, "50").stdout
    assert f"50 points for member {number(terminal, BEN)}, with a fee of 5 points" in said
    gift = terminal.json("move", "points", *OURS, ANA, BEN, "7", "--gift", "--note", "for you")
    assert (gift["kind"], gift["fee_points"]) == ("gift", 0)
    listed = terminal.json("move", "list", *OURS, BEN)
    assert [(one["points"], one["refunded_at"] is None) for one in listed] == [(7, True), (50, True), (30, False)]
    assert "for you" in terminal.run("move", "list", *OURS, ANA).stdout
    assert terminal.json("verify")["ok"] is True


def test_two_become_one_and_are_two_again(terminal: Terminal):
    ana, ben = number(terminal, ANA), number(terminal, BEN)
    said = terminal.run("member", "merge", *OURS, ANA, BEN).stdout
    assert f"Member {ben} has become member {ana}." in said
    assert number(terminal, BEN) == ana
    assert terminal.json("member", "show", *OURS, str(ben))["member_id"] == ana
    (merged,) = terminal.json("member", "merges", *OURS, ANA)
    assert "done" in terminal.run("member", "merges", *OURS, ANA).stdout
    again = terminal.json("member", "merge", *OURS, ANA, str(ben), status=2)
    assert again["error"]["code"] == "same_member"
    undone = terminal.json("member", "unmerge", *OURS, str(merged["merge_id"]))
    assert undone["state"] == "undone"
    assert number(terminal, BEN) == ben


def test_a_member_is_exported_line_by_line_and_erased(terminal: Terminal):
    lines = terminal.run("member", "export", *OURS, ANA).stdout.splitlines()
    known = [json.loads(line) for line in lines]
    assert {"profile", "identity", "account"} <= {one["kind"] for one in known}
    assert terminal.run("member", "erase", *OURS, ANA, text="n\n", status=1).stdout == ""
    gone = terminal.json("member", "erase", *OURS, ANA, "--yes")
    assert gone["actor"] == "cli"
    assert ANA in terminal.run("member", "show", *OURS, ANA, status=2).stderr
    by_number = terminal.json("member", "suspend", *OURS, str(gone["member_id"]), status=2)
    assert by_number["error"]["code"] == "member_erased"


def test_who_is_suspended_is_active_again(terminal: Terminal):
    assert terminal.json("member", "suspend", *OURS, ANA)["status"] == "suspended"
    assert terminal.json("member", "activate", *OURS, ANA)["status"] == "active"


def test_a_link_to_a_members_page_is_signed_once_pages_are_open(terminal: Terminal):
    assert "token-secret" in terminal.run("member", "link", *OURS, ANA, status=2).stderr
    secret = terminal.json("key", "token-secret", *OURS, "--rotate")["token_secret"]
    assert "publishable" in terminal.run("member", "link", *OURS, ANA, status=2).stderr
    terminal.run("key", "create", *OURS, "--name", "pages", "--publishable")

    link = terminal.json("member", "link", *OURS, ANA, "--url", "https://points.example/")["link"]

    page, _, token = link.partition("#")
    assert page == "https://points.example/m/42"
    guid = terminal.json("merchant", "list")[0]["guid"]
    assert read_token(token, [secret], guid=UUID(guid), now=machine_clock()) == Identity("email", ANA)


def test_a_household_is_opened_joined_left_and_dissolved(terminal: Terminal):
    opened = terminal.json("household", "create", *OURS, ANA, "--name", "Stone")
    home = str(opened["household_id"])
    assert [one["role"] for one in opened["members"]] == ["owner"]
    joined = terminal.json("household", "add", *OURS, home, BEN, "--may-not-spend")
    assert [(one["email"], one["may_spend"]) for one in joined["members"]] == [(ANA, True), (BEN, False)]
    terminal.run("household", "set", *OURS, home, BEN, "--role", "owner")
    assert "Household" in terminal.run("household", "show", *OURS, home).stdout
    terminal.run("household", "remove", *OURS, home, ANA)
    assert "is dissolved" in terminal.run("household", "dissolve", *OURS, home).stdout
    refused = terminal.json("household", "dissolve", *OURS, home, status=2)
    assert refused["error"]["code"] == "household_not_found"


@pytest.mark.parametrize(
    ("text", "identity"),
    [("17", Identity("member", "17")), ("+1 415 555 2671", Identity("phone", "+14155552671")),
     ("Ana@Example.com", Identity("email", "ana@example.com"))],
)  # fmt: skip
def test_a_member_is_named_in_three_ways(text: str, identity: Identity):
    assert read_member(text) == identity


@pytest.mark.parametrize("text", ["", "nobody", "+1", "a@"])
def test_what_names_nobody_is_refused(text: str):
    with pytest.raises(Unusable):
        read_member(text)


@pytest.mark.parametrize("text", ["", "[]", '{"transfer": {}}', '{"transfers": {"minimum": "many"}}'])
def test_a_rule_with_something_amiss_is_refused(text: str):
    with pytest.raises(Unusable):
        read_rule(text.encode())
