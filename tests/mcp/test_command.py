"""`guerdon mcp`, as an assistant's program starts it."""

import json
import re
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from guerdon.docs.build import GUIDES
from tests.cli.terminal import PROGRAM, Terminal
from tests.client.conftest import port
from tests.shop import Shop

__all__ = ["port"]


def blocks(kind: str) -> list[str]:
    """What the guide for assistants says to type."""
    guide = (GUIDES / "assistants.md").read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)


@pytest.mark.asyncio(loop_scope="session")
async def test_it_speaks_on_standard_input_and_output(shop: Shop, port: int):
    member = await shop.member("ana@example.com", 70)
    (settings,) = (json.loads(block) for block in blocks("json"))
    said = settings["mcpServers"]["guerdon"]
    args = [one.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{port}") for one in said["args"]]
    env = dict.fromkeys(said["env"], shop.api_key)
    command = str(Path(PROGRAM).with_name(said["command"]))
    async with Client(StdioServerParameters(command=command, args=[*args, "--allow-writes"], env=env)) as client:
        told = await client.call_tool("find_member", {"who": "email:ana@example.com"})
        assert told.structured_content["id"] == f"mem_{member}"
        tried = await client.call_tool("suspend_member", {"who": f"mem_{member}"})
        assert tried.structured_content["would_be"]["status"] == "suspended"


def test_what_the_guide_types_works(dsn: str):
    terminal = Terminal(database_url=dsn)
    terminal.run("merchant", "create", "--id", "42", "--name", "Acme")
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) == 2
    for line in lines:
        program, *arguments = line.split()
        assert program == "guerdon"
        terminal.run(*arguments)


def test_without_a_key_it_says_what_is_needed():
    assert "GUERDON_API_KEY" in Terminal().run("mcp", status=2).stderr


def test_without_its_kit_it_says_what_brings_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "guerdon.mcp.server", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    assert "pip install 'guerdon[mcp]'" in Terminal(api_key="gk_1").run("mcp", status=2).stderr
