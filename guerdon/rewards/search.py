"""Redemptions and redemption rules of a merchant, page by page."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from guerdon.database.pool import Queries
from guerdon.kit.sql import load
from guerdon.rewards.redemption import CouponState, Redemption, State, Stock
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import Rule

SQL = load(__file__, "search.sql")

BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for the time of what has none."""


class CouponPlace(NamedTuple):
    """Where a coupon stands in a list: its time, and its code."""

    at: datetime
    code: str


async def find_redemptions(
    database: Queries,
    merchant_id: int,
    *,
    member_id: int | None = None,
    rule_id: int | None = None,
    state: State | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[Redemption]:
    """Redemptions for which all of this holds, newest first, from before a place (created, id) on.

    `since` is the first moment, `until` the first after the last.
    """
    place = before or (None, None)
    statement = SQL.find_redemptions if member_id is None else SQL.find_redemptions_of
    rows = await database.fetch(
        statement, merchant_id, rule_id, state and state.value, since, until, *place, count_max,
        *([] if member_id is None else [member_id]),
    )  # fmt: skip
    return [_redemption(list(row)) for row in rows]


async def find_rules(
    database: Queries,
    merchant_id: int,
    *,
    active: bool | None = None,
    before: tuple[datetime, int] | None = None,
    count_max: int = 100,
) -> list[Rule]:
    """Redemption rules as they stand, newest first, from before a place (created, id) on."""
    rows = await database.fetch(SQL.find_rules, merchant_id, active, *(before or (None, None)), count_max)
    return [Rule(row[0], row[1], msgspec.json.decode(row[2], type=RedemptionRule), *tuple(row)[3:6]) for row in rows]


async def stocks_of(database: Queries, merchant_id: int, rule_ids: Collection[int]) -> dict[int, Stock]:
    """What all members together have used of these rules, by id, of those that were ever limited."""
    rows = await database.fetch(SQL.find_stocks, merchant_id, list(rule_ids))
    return {row["rule_id"]: Stock(*row) for row in rows}


class CouponSeen(Struct, frozen=True):
    """A coupon as it is `written`, with whose it is. One of the old system has no redemption, and perhaps no time."""

    code: str
    state: CouponState
    order_id: str | None
    expires_at: datetime | None
    redemption_id: int | None
    member_id: int | None
    rule_id: int | None
    written: str
    at: datetime | None

    @property
    def place(self) -> CouponPlace:
        """Where it stands in a list."""
        return CouponPlace(self.at or BEFORE_ALL, self.code)


async def find_coupons(
    database: Queries,
    merchant_id: int,
    *,
    code: str | None = None,
    redemption_id: int | None = None,
    member_id: int | None = None,
    order_id: str | None = None,
    state: str | None = None,
    before: CouponPlace | None = None,
    count_max: int = 100,
) -> list[CouponSeen]:
    """The coupons that any of these finds, newest first, from before a place on; codes are compared without case."""
    rows = await database.fetch(
        SQL.find_coupons, merchant_id, [] if code is None else [code.upper()], redemption_id, member_id, order_id,
        state, *(before or (None, None)), count_max,
    )  # fmt: skip
    return [
        CouponSeen(row[0], CouponState(row[1]), *tuple(row)[2:7], written=row["written"] or row[0], at=row["at"])
        for row in rows
    ]


def _redemption(values: list[Any]) -> Redemption:
    values[6] = State(values[6])
    return Redemption(*values)
