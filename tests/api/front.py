"""A shop of the street as strangers reach it: an HTTP client that sends no credentials of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest_asyncio

from guerdon.access.keys import create_key, list_keys, rotate_token_secret
from guerdon.access.tokens import customer_token
from tests.shop import Shop, surfaces
from tests.street import Street

ANA, BO = "ana@example.com", "bo@example.com"


@dataclass
class Front:
    """A shop, and whoever comes to its door."""

    shop: Shop
    http: httpx.AsyncClient

    async def key(self, **how: Any) -> dict[str, str]:
        """The headers of a new key."""
        made: dict[str, Any] = {"name": "tests", "now": self.shop.clock(), **how}
        secret = await create_key(self.shop.engine.database, self.shop.merchant.merchant_id, **made)
        return {"x-guid": str(self.shop.merchant.guid), "x-api-key": secret}

    async def publishable(self, **how: Any) -> dict[str, str]:
        """The headers of a new publishable key, which nothing limits unless it is said."""
        return await self.key(**{"kind": "publishable", "limit_per_second": 1000, **how})

    async def secret(self) -> str:
        """A new secret to sign customers' tokens with."""
        return await rotate_token_secret(self.shop.engine.database, self.shop.merchant.merchant_id, self.shop.clock())

    def token(self, secret: str, subject: str = f"email:{ANA}", **life: float) -> str:
        """A token of a customer: for an hour unless it is said."""
        return customer_token(
            secret, guid=self.shop.merchant.guid, subject=subject, now=self.shop.clock(),
            life=timedelta(**life) if life else timedelta(hours=1),
        )  # fmt: skip

    async def key_id(self) -> int:
        """The id of the newest key."""
        return (await list_keys(self.shop.engine.database, self.shop.merchant.merchant_id))[-1].key_id


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def served(street: Street) -> AsyncIterator[httpx.AsyncClient]:
    """Everything that the street's engine serves."""
    app = surfaces(street.engine)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        yield http


@pytest_asyncio.fixture(loop_scope="session")
async def front(shop: Shop, served: httpx.AsyncClient) -> Front:
    """The next shop of the street; what was asked of others before is written down."""
    await shop.engine.requests.flush()
    return Front(shop, served)
