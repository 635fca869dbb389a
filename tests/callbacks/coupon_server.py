"""A merchant's own coupon server: it makes and takes back coupons, and answers as badly as a test wants."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from guerdon.rewards.codes import TIMEOUT_S_MAX, Called


class Asked(NamedTuple):
    """One request."""

    body: dict[str, Any]
    headers: dict[str, str]


Answering = Callable[[Asked], Awaitable[web.Response]]


class CouponServer:
    """Its coupons by code, whoever asked for them; `create` and `cancel` say how it answers."""

    def __init__(self) -> None:
        self.port = 0
        self.reset()

    def reset(self) -> None:
        """As in the beginning."""
        self.asked: list[Asked] = []
        self.cancelled: list[Asked] = []
        self.live: set[str] = set()
        self.create: Answering = self.make
        self.cancel: Answering = self.take_back

    def codes(self, *, timeout_s: int = TIMEOUT_S_MAX, secret: str = "") -> Called:
        """A rule's terms that lead here. They are as patient as a rule can be: this machine may be slow at times."""
        at = f"http://127.0.0.1:{self.port}"
        return Called(create_url=f"{at}/create", cancel_url=f"{at}/cancel", timeout_s=timeout_s, secret=secret)

    async def make(self, asked: Asked) -> web.Response:
        """A good answer."""
        self.live.add(asked.body["coupon_code"])
        return said({"success": True})

    async def take_back(self, asked: Asked) -> web.Response:
        """A good answer."""
        self.live.discard(asked.body["coupon_code"])
        return said({"success": True})

    async def serve(self, request: web.Request) -> web.Response:
        """Note the request and answer it."""
        asked = Asked(msgspec.json.decode(await request.read()), dict(request.headers))
        if request.path == "/cancel":
            self.cancelled.append(asked)
            return await self.cancel(asked)
        self.asked.append(asked)
        return await self.create(asked)


def said(body: Any, status: int = 200) -> web.Response:
    """An answer in JSON."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


def answering(body: bytes, status: int = 200) -> Answering:
    """Always the same answer."""

    async def answer(_: Asked) -> web.Response:
        return web.Response(body=body, status=status)

    return answer


def too_late(server: CouponServer) -> Answering:
    """Makes the coupon, and does not say so until whoever asks has hung up."""

    async def answer(asked: Asked) -> web.Response:
        made = await server.make(asked)
        await asyncio.Event().wait()
        return made

    return answer


@asynccontextmanager
async def running_coupon_server() -> AsyncGenerator[CouponServer]:
    """The server on a port of this machine."""
    server = CouponServer()
    app = web.Application()
    app.router.add_post("/{what}", server.serve)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
