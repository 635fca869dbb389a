"""Keeping redemption rules on the portal contract, and redeeming them on the storefront's."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from guerdon.merchants.merchants import set_rate
from guerdon.rewards.rule import Pricing, RewardKind
from guerdon.rewards.rules import list_versions
from tests.api.portal_shop import GOLDEN, RULE, Portal, open_portal
from tests.shop import START

pytestmark = pytest.mark.asyncio(loop_scope="session")

START_MS = 1773144000000
PER_TRANSACTION, PER_DAY = "MAX_REDEEMABLE_POINTS_PER_TXN", "MAX_REDEEMABLE_POINTS_PER_DAY"


def read_exactly(text: str) -> Any:
    """JSON with its order of keys and its decimals."""
    return json.loads(text, parse_float=Decimal, object_pairs_hook=list)


async def test_the_page_of_the_contract_is_answered_key_for_key(dsn: str):
    request = (GOLDEN / "add_redemption_rule.request.json").read_text()
    expected = read_exactly((GOLDEN / "add_redemption_rule.response.json").read_text())

    async with open_portal(dsn) as portal:
        answer = await portal.shop.http.post(
            "/ui/v1/addRedemptionRule",
            content=request,
            headers={"authorization": portal.basic(), "content-type": "application/json"},
        )

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert '"amount":50.00,' in answer.text
    shown = read_exactly(answer.text)
    assert shown[0][0] == "id"
    assert type(shown[0][1]) is int
    assert shown[1:] == expected[1:]


async def test_a_new_rule_is_read_with_its_times_and_without_a_message(portal: Portal):
    made = await portal.post("addRedemptionRule", RULE | {"createdUserId": "642"})

    shown = await portal.get(made["id"])

    assert list(shown) == list(made)
    times = {"createdDateTime": START_MS, "lastUpdatedDateTime": START_MS}
    assert shown == made | times | {"message": None}


async def test_what_is_left_out_of_a_new_rule_is_ordinary(portal: Portal):
    shown = await portal.post("addRedemptionRule", {"numberOfPoints": 10, "amountIssued": {"amount": 1}, "new": {}})

    assert shown["amountIssued"]["amount"] == 1
    assert shown["amountIssued"]["currency"]["currencyCode"] == "USD"
    assert shown["redemptionRuleStatus"] == {"value": "Active", "name": "ACTIVE"}
    assert shown["redemptionCategory"] == {"value": "Default", "name": "DEFAULT"}
    assert shown["loyaltyTierLevel"] == {"nickname": "None", "name": "NONE"}
    assert shown["description"] == ""
    assert shown["createdUserId"] is None


async def test_labels_are_ignored_and_names_count(portal: Portal):
    shown = await portal.add(
        redemptionRuleStatus={"value": "Disabled", "name": "ACTIVE"},
        loyaltyTierLevel={"nickname": "None", "name": "TIER1"},
        redemptionCategory={"name": "DONATE_TO_CHARITY"},
    )

    assert shown["redemptionRuleStatus"] == {"value": "Active", "name": "ACTIVE"}
    assert shown["loyaltyTierLevel"] == {"nickname": "Tier 1", "name": "TIER1"}
    assert shown["redemptionCategory"] == {"value": "Donate To Charity", "name": "DONATE_TO_CHARITY"}


async def test_a_rule_sent_back_to_be_added_is_another_one(portal: Portal):
    first = await portal.add()

    clone = await portal.post("addRedemptionRule", first)

    assert clone["id"] != first["id"]


@pytest.mark.parametrize(
    ("currency", "sent", "shown"),
    [("JPY", "500", "500"), ("KWD", "1.5", "1.500"), ("USD", 5, "5.00"), ("EUR", "15.000", "15.00")],
)
async def test_amounts_have_the_decimals_of_their_currency(portal: Portal, currency: str, sent: Any, shown: str):
    if currency != "USD":
        await set_rate(portal.shop.engine.database, portal.merchant_id, currency, Decimal(2))

    amount = {"amount": sent, "currency": {"currencyCode": currency.lower()}}
    answer = await portal.send("addRedemptionRule", RULE | {"amountIssued": amount})

    assert answer.status_code == 200, answer.text
    assert f'"amountIssued":{{"amount":{shown},' in answer.text
    assert answer.json()["amountIssued"]["currency"]["currencyCode"] == currency


@pytest.mark.parametrize(
    ("sent", "per_transaction", "per_day"),
    [
        ({"maximumRedeemablePointsPerTxn": "500"}, 500, None),
        ({"maximumRedeemablePointsPerDay": 700}, None, 700),
        ({"maxRedeemablePointsRadioButton": PER_TRANSACTION}, None, None),
        ({"maxRedeemablePointsRadioButton": PER_DAY}, None, None),
        (
            {
                "maxRedeemablePointsRadioButton": PER_TRANSACTION,
                "maximumRedeemablePointsPerTxn": 500,
                "maximumRedeemablePointsPerDay": 700,
            },
            500,
            None,
        ),
        (
            {
                "maxRedeemablePointsRadioButton": PER_DAY,
                "maximumRedeemablePointsPerTxn": 500,
                "maximumRedeemablePointsPerDay": 700,
            },
            None,
            700,
        ),
    ],
)
async def test_the_radio_button_says_which_cap_counts(
    portal: Portal, sent: dict[str, Any], per_transaction: int | None, per_day: int | None
):
    shown = await portal.add(**sent)

    assert shown["maximumRedeemablePointsPerTxn"] == per_transaction
    assert shown["maximumRedeemablePointsPerDay"] == per_day


async def test_a_change_says_all_of_a_rule_anew(portal: Portal):
    before = await portal.add(
        minimumRedeemablePoints=200, offsetRedeemablePoints=300, maximumRedeemablePointsPerTxn=900, createdUserId=642
    )
    portal.shop.clock.advance(minutes=5)

    after = await portal.post(
        "updateRedemptionRule",
        before
        | {
            "lastModifiedUserId": "643",
            "numberOfPoints": "200",
            "minimumRedeemablePoints": None,
            "offsetRedeemablePoints": None,
            "maximumRedeemablePointsPerDay": "1000",
            "maxRedeemablePointsRadioButton": PER_DAY,
            "redemptionCategory": {"name": "PAY_BALANCE"},
            "description": "New",
        },
    )

    changed = {
        "lastUpdatedDateTime": START_MS + 300_000,
        "lastModifiedUserId": 643,
        "numberOfPoints": 200,
        "minimumRedeemablePoints": None,
        "offsetRedeemablePoints": None,
        "maximumRedeemablePointsPerTxn": None,
        "maximumRedeemablePointsPerDay": 1000,
        "redemptionCategory": {"value": "Pay Balance", "name": "PAY_BALANCE"},
        "description": "New",
    }
    assert {key: after[key] for key in after if key != "message"} == {
        key: value for key, value in (before | changed).items() if key != "message"
    }
    assert after["message"]["code"] == "1001"
    assert after["message"]["description"] == "REDEMPTION_RULE_UPDATE_SUCCESS"
    assert await portal.get(before["id"]) == after | {"message": None}


async def test_a_status_changes_alone(portal: Portal):
    rule = await portal.add(description="As it was")

    sent = rule | {"redemptionRuleStatus": {"name": "DISABLED"}, "numberOfPoints": 1, "description": "Not looked at"}
    disabled = await portal.post("updateRedemptionRuleStatus", sent)
    assert disabled["redemptionRuleStatus"] == {"value": "Disabled", "name": "DISABLED"}
    assert disabled["message"]["description"] == "REDEMPTION_RULE_STATUS_UPDATE_SUCCESS"

    active = await portal.post(
        "updateRedemptionRuleStatus", {"id": rule["id"], "redemptionRuleStatus": {"name": "ACTIVE"}}
    )
    assert active | {"message": None} == rule


async def test_a_rule_changed_since_it_was_read_is_not_overwritten(portal: Portal):
    read = await portal.add()
    portal.shop.clock.advance(seconds=1)
    await portal.post("updateRedemptionRule", read | {"description": "Somebody was faster"})

    message = await portal.refused("updateRedemptionRule", read | {"description": "Too late"}, 409)

    assert message["code"] == "1130"
    assert message["parameters"] == {"ruleId": read["id"]}
    assert (await portal.get(read["id"]))["description"] == "Somebody was faster"
    await portal.post("updateRedemptionRule", read | {"lastUpdatedDateTime": None, "description": "On purpose"})


@pytest.mark.parametrize("endpoint", ["updateRedemptionRule", "updateRedemptionRuleStatus"])
async def test_a_rule_that_is_not_there_cannot_be_changed(portal: Portal, endpoint: str):
    for rule_id in (999, -1, 2**63, 10**30):
        body = RULE | {"id": rule_id, "redemptionRuleStatus": {"name": "ACTIVE"}}
        assert (await portal.refused(endpoint, body, 404))["code"] == "1120"


async def test_rules_of_other_surfaces_are_shown_and_keep_what_this_contract_cannot_say(portal: Portal):
    stored = await portal.shop.rule(
        reward=RewardKind.PERCENTAGE,
        percentage_hundredths=1250,
        amount_minor=0,
        pricing=Pricing.FIXED,
        name="A piece off",
        stock=10,
        ends_at=START + timedelta(days=9),
        points_max_per_transaction=100,
        points_max_per_day=200,
    )
    rule = await portal.get(stored.rule_id)
    assert rule["amountIssued"] is None
    assert rule["createdUserId"] is None

    portal.shop.clock.advance(minutes=1)
    changed = await portal.post("updateRedemptionRule", rule | {"numberOfPoints": 150, "description": "12.5% off"})

    assert (changed["maximumRedeemablePointsPerTxn"], changed["maximumRedeemablePointsPerDay"]) == (100, 200)
    newest, oldest = await list_versions(portal.shop.engine.database, portal.merchant_id, stored.rule_id)
    assert oldest.terms == stored.terms
    expected = {"points": 150, "description": "12.5% off"}
    for field in stored.terms.__struct_fields__:
        assert getattr(newest.terms, field) == expected.get(field, getattr(stored.terms, field)), field

    message = await portal.refused("updateRedemptionRule", changed | {"amountIssued": {"amount": 5}}, 400)
    assert message["parameters"]["field"] == "amountIssued"


async def test_the_amount_that_is_sent_counts_in_its_currency(portal: Portal):
    await set_rate(portal.shop.engine.database, portal.merchant_id, "EUR", Decimal("0.9"))
    stored = await portal.shop.rule(amounts_minor={"EUR": 450, "USD": 500})

    await portal.post(
        "updateRedemptionRule",
        await portal.get(stored.rule_id) | {"amountIssued": {"amount": 6, "currency": {"currencyCode": "USD"}}},
    )

    terms = (await list_versions(portal.shop.engine.database, portal.merchant_id, stored.rule_id))[0].terms
    assert (terms.amount_minor, terms.amounts_minor) == (600, {"EUR": 450})


async def test_a_rule_of_the_portal_is_redeemed_at_the_storefront(portal: Portal):
    rule = await portal.add(redemptionCategory={"name": "GIFT_CARDS"})
    await portal.shop.member("ana@example.com", 1000)
    redemption: dict[str, Any] = {"customer_email": "ana@example.com", "redemption_option_id": rule["id"]}

    once = await portal.shop.http.post("/api/v2/redemptions", json=redemption)
    assert once.status_code == 200, once.text
    assert await portal.shop.balance("ana@example.com") == (900, 0)

    thrice = await portal.shop.http.post("/api/v2/redemptions", json=redemption | {"points_to_redeem": 300})
    assert thrice.status_code == 200, thrice.text
    assert await portal.shop.balance("ana@example.com") == (600, 0)

    await portal.post("updateRedemptionRuleStatus", rule | {"redemptionRuleStatus": {"name": "DISABLED"}})
    refused = await portal.shop.http.post("/api/v2/redemptions", json=redemption)
    assert refused.status_code == 422, refused.text
    assert await portal.shop.balance("ana@example.com") == (600, 0)


async def test_minimum_offset_and_cap_count_at_the_storefront(portal: Portal):
    rule = await portal.add(
        minimumRedeemablePoints="200",
        offsetRedeemablePoints="300",
        maximumRedeemablePointsPerTxn="500",
        maxRedeemablePointsRadioButton=PER_TRANSACTION,
    )
    await portal.shop.member("ana@example.com", 1000)

    redemption: dict[str, Any] = {"customer_email": "ana@example.com", "redemption_option_id": rule["id"]}
    for points, status in ((100, 422), (300, 422), (800, 422), (500, 200), (200, 200)):
        answer = await portal.shop.http.post("/api/v2/redemptions", json=redemption | {"points_to_redeem": points})
        assert answer.status_code == status, answer.text
    assert await portal.shop.balance("ana@example.com") == (300, 0)
