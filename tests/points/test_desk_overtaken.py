"""Batches that read without locks: what was overtaken is decided again under locks, and nobody notices."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from guerdon.database.pool import Connection, Database
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.desk import CONTESTED_FOR, Desk
from guerdon.points.store import Overtaken, Shelf
from tests.points.test_desk import ANA, WATCHED, adjust
from tests.shop import Shop
from tests.street import Street, contradictions, outcomes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Meddler(Shelf):
    """While a batch reads without locks, somebody else gives a point to the same member."""

    reads = frozenset({WATCHED[0]})

    def __init__(self, shop: Shop, times: int = 1) -> None:
        self.shop = shop
        self.times = times
        self.locked: list[bool] = []

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Be faster."""
        self.locked.append(book.locked)
        if self.times and not book.locked:
            self.times -= 1
            await self.shop.give(ANA, 1)
        return set()


class Locker(Meddler):
    """Has something to lock."""

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """Only under locks."""
        self.locked.append(book.locked)
        if not book.locked:
            raise Overtaken
        return set()


class Nonsense(Meddler):
    """What it reads without locks does not fit together."""

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """An account that somebody else is about to change."""
        self.locked.append(book.locked)
        if not book.locked:
            for account in book.accounts.rows():
                book.accounts.load(account.account_id, type(account)(account.account_id, "points", available=5))
        return set()


@asynccontextmanager
async def quick_desk(street: Street, shop: Shop, shelf: Shelf) -> AsyncGenerator[Desk]:
    """A desk whose connections read through indexes, so that it may read without locks."""
    database = await Database.open_indexed(street.dsn, size=1)
    desk = Desk(database, [shelf], clock=shop.clock, connections=1)
    try:
        yield desk
    finally:
        await desk.close()
        await database.close()


async def test_nothing_is_locked_where_nobody_else_is(street: Street, shop: Shop):
    await shop.member(ANA, 10)
    shelf = Meddler(shop, times=0)
    async with quick_desk(street, shop, shelf) as desk:
        await desk.submit(adjust(shop, -3), actor="test")
    assert shelf.locked == [False]
    assert await shop.balance(ANA) == (7, 0)


async def test_who_was_overtaken_decides_again_on_what_is_there(street: Street, shop: Shop):
    await shop.member(ANA, 10)
    shelf = Meddler(shop)
    async with quick_desk(street, shop, shelf) as desk:
        answer = await desk.submit(adjust(shop, -11), actor="test")
    assert answer.value.available == 0
    assert shelf.locked == [False, True]
    assert await contradictions(shop) == []


async def test_a_refusal_that_was_overtaken_is_not_false(street: Street, shop: Shop):
    await shop.member(ANA, 10)
    async with quick_desk(street, shop, Meddler(shop)) as desk:
        outcomes = await outcomes_of(*(desk.submit(adjust(shop, -11), actor="test") for _ in range(1)))
    assert [outcome.value.available for outcome in outcomes] == [0]


async def test_the_next_batches_lock_first(street: Street, shop: Shop):
    await shop.member(ANA, 100)
    shelf = Meddler(shop)
    async with quick_desk(street, shop, shelf) as desk:
        for _ in range(CONTESTED_FOR + 1):
            await desk.submit(adjust(shop, -1), actor="test")
    assert shelf.locked == [False, *[True] * CONTESTED_FOR, False]
    assert await shop.balance(ANA) == (100 - CONTESTED_FOR, 0)


async def test_what_must_be_locked_is_never_read_without(street: Street, shop: Shop):
    await shop.member(ANA, 10)
    shelf = Locker(shop)
    async with quick_desk(street, shop, shelf) as desk:
        await desk.submit(adjust(shop, 1), actor="test")
    assert shelf.locked == [False, True]


async def test_what_does_not_fit_together_is_no_bug(street: Street, shop: Shop):
    await shop.member(ANA, 10)
    shelf = Nonsense(shop)
    with capture_logs() as logs:
        async with quick_desk(street, shop, shelf) as desk:
            await desk.submit(adjust(shop, -3), actor="test")
    assert shelf.locked == [False, True]
    assert [entry for entry in logs if entry["event"] == "command_failed"] == []
    assert await shop.balance(ANA) == (7, 0)


async def test_two_desks_without_locks_spend_a_balance_exactly(street: Street, shop: Shop):
    await shop.member(ANA, 100)
    still = Meddler(shop, times=0)
    async with quick_desk(street, shop, still) as one, quick_desk(street, shop, still) as other:
        spent = 0
        for _ in range(10):
            attempts = [desk.submit(adjust(shop, -3), actor="test") for desk in (one, other) for _ in range(3)]
            outcomes = await asyncio.gather(*attempts, return_exceptions=True)
            spent += sum(not isinstance(outcome, BaseException) for outcome in outcomes)
    assert spent == 33
    assert await shop.balance(ANA) == (1, 0)
    assert await contradictions(shop) == []
