"""What the books are made of: accounts, lots, holds, entries. Frozen values; the book replaces them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

POINTS_MAX = 2**53
"""The largest balance: beyond it, clients that count in doubles are wrong."""


class Life(NamedTuple):
    """How long a new lot lives: to a date of its own, or, where `idle_days` are given, for as long as its account is
    not idle for so many days, which as of now is `lapses_at`. Without any, for ever.
    """

    expires_at: datetime | None = None
    idle_days: int | None = None
    lapses_at: datetime | None = None


FOR_EVER = Life()


class Part(NamedTuple):
    """So many points of one lot."""

    lot: int
    points: int


class Lot(Struct, frozen=True):
    """Points earned together; `number` is that of the entry that earned them."""

    account_id: int
    number: int
    points: int
    available: int
    held: int
    earned_at: datetime
    expires_at: datetime | None
    rolling: bool = False
    """Lapses with its account, when nothing has happened there for long enough; it has no date of its own then."""


def spending_order(lot: Lot) -> tuple[bool, datetime, datetime, int]:
    """Soonest expiry first, never-expiring last, then oldest (behaviour 2)."""
    return (lot.expires_at is None, lot.expires_at or lot.earned_at, lot.earned_at, lot.number)


class Account(Struct, frozen=True):
    """Where points lie. `live` numbers the spendable lots in spending order, if not `complete` the first of them.

    `moved` went to other accounts, less what came from them. Points that come back to an account with an `heir` move
    on to it. Rolling lots lapse at `lapses_at`, which activity puts off to `idle_days` later.
    """

    account_id: int
    unit: str
    issued: int = 0
    pending: int = 0
    available: int = 0
    held: int = 0
    redeemed: int = 0
    expired: int = 0
    reversed: int = 0
    moved: int = 0
    earned: int = 0
    entries: int = 0
    heir: int | None = None
    idle_days: int | None = None
    lapses_at: datetime | None = None
    version: int = 0
    live: tuple[int, ...] = ()
    complete: bool = True


class Hold(Struct, frozen=True):
    """Points set aside by the entry of the same number."""

    account_id: int
    number: int
    state: str
    expires_at: datetime | None
    ended_by: int | None = None


class Pending(Struct, frozen=True):
    """Points issued by the entry of the same number that wait for a date, or without one for somebody's word.

    `expiry` is the text of the policy by which they expire once they are active.
    """

    account_id: int
    number: int
    points_left: int
    activates_at: datetime | None
    expiry: str
    activated_by: int | None = None
    """The entry that made them a lot of its number."""


class Grace(NamedTuple):
    """Points that came back at `since`, after their date, live until then."""

    since: datetime
    until: datetime


class Holder(Struct, frozen=True):
    """The member holds this account from now on."""

    member_id: int
    account_id: int


class Holding(NamedTuple):
    """The account that a member holds, and those whose heir it is."""

    member_id: int
    account_id: int
    followers: tuple[int, ...]

    @property
    def accounts(self) -> tuple[int, ...]:
        """All of them."""
        return (self.account_id, *self.followers)


class Cause(NamedTuple):
    """Why points move, as the member and the auditor will read it."""

    reason: str
    subject: str
    title: str | None = None
    visible: bool = True
    occurred_at: datetime | None = None


class Entry(Struct, frozen=True):
    """One immutable line. The balances before are those after, less (target) or plus (source) the points."""

    account_id: int
    number: int
    source: str
    target: str
    points: int
    source_after: int
    target_after: int
    parts: tuple[Part, ...]
    counted: bool
    cause: Cause
    actor: str
    command_id: UUID


class Event(NamedTuple):
    """What others will be told, written in the same commit."""

    topic: str
    member_id: int | None
    payload: dict[str, Any]


class Member(Struct, frozen=True):
    """As much of a member as a decision needs."""

    member_id: int
    account_id: int
    status: str
    opted_in: bool | None
    tier_level: int
    tags: tuple[str, ...]
    may_spend: bool = True
