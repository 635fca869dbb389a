"""Which members changed lately, in their profile or on their account, for those who copy them elsewhere.

A walk begins with who changed last and goes back in time. Members who change meanwhile move to its front, where it has
been: so once the beginning of time is reached, it goes on with those who have changed since it began, and ends when
there are none. Who walks to the end has seen every member at least once, and as they were after the walk began.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import merge
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from guerdon.database.pool import Queries
from guerdon.kit.sql import load

SQL = load(__file__, "changes.sql")

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)
LAST_ID = 2**63 - 1

ROWS_MAX = 1_000
ROUNDS_MAX = 20
"""How many rows one page looks at: many in a row may tell of members who changed later in another way."""


Time = Annotated[datetime, Meta(tz=True)]
Number = Annotated[int, Meta(ge=0, le=LAST_ID)]


class Place(Struct, frozen=True, array_like=True):
    """How far a walk has come: before an account and before a profile, in the order of their changes.

    It shows who changed after `since`; those who changed after `began` come next.
    """

    since: Time
    began: Time
    account_at: Time = END
    account_id: Number = LAST_ID
    member_at: Time = END
    member_id: Number = LAST_ID


class Page(NamedTuple):
    """The next members, and the place of those after them; None at the end of the walk."""

    members: list[int]
    next: Place | None


class _Change(NamedTuple):
    """A row of either list: when, of what, and the members who changed with it last. `full` if more rows follow."""

    at: datetime
    is_account: bool
    number: int
    members: list[int]
    full: bool


async def changed_members(database: Queries, merchant_id: int, place: Place, now: datetime, count_max: int) -> Page:
    """The next members of a walk; a household's come together, so there may be a few more, and there may be fewer."""
    members: list[int] = []
    rows_max = count_max
    for _ in range(ROUNDS_MAX):
        more = False
        for change in await _changes(database, merchant_id, place, rows_max):
            if members and len(members) + len(change.members) > count_max:
                return Page(members, place)
            members += change.members
            place = _past(place, change)
            if more := change.full:
                break
        if not more:
            return Page(members, await _from_the_front(database, merchant_id, place, now))
        rows_max = min(2 * rows_max, ROWS_MAX)
    return Page(members, place)


async def _changes(database: Queries, merchant_id: int, place: Place, rows_max: int) -> Iterator[_Change]:
    """Both lists as one, the latest first."""
    accounts = await database.fetch(
        SQL.list_changed_accounts, merchant_id, place.account_at, place.account_id, place.since, rows_max
    )
    profiles = await database.fetch(
        SQL.list_changed_profiles, merchant_id, place.member_at, place.member_id, place.since, rows_max
    )
    lists = (
        [_Change(row[0], is_account, row[1], row[2], number == rows_max) for number, row in enumerate(rows, start=1)]
        for rows, is_account in ((accounts, True), (profiles, False))
    )
    return merge(*lists, key=lambda change: change.at, reverse=True)


def _past(place: Place, change: _Change) -> Place:
    if change.is_account:
        return Place(place.since, place.began, change.at, change.number, place.member_at, place.member_id)
    return Place(place.since, place.began, place.account_at, place.account_id, change.at, change.number)


async def _from_the_front(database: Queries, merchant_id: int, place: Place, now: datetime) -> Place | None:
    """Where the walk goes on after its end: at those who have changed since it began, if anybody has."""
    again = Place(since=place.began, began=now)
    changes = await _changes(database, merchant_id, again, ROWS_MAX)
    return again if any(change.members or change.full for change in changes) else None


async def numbered_members(
    database: Queries, merchant_id: int, *, since: datetime | None, skipped: int, count_max: int
) -> tuple[list[int], int]:
    """Members by number, beginning after so many, and how many there are; with `since` those who changed from then on.

    Some of them may have become others, or be erased. Since before the merchant was there everyone has changed: then
    pages do not move while they are walked, and are found faster.
    """
    if since is None or since <= await database.fetchval(SQL.get_beginning, merchant_id):
        row = await database.fetchrow(SQL.number_members, merchant_id, skipped, count_max)
    else:
        row = await database.fetchrow(SQL.number_changed_members, merchant_id, skipped, count_max, since)
    assert row is not None, "counting always answers"
    return row["members"], row["total"]
