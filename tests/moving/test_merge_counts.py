"""What is counted towards caps and tiers is added up by a merge, so that nobody is welcomed twice, and parted again."""

from typing import Any

import pytest

from guerdon.activities.log import reporting
from guerdon.activities.report import Activity
from guerdon.earning.earns import Flat
from guerdon.earning.rule import Cap, EarningRule, Period
from guerdon.earning.rules import add_rule
from guerdon.merchants.merchant import Policies
from guerdon.tiers.programme import Threshold, Tier
from tests.moving.people import ANA, BEN, available, merge, unmerge
from tests.shop import Shop, email
from tests.street import Street, contradictions, do, report
from tests.tiers.doing import level, programme, set_tiers, standing, topics

pytestmark = pytest.mark.asyncio(loop_scope="session")

USES = "SELECT member_id, points, times FROM earning_use WHERE merchant_id = $1 AND times > 0"
PROGRESS = """
    SELECT member_id, sum(points)::int FROM tier_progress
     WHERE merchant_id = $1 GROUP BY member_id HAVING sum(points) > 0
"""


async def welcome(shop: Shop, trigger: str, *caps: Cap) -> None:
    """A hundred points, as often as the caps allow."""
    terms = EarningRule(name="Welcome", trigger=trigger, earns=Flat(points=100), caps=caps)
    await add_rule(shop.engine.database, shop.merchant.merchant_id, terms, actor="test", now=shop.clock())


async def sign_up(shop: Shop, address: str, activity_id: str) -> Activity:
    """Somebody signed up."""
    command = await reporting(
        shop.engine.database, shop.merchant, email(address), "sign_up", activity_id, shop.clock()
    )  # fmt: skip
    return await do(shop, command)


async def counted(shop: Shop, statement: str) -> set[tuple[Any, ...]]:
    """What the database counts."""
    return {tuple(row) for row in await shop.engine.database.fetch(statement, shop.merchant.merchant_id)}


async def test_the_welcome_of_one_is_that_of_both(shop: Shop):
    await welcome(shop, "sign_up", Cap(per=Period.EVER, times=1))
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    await sign_up(shop, BEN, "b1")
    merged = await merge(shop, ana, ben)
    assert (await sign_up(shop, ANA, "a1")).points == 0
    assert await available(shop, ana) == 100
    await unmerge(shop, merged.merge_id)
    assert await counted(shop, USES) == {(ben, 100, 1)}
    assert (await sign_up(shop, ANA, "a2")).points == 100
    assert (await sign_up(shop, BEN, "b2")).points == 0
    assert await contradictions(shop) == []


async def test_what_an_order_counts_for_goes_where_the_order_goes(shop: Shop):
    await welcome(shop, "order", Cap(per=Period.YEAR, points=1000))
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    await report(shop, ANA, "o1")
    await report(shop, BEN, "o2")
    await report(shop, BEN, "o3")
    merged = await merge(shop, ana, ben)
    assert await counted(shop, USES) == {(ana, 300, 3)}
    assert await counted(shop, PROGRESS) == {(ana, 300)}
    await report(shop, ANA, "o3", status="cancelled")
    assert await available(shop, ana) == 200
    await unmerge(shop, merged.merge_id)
    assert await counted(shop, USES) == {(ana, 100, 1), (ben, 100, 1)}
    await report(shop, BEN, "o2", status="cancelled")
    await report(shop, ANA, "o1", status="cancelled")
    assert await counted(shop, USES) == set()
    assert (await available(shop, ana), await available(shop, ben)) == (0, 0)
    assert await contradictions(shop) == []


async def test_the_higher_tier_stays_and_is_taken_back(shop: Shop):
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    merchant_id, database = shop.merchant.merchant_id, shop.engine.database
    standing = """
        INSERT INTO member_tier SELECT $1, $2, $3, $3, $4, NULL, NULL, NULL, 'rules', 1, $5::jsonb
    """
    await database.execute(standing, merchant_id, ana, 1, shop.clock(), '{"1": "2026-02-01"}')
    await database.execute(standing, merchant_id, ben, 2, shop.clock(), '{"1": "2026-01-01", "2": "2026-03-01"}')
    before = await counted(shop, "SELECT member_id, level, perks::text FROM member_tier WHERE merchant_id = $1")
    merged = await merge(shop, ana, ben)
    levels = await database.fetchrow(
        "SELECT level, perks::text FROM member_tier WHERE merchant_id = $1 AND member_id = $2", merchant_id, ana
    )
    assert levels is not None
    assert tuple(levels) == (2, '{"1": "2026-02-01", "2": "2026-03-01"}'), "no level's perks are given twice"
    await unmerge(shop, merged.merge_id)
    after = await counted(shop, "SELECT member_id, level, perks::text FROM member_tier WHERE merchant_id = $1")
    assert after == before


async def test_what_both_have_done_lifts_at_once_and_its_perks_are_given_once(shop: Shop):
    reward = await shop.rule(name="Five off")
    silver = Tier(
        name="Silver", entry=Threshold(points_earned=100), points_reward=7, coupon_rule_id=reward.rule_id
    )  # fmt: skip
    await set_tiers(shop, programme(silver, Tier(name="Gold", entry=Threshold(points_earned=1000))))
    ana, ben = await shop.member(ANA, 60), await shop.member(BEN, 60)
    merged = await merge(shop, ana, ben)
    assert await level(shop, ANA) == 1
    assert (await standing(shop, ANA)).level == 1
    assert await topics(shop, ANA) == ["tier.entered"]
    assert await available(shop, ana) == 127
    assert await contradictions(shop) == []
    await unmerge(shop, merged.merge_id)
    assert (await level(shop, ANA), await level(shop, BEN)) == (0, 0)
    await shop.give(ANA, 50)
    assert await level(shop, ANA) == 1
    assert await available(shop, ana) == 60 + 7 + 50, "the perks of a level are not given twice"
    assert await contradictions(shop) == []


async def test_the_standing_of_the_other_is_lifted_too(shop: Shop):
    await set_tiers(shop, programme())
    ana, ben = await shop.member(ANA, 60), await shop.member(BEN, 450)
    merged = await merge(shop, ana, ben)
    assert await level(shop, ANA) == 2, "silver is what Ben had, and gold what both have earned"
    await unmerge(shop, merged.merge_id)
    assert (await level(shop, ANA), await level(shop, BEN)) == (0, 1)


async def test_who_does_not_take_part_does_not_rise(street: Street):
    shop = await street.shop(policies=Policies(opt_in="opted_in"))
    await set_tiers(shop, programme())
    ana, ben = await shop.member(ANA, 60), await shop.member(BEN, 60)
    await merge(shop, ana, ben)
    assert await level(shop, ANA) == 0
