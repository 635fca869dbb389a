"""GET /vip_tiers, and what a customer's record tells of tiers."""

from typing import Any

from guerdon.tiers.programme import Term, Threshold, Tier
from tests.shop import Shop
from tests.tiers.doing import ANA, GOLD, SILVER, did, programme, set_tiers

NOTHING_ASKED = {"points_earned": 0, "amount_spent_cents": 0, "purchases_made": 0, "referrals_completed": 0}


async def tiers(shop: Shop) -> list[dict[str, Any]]:
    answer = await shop.http.get("/api/v2/vip_tiers")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def customer(shop: Shop) -> dict[str, Any]:
    answer = await shop.http.get("/api/v2/customers", params={"customer_email": ANA})
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json().items() if name.startswith("vip_tier")}


async def test_a_shop_without_a_programme_has_no_tiers(shop: Shop):
    assert await tiers(shop) == []


async def test_every_tier_says_what_it_asks_and_gives(shop: Shop):
    rule = await shop.rule(amount_minor=500)
    black = Tier(name="Black", description="By invitation", points_reward=250, coupon_rule_id=rule.rule_id,
                 entry=Threshold(amount_spent_minor=100_000, purchases=12, match="all"))  # fmt: skip
    await set_tiers(shop, programme(SILVER, GOLD, black, term=Term.ROLLING_YEAR))
    silver, gold, third = await tiers(shop)
    assert silver == {
        "id": 1, "name": "Silver", "description": "", "points_multiplier": 1, "points_reward": 0,
        "coupon_reward": None, "type": "rolling_year",
        "entry_threshold": {**NOTHING_ASKED, "points_earned": 100},
        "retain_threshold": {**NOTHING_ASKED, "points_earned": 50},
        "regain_threshold": {**NOTHING_ASKED, "points_earned": 100},
    }  # fmt: skip
    assert (gold["points_multiplier"], gold["regain_threshold"]["points_earned"]) == (1.5, 450)
    assert (third["id"], third["points_reward"], third["coupon_reward"]) == (3, 250, "$5.00 Off")
    assert third["entry_threshold"] == {**NOTHING_ASKED, "amount_spent_cents": 100_000, "purchases_made": 12}


async def test_a_customer_has_a_tier_with_its_days_and_what_is_missing(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    await did(shop, ANA, earned=120, spent_minor=5000, orders=1)
    assert await customer(shop) == {
        "vip_tier_name": "Silver",
        "vip_tier_entry_date": "2026-03-10",
        "vip_tier_expiration": "2027-12-31",
        "vip_tier_actions_completed": {
            "points_earned": 120, "amount_spent_cents": 5000, "purchases_made": 1, "referrals_completed": 0
        },
        "vip_tier_maintenance_requirements": {
            "points_needed": 50, "amount_cents_needed": 0, "purchases_needed": 0, "referrals_needed": 0
        },
        "vip_tier_upgrade_requirements": {
            "points_needed": 380, "amount_cents_needed": 0, "purchases_needed": 4, "referrals_needed": 0
        },
    }  # fmt: skip


async def test_who_is_in_no_tier_sees_the_way_to_the_first(shop: Shop):
    await set_tiers(shop, programme())
    await shop.member(ANA)
    found = await customer(shop)
    assert (found["vip_tier_name"], found["vip_tier_entry_date"], found["vip_tier_expiration"]) == (None, None, None)
    assert found["vip_tier_upgrade_requirements"]["points_needed"] == 100
