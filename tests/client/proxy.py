"""A proxy that loses connections at every place where a network can."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from random import Random

FATES = {
    "answered": 5,
    "never sent on": 1,
    "sent on, and hung up at once": 1,
    "answered, and none of it came": 1,
    "answered, and half of it came": 1,
    "answered, and hung up": 1,
}
"""What becomes of a request, and how often beside the others."""


class Proxy:
    """Between a client and a server at a port."""

    def __init__(self, upstream_port: int, random: Random) -> None:
        self._upstream_port = upstream_port
        self._random = random
        self._late: set[asyncio.Task[bytes]] = set()
        self.port = 0
        self.met: Counter[str] = Counter()
        """How many requests met each fate."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, for as long as its requests have luck."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(await _message(reader), writer):
                pass
        writer.close()

    async def settled(self) -> None:
        """Everything that was sent on has been answered to somebody or nobody."""
        await asyncio.gather(*self._late)

    async def _one(self, request: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection lives on."""
        fate = self._random.choices(list(FATES), list(FATES.values()))[0]
        self.met[fate] += 1
        if fate == "never sent on":
            return False
        answering = asyncio.create_task(self._answer(request))
        self._late.add(answering)
        if fate == "sent on, and hung up at once":
            return False
        answer = await answering
        if fate != "answered, and none of it came":
            writer.write(answer[: len(answer) // 2] if fate == "answered, and half of it came" else answer)
            await writer.drain()
        return fate == "answered"

    async def _answer(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        writer.write(request)
        answer = await _message(reader)
        writer.close()
        await writer.wait_closed()
        return answer


@asynccontextmanager
async def losing(upstream_port: int, random: Random) -> AsyncGenerator[Proxy]:
    """Such a proxy, on a port of its own."""
    proxy = Proxy(upstream_port, random)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        await proxy.settled()
        server.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request or an answer, whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().splitlines():
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)
