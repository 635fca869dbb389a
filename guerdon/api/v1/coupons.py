"""`/v1/coupons`: the codes that redemptions gave, and those that were brought along from an old system."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.basket import OrderId
from guerdon.api.v1.ids import RedemptionId, RuleId, number, shown
from guerdon.api.v1.lists import Asked, ListAsked, Page, after, page
from guerdon.api.v1.members import Moment
from guerdon.api.v1.moments import utc
from guerdon.api.v1.notes import Noted, renoted
from guerdon.api.v1.who import Who, member_named, member_shown
from guerdon.api.v1.write import WriteAsked, decided
from guerdon.api.wire import Incoming, Route
from guerdon.database.pool import Database, Queries
from guerdon.errors.base import BadField
from guerdon.errors.rewards import CouponElsewhere, CouponNotFound
from guerdon.metadata.metadata import Words, metadata_of
from guerdon.rewards.ending import CancelRedemption
from guerdon.rewards.redemption import CouponState, Redemption, State
from guerdon.rewards.search import (
    AFTER_ALL,
    BEFORE_ALL,
    CouponPlace,
    CouponSeen,
    CouponsWanted,
    find_coupons,
    list_coupons,
    list_ending_coupons,
)

KIND = "coupon"
COUPONS = "/v1/coupons"

Code = Annotated[str, Meta(min_length=1, max_length=255, examples=["K7ZR2MN4PQWXY"])]


class CouponChosen(Asked, kw_only=True):
    """One coupon; codes are compared without case."""

    code: Code


class CouponVoided(WriteAsked, kw_only=True):
    """One coupon, whose points go back."""

    code: Code


class CouponNoted(Noted, kw_only=True):
    """What the merchant notes beside a coupon: a name with an empty text goes, others that are left out stay."""

    code: Code


class CouponsAsked(ListAsked, kw_only=True):
    """Which coupons: of a redemption, of a member, or those that an order named; or of all redemptions, of a rule and
    a time, or the unused ones that end in a time, the soonest first. Codes of an old system are in no list of all.
    """

    redemption: RedemptionId | None = None
    member: Who | None = None
    order: OrderId | None = None
    rule: RuleId | None = None
    state: CouponState | None = None
    created_since: Moment | None = None
    created_before: Moment | None = None
    ends_since: Moment | None = None
    ends_before: Moment | None = None


class CouponAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon. `order` is the one that named it. A code of the old system has no redemption, and perhaps nobody's.
    Its metadata is its own, and not that of its redemption.
    """

    code: str
    object: Literal["coupon"] = "coupon"
    state: CouponState
    member: str | None
    redemption: str | None
    rule: str | None
    order: str | None
    expires_at: datetime | None
    created_at: datetime | None
    metadata: Words


async def fetch(engine: Engine, caller: Caller, params: CouponChosen, _incoming: Incoming) -> CouponAnswer:
    """Whose a code is, and whether it is still good."""
    coupon = await _coupon(engine.database, caller, params.code)
    return _shown(coupon, await _words(engine.database, caller, [coupon]))


async def change(engine: Engine, caller: Caller, params: CouponNoted, incoming: Incoming) -> CouponAnswer | Raw:
    """Note something beside it."""

    async def show(database: Database, words: Words) -> CouponAnswer:
        coupon = await _coupon(database, caller, params.code)
        return _shown(coupon, {coupon.code: words})

    return await renoted(engine, caller, params, incoming, KIND, params.code.upper(), show)


async def find(engine: Engine, caller: Caller, params: CouponsAsked, incoming: Incoming) -> Page[CouponAnswer]:
    """Coupons, newest first; those that end, the soonest first."""
    named = 3 - [params.redemption, params.member, params.order].count(None)
    beside = (params.rule, params.created_since, params.created_before, params.ends_since, params.ends_before)
    if named > 1 or (named and beside.count(None) < len(beside)):
        raise BadField("redemption", "one of redemption, member and order may be named, with a state and nothing else")
    if not named:
        return await _find_any(engine, caller, params, incoming)
    member_id = None
    if params.member is not None:
        member_id = (await member_named(engine, caller, params.member)).member_id
    rows = await find_coupons(
        engine.database, caller.merchant.merchant_id, member_id=member_id, order_id=params.order,
        redemption_id=None if params.redemption is None else number("red", params.redemption, "redemption"),
        state=params.state, before=after(params, CouponPlace), count_max=params.limit + 1,
    )  # fmt: skip
    words = await _words(engine.database, caller, rows)
    return page(incoming, params, rows, lambda row: row.place, lambda row: _shown(row, words))


