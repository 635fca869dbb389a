"""Earning rules of a merchant, page by page."""

from datetime import datetime

import msgspec

from guerdon.database.pool import Queries
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import StoredRule
from guerdon.kit.sql import load

SQL = load(__file__, "search.sql")


async def find_rules(
    database: Queries,
    merchant_id: int,
    *,
    active: bool | None = None,
    trigger: str | None = None,
    before: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[StoredRule]:
    """Earning rules as they stand, newest first, from before a place (created, id) on."""
    rows = await database.fetch(SQL.find_rules, merchant_id, active, trigger, *(before or (None, None)), count_max)
    return [StoredRule(row[0], row[1], msgspec.json.decode(row[2], type=EarningRule), *tuple(row)[3:6]) for row in rows]
