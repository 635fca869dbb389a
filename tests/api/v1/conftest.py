"""A shop of the street, and its own server's way to talk to the native API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest_asyncio

from guerdon.access.keys import create_key
from tests.api.portal_shop import street_app
from tests.shop import Shop
from tests.street import Street, street, street_dsn

__all__ = ["street", "street_app", "street_dsn"]


@dataclass
class Api:
    """Requests with the key of a shop."""

    shop: Shop

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Read something."""
        return await self.shop.http.get(path, headers=headers)

    async def post(self, path: str, *, key: str | None = None, **body: Any) -> httpx.Response:
        """Write something, perhaps under an idempotency key."""
        return await self._send("POST", path, key, body)

    async def patch(self, path: str, *, key: str | None = None, **body: Any) -> httpx.Response:
        """Change something."""
        return await self._send("PATCH", path, key, body)

    async def delete(self, path: str, *, key: str | None = None, **body: Any) -> httpx.Response:
        """Take something away."""
        return await self._send("DELETE", path, key, body)

    async def key(self, **terms: Any) -> str:
        """Another key of the shop."""
        merchant_id = self.shop.merchant.merchant_id
        return await create_key(self.shop.engine.database, merchant_id, name="other", now=self.shop.clock(), **terms)

    async def _send(self, method: str, path: str, key: str | None, body: dict[str, Any]) -> httpx.Response:
        headers = {} if key is None else {"idempotency-key": key}
        return await self.shop.http.request(method, path, json=body, headers=headers)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(street: Street, street_app: Any) -> AsyncIterator[Shop]:
    """The next shop of the street, whose key goes with every request."""
    shop = await street.shop()
    secret = await create_key(street.engine.database, shop.merchant.merchant_id, name="tests", now=street.clock())
    headers = {"authorization": f"Bearer {secret}"}
    transport = httpx.ASGITransport(street_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=headers) as http:
        yield replace(shop, api_key=secret, http=http)


@pytest_asyncio.fixture(loop_scope="session")
async def api(shop: Shop) -> Api:
    """The native API, as that shop uses it."""
    return Api(shop)
