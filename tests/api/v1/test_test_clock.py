"""Test merchants: their time is moved on, and what would have happened in between happens."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from guerdon.access.keys import create_key
from guerdon.errors.merchants import ClockMoved
from guerdon.kit.clock import Clock
from guerdon.merchants.clocks import move_time
from guerdon.merchants.merchant import Policies
from guerdon.worker.advance import stops
from guerdon.worker.worker import Worker
from tests.api.v1.conftest import Api
from tests.shop import START, Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOCK = "/v1/test_clock"
ANA = "ana@example.com"


async def a_test_merchant(street: Street, app: Any, **terms: Any) -> Api:
    """A merchant to try things with, whose key says so."""
    shop = await street.shop(mode="test", **terms)
    secret = await create_key(street.engine.database, shop.merchant.merchant_id, name="test", now=shop.clock())
    assert secret.startswith(f"gk_test_{shop.merchant.merchant_id}_")
    headers = {"authorization": f"Bearer {secret}"}
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", headers=headers)
    return Api(replace(shop, api_key=secret, http=http))


async def test_time_is_everybodys_until_it_is_moved_on(street: Street, street_app: Any):
    api = await a_test_merchant(street, street_app)
    told = await api.get(CLOCK)
    assert told.json() == {
        "object": "test_clock", "now": "2026-03-10T12:00:00Z", "stands_still": False, "nights": 0, "done": {},
    }  # fmt: skip
    assert told.headers["guerdon-mode"] == "test"
    moved = await api.post(f"{CLOCK}/advance", by_seconds=90)
    assert (moved.status_code, moved.json()["now"], moved.json()["stands_still"]) == (200, "2026-03-10T12:01:30Z", True)
    api.shop.clock.advance(days=5)
    assert (await api.get(CLOCK)).json()["now"] == "2026-03-10T12:01:30Z"
    assert (await api.get("/v1/merchant")).json()["livemode"] is False


async def test_nights_come_in_order_as_time_passes(street: Street, street_app: Any):
    """Points of a test merchant expire, and a hold ends, each at its own time, and the books are right."""
    api = await a_test_merchant(street, street_app, policies=Policies(hold_days=2))
    shop = api.shop
    await shop.member(ANA, 100, expires_at=START + timedelta(days=3))
    await shop.give(ANA, 300)
    rule = await shop.rule()
    wanted: dict[str, Any] = {
        "member": f"email:{ANA}",
        "rule": f"rule_{rule.rule_id}",
        "points": 100,
        "capture": "on_order",
    }
    held = (await api.post("/v1/redemptions", **wanted)).json()
    passed = (await api.post(f"{CLOCK}/advance", to="2026-03-20T08:00:00Z")).json()
    assert (passed["now"], passed["nights"]) == ("2026-03-20T08:00:00Z", 10)
    assert (await api.get(f"/v1/redemptions/{held['id']}")).json()["state"] == "expired"
    assert await shop.balance(ANA) == (300, 0)
    days = await shop.engine.database.fetch(
        "SELECT DISTINCT day FROM job_run WHERE merchant_id = $1 ORDER BY day", shop.merchant.merchant_id
    )
    assert [row[0].day for row in days] == list(range(10, 21))
    entry = await shop.engine.database.fetchrow(
        "SELECT recorded_at FROM entry WHERE merchant_id = $1 AND target = 'expired' LIMIT 1", shop.merchant.merchant_id
    )
    assert entry is not None
    assert entry[0].date().isoformat() in ("2026-03-13", "2026-03-14")
    assert await contradictions(shop) == []


async def test_commands_and_reads_go_by_the_moved_time(street: Street, street_app: Any):
    api = await a_test_merchant(street, street_app)
    await api.post(f"{CLOCK}/advance", by_seconds=40 * 86400)
    await api.shop.member(ANA, 250)
    rule = await api.shop.rule()
    made = (await api.post("/v1/redemptions", member=f"email:{ANA}", rule=f"rule_{rule.rule_id}")).json()
    assert made["created_at"] == "2026-04-19T12:00:00Z"
    joined = (await api.post("/v1/members", email="ben@example.com")).json()
    assert joined["created_at"] == "2026-04-19T12:00:00Z"


async def test_the_jobs_of_everybody_leave_moved_time_alone(street: Street, street_app: Any):
    api = await a_test_merchant(street, street_app)
    await api.post(f"{CLOCK}/advance", by_seconds=60)
    shop, later = api.shop, START + timedelta(days=30)
    await shop.member(ANA)
    await shop.give(ANA, 100, expires_at=START + timedelta(days=3))
    clock: Clock = lambda: later  # noqa: E731  # a clock is a function
    worker = Worker(
        street.engine.database, street.engine.desk, street.engine.merchants, clock,
        merchant_id=shop.merchant.merchant_id,
    )  # fmt: skip
    await asyncio.wait_for(worker.run_once(), 120)
    assert await shop.balance(ANA) == (100, 0)


async def test_a_dry_run_moves_nothing_and_a_repeat_moves_once(street: Street, street_app: Any):
    api = await a_test_merchant(street, street_app)
    tried = await api.post(f"{CLOCK}/advance", by_seconds=3600, dry_run=True)
    assert (tried.json()["now"], tried.headers["dry-run"]) == ("2026-03-10T13:00:00Z", "true")
    assert (await api.get(CLOCK)).json()["stands_still"] is False
    first, again = [await api.post(f"{CLOCK}/advance", key="k", by_seconds=3600) for _ in range(2)]
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert (await api.get(CLOCK)).json()["now"] == "2026-03-10T13:00:00Z"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "bad_field"),
        ({"to": "2026-04-01T00:00:00Z", "by_seconds": 5}, 400, "bad_field"),
        ({"to": "2026-03-10T12:00:00Z"}, 422, "time_not_ahead"),
        ({"to": "2027-03-10T12:00:00Z"}, 422, "too_far_ahead"),
        ({"by_seconds": 0}, 400, "bad_field"),
    ],
)
async def test_time_moves_on_only(street: Street, street_app: Any, body: dict[str, Any], status: int, code: str):
    api = await a_test_merchant(street, street_app)
    refused = await api.post(f"{CLOCK}/advance", **body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_the_time_of_a_live_merchant_is_everybodys(api: Api):
    for answer in (await api.get(CLOCK), await api.post(f"{CLOCK}/advance", by_seconds=60)):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_for_live")
        assert "guerdon-mode" not in answer.headers


async def test_of_two_who_move_it_one_is_told_to_look_again(street: Street, street_app: Any):
    api = await a_test_merchant(street, street_app)
    answers = await asyncio.gather(*(api.post(f"{CLOCK}/advance", by_seconds=3600) for _ in range(2)))
    with pytest.raises(ClockMoved):
        await move_time(street.engine.database, api.shop.merchant.merchant_id, START, START + timedelta(days=1))
    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([200, 409], [200, 200])
    hours = codes.count(200)
    assert (await api.get(CLOCK)).json()["now"] == f"2026-03-10T{12 + hours}:00:00Z"


async def test_it_stops_at_each_midnight(shop: Shop):
    now, to = START, START + timedelta(days=2)
    assert [at.isoformat() for at in stops(shop.merchant, now, to)] == [
        "2026-03-10T12:00:00+00:00", "2026-03-11T00:00:00+00:00", "2026-03-12T00:00:00+00:00",
        "2026-03-12T12:00:00+00:00",
    ]  # fmt: skip
