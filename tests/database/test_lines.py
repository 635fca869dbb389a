"""Rows that are sent as lines arrive as they were, whatever stands in them."""

from datetime import UTC, datetime

import pytest

from guerdon.database.lines import (
    Columns,
    array_field,
    copy_lines,
    field_of,
    flag_field,
    moment_field,
    number_field,
)
from tests.shop import Shop
from tests.street import shop, street, street_dsn

__all__ = ["shop", "street", "street_dsn"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXTS = ["", " ", "Ana", "a\tb", "a\nb", "a\r\nb", "\\", "\\N", "\\.", "\\t", "NULL", '"', "{}", "a,b", "a\\\"b",
         "\x0b\x7f", "\u00a0", "\u2028", "Zoë 🎁", "\ufeff"]  # fmt: skip


async def test_what_is_written_as_a_line_is_what_is_read(shop: Shop):
    at = datetime(2026, 3, 10, 12, 0, 0, 1, tzinfo=UTC)
    rows = [(text, [text, "b"], at, True, -7) for text in TEXTS] + [(None, [], None, None, None)]
    lines = [
        f"{field_of(text)}\t{array_field(texts)}\t{moment_field(moment)}\t{flag_field(flag)}\t{number_field(number)}\n"
        for text, texts, moment, flag, number in rows
    ]
    async with shop.engine.database.transaction() as connection:
        await connection.execute(
            "CREATE TEMPORARY TABLE told (text text, texts text[], at timestamptz, flag boolean, number bigint)"
            " ON COMMIT DROP"
        )
        await copy_lines(connection, Columns("told", ("text", "texts", "at", "flag", "number")), lines)
        assert [tuple(row) for row in await connection.fetch("SELECT * FROM told")] == rows
