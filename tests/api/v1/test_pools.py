"""Uploaded codes of the native API."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
RULES = "/v1/redemption_rules"


async def pooled(api: Api, **more: Any) -> str:
    """The path of a rule whose codes are uploaded."""
    codes = {"source": "pool", "low_at": 1}
    answer = await api.post(RULES, points=100, amount_minor=500, codes=codes, **more)
    assert answer.json()["codes"] == codes, answer.text
    return answer.headers["location"]


async def test_uploaded_codes_are_handed_out_in_their_order(shop: Shop, api: Api):
    path = await pooled(api)
    empty = await api.post(f"{path}/codes", codes=["a b"])
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (400, "/codes")
    uploaded = await api.post(f"{path}/codes", codes=["one", "TWO", "ONE"])
    assert uploaded.json() == {
        "added": 2, "known": 0, "refused": 0,
        "pool": {"object": "pool", "rule": path.removeprefix(f"{RULES}/"), "unused": 2, "used": 0, "low_at": 1},
    }  # fmt: skip
    shop.clock.advance(minutes=1)
    assert (await api.post(f"{path}/codes", codes=["two", "three"])).json()["known"] == 1
    await shop.member(ANA, 100)
    made = (await api.post("/v1/redemptions", member=f"email:{ANA}", rule=path.removeprefix(f"{RULES}/"))).json()
    assert made["coupon"]["code"] == "one"
    assert ((await api.get(f"{path}/pool")).json()["unused"], (await api.get(f"{path}/pool")).json()["used"]) == (2, 1)
    first = (await api.get(f"{path}/codes?limit=2")).json()
    assert [(one["code"], one["redemption"]) for one in first["data"]] == [("one", made["id"]), ("TWO", None)]
    rest = (await api.get(f"{path}/codes?cursor={first['next_cursor']}")).json()
    assert [one["code"] for one in rest["data"]] == ["three"]


async def test_dry_runs_and_repeats_upload_nothing_more(shop: Shop, api: Api):
    path = await pooled(api)
    tried = await api.post(f"{path}/codes", codes=["A"], dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["added"]) == ("true", 1)
    first, again = [await api.post(f"{path}/codes", key="k", codes=["A"]) for _ in range(2)]
    assert (first.json()["added"], again.content, again.headers["idempotent-replayed"]) == (1, first.content, "true")
    assert (await api.get(f"{path}/pool")).json()["unused"] == 1


async def test_codes_are_for_pools_of_the_merchant(street: Street, shop: Shop, api: Api):
    made = await shop.rule()
    refused = await api.post(f"{RULES}/rule_{made.rule_id}/codes", codes=["A"])
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_pool")
    foreign = await (await street.shop()).rule()
    path = f"{RULES}/rule_{foreign.rule_id}"
    answers = [
        await api.post(f"{path}/codes", codes=["A"]),
        await api.get(f"{path}/codes"),
        await api.get(f"{path}/pool"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
