"""Codes that the old system handed out: never generated again, and found when somebody asks."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from guerdon.bulk import members
from guerdon.bulk.rows import CodeRow
from guerdon.database.pool import Connection, Queries
from guerdon.kit.columns import columns
from guerdon.kit.sql import load

SQL = load(__file__, "codes.sql")


class ImportedCode(Struct, frozen=True):
    """A code of the old system; `at` is when it was used or handed out there."""

    code: str
    state: str
    order_id: str | None
    batch_id: int
    member_id: int | None
    at: datetime | None


async def find_imported_code(database: Queries, merchant_id: int, code: str) -> ImportedCode | None:
    """What is known of a code of the old system, compared without case."""
    row = await database.fetchrow(SQL.get_code, merchant_id, code.upper())
    return None if row is None else ImportedCode(*row)


async def taken_codes(database: Queries, merchant_id: int, codes: Sequence[str], batch_id: int | None) -> set[str]:
    """Which of these codes are here already, other than by this import."""
    return {row[0] for row in await database.fetch(SQL.find_codes, merchant_id, codes, batch_id)}


async def write(connection: Connection, merchant_id: int, batch_id: int, rows: Sequence[CodeRow]) -> None:
    """Keep the codes of a chunk."""
    found = await members.find(connection, merchant_id, {one for row in rows for one in row.identities})
    kept = [(row.code, row.state, row.order_id) for row in rows]
    done = await connection.execute(SQL.insert_codes, merchant_id, *columns(kept, 3))
    assert done == f"INSERT 0 {len(rows)}", done
    whose = [(row.code, members.the_one(found, row.identities), row.at) for row in rows]
    await connection.execute(SQL.insert_imported_codes, merchant_id, batch_id, *columns(whose, 3))


async def remove(connection: Connection, merchant_id: int, batch_id: int) -> int:
    """Forget the next codes of an import; returns how many they were."""
    codes = [row[0] for row in await connection.fetch(SQL.list_codes, merchant_id, batch_id)]
    await connection.execute(SQL.delete_imported_codes, merchant_id, codes)
    await connection.execute(SQL.delete_codes, merchant_id, codes)
    return len(codes)
