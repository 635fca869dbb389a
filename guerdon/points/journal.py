"""All entries of a merchant, newest first, and what one command moved together."""

from datetime import UTC, datetime

from guerdon.database.pool import Database, Queries, Row
from guerdon.kit.looked import LOOKED_MAX, Looked, looked
from guerdon.kit.sql import load
from guerdon.points.search import EntrySeen, Place
from guerdon.points.values import Part

SQL = load(__file__, "journal.sql")

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)
AFTER_ALL: Place = (LAST, 2**63 - 1, 2**63 - 1)


async def list_journal(
    database: Database, merchant_id: int, *, reason: str | None = None, source: str | None = None,
    target: str | None = None, since: datetime | None = None, until: datetime | None = None,
    before: Place | None = None, count_max: int = 100,
) -> Looked[EntrySeen, Place]:  # fmt: skip
    """Entries for which all of this holds, recorded from `since` on and before `until`, newest first."""
    # Whatever the statistics say, the newest are read by their time: what is rare is looked for from there.
    async with database.indexed_transaction() as connection:
        rows = await connection.fetch(
            SQL.list_journal, merchant_id, since or FIRST, until or LAST, *(before or AFTER_ALL), reason, source,
            target, LOOKED_MAX, count_max,
        )  # fmt: skip
    return looked(rows, _entry, lambda entry: entry.place, count_max)


async def entries_beside(
    database: Queries, merchant_id: int, entry: EntrySeen, *, count_max: int = 50
) -> list[EntrySeen]:
    """What the command of an entry moved, the entry itself among it."""
    rows = await database.fetch(
        SQL.list_command, merchant_id, entry.recorded_at, entry.command_id, count_max
    )  # fmt: skip
    return [_entry(row) for row in rows]


def _entry(row: Row) -> EntrySeen:
    values = list(row)[:18]
    values[7:9] = [tuple(map(Part, row[7], row[8]))]
    return EntrySeen(*values)
