"""Signing up: once in a life, however a customer comes back."""

from typing import Any

import httpx

from guerdon.app import running_engine
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.merchants.merchant import Policies
from tests.shop import Shop, open_shop, surfaces

ANA = "ana@example.com"


async def welcome(shop: Shop, **terms: Any) -> None:
    rule = EarningRule(name="Create an Account", trigger="sign_up", earns=Flat(points=200), **terms)
    await add_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())


async def tell(shop: Shop, **params: Any) -> int:
    """The balance of the customer that the shop tells of."""
    answer = await shop.http.post("/api/v2/customers", json={"email": ANA, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()["points_balance"]


async def test_who_is_new_is_welcomed_once(shop: Shop):
    await welcome(shop)
    assert await tell(shop) == 200
    assert await tell(shop, first_name="Ana") == 200
    shop.clock.advance(days=1)
    assert await tell(shop, first_name="Anna", has_account=True) == 200


async def test_who_was_there_before_the_rule_is_not(shop: Shop):
    assert await tell(shop) == 0
    await welcome(shop)
    shop.clock.advance(seconds=1)
    assert await tell(shop, first_name="Ana") == 0


async def test_who_only_orders_has_not_signed_up(shop: Shop):
    await welcome(shop)
    order = {"customer_email": ANA, "order_id": "1", "total_amount_cents": 100, "currency_code": "USD"}
    assert (await shop.http.post("/api/v2/orders", json=order)).status_code == 200
    assert await shop.balance(ANA) == (0, 0)


async def test_who_must_opt_in_signs_up_by_doing_so(dsn: str):
    async with open_shop(dsn, policies=Policies(opt_in="opted_in")) as shop:
        await welcome(shop)
        assert await tell(shop) == 0
        shop.clock.advance(days=1)
        assert await tell(shop, opted_in=True) == 200
        assert await tell(shop, opted_in=False) == 200
        shop.clock.advance(days=1)
        assert await tell(shop, opted_in=True) == 200


async def test_who_left_and_comes_back_is_not_welcomed_again(shop: Shop):
    await welcome(shop)
    assert await tell(shop, phone_number="+14155552671") == 200
    # As erasing does: the person goes, the sums stay.
    await shop.engine.database.execute("DELETE FROM identity WHERE merchant_id = $1", shop.merchant.merchant_id)
    shop.clock.advance(days=1)
    assert await tell(shop) == 0
    assert await tell(shop, email="new@example.com", phone_number="+14155552671") == 0
    assert await tell(shop, email="newer@example.com") == 200


async def asked_again(shop: Shop, dsn: str) -> int:
    """The balance, as another engine on the same database answers."""
    async with running_engine(dsn, clock=shop.clock) as engine:
        app = surfaces(engine)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=shop.http.headers) as http:
            answer = await http.post("/api/v2/customers", json={"email": ANA, "opted_in": True})
            assert answer.status_code == 200, answer.text
            return answer.json()["points_balance"]


async def test_who_was_taken_just_before_a_shutdown_is_welcomed_when_asked_again(dsn: str):
    async with open_shop(dsn, policies=Policies(opt_in="opted_in")) as shop:
        await welcome(shop)
        shop.clock.advance(minutes=1)
        await shop.engine.desk.close()
        answer = await shop.http.post("/api/v2/customers", json={"email": ANA, "opted_in": True})
        assert answer.status_code == 503, answer.text
        shop.clock.advance(minutes=1)
        assert await asked_again(shop, dsn) == 200
        assert await asked_again(shop, dsn) == 200


async def test_who_asks_a_week_later_is_not_new(dsn: str):
    async with open_shop(dsn) as shop:
        await welcome(shop)
        shop.clock.advance(minutes=1)
        await shop.member(ANA)
        shop.clock.advance(days=7)
        assert await tell(shop) == 0


async def test_a_welcome_may_want_approval(shop: Shop):
    await welcome(shop, approval=True)
    assert await tell(shop) == 0
    waiting = await shop.engine.database.fetchval("SELECT activity_id FROM activity WHERE state = 'waiting'")
    assert waiting.startswith("sign_up:")
