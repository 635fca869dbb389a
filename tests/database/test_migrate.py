"""Migrations: each applied once, in order, and every way in which files and database can disagree is refused."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from guerdon.database.address import Address
from guerdon.database.errors import MigrationRefused
from guerdon.database.migrate import Migration, migrate, migrations, pending
from guerdon.database.pool import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def dsn(server: Address, administer: Callable[[str], None]) -> Iterator[str]:
    """A database that has seen no migration at all."""
    name = f"test_{uuid4().hex}"
    administer(f"CREATE DATABASE {name} STRATEGY file_copy")
    yield replace(server, database=name).dsn
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_shelf.sql").write_text("CREATE TABLE shelf (id bigint); CREATE TABLE label (id bigint);")
    (tmp_path / "0002_filling.sql").write_text("INSERT INTO shelf VALUES (7);")
    return tmp_path


async def test_applies_in_order_and_only_once(database: Database, folder: Path) -> None:
    told: list[str] = []
    applied = await migrate(database, now=NOW, folder=folder, on_applied=lambda migration: told.append(str(migration)))
    assert [str(migration) for migration in applied] == told == ["0001_shelf", "0002_filling"]
    assert await migrate(database, now=NOW, folder=folder) == []
    assert await database.fetchval("SELECT array_agg(id) FROM shelf") == [7]
    assert await database.fetchval("SELECT array_agg(DISTINCT applied_at) FROM schema_migration") == [NOW]


async def test_pending_says_what_is_missing_and_changes_nothing(database: Database, folder: Path) -> None:
    assert [migration.number for migration in await pending(database, folder=folder)] == [1, 2]
    assert await database.fetchval("SELECT to_regclass('schema_migration')") is None
    await migrate(database, now=NOW, folder=folder)
    (folder / "0003_more.sql").write_text("SELECT 1")
    assert [migration.name for migration in await pending(database, folder=folder)] == ["more"]


async def test_two_at_once_share_the_work(database: Database, folder: Path) -> None:
    for number in range(3, 12):
        (folder / f"{number:04}_more.sql").write_text(f"INSERT INTO shelf VALUES ({number})")
    shares = await asyncio.gather(*(migrate(database, now=NOW, folder=folder) for _ in range(4)))
    assert sorted(migration.number for share in shares for migration in share) == list(range(1, 12))
    assert await database.fetchval("SELECT count(*) FROM shelf") == 10


async def test_a_failing_migration_leaves_nothing_and_is_named(database: Database, folder: Path) -> None:
    (folder / "0003_broken.sql").write_text("CREATE TABLE half (id bigint); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError) as failure:
        await migrate(database, now=NOW, folder=folder)
    assert any("0003_broken" in note for note in failure.value.__notes__)
    assert await database.fetchval("SELECT to_regclass('half')") is None
    assert [migration.number for migration in await pending(database, folder=folder)] == [3]


async def refusals(database: Database, folder: Path) -> set[str]:
    """What `pending` and `migrate` say; they must say the same."""
    said: set[str] = set()
    for attempt in (pending(database, folder=folder), migrate(database, now=NOW, folder=folder)):
        with pytest.raises(MigrationRefused) as refusal:
            await attempt
        said.add(str(refusal.value))
    return said


async def test_a_changed_migration_is_refused(database: Database, folder: Path) -> None:
    await migrate(database, now=NOW, folder=folder)
    (folder / "0001_shelf.sql").write_text("CREATE TABLE shelf (id integer);")
    (folder / "0003_more.sql").write_text("CREATE TABLE more (id bigint);")
    [refusal] = await refusals(database, folder)
    assert "0001_shelf was changed" in refusal
    assert await database.fetchval("SELECT to_regclass('more')") is None


async def test_a_newer_database_is_refused(database: Database, folder: Path) -> None:
    await migrate(database, now=NOW, folder=folder)
    (folder / "0002_filling.sql").unlink()
    [refusal] = await refusals(database, folder)
    assert "0002_filling" in refusal
    assert "newer version" in refusal


async def test_a_database_with_a_gap_is_refused(database: Database, folder: Path) -> None:
    await migrate(database, now=NOW, folder=folder)
    await database.execute("DELETE FROM schema_migration WHERE number = 1")
    [refusal] = await refusals(database, folder)
    assert "0002_filling but not 0001_shelf" in refusal


@pytest.mark.parametrize("name", ["0004_after_a_gap.sql", "0002_doubled.sql"])
def test_numbers_run_without_gap_or_double(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1")
    with pytest.raises(MigrationRefused, match="missing or doubled"):
        migrations(folder)


@pytest.mark.parametrize("name", ["3_short.sql", "0003-dash.sql", "notes.sql"])
def test_a_file_named_otherwise_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1")
    with pytest.raises(MigrationRefused, match="not named like a migration"):
        migrations(folder)


def test_line_endings_of_a_checkout_change_no_checksum(folder: Path) -> None:
    def first() -> Migration:
        return migrations(folder)[0]

    (folder / "0001_shelf.sql").write_bytes(b"SELECT 1;\nSELECT 2;\n")
    plain = first()
    (folder / "0001_shelf.sql").write_bytes(b"SELECT 1;\r\nSELECT 2;\r\n")
    assert first() == plain


async def test_our_own_migrations_apply(database: Database) -> None:
    assert await migrate(database, now=NOW) == migrations()
    assert await pending(database) == []
