"""Imports and exports as somebody types them."""

import json
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal

ACME = ("merchant", "create", "--id", "42", "--name", "Acme", "--currency", "USD", "--timezone", "UTC")


@pytest.fixture
def terminal(dsn: str) -> Terminal:
    """A terminal on a database with a merchant."""
    opened = Terminal(database_url=dsn)
    opened.run(*ACME)
    return opened


def test_a_programme_moves_in_out_and_back(terminal: Terminal, tmp_path: Path):
    file = tmp_path / "theirs.csv"
    file.write_text("Email,Points Balance,VIP Tier\nana@example.com,120,Gold\nnobody,1,\nben@example.com,30,\n")
    given = ("import", "members", str(file), "--merchant", "42", "--preset", "rivo", "--tier", "Gold=2")
    looked = terminal.json(*given, "--dry-run", status=1)
    assert (looked["ok"], looked["batch_id"], looked["points"]) == (False, None, 150)
    assert [(bad["line"], bad["column"], bad["value"]) for bad in looked["bad"]] == [(3, "email", "nobody")]
    refused = terminal.run(*given, status=1).stdout
    assert "nobody" in refused
    assert "Nothing was imported" in refused
    left_out = tmp_path / "bad.csv"
    done = terminal.run(*given, "--skip-bad", str(left_out)).stdout
    assert "2 rows, 2 new members" in done
    assert "Points in the file 150, in the books 150." in done
    assert left_out.read_text().splitlines()[1].startswith("3,email,nobody,")
    again = terminal.json(*given, "--skip-bad", str(left_out))
    assert (again["was_complete"], again["booked"]) == (True, 150)

    out = tmp_path / "out.ndjson"
    terminal.run("export", "members", "--merchant", "42", "--format", "ndjson", "--output", str(out))
    assert [json.loads(line)["email"] for line in out.read_text().splitlines()] == [
        "ana@example.com",
        "ben@example.com",
    ]
    assert terminal.run("export", "lots", "--merchant", "42").stdout.count("\n") == 3

    (batch,) = terminal.json("import", "list", "--merchant", "42")
    assert (batch["state"], batch["rows_done"]) == ("complete", 2)
    undone = terminal.run("import", "undo", "--merchant", "42", str(batch["batch_id"])).stdout
    assert "2 members are gone" in undone
    assert terminal.run("import", "undo", "--merchant", "42", "999", status=2).stderr.count("\n") == 1
    assert terminal.json("verify")["ok"]


def test_a_column_that_is_none_is_refused(terminal: Terminal, tmp_path: Path):
    file = tmp_path / "m.csv"
    file.write_text("mail\nana@example.com\n")
    given = ("import", "members", str(file), "--merchant", "42")
    assert "no column that finds a member" in terminal.run(*given, status=2).stderr
    assert "no column 'shoe'" in terminal.run(*given, "--map", "mail=shoe", status=2).stderr
    assert "1 new members" in terminal.run(*given, "--map", "mail=email").stdout
