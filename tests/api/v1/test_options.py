"""What a member can redeem, and why not the rest."""

from datetime import timedelta
from typing import Any

import pytest

from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.points.search import enough_at
from guerdon.rewards.rule import Pricing, RewardKind
from tests.activities.test_report import report
from tests.api.v1.conftest import Api
from tests.shop import START, Shop
from tests.street import Street, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


async def test_options_tell_what_is_missing_and_why(shop: Shop, api: Api):
    cheap = await shop.rule()
    dear = await shop.rule(points=500, amount_minor=3000, redemptions_max_per_member=1, tier_level=2)
    percent = await shop.rule(reward=RewardKind.PERCENTAGE, percentage_hundredths=1250, amount_minor=0, points=50)
    steps = await shop.rule(pricing=Pricing.VARIABLE, points=10, amount_minor=25, minimum_points=20)
    member = await shop.member(ANA, 130)
    found = (await api.get(f"/v1/members/mem_{member}/options")).json()
    assert (found["object"], found["available"]) == ("options", 130)
    options = {one["rule"]: one for one in found["options"]}
    one = options[f"rule_{cheap.rule_id}"]
    assert (one["name"], one["points"], one["redeemable"], one["reasons"]) == ("$5.00 Off", 100, True, [])
    assert (one["value"], one["points_missing"]) == ({"amount_minor": 500, "currency": "USD"}, 0)
    one = options[f"rule_{dear.rule_id}"]
    assert [reason["code"] for reason in one["reasons"]] == ["tier_too_low", "not_enough_points"]
    assert one["reasons"][0]["facts"] == {"needed": 2, "level": 0}
    assert (one["redeemable"], one["points_missing"], one["enough_at"]) == (False, 370, None)
    one = options[f"rule_{percent.rule_id}"]
    assert (one["name"], one["value"], one["reward"]) == ("12.5% Off", None, "percentage")
    one = options[f"rule_{steps.rule_id}"]
    assert (one["points"], one["value"]["amount_minor"], one["pricing"]) == (20, 50, "variable")
    assert one["name"].startswith("$0.25 Off")


async def test_caps_and_channels_count(shop: Shop, api: Api):
    once = await shop.rule(redemptions_max_per_member=1)
    member = await shop.member(ANA, 300)
    await redeem(shop, ANA, once.rule_id)
    (one,) = (await api.get(f"/v1/members/mem_{member}/options?channel=in_store")).json()["options"]
    assert [reason["code"] for reason in one["reasons"]] == ["member_cap"]
    refused = await api.get(f"/v1/members/mem_{member}/options?currency=XYZ")
    assert (refused.status_code, refused.json()["code"]) == (422, "currency_not_accepted")


async def test_pending_points_say_from_when_there_are_enough(shop: Shop, api: Api):
    await shop.rule()
    member = await shop.member(ANA, 60)
    for trigger, points, days in (("review", 30, 2), ("visit", 20, 5)):
        terms: dict[str, Any] = {"pending": f"{days} days", "earns": Flat(points)}
        rule = EarningRule(name=trigger, trigger=trigger, **terms)
        await add_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())
        await report(shop, trigger, name=trigger)
    (one,) = (await api.get(f"/v1/members/mem_{member}/options")).json()["options"]
    assert (one["points_missing"], one["enough_at"][:10]) == (40, "2026-03-15")


async def test_pending_points_make_up_for_debts_too():
    soon, later = START, START + timedelta(days=1)
    assert enough_at(10, 100, [(soon, 50), (later, 40)]) == later
    assert enough_at(-60, 0, [(soon, 60)]) == soon
    assert enough_at(10, 101, [(soon, 50), (later, 40)]) is None


async def test_the_members_of_another_merchant_are_nobody(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    assert (await api.get(f"/v1/members/mem_{await other.member(ANA)}/options")).status_code == 404
