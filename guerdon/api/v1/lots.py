"""Lots: points earned together, known by the entry that earned them."""

from datetime import datetime
from typing import Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.books import accounts_of, one_account
from guerdon.api.v1.ids import AccountId, MemberId, shown
from guerdon.api.v1.lists import ListAsked, Page, after, page
from guerdon.api.v1.who import member_at
from guerdon.api.wire import Incoming, Route
from guerdon.points.search import LotSeen, Place, find_lots


class LotsOfMember(ListAsked, kw_only=True):
    """Of the member of the path; `live` ones have points left, the others have none."""

    id: MemberId
    live: bool | None = None


class LotsOfAccount(ListAsked, kw_only=True):
    """Of the account of the path."""

    id: AccountId
    live: bool | None = None


class LotAnswer(msgspec.Struct, frozen=True):
    """Points earned together. Of a rolling lot, `expires_at` is put off by all that happens on its account."""

    id: str
    object: Literal["lot"]
    account: str
    entry: str
    points: int
    available: int
    held: int
    earned_at: datetime
    expires_at: datetime | None
    rolling: bool


async def find_of_member(
    engine: Engine, caller: Caller, params: LotsOfMember, incoming: Incoming
) -> Page[LotAnswer]:  # fmt: skip
    """A member's lots, the last earned first."""
    member = await member_at(engine.database, caller, params.id)
    return await _lots(engine, caller, params, incoming, await accounts_of(engine, caller, member.member_id))


async def find_of_account(
    engine: Engine, caller: Caller, params: LotsOfAccount, incoming: Incoming
) -> Page[LotAnswer]:  # fmt: skip
    """The lots of an account, the last earned first."""
    return await _lots(engine, caller, params, incoming, await one_account(engine, caller, params.id))


async def _lots(
    engine: Engine, caller: Caller, params: LotsOfMember | LotsOfAccount, incoming: Incoming, accounts: tuple[int, ...]
) -> Page[LotAnswer]:
    rows = await find_lots(
        engine.database, caller.merchant.merchant_id, accounts, live=params.live, before=after(params, Place),
        count_max=params.limit + 1,
    )  # fmt: skip
    return page(incoming, params, rows, lambda row: row.place, _lot)


def _lot(lot: LotSeen) -> LotAnswer:
    return LotAnswer(
        shown("lot", lot.account_id, lot.number), "lot", shown("acc", lot.account_id),
        shown("ent", lot.account_id, lot.number), lot.points, lot.available, lot.held, lot.earned_at, lot.expires_at,
        lot.rolling,
    )  # fmt: skip


ROUTES = (
    Route("GET", "/v1/members/{id:str}/lots", LotsOfMember, Page[LotAnswer], find_of_member, "read",
          "List a member's lots"),
    Route("GET", "/v1/accounts/{id:str}/lots", LotsOfAccount, Page[LotAnswer], find_of_account, "read",
          "List the lots of an account"),
)  # fmt: skip
