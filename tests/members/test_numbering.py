"""Pages of members by number are the same with milestones on the way as without, and count everybody once."""

from datetime import timedelta

import pytest

from guerdon.members import numbering
from guerdon.members.numbering import SETTLED, pass_milestones
from guerdon.points.changes import numbered_members
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEMBERS = 7


async def test_pages_are_found_from_milestones(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(numbering, "MILE", 2)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    members = [await shop.member(f"m{number}@example.com") for number in range(MEMBERS)]

    async def pages() -> list[int]:
        found: list[int] = []
        for skipped in range(0, MEMBERS + 3, 3):
            some, total = await numbered_members(database, merchant_id, since=None, skipped=skipped, count_max=3)
            assert total == len(members)
            found += some
        return found

    async def passed() -> int:
        return await database.fetchval(
            "SELECT count(*) FROM member_milestone WHERE merchant_id = $1", merchant_id
        )  # fmt: skip

    assert await pages() == members
    await pass_milestones(database, merchant_id, shop.clock())
    assert await passed() == 0, "somebody with an id before theirs may still be on the way"
    later = shop.clock() + SETTLED + timedelta(seconds=1)
    await pass_milestones(database, merchant_id, later)
    assert await passed() == MEMBERS // 2
    assert await pages() == members
    members.append(await shop.member("late@example.com"))
    await pass_milestones(database, merchant_id, later)
    assert await passed() == (MEMBERS + 1) // 2
    assert await pages() == members
