"""Names beside ids: whose something is, by which rule, and who did it; each looked up once for a page."""

from collections.abc import Callable, Iterable

from guerdon.api.engine import Engine
from guerdon.api.v1.ids import number, shown
from guerdon.console.titles import title_of
from guerdon.console.visitor import Visitor
from guerdon.members.members import Profile, profiles_of
from guerdon.rewards.rules import list_rules
from guerdon.trail.changes import names_of


async def members_named(engine: Engine, visitor: Visitor, members: Iterable[str | None]) -> dict[str, str]:
    """What people call these members, by id; who became another or was erased is known by the id alone."""
    ids = sorted({number("mem", member) for member in members if member is not None})
    found = await profiles_of(engine.database, visitor.merchant.merchant_id, ids) if ids else []
    return {shown("mem", member_id): shown("mem", member_id) for member_id in ids} | {
        shown("mem", profile.member_id): name_of(profile) for profile in found
    }


def name_of(profile: Profile) -> str:
    """The name, or else what else finds the member."""
    whole = " ".join(part for part in (profile.first_name, profile.last_name) if part)
    return whole or next((one.value for one in profile.identities), shown("mem", profile.member_id))


async def rewards_named(engine: Engine, visitor: Visitor) -> dict[str, str]:
    """What the merchant's rewards are called, by the id of their rule, the last made first."""
    rules = await list_rules(engine.database, visitor.merchant.merchant_id)
    return {shown("rule", rule.rule_id): title_of(rule.terms, visitor.taste) for rule in reversed(rules)}


Named = Callable[[str | None], str]
"""Tells who did something, in words."""


async def actors_named(engine: Engine, visitor: Visitor, actors: Iterable[str | None]) -> Named:
    """The same by the names that people and keys have."""
    known = await names_of(engine.database, visitor.merchant.merchant_id, {actor for actor in actors if actor})

    def named(actor: str | None) -> str:
        told = actor_named(visitor, actor)
        return told if told == visitor._("you") else known.get(actor or "", told)

    return named


def actor_named(visitor: Visitor, actor: str | None) -> str:
    """Who did something, in words; a dash where nobody is known."""
    kind, _, known_as = (actor or "").partition(":")
    if kind == "key":
        return visitor._("API key %(key)s", key=shown("key", int(known_as)))
    if kind == "operator":
        mine = known_as == str(visitor.operator.operator_id)
        return visitor._("you") if mine else visitor._("operator %(number)s", number=known_as)
    if kind in ("job", "worker", "system"):
        return visitor._("a job")
    return actor or "–"
