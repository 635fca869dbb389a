"""What the rows of each kind of file say, once they are right in themselves; and what is wrong with a bad one."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from guerdon.bulk.fields import Birthday
from guerdon.earning.rule import EarningRule
from guerdon.points.command import Identity
from guerdon.rewards.rule import RedemptionRule


class BadRow(Struct, frozen=True):
    """A row that cannot be taken, by the line on which it begins. `column` is empty where it is about the whole row."""

    line: int
    column: str
    value: str
    reason: str


class Points(Struct, frozen=True, array_like=True, gc=False):
    """Points of one row: what there is to be spent (below zero: a debt), and what was earned and used before.

    Without a date, `dated` tells "never" from "as the merchant's policy says".
    """

    available: int
    used: int = 0
    earned_at: datetime | None = None
    expires_at: datetime | None = None
    dated: bool = False
    title: str | None = None


class MemberRow(Struct, frozen=True, array_like=True, gc=False):
    """A member; None says nothing of what a member that is here already has."""

    line: int
    identities: tuple[Identity, ...]
    first_name: str | None
    last_name: str | None
    country: str | None
    tags: tuple[str, ...] | None
    status: str | None
    tier_level: int | None
    opted_in: bool | None
    opted_in_at: datetime | None
    has_account: bool | None
    joined_at: datetime | None
    birthday: Birthday | None
    points: Points


class LotRow(Struct, frozen=True, array_like=True, gc=False):
    """Points of a member that were earned together."""

    line: int
    identities: tuple[Identity, ...]
    points: Points


class HistoryRow(Struct, frozen=True, array_like=True, gc=False):
    """A line of a member's statement: points earned, or (below zero) used."""

    line: int
    identities: tuple[Identity, ...]
    points: int
    at: datetime
    title: str | None


class CodeRow(Struct, frozen=True, array_like=True, gc=False):
    """A coupon code of the old system, in upper case."""

    line: int
    code: str
    state: str
    identities: tuple[Identity, ...]
    order_id: str | None
    at: datetime | None


class RuleRow(Struct, frozen=True, array_like=True, gc=False):
    """The terms of a rule."""

    line: int
    terms: RedemptionRule | EarningRule


Row = MemberRow | LotRow | HistoryRow | CodeRow | RuleRow


class Options(Struct, frozen=True, kw_only=True):
    """How an import is run."""

    skip_bad: bool = False
    add: bool = False
    """Whether points may come to members to whom another import has brought some."""
    events: bool = False
    """Whether others are told of every member; usually nobody is."""
    title: str = "Brought over"
    """What the statement of a member says of the points."""


class Reading(Struct, frozen=True):
    """How a file is to be read: `country` is where phones without one are dialled, `levels` tells those of tiers."""

    kind: str
    timezone: str
    now: datetime
    preset: str = "guerdon"
    country: str | None = None
    levels: dict[str, int] = {}
    columns: dict[str, str] = {}
    """Further names of columns: theirs, then ours."""
    points: bool = True
    """Whether the balances of members count; without, only who they are."""


def kept_options(reading: Reading, options: Options) -> dict[str, Any]:
    """What an import that goes on has to have in common with its beginning."""
    return {"preset": reading.preset, "columns": reading.columns, "points": reading.points,
            "skip_bad": options.skip_bad}  # fmt: skip
