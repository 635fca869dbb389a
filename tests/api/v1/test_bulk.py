"""Many writes of the native API in one request."""

from typing import Any

import httpx
import msgspec
import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
LINES = {"content-type": "application/x-ndjson"}


async def send(shop: Shop, path: str, *lines: Any, key: str | None = None, query: str = "") -> httpx.Response:
    """Lines, each a document, or bytes as they are."""
    body = b"\n".join(line if isinstance(line, bytes) else msgspec.json.encode(line) for line in lines)
    headers = LINES | ({} if key is None else {"idempotency-key": key})
    return await shop.http.post(f"/v1/{path}/bulk{query}", content=body + b"\n", headers=headers)


def answers(answer: httpx.Response) -> list[Any]:
    """What each line came to."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


async def test_each_line_is_answered_in_its_place(shop: Shop, api: Api):
    rule = f"rule_{(await shop.rule()).rule_id}"
    await shop.member(ANA, 200)
    wanted = {"member": f"email:{ANA}", "rule": rule}
    found = answers(
        await send(shop, "redemptions", wanted, wanted, wanted, b"{", {**wanted, "points": 0}, {**wanted, "colour": 1},
                   {**wanted, "rule": "a\0b"}, b"")
    )  # fmt: skip
    assert [one["status"] for one in found] == [201, 201, 422, 400, 400, 400, 400]
    assert [one["body"].get("points") for one in found[:2]] == [100, 100]
    assert (found[2]["body"]["code"], found[2]["body"]["facts"]["shortfall"]) == ("not_enough_points", 100)
    assert [one["body"]["errors"][0].get("pointer") for one in found[3:]] == [None, "/points", "/colour", "/rule"]
    decision = found[2]["body"]["decision_id"]
    assert (await api.get(f"/v1/decisions/{decision}")).json()["code"] == "not_enough_points"
    kept = await api.get(f"/v1/redemptions/{found[0]['body']['id']}")
    assert kept.json() == found[0]["body"]
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_the_same_body_under_the_same_key_writes_once(shop: Shop, api: Api):
    rule = f"rule_{(await shop.rule()).rule_id}"
    await shop.member(ANA, 1000)
    wanted = {"member": f"email:{ANA}", "rule": rule}
    lines = [wanted, wanted, {**wanted, "key": "own"}]
    first, again = [answers(await send(shop, "redemptions", *lines, key="k")) for _ in range(2)]
    assert first == again
    assert len({one["body"]["id"] for one in first}) == 3
    alone = [await api.post("/v1/redemptions", key=key, **wanted) for key in ("k:2", "own")]
    assert [one.json() for one in alone] == [one["body"] for one in first[1:]], "a line may be sent again alone"
    reused = answers(await send(shop, "redemptions", {**wanted, "points": 200}, key="k"))
    assert reused[0]["body"]["code"] == "key_reused"
    assert await shop.balance(ANA) == (700, 0)


async def test_a_dry_run_keeps_no_line(shop: Shop, api: Api):
    rule = f"rule_{(await shop.rule()).rule_id}"
    await shop.member(ANA, 100)
    wanted = {"member": f"email:{ANA}", "rule": rule}
    tried = await send(shop, "redemptions", wanted, wanted, query="?dry_run=true")
    assert (tried.headers["dry-run"], [one["status"] for one in answers(tried)]) == ("true", [200, 200])
    assert await shop.balance(ANA) == (100, 0)


async def test_members_and_orders_come_by_lines_too(shop: Shop, api: Api):
    found = answers(await send(shop, "members", {"email": ANA}, {"email": BEN, "first_name": "Ben"}, {}))
    assert [one["status"] for one in found] == [201, 201, 400]
    assert found[1]["body"]["first_name"] == "Ben"
    total = {"amount_minor": 900, "currency": "USD"}
    order = {"id": "A-1", "member": found[0]["body"]["id"], "total": total}
    said = [order, {**order, "id": "A-2"}, {**order, "id": "A-3", "member": "mem_1"}]
    taken = answers(await send(shop, "orders", *said))
    assert [one["status"] for one in taken] == [201, 201, 404]
    assert (await api.get("/v1/orders/A-2")).json() == taken[1]["body"]


async def test_as_many_lines_as_there_may_be_are_committed_together(shop: Shop, api: Api):
    rule = f"rule_{(await shop.rule(points=1)).rule_id}"
    await shop.member(ANA, 1000)
    lines = [{"member": f"email:{ANA}", "rule": rule}] * 1000
    found = answers(await send(shop, "redemptions", *lines))
    assert {one["status"] for one in found} == {201}
    assert await shop.balance(ANA) == (0, 0)
    commits = await shop.engine.database.fetchval(
        "SELECT count(DISTINCT xmin::text) FROM redemption WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert commits < 50
    many = await send(shop, "redemptions", *lines, lines[0])
    assert (many.status_code, many.json()["code"]) == (400, "bad_request")
    assert (await send(shop, "redemptions", b"")).status_code == 400


async def test_a_body_of_another_type_is_refused(shop: Shop, api: Api):
    plain = await shop.http.post("/v1/redemptions/bulk", content=b"{}", headers={"content-type": "application/json"})
    assert (plain.status_code, plain.headers["content-type"]) == (400, "application/problem+json")
    assert "application/x-ndjson" in plain.json()["detail"]
    lost = await shop.http.post("/v1/redemptions", content=b"{}", headers=LINES)
    assert lost.json()["errors"][0]["pointer"] == "/member"


async def test_nobody_writes_for_another_merchant_or_without_the_scope(street: Street, shop: Shop, api: Api):
    foreign = f"rule_{(await (await street.shop()).rule()).rule_id}"
    await shop.member(ANA, 100)
    found = answers(await send(shop, "redemptions", {"member": f"email:{ANA}", "rule": foreign}))
    assert (found[0]["status"], found[0]["body"]["code"]) == (404, "rule_not_found")
    reader = await api.key(scopes=("read",))
    refused = await shop.http.post(
        "/v1/orders/bulk", content=b"{}", headers=LINES | {"authorization": f"Bearer {reader}"}
    )
    assert refused.json()["code"] == "scope_missing"


async def test_the_document_says_that_bodies_are_lines(shop: Shop, api: Api):
    described = (await api.get("/openapi.json")).json()["paths"]["/v1/orders/bulk"]["post"]
    assert list(described["requestBody"]["content"]) == ["application/x-ndjson"]
    assert list(described["responses"]["200"]["content"]) == ["application/x-ndjson"]
