"""Why an activity or an adjustment is not taken."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.errors.base import NotFound, Refusal, Unprocessable


@dataclass(eq=False)
class ActivityUnknown(Refusal):
    """No active earning rule is for the action {name}: send the action name of one that is."""

    status = 400
    name: str


@dataclass(eq=False)
class ActivityNotFound(NotFound):
    """There is no activity {activity_id}."""

    activity_id: str


@dataclass(eq=False)
class AdjustmentNotFound(NotFound):
    """There is no proposed adjustment {adjustment_id}."""

    adjustment_id: int


@dataclass(eq=False)
class ActivityDiffers(Unprocessable):
    """Activity {activity_id} was reported before, for another customer or for something else: take another id."""

    activity_id: str


@dataclass(eq=False)
class ActivityInFuture(Unprocessable):
    """It cannot have happened at {at}: that is still to come."""

    at: datetime


@dataclass(eq=False)
class ActivityTooOld(Unprocessable):
    """It happened at {at}: activities are taken for up to {days_max} days."""

    at: datetime
    days_max: int


@dataclass(eq=False)
class ActivityDecided(Unprocessable):
    """Activity {activity_id} waits for nobody: it is {state}."""

    activity_id: str
    state: str


@dataclass(eq=False)
class ProposalEnded(Unprocessable):
    """Adjustment {adjustment_id} waits for nobody: it is {state}. Propose another."""

    adjustment_id: int
    state: str


@dataclass(eq=False)
class SecondPersonNeeded(Unprocessable):
    """You proposed adjustment {adjustment_id} yourself: somebody else approves it."""

    adjustment_id: int
