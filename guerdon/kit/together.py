"""Several statements as one: what a batch checks and writes goes to the database in one round trip.

Each statement says what its rows are made of, `FROM json_to_recordset($3::json) AS new (account_id bigint, …)`, and is
given them as JSON. Reading JSON costs PostgreSQL about as much as writing one row does; so where every statement has
one row, as at low load, its fields are parameters instead: `FROM (SELECT $3::bigint AS account_id, …) AS new`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec

SHARED = 2
"""$1 and $2 are the same for all statements."""
ROWS = re.compile(r"json_to_recordset\(\$3::json\) AS (?P<name>\w+) \((?P<columns>[^()]*)\)")

_encode = msgspec.json.Encoder().encode


class Write(NamedTuple):
    """A statement and its rows, whose fields it takes by their names; one without rows is not sent."""

    statement: str
    rows: Sequence[Any]


class Record(NamedTuple):
    """What a row is made of: the names of its fields, their types in PostgreSQL, and how to take them from a row."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    of_struct: Callable[[Any], tuple[Any, ...]]
    of_dict: Callable[[Any], tuple[Any, ...]]
    documents: tuple[int, ...]
    """Places of fields that may be documents, which are told as JSON."""
    arrays: tuple[int, ...]

    def values(self, row: Any) -> list[Any]:
        """The fields of a row as parameters."""
        values = list(self.of_dict(row) if isinstance(row, dict) else self.of_struct(row))
        for place in self.documents:
            value = values[place]
            if value is not None and not (isinstance(value, str) and self.types[place] == "text"):
                values[place] = _encode(value).decode()
        for place in self.arrays:
            values[place] = list(values[place])
        return values


class Joined(NamedTuple):
    """One statement for several, and what the rows of each are made of, where their fields are its parameters."""

    text: str
    records: tuple[Record, ...] | None

    def parameters(self, writes: Iterable[Write]) -> list[Any]:
        """All but the shared ones."""
        if self.records is None:
            return [_encode(write.rows).decode() for write in writes]
        return [
            value for record, write in zip(self.records, writes, strict=True) for value in record.values(write.rows[0])
        ]


def together(guards: Sequence[Write], writes: Sequence[Write]) -> Joined:
    """One statement that runs several, none of which sees what the others write, and answers with true.

    `guards` come first, one after the other: unless each returns a row for each of its rows, what comes after it gets
    none, and the answer is false.
    """
    every = (*guards, *writes)
    singly = all(len(write.rows) == 1 for write in every)
    return _joined(tuple(write.statement for write in every), len(guards), singly=singly)


@lru_cache(maxsize=1024)
def _joined(statements: tuple[str, ...], guards: int, *, singly: bool) -> Joined:
    """Every combination that occurs is one prepared statement."""
    steps: list[str] = []
    records = tuple(map(record_of, statements))
    number, after = SHARED + 1, ""
    for place, (statement, record) in enumerate(zip(statements, records, strict=True), start=1):
        rows = _values(record, number, after) if singly else _documents(number, after)
        step = f"step_{place}"
        steps.append(f"{step} AS (\n{ROWS.sub(rows, statement).rstrip(';')}\n)")
        if place <= guards:
            all_there = "" if singly else f" HAVING count(*) = json_array_length(${number}::json)"
            steps.append(f"passed_{place} AS MATERIALIZED (SELECT FROM {step}{all_there})")
            after = f" FROM passed_{place}"
        number += len(record.names) if singly else 1
    answer = f"EXISTS (SELECT{after})" if after else "true"
    return Joined(f"WITH {', '.join(steps)}\nSELECT {answer}", records if singly else None)


@lru_cache(maxsize=1024)
def record_of(statement: str) -> Record:
    """What the statement's rows are made of."""
    (found,) = ROWS.finditer(statement)
    columns = [column.split() for column in found["columns"].split(",")]
    names, types = tuple(name for name, _ in columns), tuple(type_ for _, type_ in columns)
    return Record(
        names,
        types,
        _getter(attrgetter, names),
        _getter(itemgetter, names),
        tuple(place for place, type_ in enumerate(types) if type_ in ("json", "jsonb", "text")),
        tuple(place for place, type_ in enumerate(types) if type_.endswith("[]")),
    )


def _getter(of: Callable[..., Callable[[Any], Any]], names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    get = of(*names)
    return get if len(names) > 1 else lambda row: (get(row),)


def _documents(number: int, after: str) -> Callable[[re.Match[str]], str]:
    rows = f"(SELECT ${number}::json{after})" if after else f"${number}::json"
    return lambda found: f"json_to_recordset({rows}) AS {found['name']} ({found['columns']})"


def _values(record: Record, number: int, after: str) -> Callable[[re.Match[str]], str]:
    columns = zip(range(number, number + len(record.names)), record.types, record.names, strict=True)
    row = ", ".join(f"${place}::{type_} AS {name}" for place, type_, name in columns)
    return lambda found: f"(SELECT {row}{after}) AS {found['name']}"
