"""What the portal contract refuses to read: always a 4xx that names the field, never a partial write (behaviour 28)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guerdon.api.portal.message import CODES, OTHERWISE, refused
from guerdon.errors import BadField, Refusal
from tests.api.portal_shop import RULE, Portal, basic, open_portal, refusal

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
CHOICES = ("redemptionRuleStatus", "redemptionCategory", "loyaltyTierLevel")


@pytest.fixture
async def portal(dsn: str) -> AsyncIterator[Portal]:
    async with open_portal(dsn) as opened:
        yield opened


async def refused_twice(portal: Portal, changes: dict[str, Any], field: str, status: int = 400) -> None:
    """Neither a new rule nor a change is made of this, and both say which field it was."""
    rule = await portal.add()
    for endpoint, body in (("addRedemptionRule", RULE | changes), ("updateRedemptionRule", rule | changes)):
        message = await portal.refused(endpoint, body, status)
        assert message["parameters"].get("field") == field, message
        assert message["code"] == "1101"
    answer = await portal.post("loyaltyRedemptionRules")
    assert answer["records"] == [rule]


@pytest.mark.parametrize("value", ["ten", "", " 5", "0x10", "1_000", "NaN", 10.5, True, [], {}, [1]], ids=repr)
@pytest.mark.parametrize("field", WHOLE_NUMBERS)
async def test_a_whole_number_is_one(portal: Portal, field: str, value: Any):
    await refused_twice(portal, {field: value}, field)


@pytest.mark.parametrize("value", [-1, "-100", 2**53 + 1, 2**64, 10**30, "9" * 40])
@pytest.mark.parametrize("field", POINTS)
async def test_points_are_neither_negative_nor_beyond_counting(portal: Portal, field: str, value: Any):
    await refused_twice(portal, {field: value}, field)


@pytest.mark.parametrize("field", ["numberOfPoints", "maximumRedeemablePointsPerTxn", "maximumRedeemablePointsPerDay"])
async def test_a_price_or_a_cap_of_nothing_is_none(portal: Portal, field: str):
    await refused_twice(portal, {field: 0}, field)


@pytest.mark.parametrize("value", [-1, 2**53 + 1, 10**30])
async def test_references_to_users_can_be_kept(portal: Portal, value: int):
    rule = await portal.add()
    message = await portal.refused("addRedemptionRule", RULE | {"createdUserId": value}, 400)
    assert message["parameters"]["field"] == "createdUserId"
    for endpoint in ("updateRedemptionRule", "updateRedemptionRuleStatus"):
        message = await portal.refused(endpoint, rule | {"lastModifiedUserId": value}, 400)
        assert message["parameters"]["field"] == "lastModifiedUserId"


@pytest.mark.parametrize(
    "amount",
    [
        "50.001", 50.001, 0, "0.00", -5, "-0.01", "NaN", "sNaN", "Infinity", "-Infinity", 1e300, "1e999999",
        "1e-999999", "9007199254740993", 10**40, "fifty", "", True, [], {}, "1e99999999999999999999", "9" * 5000,
        "0." + "1" * 5000,
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
async def test_an_amount_is_money(portal: Portal, amount: Any):
    sent = {"amount": amount, "currency": {"currencyCode": "USD"}}
    await refused_twice(portal, {"amountIssued": sent}, "amountIssued.amount")


@pytest.mark.parametrize("value", [None, {}, {"amount": None}, {"currency": {"currencyCode": "USD"}}], ids=repr)
async def test_an_amount_is_needed(portal: Portal, value: Any):
    await refused_twice(portal, {"amountIssued": value}, "amountIssued.amount")


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
    await refused_twice(portal, {"amountIssued": value}, field)


async def test_money_is_in_a_currency_that_the_merchant_takes(portal: Portal):
    amount = {"amount": 5, "currency": {"currencyCode": "EUR"}}

    message = await portal.refused("addRedemptionRule", RULE | {"amountIssued": amount}, 422)

    assert message["code"] == "1140"
    assert message["parameters"] == {"currency": "EUR", "accepted": "USD"}


@pytest.mark.parametrize("value", ["ACTIVE", 1, [], True, {"value": "Active"}, {"name": None}, {"name": 1}], ids=repr)
@pytest.mark.parametrize("field", CHOICES)
async def test_a_choice_is_an_object_with_a_name(portal: Portal, field: str, value: Any):
    rule = await portal.add()
    message = await portal.refused("updateRedemptionRuleStatus", rule | {field: value}, 400)
    assert message["parameters"]["field"].partition(".")[0] == field


@pytest.mark.parametrize("name", ["", "active", "TIER0", "TIER01", "TIER-1", "TIER٣", "TIER9999999999", "X" * 9999])
@pytest.mark.parametrize("field", CHOICES)
async def test_a_choice_is_one_of_those_there_are(portal: Portal, field: str, name: str):
    await refused_twice(portal, {field: {"name": name}}, f"{field}.name")


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
    await refused_twice(portal, changes, field)


@pytest.mark.parametrize("endpoint", ["updateRedemptionRule", "updateRedemptionRuleStatus"])
@pytest.mark.parametrize("rule_id", [None, 0, "0"])
async def test_a_change_names_its_rule(portal: Portal, endpoint: str, rule_id: Any):
    body = RULE | {"id": rule_id, "redemptionRuleStatus": {"name": "ACTIVE"}}

    assert (await portal.refused(endpoint, body, 400))["parameters"]["field"] == "id"


async def test_a_change_of_status_names_the_status(portal: Portal):
    message = await portal.refused(
        "updateRedemptionRuleStatus", await portal.add() | {"redemptionRuleStatus": None}, 400
    )

    assert message["parameters"]["field"] == "redemptionRuleStatus"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"5", b'"text"', b"{", b'{"numberOfPoints": NaN}', b"\xff\xfe", b'{"a": "\xff"}',
        b'{"description": "\\ud800"}', b"[" * 100_000, b'{"amountIssued": ' * 100_000, b'{"more": ' + b"[" * 100_000,
        b'{"numberOfPoints": 1' + b"0" * 5000 + b"}", b"numberOfPoints=5", b'{"numberOfPoints": 1e400}',
    ],
    ids=lambda body: repr(body)[:24],
)  # fmt: skip
@pytest.mark.parametrize("endpoint", ["addRedemptionRule", "updateRedemptionRule", "updateRedemptionRuleStatus"])
async def test_a_body_that_is_no_rule_is_refused(portal: Portal, endpoint: str, body: bytes):
    answer = await portal.shop.http.post(
        f"/ui/v1/{endpoint}", content=body, headers={"authorization": basic("olga"), "content-type": "application/json"}
    )

    assert refusal(answer, 400)["code"] in ("1100", "1101")


async def test_a_body_over_the_limit_is_refused(portal: Portal):
    message = await portal.refused("addRedemptionRule", RULE | {"description": "x" * 1_000_000}, 413)

    assert message["code"] == "1102"


@pytest.mark.parametrize(
    ("path", "status"),
    [("9", 404), ("0", 404), ("-1", 404), ("9" * 30, 404), ("nine", 400), ("1.5", 400), ("%00", 400), ("null", 400)],
)
async def test_a_rule_is_read_by_a_number_that_exists(portal: Portal, path: str, status: int):
    answer = await portal.shop.http.get(f"/ui/v1/getRedemptionRule/{path}", headers={"authorization": basic("olga")})

    message = refusal(answer, status)
    if status == 400:
        assert message["parameters"]["field"] == "id"


async def test_another_method_is_refused_in_the_same_words(portal: Portal):
    answer = await portal.shop.http.get("/ui/v1/addRedemptionRule", headers={"authorization": basic("olga")})

    assert refusal(answer, 405)["code"] == "1121"
    assert answer.headers["allow"] == "POST"


def test_codes_are_their_own() -> None:
    kinds = [kind for kind, _ in CODES]
    assert len(set(kinds)) == len(kinds)
    assert all(len(code) == 4 and code.isdigit() for _, code in CODES)
    assert refused(Refusal()).code == OTHERWISE
    message = refused(BadField("numberOfPoints", "it is missing"))
    assert json.loads(json.dumps(message.parameters)) == {"field": "numberOfPoints", "problem": "it is missing"}
