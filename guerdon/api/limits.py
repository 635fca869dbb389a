"""What answers tell of rate limits: the headers of the storefront contract, on every answer.

Callers without a limit are told one that nobody reaches, so that a client which goes by the headers never waits. Those
headers are always the same, and cost a busy server nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

from guerdon.access.limits import MINUTE_S, Room
from guerdon.errors.base import Refusal

Headers = Sequence[tuple[bytes, bytes]]

NO_LIMIT = 1_000_000
"""Requests a second that callers without a limit are told."""


class Admission(NamedTuple):
    """Headers for whatever is answered, and why the caller gets no other answer, if so."""

    headers: Headers
    refusal: Refusal | None = None


def limit_headers(room: Room) -> Headers:
    """The five of the contract. The window is a second, and so is the time until it is new."""
    return (
        (b"ratelimit-limit", b"%d" % room.limit),
        (b"ratelimit-remaining", b"%d" % room.remaining),
        (b"ratelimit-reset", b"1"),
        (b"x-ratelimit-limit-minute", b"%d" % (room.limit * MINUTE_S)),
        (b"x-ratelimit-remaining-minute", b"%d" % room.minute_remaining),
    )


def policy_headers(room: Room) -> Headers:
    """The same once more, as the IETF would have it (draft-ietf-httpapi-ratelimit-headers): structured fields."""
    return (
        *limit_headers(room),
        (b"ratelimit", b'"second";r=%d;t=1' % room.remaining),
        (b"ratelimit-policy", b'"second";q=%d;w=1' % room.limit),
    )


UNLIMITED = Admission(limit_headers(Room(NO_LIMIT, NO_LIMIT, NO_LIMIT * MINUTE_S, True)))
