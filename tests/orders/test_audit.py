"""The proof of what was earned names the award, the order or the return that contradicts the rest."""

import pytest

from guerdon.merchants.merchant import Policies
from guerdon.orders.audit import audit_earning
from guerdon.rewards.audit import audit_rewards
from tests.orders.sales import ANA, earning, sell, send_back
from tests.shop import Shop
from tests.street import Street, contradictions, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

RUINS = [
    ("unlike_sums", "award:order:1", "UPDATE award SET points = points + 1 WHERE merchant_id = $1"),
    ("unlike_awards", "order:1", "DELETE FROM award WHERE merchant_id = $1"),
    ("forgotten_returns", "return:r1", "UPDATE shop_return SET waiting = true WHERE merchant_id = $1"),
    (
        "needless_places",
        "order:gone",
        "INSERT INTO shop_order SELECT merchant_id, 'gone', NULL, '', 0, '', '{}', '{}', '{}', placed_at, created_at,"
        " updated_at, 0, 0, 0, 0, 0, '', '{}', '[]', day, false, false, false, 0 FROM shop_order"
        " WHERE merchant_id = $1 AND order_id = '1'",
    ),
]


@pytest.mark.parametrize(("check", "subject", "ruin"), RUINS, ids=[ruin[0] for ruin in RUINS])
async def test_a_contradiction_is_found(shop: Shop, check: str, subject: str, ruin: str):
    await earning(shop)
    await shop.member(ANA)
    await sell(shop, 10000)
    await send_back(shop, 2500)
    assert await contradictions(shop) == []
    await shop.engine.database.execute(ruin, shop.merchant.merchant_id)
    found = await audit_earning(shop.engine.database, shop.merchant.merchant_id)
    assert (check, subject) in [(finding.check, finding.subject) for finding in found]


async def test_points_that_returns_gave_back_are_those_of_the_books(street: Street):
    shop = await street.shop(policies=Policies(returned_rewards="proportional"))
    reward = await shop.rule()
    await shop.member(ANA, 100)
    code = (await redeem(shop, ANA, reward.rule_id)).code
    await sell(shop, 10000, codes=(code,))
    await send_back(shop, 2500)
    assert await contradictions(shop) == []
    ruin = "UPDATE redemption SET points_back = points_back + 1 WHERE merchant_id = $1"
    await shop.engine.database.execute(ruin, shop.merchant.merchant_id)
    found = await audit_rewards(shop.engine.database, shop.merchant.merchant_id)
    assert [finding.check for finding in found] == ["unlike_returns"]
