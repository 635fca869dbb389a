"""A key that lies in the source of a page opens the catalogue, and with a customer's token what is that customer's."""

from typing import Any

import httpx
import pytest

from guerdon.access.keys import create_key
from guerdon.api.storefront.contract import CustomerNamed
from guerdon.api.storefront.routes import ROUTES
from guerdon.errors.base import BadField
from guerdon.merchants.merchant import Policies
from guerdon.merchants.referral import ReferralProgramme
from tests.api.front import ANA, BO, Front, front, served
from tests.street import Street, shop, street, street_dsn

__all__ = ["front", "served", "shop", "street", "street_dsn"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

CATALOGUE = ("/api/v2/redemption_options", "/api/v2/campaigns", "/api/v2/vip_tiers")
OWN = {
    ("GET", "/api/v2/customers"): {},
    ("GET", "/api/v2/redemption_options"): {},
    ("GET", "/api/v2/campaigns"): {"with_status": "true"},
    ("POST", "/api/v2/customer_birthdays"): {"day": "24", "month": "3"},
}
ENOUGH = {
    "customer_email": ANA, "email": ANA, "emails": BO, "order_id": "1", "total_amount_cents": "100",
    "currency_code": "USD", "point_adjustment_amount": "5", "day": "1", "month": "1", "action_name": "x",
    "id": "1", "redemption_option_id": "1", "codes": "A", "reward_text": "x", "customer_token": "",
}  # fmt: skip
"""Enough for most routes to be read."""


def codes(*answers: httpx.Response) -> list[str]:
    return [answer.headers.get("x-error-code", "") for answer in answers]


async def test_alone_it_shows_the_catalogue(front: Front):
    await front.shop.rule(name="Five dollars")
    key = await front.publishable()

    answers = [await front.http.get(path, headers=key) for path in CATALOGUE]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json()[0]["name"] == "Five dollars"


async def test_without_a_token_it_opens_nothing_of_any_customer(front: Front):
    await front.shop.member(ANA, 500)
    rule = await front.shop.rule()
    key = await front.publishable()
    asked = {"customer_email": ANA, "redemption_option_id": str(rule.rule_id), "with_status": "true"}

    for method, path in (*OWN, ("POST", "/api/v2/redemptions")):
        answer = await front.http.request(method, path, params={**asked, "day": "1", "month": "1"}, headers=key)
        assert (answer.status_code, codes(answer)) == (401, ["customer_token_missing"]), path
        assert "x-customer-token" in answer.json()["error"]
    assert await front.shop.balance(ANA) == (500, 0)


async def test_what_is_not_for_browsers_stays_shut_whatever_the_token(front: Front):
    await front.shop.member(ANA, 500)
    key = await front.publishable()
    key["x-customer-token"] = front.token(await front.secret())
    shut = [route for route in ROUTES if not route.public]
    assert {"/api/v2/orders", "/api/v2/points/adjust", "/api/v2/requests"} <= {route.path for route in shut}

    for route in shut:
        path = route.path.replace(":str", "").replace(":int", "")
        answer = await front.http.request(route.method, path.format_map(Ones()), params=ENOUGH, headers=key)
        assert answer.status_code in (400, 403), (route.path, answer.text)
        if answer.status_code == 403:
            assert codes(answer) == ["not_for_browsers"], route.path
    assert await front.shop.balance(ANA) == (500, 0)


class Ones(dict[str, str]):
    """1 for whatever stands in a path."""

    def __missing__(self, key: str) -> str:
        return "1"


async def test_what_is_a_customers_own_names_the_customer():
    """Or nothing could keep a page to its own customer."""
    for route in ROUTES:
        assert route.public != "own" or issubclass(route.params, CustomerNamed), route.path


async def test_a_token_opens_what_is_the_customers_own(front: Front):
    await front.shop.member(ANA, 500)
    await front.shop.member(BO, 100)
    rule = await front.shop.rule()
    secret = await front.secret()
    key = await front.publishable()

    for subject, points in ((f"email:{ANA}", 500), (f"email:{BO.upper()}", 100)):
        headers = {**key, "x-customer-token": front.token(secret, subject)}
        answer = await front.http.get("/api/v2/customers", headers=headers)
        assert answer.json()["points_balance"] == points
    ana = {**key, "x-customer-token": front.token(secret)}
    for (method, path), params in OWN.items():
        answer = await front.http.request(method, path, params={**params, "customer_email": ANA}, headers=ana)
        assert answer.status_code == 200, answer.text
    answer = await front.http.post("/api/v2/redemptions", json={"redemption_option_id": rule.rule_id}, headers=ana)
    assert answer.json()["code"]
    assert await front.shop.balance(ANA) == (400, 0)


async def test_a_token_comes_as_a_parameter_too(front: Front):
    await front.shop.member(ANA, 500)
    key, token = await front.publishable(), front.token(await front.secret())

    answer = await front.http.get(
        "/api/v2/customers",
        params={"guid": key["x-guid"], "api_key": key["x-api-key"], "customer_token": token},
    )

    assert answer.json()["email"] == ANA


@pytest.mark.parametrize(
    "named",
    [
        {"customer_email": BO},
        {"customer_email": ANA, "phone_number": "+14155552671"},
        {"customer_id": "7"},
        {"customer_external_id": "7"},
        {"pos_account_id": "till"},
        {"phone_number": "+14155552671"},
    ],
)
async def test_whoever_else_is_named_is_refused(front: Front, named: dict[str, str]):
    await front.shop.member(ANA, 500)
    await front.shop.member(BO, 500)
    rule = await front.shop.rule()
    key = {**await front.publishable(), "x-customer-token": front.token(await front.secret())}

    for (method, path), params in {**OWN, ("POST", "/api/v2/redemptions"): {}}.items():
        sent = {**params, **named, "redemption_option_id": str(rule.rule_id)}
        answer = await front.http.request(method, path, params=sent, headers=key)
        assert (answer.status_code, codes(answer)) == (403, ["other_customer"]), (path, answer.text)
    assert await front.shop.balance(BO) == (500, 0)


async def test_friends_are_told_in_the_customers_own_name_alone(street: Street, served: httpx.AsyncClient):
    referrals = ReferralProgramme(link="https://shop.example/?r={code}", referrer_points=10)
    front = Front(await street.shop(policies=Policies(referrals=referrals)), served)
    await front.shop.member(ANA)
    await front.shop.member(BO)
    key = {**await front.publishable(), "x-customer-token": front.token(await front.secret())}
    path = "/api/v2/referral/share"

    told = await front.http.post(path, json={"emails": "cy@example.com"}, headers=key)
    other = await front.http.post(path, json={"emails": "di@example.com", "email": BO}, headers=key)

    assert told.json()["email"] == ANA
    assert codes(other) == ["other_customer"]


async def test_a_token_ends_and_its_secret_turns_over(front: Front):
    await front.shop.member(ANA)
    key = await front.publishable()
    assert (await front.http.get("/api/v2/customers", headers={**key, "x-customer-token": "x"})).status_code == 401
    first = await front.secret()
    token = front.token(first, minutes=5)

    async def asked(with_token: str) -> int:
        """With a key of its own, since what is known of a key is a few seconds old."""
        key = {**await front.publishable(), "x-customer-token": with_token}
        return (await front.http.get("/api/v2/customers", headers=key)).status_code

    assert await asked(token) == 200
    second = await front.secret()
    assert await asked(token) == 200
    assert await asked(front.token(second)) == 200
    await front.secret()
    assert await asked(token) == 401
    assert await asked(front.token(second)) == 200
    front.shop.clock.advance(hours=1)
    assert await asked(front.token(second, hours=2)) == 200
    assert await asked(token) == 401


async def test_a_token_of_another_merchant_opens_nothing(front: Front, street: Street):
    other = Front(await street.shop(), front.http)
    await other.shop.member(ANA, 900)
    secret = await front.secret()
    await other.secret()
    key = {**await other.publishable(), "x-customer-token": front.token(secret)}

    assert codes(await front.http.get("/api/v2/customers", headers=key)) == ["customer_token_invalid"]


async def test_scopes_narrow_a_publishable_key(front: Front):
    await front.shop.member(ANA, 500)
    rule = await front.shop.rule()
    key = {**await front.publishable(scopes=("read",)), "x-customer-token": front.token(await front.secret())}

    assert (await front.http.get("/api/v2/customers", headers=key)).status_code == 200
    asked = {"redemption_option_id": rule.rule_id}
    assert codes(await front.http.post("/api/v2/redemptions", json=asked, headers=key)) == ["scope_missing"]


async def test_idempotency_keys_are_each_customers_own(front: Front):
    for who in (ANA, BO):
        await front.shop.member(who, 500)
    rule = await front.shop.rule()
    secret, key = await front.secret(), await front.publishable()
    asked = {"redemption_option_id": rule.rule_id}

    async def redeem(who: str) -> Any:
        headers = {**key, "x-customer-token": front.token(secret, f"email:{who}"), "idempotency-key": "1"}
        front.shop.clock.advance(seconds=1)
        return (await front.http.post("/api/v2/redemptions", json=asked, headers=headers)).json()

    ana, bo, again = await redeem(ANA), await redeem(BO), await redeem(ANA)

    assert ana["id"] == again["id"] != bo["id"]
    assert await front.shop.balance(ANA) == await front.shop.balance(BO) == (400, 0)


async def test_a_secret_key_needs_no_token_and_goes_by_none(front: Front):
    await front.shop.member(ANA, 500)
    key = {**await front.key(), "x-customer-token": "whatever"}

    answer = await front.http.get("/api/v2/customers", params={"customer_email": ANA}, headers=key)

    assert answer.json()["points_balance"] == 500


async def test_browsers_may_ask_first(front: Front):
    asks = {"origin": "https://shop.example", "access-control-request-method": "POST"}

    answer = await front.http.options("/api/v2/redemptions", headers=asks)
    shut = await front.http.options("/api/v2/orders", headers=asks)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST"
    for name in ("x-guid", "x-api-key", "x-customer-token", "content-type", "idempotency-key"):
        assert name in answer.headers["access-control-allow-headers"]
    assert shut.status_code == 405
    assert "access-control-allow-origin" not in shut.headers


async def test_pages_of_the_keys_origins_read_the_answers(front: Front):
    key = await front.publishable(origins=("https://Shop.example/",))
    page, other = {"origin": "https://shop.example"}, {"origin": "https://evil.example"}
    path = "/api/v2/redemption_options"

    answer = await front.http.get(path, headers={**key, **page})
    refused = await front.http.get("/api/v2/customers", headers={**key, **page})
    elsewhere = await front.http.get(path, headers={**key, **other})
    server = await front.http.get(path, headers=key)

    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "ratelimit-remaining" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "origin"
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://shop.example"
    assert codes(elsewhere) == ["origin_not_allowed"]
    assert "access-control-allow-origin" not in elsewhere.headers
    assert server.status_code == 200


async def test_without_origins_any_page_may_and_with_a_secret_key_none(front: Front):
    page = {"origin": "https://anywhere.example"}
    path = "/api/v2/redemption_options"

    public = await front.http.get(path, headers={**await front.publishable(), **page})
    secret = await front.http.get(path, headers={**await front.key(), **page})

    assert public.headers["access-control-allow-origin"] == "*"
    assert secret.status_code == 200
    assert "access-control-allow-origin" not in secret.headers


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/page", "*", "ftp://shop.example", ""])
async def test_an_origin_is_one(front: Front, origin: str):
    with pytest.raises(BadField, match="no origin"):
        await create_key(
            front.shop.engine.database, front.shop.merchant.merchant_id, name="x", now=front.shop.clock(),
            kind="publishable", origins=(origin,),
        )  # fmt: skip


async def test_kinds_of_keys_are_told_apart_by_how_they_begin(front: Front):
    assert (await front.key())["x-api-key"].startswith("gk_")
    assert (await front.publishable())["x-api-key"].startswith("gpk_")
