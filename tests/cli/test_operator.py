"""`guerdon operator`: who may sign in, told by the command line."""

import pytest

from guerdon.access.operators import Operators
from guerdon.database.pool import Database
from guerdon.errors.base import Unauthenticated
from guerdon.kit.clock import machine_clock
from tests.cli.terminal import Terminal, on_database

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")
OURS = ("--merchant", "42")


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A merchant with an owner."""
    terminal = Terminal(database_url=dsn)
    terminal.run(*ACME)
    terminal.run("operator", "create", *OURS, "--username", "ana", "--password", "secret-enough", "--role", "owner")
    return terminal


def signs_in(dsn: str, username: str, password: str) -> bool:
    async def prove(database: Database) -> bool:
        try:
            await Operators(database, machine_clock).prove(username, password, address="")
        except Unauthenticated:
            return False
        return True

    return on_database(dsn, prove)


def people(terminal: Terminal) -> dict[str, str]:
    return {one["username"]: one["role"] for one in terminal.json("operator", "list", *OURS)}


def test_somebody_is_invited_and_gets_another_role(terminal: Terminal):
    told = terminal.run("operator", "invite", *OURS, "--username", "ben", "--url", "https://loyalty.example").stdout
    assert "https://loyalty.example/console/" in told
    assert people(terminal)["ben"] == "support"
    terminal.run("operator", "role", *OURS, "ben", "finance")
    assert people(terminal)["ben"] == "finance"
    terminal.run("operator", "role", *OURS, "ben", "none")
    assert "ben" not in people(terminal)


def test_the_last_owner_stays(terminal: Terminal):
    refused = terminal.run("operator", "role", *OURS, "ana", "support", status=2)
    assert "owner" in refused.stderr
    assert people(terminal)["ana"] == "owner"


def test_a_new_password_replaces_the_old(terminal: Terminal, dsn: str):
    terminal.run("operator", "password", *OURS, "ana", "--password", "-", text="another-secret\n")
    assert signs_in(dsn, "ana", "another-secret")
    assert not signs_in(dsn, "ana", "secret-enough")


def test_somebody_is_shut_out_and_let_in_again(terminal: Terminal, dsn: str):
    terminal.run("operator", "create", *OURS, "--username", "ben", "--password", "secret-enough", "--role", "support")
    terminal.run("operator", "disable", *OURS, "ben")
    assert not signs_in(dsn, "ben", "secret-enough")
    terminal.run("operator", "enable", *OURS, "ben")
    assert signs_in(dsn, "ben", "secret-enough")


def test_codes_are_reset_also_where_there_are_none(terminal: Terminal):
    assert "password alone" in terminal.run("operator", "reset-codes", *OURS, "ana").stdout
    assert "nobody" in terminal.run("operator", "disable", *OURS, "nobody", status=2).stderr
