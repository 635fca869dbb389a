"""A load of its own: many connections in one process, each asking again as soon as it is answered.

Run as a process (`python -m guerdon.bench.load`), told by JSON on standard input, answering with JSON on its output.
It speaks just enough HTTP to keep out of the way: what it takes of the processor is taken from the server it measures.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from typing import cast

import msgspec
import uvloop

WELL = b'{"status":201,'
"""How the answer to a line begins that was taken."""


class Load(msgspec.Struct, kw_only=True):
    """What to ask: `body` is JSON with a number to fill in, `%07d`, drawn from 1 to `members`; or `lines` of it.

    With `numbered_from`, another one comes before it, `%012d`, which counts the requests.
    """

    host: str
    port: int
    path: str
    headers: dict[str, str]
    body: str
    members: int
    connections: int
    seconds: float
    seed: int = 1
    numbered_from: int | None = None
    content_type: str = "application/json"
    lines: int = 1


class Measured(msgspec.Struct, kw_only=True):
    """What came back: microseconds of each answer; `refused` counts answers other than 200 and 201, of lines too."""

    took_us: list[int]
    refused: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Answers that were no refusals."""
        return (len(self.took_us) - self.refused) / self.seconds

    def at_ms(self, share: float) -> float:
        """In how many milliseconds this share of the answers was there: 0.5 for the half of them."""
        times = sorted(self.took_us)
        return round(times[min(len(times) - 1, int(len(times) * share))] / 1000, 3) if times else 0.0


def taken_together(turns: Sequence[Measured]) -> Measured:
    """Several turns as one."""
    return Measured(
        took_us=[took for turn in turns for took in turn.took_us],
        refused=sum(turn.refused for turn in turns),
        seconds=sum(turn.seconds for turn in turns),
    )


class Run:
    """What all connections of a load share: when to stop, and how long answers took."""

    def __init__(self, load: Load) -> None:
        self._members, self._lines = load.members, load.lines
        self._next = load.numbered_from
        self._random = random.Random(load.seed)  # noqa: S311  a load is drawn from a seed, not kept secret
        self._open = load.connections
        self._took_us: list[int] = []
        self._refused = 0
        self.going_on = True
        self.done = asyncio.get_running_loop().create_future()

    def draw(self) -> tuple[int, ...]:
        """The numbers of the next request: its own, where they have any, and its member's, or its members'."""
        if self._lines > 1:
            return tuple(self._random.randint(1, self._members) for _ in range(self._lines))
        member = self._random.randint(1, self._members)
        if self._next is None:
            return (member,)
        self._next += 1
        return self._next, member

    def answered(self, took_ns: int, answer: bytes) -> None:
        """Note one answer."""
        self._took_us.append(took_ns // 1000)
        well = answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201"))
        self._refused += not (well and (self._lines == 1 or answer.count(WELL) == self._lines))

    def closed(self) -> None:
        """One connection is through."""
        self._open -= 1
        if not self._open:
            self.done.set_result(None)

    def measured(self, seconds: float) -> Measured:
        """The figures, once all connections are closed."""
        return Measured(took_us=self._took_us, refused=self._refused, seconds=seconds)


class Client(asyncio.Protocol):
    """One connection. Answers have a content-length and never overlap."""

    def __init__(self, request: bytes, run: Run) -> None:
        self._request = request
        self._run = run
        self._buffer = b""
        self._sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take the answer, whole or in pieces, and ask again."""
        buffer = self._buffer + data if self._buffer else data
        head = buffer.find(b"\r\n\r\n")
        if head < 0 or len(buffer) < head + 4 + _content_length(buffer[:head]):
            self._buffer = buffer
            return
        self._buffer = b""
        self._run.answered(time.perf_counter_ns() - self._sent, buffer)
        if self._run.going_on:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio names it
        """The load is over, or the server went away."""
        self._run.closed()

    def _ask(self) -> None:
        self._sent = time.perf_counter_ns()
        self._transport.write(self._request % self._run.draw())


def _content_length(head: bytes) -> int:
    start = head.lower().index(b"content-length:") + 15
    return int(head[start : head.find(b"\r", start) if b"\r" in head[start:] else None])


async def put(load: Load) -> Measured:
    """Put this load on the server and measure it."""
    body = load.body % ((1,) * load.lines if load.numbered_from is None else (1, 1))
    lines = [f"POST {load.path} HTTP/1.1", f"Host: {load.host}", *(f"{k}: {v}" for k, v in load.headers.items())]
    lines += [f"Content-Type: {load.content_type}", f"Content-Length: {len(body)}", "", load.body]
    request = "\r\n".join(lines).encode()
    run = Run(load)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    for _ in range(load.connections):
        await loop.create_connection(lambda: Client(request, run), load.host, load.port)
    loop.call_later(load.seconds, setattr, run, "going_on", False)
    await run.done
    return run.measured(time.perf_counter() - started)


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(put(asked))))
