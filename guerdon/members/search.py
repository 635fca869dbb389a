"""Members of a merchant, page by page."""

from datetime import datetime

from guerdon.database.pool import Queries
from guerdon.kit.sql import load
from guerdon.members.members import Profile, read_profile

SQL = load(__file__, "search.sql")


async def find_profiles(
    database: Queries,
    merchant_id: int,
    *,
    status: str | None = None,
    tier_level: int | None = None,
    tag: str | None = None,
    since: datetime | None = None,
    oldest_first: bool = False,
    after: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[Profile]:
    """Members for whom all of this holds, by their last change, the latest first, from behind a place (updated, id) on.

    Without a status, those who are active or suspended. Walked with `oldest_first`, a list misses nobody who changes
    meanwhile.
    """
    statement = SQL.find_profiles_in_time if oldest_first else SQL.find_profiles
    rows = await database.fetch(
        statement, merchant_id, status, tier_level, tag, since, *(after or (None, None)), count_max
    )  # fmt: skip
    return [read_profile(row[:-2], zip(row["kinds"] or (), row["texts"] or (), strict=True)) for row in rows]
