"""Coupon codes of a shop's own on the storefront contract: uploaded, handed out, and found by whoever asks."""

from typing import Any

import httpx
import pytest

from guerdon.members.members import ProfileChange, upsert_member
from guerdon.points.command import Identity
from guerdon.rewards.codes import Pooled
from tests.shop import Shop
from tests.street import cancel, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
PATH = "/api/v2/redemption_codes"

OPTION = {
    "id", "name", "description", "icon", "cost_text", "amount", "applies_to_product_type", "duration", "type",
    "discount_type", "discount_amount_cents", "discount_value_cents", "discount_percentage", "discount_rate_cents",
    "discount_with_currency", "cart_greater_than", "unrendered_name", "unrendered_description", "variant_id",
}  # fmt: skip
OURS = {"codes_added", "codes_known", "codes_refused", "number_of_unused_codes"}


async def find(shop: Shop, **params: Any) -> httpx.Response:
    return await shop.http.get(PATH, params=params)


async def test_an_upload_answers_with_the_option(corner: Shop):
    rule = await corner.rule(codes=Pooled())
    body = {"redemption_option_id": rule.rule_id, "codes": "A1, a1,B2,\nC3,"}
    answer = await corner.http.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told.keys() == OPTION | OURS
    assert (told["id"], told["name"], told["amount"]) == (rule.rule_id, "$5.00 Off", 100)
    assert {name: told[name] for name in sorted(OURS)} == {
        "codes_added": 3, "codes_known": 0, "codes_refused": 0, "number_of_unused_codes": 3
    }  # fmt: skip
    again = (await corner.http.post(PATH, json=body)).json()
    assert (again["codes_added"], again["codes_known"], again["number_of_unused_codes"]) == (0, 3, 3)


@pytest.mark.parametrize("way", ["json", "data", "params"])
async def test_an_upload_comes_in_three_ways(corner: Shop, way: str):
    rule = await corner.rule(codes=Pooled())
    given: dict[str, Any] = {way: {"redemption_option_id": str(rule.rule_id), "codes": "X-1,X-2"}}
    assert (await corner.http.post(PATH, **given)).json()["codes_added"] == 2


async def test_ten_thousand_long_codes_fit_and_one_more_does_not(corner: Shop):
    rule = await corner.rule(codes=Pooled())
    codes = [f"{number:064}" for number in range(10_001)]
    answer = await corner.http.post(PATH, json={"redemption_option_id": rule.rule_id, "codes": ", ".join(codes[1:])})
    assert answer.json()["number_of_unused_codes"] == 10_000
    refused = await corner.http.post(PATH, json={"redemption_option_id": rule.rule_id, "codes": ",".join(codes)})
    assert refused.status_code == 400
    assert "10001 codes are given" in refused.json()["error"]


async def test_an_upload_that_cannot_be_one_is_refused_by_field(corner: Shop):
    pool, generated = await corner.rule(codes=Pooled()), await corner.rule()
    for sent, status, word in [
        ({"codes": "A"}, 400, "redemption_option_id"),
        ({"redemption_option_id": pool.rule_id}, 400, "codes"),
        ({"redemption_option_id": pool.rule_id, "codes": " , "}, 400, "codes"),
        ({"redemption_option_id": pool.rule_id, "codes": "two words"}, 400, "codes"),
        ({"redemption_option_id": pool.rule_id, "codes": ["A"]}, 400, "codes"),
        ({"redemption_option_id": 2**52, "codes": "A"}, 404, "redemption option"),
        ({"redemption_option_id": generated.rule_id, "codes": "A"}, 422, "takes no uploaded codes"),
    ]:
        answer = await corner.http.post(PATH, json=sent)
        assert answer.status_code == status, sent
        assert word in answer.json()["error"]


async def test_a_redemption_answers_with_the_uploaded_code_and_an_empty_pool_says_so(corner: Shop):
    rule = await corner.rule(codes=Pooled())
    await corner.http.post(PATH, json={"redemption_option_id": rule.rule_id, "codes": "Spring-1"})
    await corner.member(ANA, 300)
    asked = {"customer_email": ANA, "redemption_option_id": rule.rule_id}
    answer = (await corner.http.post("/api/v2/redemptions", json=asked)).json()
    assert (answer["reward_text"], answer["code"]) == ("Spring-1", "Spring-1")
    refused = await corner.http.post("/api/v2/redemptions", json=asked)
    assert refused.status_code == 422
    assert refused.headers["x-error-code"] == "pool_empty"
    assert "x-decision-id" in refused.headers
    assert await corner.balance(ANA) == (200, 0)
    cancelled = await corner.http.post(
        f"/api/v2/redemptions/{answer['id']}/cancellation_completed", json={"reward_text": "SPRING-1"}
    )
    assert cancelled.status_code == 200, cancelled.text
    assert await corner.balance(ANA) == (300, 0)


async def test_a_customer_is_not_shown_an_option_whose_pool_is_empty(corner: Shop):
    full, empty = await corner.rule(codes=Pooled()), await corner.rule(codes=Pooled())
    await corner.http.post(PATH, json={"redemption_option_id": full.rule_id, "codes": "ONE"})
    await corner.member(ANA)
    options = await corner.http.get("/api/v2/redemption_options", params={"customer_email": ANA})
    assert [option["id"] for option in options.json()] == [full.rule_id]
    everything = (await corner.http.get("/api/v2/redemption_options")).json()
    assert {option["id"] for option in everything} == {full.rule_id, empty.rule_id}


async def test_a_code_tells_whose_it_is(corner: Shop):
    rule, pool = await corner.rule(), await corner.rule(codes=Pooled())
    await corner.http.post(PATH, json={"redemption_option_id": pool.rule_id, "codes": "Mine-1,Mine-2"})
    await corner.member(ANA, 200)
    generated = await redeem(corner, ANA, rule.rule_id)
    pooled = await redeem(corner, ANA, pool.rule_id)
    for redemption, asked in ((generated, generated.code.lower()), (pooled, "MINE-1")):
        assert (await find(corner, code=asked)).json() == [
            {
                "id": redemption.redemption_id, "code": redemption.code, "email": ANA, "third_party_id": None,
                "point_redemption_id": redemption.redemption_id,
            }
        ]  # fmt: skip
    assert (await find(corner, code="Mine-2")).json() == []
    assert (await find(corner, code="UNKNOWN")).json() == []
    await cancel(corner, generated.redemption_id)
    assert (await find(corner, code=generated.code)).json() == []
    assert (await find(corner)).status_code == 400
    assert (await find(corner, code="")).status_code == 400


async def test_who_has_no_email_is_told_by_the_redemption_alone(corner: Shop):
    rule = await corner.rule()
    who = (Identity("phone", "+14155550100"),)
    database, merchant_id = corner.engine.database, corner.merchant.merchant_id
    await upsert_member(database, merchant_id, (*who, Identity("email", ANA)), ProfileChange(), corner.clock())
    await corner.give(ANA, 100)
    redemption = await redeem(corner, ANA, rule.rule_id)
    await database.execute("DELETE FROM identity WHERE merchant_id = $1 AND kind = 'email'", merchant_id)
    (found,) = (await find(corner, code=redemption.code)).json()
    assert (found["email"], found["point_redemption_id"]) == (None, redemption.redemption_id)
