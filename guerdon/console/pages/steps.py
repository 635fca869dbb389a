"""The story of a redemption or an order in words, as the sequence that is drawn of it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from babel.numbers import format_decimal

from guerdon.api.engine import Engine
from guerdon.api.v1.stories import Step, StepKind, Story
from guerdon.console.frame import N
from guerdon.console.pages.names import Named, actors_named
from guerdon.console.visitor import Visitor

WORDS: dict[StepKind, tuple[str, str]] = {
    "asked": (N("Code asked of the shop"), "plain"),
    "held": (N("Points held"), "held"),
    "redeemed": (N("Points taken"), "redeemed"),
    "issued": (N("Coupon issued"), "good"),
    "unissued": (N("No coupon came"), "bad"),
    "used": (N("Coupon used by an order"), "redeemed"),
    "captured": (N("Captured by an order"), "redeemed"),
    "released": (N("Points released"), "reversed"),
    "hold_expired": (N("Hold expired"), "expired"),
    "given_back": (N("Points given back"), "reversed"),
    "returned": (N("Goods returned"), "reversed"),
    "cancellation_requested": (N("Shop asked to cancel"), "warn"),
    "cancelled": (N("Cancelled"), "reversed"),
    "expired": (N("Coupon expired"), "expired"),
    "reported": (N("Order reported"), "plain"),
    "updated": (N("Order updated"), "plain"),
    "earned": (N("Points earned"), "earned"),
    "earned_later": (N("Points earned, pending"), "held"),
    "activated": (N("Points became available"), "earned"),
    "taken_back": (N("Points taken back"), "reversed"),
    "moved": (N("Points moved"), "plain"),
}
"""What each step is called, and its tone."""

OPEN = ("held", "asked")
"""States of a redemption that something is still to come of."""


async def drawn_steps(
    engine: Engine, visitor: Visitor, story: Story, *, state: str | None = None
) -> list[dict[str, Any]]:  # fmt: skip
    """The steps as `parts.sequence` takes them; where the `state` is an open one, with what is still to come."""
    named = await actors_named(engine, visitor, [step.actor for step in story.steps])
    steps = [_drawn(visitor, step, named) for step in story.steps]
    if state in OPEN:
        steps.append({"title": visitor._("Captured by an order"), "done": False})
    return steps


def requests_in(story: Story) -> list[Any]:
    """The requests that the story came of, each once, in the order of its steps."""
    found = {step.request.id: step.request for step in story.steps if step.request is not None}
    return list(found.values())


def entries_in(stories: Iterable[Story]) -> list[Any]:
    """The lines in the books."""
    return [step.entry for story in stories for step in story.steps if step.entry is not None]


def _drawn(visitor: Visitor, step: Step, named: Named) -> dict[str, Any]:
    title, tone = WORDS[step.kind]
    facts: list[str] = []
    if step.entry is not None:
        facts.append(
            visitor.ngettext(
                "%(points)s point",
                "%(points)s points",
                step.points,
                points=format_decimal(step.points, locale=visitor.locale),
            )
        )
    if step.status:
        facts.append(step.status)
    if step.return_id:
        facts.append(step.return_id)
    elif step.order and step.kind in ("used", "captured"):
        facts.append(step.order)
    if step.actor:
        facts.append(visitor._("by %(who)s", who=named(step.actor)))
    href = None if step.request is None else f"/console/developers/requests/{step.request.id}"
    if step.order and step.kind in ("used", "captured"):
        href = f"/console/orders/{quote(step.order, safe='')}"
    return {"title": visitor._(title), "tone": tone, "at": step.at, "text": " · ".join(facts), "href": href}
