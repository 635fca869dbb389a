"""Redemptions and redemption rules of a merchant, page by page."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from guerdon.database.pool import Queries, Row
from guerdon.kit.looked import LOOKED_MAX, Looked, bound, looked
from guerdon.kit.sql import load
from guerdon.points.values import POINTS_MAX
from guerdon.rewards.redemption import CouponState, Redemption, State, Stock
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import Rule

SQL = load(__file__, "search.sql")

BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for the time of what has none."""
AFTER_ALL = datetime(9999, 1, 1, tzinfo=UTC)
NEWEST = (AFTER_ALL, 2**62)
"""Before this place come all."""

FEW = (State.ASKED, State.HELD, State.CANCELLED, State.EXPIRED)
"""States in which few redemptions are: an index leads to them."""

Place = tuple[datetime, int]
"""Where a redemption stands in a list: its time, and its id."""


class RedemptionsWanted(Struct, frozen=True, kw_only=True):
    """Which redemptions; all that is said must hold. `until` is the first moment after the last.

    An index leads to those of a code, of a member, of a rule, or in one of FEW states, in this order, or else to those
    of a time; what is said beside that is looked for among them (guerdon/kit/looked.py).
    """

    code: str | None = None
    member_id: int | None = None
    rule_id: int | None = None
    state: State | None = None
    channel: str | None = None
    points_min: int = 0
    points_max: int = POINTS_MAX
    since: datetime = BEFORE_ALL
    until: datetime = AFTER_ALL


class CouponPlace(NamedTuple):
    """Where a coupon stands in a list: its time, and its code."""

    at: datetime
    code: str


async def find_redemptions(
    database: Queries, merchant_id: int, wanted: RedemptionsWanted, *, before: Place | None = None, count_max: int = 100
) -> Looked[Redemption, Place]:
    """Redemptions that are wanted, newest first, from before a place (created, id) on."""
    if wanted.code is not None:
        return Looked(await _of_code(database, merchant_id, wanted, before or NEWEST))
    statement, *leading = _leading(wanted)
    place = before or NEWEST
    rows = await database.fetch(
        statement, merchant_id, wanted.since, bound(wanted.until, place[0]), *place, wanted.rule_id,
        wanted.state and wanted.state.value, wanted.channel, wanted.points_min, wanted.points_max, LOOKED_MAX,
        count_max, *leading,
    )  # fmt: skip
    places = looked(rows, _place, lambda place: place, count_max)
    found = await get_redemptions(database, merchant_id, [place[1] for place in places.rows])
    return Looked(found, places.further)


async def get_redemptions(database: Queries, merchant_id: int, redemption_ids: Collection[int]) -> list[Redemption]:
    """Redemptions by their ids, newest first, as far as there are such."""
    if not redemption_ids:
        return []
    rows = await database.fetch(SQL.get_redemptions, merchant_id, list(redemption_ids))
    return [_redemption(list(row)) for row in rows]


def _leading(wanted: RedemptionsWanted) -> tuple[Any, ...]:
    """The statement whose index leads to the fewest, with the value that it goes by."""
    if wanted.member_id is not None:
        return SQL.find_places_of_member, wanted.member_id
    if wanted.rule_id is not None and wanted.state not in FEW:
        return SQL.find_places_of_rule, wanted.rule_id
    if wanted.state is not None and wanted.state in FEW:
        return SQL.find_places_in_state, wanted.state.value
    return (SQL.find_places,)


def _place(row: Row) -> Place:
    return row[0], row[1]


async def _of_code(database: Queries, merchant_id: int, wanted: RedemptionsWanted, before: Place) -> list[Redemption]:
    """The one redemption that gave a code, if it is wanted in every other way."""
    found = await database.fetchval(SQL.find_redemption_of_code, merchant_id, (wanted.code or "").upper())
    return [
        one
        for one in await get_redemptions(database, merchant_id, [] if found is None else [found])
        if wanted.member_id in (None, one.member_id)
        and wanted.rule_id in (None, one.rule_id)
        and wanted.state in (None, one.state)
        and wanted.channel in (None, one.channel)
        and wanted.points_min <= one.points <= wanted.points_max
        and wanted.since <= one.created_at < wanted.until
        and (one.created_at, one.redemption_id) < before
    ]


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
    return [_coupon(row) for row in rows]


class CouponsWanted(Struct, frozen=True, kw_only=True):
    """Which coupons of redemptions; all that is said must hold. Codes of an old system are in no such list."""

    rule_id: int | None = None
    state: CouponState | None = None
    since: datetime = BEFORE_ALL
    until: datetime = AFTER_ALL


TOLD_BY = {CouponState.ASKED: State.ASKED, CouponState.VOID: State.CANCELLED}
"""States of coupons that are those of few redemptions."""


async def list_coupons(
    database: Queries, merchant_id: int, wanted: CouponsWanted, *, before: Place | None = None, count_max: int = 100
) -> Looked[CouponSeen, Place]:
    """Coupons of redemptions, the last given first, from before a place (given, id of the redemption) on."""
    leading: tuple[Any, ...] = (SQL.find_coupon_places,)
    if wanted.rule_id is not None:
        leading = SQL.find_coupon_places_of_rule, wanted.rule_id
    elif wanted.state is not None and wanted.state in TOLD_BY:
        leading = SQL.find_coupon_places_in_state, TOLD_BY[wanted.state].value
    place = before or NEWEST
    rows = await database.fetch(
        leading[0], merchant_id, wanted.since, bound(wanted.until, place[0]), *place,
        wanted.state and wanted.state.value, LOOKED_MAX, count_max, *leading[1:],
    )  # fmt: skip
    places = looked(rows, lambda row: (row[0], row[1], row[2]), lambda place: place[:2], count_max)
    found = await _coupons(database, merchant_id, [code for _, _, code in places.rows])
    return Looked(found, places.further)


async def list_ending_coupons(
    database: Queries, merchant_id: int, since: datetime, until: datetime, *, after: CouponPlace | None = None,
    count_max: int = 100,
) -> list[CouponSeen]:  # fmt: skip
    """Coupons that nobody has used and whose time is over between then and then, the soonest first, from after a place
    (end, code) on.
    """
    rows = await database.fetch(
        SQL.find_coupons_that_end, merchant_id, since, until, *(after or (BEFORE_ALL, "")), count_max
    )  # fmt: skip
    return await _coupons(database, merchant_id, [row["code"] for row in rows])


async def _coupons(database: Queries, merchant_id: int, codes: list[str]) -> list[CouponSeen]:
    """Coupons in the order of these codes."""
    if not codes:
        return []
    rows = await database.fetch(
        SQL.find_coupons, merchant_id, codes, None, None, None, None, None, None, len(codes)
    )  # fmt: skip
    found = {row["code"]: _coupon(row) for row in rows}
    return [found[code] for code in codes if code in found]


def _coupon(row: Row) -> CouponSeen:
    return CouponSeen(
        row[0], CouponState(row[1]), row[2] or None, *tuple(row)[3:7], written=row["written"] or row[0], at=row["at"]
    )  # fmt: skip


def _redemption(values: list[Any]) -> Redemption:
    values[6] = State(values[6])
    return Redemption(*values)
