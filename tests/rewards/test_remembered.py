"""Rules that a desk remembers: nothing is read for them, and nothing is decided under terms that count no longer."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from guerdon.database.pool import Connection, Database
from guerdon.errors.rewards import DayCap, MemberCap, RuleDisabled, RuleNotFound, StockGone
from guerdon.points.book import Book
from guerdon.points.command import Needs
from guerdon.points.desk import Desk
from guerdon.rewards.redeem import Redeem
from guerdon.rewards.redemption import Redemption
from guerdon.rewards.rules import Rule, change_rule
from guerdon.rewards.shelf import Remembered, RewardShelf
from tests.shop import START, Shop, email
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BOB = "ana@example.com", "bob@example.com"


class Watched(RewardShelf):
    """Tells how each batch came by its rules."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: list[str] = []

    async def load(self, connection: Connection, book: Book, needs: Sequence[Needs]) -> set[tuple[int, int]]:
        """As ever, and noted."""
        way = len(self.ways)
        self.ways.append("locked" if book.locked else "read")
        taken = await super().load(connection, book, needs)
        if book.page(Remembered).rows():
            self.ways[way] = "remembered"
        return taken


class Counter:
    """Where a shop redeems: a desk with a memory of its own."""

    def __init__(self, desk: Desk, shelf: Watched) -> None:
        self.desk, self.shelf = desk, shelf

    async def redeem(self, shop: Shop, address: str, rule_id: int) -> Redemption:
        """One redemption, at once."""
        command = Redeem(merchant=shop.merchant, who=email(address), rule_id=rule_id)
        return (await self.desk.submit(command, actor="test")).value


@asynccontextmanager
async def open_counter(street: Street) -> AsyncGenerator[Counter]:
    """A desk that has remembered nothing yet."""
    database = await Database.open_indexed(street.dsn, size=1)
    shelf = Watched()
    desk = Desk(database, [shelf], clock=street.clock, connections=1)
    try:
        yield Counter(desk, shelf)
    finally:
        await desk.close()
        await database.close()


async def change(shop: Shop, rule: Rule, **terms: object) -> Rule:
    """The rule's next version, made past every desk."""
    return await change_rule(
        shop.engine.database, shop.merchant.merchant_id, rule.rule_id, replace(rule.terms, **terms), actor="test",
        user_id=None, now=shop.clock(),
    )  # fmt: skip


async def usage(shop: Shop, rule: Rule) -> list[tuple[int, int, int, int]]:
    """What members have used of the rule: times, points, day of the month, points of that day."""
    rows = await shop.engine.database.fetch(
        """
        SELECT redemptions, points, extract(day FROM day)::integer, day_points
          FROM redemption_usage
         WHERE merchant_id = $1 AND rule_id = $2
         ORDER BY member_id
        """,
        shop.merchant.merchant_id,
        rule.rule_id,
    )
    return [tuple(row) for row in rows]


async def test_what_was_read_once_is_not_read_again(street: Street, shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 300)
    async with open_counter(street) as counter:
        for _ in range(3):
            await counter.redeem(shop, ANA, rule.rule_id)
    assert counter.shelf.ways == ["read", "remembered", "remembered"]
    assert await usage(shop, rule) == [(3, 300, START.day, 300)]
    assert await contradictions(shop) == []


