"""Tiers of the native API: the programme, where members stand, and a hand that puts them elsewhere."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
PROGRAMME = "/v1/tier_programme"
SILVER: dict[str, Any] = {"name": "Silver", "entry": {"points_earned": 100}, "points_multiplier": 1.5}
GOLD: dict[str, Any] = {
    "name": "Gold", "entry": {"points_earned": 500, "purchases": 5, "match": "all"}, "points_reward": 50,
}  # fmt: skip
TIERS: dict[str, Any] = {"term": "calendar_year", "grace_days": 30, "tiers": [SILVER, GOLD]}


def with_tiers(*tiers: Any) -> dict[str, Any]:
    """The programme with other tiers."""
    return TIERS | {"tiers": tiers}


async def put(shop: Shop, match: str | None = None, key: str | None = None, **body: Any) -> Any:
    """Set the programme, perhaps only over a version."""
    headers = {"if-match": match, "idempotency-key": key}
    return await shop.http.put(PROGRAMME, json=body, headers={name: value for name, value in headers.items() if value})


async def test_a_programme_is_set_and_read(shop: Shop, api: Api):
    before = await api.get(PROGRAMME)
    assert (before.json()["version"], before.json()["tiers"], before.headers["etag"]) == (0, [], '"0"')
    gift = await shop.rule()
    answer = await put(shop, '"0"', **with_tiers(SILVER, {**GOLD, "coupon_rule": f"rule_{gift.rule_id}"}))
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"'), answer.text
    silver, gold = answer.json()["tiers"]
    assert (silver["level"], silver["code"], silver["name"], silver["points_multiplier"]) == (1, "TIER1", "Silver", 1.5)
    assert (gold["coupon_rule"], gold["entry"]) == (f"rule_{gift.rule_id}", GOLD["entry"])
    assert (await api.get(PROGRAMME)).json() == answer.json()
    assert (await api.get("/v1/tiers")).json() == {"object": "tiers", "currency": "USD", "data": [silver, gold]}


async def test_a_tier_keeps_the_merchants_own_words(shop: Shop, api: Api):
    await put(shop, **with_tiers({**SILVER, "metadata": {"colour": "grey"}}, GOLD))
    assert [one["metadata"] for one in (await api.get("/v1/tiers")).json()["data"]] == [{"colour": "grey"}, {}]


async def test_a_programme_is_set_by_version_once_and_on_trial(shop: Shop, api: Api):
    tried = await put(shop, **TIERS, dry_run=True)
    assert (tried.json()["version"], tried.headers["dry-run"]) == (1, "true")
    assert (await api.get(PROGRAMME)).json()["version"] == 0
    first, again = [await put(shop, '"0"', "k", **TIERS) for _ in range(2)]
    assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])
    outdated = await put(shop, '"0"', **TIERS)
    assert (outdated.status_code, outdated.json()["code"]) == (412, "outdated")
    wrong = await put(shop, **with_tiers(GOLD, SILVER))
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/tiers/1/entry/points_earned")


async def test_a_member_sees_the_way_to_the_next_tier(shop: Shop, api: Api):
    await put(shop, **TIERS)
    member = await shop.member(ANA, 120)
    path = f"/v1/members/mem_{member}/tier"
    found = (await api.get(path)).json()
    assert (found["object"], found["member"]) == ("member_tier", f"mem_{member}")
    tier = found["tier"]
    assert (tier["level"], tier["name"], tier["assigned"], tier["until"]) == (1, "Silver", "rules", "2027-12-31")
    assert (tier["counted"]["points"], tier["next"]["name"]) == (120, "Gold")
    assert (tier["next"]["missing"]["points"], tier["next"]["missing"]["orders"]) == (380, 5)
    history = (await api.get(f"{path}/history")).json()["data"]
    assert [(one["from_level"], one["to_name"], one["why"]) for one in history] == [(0, "Silver", "reached")]
    assert history[0]["counted"]["points"] == 120


async def test_a_member_is_put_into_a_tier(shop: Shop, api: Api):
    await put(shop, **TIERS)
    member = await shop.member(ANA)
    path = f"/v1/members/mem_{member}/tier"
    wanted: dict[str, Any] = {"level": 2, "until": "2026-12-31", "reason": "A friend of the house", "pinned": True}
    tried = await api.post(path, **wanted, dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["level"], tried.json()["name"]) == ("true", 2, "Gold")
    assert ((await api.get(path)).json()["tier"]["level"], await shop.balance(ANA)) == (0, (0, 0))
    first, again = [await api.post(path, key="k", **wanted) for _ in range(2)]
    assert (first.status_code, first.content, again.headers["idempotent-replayed"]) == (200, again.content, "true")
    assert (first.json()["until"], first.json()["assigned"]) == ("2026-12-31", "pinned")
    assert await shop.balance(ANA) == (50, 0)
    shop.clock.advance(minutes=1)
    await api.post(path, level=0)
    history = await api.get(f"{path}/history?limit=1")
    assert [(one["to_level"], one["why"]) for one in history.json()["data"]] == [(0, "assigned")]
    older = (await api.get(history.links["next"]["url"])).json()["data"]
    assert [(one["to_level"], one["reason"]) for one in older] == [(2, "A friend of the house")]
    refused = await api.post(path, level=3)
    assert (refused.status_code, refused.json()["code"]) == (404, "tier_not_found")
    assert await contradictions(shop) == []


async def test_another_merchants_members_and_rules_are_not_there(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    path = f"/v1/members/mem_{await other.member(ANA)}/tier"
    answers = [await api.get(path), await api.get(f"{path}/history"), await api.post(path, level=1)]
    assert [answer.status_code for answer in answers] == [404] * 3
    foreign = f"rule_{(await other.rule()).rule_id}"
    refused = await put(shop, **with_tiers({**SILVER, "coupon_rule": foreign}))
    assert (refused.status_code, refused.json()["code"]) == (404, "rule_not_found")
