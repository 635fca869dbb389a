"""Keeping the rule for buying, giving and transferring points on the portal contract, and moving points by it."""

from datetime import timedelta
from typing import Any

import pytest

from guerdon.access.operators import EDITORS, ROLES
from guerdon.errors.moving import MovesTooFew, MovingOff, YearCap
from guerdon.errors.rewards import VersionConflict
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.rule import Fee, MovingRule, Rate, Terms
from guerdon.moving.rules import list_rule_versions, set_rule
from tests.api.portal_shop import Portal, refusal
from tests.api.portal_transfers import FEES, FLAT, PER_POINT, POINTS_SENT, RULE, UPDATE, read, stored
from tests.moving.people import ANA, BEN, transfer
from tests.shop import START, email
from tests.street import Street, do

pytestmark = pytest.mark.asyncio(loop_scope="session")

START_MS = 1773144000000
SAID_ELSEWHERE = MovingRule(
    transfers=Terms(enabled=True, minimum=10, maximum=5000, step=10, fee=Fee(flat=5, rate=Rate(1, 3), maximum=9)),
    gifts=Terms(enabled=True, minimum=7, fee=Fee(flat=3)),
    purchases=Terms(step=500, fee=Fee(unit="money", flat=50)),
    price=Rate(1, 10),
    keeps_expiry=False,
)
"""A rule of another surface, with much that this contract has no field for."""


async def set_elsewhere(portal: Portal, rule: MovingRule) -> None:
    await set_rule(portal.shop.engine.database, portal.merchant_id, rule, actor="test", now=portal.shop.clock())


async def test_every_merchant_has_a_rule_that_allows_nothing_until_it_is_set(portal: Portal):
    nothing = {"amount": None, "currency": None}

    shown = await read(portal)

    assert shown == dict.fromkeys(shown, None) | {
        "id": portal.merchant_id,
        "minimumTransferPoints": 1,
        **dict.fromkeys(FEES, nothing),
        "payFeeWithPoints": True,
        "ruleStatus": {"value": "Disabled", "name": "DISABLED"},
        "merchantId": portal.merchant_id,
    }
    assert list(shown) == [
        "id", "createdDateTime", "lastUpdatedDateTime", "lockedDateTime", "lockedByUserId", "createdUserId",
        "lastModifiedUserId", "maxPurchasePointsForSelfPerYear", "maxPurchasePointsForOthersPerYear",
        "maxReceivablePointsPerYear", "minimumTransferPoints", "maxTransferPointsPerYear", "flatTransferFees",
        "transferFeesPerPoint", "maxTransferFees", "payFeeWithPoints", "ruleStatus", "merchantId", "createdUserName",
        "message",
    ]  # fmt: skip


async def test_a_rule_is_set_whole_and_read_as_it_was_set(portal: Portal):
    users = {"createdUserId": "642", "lastModifiedUserId": 643}
    answer = await portal.send(UPDATE, RULE | users)

    assert answer.status_code == 200, answer.text
    assert '"flatTransferFees":{"amount":null,' in answer.text
    assert '"transferFeesPerPoint":{"amount":0.01,' in answer.text
    assert '"maxTransferFees":{"amount":25.00,' in answer.text
    made = answer.json()
    assert made["message"] == {
        "code": "1003", "type": {"name": "SUCCESS"}, "include_i_icon": False,
        "description": "BUY_GIFT_TRANSFER_RULE_UPDATE_SUCCESS", "parameters": None,
    }  # fmt: skip
    assert {fee: made[fee]["currency"]["currencyCode"] for fee in FEES} == dict.fromkeys(FEES, "USD")
    kept = {
        key: made[key] for key in made if key not in ("message", "merchantId", "id", "createdUserName", *FEES)
    }  # fmt: skip
    assert kept == {
        "createdDateTime": START_MS,
        "lastUpdatedDateTime": START_MS,
        "lockedDateTime": None,
        "lockedByUserId": None,
        "createdUserId": 642,
        "lastModifiedUserId": 643,
        "maxPurchasePointsForSelfPerYear": 50000,
        "maxPurchasePointsForOthersPerYear": 20000,
        "maxReceivablePointsPerYear": 30000,
        "minimumTransferPoints": 100,
        "maxTransferPointsPerYear": 10000,
        "payFeeWithPoints": False,
        "ruleStatus": {"value": "Active", "name": "ACTIVE"},
    }
    assert await read(portal) == made | {"message": None}
    assert await stored(portal) == [
        MovingRule(
            transfers=Terms(
                enabled=True,
                minimum=100,
                points_max_per_year=10000,
                fee=Fee(unit="money", rate=Rate(1, 1), maximum=2500),
            ),
            purchases=Terms(points_max_per_year=50000),
            bought_for_others_max_per_year=20000,
            received_max_per_year=30000,
            created_user_id=642,
            modified_user_id=643,
        )
    ]


