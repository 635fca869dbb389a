"""Idempotency keys on the storefront's writes that are no commands: the repeat answers what was answered first (7)."""

from typing import Any

import httpx
import pytest

from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from guerdon.merchants.referral import ReferralProgramme
from tests.api.portal_shop import Portal
from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


@pytest.fixture
def shop(portal: Portal) -> Shop:
    """A shop of the street with an HTTP client."""
    return portal.shop


async def post(shop: Shop, path: str, body: dict[str, Any], key: str | None = "one") -> httpx.Response:
    """POST to an endpoint of the storefront contract."""
    return await shop.http.post(f"/api/v2/{path}", json=body, headers={"idempotency-key": key} if key else {})


async def replayed(shop: Shop, path: str, body: dict[str, Any], other: dict[str, Any]) -> None:
    """The same again is answered the same, to the byte; another request under the key is refused, and does nothing."""
    first = await post(shop, path, body)
    assert first.status_code == 200, first.text
    assert "idempotent-replayed" not in first.headers
    later = await post(shop, path, body | other, key="two")
    assert later.status_code == 200, later.text
    assert later.content != first.content

    again = await post(shop, path, body)

    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    refused = await post(shop, path, body | other)
    assert refused.status_code == 422
    assert "idempotency key" in refused.json()["error"]


async def first_name(shop: Shop) -> str:
    """What the customer is called now."""
    return (await shop.http.get("/api/v2/customers", params={"customer_email": ANA})).json()["first_name"]


async def test_a_customer_is_told_once(shop: Shop):
    await replayed(shop, "customers", {"email": ANA, "first_name": "Ana"}, {"first_name": "Anna"})
    assert await first_name(shop) == "Anna", "a repeat does not bring back what was said before"


@pytest.mark.parametrize("path", ["customer_birthdays", "customer_anniversary"])
async def test_a_day_is_told_once(shop: Shop, path: str):
    await shop.member(ANA)
    day = {"customer_email": ANA, "day": 1, "month": 5}
    await replayed(shop, path, day, {"day": 2})
    known = await shop.engine.database.fetchval("SELECT day FROM celebration WHERE merchant_id = $1",
                                                shop.merchant.merchant_id)  # fmt: skip
    assert known == 2


async def test_a_referrer_is_told_once(shop: Shop):
    policies = Policies(referrals=ReferralProgramme(link="https://acme.example/{code}"))
    await set_policies(shop.engine.database, shop.merchant.merchant_id, policies)
    await replayed(shop, "referral/referrer", {"email": ANA, "first_name": "Ana"}, {"email": "ben@example.com"})


async def test_a_refusal_leaves_the_key_free(shop: Shop):
    day = {"customer_email": ANA, "day": 1, "month": 5}
    for _ in range(2):
        assert (await post(shop, "customer_birthdays", day)).status_code == 404
    await shop.member(ANA)
    assert (await post(shop, "customer_birthdays", day)).status_code == 200


async def test_commands_say_that_they_were_answered_before(shop: Shop):
    await shop.member(ANA, 500)
    rule = await shop.rule()
    named = {"customer_email": ANA}
    writes: dict[str, dict[str, Any]] = {
        "redemptions": named | {"redemption_option_id": rule.rule_id},
        "orders": named | {"order_id": "1", "total_amount_cents": 100, "currency_code": "USD"},
        "refunds": {"order_id": "1", "total_amount_cents": 50, "currency_code": "USD"},
        "points/adjust": named | {"point_adjustment_amount": 5, "apply_adjustment_to_points_earned": True},
    }
    for path, body in writes.items():
        answers = [await post(shop, path, body, key=path) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
        assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true"], path
        assert answers[0].content == answers[1].content
