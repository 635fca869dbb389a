"""Bringing the schema forward: numbered files of plain SQL, applied in order, each in a transaction of its own.

There is no way back: a mistake is corrected by the next migration. A file that was applied anywhere is never changed
again, so its checksum is kept, and a database that does not match the files is refused before anything is touched.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from guerdon.database.errors import MigrationRefused
from guerdon.database.pool import Connection, Database
from guerdon.kit.sql import load

SQL = load(__file__, "migrate.sql")
FOLDER = Path(__file__).parent / "migrations"
FILE_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
# Any number will do, as long as nobody else in the database locks the same one: "guerdon" in ASCII.
LOCK = 0x67756572646F6E


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the folder: `0001_books.sql` has the number 1 and the name `books`."""

    number: int
    name: str
    checksum: str
    text: str

    def __str__(self) -> str:
        return f"{self.number:04}_{self.name}"


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """The migrations in a folder, numbered from 1 without a gap; anything else there is refused."""
    found: list[Migration] = []
    for file in sorted(folder.glob("*.sql")):
        match = FILE_NAME.fullmatch(file.name)
        if match is None:
            raise MigrationRefused(f"{file} is not named like a migration, 0001_what_it_brings.sql.")
        text = file.read_text(encoding="utf-8")
        found.append(Migration(int(match["number"]), match["name"], hashlib.sha256(text.encode()).hexdigest(), text))
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise MigrationRefused(f"Migration {expected:04} is missing or doubled in {folder}: found {migration}.")
    return found


async def pending(database: Database, *, folder: Path = FOLDER) -> list[Migration]:
    """The migrations that this database has not seen yet, in order. Changes nothing.

    Raises MigrationRefused when what it has seen is not what the files say.
    """
    async with database.transaction() as connection:
        if not await connection.fetchval(SQL.find_schema_migration):
            return migrations(folder)
        return await _pending(connection, migrations(folder))


async def migrate(
    database: Database,
    *,
    now: datetime,
    folder: Path = FOLDER,
    on_applied: Callable[[Migration], None] | None = None,
) -> list[Migration]:
    """Apply what is pending, and return it; `on_applied` hears of each after its commit.

    Any number of processes may do this at once: each migration is applied by one of them.
    """
    known = migrations(folder)
    applied: list[Migration] = []
    while (migration := await _apply_next(database, known, now)) is not None:
        applied.append(migration)
        if on_applied is not None:
            on_applied(migration)
    return applied


async def _apply_next(database: Database, known: list[Migration], now: datetime) -> Migration | None:
    async with database.transaction() as connection:
        await connection.execute(SQL.lock_migrations, LOCK)
        if not await connection.fetchval(SQL.find_schema_migration):
            await connection.execute(SQL.create_schema_migration)
        waiting = await _pending(connection, known)
        if not waiting:
            return None
        migration = waiting[0]
        try:
            await connection.execute(migration.text)
        except Exception as error:
            error.add_note(f"while applying the migration {migration}, which was rolled back")
            raise
        await connection.execute(SQL.record_applied, migration.number, migration.name, migration.checksum, now)
        return migration


async def _pending(connection: Connection, known: list[Migration]) -> list[Migration]:
    seen = await connection.fetch(SQL.list_applied)
    for position, row in enumerate(seen, start=1):
        label = f"{row['number']:04}_{row['name']}"
        if row["number"] > len(known):
            raise MigrationRefused(
                f"The database has seen the migration {label}, which this version of Guerdon does not know: "
                "a newer version was here. Run that one."
            )
        if row["number"] != position:
            raise MigrationRefused(f"The database has seen {label} but not {known[position - 1]}, which comes before.")
        if row["checksum"] != known[position - 1].checksum:
            raise MigrationRefused(
                f"The migration {label} was changed after it was applied to this database: "
                f"put back the text it had, and bring the change in a new migration."
            )
    return known[len(seen) :]