async def test_what_a_change_leaves_out_is_none_but_for_the_status_and_the_way_to_pay(portal: Portal):
    await portal.post(UPDATE, RULE | {"createdUserId": 642})
    portal.shop.clock.advance(minutes=5)

    after = await portal.post(UPDATE, {"minimumTransferPoints": 0, "createdUserId": 7, "lastModifiedUserId": 8})

    assert {key: after[key] for key in POINTS_SENT} == dict.fromkeys(POINTS_SENT) | {"minimumTransferPoints": 1}
    assert [after[fee]["amount"] for fee in FEES] == [None, None, None]
    assert after["ruleStatus"]["name"] == "ACTIVE"
    assert after["payFeeWithPoints"] is False
    assert (after["createdUserId"], after["lastModifiedUserId"]) == (642, 8)
    assert (after["createdDateTime"], after["lastUpdatedDateTime"]) == (START_MS, START_MS + 300_000)


async def test_a_rule_sent_back_as_it_was_read_keeps_what_this_contract_cannot_say(portal: Portal):
    await set_elsewhere(portal, SAID_ELSEWHERE)
    shown = await read(portal)
    assert [shown[fee] for fee in FEES] == [
        {"amount": 5, "currency": None},
        {"amount": 0.333333333333, "currency": None},
        {"amount": 9, "currency": None},
    ]

    await portal.post(UPDATE, shown)
    assert (await stored(portal))[0] == SAID_ELSEWHERE

    await portal.post(UPDATE, shown | {"lastUpdatedDateTime": None, "maxTransferPointsPerYear": 900})
    newest = (await stored(portal))[0]
    assert newest.transfers.points_max_per_year == 900
    assert (newest.gifts, newest.purchases, newest.price, newest.keeps_expiry) == (
        SAID_ELSEWHERE.gifts, SAID_ELSEWHERE.purchases, SAID_ELSEWHERE.price, False
    )  # fmt: skip
    assert (newest.transfers.step, newest.transfers.maximum) == (10, 5000)

    message = await portal.refused(UPDATE, shown | {"lastUpdatedDateTime": None, "minimumTransferPoints": 5001}, 400)
    assert message["parameters"]["field"] == "minimumTransferPoints"


async def test_one_status_switches_all_ways_off_and_those_that_were_on_on_again(portal: Portal):
    await set_elsewhere(portal, SAID_ELSEWHERE)

    disabled = await portal.post(UPDATE, {"ruleStatus": {"name": "DISABLED"}})
    off = (await stored(portal))[0]
    assert disabled["ruleStatus"] == {"value": "Disabled", "name": "DISABLED"}
    assert [off.transfers.enabled, off.gifts.enabled, off.purchases.enabled] == [False, False, False]
    await portal.post(UPDATE, {"ruleStatus": {"name": "DISABLED"}})

    active = await portal.post(UPDATE, {"ruleStatus": {"value": "Disabled", "name": "ACTIVE"}})
    on = (await stored(portal))[0]
    assert active["ruleStatus"]["name"] == "ACTIVE"
    assert (on.transfers.enabled, on.gifts.enabled, on.purchases.enabled) == (True, True, False)


@pytest.mark.parametrize("price", [None, Rate(1, 10)])
async def test_a_rule_is_first_active_for_transfers_and_for_what_has_a_price(portal: Portal, price: Rate | None):
    await set_elsewhere(portal, MovingRule(price=price))

    await portal.post(UPDATE, {"ruleStatus": {"name": "ACTIVE"}})

    rule = (await stored(portal))[0]
    assert (rule.transfers.enabled, rule.gifts.enabled) == (True, False)
    assert rule.purchases.enabled == (price is not None)


