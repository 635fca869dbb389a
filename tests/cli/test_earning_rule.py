"""`guerdon earning-rule`: what it answers, to a person and to a program, and how it says no."""

import pytest

from guerdon.cli.earning_rule import read_occasion, read_terms
from guerdon.cli.failure import Unusable
from guerdon.errors.base import BadField
from guerdon.errors.books import CurrencyNotAccepted
from guerdon.kit.ids import merchant_guid
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.merchants.merchant import Merchant, Policies
from tests.cli.terminal import Terminal, on_database
from tests.shop import START, email

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
OURS = ("--merchant", "42")
BASE = '{"name": "Base", "earns": {"kind": "per_amount", "points": 1, "each_minor": 100}}'
SHOES = """{
    "name": "Shoes", "earns": {"kind": "multiplier", "factor": "2"}, "goods": {"collections": ["Shoes"]},
    "caps": [{"per": "month", "points": 20}]
}"""
ORDER = '{"eligible_minor": 9995, "lines": [{"id": "S", "net_minor": 5000, "collections": ["Shoes"]}]}'
ACME_AS_IT_IS = Merchant(42, merchant_guid(42), "Acme", "USD", "UTC", Policies(), {})


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a database with a merchant and Ana."""
    terminal = Terminal(database_url=dsn)
    terminal.run(*ACME)
    on_database(dsn, lambda database: upsert_member(database, 42, email("ana@example.com"), ProfileChange(), START))
    return terminal


def test_a_rule_is_added_listed_explained_and_stopped(terminal: Terminal):
    base = terminal.json("earning-rule", "create", *OURS, text=BASE)
    assert (base["version"], base["says"]) == (1, "1 point for each $1.00 spent")
    said = terminal.run("earning-rule", "create", *OURS, text=SHOES).stdout
    assert "2 times the points, on collection ‘Shoes’, at most 20 points a month." in said
    assert [rule["name"] for rule in terminal.json("earning-rule", "list", *OURS)] == ["Base", "Shoes"]

    explained = terminal.run("earning-rule", "explain", *OURS, "ana@example.com", text=ORDER).stdout.splitlines()
    assert explained == [
        "119 points would be earned.",
        "  Base: 1 point for each $1.00 of $99.95: 99 points.",
        "  Shoes: 2 times 49.52 points, cut by the cap of 20 points a month: 20 points more.",
    ]
    stopped = terminal.json("earning-rule", "set", *OURS, str(base["id"]), "--disabled")
    assert (stopped["version"], stopped["active"]) == (2, False)
    found = terminal.json("earning-rule", "explain", *OURS, "ana@example.com", text=ORDER)
    assert [one["reason"] for one in found["passed_over"]] == ["inactive", "too_little"]
    told = terminal.run("earning-rule", "explain", *OURS, "ana@example.com", text=ORDER).stdout
    assert "Base: nothing. The rule is disabled." in told

    versions = terminal.json("earning-rule", "versions", *OURS, str(base["id"]))
    assert [(one["version"], one["actor"]) for one in versions] == [(2, "cli"), (1, "cli")]
    assert "disabled" in terminal.run("earning-rule", "versions", *OURS, str(base["id"])).stdout
    assert "Shoes" in terminal.run("earning-rule", "list", *OURS).stdout


def test_what_is_not_there_is_refused_in_one_sentence(terminal: Terminal):
    refused = terminal.run("earning-rule", "versions", *OURS, "99", status=2)
    assert refused.stderr == "There is no earning rule 99.\n"
    assert terminal.json("earning-rule", "set", *OURS, "99", "--active", status=2)["error"]["code"] == (
        "earning_rule_not_found"
    )
    assert (
        "ben@example.com"
        in terminal.run("earning-rule", "explain", *OURS, "ben@example.com", text="{}", status=2).stderr
    )


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"name": "Points"}', BASE.replace("points", "point"), BASE.replace("100", "0"), '{"name": 1}'],
)
def test_a_rule_with_something_amiss_is_refused(text: str):
    with pytest.raises((Unusable, BadField)):
        read_terms(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"eligible": 1}',
        '{"lines": [{"quantity": 1}]}',
        '{"at": "2026-03-10T12:00:00"}',
        '{"currency": "EUR"}',
    ],
)
def test_an_occasion_with_something_amiss_is_refused(text: str):
    with pytest.raises((Unusable, CurrencyNotAccepted)):
        read_occasion(text.encode(), ACME_AS_IT_IS)
