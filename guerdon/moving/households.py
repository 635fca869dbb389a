"""Reading households."""

from collections.abc import Collection
from datetime import datetime

from guerdon.database.pool import Queries, Row
from guerdon.errors.members import HouseholdNotFound
from guerdon.kit.sql import load
from guerdon.moving.household import Household
from guerdon.moving.person import Membership

SQL = load(__file__, "households.sql")


async def get_household(database: Queries, merchant_id: int, household_id: int) -> Household:
    """A household, dissolved or not; refuses with HouseholdNotFound."""
    row = await database.fetchrow(SQL.get_household, merchant_id, household_id)
    if row is None:
        raise HouseholdNotFound(household_id)
    return Household(*row)


async def find_households(
    database: Queries,
    merchant_id: int,
    *,
    dissolved: bool | None = None,
    before: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[Household]:
    """Households, newest first, from before a place (created, id) on; `dissolved` ones, or those that are not."""
    place = before or (None, None)
    rows = await database.fetch(SQL.find_households, merchant_id, dissolved, *place, count_max)
    return [Household(*row) for row in rows]


async def membership_of(database: Queries, merchant_id: int, member_id: int) -> Membership | None:
    """The household that the member belongs to now."""
    row = await database.fetchrow(SQL.get_membership, merchant_id, member_id)
    return None if row is None else read_membership(row)


async def members_of(database: Queries, merchant_id: int, household_id: int) -> list[Membership]:
    """Who belongs to the household now, whoever joined first first."""
    return [read_membership(row) for row in await database.fetch(SQL.list_members, merchant_id, household_id)]


async def members_of_each(
    database: Queries, merchant_id: int, household_ids: Collection[int]
) -> dict[int, list[Membership]]:
    """The same of several households, by their ids."""
    found: dict[int, list[Membership]] = {household_id: [] for household_id in household_ids}
    for row in await database.fetch(SQL.list_members_of, merchant_id, list(household_ids)):
        found[row["household_id"]].append(read_membership(row))
    return found


def read_membership(row: Row) -> Membership:
    """A row of a membership."""
    return Membership(*row[0:6], followers=tuple(row[6]))
