"""Rows turned into columns, which is how `unnest` takes a set of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """One list for each column; `width` empty ones where there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def struct_columns(rows: Iterable[Struct], width: int) -> list[list[Any]]:
    """The same for structs whose fields are the columns, in order."""
    return columns([astuple(row) for row in rows], width)
