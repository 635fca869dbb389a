"""Customers: what a shop tells of them, and everything it asks."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from guerdon.earning.earns import PerAmount
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.merchants.merchant import Policies
from guerdon.rewards.rule import Category, Pricing
from guerdon.tiers.assign import AssignTier
from tests.shop import START, Shop, email, open_shop
from tests.street import do

ANA = "ana@example.com"

NOTHING_MADE = {"points_earned": 0, "amount_spent_cents": 0, "purchases_made": 0, "referrals_completed": 0}
NOTHING_NEEDED = {"points_needed": 0, "amount_cents_needed": 0, "purchases_needed": 0, "referrals_needed": 0}

WHOLE = {
    "id": "CUS_1231H9UQOW9H23",
    "email": "Ana@Example.com",
    "first_name": "Ana",
    "last_name": "Lima",
    "phone_number": "(415) 555-2671",
    "country_iso_code": "us",
    "has_account": True,
    "platform_account_created_at": "2019-05-25 20:59:53",
    "opted_in": True,
    "opted_in_at": "2021-06-01",
    "pos_account_id": "POS-7",
    "tags": "vip, newsletter,,vip",
}


async def customer(shop: Shop, **params: Any) -> dict[str, Any]:
    """Ana as the shop gets her, unless somebody else is asked for."""
    answer = await shop.http.get("/api/v2/customers", params=params or {"customer_email": ANA})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tell(shop: Shop, **params: Any) -> dict[str, Any]:
    answer = await shop.http.post("/api/v2/customers", json=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def history(shop: Shop) -> list[dict[str, Any]]:
    return (await customer(shop, customer_email=ANA, with_history="true"))["history_items"]


async def redeem(shop: Shop, rule_id: int, *, delayed: bool = False) -> dict[str, Any]:
    params = {"customer_email": ANA, "redemption_option_id": rule_id, "delay_points_deduction": delayed}
    return (await shop.http.post("/api/v2/redemptions", json=params)).json()


async def test_a_customer_has_every_field_of_the_contract(shop: Shop):
    told = await tell(shop, **WHOLE)

    assert told == await customer(shop)
    assert told.pop("yotpo_customer_id") > 0
    assert told == {
        "total_spend_cents": 0,
        "total_purchases": 0,
        "perks_redeemed": 0,
        "last_purchase_at": None,
        "first_name": "Ana",
        "last_name": "Lima",
        "phone_number": "+14155552671",
        "email": ANA,
        "points_balance": 0,
        "points_earned": 0,
        "last_seen_at": "2026-03-10T12:00:00.000Z",
        "thirty_party_id": "CUS_1231H9UQOW9H23",
        "third_party_id": "CUS_1231H9UQOW9H23",
        "pos_account_id": "POS-7",
        "has_store_account": True,
        "credit_balance": "$0",
        "credit_balance_in_customer_currency": "$0",
        "opt_in": True,
        "opted_in_at": "2021-06-01",
        "points_expire_at": None,
        "next_points_expire_on": None,
        "next_points_expire_amount": 0,
        "birthday_month": None,
        "birth_day": None,
        "birthday_year": None,
        "vip_tier_name": None,
        "vip_tier_entry_date": None,
        "vip_tier_expiration": None,
        "vip_tier_actions_completed": NOTHING_MADE,
        "vip_tier_maintenance_requirements": NOTHING_NEEDED,
        "vip_tier_upgrade_requirements": NOTHING_NEEDED,
    }


@pytest.mark.parametrize(
    "identity",
    [
        {"customer_email": " ANA@example.com"},
        {"customer_id": "CUS_1231H9UQOW9H23"},
        {"pos_account_id": "POS-7"},
        {"phone_number": "+14155552671"},
        {"phone_number": "415-555-2671", "country_iso_code": "US"},
    ],
)
async def test_any_identity_finds_the_customer(shop: Shop, identity: dict[str, str]):
    await tell(shop, **WHOLE)

    assert (await customer(shop, **identity))["first_name"] == "Ana"


async def test_nobody_is_not_found(shop: Shop):
    answer = await shop.http.get("/api/v2/customers", params={"customer_id": "C-0"})

    assert answer.status_code == 404
    assert answer.json() == {"error": "No customer has the external_id C-0."}


async def test_what_is_left_out_stays_and_what_is_sent_replaces(shop: Shop):
    await tell(shop, **WHOLE)
    shop.clock.advance(days=1)

    body = await tell(shop, id="CUS_1231H9UQOW9H23", email="ana@new.example", last_name="Souza")

    assert (body["email"], body["first_name"], body["last_name"]) == ("ana@new.example", "Ana", "Souza")
    assert body["opted_in_at"] == "2021-06-01"
    assert body["last_seen_at"] == "2026-03-11T12:00:00.000Z"
    gone = await shop.http.get("/api/v2/customers", params={"customer_email": ANA})
    assert gone.status_code == 404


async def test_tags_overwrite_those_before(shop: Shop):
    await shop.rule(member_tags=("vip",))

    async def sees() -> int:
        answer = await shop.http.get("/api/v2/redemption_options", params={"customer_email": ANA})
        return len(answer.json())

    await tell(shop, email=ANA, tags="vip, newsletter")
    assert await sees() == 1
    await tell(shop, email=ANA, first_name="Ana")
    assert await sees() == 1
    await tell(shop, email=ANA, tags="newsletter")
    assert await sees() == 0
    await tell(shop, email=ANA, tags="vip")
    await tell(shop, email=ANA, tags="")
    assert await sees() == 0


async def test_identities_of_two_customers_are_refused(shop: Shop):
    await tell(shop, id="C-1", email=ANA)
    await tell(shop, id="C-2", email="ben@example.com")

    answer = await shop.http.post("/api/v2/customers", json={"id": "C-2", "email": ANA})

    assert answer.status_code == 422
    assert "belong to two different customers" in answer.json()["error"]
    assert (await customer(shop))["third_party_id"] == "C-1"


async def test_who_opts_in_without_a_date_does_so_now_and_once(shop: Shop):
    assert (await tell(shop, email=ANA, opted_in=True))["opted_in_at"] == "2026-03-10"
    shop.clock.advance(days=3)
    assert (await tell(shop, email=ANA, opted_in=True))["opted_in_at"] == "2026-03-10"
    assert (await tell(shop, email=ANA, opted_in=False))["opt_in"] is False


async def test_who_said_nothing_takes_part_as_the_policy_says(dsn: str):
    async with open_shop(dsn, policies=Policies(opt_in="opted_in")) as shop:
        assert (await tell(shop, email=ANA))["opt_in"] is False
        assert (await tell(shop, email=ANA, opted_in=True))["opt_in"] is True


async def test_points_set_aside_still_count_as_the_customers(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 250)

    await redeem(shop, rule.rule_id, delayed=True)
    assert (await customer(shop))["points_balance"] == 250

    await redeem(shop, rule.rule_id)
    body = await customer(shop)
    assert (body["points_balance"], body["points_earned"], body["perks_redeemed"]) == (150, 250, 2)


async def test_the_next_points_to_expire_are_told(dsn: str):
    async with open_shop(dsn, timezone="America/New_York") as shop:
        end_of_march = START.replace(month=4, day=1, hour=4)
        await shop.member(ANA, 100, expires_at=end_of_march)
        await shop.give(ANA, 20, expires_at=end_of_march)
        await shop.give(ANA, 300, expires_at=end_of_march + timedelta(days=30))
        await shop.give(ANA, 1000)

        body = await customer(shop)

        assert body["points_expire_at"] == "2026-04-01T04:00:00.000Z"
        assert body["next_points_expire_on"] == "2026-04-01"
        assert body["next_points_expire_amount"] == 120


async def test_points_past_their_time_are_not_shown_before_any_job_ran(shop: Shop):
    await shop.member(ANA, 100, expires_at=START + timedelta(days=1))
    await shop.give(ANA, 40, expires_at=START + timedelta(days=2))
    shop.clock.advance(days=1)

    body = await customer(shop)

    assert body["points_balance"] == 40
    assert body["points_earned"] == 140
    assert body["next_points_expire_amount"] == 40


async def test_the_credit_is_what_the_best_option_gives_for_the_balance(shop: Shop):
    await shop.member(ANA, 26_255)
    assert (await customer(shop))["credit_balance"] == "$0"

    await shop.rule(points=100, amount_minor=500)
    await shop.rule(points=100, amount_minor=1000, pricing=Pricing.VARIABLE)
    await shop.rule(points=100, amount_minor=9000, tier_level=2)
    await shop.rule(points=100, amount_minor=9000, category=Category.DONATE_TO_CHARITY)
    await shop.rule(points=50_000, amount_minor=99_999_999)

    body = await customer(shop)

    assert body["credit_balance"] == body["credit_balance_in_customer_currency"] == "$2,620"


async def test_orders_count_unless_they_were_cancelled(dsn: str):
    async with open_shop(dsn, rates={"EUR": Decimal("0.8")}) as shop:
        order = {"customer_email": ANA, "total_amount_cents": 10_000, "currency_code": "USD"}
        for number, said in enumerate(
            [
                {"created_at": "2026-02-01"},
                {"created_at": "2026-03-01T10:00:00Z", "currency_code": "EUR"},
                {"created_at": "2026-03-05", "status": "cancelled"},
            ]
        ):
            await shop.http.post("/api/v2/orders", json={**order, "order_id": number, **said})

        body = await customer(shop)

        assert body["total_purchases"] == 2
        assert body["total_spend_cents"] == 10_000 + 12_500
        assert body["last_purchase_at"] == "2026-03-01T10:00:00.000Z"


async def test_a_tier_is_named_by_its_level(shop: Shop):
    await shop.member(ANA)

    await do(shop, AssignTier(merchant=shop.merchant, who=email(ANA), level=2))

    assert (await customer(shop))["vip_tier_name"] == "TIER2"


async def test_referrals_are_told_only_when_asked_for(shop: Shop):
    await shop.member(ANA)

    asked = await customer(shop, customer_email=ANA, with_referral_code="true")

    assert asked["referral_code"] is asked["referral_link"] is None
    assert not {"referral_code", "referral_link", "history_items"} & (await customer(shop)).keys()


async def test_the_history_tells_each_change_of_the_balance_newest_first(shop: Shop):
    rule = await shop.rule(name="Five off")
    await shop.member(ANA, 300)
    shop.clock.advance(hours=1)
    cancelled = await redeem(shop, rule.rule_id)
    shop.clock.advance(hours=1)
    path = f"/api/v2/redemptions/{cancelled['id']}/cancellation_completed"
    await shop.http.post(path, json={"reward_text": cancelled["code"]})
    taken = {
        "point_adjustment_amount": -10,
        "apply_adjustment_to_points_earned": True,
        "history_title": "Counted twice",
    }
    await shop.http.post("/api/v2/points/adjust", json={"customer_email": ANA, **taken})

    items = await history(shop)

    assert [(item["action"], item["points"], item["status"]) for item in items] == [
        ("Counted twice", -10, "Reversed"),
        ("Redemption Cancelled", 100, "Reversed"),
        ("Five off", -100, cancelled["code"]),
        ("Points Adjusted", 300, "Approved"),
    ]
    assert items[2] == {
        "created_at": "2026-03-10T13:00:00.000Z",
        "completed_at": "2026-03-10T13:00:00.000Z",
        "date": "2026-03-10",
        "action": "Five off",
        "points": -100,
        "credits": None,
        "status": cancelled["code"],
        "action_name": "redemption",
        "order_ids": [],
    }
    assert sum(item["points"] for item in items) == (await customer(shop))["points_balance"]


async def test_points_set_aside_enter_the_history_when_the_order_takes_them(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 300)
    code = (await redeem(shop, rule.rule_id, delayed=True))["code"]
    assert [item["points"] for item in await history(shop)] == [300]

    order = {"customer_email": ANA, "order_id": "1", "total_amount_cents": 1, "currency_code": "USD"}
    await shop.http.post("/api/v2/orders", json={**order, "coupon_code": code})

    items = await history(shop)
    assert [(item["points"], item["status"]) for item in items] == [(-100, code), (300, "Approved")]


async def test_points_that_wait_are_pending_lines_beside_the_balance(dsn: str):
    async with open_shop(dsn, policies=Policies(earn_pending="14 days")) as shop:
        terms = EarningRule(name="Shopping", trigger="order", earns=PerAmount(points=1, each_minor=100))
        await add_rule(shop.engine.database, shop.merchant.merchant_id, terms, actor="test", now=shop.clock())
        await shop.member(ANA, 40)
        shop.clock.advance(hours=1)
        order = {"customer_email": ANA, "order_id": "1", "total_amount_cents": 2500, "currency_code": "USD"}
        await shop.http.post("/api/v2/orders", json=order)

        items = await history(shop)

        assert [(item["points"], item["status"]) for item in items] == [(25, "Pending"), (40, "Approved")]
        assert items[0]["completed_at"] is None
        assert items[0]["order_ids"] == ["1"]
        assert (await customer(shop))["points_balance"] == 40


async def test_the_whole_record_has_what_was_redeemed_and_what_used_it(shop: Shop):
    fixed, variable = await shop.rule(), await shop.rule(points=10, amount_minor=100, pricing=Pricing.VARIABLE)
    await shop.member(ANA, 500)
    cancelled = await redeem(shop, fixed.rule_id)
    path = f"/api/v2/redemptions/{cancelled['id']}/cancellation_completed"
    await shop.http.post(path, json={"reward_text": cancelled["code"]})
    shop.clock.advance(hours=1)
    asked = {"customer_email": ANA, "redemption_option_id": variable.rule_id, "points_to_redeem": 120}
    used = (await shop.http.post("/api/v2/redemptions", json={**asked, "delay_points_deduction": True})).json()
    order = {"customer_email": ANA, "order_id": "1001", "total_amount_cents": 100, "currency_code": "USD"}
    await shop.http.post("/api/v2/orders", json={**order, "coupon_code": used["code"]})

    whole = await customer(shop, customer_email=ANA, with_history="true")

    options = (await shop.http.get("/api/v2/redemption_options")).json()
    assert whole["point_redemptions"][0] == {
        "id": used["id"],
        "amount": 120,
        "at_checkout": True,
        "created_at": "2026-03-10T13:00:00.000Z",
        "currency": "USD",
        "customer_id": whole["yotpo_customer_id"],
        "external_url": None,
        "is_pos": False,
        "perk_id": None,
        "redemption_option": next(one for one in options if one["id"] == variable.rule_id),
        "reward_text": used["reward_text"],
        "visible": True,
    }
    assert [one["visible"] for one in whole["point_redemptions"]] == [True, False]
    assert whole["purchases"] == [
        {
            "code": used["code"],
            "order_id": "1001",
            "point_redemption_id": used["id"],
            "redemption_option_id": variable.rule_id,
        }
    ]
    assert whole["referral_receipts"] == []
