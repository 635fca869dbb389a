"""The main job, live over HTTP: points are earned, become coupons, are held for an order, and go back in part."""

import asyncio
import base64
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from rich.console import Console

from guerdon.cli.demo.books import Books
from guerdon.cli.demo.programme import MERCHANT_ID, OUTDOOR
from guerdon.cli.demo.story import Story
from guerdon.cli.failure import Unusable

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

FURNITURE: tuple[dict[str, Any], ...] = (
    {"id": "SOFA-01", "price_cents": 240_000, "collections": "Living"},
    {"id": "TABLE-01", "price_cents": 80_000, "collections": OUTDOOR},
)
"""An order of $3,200, of which $800 earn double."""

SMALL: tuple[dict[str, Any], ...] = (
    {"id": "CHAIR-02", "price_cents": 12_750, "collections": "Living"},
    {"id": "LAMP-02", "price_cents": 4_250, "collections": "Living"},
)
"""An order of $170, of which a coupon pays $50; the lamp is a quarter of it."""

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: Any


class Walk:
    """A conversation with a running server, written down as it goes."""

    def __init__(self, url: str, story: Story, books: Books, console: Console) -> None:
        self._address = urlsplit(url).netloc
        self._story = story
        self._books = books
        self._console = console
        self._keys = {"x-guid": story.guid, "x-api-key": story.api_key}
        token = base64.b64encode(f"{story.username}:{story.password}".encode()).decode()
        self._sign_in = {"Authorization": token}

    async def earn(self) -> str:
        """A new customer joins and orders; returns their email."""
        email = f"riley.{uuid4().hex[:8]}@example.com"
        self._title("A customer joins, and is welcomed with points")
        joined = {"email": email, "first_name": "Riley", "opted_in": True}
        answer = await self._ask("POST", "/api/v2/customers", joined, 200)
        self._show(answer, "points_balance", "vip_tier_name")

        self._title("An order earns by every rule that is for it, and lifts the customer to a tier")
        await self._order(email, total=320_000, items=FURNITURE)
        answer = await self._ask("GET", f"/api/v2/customers?{urlencode({'customer_email': email})}", None, 200)
        self._show(answer, "points_balance", "points_earned", "vip_tier_name")
        return email

    async def add_rule(self) -> int:
        """The admin adds the rule; returns its id."""
        self._title("The admin adds a redemption rule: 10,000 points buy a $50 gift card")
        answer = await self._ask("POST", "/ui/v1/addRedemptionRule", RULE, 200, self._sign_in)
        self._show(answer, "id", "numberOfPoints", "redemptionCategory", "message")
        rule_id: int = answer.body["id"]
        return rule_id

    async def redeem(self, rule_id: int, email: str) -> None:
        """The customer redeems twice, orders, returns something, and is refused."""
        self._title("The customer redeems 10,000 points, and has a code at once")
        asked = {"customer_email": email, "redemption_option_id": rule_id}
        answer = await self._ask("POST", "/api/v2/redemptions", asked, 200)
        self._show(answer, "id", "code", "approved", "at_checkout")
        await self._show_balances(email)

        self._title("At a checkout, points are only held until the order comes")
        answer = await self._ask("POST", "/api/v2/redemptions", {**asked, "delay_points_deduction": True}, 200)
        self._show(answer, "id", "code", "approved", "at_checkout")
        await self._show_balances(email)

        self._title("The order with that code takes the held points, and earns on what was paid with money")
        order_id = await self._order(email, total=12_000, items=SMALL, coupon_code=answer.body["code"])

        self._title("A quarter of it is returned: a quarter of the points that it earned, and that it cost, goes back")
        returned = {"order_id": order_id, "total_amount_cents": 3_000, "items": [{"id": SMALL[1]["id"]}]}
        answer = await self._ask("POST", "/api/v2/refunds", returned, 200)
        self._show(answer, "order_id", "status")
        await self._show_balances(email)

        self._title("A third time there are not enough points, and the answer says how many are missing")
        answer = await self._ask("POST", "/api/v2/redemptions", asked, 422)
        self._show(answer, "error")

    async def verify(self) -> None:
        """All of history is replayed, that of the past year too."""
        self._title("Every entry of the year is replayed, and the balances follow from them")
        self._say("  $ guerdon verify", "cyan")
        verdict = await self._books.prove()
        if not verdict.ok:
            raise Unusable(f"The books do not add up: {verdict.findings[0].sentence}")
        self._say("  The books of 1 merchant add up.", "green")

    def curl(self, email: str) -> str:
        """A request to try by hand, which works as it stands."""
        return (
            f"curl -s 'http://{self._address}/api/v2/customers?customer_email={email}&with_history=true' "
            f"-H 'x-guid: {self._story.guid}' -H 'x-api-key: {self._story.api_key}'"
        )

    async def _order(self, email: str, *, total: int, items: tuple[dict[str, Any], ...], **more: str) -> str:
        """Report a paid order, with why it earned what it did; returns its id."""
        order_id = f"W-{uuid4().hex[:8]}"
        order = {"customer_email": email, "order_id": order_id, "total_amount_cents": total, "currency_code": "USD",
                 "status": "paid", "items": items, **more}  # fmt: skip
        answer = await self._ask("POST", "/api/v2/orders", order, 200)
        self._show(answer, "points_earned", "coupons")
        for reason in await self._books.reasons(order_id):
            self._say(f"    {reason}", "dim")
        await self._show_balances(email)
        return order_id

    async def _show_balances(self, email: str) -> None:
        """The contract knows one balance, which holds leave as it is; the books tell more."""
        balances = await self._books.balances(email)
        self._say(f"    in the books: {balances.available:,} available, {balances.held:,} held", "dim")

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, expected: int, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = "" if body is None else f" {json.dumps(body)}"
        self._say(f"  → {method} {path}{sent}", "cyan")
        answer = await asyncio.to_thread(self._send, method, path, body, headers or self._keys)
        if answer.status != expected:
            said = json.dumps(answer.body)
            raise Unusable(f"The server answered {answer.status} where {expected} was expected: {said}")
        return answer

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
        self._say(f"  ← {answer.status} {json.dumps(shown)}", "green")

    def _say(self, text: str, style: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)
