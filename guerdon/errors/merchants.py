"""What a merchant's own terms and time say no to."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.errors.base import Conflict, NotAllowed, Unprocessable


@dataclass(eq=False)
class NotForLive(NotAllowed):
    """The time of a live merchant is everybody's: make a test merchant, whose time can be moved on."""


@dataclass(eq=False)
class ClockMoved(Conflict):
    """Somebody else moves this merchant's time at the moment: look what time it is, then ask again."""

    retry = True
    retry_after_s = 1


@dataclass(eq=False)
class TimeNotAhead(Unprocessable):
    """Time moves on only: {asked} is not after {now}."""

    asked: datetime
    now: datetime


@dataclass(eq=False)
class TooFarAhead(Unprocessable):
    """Time moves on by {days_max} days at once, each of them with its night: move it several times."""

    days_max: int
