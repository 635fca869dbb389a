"""The merchant, its keys and its requests, as the native API shows and changes them."""

import asyncio
from typing import Any

import httpx
import pytest

from guerdon.access.keys import SCOPES
from guerdon.merchants.merchants import get_merchant
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEYS, MERCHANT, REQUESTS = "/v1/api_keys", "/v1/merchant", "/v1/api_requests"


async def administers(api: Api) -> None:
    """From here on the shop asks with a key that may administer."""
    secret = await api.key(scopes=(*SCOPES, "admin"))
    api.shop.http.headers["authorization"] = f"Bearer {secret}"


async def test_only_keys_that_were_given_it_administer(api: Api):
    for answer in (await api.get(KEYS), await api.post(KEYS, name="x"), await api.patch(MERCHANT, name="x")):
        assert (answer.status_code, answer.json()["code"], answer.json()["facts"]["needed"]) == (
            403, "scope_missing", "admin",
        )  # fmt: skip


async def test_of_those_who_insist_on_what_a_key_is_one_limits_it(shop: Shop, api: Api):
    await administers(api)
    where = (await api.post(KEYS, name="till", scopes=["read"])).headers["location"]
    version = {"if-match": (await api.get(where)).headers["etag"]}
    limits = [{"limit_per_second": number} for number in range(1, 7)]
    answers = await asyncio.gather(*(shop.http.patch(where, json=limit, headers=version) for limit in limits))
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 5]


async def test_a_key_is_made_shown_once_limited_and_revoked(shop: Shop, api: Api):
    await administers(api)
    answer = await api.post(KEYS, key="k", name="till", scopes=["read"], limit_per_second=5)
    made = answer.json()
    secret = made.pop("secret")
    where = answer.headers["location"]
    assert (answer.status_code, where) == (201, f"{KEYS}/{made['id']}")
    assert (await api.get(where)).json() == made
    assert (made["object"], made["scopes"], made["limit_per_second"], made["hint"]) == (
        "api_key", ["read"], 5, secret[-4:],
    )  # fmt: skip
    again = await api.post(KEYS, key="k", name="till", scopes=["read"], limit_per_second=5)
    assert (again.json(), again.headers["idempotent-replayed"]) == (made, "true")
    signed = {"authorization": f"Bearer {secret}"}
    assert (await shop.http.get(MERCHANT, headers=signed)).status_code == 200
    assert (await api.patch(where, limit_per_second=None)).json()["limit_per_second"] is None
    assert (await api.post(f"{where}/revoke", dry_run=True)).json()["revoked_at"] is not None
    assert (await api.get(where)).json()["revoked_at"] is None
    assert (await api.post(f"{where}/revoke")).json()["revoked_at"] is not None
    assert [one["name"] for one in (await api.get(f"{KEYS}?limit=1")).json()["data"]] == ["till"]


async def test_what_no_key_can_be_is_refused(api: Api):
    await administers(api)
    refusals: list[dict[str, Any]] = [
        {"name": ""},
        {"name": "x", "scopes": ["root"]},
        {"name": "x", "origins": ["https://shop.example"]},
        {"name": "x", "kind": "publishable", "origins": ["shop"]},
        {"name": "x", "kind": "publishable", "scopes": ["admin"]},
        {"name": "x", "limit_per_second": 0},
    ]
    for wrong in refusals:
        assert (await api.post(KEYS, **wrong)).status_code == 400, wrong
    tried = await api.post(KEYS, name="x", dry_run=True)
    assert (tried.status_code, "secret" in tried.json()) == (200, False)
    assert "x" not in [one["name"] for one in (await api.get(KEYS)).json()["data"]]


async def test_a_publishable_key_keeps_its_limit(api: Api):
    await administers(api)
    made = (await api.post(KEYS, name="page", kind="publishable", origins=["https://shop.example"])).json()
    assert (made["kind"], made["limit_per_second"], made["origins"]) == ("publishable", 10, ["https://shop.example"])
    refused = await api.patch(f"{KEYS}/{made['id']}", limit_per_second=None)
    assert refused.json()["errors"][0]["pointer"] == "/limit_per_second"


