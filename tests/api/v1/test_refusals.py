"""Refusals that several nouns share, as problems: each leads to its page."""

from typing import Any

import pytest

from guerdon.bulk.batches import get_batch
from guerdon.errors.base import PageNotFound
from guerdon.errors.bulk import ImportNotFound
from guerdon.errors.webhooks import FilterNotFound, TargetNotFound
from guerdon.webhooks.registration import add_target, subscribe
from tests.api.portal_shop import Portal, portal
from tests.api.v1.conftest import Api
from tests.shop import Shop

__all__ = ["portal"]
pytestmark = pytest.mark.asyncio(loop_scope="session")

NONE = 999_999_999


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"accounts/acc_{NONE}", "account_not_found"),
        (f"entries/ent_{NONE}_1", "entry_not_found"),
        (f"transfers/trf_{NONE}", "movement_not_found"),
        (f"redemptions/red_{NONE}", "redemption_not_found"),
        (f"webhook_endpoints/whe_{NONE}", "endpoint_not_found"),
        (f"deliveries/del_{NONE}_1_0", "delivery_not_found"),
        (f"events/evt_{'0' * 32}", "event_not_found"),
        (f"api_requests/req_{'0' * 32}", "request_not_found"),
    ],
)
async def test_what_is_not_there_is_a_problem_with_a_page(api: Api, path: str, code: str):
    refused = await api.get(f"/v1/{path}")
    assert (refused.status_code, refused.json()["code"], refused.headers["x-error-code"]) == (404, code, code)
    page = await api.get(refused.json()["type"], accept="application/json")
    assert (page.status_code, page.json()["status"]) == (200, 404)


async def test_a_body_that_is_too_large_is_refused(api: Api):
    refused = await api.post("/v1/webhook_endpoints", url="x" * 1_000_000)
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


async def test_a_path_that_is_none_is_named(api: Api):
    refused = await api.get("/v1/nowhere")
    told = refused.json()
    assert (refused.status_code, told["code"], told["detail"]) == (
        404,
        "page_not_found",
        PageNotFound("/v1/nowhere").sentence,
    )


async def test_another_code_cancels_no_redemption(shop: Shop, api: Api):
    rule = await shop.rule()
    await shop.member("ana@example.com", 100)
    wanted = {"member": "email:ana@example.com", "rule": f"rule_{rule.rule_id}"}
    made = (await api.post("/v1/redemptions", **wanted)).json()
    refused = await api.post(f"/v1/redemptions/{made['id']}/cancel", code="OTHER")
    assert (refused.status_code, refused.json()["code"]) == (422, "coupon_differs")


async def test_the_portal_keeps_to_its_own_merchant(portal: Portal):
    other: dict[str, Any] = {"merchantId": NONE, "numberOfPoints": 1}
    assert (await portal.send("addRedemptionRule", other)).headers["x-error-code"] == "other_merchant"
    signed = {"authorization": f"Basic {portal.basic()}"}
    foreign = await portal.shop.http.get(f"/ui/v1/getBuyGiftTransferRule/{NONE}", headers=signed)
    assert foreign.headers["x-error-code"] == "moving_rule_not_found"


async def test_parts_that_are_not_there_make_no_subscription(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    given: dict[str, Any] = {"format": "standard", "allow_private": False, "now": shop.clock()}
    with pytest.raises(TargetNotFound):
        await subscribe(database, merchant_id, NONE, NONE, **given)
    target = await add_target(database, merchant_id, "https://shop.example", allow_private=False, now=shop.clock())
    with pytest.raises(FilterNotFound):
        await subscribe(database, merchant_id, target, NONE, **given)


async def test_an_import_that_is_none_is_not_found(shop: Shop):
    with pytest.raises(ImportNotFound):
        await get_batch(shop.engine.database, shop.merchant.merchant_id, NONE)
