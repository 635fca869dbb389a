"""Taking returns, whether or not their order is there yet, so that none is left waiting for one that is."""

from typing import Any

from msgspec.structs import replace

from guerdon.database.pool import Queries
from guerdon.merchants.merchant import Merchant
from guerdon.orders.order import ReturnedItem
from guerdon.orders.returns import ReportReturn, SettleReturns, Taken
from guerdon.orders.shelf import SQL
from guerdon.points.command import Identity, Key
from guerdon.points.desk import Answer, Desk
from guerdon.points.store import MEMBER
from guerdon.referrals.completion import NOBODY
from guerdon.referrals.parties import parties

AT_ONCE = 200

ACTOR = "waiting returns"


async def take_return(
    database: Queries,
    desk: Desk,
    merchant: Merchant,
    *,
    return_id: str,
    order_id: str,
    total_minor: int,
    currency: str | None,
    items: tuple[ReturnedItem, ...],
    actor: str,
    key: Key | None = None,
) -> Answer[Taken]:
    """Have a return committed, and let it count at once if its order is there.

    Where the order came while the return was being committed, neither has seen the other: so we look again.
    """
    command = await reporting_return(
        database, merchant, return_id=return_id, order_id=order_id, total_minor=total_minor, currency=currency,
        items=items,
    )  # fmt: skip
    answer = await desk.submit(command, actor=actor, key=key)
    if answer.value.waits and (who := await _buyer(database, merchant, order_id)):
        await _settle(database, desk, merchant, who, order_id, actor)
        return Answer(replace(answer.value, waits=False), answer.replayed)
    return answer


async def reporting_return(database: Queries, merchant: Merchant, *, order_id: str, **more: Any) -> ReportReturn:
    """The command that tells of a return, for whom the order is by now; `more` are its other fields."""
    who = await _buyer(database, merchant, order_id)
    concerned = await parties(database, merchant, who) if who else NOBODY
    return ReportReturn(merchant=merchant, who=who, parties=concerned, order_id=order_id, **more)


async def apply_waiting(database: Queries, desk: Desk, merchant: Merchant) -> int:
    """Let all returns count whose orders are there, which only a crash between the two commits leaves; how many orders
    had any.
    """
    after, orders = "", 0
    while rows := await database.fetch(SQL.find_orders_waited_for, merchant.merchant_id, after, AT_ONCE):
        for order_id, member_id in rows:
            who = (Identity(MEMBER, str(member_id)),)
            await _settle(database, desk, merchant, who, order_id, ACTOR)
        after, orders = rows[-1][0], orders + len(rows)
    return orders


async def _settle(
    database: Queries, desk: Desk, merchant: Merchant, who: tuple[Identity, ...], order_id: str, actor: str
) -> None:
    concerned = await parties(database, merchant, who)
    command = SettleReturns(merchant=merchant, who=who, order_id=order_id, parties=concerned)
    await desk.submit(command, actor=actor)


async def _buyer(database: Queries, merchant: Merchant, order_id: str) -> tuple[Identity, ...]:
    """Whose order it is; nobody's, if it has not been reported."""
    member_id = await database.fetchval(SQL.find_member_of_order, merchant.merchant_id, order_id)
    return () if member_id is None else (Identity(MEMBER, str(member_id)),)
