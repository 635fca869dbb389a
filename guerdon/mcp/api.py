"""The native API as tools ask it: each request names its tool, and a no is told as a sentence with its facts."""

from dataclasses import replace
from importlib.metadata import version
from typing import Any

import msgspec
from mcp.server.mcpserver.exceptions import ToolError

from guerdon.client.ask import PLAIN, Ask, at, reading
from guerdon.client.client import AsyncGuerdon
from guerdon.client.members import by
from guerdon.client.problems import Failure, Problem

Plain = dict[str, Any]

AGENT = f"guerdon-mcp/{version('guerdon')}"
KINDS = ("email", "phone", "external_id", "pos_account_id", "card")
OURS = "mem_"


class Api:
    """The server, for one assistant."""

    def __init__(self, guerdon: AsyncGuerdon) -> None:
        self._guerdon = guerdon

    async def ask(self, tool: str, ask: Ask[Any]) -> Plain:
        """The answer, whole. Raises ToolError for every no, which the assistant reads."""
        named = ask.with_headers(x_guerdon_tool=tool, user_agent=f"{AGENT} ({tool})")
        try:
            return await self._guerdon.ask(replace(named, answer=PLAIN))
        except Problem as problem:
            raise ToolError(_told(problem)) from None
        except Failure as failure:
            raise ToolError(str(failure)) from None

    async def member(self, tool: str, who: str) -> str:
        """The id of the member that an id or an identity names."""
        if who.startswith(OURS):
            return who
        return (await self.ask(tool, by_identity(who)))["id"]

    async def member_answer(self, tool: str, who: str) -> Plain:
        """The member themselves, with how far they are to the next tier."""
        if who.startswith(OURS):
            return await self.ask(tool, reading(at("members", who), PLAIN, expand="tier"))
        ask = by_identity(who)
        return await self.ask(tool, replace(ask, query={**ask.query, "expand": "tier"}))


def by_identity(who: str) -> Ask[Any]:
    """Who is meant by `email:ana@example.com` and the like; raises ToolError."""
    kind, _, value = who.partition(":")
    if kind not in KINDS or not value:
        known = ", ".join(f"{one}:…" for one in KINDS)
        raise ToolError(f"{who!r} names nobody: send a member's id such as mem_42, or one of {known}.")
    identities: Any = {kind: value}
    return by(**identities)


def _told(problem: Problem) -> str:
    facts = msgspec.json.encode(problem.facts).decode()
    decision = f", decision {problem.decision_id}" if problem.decision_id else ""
    fields = "".join(f" {wrong.pointer}: {wrong.detail}" for wrong in problem.errors if wrong.pointer)
    return f"{problem.detail}{fields} (code {problem.code}{decision}, facts {facts})"
