"""Orders that the storefront reports earn by the rules that the portal has added, as these say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.portal_issuance import ANA, STATUS, add, order
from tests.api.portal_shop import Portal
from tests.tiers.doing import programme, set_tiers

pytestmark = pytest.mark.asyncio(loop_scope="session")

MULTIPLIER = {"name": "MULTIPLIER"}


def of(sku: str, cents: int, quantity: int = 1) -> dict[str, Any]:
    """An order of these goods alone."""
    return {"items": [{"id": sku, "quantity": quantity, "price_cents": cents // quantity}]}


async def test_flat_points_are_for_each_order(portal: Portal):
    await add(portal, flatPoints=25)
    assert [await order(portal, "1", 100), await order(portal, "2", 99_999)] == [25, 25]
    assert await portal.shop.balance(ANA) == (50, 0)


async def test_a_multiplier_is_for_each_dollar_and_part_of_one(portal: Portal):
    await add(portal, pointsType=MULTIPLIER, multiplierPoints="1.5")
    assert [await order(portal, "1", 10_000), await order(portal, "2", 1299)] == [150, 19]


async def test_a_disabled_rule_gives_nothing(portal: Portal):
    rule = await add(portal)
    await portal.post(STATUS, {"id": rule["id"], "issuanceRuleStatus": {"name": "DISABLED"}})
    assert await order(portal, "1") == 0
    await portal.post(STATUS, {"id": rule["id"], "issuanceRuleStatus": {"name": "ACTIVE"}})
    assert await order(portal, "2") == 10


async def test_a_tier_is_needed_where_one_is_named(portal: Portal):
    await set_tiers(portal.shop, programme())
    await add(portal, loyaltyTierLevel={"name": "TIER1"})
    assert await order(portal, "1") == 0
    await portal.shop.give(ANA, 100)
    await portal.shop.engine.database.execute(
        "UPDATE member SET tier_level = 1 WHERE merchant_id = $1", portal.merchant_id
    )
    assert await order(portal, "2") == 10


async def test_only_the_channel_that_is_named_earns(portal: Portal):
    await add(portal, flatPoints=1, channel={"id": 1})
    await add(portal, flatPoints=100, channel={"id": "2"})
    assert await order(portal, "1", channel_type="online") == 1
    assert await order(portal, "2", channel_type="offline") == 100


async def test_only_the_product_that_is_named_earns(portal: Portal):
    await add(portal, productId="SKU-7", pointsType=MULTIPLIER, multiplierPoints=1)
    both = [*of("SKU-7", 2000)["items"], *of("SKU-8", 3000)["items"]]
    assert await order(portal, "1", items=both) == 20
    assert await order(portal, "2", **of("SKU-8", 5000)) == 0


async def test_amounts_count_from_and_to_both_included(portal: Portal):
    await add(portal, fromAmount={"amount": "20.00"}, toAmount={"amount": 50, "currency": {"currencyCode": "usd"}})
    earned = {cents: await order(portal, str(cents), cents) for cents in (1999, 2000, 5000, 5001)}
    assert earned == {1999: 0, 2000: 10, 5000: 10, 5001: 0}


async def test_pieces_count_from_and_to_both_included(portal: Portal):
    await add(portal, quantityFrom=2, quantityTo="3")
    earned = {n: await order(portal, str(n), 600 * n, **of("A", 600 * n, n)) for n in (1, 2, 3, 4)}
    assert earned == {1: 0, 2: 10, 3: 10, 4: 0}


async def test_a_rule_counts_from_its_first_day_through_its_last(portal: Portal):
    await add(portal, sRuleValidFromDateTime="2026-03-01", fromTime="09:30", sRuleValidToDateTime="2026-03-05")
    moments = ("2026-03-01T09:29:59Z", "2026-03-01T09:30:00Z", "2026-03-05T23:59:59Z", "2026-03-06T00:00:00Z")
    assert [await order(portal, moment, created_at=moment) for moment in moments] == [0, 10, 10, 0]


async def test_points_expire_after_so_many_months(portal: Portal):
    await add(portal, flatPoints=1, pointsExpirationInMonths=6)
    await add(portal, flatPoints=2, pointsNeverExpireInd=True)
    await order(portal, "1")
    lots = await portal.shop.engine.database.fetch(
        """
        SELECT points, expires_at FROM lot JOIN member_account USING (merchant_id, account_id)
         WHERE merchant_id = $1 ORDER BY points
        """,
        portal.merchant_id,
    )
    assert [tuple(lot) for lot in lots] == [(1, datetime(2026, 9, 11, tzinfo=UTC)), (2, None)]


async def test_points_of_a_day_are_capped(portal: Portal):
    await add(portal, bonusPointsPerDay=15, bonusPointsRadioButton="BONUS_POINTS_PER_DAY")
    assert [await order(portal, str(n)) for n in range(3)] == [10, 5, 0]
    portal.shop.clock.advance(days=1)
    assert await order(portal, "tomorrow") == 10


async def test_points_of_an_offer_are_capped_for_ever(portal: Portal):
    await add(portal, bonusPointsPerOffer=15, bonusPointsRadioButton="BONUS_POINTS_PER_OFFER")
    assert [await order(portal, str(n)) for n in range(3)] == [10, 5, 0]
    portal.shop.clock.advance(days=400)
    assert await order(portal, "next year") == 0


async def test_an_offer_for_once_is_taken_once_by_each_member(portal: Portal):
    await add(portal, offerRedemptionLimit={"name": "ONCE"})
    assert [await order(portal, str(n)) for n in range(2)] == [10, 0]
    assert await order(portal, "bens", who="ben@example.com") == 10


async def test_how_an_order_was_paid_is_echoed_and_narrows_nothing(portal: Portal):
    rule = await add(portal, cardNetworkName="VISA")
    assert rule["cardNetworkName"] == "VISA"
    assert await order(portal, "1") == 10
