"""Why a member is not put into a tier."""

from dataclasses import dataclass
from datetime import date

from guerdon.errors.base import NotFound, Unprocessable


@dataclass(eq=False)
class TierNotFound(NotFound):
    """There is no tier {level}: the levels go from 0, which is none, to {levels}."""

    level: int
    levels: int


@dataclass(eq=False)
class TierEndsTooSoon(Unprocessable):
    """An assignment until {until} is over already: today is {today}."""

    until: date
    today: date