async def _find_any(engine: Engine, caller: Caller, params: CouponsAsked, incoming: Incoming) -> Page[CouponAnswer]:
    merchant_id = caller.merchant.merchant_id
    since, until = utc(params.ends_since, "ends_since"), utc(params.ends_before, "ends_before")
    if since or until:
        if params.rule or params.state or params.created_since or params.created_before:
            raise BadField("ends_before", "of coupons that end, only the time of their end may be asked for")
        ending = await list_ending_coupons(
            engine.database, merchant_id, since or BEFORE_ALL, until or AFTER_ALL, after=after(params, CouponPlace),
            count_max=params.limit + 1,
        )  # fmt: skip
        words = await _words(engine.database, caller, ending)
        return page(
            incoming, params, ending, lambda row: CouponPlace(row.expires_at or AFTER_ALL, row.code),
            lambda row: _shown(row, words),
        )  # fmt: skip
    wanted = CouponsWanted(
        rule_id=None if params.rule is None else number("rule", params.rule, "rule"),
        state=params.state,
        since=utc(params.created_since, "created_since") or BEFORE_ALL,
        until=utc(params.created_before, "created_before") or AFTER_ALL,
    )
    found = await list_coupons(
        engine.database, merchant_id, wanted, before=after(params, tuple[datetime, int]), count_max=params.limit + 1
    )
    words = await _words(engine.database, caller, found.rows)
    return page(
        incoming, params, found.rows, lambda row: (row.at, row.redemption_id), lambda row: _shown(row, words),
        further=found.further,
    )  # fmt: skip


async def void(engine: Engine, caller: Caller, params: CouponVoided, incoming: Incoming) -> CouponAnswer:
    """Make a coupon worthless, and give its points back, once."""
    coupon = await _coupon(engine.database, caller, params.code)
    if coupon.redemption_id is None:
        raise CouponElsewhere(coupon.written)
    command = CancelRedemption(merchant=caller.merchant, redemption_id=coupon.redemption_id, code=params.code)
    redemption = await decided(engine, caller, incoming, params, command)
    order_id = coupon.order_id if coupon.state is CouponState.VOID else None
    ended = msgspec.structs.replace(coupon, state=_ended(redemption), order_id=order_id)
    return _shown(ended, await _words(engine.database, caller, [ended]))


async def _coupon(database: Queries, caller: Caller, code: str) -> CouponSeen:
    found = await find_coupons(database, caller.merchant.merchant_id, code=code, count_max=1)
    if not found:
        raise CouponNotFound(code)
    return found[0]


async def _words(database: Queries, caller: Caller, coupons: Sequence[CouponSeen]) -> dict[str, Words]:
    codes = [coupon.code for coupon in coupons]
    return await metadata_of(database, caller.merchant.merchant_id, KIND, codes)


def _ended(redemption: Redemption) -> CouponState:
    """How the coupon of a redemption ended that was cancelled, or had expired before."""
    return CouponState.EXPIRED if redemption.state is State.EXPIRED else CouponState.VOID


def _shown(coupon: CouponSeen, words: Mapping[str, Words]) -> CouponAnswer:
    return CouponAnswer(
        code=coupon.written,
        state=coupon.state,
        member=None if coupon.member_id is None else member_shown(coupon.member_id),
        redemption=None if coupon.redemption_id is None else shown("red", coupon.redemption_id),
        rule=None if coupon.rule_id is None else shown("rule", coupon.rule_id),
        order=coupon.order_id,
        expires_at=coupon.expires_at,
        created_at=coupon.at,
        metadata=words.get(coupon.code, {}),
    )


ROUTES = (
    Route("GET", COUPONS, CouponsAsked, Page[CouponAnswer], find, "read", "List coupons"),
    Route("GET", COUPONS + "/{code:str}", CouponChosen, CouponAnswer, fetch, "read", "Get a coupon"),
    Route("PATCH", COUPONS + "/{code:str}", CouponNoted, CouponAnswer, change, "write",
          "Note something beside a coupon", keyed=True),
    Route("POST", COUPONS + "/{code:str}/void", CouponVoided, CouponAnswer, void, "redeem",
          "Make a coupon worthless, and give its points back", keyed=True),
)  # fmt: skip
