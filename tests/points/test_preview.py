"""A preview answers what the command would, and leaves everything as it was."""

import asyncio
from typing import Any

import pytest

from guerdon.errors.base import Refusal
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.rewards import StockGone
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from tests.orders.sales import rows
from tests.shop import Shop, email
from tests.street import contradictions, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
KEPT = ("entry", "lot", "hold", "redemption", "coupon", "redemption_usage", "event", "answer", "decision")


async def kept(shop: Shop) -> list[Any]:
    """All rows of the merchant that a redemption could write, and the balances."""
    tables = [await rows(shop, f"SELECT {table}::text FROM {table} WHERE merchant_id = $1") for table in KEPT]
    stock = await rows(shop, "SELECT redemptions FROM redemption_stock WHERE merchant_id = $1")
    return [*tables, stock, await shop.balance(ANA)]


async def preview(shop: Shop, rule_id: int, *, delayed: bool = False) -> Redemption:
    command = Redeem(merchant=shop.merchant, who=email(ANA), rule_id=rule_id, delayed=delayed)
    return await shop.engine.desk.preview(command, actor="test")


@pytest.mark.parametrize("delayed", [False, True])
@pytest.mark.parametrize("terms", [{}, {"stock": 1}])
async def test_a_preview_tells_what_will_be_and_keeps_nothing(shop: Shop, terms: dict[str, Any], delayed: bool):
    rule = await shop.rule(**terms)
    await shop.member(ANA, 250)
    before = await kept(shop)
    seen = [await preview(shop, rule.rule_id, delayed=delayed) for _ in range(2)]
    assert await kept(shop) == before
    made = await redeem(shop, ANA, rule.rule_id, delayed=delayed)
    for one in seen:
        assert (one.points, one.value_minor, one.state) == (made.points, made.value_minor, made.state)
    assert await contradictions(shop) == []


async def test_a_preview_loads_as_many_lots_as_it_takes(shop: Shop):
    rule = await shop.rule()
    for _ in range(25):
        await shop.member(ANA, 4)
    assert (await preview(shop, rule.rule_id)).points == 100


async def test_a_preview_says_no_for_the_same_reasons(shop: Shop):
    dear, gone = await shop.rule(points=500), await shop.rule(stock=1)
    await shop.member(ANA, 450)
    await redeem(shop, ANA, gone.rule_id)
    before = await kept(shop)
    reasons: list[type[Refusal]] = [NotEnoughPoints, StockGone]
    for rule, reason in zip((dear, gone), reasons, strict=True):
        with pytest.raises(reason):
            await preview(shop, rule.rule_id)
    assert await kept(shop) == before


async def test_previews_and_redemptions_get_along(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    looks = [preview(shop, rule.rule_id) for _ in range(20)]
    done = await asyncio.gather(*looks, *(redeem(shop, ANA, rule.rule_id) for _ in range(10)), return_exceptions=True)
    assert [one for one in done if isinstance(one, Exception) and not isinstance(one, NotEnoughPoints)] == []
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []
