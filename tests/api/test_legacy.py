"""Older and newer names of the same things, and how their clients sign in."""

from typing import Any

import httpx
import pytest

from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


async def plain(shop: Shop, method: str, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    """A request without the shop's own headers."""
    request = shop.http.build_request(method, path, **more)
    for name in ("x-guid", "x-api-key"):
        del request.headers[name]
    request.headers.update(headers)
    return await shop.http.send(request)


async def test_a_store_is_named_by_number_or_guid_and_its_key_is_a_token(corner: Shop):
    await corner.member(ANA, 70)
    asked = {"customers": {"customer_email": ANA}, "with_referral_code": True}

    for store in (corner.merchant.merchant_id, corner.merchant.guid):
        path = f"/loyalty/v3/stores/{store}/customers"
        for headers, params in (
            ({"authorization": f"Bearer {corner.api_key}"}, {}),
            ({}, {"access_token": corner.api_key}),
        ):
            answer = await plain(corner, "POST", path, headers, params=params, json=asked)
            assert answer.status_code == 200, answer.text
            assert answer.json()["customers"]["points_balance"] == 70
            assert "referral_code" in answer.json()["customers"]


async def test_a_token_opens_no_other_store(corner: Shop):
    path = f"/loyalty/v3/stores/{corner.merchant.merchant_id - 1}/customers"

    answer = await plain(corner, "POST", path, {"authorization": f"Bearer {corner.api_key}"}, json={})

    assert answer.status_code == 401


async def test_a_store_does_not_know_everybody(corner: Shop):
    path = f"/loyalty/v3/stores/{corner.merchant.merchant_id}/customers"

    answer = await corner.http.post(path, json={"customers": {"customer_email": ANA}})

    assert (answer.status_code, answer.json().keys()) == (404, {"error"})


@pytest.mark.parametrize("inside", [None, "custom_action", "custom_actions"])
async def test_an_action_of_a_store_is_the_action_that_it_is_elsewhere(corner: Shop, inside: str | None):
    await corner.member(ANA)
    calls = EarningRule(name="Calls", trigger="call_us", earns=Flat(points=10))
    await add_rule(corner.engine.database, corner.merchant.merchant_id, calls, actor="test", now=corner.clock())
    said: dict[str, Any] = {"customer_email": ANA, "action_name": "call_us", "reward_points": "30", "activity_id": "1"}
    path = f"/loyalty/v3/stores/{corner.merchant.merchant_id}/custom_actions"

    first = await corner.http.post(path, json={inside: said} if inside else said)
    again = await corner.http.post("/api/v2/actions", json=said)

    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    assert (await corner.balance(ANA))[0] == 30


@pytest.mark.parametrize(
    ("said", "field"),
    [({}, "action_name"), ({"action_name": "call_us", "reward_points": 0}, "reward_points"),
     ({"custom_action": {"action_name": "call_us", "reward_points": -1}}, "custom_action.reward_points")],
)  # fmt: skip
async def test_what_is_wrong_with_an_action_of_a_store_is_named(corner: Shop, said: dict[str, Any], field: str):
    path = f"/loyalty/v3/stores/{corner.merchant.merchant_id}/custom_actions"

    answer = await corner.http.post(path, json={"customer_email": ANA, **said})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{field}: "), answer.text


async def test_the_first_version_erases_by_token(corner: Shop):
    await corner.member(ANA)
    path = f"/api/v1/merchants/{corner.merchant.merchant_id}/anonymize_customer"

    answer = await plain(corner, "POST", path, {"authorization": f"Bearer {corner.api_key}"}, json={"email": ANA})

    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert (await corner.http.get("/api/v2/customers", params={"customer_email": ANA})).status_code == 404


async def test_nobody_reads_a_customer_with_a_merchants_number_alone(corner: Shop):
    await corner.member(ANA)
    params = {"customer_email": ANA, "merchant_id": corner.merchant.merchant_id}

    answer = await plain(corner, "GET", "/api/v1/customer_details", {}, params=params)

    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/api/v2/refunds", "/commerce-cloud/refunds"])
async def test_a_refund_counts_once_under_either_path(corner: Shop, path: str):
    refund = {"id": "R-1", "order_id": "1", "total_amount_cents": 100}

    first, other = [await corner.http.post(way, json=refund) for way in (path, "/api/v2/refunds")]

    assert first.status_code == other.status_code == 200
    assert first.json() == other.json()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json"), ("application/json", "application/json"), ("*/*", "application/json"),
        ("text/plain", "text/plain; charset=utf-8"),
    ],
)  # fmt: skip
async def test_the_same_answer_comes_as_plain_text_where_a_client_accepts_that(
    corner: Shop, accept: str | None, content_type: str
):
    await corner.member(ANA)
    adjustment = {"customer_email": ANA, "point_adjustment_amount": 5}

    answer = await corner.http.post("/api/v2/points/adjust", json=adjustment, headers={"accept": accept or ""})

    assert answer.headers["content-type"] == content_type
    assert answer.json()["status"] == "Approved"
