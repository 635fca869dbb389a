"""Events come to the addresses that asked for them, at least once, and whoever does not listen is left in the end."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from guerdon.errors.base import BadField
from guerdon.errors.webhooks import EndpointNotFound, TooManyEndpoints
from guerdon.events.log import Numbered, last_sequence, list_events
from guerdon.kit.clock import machine_clock
from guerdon.merchants.merchant import Merchant
from guerdon.moving.leaving import erase_member
from guerdon.webhooks.deliveries import FIRST, forget, list_attempts, list_deliveries, replay
from guerdon.webhooks.endpoints import (
    ENDPOINTS_MAX,
    disable_endpoint,
    enable_endpoint,
    get_endpoint,
    list_endpoints,
    remove_endpoint,
    rotate_secret,
    update_endpoint,
)
from guerdon.webhooks.message import Message, StandardFormat
from guerdon.worker.job import Pace, Step, Work
from guerdon.worker.jobs import ForgetDeliveries
from tests.shop import Shop
from tests.webhooks.receiver import OK, delivering, endpoint, happen, now_of, receiving, states

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_event_is_posted_once_and_signed(shop: Shop):
    """The signature is checked by the library of those who wrote the specification."""
    async with receiving() as receiver, delivering(shop, clock=machine_clock) as deliverer:
        there, secret = await endpoint(shop, receiver)
        await happen(shop, [1], members=5)
        await deliverer.run_once()
        await deliverer.run_once()
    [came] = receiver.received
    assert Webhook(secret).verify(came.body, came.headers) == {
        "type": "points.earned",
        "timestamp": "2026-03-10T12:00:00Z",
        "data": {"n": 1, "member_id": 2, "sequence": 1},
    }
    [event] = await list_events(shop.engine.database, shop.merchant.merchant_id)
    assert came.headers["webhook-id"] == f"evt_{event.event_id.hex}"
    assert came.headers["content-type"] == "application/json"
    assert await states(shop, there) == {"delivered": 1}


async def test_an_endpoint_gets_what_it_asked_for_and_nothing_from_before(shop: Shop):
    async with receiving() as some, receiving() as all_of_them, delivering(shop) as deliverer:
        await happen(shop, [0])
        await endpoint(shop, some, topics=("tier.*", "points.expired"))
        await endpoint(shop, all_of_them)
        for n, topic in enumerate(("points.earned", "points.expired", "tier.entered", "tiers.other"), start=1):
            await happen(shop, [n], topic=topic)
        await deliverer.run_once()
    assert sorted(some.numbers) == [2, 3]
    assert sorted(all_of_them.numbers) == [1, 2, 3, 4]


async def test_topics_are_skipped_page_by_page(shop: Shop):
    async with receiving() as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver, topics=("points.expired",))
        await happen(shop, range(150))
        await happen(shop, [150], topic="points.expired")
        await deliverer.run_once()
    assert receiver.numbers == [150]
    assert (await now_of(shop, there)).sequence == 151


async def test_while_secrets_rotate_both_sign(shop: Shop):
    async with receiving() as receiver, delivering(shop, clock=machine_clock) as deliverer:
        there, before = await endpoint(shop, receiver)
        of = shop.engine.database, shop.merchant.merchant_id, there.endpoint_id
        secret = await rotate_secret(*of, now=machine_clock(), overlap=timedelta(hours=1))
        await happen(shop, [1])
        await deliverer.run_once()
        for known in (before, secret):
            Webhook(known).verify(receiver.received[0].body, receiver.received[0].headers)
        last = await rotate_secret(*of, now=machine_clock(), overlap=timedelta(0))
        await happen(shop, [2])
        await deliverer.run_once()
    came = receiver.received[1]
    Webhook(last).verify(came.body, came.headers)
    assert len(came.headers["webhook-signature"].split()) == 1


class Twice:
    """A format in which every event but the odd ones says two things."""

    async def render(self, merchant: Merchant, events: list[Numbered]) -> list[list[Message]]:
        def bodies(event: Numbered) -> list[Message]:
            n = event.payload["n"]
            return [] if n % 2 else [Message(f"shop/{part}", f'{{"data":{{"n":{n}}}}}'.encode()) for part in "ab"]

        return [bodies(event) for event in events]


async def test_another_format_says_it_in_its_own_way(shop: Shop):
    formats: dict[str, Any] = {"twice": Twice()}
    async with receiving() as receiver, receiving() as half, delivering(shop, **formats) as deliverer:
        await endpoint(shop, receiver, format="twice")
        await endpoint(shop, half, format="twice", topics=("shop/b",))
        await happen(shop, [1, 2, 3, 4])
        await deliverer.run_once()
    assert sorted(receiver.numbers) == [2, 2, 4, 4]
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 4
    assert sorted(half.numbers) == [2, 4]


async def test_a_range_is_sent_again(shop: Shop):
    async with receiving() as receiver, delivering(shop) as deliverer:
        await happen(shop, [1, 2])
        there, _ = await endpoint(shop, receiver)
        await happen(shop, [3, 4, 5])
        await deliverer.run_once()
        sent = {one.data["n"]: one.headers["webhook-id"] for one in receiver.received}
        assert sorted(sent) == [3, 4, 5]
        of = shop.engine.database, await now_of(shop, there), StandardFormat(), shop.merchant
        assert await replay(*of, first=4, last=4, now=shop.clock()) == 1
        await deliverer.run_once()
        assert receiver.numbers[3:] == [4]
        assert receiver.received[3].headers["webhook-id"] == sent[4], "a receiver knows it by its id"
        # What happened before the endpoint was there is in the log; what is not there cannot be sent.
        assert await replay(*of, first=1, last=10**9, now=shop.clock()) == 5
        await deliverer.run_once()
        assert sorted(receiver.numbers[4:]) == [1, 2, 3, 4, 5]
        assert await replay(*of, first=1, last=5, now=shop.clock(), failed=True) == 0
    attempts = await list_attempts(shop.engine.database, shop.merchant.merchant_id, there.endpoint_id, 4)
    assert [one.number for one in attempts] == [1, 2, 3]


async def test_what_was_given_up_is_sent_again_where_that_is_asked(shop: Shop):
    async with receiving() as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        await happen(shop, [1, 2])
        await deliverer.run_once()
        await shop.engine.database.execute(
            "UPDATE delivery SET state = 'given_up', tries = 15 WHERE merchant_id = $1 AND sequence = 2",
            shop.merchant.merchant_id,
        )
        of = shop.engine.database, await now_of(shop, there), StandardFormat(), shop.merchant
        assert await replay(*of, first=1, last=2, now=shop.clock(), failed=True) == 1
        await deliverer.run_once()
    assert receiver.numbers[2:] == [2]


async def test_a_disabled_endpoint_waits_and_goes_on_where_it_was_or_from_now(shop: Shop):
    async with receiving() as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        of = shop.engine.database, shop.merchant.merchant_id, there.endpoint_id
        await disable_endpoint(*of, now=shop.clock())
        await happen(shop, [1])
        await deliverer.run_once()
        assert receiver.received == []
        assert (await now_of(shop, there)).reason == "by_hand"
        await enable_endpoint(*of, now=shop.clock())
        await deliverer.run_once()
        assert receiver.numbers == [1]
        await disable_endpoint(*of, now=shop.clock())
        await happen(shop, [2])
        await enable_endpoint(*of, now=shop.clock(), from_now=True)
        await happen(shop, [3])
        await deliverer.run_once()
    assert receiver.numbers == [1, 3]


async def test_an_endpoint_is_changed_and_removed(shop: Shop):
    async with receiving() as receiver, receiving() as moved, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver, name="Shop")
        of = shop.engine.database, shop.merchant.merchant_id, there.endpoint_id
        changed = await update_endpoint(
            *of, now=shop.clock(), url=moved.url, topics=("points.*",), ordered=True, allow_private=True
        )
        assert (changed.name, changed.url, changed.topics, changed.ordered) == ("Shop", moved.url, ("points.*",), True)
        await happen(shop, [1])
        await deliverer.run_once()
        assert (receiver.numbers, moved.numbers) == ([], [1])
        with pytest.raises(BadField):
            await update_endpoint(*of, now=shop.clock(), url="ftp://example.com")
        await remove_endpoint(*of, now=shop.clock())
        await happen(shop, [2])
        await deliverer.run_once()
    assert moved.numbers == [1]
    assert await list_endpoints(*of[:2]) == []
    with pytest.raises(EndpointNotFound):
        await get_endpoint(*of)


async def test_there_are_only_so_many_endpoints(shop: Shop):
    async with receiving() as receiver:
        for _ in range(ENDPOINTS_MAX):
            await endpoint(shop, receiver)
        with pytest.raises(TooManyEndpoints):
            await endpoint(shop, receiver)


async def test_old_deliveries_are_forgotten_and_others_are_not(shop: Shop):
    async with receiving() as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        of = shop.engine.database, shop.merchant.merchant_id
        await happen(shop, range(5))
        await deliverer.run_once()
        receiver.answer = lambda _: (500, {}, b"")
        await happen(shop, [5])
        await deliverer.run_once()
        shop.clock.advance(days=40)
        receiver.answer = lambda _: OK
        await happen(shop, [6])
        before = shop.clock() - timedelta(days=30)
        first = await forget(*of, before, FIRST, 3)
        assert [(one[1], one[2]) for one in first] == [(1, 0), (2, 0), (3, 0)]
        second = await forget(*of, before, first[-1], 3)
        assert [(one[1], one[2]) for one in second] == [(4, 0), (5, 0)]
        assert await forget(*of, before, second[-1], 3) == []
        assert await states(shop, there) == {"waiting": 1}
        await deliverer.run_once()
    assert set(receiver.numbers) == set(range(7))
    assert await last_sequence(*of) == 7


async def test_the_night_forgets_them_after_the_days_of_the_merchant(shop: Shop):
    async with receiving() as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        await happen(shop, range(4))
        await deliverer.run_once()

    async def night(reached: Any) -> Step:
        now, pace = shop.clock(), Pace(page=3, command=3)
        work = Work(shop.engine.database, shop.engine.desk, shop.merchant, pace, now, shop.merchant.day(now), None)
        return await ForgetDeliveries().step(work, reached)

    shop.clock.advance(days=29)
    assert await night(None) == Step()
    shop.clock.advance(days=2)
    first = await night(None)
    assert (first.booked.things, first.reached) == (3, (there.endpoint_id, 3, 0))
    assert (await night(first.reached)).booked.things == 1
    assert await states(shop, there) == {}


async def test_what_tells_of_somebody_who_is_erased_is_gone_and_not_sent(shop: Shop):
    async with receiving(lambda _: (500, {}, b"Ana Li")) as receiver, delivering(shop) as deliverer:
        there, _ = await endpoint(shop, receiver)
        member_id = await shop.member("ana@example.com", 100)
        await happen(shop, [])
        await deliverer.run_once()
        tried = len(receiver.received)
        assert tried > 0
        await erase_member(shop.engine.database, shop.engine.desk, shop.merchant, member_id, actor="test")
        receiver.answer = lambda _: OK
        shop.clock.advance(days=1)
        await deliverer.run_once()
        sent = receiver.received[tried:]
        assert all(one.data["member_id"] != member_id for one in sent)
        of = shop.engine.database, shop.merchant.merchant_id, there.endpoint_id
        about = [one for one in await list_deliveries(*of) if one.member_id == member_id]
        assert about
        assert {(one.body, one.state) for one in about} == {("", "given_up")}
        attempts = [one for shown in about for one in await list_attempts(*of, shown.sequence)]
        assert {one.response for one in attempts} == {""}
        again = await replay(
            of[0], await now_of(shop, there), StandardFormat(), shop.merchant, first=1, last=100, now=shop.clock()
        )
        assert again == len([one for one in await list_deliveries(*of) if one.state == "waiting"])
        assert not any(one.state == "waiting" and one.member_id == member_id for one in await list_deliveries(*of))


async def test_an_answer_is_json_that_says_what_the_event_says(shop: Shop):
    """Whatever is in an event comes out as the log has it."""
    async with receiving() as receiver, delivering(shop) as deliverer:
        await endpoint(shop, receiver)
        await shop.rule()
        await shop.member("ana@example.com", 100)
        await happen(shop, [])
        await deliverer.run_once()
        log = await list_events(shop.engine.database, shop.merchant.merchant_id)
    assert len(log) > 0
    told = {one.json["data"]["sequence"]: one.json for one in receiver.received}
    for event in log:
        data = {**event.payload, "member_id": event.member_id, "sequence": event.sequence}
        assert told[event.sequence]["type"] == event.topic
        assert told[event.sequence]["data"] == msgspec.json.decode(msgspec.json.encode(data))
