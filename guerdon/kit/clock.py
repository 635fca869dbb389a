"""What time it is: the one place that asks the machine. Everything else is told."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def machine_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
