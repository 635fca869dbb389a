"""A receiver of webhooks that takes everything at once, in a process of its own: `python -m guerdon.bench.sink`.

It says on which port it listens, and ends with whoever started it.
"""

import asyncio
import sys
from typing import cast

import httptools
import uvloop

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


class _Sink(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not declared to be what they are.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """A request is there."""
        self._transport.write(TAKEN)


async def serve() -> None:
    """Until the other end of stdin is closed."""
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve())
