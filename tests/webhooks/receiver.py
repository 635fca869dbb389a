"""A receiver of webhooks, and what delivers to it: the outside, which tests may make as they like."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from guerdon.events.log import relay
from guerdon.kit.clock import Clock
from guerdon.kit.outbound import Outbound
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.webhooks.deliverer import Deliverer
from guerdon.webhooks.deliveries import count_deliveries
from guerdon.webhooks.endpoint import Endpoint
from guerdon.webhooks.endpoints import add_endpoint, get_endpoint
from guerdon.webhooks.message import STANDARD, Format, StandardFormat
from tests.shop import Shop

Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (204, {}, b"")


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """What it tells, in our own format."""
        return self.json["data"]


@dataclass
class Receiver:
    """Listens on a port of its own, answers as `answer` says, and remembers what came."""

    answer: Callable[[Received], Awaitable[Answer] | Answer] = lambda _: OK
    port: int = 0
    received: list[Received] = field(default_factory=list[Received])
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def numbers(self) -> list[int]:
        """The `n` of every event that came, in our own format."""
        return [one.data["n"] for one in self.received]

    async def open(self) -> None:
        """Begin to listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything off, in the middle of whatever it is."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = [line.partition(": ") for line in head.split("\r\n")[1:-2]]
                headers = {name.lower(): value for name, _, value in lines}
                came = Received(headers, await reader.readexactly(int(headers["content-length"])))
                self.received.append(came)
                answered = self.answer(came)
                status, more, body = answered if isinstance(answered, tuple) else await answered
                told = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: {len(body)}\r\n{told}\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()


@asynccontextmanager
async def receiving(
    answer: Callable[[Received], Awaitable[Answer] | Answer] = lambda _: OK,
) -> AsyncGenerator[Receiver]:
    """A receiver, for as long as the block runs."""
    receiver = Receiver(answer)
    await receiver.open()
    try:
        yield receiver
    finally:
        await receiver.close()


@asynccontextmanager
async def delivering(
    shop: Shop, *, clock: Clock | None = None, allow_private: bool = True, **formats: Format
) -> AsyncGenerator[Deliverer]:
    """A deliverer that goes by the shop's clock, and does nothing until it is told to."""
    async with await Outbound.open(allow_private=allow_private, per_host_max=0) as outbound:
        given = {STANDARD: StandardFormat(), **formats}
        yield Deliverer(shop.engine.database, shop.engine.merchants, outbound, given, clock or shop.clock)


async def endpoint(shop: Shop, receiver: Receiver, **more: Any) -> tuple[Endpoint, str]:
    """An endpoint of this shop at this receiver, and its secret."""
    given: dict[str, Any] = {"allow_private": True, "now": shop.clock(), **more}
    return await add_endpoint(shop.engine.database, shop.merchant.merchant_id, url=receiver.url, **given)


async def happen(shop: Shop, numbers: Sequence[int], *, topic: str = "points.earned", members: int = 0) -> None:
    """Events with these numbers, each about a member by its number where there are members."""
    events = [Event(topic, n % members + 1 if members else None, {"n": n}) for n in numbers]
    async with shop.engine.database.transaction() as connection:
        await write_events(connection, shop.merchant.merchant_id, events, shop.clock())
    while await relay(shop.engine.database, shop.merchant.merchant_id):
        pass


async def states(shop: Shop, of: Endpoint) -> dict[str, int]:
    """How many deliveries are in each state, for those that are in any."""
    found = await count_deliveries(shop.engine.database, shop.merchant.merchant_id, of.endpoint_id)
    return {state: count for state, count in found.items() if count}


async def now_of(shop: Shop, of: Endpoint) -> Endpoint:
    """The endpoint as it stands."""
    return await get_endpoint(shop.engine.database, shop.merchant.merchant_id, of.endpoint_id)
