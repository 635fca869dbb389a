"""The merchant's own words beside things: noted when they are made, and shown with them."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

import msgspec
from msgspec import Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.write import Metadata, WriteAsked, changed
from guerdon.api.wire import Incoming
from guerdon.database.pool import Database, Queries
from guerdon.metadata.metadata import Words, metadata_of, note

Shown = TypeVar("Shown", bound=msgspec.Struct)


class Noted(WriteAsked, kw_only=True):
    """Change the metadata: a name with an empty text goes, others that are left out stay."""

    metadata: Metadata


async def renoted(
    engine: Engine, caller: Caller, params: Noted, incoming: Incoming, kind: str, object_id: str,
    show: Callable[[Database, Words], Awaitable[Shown]],
) -> Shown | Raw:  # fmt: skip
    """Change what is noted beside a thing, which `show` finds and shows with all that is noted then."""

    async def write(database: Database) -> Shown:
        words = await note(
            database, caller.merchant.merchant_id, kind, object_id, params.metadata, engine.clock()
        )  # fmt: skip
        return await show(database, words)

    return await changed(engine, caller, incoming, params, write)


async def noted(engine: Engine, caller: Caller, kind: str, number: int, words: Words | None) -> Words:
    """Note these beside a thing, and answer with all that is noted there."""
    if words:
        return await note(
            engine.database, caller.merchant.merchant_id, kind, str(number), words, engine.clock()
        )  # fmt: skip
    return (await words_of(engine.database, caller, kind, [number])).get(number, {})


async def words_of(database: Queries, caller: Caller, kind: str, numbers: Collection[int]) -> dict[int, Words]:
    """By number, what is noted beside these things; those without are left out."""
    found = await metadata_of(database, caller.merchant.merchant_id, kind, [str(number) for number in numbers])
    return {int(number): words for number, words in found.items()}
