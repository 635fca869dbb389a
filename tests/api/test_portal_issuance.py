"""Keeping issuance rules, which are earning rules, on the portal contract."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from guerdon.api.portal.issuance_terms import PER_DAY, PER_OFFER
from guerdon.earning.earns import CouponGift, Earns, Flat, Multiplier, PerAmount, PerItem
from guerdon.earning.rule import Cap, EarningRule, Goods, Hours, Period, Stacking, Weekday, Who
from guerdon.earning.rules import StoredRule, add_rule, get_rule, list_versions
from tests.api.portal_issuance import ADD, FLAT_TEN, GET, LIST, STATUS, UPDATE, WHOLE, add
from tests.api.portal_shop import Portal, refusal, street_portal
from tests.shop import START
from tests.street import Street
from tests.tiers.doing import programme, set_tiers

pytestmark = pytest.mark.asyncio(loop_scope="session")

START_MS = 1773144000000
MARCH_1_0930_MS = 1772357400000
MARCH_31_1700_MS = 1774976400000


async def stored(portal: Portal, rule_id: int) -> EarningRule:
    """What the engine has of the rule."""
    return (await get_rule(portal.shop.engine.database, portal.merchant_id, rule_id)).terms


async def made_elsewhere(portal: Portal, **terms: Any) -> StoredRule:
    """A rule of another surface: ten points for an order, unless the terms say more."""
    given: dict[str, Any] = {"name": "Elsewhere", "earns": Flat(points=10), **terms}
    return await add_rule(
        portal.shop.engine.database, portal.merchant_id, EarningRule(**given), actor="test", now=portal.shop.clock()
    )


async def test_a_rule_is_answered_with_every_field_of_the_contract(portal: Portal):
    await set_tiers(portal.shop, programme())
    dollars = {"id": 1, "currencyCode": "USD", "currencyText": "United States Dollar", "currencySymbol": "$",
               "fractionalUnit": "Cent", "numOfDecimalPlaces": "2", "supportedByVisaCheckout": True,
               "createdDateTime": 1733858673000, "isoNumericCode": "840", "isoCountryCode": "840"}  # fmt: skip

    answer = await portal.send(ADD, WHOLE)

    assert answer.status_code == 200, answer.text
    assert '"fromAmount":{"amount":10.00,' in answer.text
    made = answer.json()
    expected: list[tuple[str, Any]] = [
        ("createdDateTime", None),
        ("lastUpdatedDateTime", None),
        ("lockedDateTime", None),
        ("lockedByUserId", None),
        ("createdUserId", 642),
        ("lastModifiedUserId", None),
        ("issuanceRuleStatus", {"value": "Active", "name": "ACTIVE"}),
        ("loyaltyTierLevel", {"nickname": "Silver", "name": "TIER1"}),
        ("pointsType", {"value": "Multiplier", "name": "MULTIPLIER"}),
        ("flatPoints", None),
        ("multiplierPoints", 1.5),
        ("ruleValidFromDateTime", MARCH_1_0930_MS),
        ("ruleValidToDateTime", MARCH_31_1700_MS),
        ("pointsNeverExpireInd", False),
        ("pointsExpirationInMonths", 12),
        ("fromAmount", {"amount": 10, "currency": dollars}),
        ("toAmount", {"amount": 500, "currency": dollars}),
        ("bonusPointsPerOffer", 1000),
        ("bonusPointsPerDay", None),
        ("minimumAmountRequiredInd", True),
        ("offerRedemptionLimit", {"value": "Once", "name": "ONCE"}),
        ("offerDescription", "Spring points"),
        (
            "channel",
            {
                "id": 2, "createdDateTime": None, "lastUpdatedDateTime": None, "lockedDateTime": None,
                "lockedByUserId": None, "channelName": "In Store", "channelStatus": {"name": "ACTIVE"},
                "channelType": {"name": "INTERNAL"}, "industryType": {"name": "ECOMMERCE"},
                "merchantId": portal.merchant_id, "allowCashAsPaymentMethodInd": True,
                "allowMoneyOrderAsPaymentMethodInd": False, "allowPaperCheckAsPaymentMethodInd": False,
                "allowEStoreCreditAsPaymentMethodInd": False,
                "paymentMethods": [
                    {"id": 3, "paymentMethodType": {"name": "CARD"}, "paymentGateway": None, "cardBrand": "VISA",
                     "cardId": 9, "position": 1, "merchantId": None}
                ],
            },
        ),
        ("productId", "SKU-7"),
        ("cardNetworkName", "VISA"),
        ("quantityFrom", 1),
        ("quantityTo", 5),
        ("merchantId", portal.merchant_id),
        ("createdUserName", None),
    ]  # fmt: skip
    assert list(made.items())[1:-1] == expected
    assert made["message"] == {
        "code": "1004", "type": {"name": "SUCCESS"}, "include_i_icon": False,
        "description": "ISSUANCE_RULE_CREATION_SUCCESS", "parameters": None,
    }  # fmt: skip
    times = {"createdDateTime": START_MS, "lastUpdatedDateTime": START_MS}
    assert await portal.read(GET, made["id"]) == made | times | {"message": None}


async def test_an_issuance_rule_is_an_earning_rule(portal: Portal):
    made = await portal.post(ADD, WHOLE)

    assert await stored(portal, made["id"]) == EarningRule(
        name="Spring points",
        description="Spring points",
        earns=PerAmount(points=3, each_minor=200, each_whole=False),
        who=Who(tiers=frozenset({1})),
        channels=frozenset({"offline"}),
        starts_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        ends_at=datetime(2026, 3, 31, 17, 0, 0, 1000, tzinfo=UTC),
        goods=Goods(products=frozenset({"SKU-7"})),
        quantity_min=1,
        quantity_max=5,
        amount_min_minor=1000,
        amount_max_minor=50000,
        caps=(Cap(per=Period.EVER, points=1000, times=1),),
        expiry="12 months",
    )


async def test_what_is_left_out_of_a_new_rule_is_ordinary(portal: Portal):
    shown = await add(portal)

    assert (shown["pointsType"]["name"], shown["flatPoints"], shown["multiplierPoints"]) == ("FLAT", 10, None)
    assert shown["issuanceRuleStatus"]["name"] == "ACTIVE"
    assert shown["loyaltyTierLevel"] == {"nickname": "None", "name": "NONE"}
    assert shown["offerRedemptionLimit"] == {"value": "Unlimited", "name": "UNLIMITED"}
    assert shown["offerDescription"] == ""
    assert (shown["pointsNeverExpireInd"], shown["minimumAmountRequiredInd"]) == (False, False)
    nulls = {
        "ruleValidFromDateTime", "ruleValidToDateTime", "pointsExpirationInMonths", "fromAmount", "toAmount",
        "bonusPointsPerOffer", "bonusPointsPerDay", "channel", "productId", "cardNetworkName", "quantityFrom",
        "quantityTo",
    }  # fmt: skip
    assert {field for field in nulls if shown[field] is None} == nulls
    assert await stored(portal, shown["id"]) == EarningRule(name="Points from the portal", earns=Flat(points=10))


@pytest.mark.parametrize(
    ("sent", "flat", "multiplier"),
    [
        ({"flatPoints": 7, "multiplierPoints": 2}, 7, None),
        ({"pointsType": {"name": "MULTIPLIER"}, "flatPoints": 7, "multiplierPoints": 2}, None, 2),
        ({"pointsType": None, "flatPoints": None, "multiplierPoints": "0.25"}, None, 0.25),
        ({"pointsType": None, "flatPoints": "100"}, 100, None),
        ({"pointsType": {"name": "MULTIPLIER"}, "multiplierPoints": "100.0"}, None, 100),
    ],
)
async def test_the_type_says_which_points_count(
    portal: Portal, sent: dict[str, Any], flat: int | None, multiplier: float | None
):
    shown = await add(portal, **sent)

    assert (shown["flatPoints"], shown["multiplierPoints"]) == (flat, multiplier)
    assert shown["pointsType"]["name"] == ("MULTIPLIER" if flat is None else "FLAT")


@pytest.mark.parametrize(
    ("sent", "per_offer", "per_day"),
    [
        ({"bonusPointsPerOffer": "500"}, 500, None),
        ({"bonusPointsPerDay": 70}, None, 70),
        ({"bonusPointsRadioButton": PER_OFFER}, None, None),
        ({"bonusPointsRadioButton": PER_OFFER, "bonusPointsPerOffer": 5, "bonusPointsPerDay": 7}, 5, None),
        ({"bonusPointsRadioButton": PER_DAY, "bonusPointsPerOffer": 5, "bonusPointsPerDay": 7}, None, 7),
    ],
)  # fmt: skip
async def test_the_radio_button_says_which_cap_counts(
    portal: Portal, sent: dict[str, Any], per_offer: int | None, per_day: int | None
):
    shown = await add(portal, **sent)

    assert (shown["bonusPointsPerOffer"], shown["bonusPointsPerDay"]) == (per_offer, per_day)


async def test_days_and_times_are_those_of_the_merchant(street: Street, street_app: Any):
    async with street_portal(street, street_app, timezone="America/New_York") as portal:
        summer_begins, days_end = "2026-03-08", "2026-03-09"
        whole_days = await add(portal, sRuleValidFromDateTime=summer_begins, sRuleValidToDateTime=days_end)
        assert whole_days["ruleValidFromDateTime"] == ms(datetime(2026, 3, 8, 5, tzinfo=UTC))
        assert whole_days["ruleValidToDateTime"] == ms(datetime(2026, 3, 10, 4, tzinfo=UTC)) - 1

        for from_time, to_time in (
            ("09:30", "23:59"),
            ("09:30:00", "23:59:59"),
            ("2026-03-08T13:30:00.000Z", "2026-03-10T03:59:00.000Z"),
            ("2026-07-08T09:30:00-04:00", "2026-07-08T23:59:59.999"),
        ):
            shown = await add(
                portal, sRuleValidFromDateTime=summer_begins, sRuleValidToDateTime=days_end,
                fromTime=from_time, toTime=to_time,
            )  # fmt: skip
            assert shown["ruleValidFromDateTime"] == ms(datetime(2026, 3, 8, 13, 30, tzinfo=UTC)), from_time
            assert shown["ruleValidToDateTime"] == whole_days["ruleValidToDateTime"], to_time

        until_five = await add(portal, sRuleValidToDateTime=days_end, toTime="17:00", fromTime="08:00")
        assert until_five["ruleValidFromDateTime"] is None, "a time without a day says nothing"
        assert until_five["ruleValidToDateTime"] == ms(datetime(2026, 3, 9, 21, tzinfo=UTC))


def ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


async def test_a_rule_sent_back_as_it_was_read_stays_as_it_is(portal: Portal):
    read = await portal.read(GET, (await portal.post(ADD, WHOLE))["id"])
    before = await stored(portal, read["id"])
    portal.shop.clock.advance(minutes=5)

    after = await portal.post(UPDATE, read)

    assert after["message"]["code"] == "1005"
    assert after["message"]["description"] == "ISSUANCE_RULE_UPDATE_SUCCESS"
    assert after | {"message": None} == read | {"lastUpdatedDateTime": START_MS + 300_000}
    assert await stored(portal, read["id"]) == before
    clone = await portal.post(ADD, read)
    assert clone["id"] != read["id"]
    assert await stored(portal, clone["id"]) == before


async def test_a_change_says_all_of_a_rule_anew(portal: Portal):
    made = await portal.post(ADD, WHOLE)

    after = await portal.post(UPDATE, FLAT_TEN | {"id": made["id"], "lastModifiedUserId": "7", "createdUserId": 9})

    stays = ("issuanceRuleStatus", "loyaltyTierLevel", "offerRedemptionLimit", "offerDescription", "createdUserId")
    assert {field: after[field] for field in stays} == {field: made[field] for field in stays}
    ordinary = {"pointsType": after["pointsType"], "flatPoints": 10, "pointsNeverExpireInd": False,
                "minimumAmountRequiredInd": False, "lastModifiedUserId": 7}  # fmt: skip
    audit = ("id", "createdDateTime", "lastUpdatedDateTime", "merchantId", "message")
    rest = {field: after[field] for field in after if field not in (*stays, *audit)}
    assert rest == dict.fromkeys(rest) | ordinary
    cleared = await portal.post(UPDATE, FLAT_TEN | {"id": made["id"], "loyaltyTierLevel": {"name": "NONE"},
                                                    "offerRedemptionLimit": {"name": "UNLIMITED"}})  # fmt: skip
    assert await stored(portal, made["id"]) == EarningRule(
        name="Spring points", description="Spring points", earns=Flat(points=10)
    )
    assert cleared["offerRedemptionLimit"]["name"] == "UNLIMITED"


async def test_a_name_follows_the_description_that_it_was_made_from(portal: Portal):
    rule = await add(portal, offerDescription="Points for boots " * 9)
    assert (await stored(portal, rule["id"])).name == ("Points for boots " * 9)[:80].strip()

    await portal.post(UPDATE, rule | {"offerDescription": "Boots"})

    assert (await stored(portal, rule["id"])).name == "Boots"


async def test_points_never_expire_or_after_months_or_as_the_merchant_says(portal: Portal):
    never = await add(portal, pointsNeverExpireInd="true", pointsExpirationInMonths=3)
    assert (never["pointsNeverExpireInd"], never["pointsExpirationInMonths"]) == (True, None)
    assert (await stored(portal, never["id"])).expiry == "never"

    months = await portal.post(UPDATE, never | {"pointsNeverExpireInd": False, "pointsExpirationInMonths": 3})
    assert (months["pointsNeverExpireInd"], months["pointsExpirationInMonths"]) == (False, 3)
    assert (await stored(portal, never["id"])).expiry == "3 months"

    await portal.post(UPDATE, months | {"pointsExpirationInMonths": None})
    assert (await stored(portal, never["id"])).expiry is None


async def test_a_status_changes_alone(portal: Portal):
    rule = await add(portal, **WHOLE)

    sent = rule | {"issuanceRuleStatus": {"name": "DISABLED"}, "multiplierPoints": 9, "offerDescription": "No"}
    disabled = await portal.post(STATUS, sent | {"lastModifiedUserId": 8})

    assert disabled["message"]["code"] == "1006"
    assert disabled["message"]["description"] == "ISSUANCE_RULE_STATUS_UPDATE_SUCCESS"
    expected = rule | {"issuanceRuleStatus": {"value": "Disabled", "name": "DISABLED"}, "lastModifiedUserId": 8}
    assert disabled | {"message": None} == expected
    active = await portal.post(STATUS, {"id": rule["id"], "issuanceRuleStatus": {"name": "ACTIVE"}})
    assert active | {"message": None} == rule


async def test_a_rule_changed_since_it_was_read_is_not_overwritten(portal: Portal):
    read = await add(portal)
    portal.shop.clock.advance(seconds=1)
    await portal.post(UPDATE, read | {"offerDescription": "Somebody was faster"})

    for endpoint in (UPDATE, STATUS):
        message = await portal.refused(endpoint, read | {"offerDescription": "Too late"}, 409)
        assert (message["code"], message["parameters"]) == ("1130", {"ruleId": read["id"]})

    assert (await portal.read(GET, read["id"]))["offerDescription"] == "Somebody was faster"
    await portal.post(UPDATE, read | {"lastUpdatedDateTime": None, "offerDescription": "On purpose"})


async def test_what_this_contract_cannot_say_is_kept(portal: Portal):
    rule = await made_elsewhere(
        portal,
        name="Weekend points",
        earns=PerAmount(points=1, each_minor=300, each_minor_in={"EUR": 250}),
        who=Who(tiers=frozenset({1, 3}), tags=frozenset({"vip"})),
        channels=frozenset({"online", "offline"}),
        starts_at=START + timedelta(microseconds=7),
        ends_at=START + timedelta(days=30, microseconds=7),
        weekdays=frozenset({Weekday.SATURDAY}),
        hours=Hours("09:00", "17:00"),
        goods=Goods(products=frozenset({"A", "B"}), vendors=frozenset({"Acme"})),
        goods_excluded=Goods(tags=frozenset({"gift card"})),
        caps=(
            Cap(per=Period.WEEK, points=50),
            Cap(per=Period.EVER, points=900, times=3),
            Cap(per=Period.DAY, points=9),
        ),
        budget_points=10_000,
        group="weekend",
        stacking=Stacking.BEST,
        priority=4,
        pending="14 days",
        expiry="90 days inactive",
    )  # fmt: skip
    read = await portal.read(GET, rule.rule_id)
    assert (read["multiplierPoints"], read["loyaltyTierLevel"]["name"]) == (0.3333, "TIER1")
    assert (read["channel"], read["productId"], read["offerRedemptionLimit"]) == (None, None, None)
    assert (read["bonusPointsPerOffer"], read["bonusPointsPerDay"]) == (900, 9)

    await portal.post(UPDATE, read | {"offerDescription": "As it was"})

    newest, oldest = await list_versions(portal.shop.engine.database, portal.merchant_id, rule.rule_id)
    assert oldest.terms == rule.terms
    for field in rule.terms.__struct_fields__:
        expected = "As it was" if field == "description" else getattr(rule.terms, field)
        assert getattr(newest.terms, field) == expected, field
    assert newest.actor == f"operator:{portal.operator_id}"


async def test_steps_and_other_currencies_stay_in_proportion(portal: Portal):
    rule = await made_elsewhere(portal, earns=PerAmount(points=10, each_minor=1000, each_minor_in={"EUR": 900}))
    read = await portal.read(GET, rule.rule_id)
    assert read["multiplierPoints"] == 1

    await portal.post(UPDATE, read | {"multiplierPoints": 2})
    doubled = (await stored(portal, rule.rule_id)).earns
    assert doubled == PerAmount(points=20, each_minor=1000, each_minor_in={"EUR": 900})

    await portal.post(UPDATE, read | {"multiplierPoints": "0.03", "lastUpdatedDateTime": None})
    assert (await stored(portal, rule.rule_id)).earns == PerAmount(
        points=3, each_minor=10_000, each_minor_in={"EUR": 9000}
    )


async def test_what_has_no_type_is_shown_without_one_and_kept(portal: Portal):
    coupon = CouponGift(redemption_rule_id=(await portal.shop.rule()).rule_id)
    unsaid: tuple[Earns, ...] = (PerItem(points=5), Multiplier(factor=Decimal(2)), coupon)
    for earns in unsaid:
        rule = await made_elsewhere(portal, earns=earns)
        read = await portal.read(GET, rule.rule_id)
        assert (read["pointsType"], read["flatPoints"], read["multiplierPoints"]) == (None, None, None)

        await portal.post(UPDATE, read | {"offerDescription": "Told"})
        assert (await stored(portal, rule.rule_id)).earns == earns

        message = await portal.refused(UPDATE, read | {"flatPoints": 5}, 400)
        assert message["parameters"]["field"] == "pointsType"


async def test_a_rule_that_is_not_there_is_not_found(portal: Portal):
    for rule_id in (2**52, -1, 2**63, 10**30):
        for endpoint in (UPDATE, STATUS):
            body = FLAT_TEN | {"id": rule_id, "issuanceRuleStatus": {"name": "ACTIVE"}}
            message = await portal.refused(endpoint, body, 404)
            assert (message["code"], list(message["parameters"])) == ("1122", ["ruleId"])
    answer = await portal.shop.http.get(f"/ui/v1/{GET}/7", headers={"authorization": "bad"})
    assert refusal(answer, 401)["code"] == "1110"


async def test_those_who_may_not_write_read(portal: Portal, street: Street, street_app: Any):
    rule = await add(portal)
    await portal.operator("rita", "read_only")
    assert await portal.read(GET, rule["id"], operator="rita") == rule
    assert (await portal.post(LIST, operator="rita"))["totalRecords"] == 1
    for named in (rule, {key: value for key, value in rule.items() if key != "merchantId"}):
        for endpoint in (ADD, UPDATE, STATUS):
            assert (await portal.refused(endpoint, named, 403, operator="rita"))["code"] == "1112"
    async with street_portal(street, street_app) as other:
        unnamed = {key: value for key, value in rule.items() if key != "merchantId"}
        await other.refused(UPDATE, unnamed, 404)
        await other.refused(ADD, rule, 403)
        assert (await other.post(LIST))["records"] == []
