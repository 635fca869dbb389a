"""Orders as shops report them, again and again, with the coupons that they name."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from guerdon.earning.earns import Flat, PerAmount, PerItem
from guerdon.earning.rule import EarningRule, Goods, Who
from guerdon.earning.rules import add_rule
from guerdon.merchants.merchant import Policies
from tests.shop import Shop, open_shop

ANA, BEN = "ana@example.com", "ben@example.com"

WHOLE = {
    "customer_email": ANA,
    "customer_id": "C-7",
    "order_id": "1001",
    "total_amount_cents": "15000",
    "currency_code": "USD",
    "status": "paid",
    "created_at": "2019-05-25 20:59:53",
    "coupon_code": "WELCOME10",
    "ip_address": "192.0.2.7",
    "user_agent": "Mozilla/5.0",
    "ignore_ip_ua": True,
    "discount_amount_cents": "500",
    "tags": "wholesale, spring",
    "channel_type": "offline",
    "clerk_employee_id": "E-3",
    "clerk_name": "Zoë",
    "store_address": "1 Main St",
    "store_city": "Springfield",
    "store_state": "IL",
    "items": [
        {
            "id": 7,
            "name": "Mug",
            "quantity": "2",
            "price_cents": "7500",
            "collections": "kitchen, gifts",
            "type": "Cup",
            "vendor": "Potter & Co",
        }
    ],
    "customer": {"tags": "vip, newsletter", "has_account": True, "opted_in": True, "opted_in_at": "2021-06-01"},
    "total_refunded_cents": 0,
    "shipping_amount_cents": 700,
    "tax_amount_cents": 900,
    "billing_address": {"first_name": "Ana", "country_code": "US", "zip": 62701},
    "shipping_address": {"last_name": "Lima", "address1": "1 Main St", "phone": "555-0101"},
    "something_new": {"of": "theirs"},
}
"""Every field of the contract, with numbers as texts, and one that nobody knows."""


async def report(shop: Shop, order_id: object = "1001", *, who: str = ANA, **params: Any) -> httpx.Response:
    """An order of 50.00 USD, unless it says otherwise."""
    order = {"customer_email": who, "order_id": order_id, "total_amount_cents": 5000, "currency_code": "USD"}
    return await shop.http.post("/api/v2/orders", json={**order, **params})


async def coupon(shop: Shop, *, delayed: bool = True) -> str:
    """The code of a redemption of 100 points that Ana makes."""
    rule = await shop.rule()
    params = {"customer_email": ANA, "redemption_option_id": rule.rule_id, "delay_points_deduction": delayed}
    return (await shop.http.post("/api/v2/redemptions", json=params)).json()["reward_text"]


async def test_an_order_is_taken_whole(shop: Shop):
    answer = await shop.http.post("/api/v2/orders", json=WHOLE)

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "id": "1001",
        "order_id": "1001",
        "status": "paid",
        "total_amount_cents": 15000,
        "currency_code": "USD",
        "customer_email": ANA,
        "coupons": [{"code": "WELCOME10", "state": "unknown", "problem": None}],
        "points_earned": 0,
        "created_at": "2019-05-25T20:59:53.000Z",
        "updated_at": "2026-03-10T12:00:00.000Z",
    }


async def earning(shop: Shop, **terms: Any) -> None:
    """A point for each whole dollar of an order, unless the terms say otherwise."""
    given: dict[str, Any] = {"name": "Points", "earns": PerAmount(points=1, each_minor=100), **terms}
    rule = EarningRule(**given)
    await add_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())


async def test_an_order_earns_on_every_field_that_rules_look_at(shop: Shop):
    """150.00 less 7.00 of shipping and 9.00 of tax; rules see lines, tags and the channel as the shop wrote them."""
    await earning(shop)
    await earning(shop, earns=PerItem(points=10), goods=Goods(products=frozenset({"7"}), types=frozenset({"Cup"})))
    await earning(shop, earns=Flat(points=5), channels=frozenset({"offline"}), order_tags=frozenset({"spring"}))
    await earning(shop, earns=Flat(points=3), goods=Goods(collections=frozenset({"gifts"})), quantity_min=2)
    await earning(shop, earns=Flat(points=1000), order_tags_excluded=frozenset({"wholesale"}))

    answer = await shop.http.post("/api/v2/orders", json=WHOLE)

    assert answer.json()["points_earned"] == 134 + 20 + 5 + 3
    assert await shop.balance(ANA) == (162, 0)
    customer = (await shop.http.get("/api/v2/customers", params={"customer_email": ANA})).json()
    assert (customer["points_balance"], customer["points_earned"]) == (162, 162)


async def test_the_whole_order_is_kept(shop: Shop):
    await shop.http.post("/api/v2/orders", json=WHOLE)

    document = await shop.engine.database.fetchval("SELECT document FROM shop_order")

    kept = json.loads(document)
    missing = WHOLE.keys() - kept.keys()
    assert missing == {"something_new"}
    assert kept["billing_address"] == {"first_name": "Ana", "country_code": "US", "zip": 62701}
    assert (kept["clerk_name"], kept["store_state"], kept["ip_address"]) == ("Zoë", "IL", "192.0.2.7")


async def test_what_the_order_says_of_its_customer_counts_for_the_order(shop: Shop):
    await earning(shop, who=Who(tags=frozenset({"vip"})))

    assert (await shop.http.post("/api/v2/orders", json=WHOLE)).json()["points_earned"] == 134


async def test_a_customer_who_has_opted_out_earns_nothing(shop: Shop):
    await earning(shop)

    assert (await report(shop, customer={"opted_in": False})).json()["points_earned"] == 0


async def test_an_order_may_name_its_customer_by_any_identity(shop: Shop):
    await earning(shop)
    for number, who in enumerate(({"customer_id": "C-9"}, {"phone_number": "+12025550123"}, {"pos_account_id": "P"})):
        body = (await report(shop, f"{number}", who="", **who)).json()
        assert (body["points_earned"], body["customer_email"]) == (50, None)


async def test_each_status_of_an_order_settles_what_it_earned(shop: Shop):
    await earning(shop)
    earned = [
        (await report(shop, status=status)).json()["points_earned"]
        for status in ("pending", "paid", "paid", "fulfilled", "cancelled", "paid")
    ]
    assert earned == [0, 50, 50, 50, 0, 50]
    assert await shop.balance(ANA) == (50, 0)


async def test_a_line_without_a_quantity_is_one_piece(shop: Shop):
    await earning(shop, earns=PerItem(points=10))
    items = [{"id": "a", "price_cents": 100}, {"id": "b", "price_cents": "100", "quantity": "0"}, {}]
    assert (await report(shop, items=items)).json()["points_earned"] == 20


async def test_an_order_makes_its_customer_a_member_with_everything_it_says(shop: Shop):
    await shop.http.post("/api/v2/orders", json=WHOLE)

    body = (await shop.http.get("/api/v2/customers", params={"customer_id": "C-7"})).json()

    assert body["email"] == ANA
    assert (body["has_store_account"], body["opt_in"], body["opted_in_at"]) == (True, True, "2021-06-01")
    assert (body["total_spend_cents"], body["total_purchases"]) == (15000, 1)
    assert body["last_purchase_at"] == "2019-05-25T20:59:53.000Z"


async def test_an_order_adds_identities_and_replaces_none(shop: Shop):
    await shop.http.post("/api/v2/customers", json={"id": "C-7", "email": ANA})

    await report(shop, who="new@example.com", customer_id="C-7", pos_account_id="POS-7")

    by_till = await shop.http.get("/api/v2/customers", params={"pos_account_id": "POS-7"})
    assert by_till.json()["email"] == ANA
    assert (await shop.http.get("/api/v2/customers", params={"customer_email": "new@example.com"})).status_code == 404


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2019-05-25 20:59:53", "2019-05-25T20:59:53.000Z"),
        ("2019-05-25T20:59:53.250Z", "2019-05-25T20:59:53.250Z"),
        ("2019-05-25T20:59:53-04:00", "2019-05-26T00:59:53.000Z"),
        (None, "2026-03-10T12:00:00.000Z"),
    ],
)
async def test_both_forms_of_time_are_read(shop: Shop, sent: str | None, shown: str):
    assert (await report(shop, created_at=sent)).json()["created_at"] == shown


async def test_the_same_order_again_answers_the_same_and_tells_nobody(shop: Shop):
    first = await shop.http.post("/api/v2/orders", json=WHOLE)
    shop.clock.advance(hours=1)
    second = await shop.http.post("/api/v2/orders", json=WHOLE)

    assert first.json() == second.json()
    topics = await shop.engine.database.fetch("SELECT topic FROM event WHERE topic LIKE 'order.%'")
    assert [row["topic"] for row in topics] == ["order.created"]


async def test_a_new_status_is_an_update(shop: Shop):
    await report(shop, status="Pending")
    shop.clock.advance(hours=1)

    body = (await report(shop, status="PAID", total_amount_cents=4500)).json()

    assert (body["status"], body["total_amount_cents"]) == ("paid", 4500)
    assert body["created_at"] == "2026-03-10T12:00:00.000Z"
    assert body["updated_at"] == "2026-03-10T13:00:00.000Z"
    customer = (await shop.http.get("/api/v2/customers", params={"customer_email": ANA})).json()
    assert (customer["total_purchases"], customer["total_spend_cents"]) == (1, 4500)


async def test_several_coupons_are_named_with_commas(shop: Shop):
    await shop.member(ANA, 500)
    held, taken = await coupon(shop), await coupon(shop, delayed=False)

    body = (await report(shop, coupon_code=f" {held.lower()}, {taken} ,SPRING,, ")).json()

    assert body["coupons"] == [
        {"code": held, "state": "used", "problem": None},
        {"code": taken, "state": "used", "problem": None},
        {"code": "SPRING", "state": "unknown", "problem": None},
    ]
    assert await shop.balance(ANA) == (300, 0)


async def test_points_leave_when_the_order_reaches_the_status_of_the_policy(dsn: str):
    async with open_shop(dsn, policies=Policies(capture_statuses=("shipped",))) as shop:
        await shop.member(ANA, 100)
        code = await coupon(shop)

        paid = (await report(shop, status="paid", coupon_code=code)).json()
        assert paid["coupons"] == [{"code": code, "state": "issued", "problem": None}]
        assert await shop.balance(ANA) == (0, 100)

        shipped = (await report(shop, status="shipped")).json()
        assert shipped["coupons"] == [{"code": code, "state": "used", "problem": None}]
        assert await shop.balance(ANA) == (0, 0)


async def test_cancelling_the_order_gives_the_points_back_once(shop: Shop):
    await shop.member(ANA, 100)
    code = await coupon(shop)
    await report(shop, coupon_code=code)

    for _ in range(2):
        body = (await report(shop, status="cancelled", coupon_code=code)).json()
        assert body["coupons"] == [{"code": code, "state": "void", "problem": None}]
    assert await shop.balance(ANA) == (100, 0)
    customer = (await shop.http.get("/api/v2/customers", params={"customer_email": ANA})).json()
    assert (customer["total_purchases"], customer["total_spend_cents"]) == (0, 0)


async def test_a_coupon_works_once_and_for_its_owner(shop: Shop):
    await shop.member(ANA, 100)
    code = await coupon(shop)

    stolen = (await report(shop, "1", who=BEN, coupon_code=code)).json()
    used = (await report(shop, "2", coupon_code=code)).json()
    twice = (await report(shop, "3", coupon_code=code)).json()

    assert stolen["coupons"] == [{"code": code, "state": "issued", "problem": "coupon_of_another"}]
    assert used["coupons"] == [{"code": code, "state": "used", "problem": None}]
    assert twice["coupons"] == [{"code": code, "state": "used", "problem": "coupon_used"}]
    assert await shop.balance(ANA) == (0, 0)


async def test_a_problem_stays_with_the_order_when_only_its_status_is_sent(shop: Shop):
    await shop.member(ANA, 100)
    code = await coupon(shop)
    await report(shop, "1", who=BEN, coupon_code=code)

    await report(shop, "1", who=BEN, status="fulfilled")

    flags = await shop.engine.database.fetchval("SELECT flags FROM shop_order WHERE order_id = '1'")
    assert flags == [f"coupon_of_another:{code}"]


async def test_the_same_order_at_once_is_one_order_of_one_member(shop: Shop):
    answers = await asyncio.gather(*(report(shop) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert await shop.engine.database.fetchval("SELECT count(*) FROM member") == 1


async def test_an_order_of_somebody_else_is_refused(shop: Shop):
    await report(shop)

    answer = await report(shop, who=BEN)

    assert answer.status_code == 422
    assert answer.json() == {"error": "Order 1001 was placed by another customer."}


async def test_a_currency_that_is_not_taken_is_refused_and_makes_nobody_a_member(shop: Shop):
    answer = await report(shop, currency_code="EUR")

    assert answer.status_code == 422
    assert answer.json() == {"error": "EUR is not accepted here; USD would be."}
    assert await shop.engine.database.fetchval("SELECT count(*) FROM member") == 0


@pytest.mark.parametrize("field", ["order_id", "total_amount_cents", "currency_code"])
async def test_what_is_missing_is_named(shop: Shop, field: str):
    order = {"customer_email": ANA, "order_id": "1", "total_amount_cents": 100, "currency_code": "USD"}
    del order[field]

    by_json = await shop.http.post("/api/v2/orders", json=order)
    by_form = await shop.http.post("/api/v2/orders", data=order)

    assert by_json.status_code == by_form.status_code == 400
    assert by_json.json() == by_form.json() == {"error": f"{field}: a value is needed."}


async def test_an_order_without_a_customer_is_refused(shop: Shop):
    answer = await report(shop, who="")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("customer_email: ")
