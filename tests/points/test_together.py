"""Several statements as one: one row is written as it is among many, and nothing passes a guard that fails."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from guerdon.database.pool import Connection
from guerdon.kit.together import Write, together
from guerdon.rewards.redemption import State
from guerdon.rewards.shelf import Remembered
from tests.shop import START
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLUMNS = "id bigint, name text, document jsonb, tags text[], seen timestamptz, known uuid, fair boolean"
KEEP = f"INSERT INTO kept SELECT $1, $2, new.* FROM json_to_recordset($3::json) AS new ({COLUMNS})"
COUNT = "INSERT INTO counted SELECT $1, id, $2 FROM json_to_recordset($3::json) AS new (id bigint)"
ONLY = "SELECT id FROM json_to_recordset($3::json) AS seen (id bigint) WHERE id < 10"
TAKE = """
UPDATE stock SET left_over = left_over - 1 FROM json_to_recordset($3::json) AS new (id bigint) WHERE stock.id = new.id
RETURNING stock.id
"""
ROW: dict[str, Any] = {
    "id": 1, "name": State.HELD, "document": {"tags": {"new"}, "at": START}, "tags": frozenset({"a"}), "seen": START,
    "known": UUID(int=7), "fair": None,
}  # fmt: skip
OTHER: dict[str, Any] = {
    **ROW,
    "id": 2,
    "name": Remembered(1, 2),
    "document": None,
    "tags": [],
    "seen": None,
    "fair": True,
}


@pytest_asyncio.fixture(loop_scope="session")
async def connection(street: Street) -> AsyncIterator[Connection]:
    """Tables to write to, which nobody else sees."""
    async with street.engine.database.transaction() as connection:
        for columns in (
            f"kept (merchant bigint, at timestamptz, {COLUMNS})",
            "counted (merchant bigint, id bigint, at timestamptz)",
            "stock (id bigint, left_over bigint)",
        ):
            await connection.execute(f"CREATE TEMPORARY TABLE {columns} ON COMMIT DROP")
        await connection.execute("INSERT INTO stock VALUES (1, 5), (2, 5), (11, 5)")
        yield connection


async def run(connection: Connection, writes: list[Write], guards: list[Write] | None = None) -> bool:
    """What they answer together."""
    joined = together(guards or [], writes)
    return await connection.fetchval(joined.text, 42, START, *joined.parameters([*(guards or []), *writes]))


async def table(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(f"SELECT * FROM {name} ORDER BY id")]


async def test_one_row_is_kept_as_it_is_among_many(connection: Connection):
    assert together((), [Write(KEEP, [ROW])]).text != together((), [Write(KEEP, [ROW, OTHER])]).text
    assert await run(connection, [Write(KEEP, [ROW, OTHER])])
    among_many = await table(connection, "kept")
    await connection.execute("TRUNCATE kept")
    for row in (ROW, OTHER):
        assert await run(connection, [Write(KEEP, [row])])
    assert await table(connection, "kept") == among_many
    assert among_many[0] == (
        42, START, 1, "held", '{"at": "2026-03-10T12:00:00Z", "tags": ["new"]}', ["a"], START, UUID(int=7), None,
    )  # fmt: skip
    assert among_many[1][3] == '{"rule_id":1,"version":2}'


@pytest.mark.parametrize("rows", [[{"id": 1}], [{"id": 1}, {"id": 2}]], ids=["one", "many"])
async def test_what_passes_its_guards_is_written(connection: Connection, rows: list[dict[str, int]]):
    assert await run(connection, [Write(COUNT, rows), Write(KEEP, [ROW])], [Write(ONLY, rows), Write(TAKE, rows)])
    assert len(await table(connection, "counted")) == len(rows)
    assert len(await table(connection, "kept")) == 1
    assert (await table(connection, "stock"))[0] == (1, 4)


@pytest.mark.parametrize("rows", [[{"id": 11}], [{"id": 1}, {"id": 11}]], ids=["one", "many"])
async def test_nothing_comes_after_a_guard_that_fails(connection: Connection, rows: list[dict[str, int]]):
    before = await table(connection, "stock")
    assert not await run(connection, [Write(COUNT, rows), Write(KEEP, [ROW])], [Write(ONLY, rows), Write(TAKE, rows)])
    assert await table(connection, "stock") == before
    assert await table(connection, "counted") == await table(connection, "kept") == []


@pytest.mark.parametrize("rows", [[{"id": 3}], [{"id": 1}, {"id": 3}]], ids=["one", "many"])
async def test_nothing_is_written_where_the_last_guard_fails(connection: Connection, rows: list[dict[str, int]]):
    assert not await run(connection, [Write(COUNT, rows)], [Write(ONLY, rows), Write(TAKE, rows)])
    assert await table(connection, "counted") == []


async def test_a_field_that_a_row_lacks_is_named(connection: Connection):
    with pytest.raises(KeyError, match="name"):
        await run(connection, [Write(KEEP, [{"id": 1}])])
