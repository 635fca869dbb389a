"""A shop whose rules an admin portal keeps: operators who sign in with name and password on every request.

Tests of merchant 42 have a database of their own (`open_portal`); the others take the next merchant of the street.
"""

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from guerdon.access.keys import create_key
from guerdon.access.operators import create_operator
from tests.shop import Shop, open_shop, surfaces
from tests.street import Street

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
    owner: str = "olga"
    names: dict[str, str] = field(default_factory=dict[str, str])
    """What those who may sign in are called here, and by which names they do: no two operators have the same."""

    @property
    def merchant_id(self) -> int:
        """Whose rules these are."""
        return self.shop.merchant.merchant_id

    async def operator(self, username: str, role: str, merchant_id: int | None = None) -> int:
        """Somebody else who may sign in, for this merchant or another; the password is that of everyone here."""
        engine = self.shop.engine
        self.names[username] = f"{username}-{uuid4().hex}"
        return await create_operator(
            engine.database,
            merchant_id or self.merchant_id,
            username=self.names[username],
            password="correct horse",
            role=role,
            now=self.shop.clock(),
        )

    def basic(self, operator: str | None = None, password: str = "correct horse") -> str:
        """What Authorization holds when the owner signs in, or somebody else."""
        return basic(self.owner if operator is None else self.names[operator], password)

    async def send(
        self, endpoint: str, body: Any = None, *, operator: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """POST a body to an endpoint of the contract."""
        headers = {"authorization": self.basic(operator)} | ({"idempotency-key": key} if key else {})
        return await self.shop.http.post(f"/ui/v1/{endpoint}", json=body, headers=headers)

    async def post(self, endpoint: str, body: Any = None, *, operator: str | None = None) -> dict[str, Any]:
        """The answer to a POST that goes well."""
        answer = await self.send(endpoint, body, operator=operator)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, endpoint: str, body: Any, status: int, *, operator: str | None = None) -> dict[str, Any]:
        """The message of a POST that is refused with this status."""
        answer = await self.send(endpoint, body, operator=operator)
        return refusal(answer, status)

    async def add(self, **changes: Any) -> dict[str, Any]:
        """A rule made by the portal, as it can be read afterwards."""
        made = await self.post("addRedemptionRule", RULE | changes)
        return await self.get(made["id"])

    async def get(self, rule_id: int, *, operator: str | None = None) -> dict[str, Any]:
        """A rule as the portal reads it."""
        return await self.read("getRedemptionRule", rule_id, operator=operator)

    async def read(self, endpoint: str, rule_id: int, *, operator: str | None = None) -> dict[str, Any]:
        """A rule of any kind as the portal reads it."""
        answer = await self.shop.http.get(
            f"/ui/v1/{endpoint}/{rule_id}", headers={"authorization": f"Basic {self.basic(operator)}"}
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


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def street_app(street: Street) -> Any:
    """Every surface, on the street's engine."""
    return surfaces(street.engine)


@pytest_asyncio.fixture(loop_scope="session")
async def portal(street: Street, street_app: Any) -> AsyncIterator[Portal]:
    """The next merchant of the street, with an owner."""
    async with street_portal(street, street_app) as opened:
        yield opened


@asynccontextmanager
async def street_portal(street: Street, app: Any, **merchant: Any) -> AsyncGenerator[Portal]:
    """The next merchant of the street with a key and an owner, and an HTTP client to everything."""
    shop = await street.shop(**merchant)
    merchant_id, owner = shop.merchant.merchant_id, f"owner-{uuid4().hex}"
    api_key = await create_key(street.engine.database, merchant_id, name="tests", now=shop.clock())
    headers = {"x-guid": str(shop.merchant.guid), "x-api-key": api_key}
    transport = httpx.ASGITransport(app, client=(f"shop-{merchant_id}", 1))  # mistakes at an address are counted there
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=headers) as http:
        owner_id = await create_operator(
            street.engine.database, merchant_id, username=owner, password="correct horse", role="owner",
            now=shop.clock(),
        )  # fmt: skip
        yield Portal(replace(shop, http=http, api_key=api_key), owner_id, owner)
