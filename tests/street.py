"""A street of shops: many merchants on one database and one engine.

Opening a database takes longer than most tests do, so the tests of a folder have one street together. Merchants share
nothing: a test that needs a shop, but not a database of its own, takes the next one. Its module says which loop the
engine runs on:

    pytestmark = pytest.mark.asyncio(loop_scope="session")
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from guerdon.activities.adjust import AdjustPoints
from guerdon.api.engine import Engine
from guerdon.app import running_engine
from guerdon.database.address import Address
from guerdon.merchants.merchants import create_merchant
from guerdon.orders.audit import audit_earning
from guerdon.orders.report import Reported, ReportOrder
from guerdon.points.audit import Finding, audit_books
from guerdon.points.command import Command
from guerdon.rewards.audit import audit_rewards
from guerdon.rewards.ending import CancelRedemption, ExpireRedemption
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from tests.shop import START, SettableClock, Shop, email


@contextmanager
def cloned(server: Address, administer: Callable[[str], None], template: str) -> Generator[str]:
    """A database with today's schema, for as long as it is used."""
    name = f"street_{uuid4().hex}"
    administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield replace(server, database=name).dsn
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass
class Street:
    """One database with an engine and a clock, and as many merchants as tests ask for."""

    dsn: str
    engine: Engine
    clock: SettableClock
    http: httpx.AsyncClient

    async def shop(self, **merchant: Any) -> Shop:
        """The next merchant, at the time at which every test begins."""
        self.clock.now = START
        given: dict[str, Any] = {"name": "Acme", "currency_code": "USD", "timezone": "UTC", **merchant}
        created = await create_merchant(self.engine.database, now=self.clock(), **given)
        return Shop(self.engine, self.clock, created, "", self.http)


@pytest.fixture(scope="package")
def street_dsn(server: Address, administer: Callable[[str], None], template: str) -> Iterator[str]:
    """The street's database."""
    with cloned(server, administer, template) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def street(street_dsn: str) -> AsyncIterator[Street]:
    """The street, with nobody in it."""
    clock = SettableClock()
    async with running_engine(street_dsn, clock=clock) as engine, httpx.AsyncClient() as http:
        yield Street(street_dsn, engine, clock, http)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(street: Street) -> Shop:
    """A merchant in the street, with nothing yet."""
    return await street.shop()


async def do(shop: Shop, command: Command[Any], *, engine: Engine | None = None) -> Any:
    """Have a command committed, and return what it answers."""
    return (await (engine or shop.engine).desk.submit(command, actor="test")).value


async def redeem(
    shop: Shop, address: str, rule_id: int, points: int | None = None, *, engine: Engine | None = None, **more: Any
) -> Redemption:
    """One redemption, at once unless `delayed`."""
    command = Redeem(merchant=shop.merchant, who=email(address), rule_id=rule_id, points=points, **more)
    return await do(shop, command, engine=engine)


async def take(shop: Shop, address: str, points: int, *, engine: Engine | None = None) -> None:
    """Take back points that should not have been earned, below zero if need be."""
    command = AdjustPoints(merchant=shop.merchant, who=email(address), points=-points, counted=True, below_zero=True)
    await do(shop, command, engine=engine)


async def cancel(shop: Shop, redemption_id: int, *, engine: Engine | None = None) -> Redemption:
    """Cancel a redemption."""
    return await do(shop, CancelRedemption(merchant=shop.merchant, redemption_id=redemption_id), engine=engine)


async def expire(shop: Shop, redemption_id: int, *, engine: Engine | None = None) -> Redemption:
    """End a hold whose time is over."""
    return await do(shop, ExpireRedemption(merchant=shop.merchant, redemption_id=redemption_id), engine=engine)


async def report(
    shop: Shop, address: str, order_id: str, *codes: str, status: str | None = "paid", engine: Engine | None = None
) -> Reported:
    """An order of 90.00 USD that names coupons."""
    command = ReportOrder(
        merchant=shop.merchant, who=email(address), order_id=order_id, total_minor=9000, currency="USD", status=status,
        codes=codes,
    )  # fmt: skip
    return await do(shop, command, engine=engine)


async def redemption_of(shop: Shop, redemption_id: int) -> tuple[str, str, str | None]:
    """The state of a redemption, that of its coupon, and the order that named the coupon."""
    row = await shop.engine.database.fetchrow(
        """
        SELECT redemption.state, coupon.state, coupon.order_id
          FROM redemption
          JOIN coupon USING (merchant_id, redemption_id)
         WHERE redemption.merchant_id = $1 AND redemption.redemption_id = $2
        """,
        shop.merchant.merchant_id,
        redemption_id,
    )
    assert row is not None, redemption_id
    return row[0], row[1], row[2]


async def contradictions(shop: Shop) -> list[Finding]:
    """What the proofs of the books, of the rewards and of what was earned find."""
    of = shop.engine.database, shop.merchant.merchant_id
    return [*await audit_books(*of), *await audit_rewards(*of), *await audit_earning(*of)]


async def outcomes_of(*attempts: Any) -> list[Any]:
    """What each of these, all at once, came to: its answer or its refusal."""
    return await asyncio.gather(*attempts, return_exceptions=True)
