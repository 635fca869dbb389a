"""A merchant's new expiry policy for points that are there already: previewed, then applied account by account."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.kit.sql import load
from guerdon.merchants.expiry import ExpiryPolicy
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import changing_merchant, set_policies
from guerdon.merchants.redate import Change, RedateLots
from guerdon.points.command import Key
from guerdon.points.desk import Desk
from guerdon.points.due import list_lots

SQL = load(__file__, "expiry_change.sql")

ACCOUNTS_AT_ONCE = 500

Progress = Callable[[int], None]
"""Told how many lots more were looked at."""


class Preview(Struct, frozen=True):
    """What a change would do: to how many lots, points and accounts, and what of it would be over at once."""

    before: str
    after: str
    lots: int
    points: int
    accounts: int
    lots_over: int
    points_over: int
    lots_kept: int
    """Lots with terms of their own, which it would leave."""


class Applied(Struct, frozen=True):
    """A change that is done, and what it moved."""

    change_id: int
    before: str
    after: str
    lots: int
    points: int


async def preview(
    database: Database, merchant: Merchant, after: str, *, before: str | None = None, now: datetime,
    on_progress: Progress = lambda _: None,
) -> Preview:  # fmt: skip
    """What a change from one policy (the merchant's, if none is named) to another would do. Changes nothing."""
    change = _change(merchant, before, after, now)
    lots = points = lots_over = points_over = kept = accounts = 0
    reached: int | None = 0
    while reached is not None:
        page, reached = await list_lots(database, merchant.merchant_id, reached, ACCOUNTS_AT_ONCE)
        touched: set[int] = set()
        for lot in page:
            life = change.life_of(lot, now)
            if life is None:
                kept += 1
                continue
            lots, points = lots + 1, points + lot.points
            touched.add(lot.account_id)
            if life.expires_at is not None and life.expires_at <= now:
                lots_over, points_over = lots_over + 1, points_over + lot.points
        accounts += len(touched)
        on_progress(len(page))
    return Preview(change.before, after, lots, points, accounts, lots_over, points_over, kept)


async def apply(
    database: Database, desk: Desk, merchant: Merchant, after: str, *, before: str | None = None, actor: str,
    now: datetime, on_progress: Progress = lambda _: None,
) -> Applied:  # fmt: skip
    """Make the policy the merchant's, and move the lots that live by the one before.

    One that was interrupted goes on where it was. Refuses with BadField another one meanwhile, and what is no policy.
    """
    merchant_id = merchant.merchant_id
    row = await database.fetchrow(SQL.find_open_change, merchant_id)
    if row is None:
        change = _change(merchant, before, after, now)
        change_id: int = await database.fetchval("SELECT nextval('expiry_change_sequence')")
        await database.execute(SQL.insert_change, merchant_id, change_id, change.before, after, actor, now)
        reached, lots, points = 0, 0, 0
    else:
        change_id, began_from, began_to, started_at, reached, lots, points = row
        if began_to != after or before not in (None, began_from):
            raise BadField("to", f"the change from {began_from} to {began_to} is under way: finish that one first")
        change = Change(began_from, began_to, merchant.timezone, started_at)
    if merchant.policies.expiry != after:
        async with changing_merchant(database, merchant_id, now) as (within, current):
            await set_policies(within, merchant_id, msgspec.structs.replace(current.policies, expiry=after))
    while True:
        page, last = await list_lots(database, merchant_id, reached, ACCOUNTS_AT_ONCE)
        if page:
            moved = tuple((lot.account_id, lot.number) for lot in page)
            command = RedateLots(merchant_id=merchant_id, change=change, lots=moved)
            # Under a key, so that what was moved just before an interruption is counted, and once.
            key = Key(f"expiry_change:{change_id}:{reached}", b"")
            booked = (await desk.submit(command, actor=actor, key=key)).value
            lots, points = lots + booked.things, points + booked.points
        finished_at = now if last is None else None
        reached = last or reached
        await database.execute(SQL.advance_change, merchant_id, change_id, reached, lots, points, finished_at)
        on_progress(len(page))
        if last is None:
            return Applied(change_id, change.before, after, lots, points)


def _change(merchant: Merchant, before: str | None, after: str, now: datetime) -> Change:
    before = before or merchant.policies.expiry
    ExpiryPolicy.parse(before, "from")
    ExpiryPolicy.parse(after, "to")
    if before == after:
        raise BadField("to", f"points live by {after!r} already: name the policy that they were earned under")
    return Change(before, after, merchant.timezone, now)
