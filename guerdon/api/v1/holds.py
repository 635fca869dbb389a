"""Holds: points that are set aside, known by the entry that did so."""

from datetime import datetime
from typing import Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.books import PartAnswer, accounts_of, one_account, parts_shown, subject_shown
from guerdon.api.v1.ids import AccountId, MemberId, shown
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.v1.who import member_at
from guerdon.api.wire import Incoming, Route
from guerdon.points.search import HoldSeen, Place, find_holds


class HoldsOfMember(ListAsked, kw_only=True):
    """Of the member of the path."""

    id: MemberId
    state: Literal["open", "captured", "released"] | None = None


class HoldsOfAccount(ListAsked, kw_only=True):
    """Of the account of the path."""

    id: AccountId
    state: Literal["open", "captured", "released"] | None = None


class HoldAnswer(msgspec.Struct, frozen=True):
    """Points that were set aside; `ended_by` is the entry that took or freed them."""

    id: str
    object: Literal["hold"]
    account: str
    entry: str
    state: str
    points: int
    lots: list[PartAnswer]
    subject: str
    held_at: datetime
    expires_at: datetime | None
    ended_by: str | None


async def find_of_member(
    engine: Engine, caller: Caller, params: HoldsOfMember, incoming: Incoming
) -> Page[HoldAnswer]:  # fmt: skip
    """A member's holds, newest first."""
    member = await member_at(engine.database, caller, params.id)
    return await _holds(engine, caller, params, incoming, await accounts_of(engine, caller, member.member_id))


async def find_of_account(
    engine: Engine, caller: Caller, params: HoldsOfAccount, incoming: Incoming
) -> Page[HoldAnswer]:  # fmt: skip
    """The holds of an account, newest first."""
    return await _holds(engine, caller, params, incoming, await one_account(engine, caller, params.id))


async def _holds(
    engine: Engine, caller: Caller, params: HoldsOfMember | HoldsOfAccount, incoming: Incoming,
    accounts: tuple[int, ...],
) -> Page[HoldAnswer]:  # fmt: skip
    rows = await find_holds(
        engine.database, caller.merchant.merchant_id, accounts, state=params.state, before=after(params, Place),
        count_max=params.limit + 1,
    )  # fmt: skip
    return page(incoming, params, rows, lambda row: row.place, _hold)


def _hold(hold: HoldSeen) -> HoldAnswer:
    account_id = hold.account_id
    return HoldAnswer(
        shown("hold", account_id, hold.number), "hold", shown("acc", account_id),
        shown("ent", account_id, hold.number), hold.state, hold.points, parts_shown(account_id, hold.parts),
        subject_shown(hold.subject, ""), hold.held_at, hold.expires_at,
        None if hold.ended_by is None else shown("ent", account_id, hold.ended_by),
    )  # fmt: skip


ROUTES = (
    Route("GET", "/v1/members/{id:str}/holds", HoldsOfMember, Page[HoldAnswer], find_of_member, "read",
          "List a member's holds"),
    Route("GET", "/v1/accounts/{id:str}/holds", HoldsOfAccount, Page[HoldAnswer], find_of_account, "read",
          "List the holds of an account"),
)  # fmt: skip
