"""Orders and returns of one member, with everything that a test does not care about filled in."""

from typing import Any

from guerdon.api.engine import Engine
from guerdon.earning.earns import Earns, PerAmount
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import StoredRule, add_rule
from guerdon.orders.order import OrderLine, ReturnedItem
from guerdon.orders.report import Reported, ReportOrder
from guerdon.orders.returns import Taken
from guerdon.orders.waiting import take_return
from tests.shop import Shop, email
from tests.street import do

ANA, BEN = "ana@example.com", "ben@example.com"

ONE_PER_DOLLAR = PerAmount(points=1, each_minor=100)


async def earning(shop: Shop, earns: Earns = ONE_PER_DOLLAR, **terms: Any) -> StoredRule:
    """A rule of one point for each whole dollar, unless it says otherwise."""
    given: dict[str, Any] = {"name": "Points for goods", "earns": earns, **terms}
    rule = EarningRule(**given)
    return await add_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())


async def sell(
    shop: Shop, total_minor: int, order_id: str = "1", *, who: str = ANA, status: str | None = "paid",
    engine: Engine | None = None, **more: Any,
) -> Reported:  # fmt: skip
    """Report an order, in the merchant's currency unless it says otherwise."""
    given: dict[str, Any] = {"currency": shop.merchant.currency, **more}
    command = ReportOrder(
        merchant=shop.merchant, who=email(who), order_id=order_id, total_minor=total_minor, status=status, **given
    )
    return await do(shop, command, engine=engine)


async def send_back(
    shop: Shop, total_minor: int, return_id: str = "r1", order_id: str = "1", *, items: dict[str, int] | None = None,
    currency: str | None = None, engine: Engine | None = None,
) -> Taken:  # fmt: skip
    """Report a return of an amount, perhaps with the pieces of each item."""
    returned = tuple(ReturnedItem(item, quantity) for item, quantity in (items or {}).items())
    here = engine or shop.engine
    answer = await take_return(
        here.database, here.desk, shop.merchant, return_id=return_id, order_id=order_id, total_minor=total_minor,
        currency=currency, items=returned, actor="test",
    )  # fmt: skip
    return answer.value


def line(item: str, price_minor: int, quantity: int = 1, **more: Any) -> OrderLine:
    """A line of an order."""
    return OrderLine(id=item, price_minor=price_minor, quantity=quantity, **more)


async def pending(shop: Shop, who: str = ANA) -> int:
    """The member's points that wait."""
    query = """
        SELECT account.pending
          FROM identity
          JOIN member_account USING (merchant_id, member_id)
          JOIN account USING (merchant_id, account_id)
         WHERE identity.merchant_id = $1 AND identity.value = $2
    """
    return await shop.engine.database.fetchval(query, shop.merchant.merchant_id, who)


async def rows(shop: Shop, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """What the database has; $1 is the merchant."""
    found = await shop.engine.database.fetch(query, shop.merchant.merchant_id, *arguments)
    return [tuple(row) for row in found]
