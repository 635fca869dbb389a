"""Looking for members by what is known of them: the beginnings of words of a name, or of an email address."""

from typing import NamedTuple

from guerdon.database.pool import Queries
from guerdon.members.words import LAST, LENGTH_MAX, SQL, words_of

COUNTED = 20_000
"""So many names with a word are enough to know that it is a frequent one."""


class Hit(NamedTuple):
    """A member, and what was found: a word of the name, or an address. Hits come in the order of that."""

    text: str
    member_id: int


async def find_by_words(
    database: Queries, merchant_id: int, typed: str, *, after: Hit | None = None, count_max: int = 100
) -> list[Hit]:
    """Members whose names have a word that begins with each of the words typed, in whatever order.

    The walk is over the rarest of them, whole words before longer ones.
    """
    wanted = words_of(typed)
    if not wanted:
        return []
    leading = wanted[0] if len(wanted) == 1 else await _rarest(database, merchant_id, wanted)
    others = [f"% {word}%" for word in wanted if word != leading]
    rows = await database.fetch(
        SQL.find_by_words, merchant_id, *(after or Hit(leading, 0)), leading + LAST, f" {leading}", others, count_max
    )  # fmt: skip
    return [Hit(*row) for row in rows]


async def find_by_address(
    database: Queries, merchant_id: int, typed: str, *, after: Hit | None = None, count_max: int = 100
) -> list[Hit]:
    """Members with an email address that begins so, in the order of addresses."""
    begins = typed.strip().lower()
    if not begins or len(begins) > LENGTH_MAX * 8:
        return []
    rows = await database.fetch(
        SQL.find_addresses, merchant_id, after.text if after else begins, begins + LAST, count_max
    )  # fmt: skip
    return [Hit(*row) for row in rows]


async def _rarest(database: Queries, merchant_id: int, words: list[str]) -> str:
    """The word with which the fewest names begin; of frequent ones, the longest."""
    ends = [word + LAST for word in words]
    counts = await database.fetch(SQL.count_words, merchant_id, words, ends, COUNTED)
    return min(zip((row["names"] for row in counts), words, strict=True), key=lambda one: (one[0], -len(one[1])))[1]
