"""Fields that have more than one name, because the incumbent's pages and examples disagree, or once did."""

from typing import Any

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
ORDER = {"customer_email": ANA, "order_id": "1", "total_amount_cents": 100, "currency_code": "USD"}


async def ask(shop: Shop, method: str, path: str, **params: Any) -> Any:
    in_query = method == "GET"
    answer = await shop.http.request(
        method, path, params=params if in_query else None, json=None if in_query else params
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("name", ["opted_in", "opt_in"])
async def test_an_order_says_whether_its_customer_takes_part(corner: Shop, name: str):
    await ask(corner, "POST", "/api/v2/orders", **ORDER, customer={name: False})

    assert (await ask(corner, "GET", "/api/v2/customers", customer_email=ANA))["opt_in"] is False


@pytest.mark.parametrize("said", [{"customer": {"tags": "new, vip"}}, {"customer_tags": "vip"}])
async def test_an_order_tells_the_tags_of_its_customer(corner: Shop, said: dict[str, Any]):
    await corner.rule(member_tags=("vip",))

    await ask(corner, "POST", "/api/v2/orders", **ORDER, **said)

    assert len(await ask(corner, "GET", "/api/v2/redemption_options", customer_email=ANA)) == 1


@pytest.mark.parametrize("name", ["customer_id", "customer_external_id"])
@pytest.mark.parametrize("points", ["points_to_redeem", "points"])
async def test_a_redemption_takes_names_of_old(corner: Shop, name: str, points: str):
    rule = await corner.rule()
    await ask(corner, "POST", "/api/v2/customers", id="C-7", email=ANA)
    await corner.give(ANA, 100)

    made = await ask(
        corner, "POST", "/api/v2/redemptions", redemption_option_id=rule.rule_id, **{name: "C-7", points: 100}
    )

    assert made["approved"] is True
    assert await corner.balance(ANA) == (0, 0)


@pytest.mark.parametrize("path", ["/api/v2/privacy/data", "/api/v2/privacy/data/exists"])
@pytest.mark.parametrize("name", ["email", "customer_email"])
async def test_a_person_is_named_either_way(corner: Shop, path: str, name: str):
    await corner.member(ANA)

    assert await ask(corner, "GET", path, **{name: ANA})


async def test_a_customer_needs_something_to_be_found_by(corner: Shop):
    answer = await corner.http.post("/api/v2/customers", json={"first_name": "Ana"})

    assert answer.status_code == 400
    assert answer.json() == {"error": "email: one of email, id, phone_number, pos_account_id is needed."}
