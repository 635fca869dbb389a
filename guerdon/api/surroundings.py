"""What goes around a request whatever it asks: the trace that it is part of, and an answer made small. Pure."""

import gzip
import re

Header = tuple[bytes, bytes]

TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
SMALL_BYTES = 1_400
"""What is smaller goes in one packet as it is."""
LEVEL = 1
"""Most of what there is to gain, for the least time: whoever is answered next waits for it."""
GZIPPED: tuple[Header, ...] = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


def trace_of(traceparent: str | None) -> str | None:
    """The trace that the header of W3C Trace Context names: 32 hexadecimal digits; None where it names none."""
    found = None if traceparent is None else TRACEPARENT.fullmatch(traceparent.strip())
    return None if found is None else found["trace"]


def packed(body: bytes, accept_encoding: str | None) -> tuple[bytes, tuple[Header, ...]]:
    """The body as it is sent, and the headers that say how: by gzip, where that is taken and worth it."""
    if len(body) < SMALL_BYTES or not takes_gzip(accept_encoding):
        return body, ()
    return gzip.compress(body, LEVEL, mtime=0), GZIPPED


def takes_gzip(accept_encoding: str | None) -> bool:
    """Whether the header names gzip, and does not name it to say no."""
    for one in (accept_encoding or "").lower().split(","):
        name, _, weight = one.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False
