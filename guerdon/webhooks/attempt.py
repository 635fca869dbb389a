"""One delivery, one attempt, and what follows from how it went. Pure."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from guerdon.kit.outbound import OutboundFailed, Reply
from guerdon.webhooks.endpoint import succeeded
from guerdon.webhooks.schedule import delay, retry_after

RESPONSE_LENGTH_MAX = 1000
"""So much of an answer is kept to be shown."""

State = Literal["waiting", "delivered", "given_up"]


class Delivery(Struct, frozen=True):
    """A message on its way to an endpoint. Of its attempts, `tries` are those since it was last asked for."""

    sequence: int
    part: int
    message_id: str
    topic: str
    member_id: int | None
    body: str
    ordered: bool
    attempts: int
    tries: int

    @property
    def line(self) -> int | None:
        """Whose messages come one after another; None for one that waits for no other."""
        return self.member_id if self.ordered else None


class Outcome(Struct, frozen=True):
    """How an attempt went and what becomes of the delivery."""

    sequence: int
    part: int
    state: State
    next_attempt_at: datetime | None
    number: int
    status: int | None
    reason: str | None
    response: str
    took_ms: int
    at: datetime


def outcome(
    delivery: Delivery, answer: Reply | OutboundFailed, *, at: datetime, took_ms: int, chance: float
) -> Outcome:
    """What an answer means, or that there was none: delivered, to be tried again, or given up (schedule.py)."""
    if isinstance(answer, OutboundFailed):
        status, asked = None, None
        reason, response = answer.reason, answer.detail
    else:
        status, asked = answer.status, retry_after(answer.headers, at)
        reason, response = None, answer.body.decode(errors="replace")
    state: State = "delivered"
    wait: timedelta | None = None
    if not succeeded(status):
        wait = delay(delivery.tries + 1, chance, asked)
        state = "given_up" if wait is None else "waiting"
    return Outcome(
        delivery.sequence, delivery.part, state, None if wait is None else at + wait, delivery.attempts + 1, status,
        reason, shown(response), took_ms, at,
    )  # fmt: skip


def shown(response: str) -> str:
    """The beginning of an answer, without the one character that PostgreSQL has no place for."""
    return response[:RESPONSE_LENGTH_MAX].replace("\0", "\N{REPLACEMENT CHARACTER}")
