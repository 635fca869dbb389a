"""Very many rows written at once, by COPY: rows become lines of text, with tabs between their fields.

It takes PostgreSQL half of what the same rows take as JSON, which it has to read, and to insert one by one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from guerdon.database.pool import Connection

NOTHING = "\\N"
"""A field without a value."""

ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Columns(NamedTuple):
    """What lines are made of: a table, and the columns of it that are written, in their order."""

    table: str
    names: tuple[str, ...]


async def copy_lines(connection: Connection, columns: Columns, lines: Sequence[str]) -> None:
    """Write rows, each a line with its end. Constraints are checked as they are for any row."""
    if not lines:
        return
    # As bytes they would be taken for the name of a file.
    source = bytearray("".join(lines), "utf-8")
    done = await connection.copy_to_table(columns.table, source=source, columns=columns.names)
    assert done == f"COPY {len(lines)}", done


def field_of(text: str | None) -> str:
    """Text as a field."""
    if text is None:
        return NOTHING
    return text if text.isprintable() and "\\" not in text else text.translate(ESCAPED)


def flag_field(flag: bool | None) -> str:
    """Yes, no, or nothing as a field."""
    return NOTHING if flag is None else "t" if flag else "f"


def moment_field(at: datetime | None) -> str:
    """A moment as a field."""
    return NOTHING if at is None else at.isoformat()


def number_field(number: int | None) -> str:
    """A number as a field."""
    return NOTHING if number is None else str(number)


def array_field(texts: Iterable[str]) -> str:
    """Texts as a field that is an array."""
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]
    return field_of("{" + ",".join(quoted) + "}")
