"""How redemptions and orders came to what they are, with the very requests that they came of."""

from typing import Any

import httpx
import msgspec
import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import expire

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
TOTAL = {"amount_minor": 9000, "currency": "USD"}


async def redeemed(shop: Shop, api: Api, **more: Any) -> httpx.Response:
    """The answer to a redemption of 100 of the member's 250 points."""
    rule = await shop.rule()
    await shop.member(ANA, 250)
    return await api.post("/v1/redemptions", member=f"email:{ANA}", rule=f"rule_{rule.rule_id}", **more)


async def story(shop: Shop, api: Api, path: str) -> list[dict[str, Any]]:
    """The steps of a thing, once the log of requests is written."""
    await shop.engine.requests.flush()
    answer = await api.get(f"{path}/story")
    assert answer.status_code == 200, answer.text
    return answer.json()["steps"]


def request_id(answer: httpx.Response) -> str:
    """The request that was answered so, as the native API calls it."""
    return "req_" + answer.headers["x-request-id"].replace("-", "")


async def test_a_redemption_tells_its_life_with_the_very_requests(shop: Shop, api: Api):
    asked = await redeemed(shop, api, capture="on_order")
    made, path = asked.json(), f"/v1/redemptions/{asked.json()['id']}"
    shop.clock.advance(hours=1)
    ordered = await api.post(
        "/v1/orders", id="A-1", member=made["member"], total=TOTAL, coupons=[made["coupon"]["code"]]
    )
    shop.clock.advance(hours=1)
    cancelled = await api.post(f"{path}/cancel")
    steps = await story(shop, api, path)
    assert [step["kind"] for step in steps] == ["held", "issued", "captured", "given_back"]
    answers = (asked, asked, ordered, cancelled)
    assert [step["request"]["id"] for step in steps] == [request_id(answer) for answer in answers]
    assert [step["order"] for step in steps] == [None, None, "A-1", None]
    assert [step["event"] and step["event"]["type"] for step in steps] == [
        None, "redemption.created", "redemption.captured", "redemption.cancelled",
    ]  # fmt: skip
    assert {step["points"] for step in steps} == {100}
    assert {step["actor"].partition(":")[0] for step in steps} == {"key"}
    assert [step["entry"] and step["entry"]["target"] for step in steps] == ["held", None, "redeemed", "available"]


async def test_a_hold_that_nobody_used_ends_by_no_request(shop: Shop, api: Api):
    made = (await redeemed(shop, api, capture="on_order", hold_for=3600)).json()
    shop.clock.advance(hours=2)
    await expire(shop, int(made["id"].partition("_")[2]))
    *_, last = await story(shop, api, f"/v1/redemptions/{made['id']}")
    assert (last["kind"], last["actor"], last["request"]) == ("hold_expired", "test", None)
    assert last["event"]["type"] == "redemption.expired"


async def test_what_was_spent_at_once_is_used_by_an_order(shop: Shop, api: Api):
    made = (await redeemed(shop, api)).json()
    shop.clock.advance(hours=1)
    await api.post("/v1/orders", id="A-2", member=made["member"], total=TOTAL, coupons=[made["coupon"]["code"]])
    steps = await story(shop, api, f"/v1/redemptions/{made['id']}")
    assert [(step["kind"], step["order"]) for step in steps] == [("redeemed", None), ("issued", None), ("used", "A-2")]


async def test_an_order_tells_what_it_took_and_what_came_back(shop: Shop, api: Api):
    await api.post("/v1/earning_rules", name="Order", earns={"kind": "per_amount", "points": 1, "each_minor": 100})
    made = (await redeemed(shop, api, capture="on_order")).json()
    shop.clock.advance(hours=1)
    code = made["coupon"]["code"]
    ordered = await api.post("/v1/orders", id="A-3", member=made["member"], total=TOTAL, coupons=[code])
    assert ordered.status_code == 201, ordered.text
    shop.clock.advance(hours=1)
    returned = await api.post("/v1/orders/A-3/returns", return_id="R-1", total=TOTAL)
    steps = await story(shop, api, "/v1/orders/A-3")
    kinds = [step["kind"] for step in steps]
    assert (kinds[0], sorted(kinds[1:3]), kinds[3], sorted(kinds[4:])) == (
        "reported", ["captured", "earned"], "returned", ["given_back", "taken_back"],
    )  # fmt: skip
    requests = [step["request"]["id"] for step in steps]
    assert requests == [request_id(ordered)] * 3 + [request_id(returned)] * 3
    assert [step["return_id"] for step in steps if step["kind"] == "returned"] == ["R-1"]


async def test_a_refusal_leads_to_the_request_that_was_refused(shop: Shop, api: Api):
    rule = await shop.rule(points=500)
    await shop.member(ANA, 100)
    refused = await api.post("/v1/redemptions", member=f"email:{ANA}", rule=f"rule_{rule.rule_id}")
    await shop.engine.requests.flush()
    decision = (await api.get(f"/v1/decisions/{refused.json()['decision_id']}")).json()
    assert decision["request"]["id"] == request_id(refused)
    assert decision["request"]["path"] == "/v1/redemptions"


async def test_commands_of_one_request_all_lead_back_to_it(shop: Shop, api: Api):
    rule = await shop.rule()
    await shop.member(ANA, 300)
    line = f'{{"member": "email:{ANA}", "rule": "rule_{rule.rule_id}"}}\n'.encode()
    answer = await shop.http.post(
        "/v1/redemptions/bulk", content=line * 3, headers={"content-type": "application/x-ndjson"}
    )
    made = [msgspec.json.decode(one)["body"]["id"] for one in answer.content.splitlines()]
    stories = [await story(shop, api, f"/v1/redemptions/{one}") for one in made]
    assert [steps[0]["request"]["id"] for steps in stories] == [request_id(answer)] * 3
    assert len({steps[0]["entry"]["command"] for steps in stories}) == 3
