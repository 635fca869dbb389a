"""A shop whose rules an admin portal keeps: operators who sign in with name and password on every request."""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from guerdon.access.operators import create_operator
from tests.shop import Shop, open_shop

GOLDEN = Path(__file__).parent / "golden"
MERCHANT_ID = 42
RULE: dict[str, Any] = {"numberOfPoints": 100, "amountIssued": {"amount": "5.00", "currency": {"currencyCode": "USD"}}}
"""The least that makes a rule: each 100 points buy 5.00 USD."""


def basic(username: str, password: str = "correct horse") -> str:
    """What Authorization holds, as the contract's page has it: without the word Basic."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


@dataclass
class Portal:
    """The shop and its owner's id. Requests come from the owner unless told otherwise."""

    shop: Shop
    operator_id: int

    async def operator(self, username: str, role: str, merchant_id: int = MERCHANT_ID) -> int:
        """Somebody else who may sign in; the password is that of everyone here."""
        engine = self.shop.engine
        return await create_operator(
            engine.database,
            merchant_id,
            username=username,
            password="correct horse",
            role=role,
            now=self.shop.clock(),
        )

    async def send(self, endpoint: str, body: Any = None, *, operator: str = "olga") -> httpx.Response:
        """POST a body to an endpoint of the contract."""
        return await self.shop.http.post(f"/ui/v1/{endpoint}", json=body, headers={"authorization": basic(operator)})

    async def post(self, endpoint: str, body: Any = None, *, operator: str = "olga") -> dict[str, Any]:
        """The answer to a POST that goes well."""
        answer = await self.send(endpoint, body, operator=operator)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, endpoint: str, body: Any, status: int, *, operator: str = "olga") -> dict[str, Any]:
        """The message of a POST that is refused with this status."""
        answer = await self.send(endpoint, body, operator=operator)
        return refusal(answer, status)

    async def add(self, **changes: Any) -> dict[str, Any]:
        """A rule made by the portal, as it can be read afterwards."""
        made = await self.post("addRedemptionRule", RULE | changes)
        return await self.get(made["id"])

    async def get(self, rule_id: int, *, operator: str = "olga") -> dict[str, Any]:
        """A rule as the portal reads it."""
        answer = await self.shop.http.get(
            f"/ui/v1/getRedemptionRule/{rule_id}", headers={"authorization": f"Basic {basic(operator)}"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


def refusal(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The message of a refusal, which is all there is in it."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert list(body) == ["message"]
    message = body["message"]
    assert list(message) == ["code", "type", "include_i_icon", "description", "parameters"]
    assert message["type"] == {"name": "ERROR"}
    assert message["description"].endswith(".")
    return message


@asynccontextmanager
async def open_portal(dsn: str) -> AsyncGenerator[Portal]:
    """Merchant 42 of the contract's page, with an owner named olga."""
    async with open_shop(dsn, merchant_id=MERCHANT_ID) as shop:
        owner = await create_operator(
            shop.engine.database,
            MERCHANT_ID,
            username="olga",
            password="correct horse",
            role="owner",
            now=shop.clock(),
        )
        yield Portal(shop, owner)
