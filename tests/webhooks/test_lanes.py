"""Under load: a slow endpoint holds back no other, workers share, and what was cut off comes again, in order."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from guerdon.kit.clock import machine_clock
from guerdon.webhooks.deliveries import count_deliveries
from guerdon.webhooks.endpoint import Endpoint
from guerdon.webhooks.lane import WIDTH_MAX
from tests.shop import Shop
from tests.webhooks.receiver import OK, Answer, Received, Receiver, delivering, endpoint, happen, receiving

pytestmark = pytest.mark.asyncio(loop_scope="session")

GRACE_S = 120


async def until_delivered(shop: Shop, there: Endpoint, count: int) -> None:
    """Wait until so many deliveries of an endpoint are settled."""
    async with asyncio.timeout(GRACE_S):
        found = 0
        while found < count:
            await asyncio.sleep(0.02)
            found = (await count_deliveries(shop.engine.database, *there_of(there)))["delivered"]


def there_of(there: Endpoint) -> tuple[int, int]:
    """An endpoint's key."""
    return there.merchant_id, there.endpoint_id


def in_order(received: Sequence[Received]) -> bool:
    """Whether every member's events came in their order, once repetitions are left out."""
    seen: dict[int, list[int]] = defaultdict(list)
    for one in received:
        if one.data["n"] not in seen[one.data["member_id"]]:
            seen[one.data["member_id"]].append(one.data["n"])
    return all(numbers == sorted(numbers) for numbers in seen.values())


async def test_a_slow_endpoint_holds_back_no_other(shop: Shop):
    release = asyncio.Event()
    asked = 0
    most = 0

    async def slow(_: Received) -> Answer:
        nonlocal asked, most
        asked += 1
        most = max(most, asked)
        await release.wait()
        asked -= 1
        return OK

    async with receiving(slow) as tired, receiving() as quick, delivering(shop) as deliverer:
        behind, _ = await endpoint(shop, tired)
        there, _ = await endpoint(shop, quick)
        await happen(shop, range(300))
        working = asyncio.create_task(deliverer.run())
        await until_delivered(shop, there, 300)
        assert len(tired.received) <= WIDTH_MAX, "and the slow one was not overrun"
        release.set()
        await until_delivered(shop, behind, 300)
        deliverer.stop()
        await working
    assert sorted(quick.numbers) == sorted(tired.numbers) == list(range(300))
    assert most <= WIDTH_MAX


async def test_workers_share_the_endpoints_and_send_nothing_twice(shop: Shop):
    async with receiving() as one, receiving() as other, delivering(shop) as first, delivering(shop) as second:
        for receiver in (one, other):
            await endpoint(shop, receiver)
        await happen(shop, range(500))
        await asyncio.gather(first.run_once(), second.run_once())
        await first.run_once()
    assert sorted(one.numbers) == sorted(other.numbers) == list(range(500))


async def test_in_order_a_members_next_message_waits_for_the_one_before(shop: Shop):
    """A member whose first message is not taken holds back their own, and nobody else's."""
    failing = True

    def answer(came: Received) -> Answer:
        return (500, {}, b"") if failing and came.data["member_id"] == 1 else OK

    async with receiving(answer) as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver, ordered=True)
        await happen(shop, range(60), members=3)
        await deliverer.run_once()
        first = [one.data["n"] for one in receiver.received if one.data["member_id"] == 1]
        assert set(first) == {0}
        assert len([one for one in receiver.received if one.data["member_id"] != 1]) == 40
        failing = False
        await happen(shop, range(60, 63), members=3)
        await deliverer.run_once()
        assert not any(n >= 3 for n in receiver.numbers if n % 3 == 0), "not before its next attempt"
        for _ in range(3):
            shop.clock.advance(minutes=1)
            await deliverer.run_once()
    assert set(receiver.numbers) == set(range(63))
    assert in_order(receiver.received)
    assert (await count_deliveries(shop.engine.database, *there_of(there)))["delivered"] == 63


async def test_the_last_try_makes_way_for_the_next_message(shop: Shop):
    async with (
        receiving(lambda one: OK if one.data["n"] else (500, {}, b"")) as receiver,
        delivering(shop) as deliverer,
    ):
        there, _ = await endpoint(shop, receiver, ordered=True)
        await happen(shop, [0, 1], members=1)
        await deliverer.run_once()
        await shop.engine.database.execute(
            "UPDATE delivery SET tries = 14 WHERE merchant_id = $1 AND sequence = 1", shop.merchant.merchant_id
        )
        shop.clock.advance(minutes=1)
        await deliverer.run_once()
        shop.clock.advance(minutes=1)
        await deliverer.run_once()
    assert receiver.numbers == [0, 0, 1]
    counts = await count_deliveries(shop.engine.database, *there_of(there))
    assert counts == {"waiting": 0, "delivered": 1, "given_up": 1}


async def test_nothing_is_lost_or_made_up_while_receivers_and_workers_come_and_go(shop: Shop):
    """Events under way, the receiver cut off and back twice, a worker killed and another in its place."""
    count, members = 600, 7
    async with receiving(grudging()) as receiver, receiving(grudging()) as ordered:
        plain, _ = await endpoint(shop, receiver)
        lined, _ = await endpoint(shop, ordered, ordered=True)
        happening = asyncio.create_task(go_on(shop, count, members))
        async with delivering(shop, clock=hurried) as dying:
            working = asyncio.create_task(dying.run())
            await restart(receiver, after=100)
            await restart(ordered, after=100)
            await kill(working)
        async with delivering(shop, clock=hurried) as deliverer:
            working = asyncio.create_task(deliverer.run())
            await restart(ordered, after=300)
            await happening
            await until_delivered(shop, plain, count)
            await until_delivered(shop, lined, count)
            deliverer.stop()
            await working
    for one in (receiver, ordered):
        assert set(one.numbers) == set(range(count)), "every event came, and none was made up"
        ids = {came.data["n"]: came.headers["webhook-id"] for came in one.received}
        assert all(came.headers["webhook-id"] == ids[came.data["n"]] for came in one.received)
    assert in_order(ordered.received)


def grudging() -> Callable[[Received], Answer]:
    """Some are refused the first time."""
    refused: set[int] = set()

    def answer(came: Received) -> Answer:
        n = came.data["n"]
        if n % 50 or n in refused:
            return OK
        refused.add(n)
        return 503, {}, b""

    return answer


def hurried() -> datetime:
    """A clock on which a second is a minute, so that nobody waits for the next attempt."""
    now = machine_clock()
    return now + (now - BEGAN) * 60


BEGAN = machine_clock() - timedelta(seconds=1)


async def go_on(shop: Shop, count: int, members: int) -> None:
    """Events, some at a time."""
    for start in range(0, count, 20):
        await happen(shop, range(start, start + 20), members=members)
        await asyncio.sleep(0.01)


async def restart(receiver: Receiver, *, after: int) -> None:
    """Cut a receiver off once it has got so many, and let it come back."""
    async with asyncio.timeout(GRACE_S):
        while len(receiver.received) < after:  # noqa: ASYNC110  # what comes is counted, not announced
            await asyncio.sleep(0.005)
    await receiver.close()
    await asyncio.sleep(0.05)
    await receiver.open()


async def kill(working: asyncio.Task[None]) -> None:
    """End a deliverer with all its lanes, at once."""
    others = [task for task in asyncio.all_tasks() if task.get_name().startswith(("lane", "send"))]
    for task in (working, *others):
        task.cancel()
    await asyncio.gather(working, *others, return_exceptions=True)
