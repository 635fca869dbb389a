"""Decisions: why something was refused, by the id that the refusal told."""

from datetime import datetime
from typing import Any, TypedDict, Unpack

from msgspec import Struct

from guerdon.client.ask import Ask, Listing, Page, at, reading


class DecisionsAsked(TypedDict, total=False):
    """Which decisions; all of what is said must hold."""

    code: str
    recorded_since: datetime
    recorded_before: datetime


class Decision(Struct, frozen=True):
    """A refusal: what was asked, by whom, and why not."""

    id: str
    command: str
    code: str
    detail: str
    facts: dict[str, Any]
    actor: str
    recorded_at: datetime


def fetch(decision: str) -> Ask[Decision]:
    """One decision, such as the `decision_id` of a Problem."""
    return reading(at("decisions", decision), Decision)


def find(**which: Unpack[DecisionsAsked]) -> Listing[Decision]:
    """Decisions, newest first."""
    return Listing(at("decisions"), Page[Decision], which)
