"""The main job, live over HTTP: a rule is added, points become coupons, an order takes what was held, a no says why."""

import asyncio
import base64
import http.client
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from rich.console import Console

from guerdon.cli.demo.programme import MERCHANT_ID
from guerdon.cli.demo.story import Story
from guerdon.cli.failure import Unusable
from guerdon.points.history import Balances

RULE: dict[str, Any] = {
    "id": 0,
    "redemptionRuleStatus": {"name": "ACTIVE"},
    "redemptionCategory": {"name": "GIFT_CARDS"},
    "loyaltyTierLevel": {"name": "NONE"},
    "amountIssued": {"amount": "50.00", "currency": {"currencyCode": "USD"}},
    "createdUserId": "642",
    "maxRedeemablePointsRadioButton": "MAX_REDEEMABLE_POINTS_PER_TXN",
    "merchantId": str(MERCHANT_ID),
    "description": "For each 10000 points you earn, you can redeem a $50.00 reward "
    "that can be applied to your next payment.",
    "numberOfPoints": "10000",
}
"""The request of the contract's own page on adding a redemption rule."""

BalancesOf = Callable[[str], Awaitable[Balances]]
"""What the books say of the customer with an email. The contract knows one balance, which holds leave as it is."""

POINTS = 25_000
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: Any


class Walk:
    """A conversation with a running server, written down as it goes."""

    def __init__(self, url: str, story: Story, balances_of: BalancesOf, console: Console) -> None:
        self._address = urlsplit(url).netloc
        self._story = story
        self._balances_of = balances_of
        self._console = console
        self._keys = {"x-guid": story.guid, "x-api-key": story.api_key}
        token = base64.b64encode(f"{story.username}:{story.password}".encode()).decode()
        self._sign_in = {"Authorization": token}

    async def add_rule(self) -> int:
        """The admin adds the rule; returns its id."""
        self._title("The admin adds a rule: 10,000 points buy a $50 gift card")
        answer = await self._ask("POST", "/ui/v1/addRedemptionRule", RULE, self._sign_in)
        self._show(answer, "id", "numberOfPoints", "redemptionCategory", "message")
        rule_id: int = _expect(answer, 200)["id"]
        return rule_id

    async def redeem(self, rule_id: int) -> str:
        """A new customer redeems twice, orders, and is refused; returns the customer's email."""
        email = f"riley.{uuid4().hex[:8]}@example.com"
        self._title("A customer joins and earns 25,000 points")
        _expect(await self._ask("POST", "/api/v2/customers", {"email": email, "first_name": "Riley"}), 200)
        given = {"customer_email": email, "point_adjustment_amount": POINTS, "apply_adjustment_to_points_earned": True}
        _expect(await self._ask("POST", "/api/v2/points/adjust", given), 200)
        await self._show_balance(email)

        self._title("The customer redeems 10,000 points, and has a code at once")
        asked = {"customer_email": email, "redemption_option_id": rule_id}
        answer = await self._ask("POST", "/api/v2/redemptions", asked)
        self._show(answer, "id", "code", "approved", "at_checkout")
        _expect(answer, 200)
        await self._show_balance(email)

        self._title("At a checkout, points are only held until the order comes")
        answer = await self._ask("POST", "/api/v2/redemptions", {**asked, "delay_points_deduction": True})
        self._show(answer, "id", "code", "approved", "at_checkout")
        code = _expect(answer, 200)["code"]
        await self._show_balance(email)

        self._title("The order with that code takes the held points")
        order = {"customer_email": email, "order_id": f"W-{uuid4().hex[:8]}", "total_amount_cents": 12_000,
                 "currency_code": "USD", "status": "paid", "coupon_code": code}  # fmt: skip
        _expect(await self._ask("POST", "/api/v2/orders", order), 200)
        await self._show_balance(email)

        self._title("A third time there are not enough points, and the answer says how many are missing")
        answer = await self._ask("POST", "/api/v2/redemptions", asked)
        self._show(answer, "error")
        _expect(answer, 422)
        return email

    def curl(self, email: str) -> str:
        """A request to try by hand, which works as it stands."""
        return (
            f"curl -s 'http://{self._address}/api/v2/customers?customer_email={email}&with_history=true' "
            f"-H 'x-guid: {self._story.guid}' -H 'x-api-key: {self._story.api_key}'"
        )

    async def _show_balance(self, email: str) -> None:
        answer = await self._ask("GET", f"/api/v2/customers?{urlencode({'customer_email': email})}", None)
        self._show(answer, "points_balance", "points_earned")
        _expect(answer, 200)
        balances = await self._balances_of(email)
        self._console.print(f"    in the books: {balances.available:,} available, {balances.held:,} held", style="dim")

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = "" if body is None else f" {json.dumps(body)}"
        self._console.print(f"  → {method} {path}{sent}", highlight=False, markup=False, soft_wrap=True, style="cyan")
        return await asyncio.to_thread(self._send, method, path, body, headers or self._keys)

    def _send(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self._address, timeout=TIMEOUT_S)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {**headers, "Content-Type": "application/json"})
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read()))
        finally:
            connection.close()

    def _title(self, text: str) -> None:
        self._console.print(f"\n{text}", style="bold", highlight=False, soft_wrap=True)

    def _show(self, answer: Answer, *names: str) -> None:
        """The parts of an answer that the step is about."""
        shown = {name: answer.body[name] for name in names if name in answer.body}
        self._console.print(
            f"  ← {answer.status} {json.dumps(shown)}", highlight=False, markup=False, soft_wrap=True, style="green"
        )


def _expect(answer: Answer, status: int) -> Any:
    if answer.status != status:
        raise Unusable(f"The server answered {answer.status} where {status} was expected: {json.dumps(answer.body)}")
    return answer.body
