"""A shop of the street, and an assistant that has its key."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest_asyncio
from mcp import Client

from guerdon.access.keys import create_key
from guerdon.client import AsyncGuerdon
from guerdon.mcp.server import tool_server
from tests.api.portal_shop import street_app
from tests.shop import Shop
from tests.street import Street, street, street_dsn

__all__ = ["street", "street_app", "street_dsn"]


@dataclass
class Assistant:
    """Calls tools."""

    client: Client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers."""
        told = await self.client.call_tool(tool, arguments)
        assert not told.is_error, told.content
        return told.structured_content

    async def refused(self, tool: str, **arguments: Any) -> str:
        """Why a tool does not."""
        told = await self.client.call_tool(tool, arguments)
        assert told.is_error
        content: Any = told.content[0]
        return content.text

    async def names(self) -> set[str]:
        """Which tools there are."""
        return {tool.name for tool in (await self.client.list_tools()).tools}


Hired = Callable[..., AbstractAsyncContextManager[Assistant]]


@pytest_asyncio.fixture(loop_scope="session")
async def shop(street: Street) -> Shop:
    """The next shop of the street, with a key."""
    shop = await street.shop()
    secret = await create_key(street.engine.database, shop.merchant.merchant_id, name="tests", now=street.clock())
    return replace(shop, api_key=secret)


@pytest_asyncio.fixture(loop_scope="session")
async def hired(shop: Shop, street_app: Any) -> Hired:
    """Assistants with a key of the shop."""

    @asynccontextmanager
    async def open_assistant(*, writes: bool = False, key: str | None = None) -> AsyncGenerator[Assistant]:
        transport = httpx.ASGITransport(street_app)
        async with (
            AsyncGuerdon("http://shop", key or shop.api_key, transport=transport) as guerdon,
            Client(tool_server(guerdon, writes=writes, clock=shop.clock)) as client,
        ):
            yield Assistant(client)

    return open_assistant
