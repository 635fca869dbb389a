"""Which token stands for which change: a write is rehearsed first, and done with the token of its rehearsal.

A token is good for the arguments that were rehearsed, for some minutes, and for one change: it is the idempotency key
of the write, so that an assistant that repeats itself does nothing twice.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from guerdon.kit.clock import Clock

LIFE = timedelta(minutes=10)
WAITING_MAX = 1_000
"""Beyond this the oldest are forgotten: they are rehearsed again."""


class Rehearsed(NamedTuple):
    """What was tried out."""

    tool: str
    arguments: dict[str, Any]
    until: datetime


class Rehearsals:
    """Those of one assistant."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, Rehearsed] = {}

    def note(self, tool: str, arguments: dict[str, Any]) -> str:
        """A token for what was tried out just now."""
        while len(self._waiting) >= WAITING_MAX:
            del self._waiting[next(iter(self._waiting))]
        token = secrets.token_urlsafe(16)
        self._waiting[token] = Rehearsed(tool, arguments, self._clock() + LIFE)
        return token

    def key(self, token: str, tool: str, arguments: dict[str, Any]) -> str:
        """The idempotency key of the change that this token stands for; raises ToolError where it stands for none."""
        rehearsed = self._waiting.get(token)
        if rehearsed is None or rehearsed.until < self._clock():
            raise ToolError("This token stands for nothing, or no more: call the tool without a token first.")
        if (rehearsed.tool, rehearsed.arguments) != (tool, arguments):
            raise ToolError(
                f"This token was given for {rehearsed.tool} with {rehearsed.arguments}, and for nothing else: "
                "repeat exactly that, or call the tool without a token."
            )
        return f"mcp-{token}"
