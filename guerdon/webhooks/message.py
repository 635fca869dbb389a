"""What an event says to an endpoint, in its format. Other formats are handed in where the parts are put together."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from guerdon.events.log import Numbered
from guerdon.merchants.merchant import Merchant

STANDARD = "standard"
EVERYTHING = "*"

_encode = msgspec.json.Encoder().encode


class Message(NamedTuple):
    """A topic that endpoints of the format subscribe to, and the body that is posted."""

    topic: str
    body: bytes


class Format(Protocol):
    """One way to tell of events."""

    async def render(self, merchant: Merchant, events: Sequence[Numbered]) -> list[list[Message]]:
        """For each event what it says: several messages, one, or none."""
        ...


class StandardFormat:
    """Ours: `{"type", "timestamp", "data"}`, as Standard Webhooks suggests. The data is what the event tells, with the
    member that it is about and its number in the merchant's log.
    """

    async def render(self, merchant: Merchant, events: Sequence[Numbered]) -> list[list[Message]]:  # noqa: ARG002
        """One message for each event. Nothing of the merchant is in it, which other formats need."""
        return [[Message(event.topic, _encode(told(event)))] for event in events]


def told(event: Numbered) -> dict[str, Any]:
    """An event as endpoints of our format, and whoever reads the log over HTTP, see it."""
    data = {**event.payload, "member_id": event.member_id, "sequence": event.sequence}
    return {"type": event.topic, "timestamp": event.recorded_at, "data": data}


def asked_for(topics: Sequence[str], topic: str) -> bool:
    """Whether an endpoint with these topics wants this one: by its name, as `points.*`, as `*`; naming none is all."""
    return not topics or any(
        one in (topic, EVERYTHING) or (one.endswith(".*") and topic.startswith(one[:-1])) for one in topics
    )
