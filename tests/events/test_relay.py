"""The relay at work, and what is forgotten: events get their numbers by themselves, and go when they are old."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from prometheus_client import REGISTRY

from guerdon.app import running_relay
from guerdon.database.pool import Database
from guerdon.errors.base import BadField
from guerdon.events.log import last_sequence, list_events, relay, unnumbered_merchants
from guerdon.events.relay import Relay
from guerdon.merchants.merchant import Policies
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.worker.job import Pace
from tests.shop import START, Shop
from tests.street import Street
from tests.worker.hands import choose, night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def write(shop: Shop, count: int, *, days: int = 0) -> None:
    """So many events, some days ago."""
    events = [Event("test.told", None, {"name": number}) for number in range(count)]
    async with shop.engine.database.transaction() as connection:
        await write_events(connection, shop.merchant.merchant_id, events, START - timedelta(days=days))


async def numbers(shop: Shop) -> list[int]:
    return [one.sequence for one in await list_events(shop.engine.database, shop.merchant.merchant_id)]


async def numbered(shop: Shop, expected: int) -> None:
    """Wait until the last event has this number. Every look is a round trip, in which the relay may work."""
    while await last_sequence(shop.engine.database, shop.merchant.merchant_id) < expected:
        pass


async def test_a_running_relay_numbers_what_is_written_while_it_runs(street: Street):
    shop = await street.shop()
    async with running_relay(street.dsn):
        for expected in (3, 6):
            await write(shop, 3)
            await asyncio.wait_for(numbered(shop, expected), 60)
    assert await numbers(shop) == [1, 2, 3, 4, 5, 6]


async def test_a_relay_outlasts_a_disk_that_was_full(street: Street, monkeypatch: pytest.MonkeyPatch):
    shop = await street.shop()
    full = [asyncpg.DiskFullError("could not extend file")]

    async def look(database: Database) -> list[int]:
        if full:
            raise full.pop()
        return await unnumbered_merchants(database)

    monkeypatch.setattr("guerdon.events.relay.unnumbered_merchants", look)
    await write(shop, 3)
    async with running_relay(street.dsn):
        await asyncio.wait_for(numbered(shop, 3), 60)
    assert full == []


async def test_a_relay_that_is_told_to_end_numbers_all_that_is_there(street: Street):
    shop = await street.shop()
    await write(shop, 25)
    before = REGISTRY.get_sample_value("guerdon_events_numbered_total") or 0
    ending = Relay(street.engine.database, limit=10)
    ending.stop()
    await asyncio.wait_for(ending.run(), 60)
    assert await numbers(shop) == list(range(1, 26))
    assert (REGISTRY.get_sample_value("guerdon_events_numbered_total") or 0) - before >= 25


async def test_what_fails_at_one_merchant_keeps_no_other_waiting(street: Street, capsys: pytest.CaptureFixture[str]):
    first, second = await street.shop(), await street.shop()
    database = street.engine.database
    await write(first, 1)
    await relay(database, first.merchant.merchant_id)
    # Somebody has turned the count back by hand: the next number is there already.
    await database.execute("UPDATE event_relay SET sequence = 0 WHERE merchant_id = $1", first.merchant.merchant_id)
    await write(first, 1)
    await write(second, 1)
    ending = Relay(database)
    ending.stop()
    await ending.run()
    assert await numbers(second) == [1]
    assert "relay_failed" in capsys.readouterr().out
    await database.execute("UPDATE event_relay SET sequence = 1 WHERE merchant_id = $1", first.merchant.merchant_id)
    await relay(database, first.merchant.merchant_id)
    assert await numbers(first) == [1, 2]


async def test_a_relay_ends_though_the_database_is_away():
    away = await Database.open("postgresql://nobody@127.0.0.1:9/none", size_min=0)
    ending = Relay(away)
    ending.stop()
    await asyncio.wait_for(ending.run(), 60)


async def test_old_events_are_forgotten_page_by_page_and_numbers_go_on(shop: Shop):
    await choose(shop, event_days=30)
    await write(shop, 7, days=31)
    await write(shop, 2, days=29)
    await relay(shop.engine.database, shop.merchant.merchant_id)
    await write(shop, 1, days=40)
    await night(shop, pace=Pace(page=3, command=3))
    assert await numbers(shop) == [8, 9]
    await relay(shop.engine.database, shop.merchant.merchant_id)
    assert await numbers(shop) == [8, 9, 10]


async def test_events_are_kept_for_ever_where_the_merchant_says_so(shop: Shop):
    await choose(shop, event_days=None)
    await write(shop, 2, days=5000)
    await relay(shop.engine.database, shop.merchant.merchant_id)
    await night(shop)
    assert await numbers(shop) == [1, 2]


@pytest.mark.parametrize("days", [0, -1, 10**6])
async def test_a_number_of_days_that_makes_no_sense_is_refused(days: int):
    with pytest.raises(BadField, match="event_days"):
        Policies(event_days=days)
