"""Referrals over HTTP: the code, whom it is told to, who comes with it, and the figures."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from guerdon.merchants.merchant import Policies
from guerdon.merchants.referral import ReferralProgramme
from tests.shop import Shop, open_shop

ANA, BEN = "ana@example.com", "ben@example.com"
PROGRAMME = ReferralProgramme(referrer_points=100, friend_points=50, link="https://acme.example/?ref={code}")


@pytest.fixture
async def acme(dsn: str) -> AsyncIterator[Shop]:
    """A shop with referrals."""
    async with open_shop(dsn, policies=Policies(referrals=PROGRAMME)) as shop:
        yield shop


async def referrer(shop: Shop, **params: Any) -> httpx.Response:
    return await shop.http.post("/api/v2/referral/referrer", json={"email": ANA, **params})


async def share(shop: Shop, emails: object, **params: Any) -> httpx.Response:
    given = {"emails": emails, **(params or {"email": ANA})}
    return await shop.http.post("/api/v2/referral/share", json=given)


async def referral_code(shop: Shop) -> dict[str, Any]:
    params = {"customer_email": ANA, "with_referral_code": "true"}
    return (await shop.http.get("/api/v2/customers", params=params)).json()


async def test_a_referrer_has_a_code_and_a_link_that_stay(acme: Shop):
    first = (await referrer(acme, first_name="Ana", last_name="Lima")).json()
    code = first["referral_discount_code"]
    assert first == {
        "id": first["id"],
        "email": ANA,
        "merchant_id": acme.merchant.merchant_id,
        "referral_link": f"https://acme.example/?ref={code}",
        "referral_discount_code": code,
        "referral_discount_code_id": first["id"],
        "referral_receipts": [],
    }
    assert (await referrer(acme)).json() == first
    body = (await acme.http.get("/api/v2/customers", params={"customer_email": ANA})).json()
    assert (body["first_name"], body["last_name"]) == ("Ana", "Lima")
    assert len(code) == 8


async def test_friends_are_told_once_and_come_by_the_code(acme: Shop):
    code = (await referrer(acme)).json()["referral_discount_code"]
    shared = (await share(acme, f" {BEN}, cat@example.com,{BEN}")).json()
    assert shared == {
        "email": ANA,
        "referral_link": f"https://acme.example/?ref={code}",
        "emails": [BEN, "cat@example.com"],
        "emails_sent": 2,
    }
    assert (await share(acme, BEN, customer_email=ANA)).json()["emails_sent"] == 0
    await acme.http.post("/api/v2/customers", json={"email": BEN})
    await acme.http.post("/api/v2/customers", json={"email": "dan@example.com", "referral_code": code.lower()})
    receipts = (await referrer(acme)).json()["referral_receipts"]
    assert [(one["email"], one["source"], one["signed_up_at"]) for one in receipts] == [
        ("dan@example.com", "code", "2026-03-10T12:00:00.000Z"),
        ("cat@example.com", "email", None),
        (BEN, "email", "2026-03-10T12:00:00.000Z"),
    ]
    assert set(receipts[0]) == {
        "id", "referral_code_id", "customer_id", "signed_up_at", "completed_at", "email", "source", "source_host",
        "reminder_job_id",
    }  # fmt: skip


async def test_a_customer_who_was_there_before_is_nobodys_friend(acme: Shop):
    code = (await referrer(acme)).json()["referral_discount_code"]
    await acme.http.post("/api/v2/customers", json={"email": BEN})
    acme.clock.advance(seconds=1)
    await acme.http.post("/api/v2/customers", json={"email": BEN, "referral_code": code})
    assert (await referrer(acme)).json()["referral_receipts"] == []


async def test_the_figures_of_a_code_have_every_field_of_the_contract(acme: Shop):
    await acme.member(ANA)
    await share(acme, BEN)
    body = await referral_code(acme)
    code = body["referral_code"]["code"]
    assert body["referral_link"] == {
        "link": f"https://acme.example/?ref={code}", "code": code, "expired": False, "customer_id": body_id(body)
    }  # fmt: skip
    assert body["referral_code"] == {
        "code": code, "shares": 1, "facebook_shares": 0, "twitter_shares": 0, "email_shares": 1, "emails_sent": 1,
        "emails_viewed": 0, "links_clicked_from_email": 0, "links_clicked_from_twitter": 0,
        "links_clicked_from_facebook": 0, "orders": 0, "amount_cents": 0, "average_amount_cents": 0,
        "expires_at": None, "expired": False, "completed_referral_customers": [], "email": ANA, "unique_clicks": 0,
        "total_clicks": 0,
    }  # fmt: skip


def body_id(body: dict[str, Any]) -> int:
    return body["referral_link"]["customer_id"]


async def test_without_referrals_there_is_no_code(shop: Shop):
    await shop.member(ANA)
    body = await referral_code(shop)
    assert (body["referral_code"], body["referral_link"]) == (None, None)
    assert (await referrer(shop)).status_code == 422
    assert (await share(shop, BEN)).status_code == 422


@pytest.mark.parametrize(
    ("emails", "params", "status"),
    [
        ("", {}, 400),
        (" , ", {}, 400),
        ("ben", {}, 400),
        (["ben@example.com"], {}, 400),
        (",".join(f"f{n}@example.com" for n in range(101)), {}, 400),
        (",".join(f"f{n}@example.com" for n in range(51)), {}, 422),
        (BEN, {"email": "nobody@example.com"}, 404),
        (BEN, {"email": "nobody"}, 400),
        (BEN, {"customer_id": ""}, 400),
    ],
)
async def test_bad_shares_are_refused_and_tell_nobody(acme: Shop, emails: object, params: dict[str, Any], status: int):
    await acme.member(ANA)
    answer = await share(acme, emails, **params)
    assert answer.status_code == status, answer.text
    assert (await referral_code(acme))["referral_code"]["shares"] == 0


@pytest.mark.parametrize("email", [None, "", "nobody", "a\0@example.com", 7])
async def test_a_referrer_needs_an_address(acme: Shop, email: object):
    assert (await referrer(acme, email=email)).status_code == 400
