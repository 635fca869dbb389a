"""What the books say to whoever only reads: balances now, what expires next, and the statement of an account."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from guerdon.database.pool import Queries
from guerdon.errors.books import MemberNotFound
from guerdon.kit.sql import load

SQL = load(__file__, "history.sql")

OWNED = frozenset({"available", "held"})
"""The buckets whose points are the member's: what is held is set aside, and still theirs until an order takes it."""


class Balances(Struct, frozen=True):
    """A member's points as they stand now, whether or not a job has noticed the time: those of the account that the
    member holds, and what is still on accounts bequeathed to it.

    `available` leaves out points whose expiry has passed; `next_points` expire together at `next_expiry_at`.
    """

    account_id: int
    available: int
    held: int
    pending: int
    earned: int
    redeemed: int
    expired: int
    next_expiry_at: datetime | None
    next_points: int

    @property
    def owned(self) -> int:
        """What no order and no expiry has taken yet: available and held."""
        return self.available + self.held


class Line(Struct, frozen=True):
    """One entry of a statement; `subject` names what it is about, such as `redemption:7`."""

    account_id: int
    number: int
    source: str
    target: str
    points: int
    reason: str
    subject: str
    title: str | None
    visible: bool
    actor: str
    occurred_at: datetime
    recorded_at: datetime

    @property
    def change(self) -> int:
        """By how much it changed what the member owns; 0 for points that were only set aside or freed."""
        return self.points * ((self.target in OWNED) - (self.source in OWNED))

    @property
    def place(self) -> tuple[datetime, int, int]:
        """Where it stands in a statement."""
        return self.recorded_at, self.account_id, self.number


async def get_balances(database: Queries, merchant_id: int, member_id: int, now: datetime) -> Balances:
    """The balances of a member's points; refuses with MemberNotFound."""
    found = await balances_of(database, merchant_id, [member_id], now)
    if member_id not in found:
        raise MemberNotFound("id", str(member_id))
    return found[member_id]


async def balances_of(
    database: Queries, merchant_id: int, member_ids: Collection[int], now: datetime
) -> dict[int, Balances]:
    """The balances of each of these members, as far as there are such members."""
    found: dict[int, Balances] = {}
    for row in await database.fetch(SQL.get_balances, merchant_id, list(member_ids), now):
        member_id, account_id, available, held, pending, earned, redeemed, expired, due, next_at, next_points = row
        found[member_id] = Balances(
            account_id, available - due, held, pending, earned, redeemed, expired + due, next_at, next_points or 0
        )
    return found


async def list_entries(
    database: Queries,
    merchant_id: int,
    account_id: int,
    *,
    before: tuple[datetime, int, int] | None = None,
    count_max: int = 100,
    visible_only: bool = False,
) -> list[Line]:
    """The statement of an account and of those bequeathed to it, newest first.

    The place of its last line is `before` for the next page.
    """
    place = before or (None, None, None)
    rows = await database.fetch(SQL.list_entries, merchant_id, account_id, *place, visible_only, count_max)
    return [Line(*row) for row in rows]


async def list_pending(
    database: Queries, merchant_id: int, account_id: int, *, count_max: int = 100, visible_only: bool = False
) -> list[Line]:
    """What waits on an account and on those bequeathed to it, newest first; `points` are those that still wait."""
    rows = await database.fetch(SQL.list_pending, merchant_id, account_id, visible_only, count_max)
    return [Line(*row) for row in rows]
