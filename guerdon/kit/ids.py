"""Identifiers made by the application: time-ordered UUIDs, and blocks of numbers fetched ahead from a sequence."""

import os
import time
from collections import deque
from typing import Any, Protocol
from uuid import UUID


def time_ordered_uuid() -> UUID:
    """A UUID of version 7: Unix milliseconds in its first 48 bits, so that indexes grow at one end."""
    return _uuid(7, time.time_ns() // 1_000_000)


class Fetches(Protocol):
    """What can run a query: a connection, or a pool."""

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """The rows."""
        ...


class NumberBlocks:
    """Numbers of plain sequences, fetched in blocks ahead of need, so that deciding takes one without waiting.

    Blocks are per process: a number tells nothing about order, and unused ones are lost at the end of the process.
    """

    def __init__(self, block_size: int = 500) -> None:
        self._block_size = block_size
        self._blocks: dict[str, deque[int]] = {}

    def ready(self, sequence: str, count: int) -> bool:
        """Whether `count` numbers can be taken without fetching."""
        return len(self._blocks.get(sequence, ())) >= count

    async def reserve(self, connection: Fetches, sequence: str, count: int) -> None:
        """Fetch what is missing to take `count` numbers of this sequence."""
        if self.ready(sequence, count):
            return
        rows = await connection.fetch(
            "SELECT nextval($1::text::regclass) FROM generate_series(1, $2::int)", sequence, self._block_size + count
        )
        self._blocks.setdefault(sequence, deque()).extend(row[0] for row in rows)

    def take(self, sequence: str) -> int:
        """The next reserved number."""
        return self._blocks[sequence].popleft()


def merchant_guid(merchant_id: int) -> UUID:
    """A UUID of version 8 that tells its merchant in its first 48 bits, so that one look-up by key finds the row."""
    return _uuid(8, merchant_id)


def merchant_of_guid(guid: UUID) -> int:
    """The merchant that a GUID names, to be compared with the GUID that the merchant really has."""
    return guid.int >> 80


def _uuid(version: int, first_bits: int) -> UUID:
    """A UUID as RFC 9562 lays it out: 48 bits given, the version, the variant, and 74 random bits."""
    random = int.from_bytes(os.urandom(10))
    high = (first_bits << 16) | (version << 12) | (random >> 68)
    low = (0b10 << 62) | (random & 0x3FFF_FFFF_FFFF_FFFF)
    return UUID(int=(high << 64) | low)
