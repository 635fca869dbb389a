"""A merchant is multiplied, and the books of the copies add up as those of the first do."""

import pytest

from guerdon.bench.multiply import LONG_STORY, multiply
from guerdon.reports.proofs import prove
from guerdon.rewards.redeem import Redeem
from tests.shop import Shop, email

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIMES = 4
LIVED = 3


async def test_copies_have_all_that_the_first_have_and_add_up(shop: Shop):
    database, merchant = shop.engine.database, shop.merchant
    member_ids = [await shop.member(f"m{number}@example.com", points=500) for number in range(3)]
    rule = await shop.rule()
    for number in (0, 1):
        who = email(f"m{number}@example.com")
        await shop.engine.desk.submit(
            Redeem(merchant=merchant, who=who, rule_id=rule.rule_id, delayed=bool(number)), actor="test"
        )  # fmt: skip
    entries = await counted(shop, "entry")
    last = max(member_ids)
    seen: list[int] = []

    await multiply(
        database, merchant, members=TIMES * last, entries=LIVED * entries, now=shop.clock(), on_progress=seen.append
    )  # fmt: skip

    assert await counted(shop, "member") == TIMES * len(member_ids)
    assert await counted(shop, "identity") == TIMES * len(member_ids)
    assert await counted(shop, "redemption") == LIVED * 2
    assert await counted(shop, "coupon") == LIVED * 2
    assert LIVED * entries <= await counted(shop, "entry") <= LIVED * entries + LONG_STORY
    assert sum(seen) == (TIMES - 1) * last
    async for part in prove(database, merchant, lambda _part: lambda _done, _total: None):
        assert part.findings == [], part.part


async def counted(shop: Shop, table: str) -> int:
    """How many rows this merchant has in a table."""
    return await shop.engine.database.fetchval(
        f"SELECT count(*) FROM {table} WHERE merchant_id = $1", shop.merchant.merchant_id
    )  # fmt: skip
