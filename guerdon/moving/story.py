"""All that happened to a member, as one story: newest first, page by page.

    points ──┐
    orders ──┼─► merged by (time, kind, key) ─► a page; its last line is the place of the next
    tiers  ──┘

Each kind is read by an index of its own, as many lines as the page may need, so that a long history costs no more than
a short one.
"""

import heapq
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

import msgspec
from msgspec import Struct

from guerdon.database.pool import Queries
from guerdon.kit.sql import load
from guerdon.points.family import find_holdings
from guerdon.points.search import EntrySeen, find_entries

SQL = load(__file__, "story.sql")

Kind = Literal[
    "points", "redemption", "order", "return", "activity", "tier", "transfer", "merge", "decision", "referral",
    "adjustment", "profile",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""`decision` is what was refused, `adjustment` what a second person decides, `profile` what changed of the person."""

NEVER = datetime(9999, 12, 31, tzinfo=UTC)

_facts = msgspec.json.Decoder(dict[str, Any]).decode


class Place(NamedTuple):
    """Where a line stands in the story."""

    at: datetime
    kind: str
    key: str


class Line(Struct, frozen=True):
    """One thing that happened. `key` is its id among those of its kind, `facts` are the numbers and names of it."""

    at: datetime
    kind: Kind
    key: Any
    facts: dict[str, Any]
    entry: EntrySeen | None = None
    """What the books have, where points moved."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.at, self.kind, _written(self.key))


class _Keys(NamedTuple):
    """What the keys of a kind are: how they are read from a place, one before all, and one after all."""

    read: Callable[[str], Any]
    least: Any
    most: Any


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


NUMBERS = _Keys(int, -1, 2**63 - 1)
TEXTS = _Keys(str, "", "\U0010ffff" * 64)
UUIDS = _Keys(UUID, UUID(int=0), UUID(int=2**128 - 1))
ENTRIES = _Keys(_numbers, (-1, -1), (2**63 - 1, 2**63 - 1))

_TOLD: dict[Kind, tuple[str, _Keys]] = {
    "redemption": (SQL.tell_redemptions, NUMBERS),
    "order": (SQL.tell_orders, TEXTS),
    "return": (SQL.tell_returns, TEXTS),
    "activity": (SQL.tell_activities, TEXTS),
    "tier": (SQL.tell_tiers, UUIDS),
    "transfer": (SQL.tell_transfers, NUMBERS),
    "merge": (SQL.tell_merges, NUMBERS),
    "decision": (SQL.tell_decisions, UUIDS),
    "referral": (SQL.tell_referrals, NUMBERS),
    "adjustment": (SQL.tell_adjustments, NUMBERS),
    "profile": (SQL.tell_profile, UUIDS),
}


async def tell_story(
    database: Queries, merchant_id: int, member_id: int, *, kinds: Collection[Kind] = KINDS,
    before: Place | None = None, count_max: int = 100,
) -> list[Line]:  # fmt: skip
    """The lines of these kinds of a member's story, from before a place on. Raises ValueError where that is of none."""
    told: list[Sequence[Line]] = []
    for kind in kinds:
        keys = ENTRIES if kind == "points" else _TOLD[kind][1]
        at, key = _bound(kind, keys, before)
        if kind == "points":
            told.append(await _entries(database, merchant_id, member_id, at, key, count_max))
            continue
        rows = await database.fetch(_TOLD[kind][0], merchant_id, member_id, at, key, count_max)
        told.append([Line(row["at"], kind, row["key"], _facts(row["facts"])) for row in rows])
    merged = heapq.merge(*told, key=_order, reverse=True)
    return [line for line, _ in zip(merged, range(count_max), strict=False)]


async def _entries(
    database: Queries, merchant_id: int, member_id: int, at: datetime, key: tuple[int, int], count_max: int
) -> list[Line]:
    holdings = await find_holdings(database, merchant_id, [member_id])
    if member_id not in holdings:
        return []
    entries = await find_entries(
        database, merchant_id, holdings[member_id].accounts, before=(at, *key), count_max=count_max
    )  # fmt: skip
    return [Line(entry.recorded_at, "points", (entry.account_id, entry.number), {}, entry) for entry in entries]


def _bound(kind: Kind, keys: _Keys, before: Place | None) -> tuple[datetime, Any]:
    """The place (time, key) among lines of this kind that is where the story goes on.

    Of one moment, the kinds that come later in the alphabet are told first.
    """
    if before is None:
        return NEVER, keys.least
    if kind == before.kind:
        return before.at, keys.read(before.key)
    return before.at, keys.most if kind < before.kind else keys.least


def _order(line: Line) -> tuple[datetime, str, Any]:
    return line.at, line.kind, line.key


def _written(key: Any) -> str:
    return ".".join(map(str, key)) if isinstance(key, tuple) else str(key)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]: keys are of their kind's type