async def test_points_that_lost_their_price_are_not_sold_again(portal: Portal):
    sold = MovingRule(purchases=Terms(enabled=True), price=Rate(1))
    await set_elsewhere(portal, sold)
    await set_elsewhere(portal, MovingRule())

    message = await portal.refused(UPDATE, {"ruleStatus": {"name": "ACTIVE"}}, 400)

    assert message["parameters"]["field"] == "ruleStatus"
    assert "price" in message["description"]


@pytest.mark.parametrize(
    ("sent", "flat", "rate"),
    [
        ({"transferFeesRadioButton": PER_POINT}, 0, Rate(1, 4)),
        ({"transferFeesRadioButton": FLAT}, 500, Rate(0)),
        ({"flatTransferFees": None}, 0, Rate(1, 4)),
        ({"transferFeesPerPoint": {}}, 500, Rate(0)),
        ({"transferFeesPerPoint": {"amount": 0}}, 500, Rate(0)),
        ({"flatTransferFees": {}, "transferFeesPerPoint": None, "transferFeesRadioButton": ""}, 0, Rate(0)),
    ],
)
async def test_the_radio_button_says_which_fee_counts(portal: Portal, sent: dict[str, Any], flat: int, rate: Rate):
    fees = {"flatTransferFees": {"amount": "5"}, "transferFeesPerPoint": {"amount": "0.0025"}}

    await portal.post(UPDATE, {"payFeeWithPoints": False} | fees | sent)

    fee = (await stored(portal))[0].transfers.fee
    assert (fee.unit, fee.flat, fee.rate) == ("money", flat, rate)
    message = await portal.refused(UPDATE, fees, 400)
    assert message["parameters"]["field"] == "transferFeesRadioButton"


async def test_the_minimum_the_fee_and_the_years_count_for_the_next_transfer(portal: Portal):
    for address, points in ((ANA, 20_000), (BEN, 0)):
        await portal.shop.member(address, points)
    with pytest.raises(MovingOff):
        await transfer(portal.shop, ANA, BEN, 100)

    await portal.post(UPDATE, RULE)
    with pytest.raises(MovesTooFew):
        await transfer(portal.shop, ANA, BEN, 99)
    for points, fee in ((100, 100), (2500, 2500), (2501, 2500)):
        moved = await transfer(portal.shop, ANA, BEN, points)
        assert (moved.fee_minor, moved.fee_points) == (fee, 0)
    with pytest.raises(YearCap):
        await transfer(portal.shop, ANA, BEN, 4900)

    await portal.post(UPDATE, RULE | {"maxTransferFees": {"amount": "0"}})
    assert (await transfer(portal.shop, ANA, BEN, 100)).fee_minor == 0

    in_points: dict[str, Any] = {"payFeeWithPoints": True, "transferFeesPerPoint": {"amount": "0.1"}}
    await portal.post(UPDATE, RULE | in_points | {"maxTransferFees": {"amount": 20}})
    assert (await transfer(portal.shop, ANA, BEN, 150)).fee_points == 15
    assert (await transfer(portal.shop, ANA, BEN, 999)).fee_points == 20

    await portal.post(UPDATE, RULE | in_points | {"maxTransferFees": None, "maxReceivablePointsPerYear": 6449})
    with pytest.raises(YearCap):
        await transfer(portal.shop, ANA, BEN, 100)


async def test_what_may_be_bought_in_a_year_counts_for_oneself_and_for_others(portal: Portal):
    shop = portal.shop
    for address in (ANA, BEN):
        await shop.member(address)
    await set_elsewhere(portal, MovingRule(price=Rate(1)))
    limits = {"maxPurchasePointsForSelfPerYear": 500, "maxPurchasePointsForOthersPerYear": 300}
    await portal.post(UPDATE, limits | {"ruleStatus": {"name": "ACTIVE"}})

    for receiver, most in (((), 500), (email(BEN), 300)):
        for points, payment in ((most + 1, "over"), (most, f"upto-{most}")):
            buy = BuyPoints(merchant=shop.merchant, buyer=email(ANA), receiver=receiver, points=points, payment=payment)
            if points > most:
                with pytest.raises(YearCap):
                    await do(shop, buy)
            else:
                await do(shop, buy)


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_reads_and_editors_write(portal: Portal, role: str):
    await portal.operator("robin", role)
    before = await read(portal, operator="robin")
    for named in ({}, {"merchantId": portal.merchant_id}, {"id": portal.merchant_id}):
        if role in EDITORS:
            await portal.post(UPDATE, named, operator="robin")
        else:
            message = await portal.refused(UPDATE, named, 403, operator="robin")
            assert message["code"] == "1112"
            assert message["parameters"] == {"needed": "manager or owner", "given": role}
            assert await read(portal) == before


