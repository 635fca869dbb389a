"""Names with words beside a thing: written after what they are beside, and safe to write again."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from guerdon.database.pool import Queries
from guerdon.kit.sql import load

SQL = load(__file__, "metadata.sql")

Words = dict[str, str]


async def metadata_of(database: Queries, merchant_id: int, kind: str, object_ids: Collection[str]) -> dict[str, Words]:
    """By id, what is noted beside these things of one kind; those without are left out."""
    if not object_ids:
        return {}
    rows = await database.fetch(SQL.get_metadata, merchant_id, kind, list(object_ids))
    return {row["object_id"]: msgspec.json.decode(row["words"], type=Words) for row in rows}


async def note(
    database: Queries, merchant_id: int, kind: str, object_id: str, words: Mapping[str, str], now: datetime
) -> Words:
    """Note these words; a name with an empty one goes, and names left out stay. Returns all that is noted then."""
    return (await note_each(database, merchant_id, kind, [object_id], words, now))[object_id]


async def note_each(
    database: Queries, merchant_id: int, kind: str, object_ids: Collection[str], words: Mapping[str, str], now: datetime
) -> dict[str, Words]:
    """The same beside several things of one kind; returns by id what is noted then."""
    kept = {name: word for name, word in words.items() if word}
    gone = [name for name, word in words.items() if not word]
    rows = await database.fetch(
        SQL.change_metadata, merchant_id, kind, list(object_ids), msgspec.json.encode(kept).decode(), gone, now
    )
    return {row["object_id"]: msgspec.json.decode(row["words"], type=Words) for row in rows}