async def test_keys_of_another_merchant_are_not_there(street: Street, api: Api):
    await administers(api)
    other = await street.shop()
    await Api(other).key()
    row = await street.engine.database.fetchrow(
        "SELECT key_id FROM api_key WHERE merchant_id = $1", other.merchant.merchant_id
    )
    assert row is not None
    where = f"{KEYS}/key_{row[0]}"
    for answer in (await api.get(where), await api.patch(where, limit_per_second=1), await api.post(f"{where}/revoke")):
        assert (answer.status_code, answer.json()["code"]) == (404, "api_key_not_found")


async def test_policies_and_rates_change_by_version(shop: Shop, api: Api):
    await administers(api)
    before = await api.get(MERCHANT)
    assert (before.json()["id"], before.json()["currency"]) == (f"mrc_{shop.merchant.merchant_id}", "USD")

    async def patch(**body: Any) -> httpx.Response:
        return await shop.http.patch(MERCHANT, json=body, headers={"if-match": before.headers["etag"]})

    tried = await patch(name="Tried", dry_run=True)
    assert (tried.json()["name"], (await api.get(MERCHANT)).json()) == ("Tried", before.json())
    changed = await patch(name="New", policies={"hold_days": 14}, rates={"EUR": 0.9, "JPY": "150"})
    assert (changed.status_code, changed.json()["name"]) == (200, "New")
    assert changed.json()["policies"] == {**before.json()["policies"], "hold_days": 14}
    assert changed.json()["rates"] == {"EUR": 0.9, "JPY": 150}
    refused = await patch(name="Late")
    assert (refused.status_code, refused.json()["facts"]["now"]) == (412, changed.headers["etag"])
    assert (await api.patch(MERCHANT, rates={"JPY": None})).json()["rates"] == {"EUR": 0.9}
    now = await get_merchant(shop.engine.database, shop.merchant.merchant_id)
    assert (now.name, now.policies.hold_days, sorted(now.rates)) == ("New", 14, ["EUR"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"policies": {"hold_dayz": 1}}, "/policies/hold_dayz"),
        ({"policies": {"hold_days": "soon"}}, "/policies/hold_days"),
        ({"policies": {"expiry": "sometimes"}}, "/policies/expiry"),
        ({"rates": {"USD": 1}}, "/rates/USD"),
        ({"rates": {"JPY": -1}}, "/rate"),
        ({"timezone": "UTC"}, "/timezone"),
    ],
)
async def test_terms_that_cannot_be_are_refused(api: Api, body: dict[str, Any], pointer: str):
    await administers(api)
    refused = await api.patch(MERCHANT, **body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"][: len(pointer)]) == (400, pointer)


async def test_requests_are_found_by_what_came_of_them(street: Street, shop: Shop, api: Api):
    missing = (await api.get("/v1/redemptions/red_999")).json()
    await api.get(MERCHANT)
    await shop.engine.requests.flush()
    [found] = (await api.get(f"{REQUESTS}?status=4xx&code={missing['code']}")).json()["data"]
    assert (found["id"], found["object"], found["status"]) == (missing["request_id"], "api_request", 404)
    one = (await api.get(f"{REQUESTS}/{found['id']}")).json()
    assert (one["path"], "redemption" in one["response"]) == ("/v1/redemptions/red_999", True)
    first = (await api.get(f"{REQUESTS}?limit=1")).json()
    rest = (await api.get(f"{REQUESTS}?cursor={first['next_cursor']}")).json()
    assert {one["path"] for one in (*first["data"], *rest["data"])} >= {MERCHANT, "/v1/redemptions/red_999"}
    other = await street.shop()
    secret = await Api(other).key()
    refused = await shop.http.get(f"{REQUESTS}/{found['id']}", headers={"authorization": f"Bearer {secret}"})
    assert (refused.status_code, refused.json()["code"]) == (404, "request_not_found")
