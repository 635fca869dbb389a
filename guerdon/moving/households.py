"""Reading households."""

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


async def membership_of(database: Queries, merchant_id: int, member_id: int) -> Membership | None:
    """The household that the member belongs to now."""
    row = await database.fetchrow(SQL.get_membership, merchant_id, member_id)
    return None if row is None else read_membership(row)


async def members_of(database: Queries, merchant_id: int, household_id: int) -> list[Membership]:
    """Who belongs to the household now, whoever joined first first."""
    return [read_membership(row) for row in await database.fetch(SQL.list_members, merchant_id, household_id)]


def read_membership(row: Row) -> Membership:
    """A row of a membership."""
    return Membership(*row[0:6], followers=tuple(row[6]))
