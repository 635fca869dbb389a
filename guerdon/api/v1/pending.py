"""Pending points: earned, and not yet to be spent; known by the entry that issued them."""

from datetime import datetime
from typing import Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.books import accounts_of, one_account, subject_shown
from guerdon.api.v1.ids import AccountId, MemberId, shown
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.v1.who import member_at
from guerdon.api.wire import Incoming, Route
from guerdon.points.search import PendingSeen, Place, find_pending


class PendingOfMember(ListAsked, kw_only=True):
    """Of the member of the path."""

    id: MemberId


class PendingOfAccount(ListAsked, kw_only=True):
    """Of the account of the path."""

    id: AccountId


class PendingAnswer(msgspec.Struct, frozen=True):
    """Points that wait until `activates_at`, or for somebody's word where that is null. Of the `points` that were
    earned `points_left` still wait.
    """

    object: Literal["pending"]
    account: str
    entry: str
    points: int
    points_left: int
    activates_at: datetime | None
    reason: str
    subject: str
    title: str | None
    occurred_at: datetime
    recorded_at: datetime


async def find_of_member(
    engine: Engine, caller: Caller, params: PendingOfMember, incoming: Incoming
) -> Page[PendingAnswer]:  # fmt: skip
    """A member's points that wait, newest first."""
    member = await member_at(engine.database, caller, params.id)
    return await _pending(engine, caller, params, incoming, await accounts_of(engine, caller, member.member_id))


async def find_of_account(
    engine: Engine, caller: Caller, params: PendingOfAccount, incoming: Incoming
) -> Page[PendingAnswer]:  # fmt: skip
    """The points of an account that wait, newest first."""
    return await _pending(engine, caller, params, incoming, await one_account(engine, caller, params.id))


async def _pending(
    engine: Engine, caller: Caller, params: PendingOfMember | PendingOfAccount, incoming: Incoming,
    accounts: tuple[int, ...],
) -> Page[PendingAnswer]:  # fmt: skip
    rows = await find_pending(
        engine.database, caller.merchant.merchant_id, accounts, before=after(params, Place),
        count_max=params.limit + 1,
    )  # fmt: skip
    return page(incoming, params, rows, lambda row: row.place, _shown)


def _shown(one: PendingSeen) -> PendingAnswer:
    return PendingAnswer(
        "pending", shown("acc", one.account_id), shown("ent", one.account_id, one.number), one.points, one.points_left,
        one.activates_at, one.reason, subject_shown(one.subject, one.reason), one.title, one.occurred_at,
        one.recorded_at,
    )  # fmt: skip


ROUTES = (
    Route("GET", "/v1/members/{id:str}/pending", PendingOfMember, Page[PendingAnswer], find_of_member, "read",
          "List a member's points that wait"),
    Route("GET", "/v1/accounts/{id:str}/pending", PendingOfAccount, Page[PendingAnswer], find_of_account, "read",
          "List the points of an account that wait"),
)  # fmt: skip
