"""The guide for programs in Python does what it says."""

import asyncio
import re

import pytest

from guerdon.app import running_relay
from guerdon.docs.build import GUIDES
from tests.shop import Shop

ADDRESS, KEY = "http://127.0.0.1:8080", "gk_42_…"


@pytest.mark.asyncio(loop_scope="session")
async def test_every_line_of_the_guide_runs(shop: Shop, port: int, street_dsn: str):
    guide = (GUIDES / "python.md").read_text("utf-8")
    program = "\n".join(re.findall(r"^```python\n(.*?)^```", guide, re.DOTALL | re.MULTILINE))
    for said, there in ((ADDRESS, f"http://127.0.0.1:{port}"), (KEY, shop.api_key)):
        assert said in program
        program = program.replace(said, there)
    async with running_relay(street_dsn):  # events are told once they have their numbers
        await asyncio.to_thread(exec, compile(program, "docs/guides/python.md", "exec"), {"__name__": "guide"})
