"""Why something was refused, looked up later (behaviour 11)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guerdon.database.pool import Queries, Row
from guerdon.errors.books import DecisionNotFound
from guerdon.kit.looked import bound
from guerdon.kit.sql import load

SQL = load(__file__, "decisions.sql")

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)


class Decision(Struct, frozen=True):
    """A refusal as it was told: to which command, and whose. Its facts have further reasons under `also`."""

    decision_id: UUID
    command: str
    code: str
    sentence: str
    facts: dict[str, Any]
    actor: str
    recorded_at: datetime
    member_id: int | None = None
    """Whose, where it was about one member."""


async def get_decision(database: Queries, merchant_id: int, decision_id: UUID) -> Decision:
    """One decision; refuses with DecisionNotFound."""
    row = await database.fetchrow(SQL.get_decision, merchant_id, decision_id)
    if row is None:
        raise DecisionNotFound(decision_id)
    return _decision(row)


async def find_decisions(
    database: Queries,
    merchant_id: int,
    *,
    code: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
    count_max: int = 100,
) -> list[Decision]:
    """Decisions for which all of this holds, newest first, from before a place (recorded, id) on."""
    statement = SQL.find_decisions if code is None else SQL.find_decisions_of
    place = before or (LAST, UUID(int=0))
    rows = await database.fetch(
        statement, merchant_id, since or FIRST, bound(until or LAST, place[0]), *place, count_max,
        *([] if code is None else [code]),
    )  # fmt: skip
    return [_decision(row) for row in rows]


def _decision(row: Row) -> Decision:
    values = list(row)
    values[4] = msgspec.json.decode(values[4])
    return Decision(*values)
