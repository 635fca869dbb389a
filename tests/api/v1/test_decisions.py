"""Refusals of the native API, looked up later."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
DECISIONS = "/v1/decisions"


async def refused(api: Api, **wanted: Any) -> str:
    """The id of the decision of a redemption that is refused."""
    answer = await api.post("/v1/redemptions", member=f"email:{ANA}", **wanted)
    assert answer.status_code == 422, answer.text
    return answer.json()["decision_id"]


async def test_a_refusal_is_looked_up_by_its_id(shop: Shop, api: Api):
    rule = await shop.rule(points=500, tier_level=2)
    await shop.member(ANA, 380)
    found = (await api.get(f"{DECISIONS}/{await refused(api, rule=f'rule_{rule.rule_id}')}")).json()
    assert (found["object"], found["command"], found["code"]) == ("decision", "Redeem", "tier_too_low")
    assert found["facts"]["also"] == [{"code": "not_enough_points", "points": 500, "available": 380, "shortfall": 120}]
    assert (found["detail"][:21], found["actor"][:4]) == ("This option is for ti", "key:")
    assert found["recorded_at"] == "2026-03-10T12:00:00Z"
    assert found["member"] == (await api.get(f"/v1/members/by?email={ANA}")).json()["id"]


async def test_lists_go_by_time_and_code(shop: Shop, api: Api):
    dear, off = await shop.rule(points=500), await shop.rule(active=False)
    await shop.member(ANA, 100)
    made: list[str] = []
    for rule in (dear, off, dear):
        shop.clock.advance(minutes=1)
        made.insert(0, await refused(api, rule=f"rule_{rule.rule_id}"))

    async def listed(query: str) -> list[str]:
        return [one["id"] for one in (await api.get(f"{DECISIONS}?{query}")).json()["data"]]

    assert await listed("") == made
    first = (await api.get(f"{DECISIONS}?limit=2")).json()
    assert await listed(f"cursor={first['next_cursor']}") == made[2:]
    assert await listed("code=not_enough_points") == [made[0], made[2]]
    assert await listed("recorded_since=2026-03-10T12:02:00Z&recorded_before=2026-03-10T12:03:00Z") == [made[1]]


async def test_a_dry_run_is_no_decision(shop: Shop, api: Api):
    rule = await shop.rule(points=500)
    await shop.member(ANA, 100)
    tried = await api.post("/v1/redemptions/preview", member=f"email:{ANA}", rule=f"rule_{rule.rule_id}")
    assert (tried.status_code, "decision_id" in tried.json()) == (422, False)
    assert (await api.get(DECISIONS)).json()["data"] == []


async def test_another_merchants_decision_is_not_there(street: Street, shop: Shop, api: Api):
    rule = await shop.rule(points=500)
    await shop.member(ANA, 100)
    mine = await refused(api, rule=f"rule_{rule.rule_id}")
    other = await street.shop()
    await street.engine.database.execute(
        "UPDATE decision SET merchant_id = $2 WHERE merchant_id = $1", shop.merchant.merchant_id,
        other.merchant.merchant_id,
    )  # fmt: skip
    gone = await api.get(f"{DECISIONS}/{mine}")
    assert (gone.status_code, gone.json()["code"]) == (404, "decision_not_found")
    assert (await api.get(DECISIONS)).json()["data"] == []
