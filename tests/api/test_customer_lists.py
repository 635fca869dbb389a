"""Every customer, page by page, for whoever copies them elsewhere."""

from typing import Any

import pytest

from guerdon.members.members import find_member
from guerdon.moving.leaving import erase_member
from tests.shop import Shop, email
from tests.street import redeem, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECENT, ALL = "/api/v2/customers/recent", "/api/v2/customers/all"


async def ask(shop: Shop, path: str, **params: Any) -> dict[str, Any]:
    answer = await shop.http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def emails(body: dict[str, Any]) -> list[str]:
    return [customer["email"].partition("@")[0] for customer in body["customers"]]


async def walk(shop: Shop, **params: Any) -> list[list[str]]:
    """The names on every page, to the end."""
    pages: list[list[str]] = []
    cursor: dict[str, Any] = {}
    while len(pages) < 50:
        body = await ask(shop, RECENT, **params, **cursor)
        pages.append(emails(body))
        cursor = {"page_info": body["metadata"]["next_page_info"]}
        if cursor["page_info"] is None:
            return pages
    raise AssertionError(f"the walk has no end: {pages}")


async def joined(shop: Shop, *names: str, points: int = 0) -> None:
    """Customers who come one minute after another."""
    for name in names:
        await shop.member(f"{name}@example.com", points)
        shop.clock.advance(minutes=1)


async def test_who_changed_last_comes_first(corner: Shop):
    await joined(corner, "ana", "ben", "cleo", "dora")

    assert await walk(corner) == [["dora", "cleo", "ben", "ana"]]
    assert await walk(corner, per_page=3) == [["dora", "cleo", "ben"], ["ana"]]
    assert await walk(corner, per_page="1") == [["dora"], ["cleo"], ["ben"], ["ana"]]


async def test_a_profile_a_balance_a_birthday_and_an_order_are_changes(corner: Shop):
    await joined(corner, "ana", "ben", "cleo", "dora", "eve")

    await corner.http.post("/api/v2/customers", json={"email": "ben@example.com", "first_name": "Ben"})
    corner.clock.advance(minutes=1)
    await corner.give("ana@example.com", 100)
    corner.clock.advance(minutes=1)
    await corner.http.post(
        "/api/v2/customer_birthdays", json={"customer_email": "cleo@example.com", "day": 1, "month": 2}
    )
    corner.clock.advance(minutes=1)
    await report(corner, "eve@example.com", "E-1")

    assert await walk(corner) == [["eve", "cleo", "ana", "ben", "dora"]]


async def test_a_customer_is_shown_as_by_themselves_but_for_the_credit(corner: Shop):
    rule = await corner.rule()
    await joined(corner, "ana", points=300)
    await redeem(corner, "ana@example.com", rule.rule_id)
    await report(corner, "ana@example.com", "A-1")
    await corner.http.post(
        "/api/v2/customer_birthdays", json={"customer_email": "ana@example.com", "day": 1, "month": 2}
    )
    (alone,) = [await ask(corner, "/api/v2/customers", customer_email="ana@example.com")]

    (listed,) = (await ask(corner, RECENT))["customers"]

    assert (listed["points_balance"], listed["total_purchases"], listed["perks_redeemed"]) == (200, 1, 1)
    assert {key: value for key, value in alone.items() if not key.startswith("credit_balance")} == listed
    assert (await ask(corner, ALL))["customers"] == [listed]


async def test_who_changes_during_a_walk_is_seen_as_they_became(corner: Shop):
    await joined(corner, "ana", "ben", "cleo", "dora")
    first = await ask(corner, RECENT, per_page=2)
    assert emails(first) == ["dora", "cleo"]

    corner.clock.advance(seconds=1)
    await corner.give("ben@example.com", 70)
    await corner.give("dora@example.com", 5)
    second = await ask(corner, RECENT, per_page=2, page_info=first["metadata"]["next_page_info"])
    assert emails(second) == ["ana"]
    third = await ask(corner, RECENT, per_page=2, page_info=second["metadata"]["next_page_info"])

    assert sorted((one["email"], one["points_balance"]) for one in third["customers"]) == [
        ("ben@example.com", 70),
        ("dora@example.com", 5),
    ]
    assert third["metadata"] == {"next_page_info": None}


