"""Refunds as shops report them: once each, before or after their order, and each only acknowledged."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from guerdon.earning.earns import PerAmount
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from tests.shop import Shop

ANA = "ana@example.com"

ITEMS = [{"id": 7, "price_cents": 2000, "quantity": 2}, {"id": "pot", "price_cents": 6000}]


async def earning(shop: Shop) -> None:
    """A point for each whole dollar."""
    rule = EarningRule(name="Points", earns=PerAmount(points=1, each_minor=100))
    await add_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())


async def order(shop: Shop, **params: Any) -> httpx.Response:
    """An order of 100.00 USD."""
    told = {"customer_email": ANA, "order_id": 1001, "total_amount_cents": 10000, "currency_code": "USD"}
    return await shop.http.post("/api/v2/orders", json={**told, "items": ITEMS, **params})


async def refund(shop: Shop, *, key: str | None = None, **params: Any) -> httpx.Response:
    """A refund of 25.00."""
    told = {"id": "R-1", "order_id": "1001", "total_amount_cents": "2500", **params}
    body = {name: value for name, value in told.items() if value is not None}
    return await shop.http.post("/api/v2/refunds", json=body, headers={"Idempotency-Key": key} if key else {})


async def test_a_refund_takes_points_back_and_is_acknowledged(shop: Shop):
    await earning(shop)
    await order(shop)

    answer = await refund(shop, currency="usd")

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "id": "R-1",
        "order_id": "1001",
        "status": "processed",
        "created_at": "2026-03-10T12:00:00.000Z",
    }
    assert await shop.balance(ANA) == (75, 0)


async def test_items_are_named_by_the_ids_of_the_order(shop: Shop):
    await earning(shop)
    await order(shop)

    await refund(shop, items=[{"id": "7", "quantity": "1"}, {"id": "pot"}])
    assert await shop.balance(ANA) == (20, 0)

    unknown = await refund(shop, id="R-2", items=[{"id": "hat", "quantity": 1}])
    assert unknown.status_code == 422
    assert unknown.json() == {
        "error": "Order 1001 has no item hat: send the ids that the order was reported with."
    }  # fmt: skip


async def test_the_same_refund_again_answers_the_same_and_another_under_its_id_is_refused(shop: Shop):
    await earning(shop)
    await order(shop)
    first = await refund(shop)
    shop.clock.advance(hours=1)

    again = await refund(shop, key="another")
    other = await refund(shop, total_amount_cents=2600)

    assert again.json() == first.json()
    assert other.status_code == 422
    assert other.headers["x-error-code"] == "return_differs"
    assert await shop.balance(ANA) == (75, 0)


async def test_a_refund_without_an_id_gets_one_and_its_key_makes_it_count_once(shop: Shop):
    await earning(shop)
    await order(shop)

    answers = [await refund(shop, id=None, key="k") for _ in range(2)]
    another = await refund(shop, id="")

    assert answers[0].json() == answers[1].json()
    assert UUID(answers[0].json()["id"]) != UUID(another.json()["id"])
    assert await shop.balance(ANA) == (50, 0)


async def test_a_refund_of_an_order_that_nobody_knows_is_acknowledged_and_waits(shop: Shop):
    await earning(shop)

    waiting = await refund(shop)
    assert (waiting.status_code, waiting.json()["status"]) == (200, "pending")
    assert (await order(shop)).json()["points_earned"] == 75

    assert await shop.balance(ANA) == (75, 0)
    assert (await refund(shop)).json()["status"] == "processed"
    customer = (await shop.http.get("/api/v2/customers", params={"customer_email": ANA})).json()
    assert customer["total_purchases"] == 1


async def test_an_order_and_its_refunds_at_once(shop: Shop):
    await earning(shop)

    answers = await asyncio.gather(
        *(refund(shop, id=f"a{number}", total_amount_cents=500) for number in range(5)),
        order(shop),
        *(refund(shop, id=f"b{number}", total_amount_cents=500) for number in range(5)),
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await shop.balance(ANA) == (50, 0)


async def test_a_full_refund_gives_redeemed_points_back(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    params = {"customer_email": ANA, "redemption_option_id": rule.rule_id}
    code = (await shop.http.post("/api/v2/redemptions", json=params)).json()["reward_text"]
    await order(shop, coupon_code=code)

    await refund(shop, total_amount_cents=10000)

    assert await shop.balance(ANA) == (100, 0)


async def test_a_refund_in_another_currency_is_refused(shop: Shop):
    await order(shop)

    assert (await refund(shop, currency="EUR")).headers["x-error-code"] == "currency_not_accepted"


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"order_id": None}, "order_id"),
        ({"order_id": " "}, "order_id"),
        ({"total_amount_cents": None}, "total_amount_cents"),
        ({"total_amount_cents": -1}, "total_amount_cents"),
        ({"total_amount_cents": 10.5}, "total_amount_cents"),
        ({"currency": "DOLLARS"}, "currency"),
        ({"items": [{"quantity": 1}]}, "items[0].id"),
        ({"items": [{"id": "", "quantity": 1}]}, "items[0].id"),
        ({"items": [{"id": "a", "quantity": 0}]}, "items[0].quantity"),
        ({"id": "x" * 256}, "id"),
    ],
)
async def test_a_wrong_value_is_named_and_nothing_is_written(shop: Shop, params: dict[str, Any], field: str):
    answer = await refund(shop, **params)

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith(f"{field}: "), answer.json()
    assert await shop.engine.database.fetchval("SELECT count(*) FROM shop_return") == 0
