"""Orders of friends: the first that counts rewards both, and one that comes to nothing takes it back."""

import pytest

from guerdon.orders.report import Reported
from guerdon.referrals.parties import parties
from tests.orders.sales import sell, send_back
from tests.referrals.friends import ANA, BEN, code, join, referring
from tests.shop import Shop, email
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def buy(shop: Shop, order_id: str = "1", *codes: str, status: str = "paid") -> Reported:
    """Ben orders, as the storefront reports it."""
    found = await parties(shop.engine.database, shop.merchant, email(BEN), codes)
    return await sell(shop, 5000, order_id, who=BEN, status=status, codes=codes, parties=found)


async def balances(shop: Shop) -> tuple[int, int]:
    return (await shop.balance(ANA))[0], (await shop.balance(BEN))[0]


@pytest.mark.parametrize("end", ["cancelled", "returned"])
async def test_a_friends_order_rewards_both_for_as_long_as_it_counts(street: Street, end: str):
    shop = await referring(street)
    await join(shop, BEN, await code(shop))
    await buy(shop, status="pending")
    assert await balances(shop) == (0, 0)
    for status in ("paid", "paid", "fulfilled"):
        await buy(shop, status=status)
        assert await balances(shop) == (100, 50)
    if end == "cancelled":
        await buy(shop, status="cancelled")
    else:
        await send_back(shop, 2500)
        assert await balances(shop) == (100, 50)
        await send_back(shop, 2500, "rest")
    assert await balances(shop) == (0, 0)
    assert await contradictions(shop) == []


async def test_only_a_first_order_brings_somebody_by_its_code(street: Street):
    shop = await referring(street)
    await shop.member(BEN)
    await buy(shop, "old")
    shop.clock.advance(days=1)
    await buy(shop, "new", await code(shop))
    assert await balances(shop) == (0, 0)
