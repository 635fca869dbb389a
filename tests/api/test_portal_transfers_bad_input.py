"""What the rule for buying, giving and transferring points refuses to read (behaviour 28)."""

from typing import Any

import pytest

from tests.api.portal_shop import Portal, refusal
from tests.api.portal_transfers import FEES, POINTS_SENT, RULE, UPDATE, stored

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHOLE_NUMBERS = ("id", "merchantId", "createdUserId", "lastModifiedUserId", "lastUpdatedDateTime", *POINTS_SENT)


async def refused_field(portal: Portal, changes: list[dict[str, Any]], field: str) -> None:
    """None of these is a change, and all refusals say which field it was."""
    for change in changes:
        message = await portal.refused(UPDATE, RULE | change, 400)
        assert message["parameters"].get("field") == field, (change, message)
        assert message["code"] == "1101"
    assert await stored(portal) == []


@pytest.mark.parametrize("field", WHOLE_NUMBERS)
async def test_a_whole_number_is_one(portal: Portal, field: str):
    values: list[Any] = ["ten", "", " 5", "0x10", "1_000", "NaN", 10.5, True, [], {}]
    await refused_field(portal, [{field: value} for value in values], field)


@pytest.mark.parametrize("field", [*POINTS_SENT, "createdUserId", "lastModifiedUserId"])
async def test_points_and_users_are_neither_negative_nor_beyond_counting(portal: Portal, field: str):
    values: list[Any] = [-1, "-100", 2**53 + 1, 2**64, 10**30, "9" * 40]
    await refused_field(portal, [{field: value} for value in values], field)


@pytest.mark.parametrize("in_points", [False, True])
@pytest.mark.parametrize("field", FEES)
async def test_a_fee_is_an_amount(portal: Portal, field: str, in_points: bool):
    amounts: list[Any] = [
        -5, "-0.01", "NaN", "sNaN", "Infinity", "-Infinity", 1e300, "1e999999", "1e-999999", 10**40, "fifty", "", True,
        [], {}, "1e99999999999999999999", "1e-99999999999999999999", "9" * 5000, "0." + "1" * 5000,
        "0.0000000000001" if field == "transferFeesPerPoint" else "0.001", "9007199254740992.5",
    ]  # fmt: skip
    blank = dict.fromkeys(FEES, None) | {"payFeeWithPoints": in_points}
    await refused_field(portal, [blank | {field: {"amount": amount}} for amount in amounts], f"{field}.amount")
    shapeless: list[Any] = [5, "5.00", []]
    await refused_field(portal, [{field: value} for value in shapeless], field)


@pytest.mark.parametrize("field", FEES)
async def test_a_fee_is_in_the_merchants_currency_or_in_points(portal: Portal, field: str):
    def fee(code: Any) -> dict[str, Any]:
        return {field: {"amount": 5, "currency": {"currencyCode": code}}}

    unknown: list[Any] = ["ABC", "EUR", 840, "US DOLLARS " * 99]
    await refused_field(portal, [fee(code) for code in unknown], f"{field}.currency.currencyCode")
    blank = dict.fromkeys(FEES, None) | {"payFeeWithPoints": True}
    await refused_field(portal, [blank | fee(code) for code in ("USD", "ABC")], f"{field}.currency.currencyCode")
    await portal.post(UPDATE, blank | {field: {"amount": 5, "currency": None}})
    await portal.post(UPDATE, blank | fee("usd") | {"payFeeWithPoints": False})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"transferFeesRadioButton": "BOTH"}, "transferFeesRadioButton"),
        ({"transferFeesRadioButton": 1}, "transferFeesRadioButton"),
        ({"payFeeWithPoints": "perhaps"}, "payFeeWithPoints"),
        ({"ruleStatus": "ACTIVE"}, "ruleStatus"),
        ({"ruleStatus": {}}, "ruleStatus.name"),
        ({"ruleStatus": {"name": "active"}}, "ruleStatus.name"),
        ({"ruleStatus": {"name": "X" * 9999}}, "ruleStatus.name"),
    ],
)
async def test_the_rest_is_named_too(portal: Portal, change: dict[str, Any], field: str):
    await refused_field(portal, [change], field)


async def test_a_body_that_is_no_rule_is_refused(portal: Portal):
    headers = {"authorization": portal.basic(), "content-type": "application/json"}
    for body in (b"[]", b"null", b"5", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"flatTransferFees": ' * 10_000):
        answer = await portal.shop.http.post(f"/ui/v1/{UPDATE}", content=body, headers=headers)
        assert refusal(answer, 400)["code"] in ("1100", "1101"), body[:40]
