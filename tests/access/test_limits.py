"""A key asks as often as it may, over all workers together, and not once more."""

import asyncio
from datetime import timedelta

import pytest

from guerdon.access.keys import LIMIT_MAX, create_key, limit_key, list_keys
from guerdon.access.limits import Limits, Room
from guerdon.app import running_engine
from guerdon.errors.base import BadField
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def limited(shop: Shop, limit: int = 10) -> int:
    """A new key with this limit; returns its id."""
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await create_key(database, merchant_id, name="limited", now=shop.clock(), limit_per_second=limit)
    return (await list_keys(database, merchant_id))[-1].key_id


async def ask(limits: Limits, shop: Shop, key_id: int, times: int, limit: int = 10) -> list[Room]:
    """So many requests at once."""
    return await asyncio.gather(
        *(limits.ask(shop.merchant.merchant_id, key_id, limit, shop.clock()) for _ in range(times))
    )


def admitted(rooms: list[Room]) -> int:
    return sum(room.admitted for room in rooms)


async def test_ten_a_second_are_ten_over_two_engines(shop: Shop, street: Street):
    key_id = await limited(shop)
    async with running_engine(street.dsn, clock=street.clock) as second:
        here, there = await asyncio.gather(
            ask(shop.engine.limits, shop, key_id, 40), ask(second.limits, shop, key_id, 40)
        )
        assert admitted(here) + admitted(there) == 10

        street.clock.advance(seconds=1)
        for _ in range(5):
            one, other = await ask(shop.engine.limits, shop, key_id, 1), await ask(second.limits, shop, key_id, 1)
            assert (admitted(one), admitted(other)) == (1, 1)
        assert admitted(await ask(shop.engine.limits, shop, key_id, 1)) == 0
        assert admitted(await ask(second.limits, shop, key_id, 1)) == 0


async def test_what_is_left_counts_down_in_the_second_and_in_the_minute(shop: Shop):
    key_id = await limited(shop, 3)
    limits = shop.engine.limits

    rooms = [room for _ in range(4) for room in await ask(limits, shop, key_id, 1, 3)]
    assert [(room.remaining, room.minute_remaining, room.admitted) for room in rooms] == [
        (2, 179, True), (1, 178, True), (0, 177, True), (0, 177, False),
    ]  # fmt: skip

    shop.clock.advance(seconds=1)
    (room,) = await ask(limits, shop, key_id, 1, 3)
    assert (room.remaining, room.minute_remaining) == (2, 176)

    shop.clock.advance(minutes=1)
    (room,) = await ask(limits, shop, key_id, 1, 3)
    assert (room.remaining, room.minute_remaining) == (2, 179)


async def test_a_used_up_second_is_refused_without_asking_the_database(shop: Shop, street: Street):
    key_id = await limited(shop, 2)
    async with running_engine(street.dsn, clock=street.clock) as closed:
        assert admitted(await ask(closed.limits, shop, key_id, 5, 2)) == 2

    # Its database is closed now: only what it remembers can answer.
    assert admitted(await ask(closed.limits, shop, key_id, 5, 2)) == 0


async def test_each_of_many_at_once_is_told_its_own_place(shop: Shop):
    key_id = await limited(shop, 1000)

    rooms = await ask(shop.engine.limits, shop, key_id, 500, 1000)

    assert sorted(room.remaining for room in rooms) == list(range(500, 1000))


async def test_keys_and_merchants_are_counted_apart(shop: Shop, street: Street):
    first, second = await limited(shop, 1), await limited(shop, 1)
    other = await street.shop()
    third = await limited(other, 1)

    for where, key_id in ((shop, first), (shop, second), (other, third)):
        assert admitted(await ask(shop.engine.limits, where, key_id, 3, 1)) == 1


@pytest.mark.parametrize(("ahead", "more"), [(5, 0), (3600, 3)])
async def test_a_clock_that_is_ahead_holds_nobody_up_for_long(shop: Shop, ahead: int, more: int):
    key_id = await limited(shop, 3)
    limits, now = shop.engine.limits, shop.clock()
    shop.clock.now = now + timedelta(seconds=ahead)
    assert admitted(await ask(limits, shop, key_id, 3, 3)) == 3

    shop.clock.now = now
    assert admitted(await ask(Limits(shop.engine.database), shop, key_id, 5, 3)) == more


@pytest.mark.parametrize("limit", [0, -1, LIMIT_MAX + 1])
async def test_a_limit_is_a_number_of_requests(shop: Shop, limit: int):
    key_id = await limited(shop)

    with pytest.raises(BadField, match="requests a second"):
        await limit_key(shop.engine.database, shop.merchant.merchant_id, key_id, limit, shop.clock())
