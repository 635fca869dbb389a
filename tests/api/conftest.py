"""A shop of the street that answers over HTTP: for tests that need no database of their own.

Their modules say which loop the street's engine runs on:

    pytestmark = pytest.mark.asyncio(loop_scope="session")
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest_asyncio

from guerdon.access.keys import create_key
from tests.api.portal_shop import portal, street_app
from tests.shop import Shop, surfaces
from tests.street import Street, street, street_dsn

__all__ = ["corner", "portal", "street", "street_app", "street_dsn"]


async def opened(street: Street, **merchant: Any) -> Shop:
    """The next shop of the street, with a key of its own that goes with every request."""
    shop = await street.shop(**merchant)
    api_key = await create_key(street.engine.database, shop.merchant.merchant_id, name="tests", now=street.clock())
    app = surfaces(street.engine)
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://shop",
        headers={"x-guid": str(shop.merchant.guid), "x-api-key": api_key},
    )
    return replace(shop, api_key=api_key, http=http)


@pytest_asyncio.fixture(loop_scope="session")
async def corner(street: Street) -> AsyncIterator[Shop]:
    """A shop with nothing in it yet."""
    shop = await opened(street)
    async with shop.http:
        yield shop
