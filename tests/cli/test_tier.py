"""`guerdon tier`: what it answers, to a person and to a program, and how it says no."""

import pytest

from guerdon.cli.failure import Unusable
from guerdon.cli.tier import read_programme
from guerdon.errors.base import BadField
from guerdon.members.members import ProfileChange, upsert_member
from tests.cli.terminal import Terminal, on_database
from tests.shop import START, email

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
OURS = ("--merchant", "42")
TIERS = """{
    "term": "calendar_year", "tiers": [
        {"name": "Silver", "entry": {"points_earned": 500}},
        {"name": "Gold", "entry": {"amount_spent_minor": 100000, "purchases": 12, "match": "all"}, "points_reward": 250}
    ]
}"""
ANA = "ana@example.com"
GIVEN = "SELECT points FROM entry WHERE merchant_id = 42 AND source = 'issued'"


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a database with a merchant and Ana."""
    terminal = Terminal(database_url=dsn)
    terminal.run(*ACME)
    on_database(dsn, lambda database: upsert_member(database, 42, email(ANA), ProfileChange(), START))
    return terminal


def test_tiers_are_set_shown_and_assigned(terminal: Terminal):
    assert terminal.json("tier", "show", *OURS) is None
    assert "no tiers yet" in terminal.run("tier", "show", *OURS).stdout
    stored = terminal.json("tier", "set", *OURS, text=TIERS)
    assert (stored["version"], stored["actor"]) == (1, "cli")
    assert terminal.json("tier", "show", *OURS) == stored
    shown = terminal.run("tier", "show", *OURS).stdout
    assert "500 points" in shown
    assert "TIER2" in shown

    said = terminal.run("tier", "assign", *OURS, ANA, "2", "--until", "2099-06-30", "--reason", "guest").stdout
    assert said == "ana@example.com is in Gold (TIER2) until 2099-06-30.\n"
    found = terminal.json("tier", "show", *OURS, ANA)
    assert (found["level"], found["name"], found["assigned"]) == (2, "Gold", "hand")
    assert "Gold" in terminal.run("tier", "show", *OURS, ANA).stdout
    assert terminal.json("member", "show", *OURS, ANA)["tier_level"] == 2
    (line,) = terminal.json("tier", "history", *OURS, ANA)
    assert (line["from_level"], line["to_level"], line["why"], line["reason"]) == (0, 2, "assigned", "guest")
    assert "guest" in terminal.run("tier", "history", *OURS, ANA).stdout
    assert terminal.json("verify")["ok"] is True


def test_a_tier_that_is_set_with_the_member_is_assigned_like_any_other(terminal: Terminal):
    terminal.run("tier", "set", *OURS, text=TIERS)
    terminal.run("member", "set", *OURS, ANA, "--tier", "2", "--until", "2099-06-30", "--reason", "guest", "--no-perks")
    found = terminal.json("tier", "show", *OURS, ANA)
    assert (found["level"], found["assigned"], found["until"]) == (2, "hand", "2099-06-30")
    terminal.run("member", "set", *OURS, ANA, "--tier", "0")
    both = terminal.json("member", "set", *OURS, ANA, "--tier", "2", "--status", "suspended")
    assert (both["tier_level"], both["status"]) == (2, "suspended")
    lines = terminal.json("tier", "history", *OURS, ANA)
    assert [(one["to_level"], one["reason"]) for one in lines] == [(2, ""), (0, ""), (2, "guest")]
    given = on_database(terminal.environment["GUERDON_DATABASE_URL"], lambda database: database.fetch(GIVEN))
    assert [row[0] for row in given] == [250], "the perks came with the second time alone"

    refused = terminal.run("member", "set", *OURS, ANA, "--tier", "3", "--status", "active", status=2)
    assert "no tier 3" in refused.stderr
    assert terminal.json("member", "show", *OURS, ANA)["status"] == "suspended"
    for more in (("--reason", "guest"), ("--until", "2099-06-30"), ("--no-perks",)):
        refused = terminal.run("member", "set", *OURS, ANA, "--status", "active", *more, status=2)
        assert "say more of a --tier" in refused.stderr
    assert terminal.json("verify")["ok"] is True


def test_a_level_that_is_not_there_is_refused_in_one_sentence(terminal: Terminal):
    terminal.run("tier", "set", *OURS, text=TIERS)
    assert "no tier 3" in terminal.run("tier", "assign", *OURS, ANA, "3", status=2).stderr
    refused = terminal.json("tier", "assign", *OURS, ANA, "1", "--until", "2020-01-01", status=2)
    assert refused["error"]["code"] == "tier_ends_too_soon"
    assert "redemption option 99" in terminal.run(
        "tier", "set", *OURS, status=2,
        text='{"term": "lifetime", "tiers": [{"name": "A", "coupon_rule_id": 99}]}',
    ).stderr  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", '{"term": "weekly", "tiers": []}', '{"term": "lifetime", "tiers": [{}]}',
                                  '{"term": "lifetime", "tiers": [{"name": "A", "enter": {}}]}'])  # fmt: skip
def test_tiers_with_something_amiss_cannot_be_read(text: str):
    with pytest.raises(Unusable):
        read_programme(text.encode())


def test_tiers_without_sense_are_refused():
    with pytest.raises(BadField):
        read_programme(b'{"term": "lifetime", "tiers": []}')
