"""What the portal contract refuses to read: always a 4xx that names the field, never a partial write (behaviour 28)."""

from typing import Any

import pytest

from tests.api.portal_shop import RULE, Portal, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHOLE_NUMBERS = (
    "id",
    "merchantId",
    "createdUserId",
    "lastModifiedUserId",
    "lastUpdatedDateTime",
    "numberOfPoints",
    "minimumRedeemablePoints",
    "offsetRedeemablePoints",
    "maximumRedeemablePointsPerTxn",
    "maximumRedeemablePointsPerDay",
)
POINTS = WHOLE_NUMBERS[5:]
ABOVE_ZERO = ("numberOfPoints", "maximumRedeemablePointsPerTxn", "maximumRedeemablePointsPerDay")
CHOICES = ("redemptionRuleStatus", "redemptionCategory", "loyaltyTierLevel")


async def refused_twice(portal: Portal, changes: list[dict[str, Any]], field: str) -> None:
    """Of none of these is a new rule or a change made, and all refusals say which field it was."""
    rule = await portal.add()
    for change in changes:
        for endpoint, body in (("addRedemptionRule", RULE | change), ("updateRedemptionRule", rule | change)):
            message = await portal.refused(endpoint, body, 400)
            assert message["parameters"].get("field") == field, (change, message)
            assert message["code"] == "1101"
    answer = await portal.post("loyaltyRedemptionRules")
    assert answer["records"] == [rule]


@pytest.mark.parametrize("field", WHOLE_NUMBERS)
async def test_a_whole_number_is_one(portal: Portal, field: str):
    values: list[Any] = ["ten", "", " 5", "0x10", "1_000", "NaN", 10.5, True, [], {}, [1]]
    await refused_twice(portal, [{field: value} for value in values], field)


@pytest.mark.parametrize("field", POINTS)
async def test_points_are_neither_negative_nor_beyond_counting(portal: Portal, field: str):
    values: list[Any] = [-1, "-100", 2**53 + 1, 2**64, 10**30, "9" * 40]
    if field in ABOVE_ZERO:
        values += [0, "0"]
    await refused_twice(portal, [{field: value} for value in values], field)


async def test_references_to_users_can_be_kept(portal: Portal):
    rule = await portal.add()
    for value in (-1, 2**53 + 1, 10**30):
        message = await portal.refused("addRedemptionRule", RULE | {"createdUserId": value}, 400)
        assert message["parameters"]["field"] == "createdUserId"
        for endpoint in ("updateRedemptionRule", "updateRedemptionRuleStatus"):
            message = await portal.refused(endpoint, rule | {"lastModifiedUserId": value}, 400)
            assert message["parameters"]["field"] == "lastModifiedUserId"


async def test_an_amount_is_money(portal: Portal):
    amounts: list[Any] = [
        "50.001", 50.001, 0, "0.00", -5, "-0.01", "NaN", "sNaN", "Infinity", "-Infinity", 1e300, "1e999999",
        "1e-999999", "9007199254740993", 10**40, "fifty", "", True, [], {}, "1e99999999999999999999", "9" * 5000,
        "0." + "1" * 5000, None,
    ]  # fmt: skip
    dollars = {"currencyCode": "USD"}
    sent = [{"amountIssued": {"amount": amount, "currency": dollars}} for amount in amounts]
    await refused_twice(portal, [*sent, {"amountIssued": None}, {"amountIssued": {}}], "amountIssued.amount")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (5, "amountIssued"),
        ("5.00", "amountIssued"),
        ([], "amountIssued"),
        ({"amount": 5, "currency": "USD"}, "amountIssued.currency"),
        ({"amount": 5, "currency": {"currencyCode": 840}}, "amountIssued.currency.currencyCode"),
        ({"amount": 5, "currency": {"currencyCode": "ABC"}}, "amountIssued.currency.currencyCode"),
        ({"amount": 5, "currency": {"currencyCode": "US DOLLARS " * 99}}, "amountIssued.currency.currencyCode"),
        ({"amount": "0.5", "currency": {"currencyCode": "JPY"}}, "amountIssued.amount"),
    ],
)
async def test_money_has_a_currency_that_exists(portal: Portal, value: Any, field: str):
    await refused_twice(portal, [{"amountIssued": value}], field)


async def test_money_is_in_a_currency_that_the_merchant_takes(portal: Portal):
    amount = {"amount": 5, "currency": {"currencyCode": "EUR"}}

    message = await portal.refused("addRedemptionRule", RULE | {"amountIssued": amount}, 422)

    assert message["code"] == "1140"
    assert message["parameters"] == {"currency": "EUR", "accepted": "USD"}


