"""Orders and returns of the native API: what they earn, use, give back and take back."""

from typing import Any

import pytest

from guerdon.api.v1.lists import cursor
from guerdon.earning.earns import Flat, PerAmount
from guerdon.earning.rule import EarningRule, Goods
from guerdon.earning.rules import add_rule
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
ORDERS, RETURNS = "/v1/orders", "/v1/returns"


def usd(minor: int) -> Any:
    """Dollars, in cents."""
    return {"amount_minor": minor, "currency": "USD"}


ORDER: dict[str, Any] = {
    "id": "A-1",
    "member": f"email:{ANA}",
    "total": usd(10_000),
    "lines": [
        {"id": "mug", "name": "Mug", "quantity": 2, "price_minor": 2000, "collections": ["kitchen"]},
        {"id": "pot", "quantity": 1, "price_minor": 6000},
    ],
}


async def earn(shop: Shop, **terms: Any) -> int:
    """A rule of a point for each dollar, unless the terms say otherwise."""
    given: dict[str, Any] = {"name": "A point a dollar", "earns": PerAmount(points=1, each_minor=100), **terms}
    merchant_id = shop.merchant.merchant_id
    rule = await add_rule(
        shop.engine.database, merchant_id, EarningRule(**given), actor="test", now=shop.clock()
    )  # fmt: skip
    return rule.rule_id


async def test_an_order_earns_and_tells_why(shop: Shop, api: Api):
    dollars = await earn(shop)
    mugs = await earn(
        shop, name="Mugs", earns=Flat(points=7), goods=Goods(collections=frozenset({"kitchen"})),
        channels=frozenset({"offline"}),
    )  # fmt: skip
    answer = await api.post(ORDERS, **ORDER, channel="in_store", tags=["gift"], metadata={"till": "4"})
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert answer.headers["location"] == f"{ORDERS}/A-1"
    assert (order["object"], order["status"], order["channel"], order["points"]) == ("order", "paid", "in_store", 107)
    assert (order["total"], order["spent"], order["tags"]) == (usd(10_000), usd(10_000), ["gift"])
    assert order["lines"][0]["collections"] == ["kitchen"]
    assert [(award["rule"], award["points"]) for award in order["awards"]] == [
        (f"earn_{dollars}", 100),
        (f"earn_{mugs}", 7),
    ]
    assert order["awards"][0]["sentence"] == "1 point for each $1.00 of $100.00: 100 points"
    entry = (await api.get(f"/v1/entries/{order['awards'][0]['entries'][0]}")).json()
    assert (entry["points"], entry["subject"]) == (100, "order:A-1")
    assert (await api.get(f"{ORDERS}/A-1")).json() == order
    assert order["metadata"] == {"till": "4"}
    assert await shop.balance(ANA) == (107, 0)


async def test_an_order_uses_coupons_and_says_which_it_did_not_take(shop: Shop, api: Api):
    rule = await shop.rule()
    await shop.member(ANA, 200)
    await shop.member(BEN, 100)
    codes: list[str] = []
    made: list[str] = []
    for address in (ANA, BEN):
        one = (await api.post("/v1/redemptions", member=f"email:{address}", rule=f"rule_{rule.rule_id}")).json()
        codes.append(one["coupon"]["code"])
        made.append(one["id"])
    order = (await api.post(ORDERS, **ORDER, coupons=[*codes, "SPRING"])).json()
    assert [(one["state"], one["problem"], one["redemption"]) for one in order["coupons"]] == [
        ("used", None, made[0]),
        ("issued", "coupon_of_another", made[1]),
        ("unknown", None, None),
    ]
    assert order["rewards_minor"] == 500
    assert (await api.get(f"{ORDERS}/A-1")).json() == order
    shop.clock.advance(minutes=1)
    cancelled = await api.post(ORDERS, **ORDER, coupons=codes, status="cancelled")
    assert (cancelled.status_code, cancelled.json()["status"], cancelled.json()["points"]) == (200, "cancelled", 0)
    assert cancelled.json()["coupons"][0]["state"] == "void"
    assert await shop.balance(ANA) == (200, 0)
    assert await contradictions(shop) == []


async def test_told_again_an_order_is_settled_to_what_it_is_now(shop: Shop, api: Api):
    await earn(shop)
    await api.post(ORDERS, **ORDER)
    shop.clock.advance(minutes=1)
    less = await api.post(ORDERS, **ORDER | {"total": usd(4000)})
    assert (less.status_code, less.json()["points"], "location" in less.headers) == (200, 40, False)
    assert await shop.balance(ANA) == (40, 0)
    other = await api.post(ORDERS, **ORDER | {"member": f"mem_{await shop.member(BEN)}"})
    assert (other.status_code, other.json()["code"]) == (422, "order_of_another")
    assert await contradictions(shop) == []