async def test_a_new_version_counts_at_once(street: Street, shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    async with open_counter(street) as counter:
        assert (await counter.redeem(shop, ANA, rule.rule_id)).points == 100
        await change(shop, rule, points=250)
        redemption = await counter.redeem(shop, ANA, rule.rule_id)
    assert (redemption.points, redemption.rule_version) == (250, 2)
    assert counter.shelf.ways == ["read", "remembered", "locked"]
    assert await shop.balance(ANA) == (650, 0)
    assert await contradictions(shop) == []


async def test_no_refusal_comes_from_memory_alone(street: Street, shop: Shop):
    rule = await shop.rule(active=False)
    await shop.member(ANA, 100)
    async with open_counter(street) as counter:
        for _ in range(2):
            with pytest.raises(RuleDisabled):
                await counter.redeem(shop, ANA, rule.rule_id)
        await change(shop, rule, active=True)
        assert (await counter.redeem(shop, ANA, rule.rule_id)).points == 100
    assert counter.shelf.ways == ["read", "remembered", "remembered", "locked"]


async def test_a_cap_that_comes_later_knows_what_was_used(street: Street, shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    async with open_counter(street) as counter:
        for _ in range(2):
            await counter.redeem(shop, ANA, rule.rule_id)
        capped = await change(shop, rule, points_max_per_day=250, redemptions_max_per_member=3)
        with pytest.raises(DayCap) as refused:
            await counter.redeem(shop, ANA, rule.rule_id)
        assert refused.value.points_left == 50
        shop.clock.advance(days=1)
        await counter.redeem(shop, ANA, rule.rule_id)
        with pytest.raises(MemberCap):
            await counter.redeem(shop, ANA, rule.rule_id)
    assert "remembered" not in counter.shelf.ways[3:]
    assert await usage(shop, capped) == [(3, 300, START.day + 1, 100)]
    assert await contradictions(shop) == []


async def test_a_stock_that_comes_later_counts_what_is_gone(street: Street, shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    async with open_counter(street) as counter:
        for _ in range(2):
            await counter.redeem(shop, ANA, rule.rule_id)
        limited = await change(shop, rule, stock=3)
        await counter.redeem(shop, ANA, rule.rule_id)
        with pytest.raises(StockGone):
            await counter.redeem(shop, ANA, rule.rule_id)
        await change(shop, limited, stock=None)
        await counter.redeem(shop, ANA, rule.rule_id)
    assert "remembered" not in counter.shelf.ways[3:]
    assert await contradictions(shop) == []


async def test_days_are_counted_whichever_comes_first(street: Street, shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    async with open_counter(street) as counter:
        for now in (START, START, START + timedelta(days=2), START + timedelta(days=1), START + timedelta(days=2)):
            shop.clock.now = now
            await counter.redeem(shop, ANA, rule.rule_id)
    assert counter.shelf.ways[1:] == ["remembered"] * 4
    assert await usage(shop, rule) == [(5, 500, START.day + 2, 200)]
    assert await contradictions(shop) == []


async def test_no_merchant_has_anothers_rule_from_memory(street: Street, shop: Shop):
    rule = await shop.rule()
    other = await street.shop()
    for each in (shop, other):
        await each.member(ANA, 300)
    async with open_counter(street) as counter:
        for _ in range(2):
            await counter.redeem(shop, ANA, rule.rule_id)
        with pytest.raises(RuleNotFound):
            await counter.redeem(other, ANA, rule.rule_id)


async def test_a_rule_that_changes_under_load_is_never_redeemed_as_it_was(street: Street, shop: Shop):
    rule = await change(shop, await shop.rule(), points=102)
    for address in (ANA, BOB):
        await shop.member(address, 100_000)
    newest, done, bought = [rule.version], asyncio.Event(), asyncio.Queue[int]()

    async def buyer(counter: Counter, address: str) -> None:
        while not done.is_set():
            least = newest[0]
            redemption = await counter.redeem(shop, address, rule.rule_id)
            assert redemption.rule_version >= least
            assert redemption.points == 100 + redemption.rule_version
            bought.put_nowait(redemption.rule_version)

    seen = set[int]()
    async with open_counter(street) as one, open_counter(street) as other, asyncio.TaskGroup() as buyers:
        buyers.create_task(buyer(one, ANA))
        buyers.create_task(buyer(other, BOB))
        for version in range(3, 6):
            seen |= {await bought.get() for _ in range(50)}
            newest[0] = (await change(shop, rule, points=100 + version)).version
        done.set()
    assert len(seen) > 1
    assert "remembered" in one.shelf.ways
    assert await contradictions(shop) == []
