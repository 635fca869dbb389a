"""Activities, and adjustments that a second person decides, page by page."""

from datetime import datetime

from guerdon.activities.adjust import Proposal
from guerdon.activities.report import Activity
from guerdon.activities.shelf import read_activity, read_proposal
from guerdon.database.pool import Queries
from guerdon.kit.sql import load

SQL = load(__file__, "search.sql")

EXPIRED = "expired"
"""What a proposal is called that nobody decided in time."""


async def find_proposals(
    database: Queries,
    merchant_id: int,
    now: datetime,
    *,
    member_id: int | None = None,
    state: str | None = None,
    before: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[Proposal]:
    """Proposed adjustments for which all of this holds, newest first, from before a place (proposed, id) on.

    `state` is one of ProposalState, or `expired`.
    """
    place = before or (None, None)
    rows = await database.fetch(SQL.find_proposals, merchant_id, member_id, state, now, *place, count_max)
    return [read_proposal(row) for row in rows]


async def count_proposals(database: Queries, merchant_id: int, now: datetime) -> int:
    """How many proposed adjustments wait for somebody's decision."""
    return int((await database.fetch(SQL.count_proposals, merchant_id, now))[0][0])


async def find_activities(
    database: Queries,
    merchant_id: int,
    *,
    member_id: int | None = None,
    name: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, str] | None = None,
    count_max: int = 100,
) -> list[Activity]:
    """What members did, for which all of this holds, by when it happened, the last first, from before a place
    (occurred, id) on.
    """
    statement = SQL.find_activities if member_id is None else SQL.find_activities_of
    rows = await database.fetch(
        statement, merchant_id, name, state, since, until, *(before or (None, None)), count_max,
        *([] if member_id is None else [member_id]),
    )  # fmt: skip
    return [read_activity(row) for row in rows]