async def test_a_version_records_who_signed_in_whatever_the_body_says(portal: Portal):
    await portal.post(UPDATE, {"createdUserId": 1, "lastModifiedUserId": 2})

    (version,) = await list_rule_versions(portal.shop.engine.database, portal.merchant_id)

    assert version.actor == f"operator:{portal.operator_id}"
    assert (version.terms.created_user_id, version.terms.modified_user_id) == (1, 2)


async def test_nothing_is_done_for_those_who_do_not_sign_in(portal: Portal):
    for method, path in (("POST", UPDATE), ("GET", f"getBuyGiftTransferRule/{portal.merchant_id}")):
        for headers in ({}, {"authorization": portal.basic(password="wrong")}):
            answer = await portal.shop.http.request(method, f"/ui/v1/{path}", headers=headers)
            assert refusal(answer, 401)["code"] == "1110"
    assert await stored(portal) == []


async def test_the_rule_has_the_id_of_its_merchant(portal: Portal, street: Street):
    shop = portal.shop
    other = (await street.shop(name="Other", currency_code="JPY")).merchant.merchant_id
    await portal.operator("otto", "owner", other)
    await shop.engine.database.execute(
        "INSERT INTO operator_role (merchant_id, operator_id, role) VALUES ($1, $2, 'read_only')",
        other,
        await portal.operator("ruth", "owner"),
    )

    yen = {"payFeeWithPoints": False, "flatTransferFees": {"amount": 300}}
    made = await portal.post(UPDATE, yen, operator="otto")
    assert made["id"] == made["merchantId"] == other
    assert made["flatTransferFees"]["currency"]["currencyCode"] == "JPY"

    assert (await read(portal, other, operator="ruth"))["merchantId"] == other
    await portal.refused(UPDATE, {"id": other}, 403, operator="ruth")
    await portal.refused(UPDATE, {"id": other, "merchantId": portal.merchant_id}, 404, operator="ruth")
    assert (await portal.post(UPDATE, {"id": 0}, operator="ruth"))["id"] == portal.merchant_id

    for rule_id in (other, 999, -1, 2**63, 10**30):
        message = await portal.refused(UPDATE, {"id": rule_id}, 404)
        assert message["code"] == "1123"
        await portal.refused(UPDATE, {"merchantId": rule_id}, 403)
    for path in (str(other), "0", "-1", "9" * 30, "nine", "1.5", "null"):
        answer = await shop.http.get(
            f"/ui/v1/getBuyGiftTransferRule/{path}", headers={"authorization": portal.basic()}
        )  # fmt: skip
        if path.strip("-").isdigit():
            assert refusal(answer, 404)["parameters"].keys() == {"ruleId"}
        else:
            assert refusal(answer, 400)["parameters"]["field"] == "id"


async def test_a_rule_changed_since_it_was_read_is_not_overwritten(portal: Portal):
    unset = await read(portal)
    seen = await portal.post(UPDATE, unset | {"minimumTransferPoints": 5})
    portal.shop.clock.advance(seconds=1)
    await portal.post(UPDATE, seen | {"minimumTransferPoints": 6})

    message = await portal.refused(UPDATE, seen | {"minimumTransferPoints": 7}, 409)

    assert message["code"] == "1130"
    assert message["parameters"] == {"ruleId": portal.merchant_id}
    assert (await read(portal))["minimumTransferPoints"] == 6
    await portal.post(UPDATE, seen | {"lastUpdatedDateTime": None, "minimumTransferPoints": 8})


async def test_a_version_is_written_on_the_one_it_was_made_from(portal: Portal):
    database, later = portal.shop.engine.database, START + timedelta(hours=1)
    await set_rule(database, portal.merchant_id, MovingRule(), actor="test", now=START, expected_version=0)

    with pytest.raises(VersionConflict):
        await set_rule(database, portal.merchant_id, MovingRule(), actor="test", now=later, expected_version=0)

    await set_rule(database, portal.merchant_id, MovingRule(), actor="test", now=later, expected_version=1)
