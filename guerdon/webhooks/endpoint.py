"""An endpoint, and what becomes of it as deliveries go well or not. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from guerdon.errors.base import BadField
from guerdon.kit.outbound import OutboundFailed, check_url
from guerdon.points.values import Event
from guerdon.webhooks.schedule import FAILING_MAX, pause

NAME_LENGTH_MAX = 200
TOPICS_MAX = 100
TOPIC = re.compile(r"\*|[a-z0-9_]+([./][a-z0-9_]+)*(\.\*)?")


class Off(StrEnum):
    """Why an endpoint is disabled."""

    BY_HAND = "by_hand"
    GONE = "gone"
    """It answered 410 Gone."""
    FAILING = "failing"
    """Nothing but failures for days."""


class Endpoint(Struct, frozen=True):
    """Where events are posted. No `topics` are all of them; `sequence` is the last event that was looked at for it.

    While it only fails, `failing_since` says since when, and it is left alone until `resume_at`.
    """

    merchant_id: int
    endpoint_id: int
    name: str
    url: str
    format: str
    topics: tuple[str, ...]
    ordered: bool
    state: str
    reason: str | None
    failing_since: datetime | None
    resume_at: datetime | None
    sequence: int
    created_at: datetime
    updated_at: datetime

    @property
    def enabled(self) -> bool:
        """Whether deliveries are made."""
        return self.state == "enabled"


class Health(NamedTuple):
    """How an endpoint does after some attempts; `off` if it is to be disabled."""

    failing_since: datetime | None
    resume_at: datetime | None
    off: Off | None = None


def judge(failing_since: datetime | None, statuses: Sequence[int | None], now: datetime) -> Health:
    """How it does now, after these answers (None where there was none) and failing since then, if it was.

    A single success clears it. Gone is gone, and days of nothing but failures are enough.
    """
    if any(succeeded(status) for status in statuses):
        return Health(None, None)
    if 410 in statuses:
        return Health(failing_since or now, None, Off.GONE)
    failing_since = failing_since or now
    if now - failing_since >= FAILING_MAX:
        return Health(failing_since, None, Off.FAILING)
    return Health(failing_since, now + pause(failing_since, now))


def succeeded(status: int | None) -> bool:
    """Whether a receiver has taken a message: 2xx, and nothing else. A redirect is not followed."""
    return status is not None and 200 <= status < 300


def disabled(endpoint: Endpoint, reason: Off) -> Event:
    """What others are told when we have disabled an endpoint."""
    payload = {"endpoint_id": endpoint.endpoint_id, "name": endpoint.name, "url": endpoint.url, "reason": reason,
               "failing_since": endpoint.failing_since}  # fmt: skip
    return Event("webhook_endpoint.disabled", None, payload)


def checked_url(url: str, *, allow_private: bool) -> str:
    """The URL; refuses one that we would never ask."""
    try:
        check_url(url, allow_private=allow_private)
    except OutboundFailed as failed:
        raise BadField("url", failed.detail) from failed
    return url


def checked_topics(topics: Sequence[str]) -> tuple[str, ...]:
    """Topics without repetitions; refuses what is no name of one."""
    if len(topics) > TOPICS_MAX:
        raise BadField("topics", f"{len(topics)} are over {TOPICS_MAX}")
    for topic in topics:
        if not TOPIC.fullmatch(topic):
            raise BadField("topics", f"{topic!r} is no topic; one such as redemption.created, points.* or * is")
    return tuple(dict.fromkeys(topics))


def checked_name(name: str) -> str:
    """The name; refuses one that is empty, too long, or not to be shown."""
    if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise BadField("name", f"a text of 1 to {NAME_LENGTH_MAX} printable characters is needed")
    return name