async def test_who_changed_in_two_ways_is_seen_once(corner: Shop):
    names = ("ana", "ben", "cleo", "dora", "eve")
    await joined(corner, *names, points=10)
    for name in names[::2]:
        await corner.http.post("/api/v2/customers", json={"email": f"{name}@example.com", "first_name": name})
        corner.clock.advance(minutes=1)

    for per_page in range(1, 6):
        pages = await walk(corner, per_page=per_page)
        assert [name for page in pages for name in page] == ["eve", "cleo", "ana", "dora", "ben"], pages
        assert max(map(len, pages)) == per_page


async def test_many_who_changed_in_one_moment_are_all_seen(corner: Shop):
    names = [f"c{number:03}" for number in range(30)]
    for name in names:
        await corner.member(f"{name}@example.com", 1)

    pages = await walk(corner, per_page=7)

    assert sorted(name for page in pages for name in page) == names
    assert list(map(len, pages)) == [7, 7, 7, 7, 2]


async def test_since_a_time_only_who_changed_after_it(corner: Shop):
    await joined(corner, "ana", "ben", "cleo")

    assert await walk(corner, since_updated_at="2026-03-10 12:00:30") == [["cleo", "ben"]]


async def test_pages_by_number_are_in_the_order_of_joining(corner: Shop):
    await joined(corner, "ana", "ben", "cleo", "dora", "eve")
    await corner.give("ana@example.com", 1)

    pages = [await ask(corner, ALL, per_page=2, page=page) for page in (1, 2, 3, 4)]

    assert list(map(emails, pages)) == [["ana", "ben"], ["cleo", "dora"], ["eve"], []]
    assert [page["links"] for page in pages] == [{"total_pages": 3}] * 4
    assert (await ask(corner, ALL))["links"] == {"total_pages": 1}


async def test_last_seen_at_leaves_out_who_has_not_changed_since(corner: Shop):
    await joined(corner, "ana", "ben", "cleo", "dora")
    await corner.give("ana@example.com", 1)

    body = await ask(corner, ALL, last_seen_at="2026-03-10T12:02:00Z", per_page=2)
    assert (emails(body), body["links"]) == (["ana", "cleo"], {"total_pages": 2})
    assert emails(await ask(corner, ALL, last_seen_at="2026-03-10T12:02:00Z", per_page=2, page=2)) == ["dora"]
    assert len(emails(await ask(corner, ALL, last_seen_at="2026-03-10"))) == 4


async def test_who_leaves_moves_no_page_and_is_not_shown(corner: Shop):
    await joined(corner, "ana", "ben", "cleo", "dora")
    ben = await find_member(corner.engine.database, corner.merchant.merchant_id, email("ben@example.com"))
    await erase_member(corner.engine.database, corner.engine.desk, corner.merchant, ben.member_id, actor="test")

    assert emails(await ask(corner, ALL, per_page=2)) == ["ana"]
    assert emails(await ask(corner, ALL, per_page=2, page=2)) == ["cleo", "dora"]
    assert await walk(corner) == [["dora", "cleo", "ana"]]


async def test_who_has_no_address_has_an_empty_one_by_number_and_none_otherwise(corner: Shop):
    await corner.http.post("/api/v2/customers", json={"id": "C-1"})

    assert (await ask(corner, ALL))["customers"][0]["email"] == ""
    assert (await ask(corner, RECENT))["customers"][0]["email"] is None


@pytest.mark.parametrize("path", [RECENT, ALL])
async def test_a_shop_without_customers_has_one_empty_page(corner: Shop, path: str):
    assert (await ask(corner, path))["customers"] == []


@pytest.mark.parametrize("path", [RECENT, ALL])
async def test_more_than_a_page_holds_may_be_asked_for(corner: Shop, path: str):
    await joined(corner, "ana", "ben")

    assert len((await ask(corner, path, per_page=1000))["customers"]) == 2
    refused = await corner.http.get(path, params={"per_page": 0})
    assert (refused.status_code, refused.json()["error"].partition(":")[0]) == (400, "per_page")


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "é", "WyIyMDI2LTAzLTEwIiwgIjIwMjYtMDMtMTAiXQ"])
async def test_a_cursor_that_nobody_gave_is_refused(corner: Shop, cursor: str):
    answer = await corner.http.get(RECENT, params={"page_info": cursor})

    assert answer.status_code == 400
    assert answer.json() == {"error": "page_info: it is no next_page_info of an answer."}
