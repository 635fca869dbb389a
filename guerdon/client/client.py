"""The two clients: one that waits, one that is awaited. Both drive the same steps; see `exchange`."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from guerdon.client.ask import PLAIN, Ask, Flow, Listing, writing
from guerdon.client.exchange import Lost, Patience, Pause, Reply, Step, exchange
from guerdon.client.flow import Course
from guerdon.kit.clock import machine_clock

Answer = TypeVar("Answer")
Item = TypeVar("Item")

TIMEOUT_S = 30.0
PATIENCE = Patience()
LOST = (httpx.TransportError, httpx.DecodingError)
OUR_FAULT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""An address or a key that no request can be made of: the first try says so."""

AGENT = f"guerdon-python/{version('guerdon')}"

_chance = random.SystemRandom().random


class Guerdon:
    """A shop's way to its server, for programs that wait. Closed by `close`, or as a context.

        with Guerdon("https://loyalty.example.com", "gk_…") as guerdon:
            made = guerdon.ask(redemptions.create(member="email:ana@example.com", rule="rule_7"))

    Everything raises a `Failure` of guerdon.client.problems; an address that is none, ValueError. Many threads may use
    one client.
    """

    def __init__(
        self, url: str, key: str, *, timeout_s: float = TIMEOUT_S, patience: Patience = PATIENCE, agent: str = AGENT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._patience = patience
        self._http = httpx.Client(base_url=url, headers=_headers(key, agent), timeout=timeout_s, transport=transport)

    def ask(self, ask: Ask[Answer]) -> Answer:
        """The answer. Asked again, an ask that writes is answered as before."""
        steps = exchange(ask, self._patience, _chance, machine_clock)
        step = next(steps)
        while True:
            done = self._done(step)
            try:
                step = steps.send(done)
            except StopIteration as ended:
                return ended.value

    def each(self, listing: Listing[Item]) -> Iterator[Item]:
        """Everything in a list, newest first where nothing else was asked; pages are fetched as they are needed."""
        cursor: str | None = None
        while True:
            page = self.ask(listing.page(cursor))
            yield from page.data
            if not page.has_more:
                return
            cursor = page.next_cursor

    def flow(self, flow: Flow[Item]) -> Iterator[Item]:
        """What comes piece by piece: an export to its end, events for as long as they are read, over as many
        connections as it takes.
        """
        course = Course(flow, self._patience, _chance, machine_clock)
        while True:
            sent = course.sent()
            try:
                with self._http.stream(sent.method, sent.target, headers=sent.headers) as response:
                    if response.status_code < 300:
                        for piece in response.iter_bytes():
                            yield from course.read(piece)
                        pause = course.ended()
                    else:
                        response.read()
                        pause = course.refused(_reply(response))
            except LOST as error:
                pause = course.lost(_lost(error))
            if pause is None:
                return
            time.sleep(pause.seconds)

    def get(self, path: str, **query: Any) -> Any:
        """What is at a path for which there is no function here, as plain values."""
        return self.ask(Ask("GET", path, PLAIN, query))

    def post(self, path: str, *, key: str | None = None, **body: Any) -> Any:
        """Write at such a path, under an own key or a new one."""
        return self.ask(_posting(path, key, body))

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _done(self, step: Step) -> Reply | Lost | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            return _reply(self._http.request(step.method, step.target, headers=step.headers, content=step.content))
        except LOST as error:
            return _lost(error)


class AsyncGuerdon:
    """The same for programs that await.

    async with AsyncGuerdon("https://loyalty.example.com", "gk_…") as guerdon:
        async for one in guerdon.each(redemptions.find(member="mem_42")): …
    """

    def __init__(
        self, url: str, key: str, *, timeout_s: float = TIMEOUT_S, patience: Patience = PATIENCE, agent: str = AGENT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=url, headers=_headers(key, agent), timeout=timeout_s, transport=transport
        )

    async def ask(self, ask: Ask[Answer]) -> Answer:
        """The answer. Asked again, an ask that writes is answered as before."""
        steps = exchange(ask, self._patience, _chance, machine_clock)
        step = next(steps)
        while True:
            done = await self._done(step)
            try:
                step = steps.send(done)
            except StopIteration as ended:
                return ended.value

    async def each(self, listing: Listing[Item]) -> AsyncIterator[Item]:
        """Everything in a list, newest first where nothing else was asked; pages are fetched as they are needed."""
        cursor: str | None = None
        while True:
            page = await self.ask(listing.page(cursor))
            for item in page.data:
                yield item
            if not page.has_more:
                return
            cursor = page.next_cursor

    async def flow(self, flow: Flow[Item]) -> AsyncIterator[Item]:
        """What comes piece by piece: an export to its end, events for as long as they are read, over as many
        connections as it takes.
        """
        course = Course(flow, self._patience, _chance, machine_clock)
        while True:
            sent = course.sent()
            try:
                async with self._http.stream(sent.method, sent.target, headers=sent.headers) as response:
                    if response.status_code < 300:
                        async for piece in response.aiter_bytes():
                            for item in course.read(piece):
                                yield item
                        pause = course.ended()
                    else:
                        await response.aread()
                        pause = course.refused(_reply(response))
            except LOST as error:
                pause = course.lost(_lost(error))
            if pause is None:
                return
            await asyncio.sleep(pause.seconds)

    async def get(self, path: str, **query: Any) -> Any:
        """What is at a path for which there is no function here, as plain values."""
        return await self.ask(Ask("GET", path, PLAIN, query))

    async def post(self, path: str, *, key: str | None = None, **body: Any) -> Any:
        """Write at such a path, under an own key or a new one."""
        return await self.ask(_posting(path, key, body))

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _done(self, step: Step) -> Reply | Lost | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return _reply(
                await self._http.request(step.method, step.target, headers=step.headers, content=step.content)
            )
        except LOST as error:
            return _lost(error)


def _headers(key: str, agent: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "user-agent": agent}


def _posting(path: str, key: str | None, body: dict[str, Any]) -> Ask[Any]:
    ask = writing("POST", path, PLAIN, body)
    return ask if key is None else ask.under(key)


def _lost(error: httpx.RequestError) -> Lost:
    if isinstance(error, OUR_FAULT):
        raise ValueError(str(error)) from error
    return Lost(repr(error))


def _reply(response: httpx.Response) -> Reply:
    return Reply(response.status_code, dict(response.headers), response.content)