@pytest.mark.parametrize("field", CHOICES)
async def test_a_choice_is_an_object_with_a_name(portal: Portal, field: str):
    shapeless: list[Any] = ["ACTIVE", 1, [], True]
    await refused_twice(portal, [{field: value} for value in shapeless], field)
    nameless: list[Any] = [{}, {"value": "Active"}, {"name": None}, {"name": 1}]
    rule = await portal.add()
    for value in nameless:
        message = await portal.refused("updateRedemptionRule", rule | {field: value}, 400)
        assert message["parameters"]["field"] == f"{field}.name"


@pytest.mark.parametrize("field", CHOICES)
async def test_a_choice_is_one_of_those_there_are(portal: Portal, field: str):
    names = ("", "active", "TIER0", "TIER01", "TIER-1", "TIER٣", "TIER9999999999", "X" * 9999)
    await refused_twice(portal, [{field: {"name": name}} for name in names], f"{field}.name")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"numberOfPoints": None}, "numberOfPoints"),
        ({"description": 5}, "description"),
        ({"description": "x" * 4001}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"maxRedeemablePointsRadioButton": "BOTH"}, "maxRedeemablePointsRadioButton"),
        ({"maxRedeemablePointsRadioButton": 1}, "maxRedeemablePointsRadioButton"),
        (
            {"maximumRedeemablePointsPerTxn": 1, "maximumRedeemablePointsPerDay": 2},
            "maxRedeemablePointsRadioButton",
        ),
        ({"minimumRedeemablePoints": 50, "offsetRedeemablePoints": 100}, "offsetRedeemablePoints"),
    ],
)
async def test_the_rest_is_named_too(portal: Portal, changes: dict[str, Any], field: str):
    await refused_twice(portal, [changes], field)


@pytest.mark.parametrize("endpoint", ["updateRedemptionRule", "updateRedemptionRuleStatus"])
async def test_a_change_names_its_rule(portal: Portal, endpoint: str):
    for rule_id in (None, 0, "0"):
        body = RULE | {"id": rule_id, "redemptionRuleStatus": {"name": "ACTIVE"}}
        assert (await portal.refused(endpoint, body, 400))["parameters"]["field"] == "id"


async def test_a_change_of_status_names_the_status(portal: Portal):
    message = await portal.refused(
        "updateRedemptionRuleStatus", await portal.add() | {"redemptionRuleStatus": None}, 400
    )

    assert message["parameters"]["field"] == "redemptionRuleStatus"


@pytest.mark.parametrize("endpoint", ["addRedemptionRule", "updateRedemptionRule", "updateRedemptionRuleStatus"])
async def test_a_body_that_is_no_rule_is_refused(portal: Portal, endpoint: str):
    bodies = (
        b"", b"{}", b"[]", b"null", b"5", b'"text"', b"{", b'{"numberOfPoints": NaN}', b"\xff\xfe", b'{"a": "\xff"}',
        b'{"description": "\\ud800"}', b"[" * 100_000, b'{"amountIssued": ' * 10_000, b'{"more": ' + b"[" * 100_000,
        b'{"numberOfPoints": 1' + b"0" * 5000 + b"}", b"numberOfPoints=5", b'{"numberOfPoints": 1e400}',
    )  # fmt: skip
    headers = {"authorization": portal.basic(), "content-type": "application/json"}
    for body in bodies:
        answer = await portal.shop.http.post(f"/ui/v1/{endpoint}", content=body, headers=headers)
        assert refusal(answer, 400)["code"] in ("1100", "1101"), body[:40]


async def test_a_body_over_the_limit_is_refused(portal: Portal):
    message = await portal.refused("addRedemptionRule", RULE | {"description": "x" * 1_000_000}, 413)

    assert message["code"] == "1102"


async def test_a_rule_is_read_by_a_number_that_exists(portal: Portal):
    for path in ("9", "0", "-1", "9" * 30, "nine", "1.5", "%00", "null"):
        answer = await portal.shop.http.get(
            f"/ui/v1/getRedemptionRule/{path}", headers={"authorization": portal.basic()}
        )
        if path.strip("-").isdigit():
            assert refusal(answer, 404)["parameters"].keys() == {"ruleId"}
        else:
            assert refusal(answer, 400)["parameters"]["field"] == "id"


async def test_another_method_is_refused_in_the_same_words(portal: Portal):
    answer = await portal.shop.http.get("/ui/v1/addRedemptionRule", headers={"authorization": portal.basic()})

    assert refusal(answer, 405)["code"] == "1121"
    assert answer.headers["allow"] == "POST"
