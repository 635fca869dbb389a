"""Exports over the native API: lines of JSON that can be imported again."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from guerdon.api.v1.exports import exports
from tests.api.v1.conftest import Api
from tests.shop import Shop, surfaces
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXPORTS = "/v1/exports"


async def test_what_is_written_out_can_be_brought_in(street: Street, shop: Shop, api: Api):
    await shop.member("ana@example.com", 120)
    await shop.member("ben@example.com", 50)
    answer = await api.get(f"{EXPORTS}/members")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    lines = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    assert {line["email"]: line["balance"] for line in lines} == {"ana@example.com": 120, "ben@example.com": 50}
    other = await street.shop()
    signed = {"authorization": f"Bearer {await Api(other).key()}"}
    body = {"kind": "members", "content": answer.text}
    report = (await shop.http.post("/v1/imports", json=body, headers=signed)).json()
    assert (report["members"], report["booked"], report["bad_rows"]) == (2, 170, 0)


async def test_what_flows_is_part_of_the_history_and_tells_of_test_merchants(street: Street):
    shop = await street.shop(mode="test")
    secret = await Api(shop).key()
    signed: dict[str, str] = {"authorization": f"Bearer {secret}", "user-agent": "till/1.0"}
    app = surfaces(shop.engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", headers=signed) as http:
        answer = await http.get(f"{EXPORTS}/members")
        refused = await http.get(f"{EXPORTS}/secrets")
        assert [one.headers["guerdon-mode"] for one in (answer, refused)] == ["test", "test"]
        assert {one.headers["ratelimit-limit"] for one in (answer, refused)} == {"1000000"}
        stranger = await http.get(f"{EXPORTS}/members", headers={"authorization": "Bearer none"})
        assert (stranger.status_code, stranger.headers["ratelimit-limit"]) == (401, "1000000")
        await shop.engine.requests.flush()
        noted = (await http.get(f"/v1/api_requests?path={EXPORTS}")).json()["data"]
    assert [(one["path"], one["status"], one["user_agent"]) for one in noted] == [
        (f"{EXPORTS}/secrets", 400, "till/1.0"), (f"{EXPORTS}/members", 200, "till/1.0"),
    ]  # fmt: skip
    assert answer.headers["x-request-id"].replace("-", "") == noted[1]["id"].removeprefix("req_")
    assert noted[0]["code"] == "bad_field"


async def test_rules_are_written_out_as_documents(shop: Shop, api: Api):
    await shop.rule(name="Five dollars")
    [rule] = (await api.get(f"{EXPORTS}/redemption_rules")).content.splitlines()
    assert msgspec.json.decode(rule)["points"] == 100


@pytest.mark.parametrize(("path", "status"), [("secrets", 400), ("members?since=1", 400)])
async def test_what_there_is_not_is_refused_as_a_problem(api: Api, path: str, status: int):
    refused = await api.get(f"{EXPORTS}/{path}")
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert (await api.get(f"{EXPORTS}/members", authorization="Bearer gk_1_no")).status_code == 401
    assert (await api.post(f"{EXPORTS}/members")).status_code == 405


@pytest.mark.parametrize("patience_s", [60.0, 0.05], ids=["one at a time", "none for whoever does not read"])
async def test_there_is_one_export_at_a_time_and_none_for_whoever_does_not_read(shop: Shop, patience_s: float):
    await shop.member("ana@example.com", 1)
    application = exports(lambda: shop.engine, patience_s=patience_s)
    scope: Any = {
        "type": "http", "method": "GET", "path": f"{EXPORTS}/members", "path_params": {"kind": "members"},
        "query_string": b"", "headers": [(b"authorization", f"Bearer {shop.api_key}".encode())],
    }  # fmt: skip
    reading, told = asyncio.Event(), list[Any]()

    async def slow(message: Any) -> None:
        if message["type"] == "http.response.body":
            reading.set()
            await asyncio.Event().wait()

    async def quick(message: Any) -> None:
        told.append(message)

    receive: Any = None
    first = asyncio.ensure_future(application(scope, receive, slow))
    await asyncio.wait_for(reading.wait(), 60)
    if patience_s > 1:
        await application(scope, receive, quick)
        assert (told[0]["status"], msgspec.json.decode(told[1]["body"])["code"]) == (503, "busy")
        told.clear()
        first.cancel()
    with pytest.raises(asyncio.CancelledError if patience_s > 1 else TimeoutError):
        await first
    await application(scope, receive, quick)
    assert told[0]["status"] == 200
