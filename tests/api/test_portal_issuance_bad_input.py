"""What of an issuance rule is refused: always a 4xx that names the field, never a partial write (behaviour 28)."""

from typing import Any

import pytest

from tests.api.portal_issuance import ADD, FLAT_TEN, GET, LIST, STATUS, UPDATE, add
from tests.api.portal_shop import Portal, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

POINTS = ("flatPoints", "bonusPointsPerOffer", "bonusPointsPerDay")
PIECES = ("quantityFrom", "quantityTo")
TIMES = ("ruleValidFromDateTime", "ruleValidToDateTime")
USERS = ("createdUserId", "lastModifiedUserId")
WHOLE_NUMBERS = (
    "id",
    "merchantId",
    "lastUpdatedDateTime",
    "pointsExpirationInMonths",
    *USERS,
    *POINTS,
    *PIECES,
    *TIMES,
)


async def refused_twice(portal: Portal, mistakes: dict[str, list[Any]]) -> None:
    """Of none of these is a new rule or a change made, and all refusals say which field it was."""
    rule = await add(portal)
    for field, values in mistakes.items():
        for value in values:
            change = {field.partition(".")[0]: value}
            for endpoint, body in ((ADD, FLAT_TEN | change), (UPDATE, rule | change)):
                message = await portal.refused(endpoint, body, 400)
                assert message["parameters"].get("field") == field, (change, message)
                assert message["code"] == "1101"
    assert (await portal.post(LIST))["records"] == [rule]


async def test_a_whole_number_is_one(portal: Portal):
    values: list[Any] = ["ten", "", 10.5, True, []]
    await refused_twice(portal, dict.fromkeys(WHOLE_NUMBERS, values))


async def test_numbers_are_within_what_can_be_counted(portal: Portal):
    beyond: list[Any] = [-1, 2**53 + 1, 10**30]
    mistakes = {field: [0, *beyond] for field in POINTS} | dict.fromkeys(PIECES, beyond)
    mistakes |= {field: [-1, 10**30] for field in TIMES} | {"pointsExpirationInMonths": [0, -1, 1201, 10**30]}
    await refused_twice(portal, mistakes)


async def test_references_to_users_can_be_kept(portal: Portal):
    rule = await add(portal)
    for value in (-1, 2**53 + 1, 10**30):
        for endpoint in (ADD, UPDATE, STATUS):
            field = "createdUserId" if endpoint == ADD else "lastModifiedUserId"
            message = await portal.refused(endpoint, rule | {field: value}, 400)
            assert message["parameters"]["field"] == field


async def test_a_multiplier_is_a_number_of_points(portal: Portal):
    values: list[Any] = [
        0, "0.0", -1, "0.00001", 10**7, "NaN", "sNaN", "Infinity", "1e999999", "1e-999999", "two", "", True, [],
        "0." + "1" * 5000, "9" * 5000,
    ]  # fmt: skip
    multiplier = {"pointsType": {"name": "MULTIPLIER"}, "multiplierPoints": 1}
    rule = await add(portal, **multiplier)
    for value in values:
        for endpoint, body in ((ADD, multiplier), (UPDATE, rule)):
            message = await portal.refused(endpoint, body | {"multiplierPoints": value}, 400)
            assert message["parameters"]["field"] == "multiplierPoints", value


