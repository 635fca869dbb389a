"""Looking up where members stand, how they came there, what is missing for more, and who is due to be judged anew."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guerdon.database.pool import Database, Queries, Row
from guerdon.errors.books import MemberNotFound
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.tiers.programme import NOTHING, Sums, Tiers, nickname
from guerdon.tiers.programmes import ProgrammeCache, get_programme
from guerdon.tiers.qualify import Change
from guerdon.tiers.shelf import counted_of, load_standings, standing_in
from guerdon.tiers.standing import Assigned, Because, ahead, first_standing, left_to_keep

SQL = load(__file__, "members.sql")


class Progress(Struct, frozen=True):
    """Where a member stands, and the way to the next tier. `counted` lifts now, `counted_to_keep` at the next review.

    `until` is the last day of the period; the level is kept for the days of grace after it. None is without end.
    """

    level: int
    name: str | None
    entered_at: datetime | None
    until: date | None
    kept_until: date | None
    assigned: Assigned
    counted: Sums
    counted_to_keep: Sums
    missing_to_keep: Sums
    next_level: int | None
    next_name: str | None
    missing: Sums


async def progress(database: Queries, merchant: Merchant, member_id: int, now: datetime) -> Progress:
    """How a member stands, with what is missing; refuses with MemberNotFound."""
    level: int | None = await database.fetchval(SQL.get_level, merchant.merchant_id, member_id)
    if level is None:
        raise MemberNotFound("id", str(member_id))
    return (await progress_of(database, merchant, {member_id: level}, now))[member_id]


async def progress_of(
    database: Queries, merchant: Merchant, levels: Mapping[int, int], now: datetime
) -> dict[int, Progress]:
    """How each of these members stands; `levels` are those that their profiles repeat."""
    if not levels:
        return {}
    tiers, rows = await load_standings(database, ProgrammeCache(), merchant.merchant_id, list(levels), now)
    return {
        row["member_id"]: _progress(tiers, row, merchant, row["member_id"], levels[row["member_id"]], now)
        for row in rows
    }


def _progress(tiers: Tiers | None, row: Row, merchant: Merchant, member_id: int, level: int, now: datetime) -> Progress:
    standing, counted = standing_in(row), counted_of(row)
    if tiers is None:
        entered_at = standing.entered_at if standing else None
        assigned = standing.assigned if standing else Assigned.RULES
        return Progress(
            level, nickname(None, level), entered_at, None, None, assigned,
            NOTHING, NOTHING, NOTHING, None, None, NOTHING,
        )  # fmt: skip
    standing = standing or first_standing(tiers, merchant, member_id, level, now)
    higher = ahead(tiers.programme, standing, counted.current)
    kept_until = standing.review_on and date.fromordinal(standing.review_on.toordinal() - 1)
    return Progress(
        standing.level, nickname(tiers.programme, standing.level), standing.entered_at, standing.until, kept_until,
        standing.assigned, counted.current, counted.review,
        left_to_keep(tiers.programme, standing, counted.review),
        higher.level if higher else None, nickname(tiers.programme, higher.level) if higher else None,
        higher.missing if higher else NOTHING,
    )  # fmt: skip


async def history(
    database: Queries, merchant_id: int, member_id: int, *, limit: int = 100, before: Change | None = None
) -> list[Change]:
    """How a member came where they are, newest first; `before` is the last line of the page before."""
    place = None if before is None else (before.at, before.change_id)
    return await find_changes(database, merchant_id, member_id, before=place, count_max=limit)


async def find_changes(
    database: Queries, merchant_id: int, member_id: int, *, before: tuple[datetime, UUID] | None = None,
    count_max: int = 100,
) -> list[Change]:  # fmt: skip
    """The same from before a place (time, id) on."""
    rows = await database.fetch(SQL.list_changes, merchant_id, member_id, *(before or (None, None)), count_max)
    return [_change(row) for row in rows]


async def due_members(
    database: Database, merchant: Merchant, now: datetime, *, after: int = 0, limit: int = 1000
) -> list[int]:
    """The ids of the next members to `Requalify` now, by id from `after` on; none for a merchant without tiers."""
    stored = await get_programme(database, merchant.merchant_id)
    if stored is None:
        return []
    open_to_all = any(tier.entry.met(NOTHING) for tier in stored.programme.tiers)
    rows = await database.fetch(
        SQL.find_due_members, merchant.merchant_id, after, merchant.day(now), stored.version, open_to_all, limit
    )
    return [row["member_id"] for row in rows]


def _change(row: Row) -> Change:
    values = list(row)
    values[4] = Because(values[4])
    return Change(*values)
