"""The words of members' names, by which people look for them: without case and accents, from their beginning.

They are written in the commit of the name, by everything that writes names, and go with it. `member_word` has a row for
each word; beside it stand all the words of the name, so that several words are looked for in one walk.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from guerdon.database.lines import Columns, copy_lines, field_of
from guerdon.database.pool import Connection, Queries
from guerdon.kit.sql import load

SQL = load(__file__, "words.sql")

WORDS = Columns("member_word", ("merchant_id", "word", "member_id", "words"))

ACCENTS = re.compile("[\u0300-\u036f]")
PLAIN = str.maketrans("ØøŁłĐđıς", "OoLlDdiσ")
"""Letters that no decomposition makes plain, or that depend on their place."""
BETWEEN = {
    letter: " "
    for first, last in (("\0", "/"), (":", "@"), ("[", "`"), ("{", "\u00bf"), ("\u2000", "\u206f"))
    for letter in range(ord(first), ord(last) + 1)
}
"""What stands between words. Migration 0028 folds names in the same way."""
ASCII = bytes(range(128)).decode().lower().translate(BETWEEN).encode() + bytes(128)
"""The same for nearly all names, in which it is quicker: small letters, and spaces between words."""

LENGTH_MAX = 40
"""Longer words are known by their beginning: a name may be as long as its writer likes, and an index not."""
LAST = "\U0010ffff"
"""Comes after every letter."""


class Name(Struct, frozen=True, order=True):
    """A member's name as it is looked for: its different words in order, with a space between."""

    member_id: int
    words: str


def words_of(*texts: str | None) -> list[str]:
    """The different words of texts, in order."""
    joined = " ".join([text for text in texts if text])
    if not joined.isascii():
        joined = ACCENTS.sub("", unicodedata.normalize("NFKD", joined)).translate(PLAIN)
    if joined.isascii():
        split = joined.encode("ascii").translate(ASCII).decode("ascii").split()
    else:
        # Letter by letter, since the last letter of a word is the same letter where more is typed.
        split = "".join(letter.lower() for letter in joined).translate(BETWEEN).split(" ")
    return sorted({word[:LENGTH_MAX] for word in split if word})


def name_of(member_id: int, *texts: str | None) -> Name:
    """A member's name as it is looked for."""
    return Name(member_id, " ".join(words_of(*texts)))


def exchanged(before: Iterable[Name], after: Iterable[Name]) -> tuple[list[Name], list[Name]]:
    """The words to be removed and those to be written where names change; nothing for names that stay."""
    old, new = set(before), set(after)
    if old == new:
        return [], []
    kept = {name.member_id: set(name.words.split()) for name in new - old}
    gone = [
        Name(name.member_id, " ".join(word for word in name.words.split() if word not in kept.get(name.member_id, ())))
        for name in old - new
    ]
    return sorted(name for name in gone if name.words), sorted(name for name in new - old if name.words)


async def write_words(
    connection: Queries, merchant_id: int, before: Sequence[Name], after: Sequence[Name]
) -> None:  # fmt: skip
    """Let members be found by these names, and no more by those before, in the transaction that writes the names."""
    if not before:
        if named := [name for name in after if name.words]:
            await connection.execute(SQL.add_words, merchant_id, _json(named))
        return
    gone, new = exchanged(before, after)
    if gone:
        await connection.execute(SQL.remove_words, merchant_id, _json(gone))
    if new:
        await connection.execute(SQL.put_words, merchant_id, _json(new))


async def copy_words(
    connection: Connection, merchant_id: int, named: Iterable[tuple[int, str | None, str | None]]
) -> None:  # fmt: skip
    """Let new members be found, very many at a time, each by first and last name; words lie in order in the index."""
    lines: list[str] = []
    for member_id, first_name, last_name in named:
        words = words_of(first_name, last_name)
        rest = f"\t{member_id}\t{field_of(' '.join(words))}\n"
        lines += [f"{merchant_id}\t{field_of(word)}{rest}" for word in words]
    await copy_lines(connection, WORDS, sorted(lines))


def _json(names: Sequence[Name]) -> str:
    return msgspec.json.encode(names).decode()
