"""The parent of the workers: a machine that has no room for one more process is no reason to wait for ever."""

import asyncio
import socket
from typing import Any

import pytest
from structlog.testing import capture_logs

from guerdon.serving import Ending, serving

pytestmark = pytest.mark.asyncio


async def test_where_no_process_can_be_started_serving_ends_and_says_so(monkeypatch: pytest.MonkeyPatch):
    async def no_room(*_: object, **__: Any) -> None:
        raise BlockingIOError("no process is left")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", no_room)
    with capture_logs() as logs, socket.create_server(("127.0.0.1", 0)) as listener:
        async with asyncio.timeout(60), serving([listener], {}, database_alive=lambda: True) as ending:
            assert await ending is Ending.NEVER_READY
    assert {entry["event"] for entry in logs} == {"worker_not_started"}
