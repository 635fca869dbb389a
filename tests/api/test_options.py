"""What points buy, as shops and points of sale ask for it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from guerdon.members.members import set_standing
from guerdon.merchants.merchants import set_rate
from guerdon.rewards.rule import Category, Channel, Pricing, RewardKind
from guerdon.tiers.assign import AssignTier
from tests.shop import START, Shop, email
from tests.street import do

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shop(corner: Shop) -> Shop:
    """None of these needs a database of its own."""
    return corner


ANA = "ana@example.com"


async def options(shop: Shop, **params: Any) -> list[dict[str, Any]]:
    """The options as the shop gets them."""
    answer = await shop.http.get("/api/v2/redemption_options", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def names(shop: Shop, **params: Any) -> list[str]:
    return [option["name"] for option in await options(shop, **params)]


async def test_an_option_has_every_field_of_the_contract(shop: Shop):
    rule = await shop.rule(points=500, amount_minor=500, minimum_cart_minor=5000)

    assert await options(shop) == [
        {
            "id": rule.rule_id,
            "name": "$5.00 Off",
            "description": "Get $5.00 off your next purchase for 500 points",
            "icon": "fa-dollar",
            "cost_text": "500 Points",
            "amount": 500,
            "applies_to_product_type": "ALL",
            "duration": "single_use",
            "type": "Coupon",
            "discount_type": "fixed_amount",
            "discount_amount_cents": 500,
            "discount_value_cents": 500,
            "discount_percentage": None,
            "discount_rate_cents": None,
            "discount_with_currency": "$5.00",
            "cart_greater_than": "50.00",
            "unrendered_name": None,
            "unrendered_description": None,
            "variant_id": None,
        }
    ]


async def test_a_variable_option_tells_the_exact_worth_of_a_point(shop: Shop):
    await shop.rule(pricing=Pricing.VARIABLE, points=1000, amount_minor=25, minimum_points=1500)

    (option,) = await options(shop)

    assert option["discount_type"] == "variable"
    assert option["discount_rate_cents"] == 0.025
    assert option["amount"] is option["discount_amount_cents"] is option["discount_with_currency"] is None
    assert option["cost_text"] == "2,000 Points"
    assert option["name"] == "$0.25 Off per 1,000 Points"
    assert option["description"] == "Get $0.25 off your next purchase for every 1,000 points"


async def test_an_option_with_a_minimum_costs_the_minimum(shop: Shop):
    await shop.rule(points=100, amount_minor=500, minimum_points=250)

    (option,) = await options(shop)

    assert option["amount"] == 300
    assert option["discount_amount_cents"] == 1500
    assert option["name"] == "$15.00 Off"


async def test_each_kind_of_reward_has_its_type_and_its_words(shop: Shop):
    await shop.rule(reward=RewardKind.PERCENTAGE, percentage_hundredths=1250, amount_minor=0)
    await shop.rule(reward=RewardKind.FREE_SHIPPING, amount_minor=0)
    await shop.rule(reward=RewardKind.FREE_PRODUCT, product_id="SKU-9", amount_minor=0)
    await shop.rule(points=10000, amount_minor=5000, category=Category.GIFT_CARDS)
    await shop.rule(category=Category.PAY_BALANCE)
    await shop.rule(category=Category.DONATE_TO_CHARITY)
    await shop.rule(name="A coffee", description="On the house", icon="https://shop.example/cup.png")

    shown = [
        (option["discount_type"], option["name"], option["description"], option["icon"])
        for option in await options(shop)
    ]

    assert shown == [
        ("percentage", "12.5% Off", "Get 12.5% off your next purchase for 100 points", "fa-percent"),
        ("shipping", "Free Shipping", "Get free shipping on your next purchase for 100 points", "fa-truck"),
        ("free_product", "Free Product", "Get a free product for 100 points", "fa-gift"),
        ("fixed_amount", "$50.00 Gift Card", "Get a $50.00 gift card for 10,000 points", "fa-dollar"),
        ("fixed_amount", "$5.00 Off Your Balance", "Get $5.00 off your next payment for 100 points", "fa-dollar"),
        ("fixed_amount", "$5.00 Donation", "Give $5.00 to charity for 100 points", "fa-dollar"),
        ("fixed_amount", "A coffee", "On the house", "https://shop.example/cup.png"),
    ]


async def test_percentages_and_products_are_told_in_their_own_fields(shop: Shop):
    await shop.rule(reward=RewardKind.PERCENTAGE, percentage_hundredths=1250, amount_minor=0)
    await shop.rule(reward=RewardKind.FREE_PRODUCT, product_id="SKU-9", amount_minor=0, name="Mug")

    percentage, product = await options(shop)

    assert percentage["discount_percentage"] == 12.5
    assert percentage["discount_amount_cents"] is percentage["discount_value_cents"] is None
    assert product["variant_id"] == "SKU-9"
    assert product["unrendered_name"] == "Mug"


async def test_only_live_options_are_shown(shop: Shop):
    await shop.rule(name="Off", active=False)
    await shop.rule(name="Over", ends_at=START)
    await shop.rule(name="To come", starts_at=START + timedelta(days=1))
    await shop.rule(name="Now", starts_at=START, ends_at=START + timedelta(days=1))

    assert await names(shop) == ["Now"]


async def test_a_customer_sees_what_they_qualify_for_whatever_their_balance(shop: Shop):
    await shop.rule(name="Everyone")
    await shop.rule(name="Dear", points=100_000)
    await shop.rule(name="Tier two", tier_level=2)
    await shop.rule(name="Staff", member_tags=("staff",))
    await shop.rule(name="Gone", stock=0)
    member_id = await shop.member(ANA)

    assert await names(shop) == ["Everyone", "Dear", "Tier two", "Staff", "Gone"]
    assert await names(shop, customer_email=ANA) == ["Everyone", "Dear"]

    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await do(shop, AssignTier(merchant=shop.merchant, who=email(ANA), level=2))
    await shop.http.post("/api/v2/customers", json={"email": ANA, "id": "C-1", "tags": "staff"})
    assert await names(shop, customer_id="C-1") == ["Everyone", "Dear", "Tier two", "Staff"]

    await set_standing(database, merchant_id, member_id, shop.clock(), status="suspended")
    assert await names(shop, customer_email=ANA) == []


async def test_an_option_that_was_redeemed_often_enough_is_not_shown_to_that_customer(shop: Shop):
    rule = await shop.rule(redemptions_max_per_member=1)
    await shop.member(ANA, 500)
    assert len(await options(shop, customer_email=ANA)) == 1

    await shop.http.post("/api/v2/redemptions", json={"customer_email": ANA, "redemption_option_id": rule.rule_id})

    assert await options(shop, customer_email=ANA) == []


async def test_an_unknown_customer_is_not_found(shop: Shop):
    answer = await shop.http.get("/api/v2/redemption_options", params={"customer_email": "nobody@example.com"})

    assert answer.status_code == 404
    assert answer.json() == {"error": "No customer has the email nobody@example.com."}


async def test_a_point_of_sale_asks_for_what_can_be_used_offline(shop: Shop):
    await shop.rule(name="Anywhere")
    await shop.rule(name="Online", channel=Channel.ONLINE)
    await shop.rule(name="In store", channel=Channel.OFFLINE)
    await shop.member(ANA)

    assert await names(shop) == ["Anywhere", "Online", "In store"]
    assert await names(shop, is_offline="false") == ["Anywhere", "Online", "In store"]
    assert await names(shop, is_offline="true") == ["Anywhere", "In store"]
    assert await names(shop, is_offline="true", customer_email=ANA) == ["Anywhere", "In store"]


async def test_options_are_asked_for_by_type(shop: Shop):
    await shop.rule(name="Amount")
    await shop.rule(name="Variable", pricing=Pricing.VARIABLE)
    await shop.rule(name="Mug", reward=RewardKind.FREE_PRODUCT, product_id="SKU-9", amount_minor=0)

    assert await names(shop, discount_type="fixed_amount") == ["Amount"]
    assert await names(shop, discount_type="generic_variable") == ["Variable"]
    assert await names(shop, discount_type="product") == ["Mug"]
    assert await names(shop, discount_type="custom") == []


async def test_amounts_are_shown_in_an_accepted_currency(shop: Shop):
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await set_rate(database, merchant_id, "EUR", Decimal("0.9"))
    await set_rate(database, merchant_id, "JPY", Decimal(150))
    await shop.rule(amounts_minor={"JPY": 800}, minimum_cart_minor=2000)

    (euro,) = await options(shop, currency="eur")
    (yen,) = await options(shop, currency="JPY")

    assert (euro["discount_amount_cents"], euro["discount_with_currency"]) == (450, "€4.50")
    assert (euro["name"], euro["cart_greater_than"]) == ("€4.50 Off", "18.00")
    assert (yen["discount_amount_cents"], yen["name"], yen["cart_greater_than"]) == (800, "¥800 Off", "3000")


async def test_a_currency_that_is_not_taken_is_refused(shop: Shop):
    answer = await shop.http.get("/api/v2/redemption_options", params={"currency": "GBP"})

    assert answer.status_code == 422
    assert answer.json() == {"error": "GBP is not accepted here; USD would be."}


async def test_an_option_without_a_price_in_the_currency_is_left_out(shop: Shop):
    await shop.rule(currency="GBP", name="From before the move")
    await shop.rule(name="Ours")

    assert await names(shop) == ["Ours"]
