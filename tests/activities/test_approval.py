"""Activities that wait for an operator: given once, as of when they happened, by the version of their report."""

from datetime import UTC, datetime, timedelta

import pytest

from guerdon.activities.log import deciding_activity, get_activity, list_activities, list_waiting
from guerdon.activities.report import Activity
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import change_rule
from guerdon.errors.activities import ActivityDecided, ActivityNotFound
from tests.activities.test_report import ANA, ONCE_A_DAY, report, rule
from tests.shop import START, Shop
from tests.street import Street, contradictions, outcomes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def decide(shop: Shop, activity_id: str, *, approve: bool, actor: str = "operator:1") -> Activity:
    command = await deciding_activity(shop.engine.database, shop.merchant, activity_id, approve=approve, decision="ok")
    return (await shop.engine.desk.submit(command, actor=actor)).value


async def test_what_wants_approval_waits_and_is_given_once(shop: Shop):
    await rule(shop, approval=True, expiry="30 days")
    await rule(shop, points=5)
    await shop.member(ANA)
    waiting = await report(shop, "r1")
    assert (waiting.state, waiting.points, await shop.balance(ANA)) == ("waiting", 5, (5, 0))
    shop.clock.advance(days=2)

    approved = await decide(shop, "r1", approve=True)
    assert (approved.state, approved.points, approved.decided_by) == ("approved", 55, "operator:1")
    assert approved.decision == "ok"
    assert approved.occurred_at == START
    assert await decide(shop, "r1", approve=True, actor="operator:2") == approved
    assert await shop.balance(ANA) == (55, 0)
    row = await shop.engine.database.fetchrow(
        "SELECT occurred_at, recorded_at FROM entry WHERE merchant_id = $1 AND points = 50", shop.merchant.merchant_id
    )
    assert row is not None
    assert tuple(row) == (START, START + timedelta(days=2))
    with pytest.raises(ActivityDecided):
        await decide(shop, "r1", approve=False)
    assert await report(shop, "r1") == approved
    assert await contradictions(shop) == []


async def test_what_is_rejected_is_given_nothing(shop: Shop):
    await rule(shop, approval=True)
    await shop.member(ANA)
    await report(shop, "r1")
    rejected = await decide(shop, "r1", approve=False)
    assert (rejected.state, rejected.points) == ("rejected", 0)
    with pytest.raises(ActivityDecided):
        await decide(shop, "r1", approve=True)
    assert await shop.balance(ANA) == (0, 0)


async def test_two_decisions_at_once_are_one(shop: Shop):
    await rule(shop, approval=True)
    await shop.member(ANA)
    await report(shop, "r1")
    outcomes = await outcomes_of(*(decide(shop, "r1", approve=n % 2 == 0) for n in range(10)))
    assert {type(outcome) for outcome in outcomes} == {Activity, ActivityDecided}
    state = (await get_activity(shop.engine.database, shop.merchant.merchant_id, "r1")).state
    assert (await shop.balance(ANA))[0] == (50 if state == "approved" else 0)


async def test_caps_count_when_it_is_given(shop: Shop):
    await rule(shop, approval=True, caps=ONCE_A_DAY)
    await shop.member(ANA)
    await report(shop, "r1")
    assert (await report(shop, "r2")).state == "waiting"
    await decide(shop, "r2", approve=True)
    late = await decide(shop, "r1", approve=True)
    assert (late.state, late.points) == ("approved", 0)
    assert late.evaluation["approved"]["passed_over"][0]["reason"] == "capped"
    assert await shop.balance(ANA) == (50, 0)


async def test_what_waits_is_given_by_the_version_of_its_report(shop: Shop):
    stored = await rule(shop, approval=True)
    await shop.member(ANA)
    await report(shop, "r1")
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    dearer = EarningRule(name="More", trigger="review", earns=Flat(points=999), approval=True)
    await change_rule(database, merchant_id, stored.rule_id, dearer, actor="test", now=shop.clock())
    assert (await decide(shop, "r1", approve=True)).points == 50


async def test_what_waits_is_listed_oldest_first_and_by_page(shop: Shop):
    await rule(shop, approval=True)
    await shop.member(ANA)
    for number in range(3):
        await report(shop, f"r{number}")
        shop.clock.advance(seconds=1)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    page = await list_waiting(database, merchant_id, after=datetime(2000, 1, 1, tzinfo=UTC), count_max=2)
    assert [one.activity_id for one in page] == ["r0", "r1"]
    rest = await list_waiting(database, merchant_id, after=page[-1].created_at, after_id=page[-1].activity_id)
    assert [one.activity_id for one in rest] == ["r2"]
    newest = await list_activities(database, merchant_id, page[0].member_id, before=shop.clock(), before_id="")
    assert [one.activity_id for one in newest] == ["r2", "r1", "r0"]


async def test_nobody_decides_what_is_not_there(shop: Shop, street: Street):
    other = await street.shop()
    await rule(other, approval=True)
    await other.member(ANA)
    await report(other, "r1")
    with pytest.raises(ActivityNotFound):
        await decide(shop, "r1", approve=True)
