"""How clients of the storefront contract sign in, and what each key may do."""

import httpx
import pytest

from guerdon.access.keys import create_key, list_keys, revoke_key
from tests.shop import Shop, surfaces

ANA = "ana@example.com"


def stranger(shop: Shop) -> httpx.AsyncClient:
    """A client of the same server that has no key."""
    app = surfaces(shop.engine)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


async def test_keys_come_in_headers_in_parameters_and_in_the_legacy_ways(shop: Shop):
    guid, merchant_id, key = str(shop.merchant.guid), str(shop.merchant.merchant_id), shop.api_key
    await shop.rule()
    headers = (
        {"x-guid": guid, "x-api-key": key},
        {"X-GUID": guid, "X-Api-Key": key},
        {"x-merchant-id": merchant_id, "x-api-key": key},
    )
    params = ({"guid": guid, "api_key": key}, {"merchant_id": merchant_id, "api_key": key})
    async with stranger(shop) as http:
        answers = [await http.get("/api/v2/redemption_options", headers=given) for given in headers]
        answers += [await http.get("/api/v2/redemption_options", params=given) for given in params]

        assert [answer.status_code for answer in answers] == [200] * 5
        assert len({answer.content for answer in answers}) == 1


async def test_keys_come_in_the_body_of_a_post_too(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 300)
    asked = {"customer_email": ANA, "redemption_option_id": rule.rule_id}
    credentials = (
        {"guid": str(shop.merchant.guid), "api_key": shop.api_key},
        {"merchant_id": shop.merchant.merchant_id, "api_key": shop.api_key},
    )
    async with stranger(shop) as http:
        for given in credentials:
            answer = await http.post("/api/v2/redemptions", json={**asked, **given})
            assert answer.status_code == 200, answer.text
        answer = await http.post("/api/v2/redemptions", data={**asked, **credentials[0]})
        assert answer.status_code == 200, answer.text


async def test_no_secret_is_kept_with_an_order(shop: Shop):
    order = {"customer_email": ANA, "order_id": "1", "total_amount_cents": 100, "currency_code": "USD"}
    await shop.http.post("/api/v2/orders", json={**order, "guid": str(shop.merchant.guid), "api_key": shop.api_key})

    document = await shop.engine.database.fetchval("SELECT document::text FROM shop_order")

    assert shop.api_key not in document
    assert str(shop.merchant.guid) not in document


async def test_missing_credentials_are_asked_for(shop: Shop):
    async with stranger(shop) as http:
        answer = await http.get("/api/v2/redemption_options")

        assert answer.status_code == 401
        assert answer.json() == {"error": "Credentials are missing: send the headers x-guid and x-api-key."}


@pytest.mark.parametrize(
    "wrong",
    [
        {"x-guid": "11111111-2222-8333-8444-555555555555"},
        {"x-guid": "not a guid"},
        {"x-guid": "99999999999999999999"},
        {"x-guid": "1"},
        {"x-api-key": "gk_guessed"},
        {"x-api-key": "\u00ff\u00fe"},
    ],
)
async def test_wrong_credentials_open_nothing(shop: Shop, wrong: dict[str, str]):
    raw = [(name.encode(), value.encode("latin-1")) for name, value in wrong.items()]

    answer = await shop.http.get("/api/v2/redemption_options", headers=raw)

    assert answer.status_code == 401
    assert answer.json().keys() == {"error"}
    assert "not valid" in answer.json()["error"]


async def test_a_key_of_one_merchant_opens_no_other(shop: Shop):
    answer = await shop.http.get("/api/v2/redemption_options", headers={"x-guid": str(shop.merchant.merchant_id + 1)})

    assert answer.status_code == 401


async def test_a_revoked_key_opens_nothing(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    (key,) = await list_keys(database, merchant_id)
    await revoke_key(database, merchant_id, key.key_id, shop.clock())

    assert (await shop.http.get("/api/v2/redemption_options")).status_code == 401


REQUESTS = {
    "redeem": [("POST", "/api/v2/redemptions"), ("POST", "/api/v2/redemptions/1/cancellation_completed")],
    "read": [("GET", "/api/v2/redemption_options"), ("GET", "/api/v2/customers")],
    "write": [("POST", "/api/v2/orders"), ("POST", "/api/v2/customers"), ("POST", "/api/v2/points/adjust")],
}
"""What each scope is for."""

ENOUGH = {
    "customer_email": "ana@example.com",
    "email": "ana@example.com",
    "order_id": "1",
    "total_amount_cents": "100",
    "currency_code": "USD",
    "point_adjustment_amount": "5",
}
"""Enough parameters for any of them to be read."""


@pytest.mark.parametrize("scope", list(REQUESTS))
async def test_a_key_does_what_its_scopes_allow_and_nothing_else(shop: Shop, scope: str):
    secret = await create_key(
        shop.engine.database, shop.merchant.merchant_id, name="narrow", now=shop.clock(), scopes=(scope,)
    )
    for needed, requests in REQUESTS.items():
        for method, path in requests:
            answer = await shop.http.request(method, path, params=ENOUGH, headers={"x-api-key": secret})
            if needed == scope:
                assert answer.status_code != 403, (path, answer.text)
            else:
                assert answer.status_code == 403, (path, answer.text)
                assert answer.json() == {
                    "error": f"These credentials may not do this: {needed} is needed, they have {scope}."
                }
    assert scope == "write" or await shop.engine.database.fetchval("SELECT count(*) FROM member") == 0
