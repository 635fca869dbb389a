"""`/v1/members/{id}/timeline`: all that happened to a member, as one story."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.books import parts_shown, subject_shown
from guerdon.api.v1.ids import MemberId, shown, unique
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.v1.who import member_at, member_shown
from guerdon.api.wire import Incoming, Route
from guerdon.errors.base import BadField
from guerdon.moving.story import KINDS, Kind, Line, Place, tell_story
from guerdon.points.history import OWNED
from guerdon.points.search import EntrySeen

NUMBERED = {"redemption": "red", "transfer": "trf", "merge": "mrg", "referral": "ref", "adjustment": "adj"}


class TimelineAsked(ListAsked, kw_only=True):
    """Whose story, and which kinds of things in it, with commas between; all where that is left out."""

    id: MemberId
    kinds: Annotated[str, Meta(max_length=200, examples=["points,order"])] | None = None


class TimelineAnswer(msgspec.Struct, frozen=True):
    """One thing that happened. `id` is that of the redemption, order, entry or whatever it is; `points` is by how much
    it changed what the member owns, where it moved points by itself; `facts` are the numbers and names of its kind.
    """

    id: str
    object: Literal["happening"]
    kind: Kind
    at: datetime
    points: int | None
    reason: str | None
    """Why, in the words of whoever did it."""
    actor: str | None
    subject: str | None
    """What it is about: an id, or such as `order:A-1` by the shop's own."""
    facts: dict[str, Any]


async def find(
    engine: Engine, caller: Caller, params: TimelineAsked, incoming: Incoming
) -> Page[TimelineAnswer]:  # fmt: skip
    """A member's story, newest first: points, redemptions, orders, refusals and all else."""
    member = await member_at(engine.database, caller, params.id)
    place = after(params, tuple[datetime, str, str])
    try:
        lines = await tell_story(
            engine.database, caller.merchant.merchant_id, member.member_id, kinds=_kinds(params.kinds),
            before=None if place is None else Place(*place), count_max=params.limit + 1,
        )  # fmt: skip
    except ValueError:
        raise BadField("cursor", "it is not one that a page of this list has told") from None
    return page(incoming, params, lines, lambda line: line.place, _shown)


def _kinds(asked: str | None) -> list[Kind]:
    names = {name.strip() for name in (asked or "").split(",") if name.strip()}
    if unknown := sorted(names - set(KINDS)):
        raise BadField("kinds", f"there is no {unknown[0][:40]!r}; there are {', '.join(KINDS)}")
    return [kind for kind in KINDS if not names or kind in names]


def _shown(line: Line) -> TimelineAnswer:
    if line.entry is not None:
        return _entry(line.entry)
    facts = {
        _NAMES.get(name, name): _fact(name, value)
        for name, value in line.facts.items()
        if name not in ("actor", "reason")
    }
    return TimelineAnswer(
        id=_id(line), object="happening", kind=line.kind, at=line.at, points=None,
        reason=line.facts.get("reason") or None, actor=line.facts.get("actor"), subject=_subject(line), facts=facts,
    )  # fmt: skip


def _entry(entry: EntrySeen) -> TimelineAnswer:
    return TimelineAnswer(
        id=shown("ent", entry.account_id, entry.number), object="happening", kind="points", at=entry.recorded_at,
        points=entry.points * ((entry.target in OWNED) - (entry.source in OWNED)), reason=entry.reason,
        actor=entry.actor, subject=subject_shown(entry.subject, entry.reason),
        facts={
            "source": entry.source, "target": entry.target, "points": entry.points, "title": entry.title,
            "visible": entry.visible, "available": _available(entry), "command": entry.command_id,
            "occurred_at": entry.occurred_at, "lots": parts_shown(entry.account_id, entry.parts),
        },
    )  # fmt: skip


def _available(entry: EntrySeen) -> int | None:
    """The balance after it, where it moved that."""
    if entry.target == "available":
        return entry.target_after
    return entry.source_after if entry.source == "available" else None


_NAMES = {
    "member_id": "member", "friend_id": "friend", "survivor_id": "into", "sender_id": "from", "receiver_id": "to",
    "rule_id": "rule", "order_id": "order",
}  # fmt: skip
"""What clients call what we know by a number."""


def _fact(name: str, value: Any) -> Any:
    if name in ("member_id", "friend_id", "survivor_id", "sender_id", "receiver_id") and value is not None:
        return member_shown(value)
    return shown("rule", value) if name == "rule_id" and value is not None else value


def _id(line: Line) -> str:
    if line.kind in NUMBERED:
        kind = "pur" if line.facts.get("movement") == "purchase" else NUMBERED[line.kind]
        return shown(kind, int(line.key))
    if isinstance(line.key, UUID):
        return str(line.key) if line.kind == "tier" else unique("dec" if line.kind == "decision" else "evt", line.key)
    return str(line.key)


def _subject(line: Line) -> str | None:
    if line.kind in ("order", "return", "activity"):
        return f"{line.kind}:{line.key}"
    return _id(line) if line.kind in NUMBERED or line.kind == "decision" else None


ROUTES = (
    Route("GET", "/v1/members/{id:str}/timeline", TimelineAsked, Page[TimelineAnswer], find, "read",
          "See all that happened to a member"),
)  # fmt: skip