async def test_choices_amounts_days_and_texts_are_named(portal: Portal):
    euros = {"amount": 5, "currency": {"currencyCode": "EUR"}}
    money: list[Any] = [{"amount": amount} for amount in ("5.001", "NaN", 10**40, "five")]
    methods = [{"id": 1}] * 51
    mistakes: dict[str, list[Any]] = {
        "issuanceRuleStatus": ["ACTIVE", 1],
        "issuanceRuleStatus.name": [{"name": "active"}, {"name": "DELETED"}],
        "loyaltyTierLevel.name": [{"name": "TIER0"}, {"name": 1}],
        "pointsType.name": [{"name": "flat"}, {}],
        "offerRedemptionLimit.name": [{"name": "TWICE"}],
        "bonusPointsRadioButton": ["BOTH", 1],
        "fromAmount": [5, [], {"amount": -1}],
        "fromAmount.amount": money,
        "fromAmount.currency.currencyCode": [euros, {"amount": 5, "currency": {"currencyCode": "ABC"}}],
        "toAmount.amount": money,
        "sRuleValidFromDateTime": ["2026-02-30", "1 March", "20260301", "0001-01-01", "9999-12-31", 5],
        "sRuleValidToDateTime": ["2026-13-01", "9999-12-31"],
        "channel": [5, "online"],
        "channel.id": [{"id": 3}, {"id": -1}, {"id": "online"}],
        "channel.paymentMethods": [{"id": 1, "paymentMethods": "VISA"}, {"id": 1, "paymentMethods": methods}],
        "channel.paymentMethods[0].cardId": [{"paymentMethods": [{"cardId": value}]} for value in ("x", 10**30, -1)],
        "productId": ["x" * 256, {}],
        "cardNetworkName": ["x" * 256, 5],
        "offerDescription": ["x" * 4001, "a\0b", 5],
        "pointsNeverExpireInd": ["perhaps", 2],
        "minimumAmountRequiredInd": ["perhaps"],
    }
    await refused_twice(portal, mistakes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bonusPointsPerOffer": 1, "bonusPointsPerDay": 2}, "bonusPointsRadioButton"),
        ({"pointsType": {"name": "FLAT"}, "flatPoints": None}, "flatPoints"),
        ({"pointsType": {"name": "MULTIPLIER"}}, "multiplierPoints"),
        ({"minimumAmountRequiredInd": True}, "fromAmount.amount"),
        ({"fromAmount": {"amount": 5}, "toAmount": {"amount": 4}}, "toAmount"),
        ({"quantityFrom": 5, "quantityTo": 4}, "quantityTo"),
        ({"sRuleValidFromDateTime": "2026-03-02", "sRuleValidToDateTime": "2026-03-01"}, "ruleValidToDateTime"),
        ({"sRuleValidFromDateTime": "2026-03-02", "fromTime": "25:00"}, "fromTime"),
        ({"sRuleValidFromDateTime": "2026-03-02", "fromTime": "2026-03-02"}, "fromTime"),
        ({"sRuleValidToDateTime": "2026-03-02", "toTime": "noon"}, "toTime"),
        ({"sRuleValidToDateTime": "2026-03-02", "toTime": "0001-01-01T00:00:00+14:00"}, "toTime"),
    ],
)
async def test_what_does_not_fit_together_is_named(portal: Portal, changes: dict[str, Any], field: str):
    rule = await add(portal)
    for endpoint, body in ((ADD, FLAT_TEN), (UPDATE, rule)):
        assert (await portal.refused(endpoint, body | changes, 400))["parameters"]["field"] == field
    assert (await portal.post(LIST))["records"] == [rule]


async def test_a_new_rule_gives_something(portal: Portal):
    for body in ({}, {"flatPoints": 1, "multiplierPoints": 1}):
        assert (await portal.refused(ADD, body, 400))["parameters"]["field"] == "pointsType"


async def test_what_orders_have_is_not_asked_of_an_activity(portal: Portal):
    """A rule of another surface for signing up takes no amounts and no product."""
    database = portal.shop.engine.database
    rule = await add(portal)
    await database.execute(
        'UPDATE earning_rule_version SET terms = terms || \'{"trigger": "sign_up"}\' WHERE merchant_id = $1',
        portal.merchant_id,
    )
    for changes, field in (({"fromAmount": {"amount": 5}}, "fromAmount"), ({"productId": 7}, "productId")):
        assert (await portal.refused(UPDATE, rule | changes, 400))["parameters"]["field"] == field
    assert (await portal.post(UPDATE, rule | {"flatPoints": 11}))["flatPoints"] == 11


async def test_a_change_names_its_rule_and_its_status(portal: Portal):
    for endpoint in (UPDATE, STATUS):
        for rule_id in (None, 0, "0"):
            body = FLAT_TEN | {"id": rule_id, "issuanceRuleStatus": {"name": "ACTIVE"}}
            assert (await portal.refused(endpoint, body, 400))["parameters"]["field"] == "id"
    message = await portal.refused(STATUS, {"id": 1}, 400)
    assert message["parameters"]["field"] == "issuanceRuleStatus"


async def test_a_body_that_is_no_rule_is_refused(portal: Portal):
    bodies = (
        b"", b"{}", b"[]", b"null", b'"text"', b"{", b'{"flatPoints": NaN}', b"\xff\xfe", b"[" * 100_000,
        b'{"offerDescription": "\\ud800"}', b'{"channel": ' * 10_000, b'{"flatPoints": 1' + b"0" * 5000 + b"}",
    )  # fmt: skip
    headers = {"authorization": portal.basic(), "content-type": "application/json"}
    for endpoint in (ADD, UPDATE, STATUS, "lockRule"):
        for body in bodies:
            answer = await portal.shop.http.post(f"/ui/v1/{endpoint}", content=body, headers=headers)
            assert refusal(answer, 400)["code"] in ("1100", "1101"), (endpoint, body[:40])


async def test_a_rule_is_read_by_a_number_that_exists(portal: Portal):
    for path in ("0", "-1", "9" * 30, "nine", "1.5", "%00", "null"):
        answer = await portal.shop.http.get(f"/ui/v1/{GET}/{path}", headers={"authorization": portal.basic()})
        if path.strip("-").isdigit():
            assert refusal(answer, 404)["parameters"].keys() == {"ruleId"}
        else:
            assert refusal(answer, 400)["parameters"]["field"] == "id"
