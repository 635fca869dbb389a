"""Issuance rules as the tests of the portal send them, and orders that earn by them."""

from typing import Any

from tests.api.portal_shop import Portal

ADD, UPDATE, STATUS = "addIssuanceRule", "updateIssuanceRule", "updateIssuanceRuleStatus"
GET, LIST = "getIssuanceRule", "loyaltyIssuanceRules"
ANA = "ana@example.com"
DOLLARS = {"currencyCode": "USD"}
FLAT_TEN: dict[str, Any] = {"pointsType": {"name": "FLAT"}, "flatPoints": "10"}
"""The least that makes a rule: ten points for an order."""

WHOLE: dict[str, Any] = {
    "id": 0,
    "issuanceRuleStatus": {"name": "ACTIVE"},
    "loyaltyTierLevel": {"name": "TIER1"},
    "pointsType": {"name": "MULTIPLIER"},
    "sRuleValidFromDateTime": "2026-03-01",
    "sRuleValidToDateTime": "2026-03-31",
    "fromTime": "2026-02-11T09:30:00.000Z",
    "toTime": "2026-02-11T17:00:00.000Z",
    "pointsNeverExpireInd": False,
    "pointsExpirationInMonths": "12",
    "fromAmount": {"amount": "10.00", "currency": DOLLARS},
    "toAmount": {"amount": 500},
    "createdUserId": "642",
    "bonusPointsRadioButton": "BONUS_POINTS_PER_OFFER",
    "bonusPointsPerOffer": "1000",
    "bonusPointsPerDay": None,
    "minimumAmountRequiredInd": True,
    "offerRedemptionLimit": {"name": "ONCE"},
    "offerDescription": "Spring points",
    "multiplierPoints": "1.5",
    "channel": {
        "id": 2,
        "allowCashAsPaymentMethodInd": True,
        "paymentMethods": [
            {"id": 3, "paymentMethodType": {"name": "CARD"}, "cardBrand": "VISA", "cardId": 9, "position": 1}
        ],
    },
    "productId": "SKU-7",
    "cardNetworkName": "VISA",
    "quantityFrom": "1",
    "quantityTo": 5,
}
"""Every field of the contract."""


async def add(portal: Portal, **terms: Any) -> dict[str, Any]:
    """A rule made by the portal, as it can be read afterwards: ten points for an order, unless the terms say more."""
    made = await portal.post(ADD, FLAT_TEN | terms)
    return await portal.read(GET, made["id"])


async def order(portal: Portal, order_id: str, cents: int = 5000, *, who: str = ANA, **more: Any) -> int:
    """What an order of 50.00 USD, or of so many cents, earns at the storefront."""
    sent = {"customer_email": who, "order_id": order_id, "total_amount_cents": cents, "currency_code": "USD"}
    answer = await portal.shop.http.post("/api/v2/orders", json=sent | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["points_earned"]
