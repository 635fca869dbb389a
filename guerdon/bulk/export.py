"""A programme written out: streamed from one snapshot through a cursor, so that memory stays flat however much it is.

Values are written as they are, for what is exported is imported again: nothing is put before a "=" that a spreadsheet
would take for a formula. Open exports of strangers' texts in a spreadsheet as text.
"""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any, Literal, NamedTuple, cast

import msgspec

from guerdon.bulk.presets import COLUMNS, IDENTITIES
from guerdon.database.pool import Connection, Database, Row
from guerdon.earning.rules import list_rules as list_earning_rules
from guerdon.kit.sql import load
from guerdon.points import bulk
from guerdon.points.audit import snapshot
from guerdon.rewards.rules import list_rules

SQL = load(__file__, "export.sql")

ROWS_AT_ONCE = 2000

Format = Literal["csv", "ndjson"]
Facts = dict[str, Any]


class _Export(NamedTuple):
    """What is asked of the database, and the columns that a file has of it. Timed ones take the time as $2."""

    query: str
    columns: Sequence[str]
    timed: bool = False


class Block(NamedTuple):
    """Some rows as text."""

    text: bytes
    rows: int


WHO = ("member_id", *IDENTITIES)

EXPORTS: Mapping[str, _Export] = {
    "members": _Export(
        SQL.export_members, tuple(name for name in COLUMNS["members"] if name not in ("full_name", "used", "earned_at"))
    ),
    "lots": _Export(bulk.LOTS, COLUMNS["lots"], timed=True),
    "entries": _Export(
        bulk.ENTRIES,
        (*WHO, "account_id", "number", "source", "target", "points", "reason", "subject", "title", "visible", "actor",
         "occurred_at", "recorded_at"),
    ),
    "redemptions": _Export(
        SQL.export_redemptions,
        ("redemption_id", *WHO, "rule_id", "rule_version", "state", "points", "value_minor", "currency", "code",
         "channel", "expires_at", "created_at", "updated_at"),
    ),
    "codes": _Export(SQL.export_codes, COLUMNS["codes"]),
    "orders": _Export(
        SQL.export_orders,
        ("order_id", *WHO, "status", "total_minor", "currency", "codes", "flags", "placed_at", "created_at",
         "updated_at"),
    ),
}  # fmt: skip
RULES = ("redemption-rules", "earning-rules")
KINDS = (*EXPORTS, *RULES)


async def export(
    database: Database,
    merchant_id: int,
    kind: str,
    output: IO[str],
    *,
    format: Format,  # noqa: A002  # the option's name
    now: datetime,
    on_progress: Callable[[int], None],
) -> int:
    """Write all of a kind to a text file whose newlines are left alone; returns how many rows they are."""
    columns = ("terms",) if kind in RULES else EXPORTS[kind].columns
    write = _csv_writer(output, columns) if format == "csv" else _ndjson_writer(output, columns, whole=kind in RULES)
    count = 0
    async with snapshot(database) as connection:
        chunks = _rules(database, merchant_id, kind) if kind in RULES else _chunks(connection, merchant_id, kind, now)
        async for chunk in chunks:
            write(chunk)
            count += len(chunk)
            on_progress(count)
    return count


async def export_lines(database: Database, merchant_id: int, kind: str, *, now: datetime) -> AsyncGenerator[bytes]:
    """The same as lines of JSON, some rows at a time, for as long as they are asked for."""
    async for block in export_blocks(database, merchant_id, kind, format="ndjson", now=now):
        yield block.text


async def export_blocks(
    database: Database, merchant_id: int, kind: str, *, format: Format, now: datetime  # noqa: A002  # the option's name
) -> AsyncGenerator[Block]:  # fmt: skip
    """The same as blocks of text."""
    columns = ("terms",) if kind in RULES else EXPORTS[kind].columns
    buffer = io.StringIO()
    write = _csv_writer(buffer, columns) if format == "csv" else _ndjson_writer(buffer, columns, whole=kind in RULES)
    write(())
    async with snapshot(database) as connection:
        chunks = _rules(database, merchant_id, kind) if kind in RULES else _chunks(connection, merchant_id, kind, now)
        async for chunk in chunks:
            write(chunk)
            yield Block(buffer.getvalue().encode(), len(chunk))
            buffer.seek(0)
            buffer.truncate()
    if rest := buffer.getvalue():
        yield Block(rest.encode(), 0)  # the names of columns, of a kind of which there is nothing


