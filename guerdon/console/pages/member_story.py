"""What happened to a member, in words: each line of the story as `parts.timeline` takes it.

Points that one command moved for one thing are one line, and so are an order, an activity, a redemption or a transfer
and the points of that moment.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from babel.numbers import format_decimal

from guerdon.api.v1.timeline import TimelineAnswer
from guerdon.console.amounts import money_text
from guerdon.console.draw import title_text
from guerdon.console.pages.member_words import (
    ACTIVITIES,
    FIELDS,
    MOVED,
    MOVES,
    STATES,
    TIERS,
    TOLD_BY_TITLE,
    TONES,
    TOPICS,
    WHY,
)
from guerdon.console.pages.names import Named
from guerdon.console.refusals import told_again
from guerdon.console.visitor import Visitor

TOGETHER = timedelta(minutes=1)
"""Points come so soon after what they are for, where they come at once: a shop tells of an order a moment later."""

TAKEN_FROM = ("issued", "available", "moved")
"""Where the points of a redemption, a transfer or a purchase come from."""


class Names(NamedTuple):
    """What people call things: whose story it is, and members, rewards of redemptions, and tiers by level."""

    me: str
    members: Mapping[str, str]
    rewards: Mapping[str, str]
    tiers: Mapping[int, str]


class _Told(NamedTuple):
    """A line, and the points that belong to it; of points, all that one command moved so."""

    line: TimelineAnswer
    points: list[TimelineAnswer]


def drawn_story(
    visitor: Visitor, lines: Sequence[TimelineAnswer], names: Names, by: Named
) -> list[dict[str, Any]]:  # fmt: skip
    """The story as it is drawn."""
    teller = _Teller(visitor, names, by)
    return [teller.tell(told) for told in _gathered(lines)]


def _gathered(lines: Sequence[TimelineAnswer]) -> list[_Told]:
    """The lines of a page, with points at what they are for."""
    taken = {(line.subject, line.at) for line in lines if line.kind in ("redemption", "transfer")}
    groups: dict[tuple[Any, ...], list[TimelineAnswer]] = {}
    for line in lines:
        if line.kind == "points" and not ((line.subject, line.at) in taken and line.facts["source"] in TAKEN_FROM):
            way = line.facts["command"], line.subject, line.facts["source"], line.facts["target"]
            groups.setdefault(way, []).append(line)
    heads = {line.subject: line for line in lines if line.kind in ("order", "activity")}
    # What was taken back later has the same id.
    told = {(line.id, line.at): _Told(line, []) for line in lines if line.kind != "points"}
    for group in groups.values():
        first, head = group[0], heads.get(group[0].subject)
        of_head = told[head.id, head.at].points if head else []
        if head and not of_head and first.facts["source"] == "issued" and first.at - head.at <= TOGETHER:
            of_head.extend(group)
        else:
            told[first.id, first.at] = _Told(first, group)
    return [told[line.id, line.at] for line in lines if (line.id, line.at) in told]


class _Teller:
    """Says what each kind of line is about."""

    def __init__(self, visitor: Visitor, names: Names, by: Named) -> None:
        self._visitor, self._names, self._by = visitor, names, by

    def tell(self, told: _Told) -> dict[str, Any]:
        """One line."""
        line = told.line
        drawn: dict[str, Any] = (
            self._points(told.points) if line.kind == "points"
            else getattr(self, f"_{line.kind}")(line, told.points) if line.kind in ("order", "activity")
            else getattr(self, f"_{line.kind}")(line)
        )  # fmt: skip
        actor = None if line.actor is None else self._by(line.actor)
        return {"at": line.at, "kind": line.kind, "id": line.id, "actor": actor, **drawn}

    def _(self, text: str, /, **facts: Any) -> str:
        return self._visitor._(text, **facts)

    def _said(self, words: Mapping[str, str], code: str | None) -> str:
        """A code in words; one that we have none for is not ours."""
        return self._(words[code]) if code and code in words else (code or "").replace("_", " ")

    def _money(self, minor: int, currency: str) -> str:
        return money_text(minor, currency, self._visitor.locale)

    def _member(self, member: str | None) -> str:
        return self._names.members.get(member or "", member or "–")

    # Points

    def _points(self, group: Sequence[TimelineAnswer]) -> dict[str, Any]:
        line, points = group[0], sum(map(_amount, group))
        way = line.facts["source"], line.facts["target"]
        about, href = self._about(line.subject)
        title, tone = MOVES.get(way, MOVED)
        order = (line.subject or "").startswith("order:") and way[0] == "issued"
        settled = way == ("held", "redeemed")
        number = self._visitor.ngettext("%(points)s point", "%(points)s points", points, points=self._number(points))
        return {
            "title": self._earned(about or "", group) if order else self._(title), "tone": tone, "href": href,
            "amount": None if settled else points, "parts": _parts(group, self._why),
            "text": _joined(
                number if settled else None, self._title(line) if len(group) == 1 else None, self._reason(line),
                None if order else about,
            ),
        }  # fmt: skip

    def _reason(self, line: TimelineAnswer) -> str | None:
        """Why, where that says more than what the statement says."""
        told = line.facts["title"] and line.reason in TOLD_BY_TITLE
        return None if told else self._said(WHY, line.reason)

    def _title(self, line: TimelineAnswer) -> str:
        return title_text(line.facts["title"], self._visitor.taste)

    def _why(self, line: TimelineAnswer) -> str:
        """What the statement says of it, or else why."""
        return self._title(line) or self._said(WHY, line.reason)

    def _number(self, number: int) -> str:
        return format_decimal(number, locale=self._visitor.locale).replace("-", "−")

    def _earned(self, about: str, group: Sequence[TimelineAnswer]) -> str:
        """How many points an order earned, now or later."""
        points = sum(line.facts["points"] for line in group)
        number = self._number(points)
        if group[0].facts["target"] == "pending":
            return self._visitor.ngettext(
                "%(about)s earned %(points)s point, pending", "%(about)s earned %(points)s points, pending", points,
                about=about, points=number,
            )  # fmt: skip
        return self._visitor.ngettext(
            "%(about)s earned %(points)s point", "%(about)s earned %(points)s points", points, about=about,
            points=number,
        )  # fmt: skip

    def _about(self, subject: str | None) -> tuple[str | None, str | None]:
        """What points are about, in words, and its page."""
        kind, _, known_as = (subject or "").partition(":")
        if kind == "order":
            return self._("Order %(order)s", order=known_as), f"/console/orders/{known_as}"
        if kind == "return":
            return self._("Return %(id)s", id=known_as), f"/console/returns/{known_as}"
        if kind.startswith("red_"):
            return self._names.rewards.get(kind), f"/console/redemptions/{kind}"
        if kind.startswith("mem_") and kind != self._names.me:
            return self._member(kind), f"/console/members/{kind}"
        return None, None

    # What it was for

    def _order(self, line: TimelineAnswer, points: Sequence[TimelineAnswer]) -> dict[str, Any]:
        facts, (about, href) = line.facts, self._about(line.subject)
        codes = ", ".join(facts["codes"])
        worth, why = self._money(facts["total_minor"], facts["currency"]), self._why(points[0]) if points else None
        return {
            "title": self._earned(about or "", points) if points else about, "href": href,
            "text": _joined(worth, facts["status"].replace("_", " "), codes, why if len(points) == 1 else None),
            **self._fed(points),
        }  # fmt: skip

    def _activity(self, line: TimelineAnswer, points: Sequence[TimelineAnswer]) -> dict[str, Any]:
        facts = line.facts
        state = None if facts["state"] == "done" else self._said(STATES, facts["state"])
        why = self._why(points[0]) if len(points) == 1 else None
        title = self._title(line) or self._said(ACTIVITIES, facts["name"])
        title = title[:1].upper() + title[1:]
        return {
            "title": title, "text": _joined(None if why == title else why, state, line.reason),
            **self._fed(points),
        }  # fmt: skip

    def _fed(self, points: Sequence[TimelineAnswer]) -> dict[str, Any]:
        """How it looks with the points that it brought."""
        if not points:
            return {"tone": "plain"}
        tone = MOVES[points[0].facts["source"], points[0].facts["target"]][1]
        return {"tone": tone, "amount": sum(map(_amount, points)), "parts": _parts(points, self._why)}

    def _redemption(self, line: TimelineAnswer) -> dict[str, Any]:
        facts = line.facts
        worth = self._money(facts["value_minor"], facts["currency"]) if facts["value_minor"] else None
        reward = facts["name"] or self._("a coupon")
        title = self._("Redeemed for %(reward)s", reward=reward) if facts["points"] else self._(
            "Was given %(reward)s", reward=reward
        )  # fmt: skip
        return {
            "title": title, "tone": TONES.get(facts["state"], "redeemed"), "href": f"/console/redemptions/{line.id}",
            "text": _joined(worth, facts["code"], self._said(STATES, facts["state"])),
            "amount": -facts["points"] if facts["points"] else None,
        }  # fmt: skip

    def _return(self, line: TimelineAnswer) -> dict[str, Any]:
        facts, (about, href) = line.facts, self._about(line.subject)
        worth = self._money(facts["total_minor"], facts["currency"])
        return {
            "title": about, "tone": "reversed", "href": href,
            "text": self._("%(worth)s of order %(order)s", worth=worth, order=facts["order"]),
        }  # fmt: skip

    def _tier(self, line: TimelineAnswer) -> dict[str, Any]:
        facts, tiers = line.facts, self._names.tiers
        before, after = (tiers.get(facts[name], str(facts[name])) for name in ("from_level", "to_level"))
        title = self._("Stays %(tier)s", tier=after) if before == after else self._(
            "%(before)s → %(after)s", before=before, after=after
        )  # fmt: skip
        return {
            "title": title, "tone": "good" if facts["to_level"] >= facts["from_level"] else "warn",
            "text": _joined(self._said(TIERS, facts["why"]), line.reason),
        }  # fmt: skip

    # With others

    def _transfer(self, line: TimelineAnswer) -> dict[str, Any]:
        facts, me = line.facts, self._names.me
        gives = facts["from"] == me and facts["movement"] != "purchase"
        other = facts["to"] if facts["from"] == me else facts["from"]
        if facts["refunded"]:
            return {
                "title": self._("Points that were bought were paid back"), "tone": "reversed",
                "amount": -facts["points_back"] or None, "href": None if other == me else f"/console/members/{other}",
            }  # fmt: skip
        if facts["movement"] == "purchase":
            title = self._("Bought points")
        elif gives:
            title = self._("Gave points to %(name)s", name=self._member(other))
        else:
            title = self._("Was given points by %(name)s", name=self._member(other))
        return {
            "title": title, "tone": "plain" if gives else "earned", "text": line.reason,
            "amount": -facts["points"] if gives else facts["points"],
            "href": None if other == me else f"/console/members/{other}",
        }  # fmt: skip

    def _merge(self, line: TimelineAnswer) -> dict[str, Any]:
        facts = line.facts
        if facts["undone"]:
            title = self._("A merge was undone")
        elif facts["into"] == self._names.me:
            title = self._("%(id)s became this member", id=facts["member"])
        else:
            title = self._("Became %(name)s", name=self._member(facts["into"]))
        return {"title": title, "tone": "warn" if facts["undone"] else "plain"}

    def _referral(self, line: TimelineAnswer) -> dict[str, Any]:
        facts = line.facts
        brings = facts["member"] == self._names.me
        other = facts["friend"] if brings else facts["member"]
        name = self._member(other)
        brought = self._("Brought %(name)s", name=name) if other else self._("Told a friend")
        return {
            "title": brought if brings else self._("Came by %(name)s", name=name),
            "tone": "good" if facts["state"] == "completed" else "plain", "text": self._said(STATES, facts["state"]),
            "href": f"/console/members/{other}" if other else None,
        }  # fmt: skip

    # What people said

    def _decision(self, line: TimelineAnswer) -> dict[str, Any]:
        facts = line.facts
        why = told_again(facts["code"], facts["sentence"], facts["facts"], self._visitor.taste, self._names.tiers)
        return {
            "title": self._("Refused: %(why)s", why=why), "tone": "bad", "href": f"/console/decisions/{line.id}",
        }  # fmt: skip

    def _adjustment(self, line: TimelineAnswer) -> dict[str, Any]:
        facts = line.facts
        sign = "+" if facts["points"] > 0 else ""
        title = self._visitor.ngettext(
            "%(points)s point proposed", "%(points)s points proposed", abs(facts["points"]),
            points=sign + self._number(facts["points"]),
        )  # fmt: skip
        return {
            "title": title, "tone": TONES.get(facts["state"], "plain"), "href": f"/console/approvals/{line.id}",
            "text": _joined(facts["title"], self._said(STATES, facts["state"]), line.reason, facts["decision"]),
        }  # fmt: skip

    def _profile(self, line: TimelineAnswer) -> dict[str, Any]:
        changed = dict.fromkeys(self._said(FIELDS, name) for name in line.facts["changed"] or ())
        return {"title": self._said(TOPICS, line.facts["topic"]), "tone": "plain", "text": ", ".join(changed)}


def _amount(line: TimelineAnswer) -> int:
    """By how much it changed what can be spent, or else what is there at all; of held points that are taken, how many:
    the line of the hold told of them before.
    """
    facts = line.facts
    if (facts["source"], facts["target"]) == ("held", "redeemed"):
        return facts["points"]
    return line.points or facts["points"] * (1 if facts["target"] == "available" else -1)


def _parts(group: Sequence[TimelineAnswer], why: Callable[[TimelineAnswer], str]) -> list[tuple[str, int]]:
    """What each of several moves was for."""
    return [(why(line), _amount(line)) for line in group] if len(group) > 1 else []


def _joined(*parts: str | None) -> str | None:
    return " · ".join(dict.fromkeys(part for part in parts if part)) or None
