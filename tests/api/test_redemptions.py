"""Creating redemptions on the storefront contract, and giving their points back."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from guerdon.kit.money import LARGEST
from guerdon.merchants.merchants import set_rate
from guerdon.rewards.rule import Channel, Pricing
from tests.shop import START, Shop, open_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shop(corner: Shop) -> Shop:
    """None of these needs a database of its own."""
    return corner


ANA = "ana@example.com"

FIELDS = {
    "id", "reward_text", "code", "approved", "approved_at", "created_at", "updated_at", "is_admin", "is_pos",
    "at_checkout", "third_party_id", "third_party_rule_id", "token",
}  # fmt: skip


async def redeem(shop: Shop, *, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
    """Ana redeems, unless somebody else is named."""
    named = {"customer_id", "customer_external_id", "phone_number", "pos_account_id"} & params.keys()
    given = params if named else {"customer_email": ANA, **params}
    return await shop.http.post("/api/v2/redemptions", json=given, headers=headers)


async def cancel(shop: Shop, redemption_id: object, **params: Any) -> httpx.Response:
    return await shop.http.post(f"/api/v2/redemptions/{redemption_id}/cancellation_completed", json=params)


async def test_a_redemption_takes_the_points_and_gives_a_code(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 250)

    answer = await redeem(shop, customer_email="Ana@Example.com ", redemption_option_id=rule.rule_id)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body.keys() == FIELDS
    assert body["approved"] is True
    assert body["reward_text"] == body["code"]
    assert body["at_checkout"] is False
    assert body["created_at"] == body["approved_at"] == "2026-03-10T12:00:00.000Z"
    assert await shop.balance(ANA) == (150, 0)


async def test_a_delayed_redemption_holds_the_points_until_an_order_comes(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 250)

    body = (await redeem(shop, redemption_option_id=rule.rule_id, delay_points_deduction=True)).json()

    assert body["at_checkout"] is True
    assert await shop.balance(ANA) == (150, 100)
    order = {"customer_email": ANA, "order_id": "1001", "total_amount_cents": 5000, "currency_code": "USD"}
    await shop.http.post("/api/v2/orders", json={**order, "coupon_code": body["reward_text"]})
    assert await shop.balance(ANA) == (150, 0)


async def test_two_delayed_redemptions_never_rest_on_the_same_points(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 150)
    await redeem(shop, redemption_option_id=rule.rule_id, delay_points_deduction=True)

    second = await redeem(shop, redemption_option_id=rule.rule_id, delay_points_deduction=True)

    assert second.status_code == 422
    assert second.json() == {"error": "50 points short: this takes 100, and 50 are available."}


async def test_parameters_come_as_json_as_query_and_as_form(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 300)
    params = {"customer_email": ANA, "redemption_option_id": str(rule.rule_id), "delay_points_deduction": "true"}

    answers = [
        await shop.http.post("/api/v2/redemptions", json=params),
        await shop.http.post("/api/v2/redemptions", params=params),
        await shop.http.post("/api/v2/redemptions", data=params),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all(answer.json().keys() == FIELDS for answer in answers)
    assert all(answer.json()["at_checkout"] for answer in answers)
    assert len({answer.json()["code"] for answer in answers}) == 3
    assert await shop.balance(ANA) == (0, 300)


async def test_a_customer_is_found_by_any_identity(shop: Shop):
    rule = await shop.rule()
    known = {"id": "C-7", "email": ANA, "phone_number": "+14155552671", "pos_account_id": "POS-7"}
    await shop.http.post("/api/v2/customers", json=known)
    await shop.give(ANA, 500)

    identities: list[dict[str, Any]] = [
        {"customer_email": ANA},
        {"customer_id": "C-7"},
        {"customer_external_id": "C-7"},
        {"phone_number": "+14155552671"},
        {"pos_account_id": "POS-7"},
    ]
    for identity in identities:
        answer = await redeem(shop, redemption_option_id=rule.rule_id, **identity)
        assert answer.status_code == 200, answer.text
        assert answer.json()["is_pos"] is ("pos_account_id" in identity)
    assert await shop.balance(ANA) == (0, 0)


async def test_a_plus_sign_lost_in_a_query_string_is_put_back(shop: Shop):
    rule = await shop.rule()
    await shop.http.post("/api/v2/customers", json={"email": ANA, "phone_number": "+14155552671"})
    await shop.give(ANA, 100)

    answer = await shop.http.post(
        f"/api/v2/redemptions?phone_number=+14155552671&redemption_option_id={rule.rule_id}", content=b""
    )

    assert answer.status_code == 200, answer.text


async def test_two_identities_of_two_customers_are_refused(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    await shop.http.post("/api/v2/customers", json={"id": "C-8", "email": "ben@example.com"})

    answer = await shop.http.post(
        "/api/v2/redemptions",
        json={"customer_email": ANA, "customer_id": "C-8", "redemption_option_id": rule.rule_id},
    )

    assert answer.status_code == 422
    assert answer.json() == {
        "error": "The email and the external_id belong to two different customers: send those of one."
    }


async def test_a_variable_option_asks_how_many_points(shop: Shop):
    rule = await shop.rule(pricing=Pricing.VARIABLE, points=100, amount_minor=100, minimum_points=200)
    await shop.member(ANA, 1000)

    unsaid = await redeem(shop, redemption_option_id=rule.rule_id)
    off_step = await redeem(shop, redemption_option_id=rule.rule_id, points_to_redeem=250)
    said = await redeem(shop, redemption_option_id=rule.rule_id, points_to_redeem=300)
    by_alias = await redeem(shop, redemption_option_id=rule.rule_id, points="400")

    assert unsaid.status_code == off_step.status_code == 422
    assert unsaid.json()["error"].startswith("points_to_redeem is required")
    assert "the nearest amounts are 200 and 300" in off_step.json()["error"]
    assert said.status_code == by_alias.status_code == 200
    assert await shop.balance(ANA) == (300, 0)


async def test_an_option_with_a_minimum_takes_the_minimum_where_nobody_says_how_many(shop: Shop):
    rule = await shop.rule(points=100, minimum_points=250)
    await shop.member(ANA, 1000)

    answer = await redeem(shop, redemption_option_id=rule.rule_id)

    assert answer.status_code == 200, answer.text
    assert await shop.balance(ANA) == (700, 0)


async def test_points_worth_more_than_can_be_counted_are_refused(shop: Shop):
    rule = await shop.rule(pricing=Pricing.VARIABLE, points=1, amount_minor=500)
    await set_rate(shop.engine.database, shop.merchant.merchant_id, "EUR", Decimal("0.9"))
    await shop.member(ANA, 1000)

    for currency in ("USD", "EUR"):
        answer = await redeem(shop, redemption_option_id=rule.rule_id, points_to_redeem=LARGEST, currency=currency)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"].startswith("points_to_redeem: ")


async def test_a_currency_that_is_not_taken_is_refused(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100)

    answer = await redeem(shop, redemption_option_id=rule.rule_id, currency="EUR")

    assert answer.status_code == 422
    assert answer.json() == {"error": "EUR is not accepted here; USD would be."}
    assert await shop.balance(ANA) == (100, 0)


async def test_unknown_customers_and_options_are_not_found(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100)

    nobody = await redeem(shop, customer_email="nobody@example.com", redemption_option_id=rule.rule_id)
    nothing = await redeem(shop, redemption_option_id=rule.rule_id + 1)

    assert nobody.status_code == nothing.status_code == 404
    assert nobody.json() == {"error": "No customer has the email nobody@example.com."}
    assert nothing.json() == {"error": f"There is no redemption option {rule.rule_id + 1}."}


async def test_the_shape_that_is_meant_for_a_coupon_url_is_told_what_is_missing(shop: Shop):
    await shop.member(ANA, 100)

    answer = await redeem(shop, coupon_code="YW74IFB8", discount_amount=10, discount_amount_cents=1000, currency="USD")

    assert answer.status_code == 400
    assert answer.json() == {"error": "redemption_option_id: the id of a redemption option is needed."}


async def test_an_option_for_online_use_is_refused_at_a_point_of_sale(shop: Shop):
    rule = await shop.rule(channel=Channel.ONLINE)
    await shop.http.post("/api/v2/customers", json={"email": ANA, "pos_account_id": "POS-7"})
    await shop.give(ANA, 100)

    answer = await redeem(shop, pos_account_id="POS-7", redemption_option_id=rule.rule_id)

    assert answer.status_code == 422
    assert answer.json() == {"error": "This option is for online use; this is offline."}


async def test_the_same_key_gets_the_same_answer_once(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    headers = {"Idempotency-Key": "cart-77"}

    first = await redeem(shop, headers=headers, redemption_option_id=rule.rule_id)
    shop.clock.advance(minutes=5)
    second = await redeem(shop, headers=headers, redemption_option_id=rule.rule_id)
    other = await redeem(shop, headers=headers, redemption_option_id=rule.rule_id, delay_points_deduction=True)

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert other.status_code == 422
    assert "cart-77 was used before for another request" in other.json()["error"]
    assert await shop.balance(ANA) == (400, 0)


async def test_the_same_key_twice_at_once_is_told_to_wait(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    headers = {"Idempotency-Key": "cart-78"}

    answers = await asyncio.gather(
        *(redeem(shop, headers=headers, redemption_option_id=rule.rule_id) for _ in range(5))
    )

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 409)
    assert await shop.balance(ANA) == (400, 0)


async def test_a_cancelled_redemption_gives_the_points_back_once(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100, expires_at=START + timedelta(days=5))
    redemption = (await redeem(shop, redemption_option_id=rule.rule_id)).json()

    first = await cancel(shop, redemption["id"], reward_text=redemption["reward_text"].lower())
    second = await cancel(shop, redemption["id"], reward_text=redemption["reward_text"])

    assert first.status_code == second.status_code == 200
    assert first.json().keys() == FIELDS
    assert first.json() == second.json()
    assert await shop.balance(ANA) == (100, 0)


async def test_a_cancelled_hold_is_released_once(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    redemption = (await redeem(shop, redemption_option_id=rule.rule_id, delay_points_deduction=True)).json()

    for _ in range(2):
        assert (await cancel(shop, redemption["id"], reward_text=redemption["code"])).status_code == 200
    assert await shop.balance(ANA) == (100, 0)


async def test_cancelling_needs_the_right_id_and_the_right_code(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100)
    redemption = (await redeem(shop, redemption_option_id=rule.rule_id)).json()

    wrong_code = await cancel(shop, redemption["id"], reward_text="NOT-THIS-ONE")
    no_code = await cancel(shop, redemption["id"])
    unknown = await cancel(shop, redemption["id"] + 1, reward_text=redemption["code"])
    no_number = await cancel(shop, "first", reward_text=redemption["code"])

    assert wrong_code.status_code == 422
    assert wrong_code.json() == {"error": f"The coupon NOT-THIS-ONE is not the one of redemption {redemption['id']}."}
    assert no_code.status_code == 400
    assert no_code.json()["error"].startswith("reward_text: ")
    assert unknown.status_code == 404
    assert no_number.status_code == 400
    assert no_number.json()["error"].startswith("point_redemption_id: ")
    assert await shop.balance(ANA) == (0, 0)


async def test_a_server_that_shuts_down_says_ask_again(dsn: str):
    async with open_shop(dsn) as shop:
        rule = await shop.rule()
        await shop.member(ANA, 100)
        await shop.engine.desk.close()

        answer = await redeem(shop, redemption_option_id=rule.rule_id)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json() == {"error": "This server is shutting down: ask again, and another answers."}
