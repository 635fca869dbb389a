"""`/console/members/{id}`: one member: who they are, what they have, and all that happened."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from guerdon.api.engine import Engine
from guerdon.api.v1 import households, lots, merges, orders, pending, redemptions, referrals, timeline
from guerdon.api.v1.households import HouseholdsAsked
from guerdon.api.v1.ids import number, shown
from guerdon.api.v1.lists import LIMIT_MAX
from guerdon.api.v1.lots import LotsOfMember
from guerdon.api.v1.merges import MergesAsked
from guerdon.api.v1.orders import OrdersAsked
from guerdon.api.v1.pending import PendingOfMember
from guerdon.api.v1.profile import MemberAnswer
from guerdon.api.v1.redemptions import RedemptionsAsked
from guerdon.api.v1.referrals import ReferralsAsked
from guerdon.api.v1.timeline import TimelineAnswer, TimelineAsked
from guerdon.api.wire import Incoming, Route
from guerdon.console.frame import N
from guerdon.console.pages.acting import MEMBERS, member_shown
from guerdon.console.pages.lists import said
from guerdon.console.pages.member_story import Names, drawn_story
from guerdon.console.pages.member_words import KINDS
from guerdon.console.pages.members import name_of, tiers_of
from guerdon.console.pages.names import actors_named, members_named, rewards_named
from guerdon.console.refusals import told_again
from guerdon.console.view import View
from guerdon.console.visitor import Visitor
from guerdon.rewards.search import get_redemptions

PAGE = 30

Tab = Literal[
    "timeline", "lots", "redemptions", "orders", "decisions", "identities", "household", "referral"
]  # fmt: skip
TABS: tuple[tuple[Tab, str], ...] = (
    ("timeline", N("Timeline")), ("lots", N("Lots")), ("redemptions", N("Redemptions")), ("orders", N("Orders")),
    ("decisions", N("Refusals")), ("identities", N("Identities")), ("household", N("Household")),
    ("referral", N("Referrals")),
)  # fmt: skip


class MemberShown(Struct, kw_only=True):
    """One member, and which part of the story."""

    id: str
    tab: Tab = "timeline"
    kinds: str | None = None
    cursor: str | None = None


class Refused(NamedTuple):
    """What was refused, with what of it is missing still; None where that is no question of points."""

    line: TimelineAnswer
    sentence: str
    also: list[str]
    missing: int | None
    enough_at: datetime | None


Part = Callable[[Engine, Visitor, MemberAnswer, MemberShown, Incoming], Awaitable[dict[str, Any]]]


async def show(engine: Engine, visitor: Visitor, params: MemberShown, incoming: Incoming) -> View:
    """The member; the id of who has become another leads there."""
    member = await member_shown(engine, visitor, params.id, incoming, expand="tier")
    if member.id != params.id:
        return visitor.go(f"{MEMBERS}/{member.id}", visitor._("%(id)s has become this member", id=params.id))
    inner = visitor.inner(incoming)
    live = await lots.find_of_member(
        engine, visitor.caller, LotsOfMember(id=params.id, live=True, limit=LIMIT_MAX), inner
    )  # fmt: skip
    part = await PARTS[params.tab](engine, visitor, member, params, incoming)
    return visitor.view(
        "members/show.html", member=member, name=name_of(member), bar=_bar(live.data), said=params, asked=said(params),
        tabs=[(visitor._(text), tab) for tab, text in TABS], tiers=dict(await tiers_of(engine, visitor, incoming)),
        merges=await _undoable(engine, visitor, params.id, incoming), **part,
    )  # fmt: skip


def _bar(live: list[Any]) -> list[tuple[int, datetime | None]]:
    """Points that can be spent by when they expire, the soonest first."""
    sums: dict[datetime | None, int] = {}
    for lot in live:
        if lot.available > 0:
            sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.available
    return [(points, at) for at, points in sorted(sums.items(), key=lambda one: (one[0] is None, str(one[0])))]


async def _undoable(engine: Engine, visitor: Visitor, member: str, incoming: Incoming) -> list[Any]:
    """Merges into this member that can still be undone."""
    found = await merges.find(engine, visitor.caller, MergesAsked(id=member, limit=LIMIT_MAX), visitor.inner(incoming))
    return [
        one for one in found.data
        if one.into == member and one.state == "done" and one.undoable_until > visitor.now
    ]  # fmt: skip


# The parts


async def _timeline(
    engine: Engine, visitor: Visitor, member: MemberAnswer, params: MemberShown, incoming: Incoming
) -> dict[str, Any]:
    asked = TimelineAsked(id=member.id, kinds=params.kinds, cursor=params.cursor, limit=PAGE)
    found = await timeline.find(engine, visitor.caller, asked, visitor.inner(incoming))
    names = Names(
        me=member.id, tiers=dict(await tiers_of(engine, visitor, incoming)),
        members=await members_named(engine, visitor, _ids("mem_", found.data)),
        rewards=await _rewards_of(engine, visitor, _ids("red_", found.data)),
    )  # fmt: skip
    named = await actors_named(engine, visitor, [line.actor for line in found.data])
    items = drawn_story(visitor, found.data, names, named)
    return {"found": found, "items": items, "kinds": [(visitor._(text), kinds) for kinds, text in KINDS]}


def _ids(prefix: str, lines: Sequence[TimelineAnswer]) -> set[str]:
    """All that lines name by ids of a kind."""
    named = {value for line in lines for value in (line.subject, *line.facts.values()) if isinstance(value, str)}
    return {value for value in named if value.startswith(prefix)}


async def _rewards_of(engine: Engine, visitor: Visitor, redemptions: set[str]) -> dict[str, str]:
    """What redemptions were for."""
    wanted = [number("red", one) for one in redemptions]
    found = await get_redemptions(engine.database, visitor.merchant.merchant_id, wanted)
    rewards = await rewards_named(engine, visitor) if found else {}
    named = {shown("red", one.redemption_id): rewards.get(shown("rule", one.rule_id)) for one in found}
    return {red: name for red, name in named.items() if name is not None}


async def _lots(
    engine: Engine, visitor: Visitor, member: MemberAnswer, params: MemberShown, incoming: Incoming
) -> dict[str, Any]:
    inner, asked = visitor.inner(incoming), LotsOfMember(id=member.id, cursor=params.cursor, limit=PAGE)
    waiting = PendingOfMember(id=member.id, limit=LIMIT_MAX)
    return {
        "found": await lots.find_of_member(engine, visitor.caller, asked, inner),
        "waiting": (await pending.find_of_member(engine, visitor.caller, waiting, inner)).data,
    }


async def _redemptions(
    engine: Engine, visitor: Visitor, member: MemberAnswer, params: MemberShown, incoming: Incoming
) -> dict[str, Any]:
    asked = RedemptionsAsked(member=member.id, cursor=params.cursor, limit=PAGE)
    found = await redemptions.find(engine, visitor.caller, asked, visitor.inner(incoming))
    return {"found": found, "rewards": await rewards_named(engine, visitor)}


async def _orders(
    engine: Engine, visitor: Visitor, member: MemberAnswer, params: MemberShown, incoming: Incoming
) -> dict[str, Any]:
    asked = OrdersAsked(member=member.id, cursor=params.cursor, limit=PAGE)
    return {"found": await orders.find(engine, visitor.caller, asked, visitor.inner(incoming))}


async def _decisions(
    engine: Engine, visitor: Visitor, member: MemberAnswer, params: MemberShown, incoming: Incoming
) -> dict[str, Any]:
    """What was refused, and what of it stands in the way still."""
    inner = visitor.inner(incoming)
    asked = TimelineAsked(id=member.id, kinds="decision", cursor=params.cursor, limit=PAGE)
    found = await timeline.find(engine, visitor.caller, asked, inner)
    waiting = await pending.find_of_member(
        engine, visitor.caller, PendingOfMember(id=member.id, limit=LIMIT_MAX), inner
    )  # fmt: skip
    coming = sorted((one.activates_at, one.points_left) for one in waiting.data if one.activates_at is not None)
    levels = dict(await tiers_of(engine, visitor, incoming))
    refused = [_refused(visitor, line, member.balances.available, coming, levels) for line in found.data]
    return {"found": found, "refused": refused}


def _refused(
    visitor: Visitor, line: TimelineAnswer, available: int, coming: list[tuple[datetime, int]],
    levels: Mapping[int, str],
) -> Refused:  # fmt: skip
    facts = line.facts
    sentence = told_again(facts["code"], facts["sentence"], facts["facts"], visitor.taste, levels)
    others = ({**one} for one in facts["facts"].get("also", ()))
    also = [told_again(one.pop("code"), None, one, visitor.taste, levels) for one in others]
    wanted = facts["facts"].get("points")
    if facts["code"] != "not_enough_points" or not isinstance(wanted, int):
        return Refused(line, sentence, also, None, None)
    missing = max(0, wanted - available)
    left, enough_at = missing, None
    for at, points in coming:
        left -= points
        if left <= 0 < missing:
            enough_at = at
            break
    return Refused(line, sentence, also, missing, enough_at)


async def _identities(
    _engine: Engine, _visitor: Visitor, _member: MemberAnswer, _params: MemberShown, _incoming: Incoming
) -> dict[str, Any]:
    return {}


async def _household(
    engine: Engine, visitor: Visitor, member: MemberAnswer, _params: MemberShown, incoming: Incoming
) -> dict[str, Any]:
    asked = HouseholdsAsked(member=member.id)
    found = await households.find(engine, visitor.caller, asked, visitor.inner(incoming))
    names = await members_named(engine, visitor, [one.member for home in found.data for one in home.members])
    return {"found": found, "names": names}


async def _referral(
    engine: Engine, visitor: Visitor, member: MemberAnswer, params: MemberShown, incoming: Incoming
) -> dict[str, Any]:
    asked = ReferralsAsked(member=member.id, cursor=params.cursor, limit=PAGE)
    found = await referrals.find(engine, visitor.caller, asked, visitor.inner(incoming))
    return {"found": found, "names": await members_named(engine, visitor, [one.friend for one in found.data])}


PARTS: Mapping[Tab, Part] = {
    "timeline": _timeline, "lots": _lots, "redemptions": _redemptions, "orders": _orders, "decisions": _decisions,
    "identities": _identities, "household": _household, "referral": _referral,
}  # fmt: skip
ROUTES = (Route("GET", MEMBERS + "/{id:str}", MemberShown, View, show, "see", "A member"),)
