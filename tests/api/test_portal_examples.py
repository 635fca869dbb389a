"""The examples of the portal are what a server answers: the day that they are from is lived again.

With GUERDON_TESTS_RECORD in the environment, what is answered becomes the examples.
"""

import json
from typing import Any

from guerdon.api.portal.routes import ROUTES
from tests.api.portal_issuance import DOLLARS
from tests.api.portal_shop import GOLDEN, MERCHANT_ID, Portal, open_portal
from tests.api.v1.test_operations import compare

HER = 642
"""What the portal calls whoever works there."""


class Day:
    """What was asked of the portal, and answered, by operation."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.lived: dict[str, dict[str, Any]] = {}

    async def ask(self, name: str, **request: Any) -> dict[str, Any]:
        """What answers; the first time is the example."""
        [route] = [one for one in ROUTES if one.handle.__name__ == name]
        endpoint = route.path.removeprefix("/ui/v1/").partition("/")[0]
        if route.method == "GET":
            answer = await self._portal.read(endpoint, request["id"])
        else:
            answer = await self._portal.post(endpoint, request)
        self.lived.setdefault(name, {"request": request, "response": answer})
        return answer


async def test_each_example_is_what_a_server_answers(dsn: str):
    async with open_portal(dsn) as portal:
        day = Day(portal)
        await _redemption_rules(day)
        await _issuance_rules(day)
        await _transfers(day)
    assert day.lived.keys() == {route.handle.__name__ for route in ROUTES}
    compare("portal.json", day.lived)


async def _redemption_rules(day: Day) -> None:
    sent: dict[str, Any] = json.loads((GOLDEN / "add_redemption_rule.request.json").read_bytes())
    rule = (await day.ask("add_redemption_rule", **sent))["id"]
    await day.ask("get_redemption_rule", id=rule)
    named = {"id": rule, "merchantId": MERCHANT_ID}
    kind = {"ruleType": {"name": "REDEMPTION"}, **named, "lastModifiedUserId": HER}
    await day.ask("lock_rule", **kind)
    await day.ask(
        "update_redemption_rule", **named, numberOfPoints="8000", lastModifiedUserId=HER,
        amountIssued={"amount": "50.00", "currency": DOLLARS}, redemptionRuleStatus={"name": "ACTIVE"},
        maxRedeemablePointsRadioButton="MAX_REDEEMABLE_POINTS_PER_DAY", maximumRedeemablePointsPerDay="16000",
        description="For each 8000 points, a $50.00 reward. Twice a day at most.",
    )  # fmt: skip
    await day.ask("unlock_rule", **kind)
    await day.ask(
        "loyalty_redemption_rules", merchantId=MERCHANT_ID, redemptionRuleStatus={"name": "ACTIVE"},
        sortBy="numberOfPoints", sortOrder="DESC", pageNumber=1, pageSize=25,
    )  # fmt: skip
    status = {"redemptionRuleStatus": {"name": "DISABLED"}, "lastModifiedUserId": HER}
    await day.ask("update_redemption_rule_status", **named, **status)


async def _issuance_rules(day: Day) -> None:
    said: dict[str, Any] = {
        "merchantId": MERCHANT_ID,
        "issuanceRuleStatus": {"name": "ACTIVE"},
        "pointsType": {"name": "MULTIPLIER"},
        "multiplierPoints": "1.5",
        "sRuleValidFromDateTime": "2026-03-01",
        "sRuleValidToDateTime": "2026-12-31",
        "pointsExpirationInMonths": "12",
        "fromAmount": {"amount": "10.00", "currency": DOLLARS},
        "offerDescription": "One and a half points a dollar, from ten dollars",
        "channel": {"id": 1},
    }
    rule = (await day.ask("add_issuance_rule", **said, createdUserId=HER))["id"]
    await day.ask("get_issuance_rule", id=rule)
    named = {"id": rule, "lastModifiedUserId": HER}
    await day.ask("update_issuance_rule", **said | {"multiplierPoints": "2"}, **named)
    await day.ask(
        "loyalty_issuance_rules", merchantId=MERCHANT_ID, pointsType={"name": "MULTIPLIER"}, searchText="dollar",
        sortBy="id", pageNumber=1, pageSize=25,
    )  # fmt: skip
    status = {"merchantId": MERCHANT_ID, "issuanceRuleStatus": {"name": "DISABLED"}}
    await day.ask("update_issuance_rule_status", **named, **status)


async def _transfers(day: Day) -> None:
    await day.ask(
        "update_buy_gift_transfer_rule", id=MERCHANT_ID, merchantId=MERCHANT_ID, ruleStatus={"name": "ACTIVE"},
        minimumTransferPoints="500", maxTransferPointsPerYear="20000", maxReceivablePointsPerYear="40000",
        transferFeesRadioButton="FLAT_TRANSFER_FEES", flatTransferFees={"amount": "5.00", "currency": DOLLARS},
        payFeeWithPoints=False, lastModifiedUserId=HER,
    )  # fmt: skip
    await day.ask("get_buy_gift_transfer_rule", id=MERCHANT_ID)
