"""When to try again, and when to stop. Pure: the clock and the dice are handed in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_DELAY = timedelta(seconds=5)
GROWTH = 3
DELAY_MAX = timedelta(hours=12)
TRIES_MAX = 15
"""5 s, 15 s, 45 s, … 9 h, then every 12 hours: the last attempt is about three days after the first."""
JITTER = 0.25
"""Delays are up to so much shorter or longer, so that what failed together does not come back together."""
RETRY_AFTER_MAX = timedelta(hours=12)
"""A receiver may ask for more patience than ours, and this much is granted."""

FAILING_MAX = timedelta(days=5)
"""An endpoint that has only failed for so long is disabled."""
PAUSE_MIN, PAUSE_MAX = timedelta(seconds=1), timedelta(minutes=15)
"""An endpoint that only fails is tried less and less, yet this often."""


def delay(tries: int, chance: float, retry_after: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many tries have failed, or None to give up. `chance` is drawn from [0, 1)."""
    assert tries > 0, "the first try waits for nothing"
    assert 0 <= chance < 1
    if tries >= TRIES_MAX:
        return None
    usual = min(DELAY_MAX, FIRST_DELAY * GROWTH ** (tries - 1))
    spread = usual * (1 + JITTER * (2 * chance - 1))
    return spread if retry_after is None else max(spread, min(retry_after, RETRY_AFTER_MAX))


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the receiver asks us to wait: seconds, or a date of HTTP; None if it says nothing that can be read."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), RETRY_AFTER_MAX.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), until.replace(tzinfo=until.tzinfo or UTC) - now)


def pause(failing_since: datetime, now: datetime) -> timedelta:
    """How long to leave an endpoint alone that has only failed since then."""
    return max(PAUSE_MIN, min(PAUSE_MAX, (now - failing_since) / 2))
