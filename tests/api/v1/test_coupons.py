"""Coupons of the native API: whose a code is, and how it ends."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
COUPONS = "/v1/coupons"


async def redeemed(shop: Shop, api: Api, address: str = ANA, rule: str | None = None, **more: Any) -> dict[str, Any]:
    """A redemption of 100 points, which the member has."""
    await shop.member(address, 100)
    rule = rule or f"rule_{(await shop.rule()).rule_id}"
    return (await api.post("/v1/redemptions", member=f"email:{address}", rule=rule, **more)).json()


async def brought_along(shop: Shop, code: str) -> None:
    """A code that the old system handed out."""
    merchant_id, execute = shop.merchant.merchant_id, shop.engine.database.execute
    await execute(
        "INSERT INTO import_batch VALUES ($1, 1, 'codes', '', '', '{}', 'complete', 1, 0, 0, '', $2, $2)", merchant_id,
        shop.clock(),
    )  # fmt: skip
    await execute("INSERT INTO coupon (merchant_id, code, state) VALUES ($1, $2, 'issued')", merchant_id, code)
    await execute("INSERT INTO imported_code (merchant_id, code, batch_id) VALUES ($1, $2, 1)", merchant_id, code)


async def test_a_code_tells_whose_it_is(shop: Shop, api: Api):
    made = await redeemed(shop, api)
    coupon = (await api.get(f"{COUPONS}/{made['coupon']['code'].lower()}")).json()
    assert coupon == {
        "code": made["coupon"]["code"], "object": "coupon", "state": "issued", "member": made["member"],
        "redemption": made["id"], "rule": made["rule"], "order": None, "expires_at": None,
        "created_at": made["created_at"], "metadata": {},
    }  # fmt: skip
    total = {"amount_minor": 900, "currency": "USD"}
    await api.post("/v1/orders", id="A-1", member=made["member"], total=total, coupons=[coupon["code"]])
    used = (await api.get(f"{COUPONS}/{coupon['code']}")).json()
    assert (used["state"], used["order"]) == ("used", "A-1")
    unknown = await api.get(f"{COUPONS}/NOBODYS")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "coupon_not_found")


async def test_a_coupon_is_voided_once(shop: Shop, api: Api):
    made = await redeemed(shop, api, capture="on_order")
    path = f"{COUPONS}/{made['coupon']['code']}"
    tried = await api.post(f"{path}/void", dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["state"], await shop.balance(ANA)) == ("true", "void", (0, 100))
    first, again = [await api.post(f"{path}/void", key="k") for _ in range(2)]
    assert (first.json()["state"], again.json()) == ("void", first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert (await api.get(path)).json() == first.json()
    assert (await api.post(f"{path}/void")).json() == first.json()
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


async def test_lists_are_of_a_member_a_redemption_or_an_order(shop: Shop, api: Api):
    rule = f"rule_{(await shop.rule()).rule_id}"
    made: list[dict[str, Any]] = []
    for address in (ANA, BEN, ANA):
        shop.clock.advance(minutes=1)
        made.insert(0, await redeemed(shop, api, address, rule))

    async def listed(query: str) -> list[str]:
        answer = await api.get(f"{COUPONS}?{query}")
        assert answer.status_code == 200, answer.text
        return [one["redemption"] for one in answer.json()["data"]]

    assert await listed(f"member=email:{ANA}") == [made[0]["id"], made[2]["id"]]
    first = (await api.get(f"{COUPONS}?member=email:{ANA}&limit=1")).json()
    assert await listed(f"member=email:{ANA}&cursor={first['next_cursor']}") == [made[2]["id"]]
    assert await listed(f"redemption={made[1]['id']}") == [made[1]["id"]]
    await api.post(f"{COUPONS}/{made[0]['coupon']['code']}/void")
    assert await listed(f"member=email:{ANA}&state=void") == [made[0]["id"]]
    codes = [one["coupon"]["code"] for one in made[1:]]
    total = {"amount_minor": 900, "currency": "USD"}
    await api.post("/v1/orders", id="A-1", member=f"email:{ANA}", total=total, coupons=[*codes, "SPRING"])
    assert await listed("order=A-1") == [made[1]["id"], made[2]["id"]]
    both = await api.get(f"{COUPONS}?order=A-1&redemption={made[0]['id']}")
    assert both.json()["errors"][0]["pointer"] == "/redemption"
    assert await listed("") == [one["id"] for one in made]


async def test_a_code_of_the_old_system_is_known_and_costs_nothing_here(shop: Shop, api: Api):
    await brought_along(shop, "OLD-1")
    coupon = (await api.get(f"{COUPONS}/old-1")).json()
    assert (coupon["code"], coupon["state"], coupon["redemption"], coupon["member"]) == ("OLD-1", "issued", None, None)
    refused = await api.post(f"{COUPONS}/OLD-1/void")
    assert (refused.status_code, refused.json()["code"]) == (422, "coupon_elsewhere")


async def test_another_merchants_coupon_is_not_there(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    await brought_along(other, "THEIRS")
    assert (await api.get(f"{COUPONS}/THEIRS")).status_code == 404
    assert (await api.post(f"{COUPONS}/THEIRS/void")).status_code == 404
    assert (await api.get(f"{COUPONS}?redemption=red_1")).json()["data"] == []
