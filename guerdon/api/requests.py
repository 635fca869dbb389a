"""The log of API requests: noted in memory on the way out, written to the database in batches off the hot path.

What is noted are references to what came and went. Excerpts are made of them when a batch is written, of so many
failures and so many successes: a server that is busy keeps no excerpt of each of thousands of requests. What a stranger
sends is nobody's to keep: of requests that nobody signed in for there is one line each, of so many.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter

from guerdon.access.history import NOBODY, Entry, write_requests
from guerdon.database.pool import Database
from guerdon.errors.base import MerchantNotFound, Outage, Refusal
from guerdon.kit.lasting import lasting
from guerdon.merchants.merchants import Merchants
from guerdon.trail.masking import EXCERPT_LENGTH_MAX, excerpt, hide_of, mask_text

WAITING_MAX = 20_000
"""Beyond this the oldest are dropped and counted: the log never takes the memory that requests need."""
HELD_BYTES_MAX = 16_000_000
"""Beyond this requests are noted without what came and went."""
BODY_BYTES_MAX = 64_000
"""A longer body is told by its length."""

BATCH_MAX = 2_000
PAUSE_S = 0.5
FAILURES_MAX, SUCCESSES_MAX = 200, 50
"""Requests of each pause whose excerpts are kept, by what came of them."""
NOBODYS_MAX = 100
"""Requests of each pause that are kept though nobody signed in for them; the others are counted."""
AT_ONCE = 20
"""Excerpts that are made before requests get their turn."""
LENGTH_MAX = 200
FAILED = 400

DROPPED = Counter("guerdon_request_log_dropped", "Requests that the log had no room for")

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class RequestLine(NamedTuple):
    """One request that a merchant's client made, and what came of it."""

    merchant_id: int
    at: datetime
    request_id: UUID
    method: str
    path: str
    status: int
    duration_us: int
    caller: str
    user_agent: str
    refusal: Refusal | None
    query: bytes
    body: bytes
    form: bool
    answer: bytes
    trace_id: str | None = None


class RequestLog:
    """Keeps what clients asked lately. A crash loses the last half second of it, never points."""

    def __init__(self, database: Database, merchants: Merchants) -> None:
        self._database, self._merchants = database, merchants
        self._waiting: deque[RequestLine] = deque()
        self._held_bytes = 0
        self._writing = asyncio.Lock()
        self._writer = asyncio.create_task(lasting(self._write_on, "request log"), name="request log")

    def note(self, line: RequestLine) -> None:
        """Remember a request until the next batch is written."""
        if len(self._waiting) >= WAITING_MAX:
            self._held_bytes -= _held(self._waiting.popleft())
            DROPPED.inc()
        held = _held(line)
        if self._held_bytes + held > HELD_BYTES_MAX:
            line, held = line._replace(query=b"", body=b"", answer=b""), 0
        self._held_bytes += held
        self._waiting.append(line)

    async def close(self) -> None:
        """Write what is left, and stop."""
        async with self._writing:  # what is being written would be lost
            self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
        await self.flush()

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; what is being written is written then too."""
        await asyncio.sleep(0)  # what was answered in this turn of the loop is noted in the next
        async with self._writing:
            await self._flush()

    async def _flush(self) -> None:
        left = {True: FAILURES_MAX, False: SUCCESSES_MAX}
        nobodys = NOBODYS_MAX
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_MAX))]
            self._held_bytes -= sum(map(_held, batch))
            known = [line for line in batch if line.merchant_id != NOBODY]
            strangers = [line for line in batch if line.merchant_id == NOBODY]
            kept, nobodys = strangers[:nobodys], max(0, nobodys - len(strangers))
            DROPPED.inc(len(strangers) - len(kept))
            try:
                entries = [entry(line, excerpts=False) for line in kept]
                for number, line in enumerate(known, start=1):
                    failed = line.status >= FAILED
                    left[failed] -= 1
                    entries.append(entry(line, excerpts=left[failed] >= 0 and await self._keeps(line.merchant_id)))
                    if number % AT_ONCE == 0:
                        await asyncio.sleep(0)
                if entries:
                    await write_requests(self._database, _encode(entries).decode(), [one.at for one in entries])
            except (Outage, asyncpg.PostgresError) as error:
                log.warning("request_log_lost", error=repr(error), requests=len(batch))
                return

    async def _keeps(self, merchant_id: int) -> bool:
        """Whether the merchant lets excerpts be kept."""
        try:
            return (await self._merchants.get(merchant_id)).policies.keep_request_bodies
        except MerchantNotFound:
            return False


def entry(line: RequestLine, *, excerpts: bool) -> Entry:
    """A request as it is kept. Pure: every text is masked, and none is long."""
    refusal = line.refusal
    return Entry(
        merchant_id=line.merchant_id,
        at=line.at,
        request_id=line.request_id,
        method=line.method,
        path=_kept(line.path),
        status=line.status,
        duration_us=line.duration_us,
        caller=line.caller,
        user_agent=_kept(line.user_agent),
        trace_id=line.trace_id,
        error_code=None if refusal is None else refusal.code,
        error=None if refusal is None else _unquoted(_kept(refusal.sentence, EXCERPT_LENGTH_MAX), line),
        query=_query(line.query) if excerpts and line.query else None,
        request=_body(line.body, form=line.form) if excerpts and line.body else None,
        response=_answer(line) if excerpts and line.answer else None,
    )


def _held(line: RequestLine) -> int:
    return len(line.query) + len(line.body) + len(line.answer)


def _kept(text: str, length_max: int = LENGTH_MAX) -> str:
    """Masked, short enough to keep, and without the one character that PostgreSQL has no place for."""
    return mask_text(text)[:length_max].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _answer(line: RequestLine) -> str:
    text = _body(line.answer, form=False)
    return text if line.refusal is None else _unquoted(text, line)


def _unquoted(sentence: str, line: RequestLine) -> str:
    """A sentence that may quote what was sent: what is hidden there is hidden here too."""
    for name, value in _sent(line).items():
        hide = hide_of(name)
        if hide is not None and isinstance(value, str | int) and len(text := str(value).strip()) > 2:
            sentence = sentence.replace(text, hide(text))
    return sentence


def _sent(line: RequestLine) -> dict[str, Any]:
    """The fields at the top of a request, as far as it can be read."""
    body = _read(line.body, form=line.form)
    query = _pairs(line.query)
    return {**(body if isinstance(body, dict) else {}), **dict(query or ())}


def _query(query: bytes) -> str:
    pairs = _pairs(query)
    if pairs is None:
        return f"({len(query)} bytes that cannot be read)"
    hidden = [(mask_text(name), mask_text(hide(value) if (hide := hide_of(name)) else value)) for name, value in pairs]
    return urlencode(hidden, safe="*@…:/", errors="replace")[:EXCERPT_LENGTH_MAX]


def _body(body: bytes, *, form: bool) -> str:
    if len(body) > BODY_BYTES_MAX:
        return f"({len(body)} bytes)"
    value = _read(body, form=form)
    return f"({len(body)} bytes that cannot be read)" if value is None else excerpt(value)


def _read(body: bytes, *, form: bool) -> Any:
    """The value of a body, or None where it cannot be read."""
    if not body or len(body) > BODY_BYTES_MAX:
        return None
    if form:
        pairs = _pairs(body)
        return None if pairs is None else dict(pairs)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _pairs(text: bytes) -> Sequence[tuple[str, str]] | None:
    try:
        return list(islice(parse_qsl(text.decode(), errors="strict", max_num_fields=1000), 100))
    except ValueError:
        return None
