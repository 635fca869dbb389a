"""Lists of the native API under every filter, and of what is rare among very many."""

from typing import Any

import pytest

from guerdon.events.log import relay
from guerdon.kit import looked
from guerdon.rewards import search
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import cancel, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def ids(api: Api, path: str) -> list[str]:
    """Which things are listed on one page."""
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return [one.get("id") or one["code"] for one in answer.json()["data"]]


async def all_pages(api: Api, path: str) -> tuple[list[str], int]:
    """Which things are listed on all pages, and how many pages there are."""
    found: list[str] = []
    pages, cursor = 0, ""
    while cursor is not None:
        page = (await api.get(f"{path}&cursor={cursor}" if cursor else path)).json()
        found += [one["id"] for one in page["data"]]
        pages, cursor = pages + 1, page.get("next_cursor")
    return found, pages


async def test_redemptions_are_found_by_all_that_people_know_of_them(shop: Shop, api: Api):
    mug, bag = await shop.rule(), await shop.rule(points=300)
    await shop.member(ANA, 1000)
    await shop.member(BEN, 1000)
    made: list[Any] = []
    wanted: list[tuple[str, Any, dict[str, Any]]] = [
        (ANA, mug, {}), (BEN, bag, {"delayed": True}), (ANA, bag, {"channel": "offline"}), (BEN, mug, {}),
    ]  # fmt: skip
    for address, rule, more in wanted:
        made.append(await redeem(shop, address, rule.rule_id, **more))
        shop.clock.advance(hours=1)
    await cancel(shop, made[3].redemption_id)
    first, held, third, cancelled = [f"red_{one.redemption_id}" for one in made]
    path = "/v1/redemptions"
    for query, expected in {
        "": [cancelled, third, held, first],
        f"member=email:{ANA}": [third, first],
        f"rule=rule_{bag.rule_id}": [third, held],
        "state=held": [held],
        "state=redeemed": [third, first],
        f"state=cancelled&rule=rule_{mug.rule_id}": [cancelled],
        f"state=cancelled&rule=rule_{bag.rule_id}": [],
        "channel=in_store": [third],
        "points_min=101": [third, held],
        f"points_max=100&member=email:{ANA}": [first],
        f"coupon={made[2].code.lower()}": [third],
        f"coupon={made[2].code}&state=held": [],
        "created_since=2026-03-10T13:00:00Z&created_before=2026-03-10T14:00:01Z": [third, held],
    }.items():
        assert await ids(api, f"{path}?{query}") == expected, query
    coupons = [one.code for one in reversed(made)]
    for query, expected in {
        "": coupons,
        f"rule=rule_{bag.rule_id}": coupons[1:3],
        "state=void": coupons[:1],
        "state=issued": coupons[1:],
        "created_since=2026-03-10T13:30:00Z": coupons[:2],
        "ends_before=2026-05-01T00:00:00Z": [made[1].code],
        "ends_before=2026-03-11T00:00:00Z": [],
    }.items():
        assert await ids(api, f"/v1/coupons?{query}") == expected, query
    for query in ("ends_before=2026-05-01T00:00:00Z&state=void", f"member=email:{ANA}&rule=rule_{bag.rule_id}"):
        assert (await api.get(f"/v1/coupons?{query}")).status_code == 400


async def test_what_is_rare_among_very_many_is_found_page_by_page(
    shop: Shop, api: Api, monkeypatch: pytest.MonkeyPatch
):
    """With three rows looked through for a page, the first and the last of eight are on the first and the last page."""
    for module in (looked, search):
        monkeypatch.setattr(module, "LOOKED_MAX", 3)
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    made: list[str] = []
    for channel in ("offline", *["online"] * 6, "offline"):
        one = await redeem(shop, ANA, rule.rule_id, channel=channel)
        made.insert(0, f"red_{one.redemption_id}")
        shop.clock.advance(minutes=1)
    assert await all_pages(api, "/v1/redemptions?channel=in_store") == ([made[0], made[-1]], 3)
    assert await all_pages(api, "/v1/redemptions?limit=5") == (made, 3)
    assert await all_pages(api, "/v1/redemptions?points_min=500") == ([], 3)


async def test_orders_and_returns_are_found_by_status_state_and_day(shop: Shop, api: Api):
    member = f"mem_{await shop.member(ANA)}"
    total = {"amount_minor": 900, "currency": "USD"}
    for order, status in (("A-1", "paid"), ("A-2", "cancelled"), ("A-3", "paid")):
        await api.post("/v1/orders", id=order, member=member, total=total, status=status)
        shop.clock.advance(days=1)
    await api.post("/v1/orders/A-1/returns", return_id="R-1", total=total)
    shop.clock.advance(days=1)
    await api.post("/v1/orders/A-9/returns", return_id="R-2", total=total)
    for query, expected in {
        "orders?status=paid": ["A-3", "A-1"],
        f"orders?status=paid&member={member}&limit=1": ["A-3"],
        "orders?status=Cancelled": ["A-2"],
        "orders?placed_since=2026-03-11T00:00:00Z&placed_before=2026-03-12T00:00:00Z": ["A-2"],
        "returns?": ["R-2", "R-1"],
        "returns?state=waiting": ["R-2"],
        "returns?state=taken": ["R-1"],
        "returns?state=refused": [],
        "returns?order=A-1&state=taken": ["R-1"],
        "returns?created_before=2026-03-14T00:00:00Z": ["R-1"],
    }.items():
        assert await ids(api, f"/v1/{query}") == expected, query


async def test_events_are_looked_back_on_by_topic_member_and_thing(shop: Shop, api: Api):
    rule = await shop.rule()
    for address in (ANA, BEN):
        await shop.member(address, 500)
    made = (await api.post("/v1/redemptions", member=f"email:{ANA}", rule=f"rule_{rule.rule_id}")).json()
    await api.post("/v1/redemptions", member=f"email:{BEN}", rule=f"rule_{rule.rule_id}")
    await api.post(f"/v1/redemptions/{made['id']}/cancel")
    await relay(shop.engine.database, shop.merchant.merchant_id)

    async def topics(query: str) -> list[str]:
        answer = await api.get(f"/v1/events?order=newest&{query}")
        assert answer.status_code == 200, answer.text
        return [one["type"] for one in answer.json()["data"]]

    assert await topics("topics=redemption.*") == ["redemption.cancelled", "redemption.created", "redemption.created"]
    assert await topics(f"about={made['id']}") == ["redemption.cancelled", "redemption.created"]
    assert await topics(f"member=email:{BEN}&topics=redemption.created") == ["redemption.created"]
    assert await topics("about=order:A-1") == []
    first = (await api.get("/v1/events?order=newest&topics=redemption.*&limit=2")).json()
    assert await topics(f"topics=redemption.*&limit=2&cursor={first['next_cursor']}") == ["redemption.created"]
    assert (await api.get(f"/v1/events?member=email:{BEN}")).status_code == 400
    assert (await api.get("/v1/events?order=newest&after=1")).status_code == 400


async def test_requests_are_found_by_the_client_that_sent_them(shop: Shop, api: Api):
    for agent in ("Till/2.1 (Android)", "curl/8"):
        await api.get("/v1/members", **{"user-agent": agent})
    await shop.engine.requests.flush()
    found = (await api.get("/v1/api_requests?user_agent=till/2")).json()["data"]
    assert [one["user_agent"] for one in found] == ["Till/2.1 (Android)"]
