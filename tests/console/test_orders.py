"""Orders and returns in the console: found, and understood."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from guerdon.earning.earns import PerAmount
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.orders.waiting import take_return
from tests.console.conftest import Hire, Person, words
from tests.shop import Shop
from tests.street import redeem, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
ORDERS, RETURNS = "/console/orders", "/console/returns"


async def returned(shop: Shop, order_id: str, return_id: str, minor: int) -> None:
    """Goods of an order, or of one that nobody knows yet, come back."""
    await take_return(
        shop.engine.database, shop.engine.desk, shop.merchant, return_id=return_id, order_id=order_id,
        total_minor=minor, currency="USD", items=(), actor="test", key=None,
    )  # fmt: skip


async def earning(shop: Shop) -> None:
    """A point for each dollar."""
    terms = EarningRule(name="Dollars", earns=PerAmount(points=1, each_minor=100))
    await add_rule(shop.engine.database, shop.merchant.merchant_id, terms, actor="test", now=shop.clock())


async def test_orders_are_listed_and_filtered(shop: Shop, owner: Person):
    assert "No orders yet" in await owner.text(ORDERS)
    await earning(shop)
    await shop.member(ANA)
    await report(shop, ANA, "A-1")
    shop.clock.advance(days=1)
    await report(shop, ANA, "A-2", status="cancelled")
    listed = await owner.text(ORDERS)
    assert f"A-1 {ANA} paid $90.00 – 90 – 10 Mar 2026 12:00" in listed
    for query, expected in {
        "status=paid": ["A-1"], "status=cancelled": ["A-2"], "since=2026-03-11": ["A-2"], "until=2026-03-10": ["A-1"],
        f"member={ANA}&status=paid": ["A-1"], "status=shipped": [],
    }.items():  # fmt: skip
        said = await owner.text(ORDERS, **dict(parse_qsl(query)))
        assert [order for order in ("A-1", "A-2") if f" {order} " in said] == expected, query
    assert (await owner.get(ORDERS, order="A-2")).headers["location"] == f"{ORDERS}/A-2"
    unknown = await owner.get(ORDERS, order="A-9")
    assert (unknown.status_code, "order_not_found" in unknown.text) == (404, True)


async def test_an_order_tells_what_it_earned_took_and_gave_back(shop: Shop, owner: Person):
    await earning(shop)
    rule = await shop.rule(name="Mug")
    await shop.member(ANA, 100)
    one = await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(hours=1)
    await report(shop, ANA, "A-1", one.code)
    shop.clock.advance(hours=1)
    await returned(shop, "A-1", "R-1", 4500)
    said = await owner.text(f"{ORDERS}/A-1")
    for part in ("Order reported", "Points earned", "Captured by an order", "Goods returned", "Points taken back"):
        assert part in said, part
    assert f"{one.code} Void red_{one.redemption_id}" in said, "what it paid for came back first"
    assert "R-1 $45.00 Taken" in said
    assert "Issued Available 90" in said
    assert "Available Taken back" in said


async def test_a_return_waits_for_its_order_and_is_taken(shop: Shop, owner: Person):
    await shop.member(ANA)
    await returned(shop, "A-7", "R-7", 9000)
    assert "R-7 A-7 Waits for its order" in await owner.text(RETURNS, state="waiting")
    said = await owner.text(f"{RETURNS}/R-7")
    assert "not reported yet" in said
    await report(shop, ANA, "A-7")
    assert "No return is like this" in await owner.text(RETURNS, state="waiting")
    assert "R-7 A-7 Taken $90.00" in await owner.text(RETURNS, order="A-7")
    assert "What the order stands for now" in await owner.text(f"{RETURNS}/R-7")


async def test_lists_are_files_too(shop: Shop, owner: Person):
    await shop.member(ANA)
    await report(shop, ANA, "=A-1")
    await returned(shop, "=A-1", "R-1", 100)
    orders = (await owner.get("/console/orders.csv")).content.decode("utf-8-sig").splitlines()
    assert orders[0].startswith("Order,Placed (UTC),Placed (UTC),Status,Member,Total,Currency")
    assert orders[1].startswith("'=A-1,2026-03-10 12:00:00,2026-03-10 12:00:00,paid,mem_")
    returns = (await owner.get("/console/returns.csv", state="taken")).text.splitlines()
    assert returns[1].startswith("R-1,'=A-1,2026-03-10 12:00:00,2026-03-10 12:00:00,taken,,1.00,USD,100")


async def test_another_merchants_orders_are_not_there(shop: Shop, hire: Hire, street: Any):
    await shop.member(ANA)
    await report(shop, ANA, "A-1")
    await returned(shop, "A-1", "R-1", 100)
    stranger = await hire("owner", of=await street.shop())
    for path in (f"{ORDERS}/A-1", f"{RETURNS}/R-1"):
        assert (await stranger.get(path)).status_code == 404, path
    assert "A-1" not in words((await stranger.get(ORDERS)).text)
