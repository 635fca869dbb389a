"""What is not taken is tried again for days, and whoever does not listen is left in the end."""

import asyncio
from datetime import timedelta

import pytest

from guerdon.errors.base import BadField
from guerdon.events.log import list_events
from guerdon.webhooks.attempt import RESPONSE_LENGTH_MAX
from guerdon.webhooks.deliveries import list_attempts, list_deliveries
from guerdon.webhooks.lane import LEASE
from guerdon.webhooks.schedule import TRIES_MAX
from tests.shop import Shop
from tests.webhooks.receiver import OK, Answer, Received, delivering, endpoint, happen, now_of, receiving, states

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_failure_is_tried_again_later_and_every_attempt_is_kept(shop: Shop):
    answers: list[Answer] = [(500, {}, b"oh\0" + b"x" * 5000), (302, {"Location": "http://127.0.0.1:9/"}, b""), OK]
    async with receiving(lambda _: answers.pop(0)) as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        await happen(shop, [1])
        await deliverer.run_once()
        await deliverer.run_once()
        assert len(receiver.received) == 1, "not before its time"
        shop.clock.advance(seconds=5 * 1.25)
        await deliverer.run_once()
        shop.clock.advance(seconds=15 * 1.25)
        await deliverer.run_once()
    assert len({(one.headers["webhook-id"], one.body) for one in receiver.received}) == 1, "the same message each time"
    assert len({one.headers["webhook-timestamp"] for one in receiver.received}) == 3, "sent anew each time"
    attempts = await list_attempts(shop.engine.database, shop.merchant.merchant_id, there.endpoint_id, 1)
    assert [(one.number, one.status, one.reason) for one in attempts] == [
        (1, 500, None),
        (2, 302, None),
        (3, 204, None),
    ]
    assert attempts[0].response == ("oh\N{REPLACEMENT CHARACTER}" + "x" * 5000)[:RESPONSE_LENGTH_MAX]
    assert all(0 <= one.took_ms < 10_000 for one in attempts)
    [shown] = await list_deliveries(shop.engine.database, shop.merchant.merchant_id, there.endpoint_id)
    assert (shown.state, shown.attempts, shown.next_attempt_at) == ("delivered", 3, None)
    assert (await now_of(shop, there)).failing_since is None


async def test_a_receiver_may_ask_for_patience(shop: Shop):
    async with (
        receiving(lambda _: (429, {"Retry-After": "3600"}, b"")) as receiver,
        delivering(shop) as deliverer,
    ):
        there, _ = await endpoint(shop, receiver)
        await happen(shop, [1])
        await deliverer.run_once()
    [shown] = await list_deliveries(shop.engine.database, shop.merchant.merchant_id, there.endpoint_id)
    assert shown.next_attempt_at == shop.clock() + timedelta(hours=1)


async def test_days_of_failure_give_up_and_then_switch_off_loudly(shop: Shop):
    """A delivery after TRIES_MAX attempts; the endpoint after five days of nothing but failures."""
    async with (
        receiving(lambda _: (503, {}, b"")) as receiver,
        receiving() as beside,
        delivering(shop) as deliverer,
    ):
        there, _ = await endpoint(shop, receiver, topics=("points.earned",))
        await endpoint(shop, beside, topics=("webhook_endpoint.disabled",))
        await happen(shop, [1])
        began = shop.clock()
        for _ in range(TRIES_MAX + 5):
            await deliverer.run_once()
            shop.clock.advance(hours=16)
            await happen(shop, [2])
            if (await now_of(shop, there)).state == "disabled":
                break
        attempts = await list_attempts(shop.engine.database, shop.merchant.merchant_id, there.endpoint_id, 1)
        off = await now_of(shop, there)
        assert (off.state, off.reason) == ("disabled", "failing")
        assert timedelta(days=5) <= shop.clock() - began < timedelta(days=7)
        assert 1 < len(attempts) <= TRIES_MAX
        tried = len(receiver.received)
        await deliverer.run_once()
        assert len(receiver.received) == tried, "it is asked no more"
    [told] = beside.received
    assert told.data["endpoint_id"] == there.endpoint_id
    assert told.data["reason"] == "failing"


async def test_a_delivery_is_given_up_after_its_last_try(shop: Shop):
    """Others get through meanwhile, so that the endpoint stays."""

    def answer(came: Received) -> Answer:
        return (500, {}, b"") if came.data["n"] == 1 else OK

    async with receiving(answer) as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        for n in range(1, TRIES_MAX + 2):
            await happen(shop, [n])
            await deliverer.run_once()
            shop.clock.advance(hours=16)
    assert receiver.numbers.count(1) == TRIES_MAX
    assert await states(shop, there) == {"delivered": TRIES_MAX, "given_up": 1}
    assert (await now_of(shop, there)).enabled


async def test_gone_is_gone(shop: Shop):
    async with receiving(lambda _: (410, {}, b"")) as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        await happen(shop, [1])
        await deliverer.run_once()
        await happen(shop, [2])
        await deliverer.run_once()
    assert (await now_of(shop, there)).reason == "gone"
    assert receiver.numbers == [1]
    topics = [one.topic for one in await list_events(shop.engine.database, shop.merchant.merchant_id)]
    assert "webhook_endpoint.disabled" in topics


async def test_a_failing_endpoint_is_left_alone_for_longer_and_longer(shop: Shop):
    async with receiving(lambda _: (500, {}, b"")) as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        await happen(shop, range(400))
        await deliverer.run_once()
        shop.clock.advance(minutes=2)
        await deliverer.run_once()
        assert (await now_of(shop, there)).resume_at == shop.clock() + timedelta(minutes=1)
        tried = len(receiver.received)
        shop.clock.advance(seconds=59)
        await deliverer.run_once()
        assert len(receiver.received) == tried
        assert tried < 40, "most of what waits is not tried on it"
        receiver.answer = lambda _: OK
        shop.clock.advance(minutes=10)
        await deliverer.run_once()
    assert set(receiver.numbers) == set(range(400))
    assert await states(shop, there) == {"delivered": 400}


async def test_nobody_is_asked_at_home_unless_a_setting_allows_it(shop: Shop):
    async with receiving() as receiver, delivering(shop, allow_private=False) as deliverer:
        with pytest.raises(BadField, match="not an address in the internet"):
            await endpoint(shop, receiver, allow_private=False)
        there, _ = await endpoint(shop, receiver)
        await happen(shop, [1])
        await deliverer.run_once()
        assert receiver.received == []
    [attempt] = await list_attempts(shop.engine.database, shop.merchant.merchant_id, there.endpoint_id, 1)
    assert (attempt.status, attempt.reason) == (None, "private_address")


async def test_what_a_dead_worker_had_taken_is_taken_over(shop: Shop):
    async with receiving() as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        await happen(shop, range(20))
        came = asyncio.Event()

        async def hang(_: Received) -> Answer:
            came.set()
            await asyncio.Event().wait()
            return OK

        receiver.answer = hang
        dying = asyncio.create_task(deliverer.run_once())
        await came.wait()
        for task in [dying, *asyncio.all_tasks()]:
            if task is dying or task.get_name().startswith(("lane", "send")):
                task.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        receiver.answer = lambda _: OK
        came_before = len(receiver.received)
        async with delivering(shop) as other:
            shop.clock.advance(seconds=1)
            await other.run_once()
            assert len(receiver.received) == came_before, "somebody is at it, as far as anybody knows"
            shop.clock.advance(seconds=LEASE.total_seconds())
            await other.run_once()
    assert set(receiver.numbers) == set(range(20))
    assert await states(shop, there) == {"delivered": 20}
