"""A street whose engine may ask addresses of this machine, and a merchant's own coupon server to be asked."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from guerdon.app import running_engine
from tests.callbacks.coupon_server import CouponServer, running_coupon_server
from tests.shop import Shop
from tests.street import Street, street, street_dsn

__all__ = ["coupon_server", "shop", "street", "street_dsn"]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def outgoing(street: Street) -> AsyncIterator[Street]:
    """The street, on an engine that may ask private addresses."""
    async with running_engine(street.dsn, clock=street.clock, private_urls=True) as engine:
        yield replace(street, engine=engine)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(outgoing: Street) -> Shop:
    """A merchant with nothing yet."""
    return await outgoing.shop()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running_server() -> AsyncIterator[CouponServer]:
    """One server for all tests."""
    async with running_coupon_server() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def coupon_server(running_server: CouponServer) -> CouponServer:
    """The server as it begins: it makes every coupon that it is asked for, and has made none."""
    running_server.reset()
    return running_server
