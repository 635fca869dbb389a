"""Work beside the requests, for as long as the process lives."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

PAUSE_S = 1.0

log = structlog.get_logger()


class Work(Protocol):
    """What goes on until it is told to stop."""

    async def run(self) -> None:
        """Work until stopped."""
        ...

    def stop(self) -> None:
        """End soon, and orderly."""
        ...


async def lasting(run: Callable[[], Awaitable[None]], name: str) -> None:
    """Run work to its end. What it cannot bear, such as a full disk, is in the log, and after a pause it goes on."""
    while True:
        try:
            return await run()
        except Exception:
            log.exception("work_failed", work=name, again_in_s=PAUSE_S)
            await asyncio.sleep(PAUSE_S)


@asynccontextmanager
async def beside(
    work: Work, name: str, *, instead: Callable[[], Awaitable[object]] | None = None
) -> AsyncGenerator[None]:  # fmt: skip
    """Work that lasts as long as the block; or, `instead`, what is to be done once on leaving it."""
    working = asyncio.create_task(lasting(work.run, name), name=name) if instead is None else None
    try:
        yield
    finally:
        if working is not None:
            work.stop()
            await asyncio.gather(working, return_exceptions=True)
        elif instead is not None:
            await instead()
