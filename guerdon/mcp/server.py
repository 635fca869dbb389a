"""The tools, as a server of the Model Context Protocol."""

from importlib.metadata import version

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations

from guerdon.client.client import AsyncGuerdon
from guerdon.kit.clock import Clock, machine_clock
from guerdon.mcp.api import Api
from guerdon.mcp.reading import Reading
from guerdon.mcp.rehearsals import Rehearsals
from guerdon.mcp.writing import Writing

INSTRUCTIONS = """\
The loyalty programme of one shop. Members earn points, points buy coupons, every point can be accounted for.
Members are named by id or by an identity such as email:ana@example.com. Amounts of money are in minor units.
When something is refused, the sentence says why and what would work; explain_decision has the facts again later.
"""
WRITES = """\
Tools that change something only try it when they are called without a token. Show the person what would be, and call
again with the token once they agree.
"""


def tool_server(guerdon: AsyncGuerdon, *, writes: bool, clock: Clock = machine_clock) -> MCPServer:
    """The tools that look; with `writes`, those that change something too."""
    api = Api(guerdon)
    server = MCPServer(
        "guerdon", instructions=INSTRUCTIONS + (WRITES if writes else ""), version=version("guerdon"),
        log_level="WARNING",
    )  # fmt: skip
    for tool in Reading(api).tools():
        server.add_tool(tool, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
    if writes:
        changing = ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
        )  # fmt: skip
        for tool in Writing(api, Rehearsals(clock)).tools():
            server.add_tool(tool, annotations=changing)
    return server
