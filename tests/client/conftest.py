"""A shop of the street, behind a socket, as a client elsewhere meets it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest_asyncio
import uvicorn

from guerdon.access.keys import create_key
from tests.api.portal_shop import street_app
from tests.shop import Shop
from tests.street import Street, street, street_dsn

__all__ = ["street", "street_app", "street_dsn"]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def port(street_app: Any) -> AsyncIterator[int]:
    """Where the street listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(street_app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving


@pytest_asyncio.fixture(loop_scope="session")
async def shop(street: Street) -> Shop:
    """The next shop of the street, with a key for its programs."""
    shop = await street.shop()
    secret = await create_key(street.engine.database, shop.merchant.merchant_id, name="tests", now=street.clock())
    return replace(shop, api_key=secret)
