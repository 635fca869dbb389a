"""The log of events: numbers without a gap, given after the commit, so that a reader who goes on misses nothing."""

import asyncio
import random
from datetime import timedelta

import pytest

from guerdon.database.pool import Connection
from guerdon.events.log import last_sequence, list_events, relay
from guerdon.points.store import write_events
from guerdon.points.values import Event
from tests.shop import START, Shop
from tests.street import Street, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


async def write(shop: Shop, *names: str, connection: Connection | None = None, seconds: float = 0) -> None:
    """Events that say their names, recorded so many seconds after the start."""
    events = [Event("test.told", None, {"name": name}) for name in names]
    at = START + timedelta(seconds=seconds)
    if connection is not None:
        await write_events(connection, shop.merchant.merchant_id, events, at)
        return
    async with shop.engine.database.transaction() as own:
        await write_events(own, shop.merchant.merchant_id, events, at)


async def number(shop: Shop, limit: int = 1000) -> int:
    return await relay(shop.engine.database, shop.merchant.merchant_id, limit)


async def names(shop: Shop, after: int = 0, limit: int = 1000) -> list[tuple[int, str]]:
    events = await list_events(shop.engine.database, shop.merchant.merchant_id, after, limit)
    return [(event.sequence, event.payload["name"]) for event in events]


async def test_events_are_numbered_from_one_in_the_order_in_which_they_were_told(shop: Shop):
    await write(shop, "third", "fourth", "fifth", seconds=2)
    await write(shop, "first", "second", seconds=1)
    assert await names(shop) == []
    assert await last_sequence(shop.engine.database, shop.merchant.merchant_id) == 0
    assert await number(shop) == 5
    assert await number(shop) == 0
    expected = [(1, "first"), (2, "second"), (3, "third"), (4, "fourth"), (5, "fifth")]
    assert await names(shop) == expected
    assert await names(shop, after=2, limit=2) == expected[2:4]
    assert await last_sequence(shop.engine.database, shop.merchant.merchant_id) == 5


async def test_a_redemption_is_told_with_all_that_the_event_log_knows_of_it(shop: Shop):
    rule = await shop.rule()
    member_id = await shop.member(ANA, 500)
    redemption = await redeem(shop, ANA, rule.rule_id)
    await number(shop)
    (event,) = await list_events(
        shop.engine.database, shop.merchant.merchant_id, topics=["redemption.created", "redemption.captured"]
    )  # fmt: skip
    assert (event.topic, event.member_id, event.recorded_at) == ("redemption.created", member_id, shop.clock())
    assert event.payload["redemption_id"] == redemption.redemption_id


async def test_a_relay_takes_so_many_of_each_merchant(street: Street):
    one, other = await street.shop(), await street.shop()
    await number(one)
    await number(other)
    while await relay(street.engine.database):
        pass
    await write(one, "a", "b", "c")
    await write(other, "d")
    assert await relay(street.engine.database, limit=2) == 3
    assert await relay(street.engine.database, limit=2) == 1
    assert [await names(shop) for shop in (one, other)] == [[(1, "a"), (2, "b"), (3, "c")], [(1, "d")]]


async def test_what_is_committed_late_gets_a_later_number(shop: Shop):
    async with shop.engine.database.transaction() as late:
        await write(shop, "early", connection=late, seconds=1)
        await write(shop, "soon", seconds=2)
        assert await number(shop) == 1
    assert await number(shop) == 1
    assert await names(shop) == [(1, "soon"), (2, "early")]


async def test_what_is_rolled_back_leaves_no_gap(shop: Shop):
    async def fails() -> None:
        async with shop.engine.database.transaction() as connection:
            await write(shop, "never", connection=connection, seconds=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    await write(shop, "ever", seconds=2)
    await number(shop)
    assert await names(shop) == [(1, "ever")]


async def test_a_reader_misses_nothing_while_writers_commit_late_and_two_relays_number(shop: Shop):
    """Writers hold their commits open for random times, with times that run backwards; a reader goes on after the
    last number it saw. It sees every event once, and no number is left out.
    """
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    writing, expected = True, set[str]()

    async def writer(number: int) -> None:
        for round_ in range(12):
            told = [f"{number}.{round_}.{place}" for place in range(chance.randint(1, 4))]
            async with shop.engine.database.transaction() as connection:
                await write(shop, *told, connection=connection, seconds=-chance.random() * 100)
                await asyncio.sleep(chance.random() * 0.006)
            expected.update(told)

    async def numbering() -> None:
        while await number(shop, limit=chance.randint(1, 5)) or writing:
            pass

    async def reader() -> list[tuple[int, str]]:
        seen: list[tuple[int, str]] = []
        idle = False
        while not idle:
            idle = all(one.done() for one in relays)
            page = await names(shop, after=seen[-1][0] if seen else 0, limit=chance.randint(1, 7))
            seen += page
            idle = idle and not page
            await asyncio.sleep(0)
        return seen

    relays = [asyncio.create_task(numbering()) for _ in range(2)]
    reading = asyncio.create_task(reader())
    await asyncio.gather(*(writer(number) for number in range(2)))
    writing = False
    await asyncio.gather(*relays)
    seen = await reading
    assert [sequence for sequence, _ in seen] == list(range(1, len(expected) + 1)), f"seed {seed}"
    assert {name for _, name in seen} == expected, f"seed {seed}"
