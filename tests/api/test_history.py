"""A merchant sees what its clients asked of late, without what must not be kept."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guerdon.access.history import NOBODY, write_requests
from guerdon.api.requests import BODY_BYTES_MAX, FAILURES_MAX, NOBODYS_MAX, SUCCESSES_MAX, RequestLine, RequestLog
from guerdon.merchants.merchant import Policies
from tests.api.front import ANA, Front, front, served
from tests.street import Street, shop, street, street_dsn

__all__ = ["front", "served", "shop", "street", "street_dsn"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/api/v2/requests"


async def history(front: Front, key: dict[str, str], **params: Any) -> list[dict[str, Any]]:
    """What the merchant is shown, newest first, of what was asked before."""
    await front.shop.engine.requests.flush()
    answer = await front.http.get(PATH, params=params, headers=key)
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["requests"] if one["path"] != PATH]


async def one(front: Front, key: dict[str, str], answer: httpx.Response) -> dict[str, Any]:
    """The request that was answered so, with what came and went."""
    await front.shop.engine.requests.flush()
    found = await front.http.get(f"{PATH}/{answer.headers['x-request-id']}", headers=key)
    assert found.status_code == 200, found.text
    return found.json()


async def test_a_request_is_shown_with_who_asked_and_how_it_went(front: Front):
    await front.shop.member(ANA)
    key = {**await front.key(name="till 3"), "user-agent": "till/1.0"}

    answer = await front.http.post("/api/v2/redemptions", json={"customer_email": ANA}, headers=key)

    (found,) = await history(front, key)
    assert isinstance(found.pop("duration_ms"), float)
    assert found == {
        "request_id": answer.headers["x-request-id"],
        "at": "2026-03-10T12:00:00.000Z",
        "method": "POST",
        "path": "/api/v2/redemptions",
        "status": 400,
        "caller": f"key:{await front.key_id()}",
        "key": f"till 3 (***{key['x-api-key'][-4:]})",
        "user_agent": "till/1.0",
        "error_code": "bad_field",
        "error": "redemption_option_id: the id of a redemption option is needed.",
    }


async def test_what_was_sent_and_answered_is_kept_without_secrets_and_people(front: Front):
    await front.shop.member(ANA, 500)
    key = await front.key()
    phone, secret = "+14155552671", key["x-api-key"]
    body = {"email": ANA, "id": "shop-7", "phone_number": phone, "first_name": "Anastasia", "api_key": secret}

    answer = await front.http.post(
        "/api/v2/customers", params={"customer_token": "tok-en-4711", "tags": "gold"}, json=body, headers=key
    )

    found = await one(front, key, answer)
    assert found["query"] == "customer_token=***&tags=gold"
    assert json.loads(found["request"]) == {
        "email": "a***@example.com",
        "id": "shop-7",
        "phone_number": "***71",
        "first_name": "A***",
        "api_key": "***",
    }
    assert json.loads(found["response"])["thirty_party_id"] == "shop-7"
    for hidden in (ANA, phone, secret, "Anastasia", "tok-en-4711"):
        assert hidden not in json.dumps(found)


@pytest.mark.parametrize(
    ("method", "path", "sent", "hidden"),
    [
        ("GET", "/api/v2/customers", {"customer_email": "eve@example.com"}, "eve@example.com"),
        ("GET", "/api/v2/customers", {"customer_email": "eve at home"}, "eve at home"),
        ("GET", "/api/v2/customers", {"phone_number": "0171 555 26 71"}, "0171 555 26 71"),
        ("POST", "/api/v2/customers", {"phone_number": "0171 555 26 71"}, "0171 555 26 71"),
        ("GET", "/api/v2/customers", {"customer_email": ANA, "customer_id": "eve@example.com"}, "eve@example.com"),
    ],
)
async def test_an_error_quotes_nothing_that_is_hidden(
    front: Front, method: str, path: str, sent: dict[str, str], hidden: str
):
    key = await front.key()
    where: dict[str, Any] = {"params": sent} if method == "GET" else {"json": sent}

    answer = await front.http.request(method, path, headers=key, **where)

    assert answer.status_code in (400, 404)
    found = await one(front, key, answer)
    assert found["error"]
    assert hidden not in json.dumps(found)


async def test_forms_long_bodies_and_bodies_that_cannot_be_read_are_told(front: Front):
    key = await front.key()
    post = front.http.post
    path = "/api/v2/customers"

    form = await post(path, data={"email": ANA, "id": "9"}, headers=key)
    broken = await post(path, content=b'{"email": "ana@example.com", "api_key": "gk_x', headers=key)
    long = await post(path, json={"email": ANA, "first_name": "x" * BODY_BYTES_MAX}, headers=key)

    assert json.loads((await one(front, key, form))["request"]) == {"email": "a***@example.com", "id": "9"}
    assert (await one(front, key, broken))["request"] == "(45 bytes that cannot be read)"
    assert (await one(front, key, long))["request"].endswith(" bytes)")


async def test_what_cannot_be_decoded_is_its_merchants_all_the_same(front: Front):
    key = await front.key()

    await front.http.post("/api/v2/redemptions", content=b"{", headers=key)
    await front.http.get("/api/v2/customers?with_history=perhaps", headers=key)

    assert [one["error_code"] for one in await history(front, key)] == ["bad_field", "bad_request"]


async def test_another_merchants_requests_never_show(front: Front, street: Street):
    key = await front.key()
    answer = await front.http.get("/api/v2/vip_tiers", headers=key)
    other = Front(await street.shop(), front.http)
    theirs = await other.key()

    assert await history(other, theirs) == []
    found = await front.http.get(f"{PATH}/{answer.headers['x-request-id']}", headers=theirs)
    assert found.status_code == 404
    assert (await front.http.get(f"{PATH}/{uuid4()}", headers=key)).status_code == 404
    assert (await front.http.get(f"{PATH}/nonsense", headers=key)).status_code == 404
    assert (await one(front, key, answer))["path"] == "/api/v2/vip_tiers"


async def test_filters_hold_together(front: Front):
    key = await front.key()
    key_id = await front.key_id()
    second = await front.key()
    await front.http.get("/api/v2/vip_tiers", headers=key)
    front.shop.clock.advance(minutes=1)
    await front.http.get("/api/v2/customers", params={"customer_email": ANA}, headers=second)
    front.shop.clock.advance(minutes=1)
    await front.http.post("/api/v2/redemptions", headers=key)

    async def paths(**params: Any) -> list[str]:
        return [found["path"].removeprefix("/api/v2/") for found in await history(front, key, **params)]

    assert await paths() == ["redemptions", "customers", "vip_tiers"]
    assert await paths(status="4xx") == ["redemptions", "customers"]
    assert await paths(status="404") == ["customers"]
    assert await paths(method="POST") == ["redemptions"]
    assert await paths(path="/api/v2/cust") == ["customers"]
    assert await paths(key_id=key_id) == ["redemptions", "vip_tiers"]
    assert await paths(error_code="member_not_found") == ["customers"]
    assert await paths(since="2026-03-10T12:01:00Z", until="2026-03-10T12:02:00Z") == ["customers"]
    assert await paths(status="2xx", key_id=key_id) == ["vip_tiers"]


async def test_pages_follow_one_another_without_gap_or_repeat(front: Front):
    key = await front.key()
    asked = set[str]()
    for number in range(7):
        # Some at the same time, which the id tells apart.
        if number % 3 == 0:
            front.shop.clock.advance(seconds=1)
        answer = await front.http.get("/api/v2/vip_tiers", headers=key)
        asked.add(answer.headers["x-request-id"])
    await front.shop.engine.requests.flush()

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": 3, "cursor": cursor, "path": "/api/v2/vip_tiers"}
        page = (await front.http.get(PATH, params=params, headers=key)).json()
        seen += [found["request_id"] for found in page["requests"]]
        cursor = page["next_cursor"]

    assert len(seen) == 7
    assert set(seen) == asked


@pytest.mark.parametrize(
    "wrong",
    [{"status": "6xx"}, {"status": "ok"}, {"limit": "0"}, {"limit": "201"}, {"cursor": "x"}, {"since": "noon"},
     {"cursor": "MjAyNi0wMy0xMFQxMjowMDowMCBub25l"}, {"method": "BREW"}, {"key_id": "-1"}],
)  # fmt: skip
async def test_a_wrong_filter_is_named(front: Front, wrong: dict[str, str]):
    answer = await front.http.get(PATH, params=wrong, headers=await front.key())

    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.json()["error"]


async def test_only_keys_that_read_see_it(front: Front):
    answer = await front.http.get(PATH, headers=await front.key(scopes=("redeem",)))

    assert answer.status_code == 403


async def test_a_merchant_may_keep_no_bodies(street: Street, front: Front):
    quiet = Front(await street.shop(policies=Policies(keep_request_bodies=False)), front.http)
    key = await quiet.key()

    answer = await quiet.http.post("/api/v2/customers", params={"id": "8"}, json={"email": ANA}, headers=key)

    found = await one(quiet, key, answer)
    assert (found["query"], found["request"], found["response"]) == (None, None, None)
    assert found["status"] == 200


def line_of(front: Front, merchant_id: int, status: int, path: str) -> RequestLine:
    """A request that came and was answered."""
    return RequestLine(
        merchant_id, front.shop.clock(), uuid4(), "GET", path, status, 1, "", "", None, b"a=1", b"{}", False, b"{}"
    )


async def written(front: Front, merchant_id: int, statuses: list[int], path: str) -> list[tuple[int, bool]]:
    """So many requests at once to a log of their own; returns those that it keeps, and whether with their answers."""
    log = RequestLog(front.shop.engine.database, front.shop.engine.merchants)
    for status in statuses:
        log.note(line_of(front, merchant_id, status, path))
    await log.close()
    rows = await front.shop.engine.database.fetch(
        "SELECT status, response IS NOT NULL FROM api_request WHERE merchant_id = $1 AND path = $2", merchant_id, path
    )
    return [(row[0], row[1]) for row in rows]


async def test_a_busy_server_keeps_all_requests_and_excerpts_of_some(front: Front):
    statuses = [400 if number % 2 == 0 else 200 for number in range(2 * FAILURES_MAX + 20)]

    kept = await written(front, front.shop.merchant.merchant_id, statuses, "/busy")

    assert sorted(status for status, _ in kept) == sorted(statuses)
    assert sum(with_answer for status, with_answer in kept if status == 400) == FAILURES_MAX
    assert sum(with_answer for status, with_answer in kept if status == 200) == SUCCESSES_MAX


async def test_requests_of_nobody_are_kept_apart_and_few(front: Front):
    kept = await written(front, NOBODY, [401] * (NOBODYS_MAX + 20), f"/{uuid4()}")

    assert kept == [(401, False)] * NOBODYS_MAX


async def test_what_is_being_written_when_the_server_stops_is_kept(front: Front, monkeypatch: pytest.MonkeyPatch):
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(*given: Any) -> None:
        begun.set()
        await go.wait()
        await write_requests(*given)

    monkeypatch.setattr("guerdon.api.requests.write_requests", slow)
    monkeypatch.setattr("guerdon.api.requests.PAUSE_S", 0)
    merchant_id = front.shop.merchant.merchant_id
    log = RequestLog(front.shop.engine.database, front.shop.engine.merchants)
    log.note(line_of(front, merchant_id, 200, "/last"))
    await begun.wait()
    closing = asyncio.create_task(log.close())
    await asyncio.sleep(0)
    go.set()
    await closing

    kept = "SELECT count(*) FROM api_request WHERE merchant_id = $1 AND path = '/last'"
    assert await front.shop.engine.database.fetchval(kept, merchant_id) == 1


async def test_odd_texts_are_kept_too(front: Front):
    key = {**await front.key(), "user-agent": "x" * 5000}
    answers = [
        await front.http.post("/api/v2/customers", content=body, headers=key)
        for body in (b'{"email": "a\\u0000b"}', b'{"\\ud800": "\\udfff"}', b"[" * 5000, b'{"x": 1e999}', b"\xff\xfe")
    ]

    found = await history(front, key)

    assert {UUID(row["request_id"]) for row in found} == {UUID(one.headers["x-request-id"]) for one in answers}
    assert all(len(row["user_agent"]) == 200 for row in found)
