"""Redemptions of the native API, as an integrator meets them."""

from typing import Any

import httpx
import pytest

from guerdon.api.v1.lists import cursor
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
REDEMPTIONS = "/v1/redemptions"


async def test_points_are_redeemed_for_a_coupon(shop: Shop, api: Api):
    rule, member = await shop.rule(), await shop.member(ANA, 250)
    answer = await api.post(REDEMPTIONS, member=f"email:{ANA}", rule=f"rule_{rule.rule_id}", metadata={"till": "4"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"{REDEMPTIONS}/{made['id']}"
    assert (made["object"], made["state"], made["points"]) == ("redemption", "redeemed", 100)
    assert made["value"] == {"amount_minor": 500, "currency": "USD"}
    assert made["member"] == f"mem_{member}"
    assert made["metadata"] == {"till": "4"}
    assert len(made["coupon"]["code"]) >= 13
    assert await shop.balance(ANA) == (150, 0)
    assert (await api.get(answer.headers["location"])).json() == made


async def test_a_dry_run_and_a_preview_tell_and_keep_nothing(shop: Shop, api: Api):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    wanted = {"member": f"email:{ANA}", "rule": f"rule_{rule.rule_id}"}
    for answer in (
        await api.post(f"{REDEMPTIONS}/preview", **wanted),
        await api.post(f"{REDEMPTIONS}?dry_run=true", **wanted),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.headers["dry-run"] == "true"
        assert answer.json()["points"] == 100
        assert await shop.balance(ANA) == (100, 0)
    assert (await api.get(REDEMPTIONS)).json()["data"] == []


async def test_held_points_are_captured_or_given_back(shop: Shop, api: Api):
    rule = await shop.rule()
    await shop.member(ANA, 200)
    wanted: dict[str, Any] = {"member": f"email:{ANA}", "rule": f"rule_{rule.rule_id}", "capture": "on_order"}
    first = (await api.post(REDEMPTIONS, **wanted, hold_for=3600)).json()
    second = (await api.post(REDEMPTIONS, **wanted)).json()
    assert [one["state"] for one in (first, second)] == ["held", "held"]
    assert first["coupon"]["expires_at"] == "2026-03-10T13:00:00Z"
    assert await shop.balance(ANA) == (0, 200)
    captured = await api.post(f"{REDEMPTIONS}/{first['id']}/capture", order="A-1")
    assert captured.json()["state"] == "captured"
    assert (await api.post(f"{REDEMPTIONS}/{first['id']}/capture")).json() == captured.json()
    cancelled = await api.post(f"{REDEMPTIONS}/{second['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    third = (await api.post(REDEMPTIONS, **wanted)).json()
    assert (await api.post(f"{REDEMPTIONS}/{third['id']}/capture")).json()["state"] == "captured"
    used = (await api.get(f"/v1/coupons/{third['coupon']['code']}")).json()
    assert (used["state"], used["order"]) == ("used", None), "points may be taken for no order"
    refused = await api.post(f"{REDEMPTIONS}/{second['id']}/capture")
    assert (refused.status_code, refused.json()["code"]) == (422, "redemption_over")
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_a_refusal_is_a_problem_with_its_facts_and_a_decision(shop: Shop, api: Api):
    rule = await shop.rule(points=500)
    await shop.member(ANA, 380)
    answer = await api.post(REDEMPTIONS, member=f"email:{ANA}", rule=f"rule_{rule.rule_id}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["type"]) == ("not_enough_points", "/docs/errors/not_enough_points")
    assert problem["facts"] == {"points": 500, "available": 380, "shortfall": 120}
    assert "120 points short" in problem["detail"]
    assert problem["decision_id"].startswith("dec_")
    assert problem["request_id"] == "req_" + answer.headers["x-request-id"].replace("-", "")


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("rule", "mem_7", "/rule"),
        ("member", "fax:12", "/member"),
        ("member", "email:nobody", "/member"),
        ("points", 0, "/points"),
        ("capture", "later", "/capture"),
        ("hold_for", 1, "/hold_for"),
        ("surprise", 1, "/surprise"),
        ("metadata", {"": "x"}, "/metadata"),
    ],
)
async def test_what_is_wrong_is_pointed_to(shop: Shop, api: Api, field: str, value: Any, pointer: str):
    answer = await api.post(REDEMPTIONS, **{"member": f"email:{ANA}", "rule": "rule_1", field: value})
    assert answer.status_code == 400, answer.text
    assert (answer.json()["errors"][0].get("pointer") or "").startswith(pointer)


async def test_the_same_key_redeems_once(shop: Shop, api: Api):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    wanted = {"member": f"email:{ANA}", "rule": f"rule_{rule.rule_id}", "metadata": {"till": "4"}}
    first, again = [await api.post(REDEMPTIONS, key="k-1", **wanted) for _ in range(2)]
    assert first.json() == again.json()
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    other = await api.post(REDEMPTIONS, key="k-1", **wanted, points=200)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert await shop.balance(ANA) == (400, 0)


async def test_lists_are_walked_by_their_cursors(shop: Shop, api: Api):
    rule, other = await shop.rule(), await shop.rule()
    await shop.member(ANA, 500)
    await shop.member(BEN, 100)
    made: list[str] = []
    for address, which in ((ANA, rule), (BEN, rule), (ANA, other), (ANA, rule)):
        shop.clock.advance(minutes=1)
        answer = await api.post(REDEMPTIONS, member=f"email:{address}", rule=f"rule_{which.rule_id}")
        made.insert(0, answer.json()["id"])
    walked: list[str] = []
    path = f"{REDEMPTIONS}?limit=3&fields=id,points"
    while path:
        answer = await api.get(path)
        walked += [one["id"] for one in answer.json()["data"]]
        assert all(set(one) == {"id", "points"} for one in answer.json()["data"])
        path = answer.links["next"]["url"] if answer.json()["has_more"] else ""
    assert walked == made
    by_member = await api.get(f"{REDEMPTIONS}?member=email:{BEN}")
    assert [one["id"] for one in by_member.json()["data"]] == [made[2]]
    by_rule = await api.get(f"{REDEMPTIONS}?rule=rule_{other.rule_id}&state=redeemed")
    assert [one["id"] for one in by_rule.json()["data"]] == [made[1]]
    for forged in ("nonsense", cursor(["2026-01-01T00:00:00Z", 2**63]), cursor(["0001-01-01T00:00:00+02:00", 1])):
        wrong = await api.get(f"{REDEMPTIONS}?cursor={forged}")
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/cursor")


async def test_words_beside_a_redemption_change_and_go(shop: Shop, api: Api):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    made = (
        await api.post(REDEMPTIONS, member=f"email:{ANA}", rule=f"rule_{rule.rule_id}", metadata={"a": "1", "b": "2"})
    ).json()
    path = f"{REDEMPTIONS}/{made['id']}"
    tried = await api.patch(f"{path}?dry_run=true", metadata={"a": "7"})
    assert (tried.headers["dry-run"], tried.json()["metadata"]) == ("true", {"a": "7", "b": "2"})
    changed = await api.patch(path, key="k", metadata={"a": "", "c": "3"})
    assert changed.json()["metadata"] == {"b": "2", "c": "3"}
    await api.patch(path, metadata={"c": "4"})
    again = await api.patch(path, key="k", metadata={"a": "", "c": "3"})
    assert (again.content, again.headers["idempotent-replayed"]) == (changed.content, "true")
    await api.patch(path, metadata={"c": "3"})
    assert (await api.get(f"{REDEMPTIONS}/{made['id']}")).json()["metadata"] == {"b": "2", "c": "3"}


async def test_keys_open_what_they_are_for(shop: Shop, api: Api):
    async def ask(**headers: str) -> httpx.Response:
        return await shop.http.get(f"http://shop{REDEMPTIONS}", headers=headers)

    assert (await ask(authorization="")).status_code == 401
    assert (await ask(authorization="Bearer gk_wrong")).status_code == 401
    assert (await ask(authorization=f"Bearer gk_{shop.merchant.merchant_id}_guessed")).status_code == 401
    writer = await api.key(scopes=("write",))
    refused = await ask(authorization=f"Bearer {writer}")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    browser = await api.key(kind="publishable")
    assert (await ask(authorization=f"Bearer {browser}")).status_code == 403


async def test_json_is_json_whatever_its_type_says(shop: Shop, api: Api):
    """As curl sends it, where nobody tells it more."""
    rule = await shop.rule()
    await shop.member(ANA, 100)
    body = f'{{"member": "email:{ANA}", "rule": "rule_{rule.rule_id}"}}'
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await shop.http.post(REDEMPTIONS, content=body, headers=form)
    assert answer.status_code == 201, answer.text


async def test_what_is_nowhere_is_a_problem_too(api: Api):
    answer = await api.get("/v1/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "page_not_found"
