"""What an assistant can look at, and how it changes something."""

import asyncio

import pytest

from guerdon.access.history import Asked, Past, list_requests
from guerdon.access.keys import create_key
from guerdon.errors.books import NotEnoughPoints
from tests.mcp.conftest import Hired
from tests.shop import START, Shop
from tests.street import contradictions, redeem, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
WHO = f"email:{ANA}"


async def test_who_may_only_look_has_no_tool_that_writes(shop: Shop, hired: Hired):
    async with hired() as looking, hired(writes=True) as changing:
        tools = (await looking.client.list_tools()).tools
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        assert await changing.names() - await looking.names() == {
            "redeem", "cancel_redemption", "void_coupon", "adjust_points", "suspend_member", "activate_member",
        }  # fmt: skip
        assert "redeem" in await looking.refused("redeem", who=WHO, rule="rule_1")


async def test_an_assistant_looks_at_everything_about_a_member(shop: Shop, hired: Hired):
    rule, dear = await shop.rule(), await shop.rule(points=500)
    member = await shop.member(ANA, 250)
    made = await redeem(shop, ANA, rule.rule_id, delayed=True)
    await report(shop, ANA, "A-1", made.code)
    async with hired() as assistant:
        found = await assistant.call("find_member", who=WHO)
        assert (found["id"], found["balances"]["available"], found["tier"]["level"]) == (f"mem_{member}", 150, 0)
        assert await assistant.call("find_member", who=found["id"]) == found
        history = (await assistant.call("point_history", who=WHO))["data"]
        assert [one["reason"] for one in history][-1] == "adjustment"
        options = (await assistant.call("redemption_options", who=WHO))["options"]
        assert {one["rule"]: one["points_missing"] for one in options} == {
            f"rule_{rule.rule_id}": 0, f"rule_{dear.rule_id}": 350,
        }  # fmt: skip
        rules = (await assistant.call("list_redemption_rules", active=True))["data"]
        assert {one["points"] for one in rules} == {100, 500}
        (one,) = (await assistant.call("list_redemptions", who=WHO, state="captured"))["data"]
        assert await assistant.call("get_redemption", redemption=one["id"]) == one
        assert (await assistant.call("get_coupon", code=made.code))["order"] == "A-1"
        (order,) = (await assistant.call("list_orders", who=WHO))["data"]
        assert await assistant.call("get_order", order="A-1") == order
        assert (await assistant.call("list_events", after=0))["has_more"] is False


async def test_an_assistant_learns_why_not(shop: Shop, hired: Hired):
    rule = await shop.rule(points=500)
    await shop.member(ANA, 380)
    async with hired(writes=True) as assistant:
        said = await assistant.refused("redeem", who=WHO, rule=f"rule_{rule.rule_id}")
        assert "120 points short" in said
        assert '"shortfall":120' in said
        with pytest.raises(NotEnoughPoints):
            await redeem(shop, ANA, rule.rule_id)
        (decision,) = (await assistant.call("list_decisions", code="not_enough_points"))["data"]
        explained = await assistant.call("explain_decision", decision=decision["id"])
        assert explained["facts"]["shortfall"] == 120
        assert "names nobody" in await assistant.refused("find_member", who="Ana")
        assert "/rule" in await assistant.refused("list_redemptions", rule="seven")


async def test_a_change_is_tried_first_and_then_done_once(shop: Shop, hired: Hired):
    rule = await shop.rule()
    await shop.member(ANA, 250)
    async with hired(writes=True) as assistant:
        wanted = {"who": WHO, "rule": f"rule_{rule.rule_id}"}
        tried = await assistant.call("redeem", **wanted)
        assert (tried["dry_run"], tried["would_be"]["points"]) == (True, 100)
        assert await shop.balance(ANA) == (250, 0)
        first, again = [await assistant.call("redeem", **wanted, token=tried["token"]) for _ in range(2)]
        assert first == again
        assert await shop.balance(ANA) == (150, 0)
        redemption = first["done"]["id"]
        tried = await assistant.call("cancel_redemption", redemption=redemption)
        assert await shop.balance(ANA) == (150, 0)
        await assistant.call("cancel_redemption", redemption=redemption, token=tried["token"])
        assert await shop.balance(ANA) == (250, 0)
    assert await contradictions(shop) == []


async def test_a_token_is_good_for_what_was_tried_and_for_minutes(shop: Shop, hired: Hired):
    await shop.member(ANA)
    async with hired(writes=True) as assistant:
        wanted = {"who": WHO, "points": 10, "reason": "goodwill"}
        token = (await assistant.call("adjust_points", **wanted))["token"]
        for other in ({**wanted, "points": 1_000}, {**wanted, "reason": "reward"}):
            assert "nothing else" in await assistant.refused("adjust_points", **other, token=token)
        assert "nothing else" in await assistant.refused("suspend_member", who=WHO, token=token)
        assert "stands for nothing" in await assistant.refused("adjust_points", **wanted, token="guessed")
        shop.clock.advance(minutes=11)
        assert "stands for nothing" in await assistant.refused("adjust_points", **wanted, token=token)
        assert await shop.balance(ANA) == (0, 0)
        token = (await assistant.call("adjust_points", **wanted))["token"]
        done = (await assistant.call("adjust_points", **wanted, token=token))["done"]
        assert (done["state"], await shop.balance(ANA)) == ("booked", (10, 0))


async def test_members_are_suspended_and_come_back_and_coupons_go(shop: Shop, hired: Hired):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    made = await redeem(shop, ANA, rule.rule_id)
    async with hired(writes=True) as assistant:
        for tool, status in (("suspend_member", "suspended"), ("activate_member", "active")):
            token = (await assistant.call(tool, who=WHO))["token"]
            await assistant.call(tool, who=WHO, token=token)
            assert (await assistant.call("find_member", who=WHO))["status"] == status
        token = (await assistant.call("void_coupon", code=made.code))["token"]
        await assistant.call("void_coupon", code=made.code, token=token)
    assert await shop.balance(ANA) == (100, 0)


async def test_the_history_of_requests_names_the_tool(shop: Shop, hired: Hired):
    await shop.member(ANA)
    async with hired(writes=True) as assistant:
        await assistant.call("find_member", who=WHO)
        token = (await assistant.call("suspend_member", who=WHO))["token"]
        await assistant.call("suspend_member", who=WHO, token=token)
    past: list[Past] = []
    async with asyncio.timeout(60):
        while len(past) < 5:  # the log may be writing some of them at this moment
            await shop.engine.requests.flush()
            past = await list_requests(shop.engine.database, shop.merchant.merchant_id, Asked(since=START), 10)
    tools = [one.user_agent.partition(" ")[2] for one in reversed(past)]
    assert tools == ["(find_member)", *["(suspend_member)"] * 4]
    assert all(one.user_agent.startswith("guerdon-mcp/") for one in past)


async def test_a_tool_does_not_what_the_key_may_not(shop: Shop, hired: Hired):
    await shop.member(ANA)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    key = await create_key(database, merchant_id, name="looking", now=shop.clock(), scopes=("read",))
    async with hired(writes=True, key=key) as assistant:
        assert "scope_missing" in await assistant.refused("suspend_member", who=WHO)
