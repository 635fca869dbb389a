"""Runs what hypothesis draws: it calls tests from outside of any loop, so their street gets a loop of its own."""

import asyncio
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings

from guerdon.app import running_engine
from tests.shop import SettableClock
from tests.street import Street


@contextmanager
def lively_street(dsn: str) -> Generator[tuple[asyncio.Runner, Street]]:
    """A street, and the one loop on which everything in it has to be done."""

    async def opened(stack: AsyncExitStack) -> Street:
        clock = SettableClock()
        engine = await stack.enter_async_context(running_engine(dsn, clock=clock))
        return Street(dsn, engine, clock, await stack.enter_async_context(httpx.AsyncClient()))

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner, runner.run(opened(stack))
        runner.run(stack.aclose())


def bounded(runs: int, **more: Any) -> settings:
    """So many examples, however long a busy machine takes for one; `make explore` has each of them new."""
    return settings(
        max_examples=runs,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        database=None,
        phases=[Phase.generate, Phase.shrink],
        **more,
    )
