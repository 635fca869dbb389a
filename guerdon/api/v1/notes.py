"""The merchant's own words beside things: noted when they are made, and shown with them."""

from collections.abc import Collection

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.database.pool import Queries
from guerdon.metadata.metadata import Words, metadata_of, note


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
