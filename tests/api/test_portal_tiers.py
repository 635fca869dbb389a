"""The tier of a rule on the portal contract: by its name there, and by the nickname that the programme has for it."""

import pytest

from tests.api.portal_shop import RULE, Portal
from tests.tiers.doing import programme, set_tiers

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_tier_goes_by_its_nickname_wherever_a_rule_is_shown(portal: Portal):
    await set_tiers(portal.shop, programme())
    made = await portal.post("addRedemptionRule", RULE | {"loyaltyTierLevel": {"name": "TIER2"}})
    gold = {"nickname": "Gold", "name": "TIER2"}
    assert made["loyaltyTierLevel"] == gold
    assert (await portal.get(made["id"]))["loyaltyTierLevel"] == gold
    assert (await portal.post("loyaltyRedemptionRules", {}))["records"][0]["loyaltyTierLevel"] == gold
    changed = await portal.post(
        "updateRedemptionRule", RULE | {"id": made["id"], "loyaltyTierLevel": {"name": "TIER4"}}
    )
    assert changed["loyaltyTierLevel"] == {"nickname": "Tier 4", "name": "TIER4"}, "the programme has three"
    none = await portal.add()
    assert none["loyaltyTierLevel"] == {"nickname": "None", "name": "NONE"}
