"""Points given and taken by hand, for the five reasons of the contract."""

from typing import Any

import httpx
import pytest

from guerdon.merchants.merchant import Policies
from tests.shop import Shop, open_shop

ANA = "ana@example.com"


async def adjust(shop: Shop, amount: object, *, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
    """Ana's points change by so many, unless somebody else is named."""
    who = {} if "customer_id" in params else {"customer_email": ANA}
    given = {**who, "point_adjustment_amount": amount, **params}
    return await shop.http.post("/api/v2/points/adjust", json=given, headers=headers)


async def standing(shop: Shop) -> tuple[int, int]:
    """Ana's balance, and what she has earned."""
    body = (await shop.http.get("/api/v2/customers", params={"customer_email": ANA})).json()
    return body["points_balance"], body["points_earned"]


async def test_an_adjustment_answers_with_what_was_booked(shop: Shop):
    member_id = await shop.member(ANA)

    answer = await adjust(shop, 50, apply_adjustment_to_points_earned=True, history_title="For the wait")

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "id": 1,
        "type": "PointsAdjustment",
        "name": "For the wait",
        "merchant_id": shop.merchant.merchant_id,
        "customer_id": member_id,
        "referral_id": None,
        "created_at": "2026-03-10T12:00:00.000Z",
        "updated_at": "2026-03-10T12:00:00.000Z",
        "status": "Approved",
    }


@pytest.mark.parametrize(
    ("amount", "counts", "reason", "standing_after", "bucket"),
    [
        (50, True, None, (150, 150), "available"),
        (50, False, None, (150, 100), "available"),
        (-50, False, None, (50, 100), "redeemed"),
        (-50, True, None, (50, 50), "reversed"),
        (-50, False, "expire", (50, 100), "expired"),
        (-50, False, "redeem", (50, 100), "redeemed"),
    ],
    ids=["reward", "give back", "redeem for them", "wrongly earned", "expire now", "redeem by name"],
)
async def test_each_reason_is_booked_as_what_it_is(
    shop: Shop, amount: int, counts: bool, reason: str | None, standing_after: tuple[int, int], bucket: str
):
    await shop.member(ANA, 100)

    answer = await adjust(shop, amount, apply_adjustment_to_points_earned=counts, reason=reason)

    assert answer.status_code == 200, answer.text
    assert await standing(shop) == standing_after
    target = await shop.engine.database.fetchval("SELECT target FROM entry ORDER BY number DESC LIMIT 1")
    assert target == bucket


@pytest.mark.parametrize("reason", ["redeem", "expire"])
async def test_no_more_is_taken_than_there_is(shop: Shop, reason: str):
    await shop.member(ANA, 100)

    answer = await adjust(shop, -101, reason=reason)

    assert answer.status_code == 422
    assert answer.json() == {"error": "1 points short: this takes 101, and 100 are available."}
    assert await shop.balance(ANA) == (100, 0)


async def test_what_was_wrongly_earned_may_leave_a_debt(shop: Shop):
    await shop.member(ANA, 100)

    assert (await adjust(shop, -150, apply_adjustment_to_points_earned=True)).status_code == 200

    assert await standing(shop) == (-50, -50)
    await adjust(shop, 70)
    assert await shop.balance(ANA) == (20, 0)


async def test_a_merchant_may_rule_out_debts(dsn: str):
    async with open_shop(dsn, policies=Policies(debt="within_balance")) as shop:
        await shop.member(ANA, 100)

        answer = await adjust(shop, -150, apply_adjustment_to_points_earned=True)

        assert answer.status_code == 422
        assert await shop.balance(ANA) == (100, 0)


async def test_a_hidden_adjustment_is_not_in_the_history(shop: Shop):
    await shop.member(ANA)
    await adjust(shop, 10, history_title="Shown")
    await adjust(shop, 20, history_title="Hidden", visible_to_customer=False)

    params = {"customer_email": ANA, "with_history": "true"}
    body = (await shop.http.get("/api/v2/customers", params=params)).json()

    assert [item["action"] for item in body["history_items"]] == ["Shown"]
    assert body["points_balance"] == 30


async def test_an_adjustment_under_a_key_is_booked_once(shop: Shop):
    await shop.member(ANA)
    headers = {"Idempotency-Key": "bonus-3"}

    first = await adjust(shop, 50, headers=headers)
    again = await adjust(shop, 50, headers=headers)
    other = await adjust(shop, 60, headers=headers)

    assert first.status_code == 200
    assert first.content == again.content
    assert other.status_code == 422
    assert await shop.balance(ANA) == (50, 0)


async def test_a_customer_is_named_by_the_shops_own_id(shop: Shop):
    await shop.http.post("/api/v2/customers", json={"id": "C-7", "email": ANA})

    assert (await adjust(shop, "50", customer_id="C-7")).status_code == 200
    assert await shop.balance(ANA) == (50, 0)


async def test_an_unknown_customer_is_not_found(shop: Shop):
    answer = await adjust(shop, 50)

    assert answer.status_code == 404
    assert answer.json() == {"error": f"No customer has the email {ANA}."}


async def test_a_balance_never_passes_what_clients_can_count(shop: Shop):
    await shop.member(ANA, 2**53 - 1)

    answer = await adjust(shop, 2)

    assert answer.status_code == 422
    assert await shop.balance(ANA) == (2**53 - 1, 0)


async def test_more_than_one_person_decides_is_pending_and_not_booked(dsn: str):
    async with open_shop(dsn, policies=Policies(approval_above=100)) as shop:
        await shop.member(ANA)

        answer = await adjust(shop, 101, apply_adjustment_to_points_earned=True)

        assert answer.status_code == 200
        assert answer.json()["status"] == "Pending"
        waiting = await shop.engine.database.fetchval("SELECT adjustment_id FROM adjustment WHERE state = 'proposed'")
        assert answer.json()["id"] == waiting
        assert await standing(shop) == (0, 0)
        assert (await adjust(shop, 100)).json()["status"] == "Approved"
