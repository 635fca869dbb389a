"""The form of `.sql` files: what follows it loads, and everything else fails at load, with the place named."""

from pathlib import Path

import pytest

import guerdon
from guerdon.kit.sql import MalformedStatements, Statements, all_statement_files, load

GOOD = """\
-- Locks are taken in id order.

-- name: lock_accounts
-- Locks come first, so that
-- nobody waits in a circle.
SELECT id FROM account -- a comment inside
ORDER BY id FOR UPDATE;

-- name: load_lots2
-- A new snapshot.
SELECT 2;
"""


def loaded(folder: Path, text: str) -> Statements:
    (folder / "store.sql").write_text(text)
    return load(folder / "store.py", "store.sql")


def test_statements_are_plain_text_by_name(tmp_path: Path) -> None:
    statements = loaded(tmp_path, GOOD)
    assert statements.lock_accounts == "SELECT id FROM account -- a comment inside\nORDER BY id FOR UPDATE;"
    assert statements["load_lots2"] == "SELECT 2;"
    assert list(statements) == ["lock_accounts", "load_lots2"]


def test_a_folder_will_do_for_the_module_beside(tmp_path: Path) -> None:
    loaded(tmp_path, GOOD)
    assert load(tmp_path, "store.sql").load_lots2 == "SELECT 2;"


def test_each_statement_knows_why_and_where(tmp_path: Path) -> None:
    first, second = loaded(tmp_path, GOOD).statements()
    assert (first.name, first.why) == ("lock_accounts", "Locks come first, so that nobody waits in a circle.")
    assert (second.file, second.line) == (tmp_path / "store.sql", 9)


def test_a_missing_name_says_which_there_are(tmp_path: Path) -> None:
    statements = loaded(tmp_path, GOOD)
    with pytest.raises(AttributeError, match=r"store\.sql has no statement named 'lock_lots'.*lock_accounts"):
        _ = statements.lock_lots
    with pytest.raises(KeyError, match="lock_accounts, load_lots2"):
        _ = statements["lock_lots"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD + "-- name: lock_accounts\n-- Again.\nSELECT 3;\n", r"store\.sql:12: .*'lock_accounts' exists already"),
        ("-- name: lock_accounts\nSELECT 1;\n", r"store\.sql:1: lock_accounts has no sentence"),
        ("-- name: lock_accounts\n--\nSELECT 1;\n", "has no sentence"),
        ("-- name: lock_accounts\n-- Why.\n", "has no SQL"),
        ("-- name: lock\n-- Why.\nSELECT 1;\n", "'lock' is not a name of the form verb_noun"),
        ("-- name:\n-- Why.\nSELECT 1;\n", "'' is not a name"),
        ("-- name: lock_a b\n-- Why.\nSELECT 1;\n", "is not a name"),
        ("-- Head.\nSELECT 0;\n" + GOOD, r"store\.sql:2: only comments"),
        ("-- Only a head.\n", "no statement"),
    ],
)
def test_what_strays_from_the_form_fails_at_load(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(MalformedStatements, match=complaint):
        loaded(tmp_path, text)


def test_all_files_of_a_package_are_found_but_not_migrations(tmp_path: Path) -> None:
    for folder in ("points", "database/migrations"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "points/store.sql").write_text(GOOD)
    (tmp_path / "database/migrations/0001_books.sql").write_text("CREATE TABLE book ();")
    [statements] = all_statement_files(tmp_path)
    assert len(statements) == 2


def test_every_statement_of_ours_loads() -> None:
    names = [name for statements in all_statement_files(Path(guerdon.__file__).parent) for name in statements]
    assert "lock_migrations" in names
