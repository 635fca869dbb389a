"""Hands for a shop: a worker of its own, points with terms, and a look at what the books say of an account."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from guerdon.app import shelves
from guerdon.awards.award import Terms, Why, give
from guerdon.merchants.merchant import Merchant
from guerdon.merchants.merchants import Merchants, get_merchant, set_policies
from guerdon.points.book import Book
from guerdon.points.command import Identity, Needs
from guerdon.points.desk import Desk
from guerdon.worker.worker import Worker
from tests.shop import Shop, email
from tests.street import do

ANA, BEN = "ana@example.com", "ben@example.com"


class Give(Struct, frozen=True, kw_only=True):
    """Give a member points, once, on terms of their own where they differ from the merchant's."""

    answers: ClassVar[type] = int

    merchant: Merchant
    who: tuple[Identity, ...]
    subject: str
    points: int
    terms: Terms
    at: datetime | None = None

    @property
    def merchant_id(self) -> int:
        """Whose books."""
        return self.merchant.merchant_id

    def needs(self) -> Needs:
        """The member, and what was given for the subject."""
        return Needs(self.who, rows=(("awards", self.subject),))

    def decide(self, book: Book) -> int:
        """The entry's number."""
        why = Why(self.subject, "test", "test", explanation={})
        award = give(
            book, self.merchant, book.member(self.who), why, self.points, terms=self.terms, occurred_at=self.at
        )
        return award.entries[0]


async def earn(
    shop: Shop, address: str, points: int, *, pending: str | None = None, expiry: str | None = None,
    at: datetime | None = None,
) -> int:  # fmt: skip
    """Points as an order gives them."""
    subject = f"order:{address}:{shop.clock()}:{points}"
    command = Give(
        merchant=shop.merchant, who=email(address), subject=subject, points=points, terms=Terms(pending, expiry), at=at
    )
    return await do(shop, command)


async def choose(shop: Shop, **policies: Any) -> None:
    """Change policies of the merchant."""
    merchant_id = shop.merchant.merchant_id
    changed = msgspec.structs.replace(shop.merchant.policies, **policies)
    await set_policies(shop.engine.database, merchant_id, changed)
    shop.merchant = await get_merchant(shop.engine.database, merchant_id)


@asynccontextmanager
async def jobs_desk(shop: Shop) -> AsyncGenerator[Desk]:
    """A desk for jobs, whose every command is a transaction."""
    desk = Desk(shop.engine.database, shelves(), clock=shop.clock, batch_max=1)
    try:
        yield desk
    finally:
        await desk.close()


@asynccontextmanager
async def working(shop: Shop, **more: Any) -> AsyncGenerator[Worker]:
    """A worker that does the jobs of this shop alone."""
    given: dict[str, Any] = {"merchant_id": shop.merchant.merchant_id, **more}
    async with jobs_desk(shop) as desk:
        yield Worker(shop.engine.database, desk, Merchants(shop.engine.database), shop.clock, **given)


async def night(shop: Shop, **more: Any) -> Worker:
    """Do all that is due now; returns the worker, which has failed at nothing."""
    async with working(shop, **more) as worker:
        await worker.run_once()
    assert worker.failed == 0
    return worker


async def entries(shop: Shop, address: str) -> list[tuple[str, str, int, datetime, datetime]]:
    """Every entry of a member: from where, to where, how many, when it happened and when we learned it."""
    rows = await shop.engine.database.fetch(
        """
        SELECT entry.source, entry.target, entry.points, entry.occurred_at, entry.recorded_at
          FROM identity
          JOIN member_account USING (merchant_id, member_id)
          JOIN entry USING (merchant_id, account_id)
         WHERE identity.merchant_id = $1 AND identity.value = $2
         ORDER BY entry.number
        """,
        shop.merchant.merchant_id,
        address,
    )
    return [tuple(row) for row in rows]


async def events(shop: Shop, topic: str) -> list[tuple[int | None, dict[str, Any]]]:
    """The events of a topic, oldest first: the member and what is told."""
    rows = await shop.engine.database.fetch(
        "SELECT member_id, payload FROM event WHERE merchant_id = $1 AND topic = $2 ORDER BY recorded_at, event_id",
        shop.merchant.merchant_id,
        topic,
    )
    return [(row[0], msgspec.json.decode(row[1])) for row in rows]
