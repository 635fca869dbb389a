"""The numbers of the programme over HTTP."""

import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from guerdon.access.keys import Caller
from guerdon.api.v1 import reports
from guerdon.api.wire import encode
from guerdon.database.pool import Database, Queries, Row
from guerdon.errors.base import BadField
from guerdon.points.audit import snapshot
from guerdon.reports.glance import glance
from guerdon.reports.period import Period
from guerdon.rewards.codes import Pooled
from guerdon.rewards.pools import upload_codes
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import outcomes_of, redeem
from tests.worker.hands import choose, night

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def told(api: Api, path: str) -> dict[str, Any]:
    answer = await api.get(f"/v1/reports/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


class Overheard:
    """A connection that knows what it was asked."""

    def __init__(self, connection: Queries) -> None:
        self._connection, self.asked = connection, Counter[tuple[Any, ...]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, query: str, *arguments: Any) -> list[Row]:
        self.asked[query, *map(str, arguments)] += 1
        return await self._connection.fetch(query, *arguments)


async def test_a_programme_at_a_glance(shop: Shop, api: Api):
    await shop.member("ana@example.com", 1000)
    await shop.member("ben@example.com")
    rule = await shop.rule(name="Voucher")
    shop.clock.advance(days=40)
    await shop.give("ben@example.com", 400)
    await redeem(shop, "ana@example.com", rule.rule_id, 300)
    seen = await told(api, "summary")
    assert (seen["period"]["since"], seen["period"]["until"]) == ("2026-03-21", "2026-04-19")
    assert seen["period"]["points"] == {
        "earned": 400, "redeemed": 300, "expired": 0, "reversed": 0, "outstanding_change": 100, "pending_change": 0,
        "entries": 2, "redemption_rate": 0.75,
    }  # fmt: skip
    assert (seen["period"]["outstanding"], seen["period"]["active"], seen["period"]["joined"]) == (1100, 2, 0)
    assert (seen["before"]["since"], seen["before"]["joined"], seen["before"]["outstanding"]) == ("2026-02-19", 2, 1000)
    # 300 points bought 15.00, so 1,100 are worth 55.00.
    assert seen["liability"] == {"amount_minor": 5500, "currency": "USD"}
    assert seen["worth"] == {"basis": "redemptions", "a_point": 0.05, "currency": "USD"}
    assert seen["ultimate_rate"] == 1


async def test_what_a_point_is_worth_is_said_by_the_merchant_or_by_the_best_offer(shop: Shop, api: Api):
    await shop.member("ana@example.com", 1000)
    assert (await told(api, "summary"))["worth"] == {"basis": "none", "a_point": None, "currency": "USD"}
    await shop.rule()
    await shop.rule(points=50)
    offered = await told(api, "summary")
    assert (offered["worth"]["basis"], offered["liability"]["amount_minor"]) == ("best_rule", 10_000)
    await choose(shop, point_value=Decimal("0.005"))
    day = shop.merchant.day(shop.clock())
    said = await glance(shop.engine.database, shop.merchant, shop.clock(), Period(day, day))
    assert (said.worth.basis, said.worth.of(said.now.outstanding), said.worth.a_point) == (
        "policy", 500, Decimal("0.005"),
    )  # fmt: skip
    with pytest.raises(BadField, match="point_value"):
        await choose(shop, point_value=Decimal(0))


async def test_points_over_time(shop: Shop, api: Api):
    await shop.member("ana@example.com", 100)
    shop.clock.advance(days=1)
    await shop.give("ana@example.com", 50)
    seen = await told(api, "points?since=2026-03-09&until=2026-03-12&by=day")
    assert [(one["since"], one["points"]["earned"], one["outstanding"]) for one in seen["slices"]] == [
        ("2026-03-09", 0, 0), ("2026-03-10", 100, 100), ("2026-03-11", 50, 150), ("2026-03-12", 0, 150),
    ]  # fmt: skip
    assert [(one["reason"], one["points"], one["entries"]) for one in seen["reasons"]] == [("adjustment", 150, 2)]
    weeks = await told(api, "points?since=2026-03-11&until=2026-03-20&by=week")
    assert (weeks["outstanding_before"], [one["since"] for one in weeks["slices"]]) == (
        100,
        ["2026-03-11", "2026-03-16"],
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [("since=2026-03-09&until=2026-03-01", "since"), ("since=1900-01-01", "since"), ("since=2001-01-01", "since"),
     ("since=2024-01-01&until=2026-01-01&by=day", "by"), ("since=x", "since"), ("by=year", "by")],
)  # fmt: skip
async def test_a_period_that_is_none_is_refused(api: Api, query: str, field: str):
    refused = await api.get(f"/v1/reports/points?{query}")
    assert (refused.status_code, refused.json()["facts"]["field"]) == (400, field)


async def test_rewards_by_use_and_why_not(shop: Shop, api: Api):
    await shop.member("ana@example.com", 1000)
    often, dear = await shop.rule(name="Often"), await shop.rule(name="Dear", points=600, codes=Pooled())
    for _ in range(2):
        await redeem(shop, "ana@example.com", often.rule_id, 100, delayed=True)
    await outcomes_of(
        redeem(shop, "ana@example.com", dear.rule_id, 600), redeem(shop, "ana@example.com", often.rule_id, 5000)
    )
    seen = await told(api, "rewards")
    assert [(one["title"], one["uses"], one["points"], one["value"]["amount_minor"]) for one in seen["rewards"]] == [
        ("Often", 2, 200, 1000)
    ]
    assert seen["funnel"] == {
        "asked": 4, "refused": 2, "taken": 2, "held": 2, "at_once": 0, "captured": 0, "released": 0, "given_back": 0,
    }  # fmt: skip
    assert [(one["code"], one["command"]) for one in seen["refusals"]] == [
        ("not_enough_points", "Redeem"), ("pool_empty", "Redeem"),
    ]  # fmt: skip


async def test_an_overview_says_what_the_reports_say_and_reads_nothing_twice(
    shop: Shop, api: Api, monkeypatch: pytest.MonkeyPatch
):
    await shop.member("ana@example.com", 1000)
    rule = await shop.rule(name="Voucher")
    shop.clock.advance(days=40)
    await shop.give("ana@example.com", 400)
    redeemed = [redeem(shop, "ana@example.com", rule.rule_id, points) for points in (300, 5000)]
    await outcomes_of(*redeemed)
    days = "since=2026-03-21&until=2026-04-19"
    apart = [await told(api, f"{name}?{days}") for name in reports.Overview._fields]
    connections: list[Overheard] = []

    @asynccontextmanager
    async def overheard(database: Database) -> AsyncGenerator[Overheard]:
        async with snapshot(database) as connection:
            connections.append(Overheard(connection))
            yield connections[-1]

    monkeypatch.setattr("guerdon.reports.points.snapshot", overheard)
    caller = Caller(
        shop.merchant, actor="test", scopes=frozenset(), key_id=1, publishable=False, limit_per_second=None,
        origins=(), api_version=None, token_secrets=(),
    )  # fmt: skip
    asked = reports.SlicedAsked(since=date(2026, 3, 21), until=date(2026, 4, 19))
    together = await reports.overview(shop.engine, caller, asked, compare=True)
    assert [json.loads(encode(one)) for one in together] == apart
    assert [set(one.asked.values()) for one in connections] == [{1}]


async def test_members_and_what_expires(shop: Shop, api: Api):
    ends = shop.merchant.end_of_day(shop.clock(), days_later=60)
    await shop.member("ana@example.com", 100, expires_at=ends)
    await shop.give("ana@example.com", 30)
    await shop.member("ben@example.com")
    seen = await told(api, "members?by=month")
    assert (seen["members"], seen["active"], seen["tiers"]) == (2, 1, [{"level": 0, "name": None, "members": 2}])
    assert seen["cohorts"] == [{"joined": "2026-03-01", "active": "2026-03-01", "accounts": 1, "joined_members": 2}]
    assert [(one["joined"], one["active"]) for one in seen["slices"]] == [(0, 0), (2, 1)]
    expiring = await told(api, "expiry")
    assert [(one["month"], one["points"]) for one in expiring["months"]] == [("2026-05-01", 100), (None, 30)]


async def test_what_needs_a_person(shop: Shop, api: Api):
    assert (await told(api, "needs"))["data"] == []
    rule = await shop.rule(name="Tickets", codes=Pooled())
    merchant_id = shop.merchant.merchant_id
    await upload_codes(shop.engine.database, merchant_id, rule.rule_id, ["T-1"], now=shop.clock())
    await shop.member("ana@example.com", 100)
    await redeem(shop, "ana@example.com", rule.rule_id)
    shop.clock.advance(days=2)
    found = (await told(api, "needs"))["data"]
    assert [(one["kind"], one["things"], one["subject"], one["name"]) for one in found] == [
        ("night_late", 2, None, ""), ("pool_empty", 0, f"rule_{rule.rule_id}", "Tickets"),
    ]  # fmt: skip
    await night(shop)
    assert [one["kind"] for one in (await told(api, "needs"))["data"]] == ["pool_empty"]


async def test_all_entries_of_the_programme(shop: Shop, api: Api):
    await shop.member("ana@example.com", 300)
    shop.clock.advance(hours=1)
    await shop.member("ben@example.com", 200)
    rule = await shop.rule()
    shop.clock.advance(hours=1)
    await redeem(shop, "ana@example.com", rule.rule_id, 100)
    first = (await api.get("/v1/entries?limit=2")).json()
    assert [(one["reason"], one["points"]) for one in first["data"]] == [("redemption", 100), ("adjustment", 200)]
    rest = (await api.get(f"/v1/entries?limit=2&cursor={first['next_cursor']}")).json()
    assert [(one["reason"], one["points"]) for one in rest["data"]] == [("adjustment", 300)]
    for query, points in (("target=redeemed", [100]), ("reason=adjustment&source=issued", [200, 300]),
                          ("recorded_before=2026-03-10T12:30:00Z", [300])):  # fmt: skip
        assert [one["points"] for one in (await api.get(f"/v1/entries?{query}")).json()["data"]] == points
    refused = await api.get("/v1/entries?member=email:ana@example.com&source=issued")
    assert (refused.status_code, refused.json()["facts"]["field"]) == (400, "source")


async def test_what_is_rare_is_looked_for_page_by_page(shop: Shop, api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("guerdon.points.journal.LOOKED_MAX", 3)
    monkeypatch.setattr("guerdon.kit.looked.LOOKED_MAX", 3)
    rule = await shop.rule()
    await shop.member("ana@example.com", 300)
    await redeem(shop, "ana@example.com", rule.rule_id, 100)
    for _ in range(4):
        shop.clock.advance(minutes=1)
        await shop.give("ana@example.com", 5)
    first = (await api.get("/v1/entries?target=redeemed")).json()
    assert (first["data"], first["has_more"]) == ([], True)
    rest = (await api.get(f"/v1/entries?target=redeemed&cursor={first['next_cursor']}")).json()
    assert [one["points"] for one in rest["data"]] == [100]
