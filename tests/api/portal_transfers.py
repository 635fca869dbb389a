"""The rule for buying, giving and transferring points, as the tests of the portal send and read it."""

from typing import Any

from guerdon.moving.rule import MovingRule
from guerdon.moving.rules import list_rule_versions
from tests.api.portal_shop import Portal

PER_POINT, FLAT = "TRANSFER_FEES_PER_POINT", "FLAT_TRANSFER_FEES"
UPDATE = "updateBuyGiftTransferRule"
POINTS_SENT = (
    "maxPurchasePointsForSelfPerYear",
    "maxPurchasePointsForOthersPerYear",
    "maxReceivablePointsPerYear",
    "minimumTransferPoints",
    "maxTransferPointsPerYear",
)
FEES = ("flatTransferFees", "transferFeesPerPoint", "maxTransferFees")
DOLLARS = {"currencyCode": "USD"}

RULE: dict[str, Any] = {
    "maxPurchasePointsForSelfPerYear": "50000",
    "maxPurchasePointsForOthersPerYear": 20000,
    "maxReceivablePointsPerYear": 30000,
    "minimumTransferPoints": "100",
    "maxTransferPointsPerYear": 10000,
    "flatTransferFees": {"amount": None, "currency": DOLLARS},
    "transferFeesPerPoint": {"amount": "0.010", "currency": DOLLARS},
    "maxTransferFees": {"amount": 25, "currency": DOLLARS},
    "transferFeesRadioButton": PER_POINT,
    "payFeeWithPoints": False,
    "ruleStatus": {"name": "ACTIVE"},
}


async def read(portal: Portal, rule_id: Any = None, *, operator: str | None = None) -> dict[str, Any]:
    """The rule as the portal reads it."""
    answer = await portal.shop.http.get(
        f"/ui/v1/getBuyGiftTransferRule/{rule_id or portal.merchant_id}",
        headers={"authorization": f"Basic {portal.basic(operator)}"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(portal: Portal) -> list[MovingRule]:
    """All that the rule ever said, newest first."""
    return [version.terms for version in await list_rule_versions(portal.shop.engine.database, portal.merchant_id)]
