"""A redemption rule as pages tell it: its sentence, its versions with what each changed, and the shopper's card."""

from datetime import datetime
from typing import NamedTuple

from guerdon.api.engine import Engine
from guerdon.console.frame import N
from guerdon.console.sentence import InWords
from guerdon.console.titles import title_of
from guerdon.console.visitor import Visitor
from guerdon.kit.sentence import Count, Difference, Part, differences, said, sentence
from guerdon.rewards.price import least
from guerdon.rewards.rule import Pricing, RedemptionRule, RuleState
from guerdon.rewards.rules import Rule, list_versions
from guerdon.rewards.sentence import ABOUT_RULE, Ranks, rule_parts, worth_part
from guerdon.trail.changes import names_of

STATES: dict[RuleState, tuple[str, str]] = {
    "active": (N("Active"), "good"),
    "scheduled": (N("Scheduled"), "held"),
    "ended": (N("Ended"), "expired"),
    "disabled": (N("Disabled"), "plain"),
}
"""What each state is called, and its tone."""

FOR_SHOPPERS = frozenset(
    {
        "tier", "tags", "cart", "minimum", "points_max_per_day", "redemptions_max_per_member", "dates", "channel",
        "stock", "coupon_days",
    }
)  # fmt: skip
"""Topics that a shopper has to know; the rest is the merchant's."""


class Change(NamedTuple):
    """What was said, and what is said instead; None where nothing is."""

    was: str | None
    becomes: str | None


class VersionTold(NamedTuple):
    """A version, with what it changed of the one before; the first has changed nothing."""

    version: int
    at: datetime
    by: str
    changes: list[Change]
    sentence: str


class Card(NamedTuple):
    """What a shopper sees of a rule: its name, what it costs and is worth, and the conditions, in words."""

    name: str
    description: str
    cost: str
    worth: str
    conditions: list[str]


def whole_sentence(terms: RedemptionRule, ranks: Ranks, reader: InWords) -> str:
    """All that a rule does, in the person's language."""
    said_whole = sentence([part for part in rule_parts(terms, ranks) if part.topic not in ABOUT_RULE], reader)
    return said_whole[:1].upper() + said_whole[1:]


def changes_told(changes: list[Difference], reader: InWords) -> list[Change]:
    """Differences in the person's language."""
    return [Change(_told(one.before, reader), _told(one.after, reader)) for one in changes]


def changes_between(before: RedemptionRule, after: RedemptionRule, ranks: Ranks, reader: InWords) -> list[Change]:
    """What is said otherwise in one version than in another."""
    return changes_told(differences(rule_parts(before, ranks), rule_parts(after, ranks)), reader)


async def versions_told(
    engine: Engine, visitor: Visitor, rule: Rule, ranks: Ranks, *, count_max: int
) -> list[VersionTold]:  # fmt: skip
    """What each version changed, who made it and when, the last first."""
    merchant_id, reader = visitor.merchant.merchant_id, InWords.of(visitor)
    versions = (await list_versions(engine.database, merchant_id, rule.rule_id))[: count_max + 1]
    names = await names_of(engine.database, merchant_id, {one.actor for one in versions})
    return [
        VersionTold(
            one.version, one.recorded_at, names.get(one.actor, one.actor),
            [] if before is None else changes_between(before.terms, one.terms, ranks, reader),
            whole_sentence(one.terms, ranks, reader),
        )
        for one, before in zip(versions, [*versions[1:], None], strict=True)
    ][:count_max]  # fmt: skip


def card_of(terms: RedemptionRule, ranks: Ranks, reader: InWords) -> Card:
    """The rule as a shopper's card, as the widget draws it."""
    points = terms.points if terms.pricing is Pricing.VARIABLE else least(terms)
    one, many = (N("%(points)s point"), N("%(points)s points"))
    if terms.pricing is Pricing.VARIABLE:
        one, many = (N("for every point"), N("for every %(points)s points"))
    cost = Part("cost", many, {"points": Count(points)}, one, points)
    conditions = [said(part, reader) for part in rule_parts(terms, ranks) if part.topic in FOR_SHOPPERS]
    worth = said(worth_part(terms), reader)
    return Card(title_of(terms, reader.taste), terms.description, said(cost, reader), worth, conditions)


def _told(part: Part | None, reader: InWords) -> str | None:
    return None if part is None else said(part, reader)
