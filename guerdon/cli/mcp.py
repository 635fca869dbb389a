"""`guerdon mcp`: tools for assistants, on standard input and output."""

import asyncio
import os

import click

from guerdon.cli.failure import Unusable
from guerdon.client.client import AsyncGuerdon

KEY = "GUERDON_API_KEY"


@click.command("mcp")
@click.option(
    "--url", envvar="GUERDON_URL", show_envvar=True, default="http://127.0.0.1:8080", show_default=True,
    help="The server.",
)  # fmt: skip
@click.option("--allow-writes", is_flag=True, help="Have tools that change something too; each tries first.")
def command(url: str, allow_writes: bool) -> None:
    """Let an assistant look at the programme, by the Model Context Protocol.

    It speaks on standard input and output, and asks the server with the secret key in GUERDON_API_KEY, which a flag
    would show to other users. What the key may not do no tool does: a key with the scope read alone is enough to look.
    The history of requests names the tool of each. Needs `pip install 'guerdon[mcp]'`.

    \b
    Example:
      GUERDON_API_KEY=gk_… guerdon mcp --url https://loyalty.example.com
    """
    asyncio.run(_serve(url, _key(), writes=allow_writes))


def _key() -> str:
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise Unusable(f"Set {KEY} to a secret key of the shop: `guerdon key create --scope read` makes one.")
    return key


async def _serve(url: str, key: str, *, writes: bool) -> None:
    try:
        from guerdon.mcp.server import tool_server
    except ModuleNotFoundError as error:
        raise Unusable(f"{error.name} is missing: `pip install 'guerdon[mcp]'` brings it.") from None
    async with AsyncGuerdon(url, key) as guerdon:
        await tool_server(guerdon, writes=writes).run_stdio_async()
