"""Which request a command came of: ids of commands follow on that of their request.

    request 0199f0c2…1f00 ─► its commands 0199f0c2…1f00, …1f01, … ─► entries and decisions, which keep the command's id

So what a request left in the books leads back to its line in the log of requests, without a column for it. The ids have
62 random bits: that another request stands within reach of one is as unlikely as that two ids are the same.
"""

from contextvars import ContextVar, Token
from uuid import UUID

from guerdon.kit.ids import time_ordered_uuid

REACH = 4096
"""So many commands of one request are found by its id; those after them have ids of their own."""


class Asked:
    """A request, by whom and from where it came, and how many commands it has given so far."""

    __slots__ = ("actor", "address", "commands", "request_id")

    def __init__(self, request_id: UUID, actor: str, address: str) -> None:
        self.request_id = request_id
        self.actor = actor
        self.address = address
        self.commands = 0


_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)


def begin_request(request_id: UUID, actor: str = "", address: str = "") -> Token[Asked | None]:
    """Commands from here on are those of this request, until `end_request` of what is returned."""
    return _asked.set(Asked(request_id, actor, address))


def asked() -> Asked | None:
    """The request that is being answered, for the trail of who changed what; None where nobody asked over HTTP."""
    return _asked.get()


def end_request(begun: Token[Asked | None]) -> None:
    """The request is answered."""
    _asked.reset(begun)


def command_uuid() -> UUID:
    """The id of the next command: one that follows on that of the request, or of its own where nobody asked."""
    asked = _asked.get()
    if asked is None or asked.commands >= REACH:
        return time_ordered_uuid()
    asked.commands += 1
    return UUID(int=asked.request_id.int + asked.commands - 1)


def requests_of(command_id: UUID) -> tuple[UUID, UUID]:
    """Between which ids, both included, the request of a command has its own."""
    return UUID(int=max(0, command_id.int - REACH + 1)), command_id
