"""`/v1/accounts`: where points lie, bucket by bucket, now and as of a time."""

from datetime import datetime
from typing import Literal

import msgspec

from guerdon.access.keys import Caller
from guerdon.api.engine import Engine
from guerdon.api.v1.ids import AccountId, number, shown
from guerdon.api.v1.lists import Asked
from guerdon.api.v1.members import Moment
from guerdon.api.v1.who import member_shown
from guerdon.api.wire import Incoming, Route
from guerdon.points.search import Buckets, account_as_of, get_account


class AccountChosen(Asked, kw_only=True):
    """One account, now or as it was `as_of` a time."""

    id: AccountId
    as_of: Moment | None = None


class AccountAnswer(msgspec.Struct, frozen=True):
    """An account as it is booked: points whose time is over are there until a night expires them.

    `buckets` together are zero, since what was issued is below it. `entries` is how many there were. What comes back to
    an account with an `heir` goes on to that one. Rolling lots lapse at `lapses_at`. Its members are those of today.
    """

    id: str
    object: Literal["account"]
    unit: str
    buckets: Buckets
    entries: int
    members: list[str]
    heir: str | None
    lapses_at: datetime | None
    as_of: datetime


async def fetch(engine: Engine, caller: Caller, params: AccountChosen, _incoming: Incoming) -> AccountAnswer:
    """One account with its buckets."""
    merchant_id, account_id, now = caller.merchant.merchant_id, number("acc", params.id), engine.clock()
    if params.as_of is None:
        account = await get_account(engine.database, merchant_id, account_id)
    else:
        account = await account_as_of(engine.database, merchant_id, account_id, params.as_of)
    return AccountAnswer(
        shown("acc", account.account_id), "account", account.unit, account.buckets, account.entries,
        [member_shown(member) for member in account.members],
        None if account.heir is None else shown("acc", account.heir), account.lapses_at, params.as_of or now,
    )  # fmt: skip


ROUTES = (
    Route("GET", "/v1/accounts/{id:str}", AccountChosen, AccountAnswer, fetch, "read", "Get an account"),
)  # fmt: skip
