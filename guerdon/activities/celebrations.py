"""Birthdays and anniversaries: days that members have every year, and the activities that come of them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from guerdon.activities.log import rules_for
from guerdon.activities.report import ANNIVERSARY, BIRTHDAY, ReportActivity
from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField
from guerdon.kit.calendar import after_day
from guerdon.kit.sql import load
from guerdon.merchants.merchant import Merchant
from guerdon.points.command import Identity
from guerdon.points.store import write_events
from guerdon.points.values import Event

SQL = load(__file__, "celebrations.sql")

Kind = Literal["birthday", "anniversary"]
KINDS: tuple[Kind, ...] = (BIRTHDAY, ANNIVERSARY)

LEAP_YEAR = 2000
OLDEST_YEAR = 1900


class Celebration(Struct, frozen=True):
    """A day of the year; `year` is the first, where it is known."""

    month: int
    day: int
    year: int | None = None


def checked(month: int, day: int, year: int | None, today: date) -> Celebration:
    """The day, if the calendar has it. Refuses with BadField."""
    if year is not None and not OLDEST_YEAR <= year <= today.year:
        raise BadField("year", f"{year} is not a year from {OLDEST_YEAR} to {today.year}")
    try:
        date(LEAP_YEAR if year is None else year, month, day)
    except ValueError:
        where = "" if year is None else f" of {year}"
        raise BadField("day", f"month {month}{where} has no day {day}") from None
    return Celebration(month, day, year)


async def set_celebration(
    database: Database, merchant_id: int, member_id: int, kind: Kind, celebration: Celebration, now: datetime
) -> None:
    """Remember the day, in the place of another. It is celebrated from the next time on that it comes."""
    async with database.transaction() as connection:
        if await get_celebration(connection, merchant_id, member_id, kind) == celebration:
            return
        await connection.execute(
            SQL.set_celebration, merchant_id, member_id, kind, celebration.month, celebration.day, celebration.year, now
        )
        await write_events(connection, merchant_id, [Event("celebration.set", member_id, {"kind": kind})], now)


async def get_celebration(database: Queries, merchant_id: int, member_id: int, kind: Kind) -> Celebration | None:
    """The day, if it is known."""
    return (await celebrations_of(database, merchant_id, [member_id], kind)).get(member_id)


async def celebrations_of(
    database: Queries, merchant_id: int, member_ids: Collection[int], kind: Kind
) -> dict[int, Celebration]:
    """The days of those of these members who have told theirs."""
    rows = await database.fetch(SQL.get_celebrations, merchant_id, list(member_ids), kind)
    return {row["member_id"]: Celebration(row["month"], row["day"], row["year"]) for row in rows}


async def remove_celebration(database: Queries, merchant_id: int, member_id: int, kind: Kind) -> None:
    """Forget the day."""
    await database.execute(SQL.remove_celebration, merchant_id, member_id, kind)


class Due(NamedTuple):
    """Commands that celebrate, and the mark after which the next page begins; None when nobody is left."""

    commands: tuple[ReportActivity, ...]
    reached: tuple[int, str] | None


async def celebrations_due(
    database: Queries, merchant: Merchant, day: date, *, after: tuple[int, str] = (0, ""), count_max: int = 500
) -> Due:
    """Who celebrates on this day of the merchant's, as far as there are rules for it, by page.

    Run twice, or late, each is celebrated once a year, even by members who change their day. Who was born on 29
    February has the 28th in other years.
    """
    rules = {kind: await rules_for(database, merchant.merchant_id, kind) for kind in KINDS}
    kinds = [kind for kind in KINDS if rules[kind]]
    if not kinds:
        return Due((), None)
    months, days = _columns(days_celebrated(day))
    rows = await database.fetch(
        SQL.list_due, merchant.merchant_id, months, days, kinds, day.year, *after, count_max
    )  # fmt: skip
    began_at = after_day(day - timedelta(days=1), merchant.timezone)
    commands = tuple(
        ReportActivity(
            merchant=merchant, who=(Identity("member", str(row["member_id"])),), name=row["kind"],
            activity_id=f"{row['kind']}:{row['member_id']}:{day.year}", rules=rules[row["kind"]], at=began_at,
        )
        for row in rows
    )  # fmt: skip
    return Due(commands, (rows[-1]["member_id"], rows[-1]["kind"]) if len(rows) == count_max else None)


def days_celebrated(day: date) -> list[tuple[int, int]]:
    """The days of the year (month, day) that are celebrated on this date."""
    days = [(day.month, day.day)]
    if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
        days.append((2, 29))
    return days


def _columns(days: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [month for month, _ in days], [day for _, day in days]
