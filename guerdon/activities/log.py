"""Reporting activities and deciding them: what is read before the command, and what operators look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from guerdon.activities.adjust import DecideAdjustment, Proposal
from guerdon.activities.report import Activity, DecideActivity, ReportActivity
from guerdon.activities.shelf import read_activity, read_proposal
from guerdon.database.pool import Queries
from guerdon.earning.rule import VersionedRule
from guerdon.earning.rule_shelf import RuleCache
from guerdon.errors.activities import ActivityNotFound, AdjustmentNotFound
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Identity

SQL = load(__file__, "log.sql")


async def rules_for(database: Queries, merchant_id: int, name: str) -> tuple[VersionedRule, ...]:
    """The active rules of an activity's name."""
    return tuple(await RuleCache().load_rules(database, merchant_id, [name]))


async def reporting(
    database: Queries, merchant: Merchant, who: Sequence[Identity], name: str, activity_id: str, at: datetime,
    **more: Any,
) -> ReportActivity:  # fmt: skip
    """The command that reports an activity, with the rules that are active now; `more` are further fields of it."""
    rules = await rules_for(database, merchant.merchant_id, name)
    return ReportActivity(
        merchant=merchant, who=tuple(who), name=name, activity_id=activity_id, rules=rules, at=at, **more
    )


async def deciding_activity(
    database: Queries, merchant: Merchant, activity_id: str, *, approve: bool, decision: str | None = None
) -> DecideActivity:
    """The command that approves or rejects an activity; refuses with ActivityNotFound."""
    activity = await get_activity(database, merchant.merchant_id, activity_id)
    rules = await RuleCache().load_versions(database, merchant.merchant_id, activity.waiting)
    return DecideActivity(
        merchant=merchant, who=(_by_number(activity.member_id),), activity=activity, rules=tuple(rules),
        approve=approve, decision=decision,
    )  # fmt: skip


async def deciding_adjustment(
    database: Queries, merchant: Merchant, adjustment_id: int, *, approve: bool, decision: str | None = None
) -> DecideAdjustment:
    """The command that approves or refuses a proposed adjustment; refuses with AdjustmentNotFound."""
    proposal = await get_proposal(database, merchant.merchant_id, adjustment_id)
    return DecideAdjustment(
        merchant=merchant, who=(_by_number(proposal.member_id),), adjustment_id=adjustment_id, approve=approve,
        decision=decision,
    )  # fmt: skip


async def get_activity(database: Queries, merchant_id: int, activity_id: str) -> Activity:
    """One activity; refuses with ActivityNotFound."""
    row = await database.fetchrow(SQL.get_activity, merchant_id, activity_id)
    if row is None:
        raise ActivityNotFound(activity_id)
    return read_activity(row)


async def list_waiting(
    database: Queries, merchant_id: int, *, after: datetime, after_id: str = "", count_max: int = 100
) -> list[Activity]:
    """Activities that wait for an operator, the oldest first; the last one's time and id are for the next page."""
    rows = await database.fetch(SQL.list_waiting_activities, merchant_id, after, after_id, count_max)
    return [read_activity(row) for row in rows]


async def list_activities(
    database: Queries, merchant_id: int, member_id: int, *, before: datetime, before_id: str, count_max: int = 100
) -> list[Activity]:
    """What a member did, newest first; the last one's time and id are for the next page."""
    rows = await database.fetch(SQL.list_activities, merchant_id, member_id, before, before_id, count_max)
    return [read_activity(row) for row in rows]


async def get_proposal(database: Queries, merchant_id: int, adjustment_id: int) -> Proposal:
    """One proposed adjustment; refuses with AdjustmentNotFound."""
    row = await database.fetchrow(SQL.get_proposal, merchant_id, adjustment_id)
    if row is None:
        raise AdjustmentNotFound(adjustment_id)
    return read_proposal(row)


async def list_proposals(
    database: Queries, merchant_id: int, *, before: datetime, before_id: int, count_max: int = 100
) -> list[Proposal]:
    """Proposed adjustments, whatever became of them, newest first; the last one's time and id are for the next page."""
    rows = await database.fetch(SQL.list_proposals, merchant_id, before, before_id, count_max)
    return [read_proposal(row) for row in rows]


def _by_number(member_id: int) -> Identity:
    return Identity("member", str(member_id))