async def test_a_dry_run_tells_what_an_order_would_earn(shop: Shop, api: Api):
    await earn(shop)
    await shop.member(ANA)
    tried = await api.post(f"{ORDERS}?dry_run=true", **ORDER, metadata={"a": "1"})
    assert (tried.status_code, tried.headers["dry-run"]) == (200, "true")
    assert (tried.json()["points"], tried.json()["awards"][0]["points"]) == (100, 100)
    assert (await api.get(f"{ORDERS}/A-1")).status_code == 404
    assert await shop.balance(ANA) == (0, 0)
    unknown = await api.post(ORDERS, **ORDER | {"member": f"email:{BEN}"}, dry_run=True)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "stranger")
    await api.post(ORDERS, **ORDER)
    back = await api.post(f"{ORDERS}/A-1/returns", total=usd(5000), return_id="R-1", dry_run=True)
    assert (back.status_code, back.json()["state"]) == (200, "taken")
    assert (await api.get(f"{RETURNS}/R-1")).status_code == 404
    assert await shop.balance(ANA) == (100, 0)


async def test_the_same_key_answers_the_same_after_the_order_has_changed(shop: Shop, api: Api):
    await earn(shop)
    first = await api.post(ORDERS, key="k", **ORDER)
    shop.clock.advance(minutes=1)
    await api.post(ORDERS, **ORDER | {"total": usd(4000)})
    again = await api.post(ORDERS, key="k", **ORDER)
    assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (201, first.json(), "true")
    assert (await api.post(ORDERS, key="k", **ORDER | {"total": usd(1)})).json()["code"] == "key_reused"
    assert await shop.balance(ANA) == (40, 0)
    returns = [await api.post(f"{ORDERS}/A-1/returns", key="r", total=usd(2000)) for _ in range(2)]
    assert (returns[0].status_code, returns[0].content) == (201, returns[1].content)
    assert await shop.balance(ANA) == (20, 0)


async def test_returns_take_back_what_the_goods_earned(shop: Shop, api: Api):
    await earn(shop)
    await api.post(ORDERS, **ORDER)
    back = await api.post(
        f"{ORDERS}/A-1/returns", return_id="R-1", total=usd(4000), items=[{"id": "mug", "quantity": 2}]
    )
    assert back.status_code == 201, back.text
    one = back.json()
    assert back.headers["location"] == f"{RETURNS}/R-1"
    assert (one["object"], one["order"], one["state"], one["total"]) == ("return", "A-1", "taken", usd(4000))
    assert one["items"] == [{"id": "mug", "quantity": 2}]
    assert (await api.get(f"{RETURNS}/R-1")).json() == one
    order = (await api.get(f"{ORDERS}/A-1")).json()
    assert (order["points"], order["returns"], order["spent"]) == (60, [one], usd(6000))
    unknown = await api.post(f"{ORDERS}/A-1/returns", total=usd(1), items=[{"id": "hat"}])
    assert (unknown.status_code, unknown.json()["code"]) == (422, "item_unknown")
    differs = await api.post(f"{ORDERS}/A-1/returns", return_id="R-1", total=usd(1))
    assert differs.json()["code"] == "return_differs"
    assert await contradictions(shop) == []


async def test_a_return_waits_for_its_order(shop: Shop, api: Api):
    await earn(shop)
    early = await api.post(f"{ORDERS}/A-1/returns", return_id="R-1", total=usd(5000))
    assert early.json()["state"] == "waiting"
    assert (await api.get(f"{ORDERS}/A-1")).status_code == 404, "an awaited order is none yet"
    assert (await api.get(ORDERS)).json()["data"] == []
    assert [one["id"] for one in (await api.get(f"{RETURNS}?state=waiting")).json()["data"]] == ["R-1"]
    order = (await api.post(ORDERS, **ORDER)).json()
    assert (order["points"], order["returns"][0]["state"]) == (50, "taken")
    assert (await api.get(f"{RETURNS}?state=waiting")).json()["data"] == []