async def _chunks(connection: Connection, merchant_id: int, kind: str, now: datetime) -> AsyncIterator[list[Facts]]:
    """The rows of a kind, some at a time, with what finds their members."""
    wanted = EXPORTS[kind]
    arguments = (merchant_id, now) if wanted.timed else (merchant_id,)
    async for rows in _read(connection, wanted.query, *arguments):
        chunk = [dict(row.items()) for row in rows]
        ids = list({facts["member_id"] for facts in chunk if facts["member_id"] is not None})
        if kind == "members":
            held = await bulk.balances(connection, merchant_id, ids, now)
            yield [_member(facts, *held.get(facts["member_id"], (0, 0))) for facts in chunk]
            continue
        names = {row[0]: (row[1], row[2]) for row in await connection.fetch(SQL.find_names, merchant_id, ids)}
        for facts in chunk:
            if (name := names.get(facts["member_id"])) is not None:
                facts[name[0]] = name[1]
        if kind == "lots":
            yield [_lot(facts) for facts in chunk if facts["member_id"] in names]
        else:
            yield chunk


async def _read(connection: Connection, query: str, *arguments: Any) -> AsyncGenerator[list[Row]]:
    """A cursor of the server's, read block by block."""
    # asyncpg has no types; a cursor lives in the transaction that we are in.
    cursor: Any = await cast("Any", connection).cursor(query, *arguments)
    while rows := await cursor.fetch(ROWS_AT_ONCE):
        yield rows


async def _rules(database: Database, merchant_id: int, kind: str) -> AsyncIterator[list[Facts]]:
    """Rules are few: the terms of each as a document."""
    rules = await (list_rules if kind == "redemption-rules" else list_earning_rules)(database, merchant_id)
    yield [{"terms": msgspec.json.encode(rule.terms).decode()} for rule in rules]


def _member(facts: Facts, balance: int, earned: int) -> Facts:
    """A member as the columns of an import say it; a balance below zero is a debt."""
    identities: dict[str, list[str]] = msgspec.json.decode(facts["identities"])
    for kind, several in identities.items():
        facts[kind] = several[0] if len(several) == 1 else several
    year, month, day = facts["birth_year"], facts["birth_month"], facts["birth_day"]
    if month is not None:
        facts["birthday"] = f"{month:02}-{day:02}" if year is None else f"{year:04}-{month:02}-{day:02}"
    facts["balance"] = balance
    facts["earned"] = max(earned, balance)
    return facts


def _lot(facts: Facts) -> Facts:
    """A lot; one without a date says `never`, unless it lapses with its account, as the merchant's policy says."""
    if facts["expires_at"] is None and not facts["rolling"]:
        facts["expires_at"] = "never"
    return facts


def _ndjson_writer(output: IO[str], columns: Sequence[str], *, whole: bool) -> Callable[[Sequence[Facts]], None]:
    """One JSON object a line, without what is not known; with `whole` the one column is the object."""

    def write(chunk: Sequence[Facts]) -> None:
        for facts in chunk:
            if whole:
                output.write(facts["terms"])
            else:
                known = {name: facts[name] for name in columns if facts.get(name) is not None}
                output.write(msgspec.json.encode(known).decode())
            output.write("\n")

    return write


def _csv_writer(output: IO[str], columns: Sequence[str]) -> Callable[[Sequence[Facts]], None]:
    """RFC 4180 with a header; lists are JSON."""
    # A value is told apart from the end of a line by its quotes, whatever newlines it holds.
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(columns)

    def write(chunk: Sequence[Facts]) -> None:
        writer.writerows([_cell(facts.get(name)) for name in columns] for facts in chunk)
        output.write(lines.getvalue())
        lines.seek(0)
        lines.truncate()

    return write


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return msgspec.json.encode(value).decode() if value else ""
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
