"""`guerdon event`: the log of a merchant, to a person and to a program."""

import json
from pathlib import Path

import pytest

from guerdon.events.topics import TOPICS
from guerdon.members.members import ProfileChange, upsert_member
from tests.cli.terminal import Terminal, on_database
from tests.shop import START, email

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
OURS = ("--merchant", "42")


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a database with a merchant."""
    terminal = Terminal(database_url=dsn)
    terminal.run(*ACME)
    return terminal


def joins(dsn: str, address: str) -> None:
    on_database(dsn, lambda database: upsert_member(database, 42, email(address), ProfileChange(opted_in=True), START))


def listed(terminal: Terminal, *options: str) -> list[tuple[int, str]]:
    lines = terminal.run("event", "list", *OURS, "--json", *options).stdout.splitlines()
    return [(event["sequence"], event["topic"]) for event in map(json.loads, lines)]


def test_events_are_listed_from_a_number_on_and_by_topic(terminal: Terminal, dsn: str):
    assert terminal.run("event", "list", *OURS).stdout == ""
    joins(dsn, "ana@example.com")
    joins(dsn, "ben@example.com")
    four = [(1, "member.created"), (2, "member.opted_in"), (3, "member.created"), (4, "member.opted_in")]
    assert listed(terminal) == four
    assert listed(terminal, "--after", "2") == four[2:]
    assert listed(terminal, "--topic", "member.opted_in") == four[1::2]
    assert "member.created member" in terminal.run("event", "list", *OURS).stdout
    assert terminal.json("event", "list", "--merchant", "7", status=2)["error"]["code"] == "merchant_not_found"


def test_who_follows_is_told_as_it_happens(terminal: Terminal, dsn: str):
    with terminal.start("event", "list", *OURS, "--follow") as following:
        joins(dsn, "ana@example.com")
        assert following.line_with("member.created").startswith("1 ")
        joins(dsn, "ben@example.com")
        assert following.line_with("member.created").startswith("3 ")


def test_topics_are_explained():
    terminal = Terminal()
    assert terminal.json("event", "topics").keys() == TOPICS.keys()
    assert "points.earned" in terminal.run("event", "topics").stdout


def test_the_page_of_the_reference_is_what_the_catalogue_says():
    page = Path(__file__).parents[2] / "docs" / "reference" / "events.md"
    assert page.read_text("utf-8") == Terminal().run("event", "topics", "--markdown").stdout