async def test_lists_go_by_when_orders_were_placed(shop: Shop, api: Api):
    for day, address in ((3, ANA), (1, ANA), (2, BEN)):
        said = {"id": f"D-{day}", "member": f"email:{address}", "placed_at": f"2026-03-0{day}T10:00:00Z"}
        await api.post(ORDERS, **ORDER | said, status="pending" if day == 1 else "paid")

    async def listed(query: str) -> list[str]:
        return [one["id"] for one in (await api.get(f"{ORDERS}?{query}")).json()["data"]]

    assert await listed("") == ["D-3", "D-2", "D-1"]
    forged = await api.get(f"{ORDERS}?cursor={cursor(['2026-01-01T00:00:00Z', chr(0)])}")
    assert (forged.status_code, forged.json()["errors"][0]["pointer"]) == (400, "/cursor")
    first = (await api.get(f"{ORDERS}?limit=1")).json()
    assert await listed(f"cursor={first['next_cursor']}") == ["D-2", "D-1"]
    assert await listed(f"member=email:{ANA}") == ["D-3", "D-1"]
    assert await listed("status=pending") == ["D-1"]
    assert await listed("placed_since=2026-03-02T00:00:00Z&placed_before=2026-03-03T00:00:00Z") == ["D-2"]
    for number in (1, 2):
        shop.clock.advance(minutes=1)
        await api.post(f"{ORDERS}/D-{number}/returns", return_id=f"R-{number}", total=usd(1))
    assert [one["id"] for one in (await api.get(RETURNS)).json()["data"]] == ["R-2", "R-1"]
    assert [one["id"] for one in (await api.get(f"{RETURNS}?order=D-1")).json()["data"]] == ["R-1"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"total": {"amount_minor": -1, "currency": "USD"}}, "/total/amount_minor"),
        ({"total": {"amount_minor": 1, "currency": "usd"}}, "/total/currency"),
        ({"member": "nobody"}, "/member"),
        ({"lines": [{"quantity": -1}]}, "/lines/0/quantity"),
        ({"lines": [{"colour": "red"}]}, "/lines/0/colour"),
        ({"placed_at": "2026-03-01"}, "/placed_at"),
        ({"placed_at": "0001-01-01T00:00:00+02:00"}, "/placed_at"),
        ({"id": ""}, "/id"),
    ],
)
async def test_what_is_wrong_is_pointed_to(shop: Shop, api: Api, body: dict[str, Any], pointer: str):
    answer = await api.post(ORDERS, **ORDER | body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_another_merchants_orders_and_members_are_not_there(street: Street, shop: Shop, api: Api):
    await api.post(ORDERS, **ORDER)
    await api.post(f"{ORDERS}/A-1/returns", return_id="R-1", total=usd(1))
    other = await street.shop()
    foreign = await other.member(BEN)
    refused = await api.post(ORDERS, **ORDER | {"id": "A-2", "member": f"mem_{foreign}"})
    assert (refused.status_code, refused.json()["code"]) == (404, "member_not_found")
    tried = await api.post(ORDERS, **ORDER | {"id": "A-2", "member": f"mem_{foreign}"}, dry_run=True)
    assert tried.json()["code"] == "member_not_found"
    assert (await api.get(f"{ORDERS}?member=mem_{foreign}")).status_code == 404
    assert (await api.get(f"{ORDERS}/A-2")).json()["code"] == "order_not_found"
    assert (await api.get(f"{RETURNS}/R-2")).json()["code"] == "return_not_found"


async def test_something_is_noted_beside_a_return(api: Api):
    await api.post(ORDERS, **ORDER)
    total = {"amount_minor": 1000, "currency": "USD"}
    returned: dict[str, Any] = {"return_id": "R-noted", "total": total, "metadata": {"reason": "size"}}
    tried = await api.post(f"{ORDERS}/{ORDER['id']}/returns", **returned, dry_run=True)
    assert tried.json()["metadata"] == {"reason": "size"}
    made = await api.post(f"{ORDERS}/{ORDER['id']}/returns", **returned)
    assert (made.status_code, made.json()["metadata"]) == (201, {"reason": "size"})
    noted = await api.patch("/v1/returns/R-noted", metadata={"till": "4"})
    assert noted.json()["metadata"] == {"reason": "size", "till": "4"}
    assert (await api.get("/v1/returns/R-noted")).json() == noted.json()
    assert (await api.get("/v1/returns")).json()["data"] == [noted.json()]
    assert (await api.get(f"{ORDERS}/{ORDER['id']}")).json()["returns"] == [noted.json()]
    assert (await api.patch("/v1/returns/R-nobody", metadata={"till": "4"})).status_code == 404
