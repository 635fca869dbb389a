"""Work beside the requests outlasts what it cannot bear, and ends when it is told to."""

import asyncio

import pytest
from structlog.testing import capture_logs

from guerdon.kit import lasting

pytestmark = pytest.mark.asyncio


class Clumsy:
    """Falls over so many times, then works until it is stopped."""

    def __init__(self, falls: int = 0) -> None:
        self.falls = falls
        self.works, self.stopping = asyncio.Event(), asyncio.Event()
        self.once = 0

    async def run(self) -> None:
        """Work, sooner or later."""
        if self.falls:
            self.falls -= 1
            raise OSError("the disk is full")
        self.works.set()
        await self.stopping.wait()

    def stop(self) -> None:
        """No more."""
        self.stopping.set()

    async def run_once(self) -> int:
        """What is due."""
        self.once += 1
        return 1


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting, "PAUSE_S", 0)


async def test_what_work_cannot_bear_is_in_the_log_and_it_goes_on():
    work = Clumsy(falls=2)
    with capture_logs() as logs:
        async with lasting.beside(work, "mending"):
            await asyncio.wait_for(work.works.wait(), 60)
    assert [(entry["event"], entry["work"]) for entry in logs] == [("work_failed", "mending")] * 2
    assert work.stopping.is_set()


async def test_work_that_falls_over_though_it_is_stopped_does_not_keep_the_process():
    work = Clumsy(falls=3)
    with capture_logs() as logs:
        async with asyncio.timeout(60):
            async with lasting.beside(work, "mending"):
                pass
    assert len(logs) == 3


async def test_what_is_due_is_done_once_instead_on_leaving():
    work = Clumsy()
    async with lasting.beside(work, "mending", instead=work.run_once):
        assert work.once == 0
    assert (work.once, work.works.is_set()) == (1, False)
