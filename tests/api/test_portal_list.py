"""The list of redemption rules on the portal contract."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.api.portal_shop import Portal, street_portal
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def portal(street: Street, street_app: Any) -> AsyncIterator[Portal]:
    """Four rules named by their descriptions, the last one of another surface."""
    async with street_portal(street, street_app) as opened:
        await opened.add(
            description="beta", numberOfPoints=300, createdUserId=7, redemptionCategory={"name": "GIFT_CARDS"}
        )
        opened.shop.clock.advance(seconds=1)
        await opened.add(description="Alpha", numberOfPoints=100, redemptionRuleStatus={"name": "DISABLED"})
        opened.shop.clock.advance(seconds=1)
        await opened.add(description="gamma", numberOfPoints=300, loyaltyTierLevel={"name": "TIER2"}, createdUserId=7)
        await opened.shop.rule(description="delta", name="Alphabet soup", points=200)
        yield opened


async def listed(portal: Portal, **asked: Any) -> list[str]:
    """The descriptions of what is listed, in order."""
    answer = await portal.post("loyaltyRedemptionRules", asked)
    return [record["description"] for record in answer["records"]]


async def test_without_a_body_all_rules_are_listed_by_id(portal: Portal):
    answer = await portal.shop.http.post("/ui/v1/loyaltyRedemptionRules", headers={"authorization": portal.basic()})

    body = answer.json()
    assert list(body) == ["records", "totalRecords", "pageNumber", "pageSize", "totalPages", "message"]
    assert [record["description"] for record in body["records"]] == ["beta", "Alpha", "gamma", "delta"]
    assert {key: value for key, value in body.items() if key != "records"} == {
        "totalRecords": 4,
        "pageNumber": 1,
        "pageSize": 25,
        "totalPages": 1,
        "message": None,
    }
    for record in body["records"]:
        assert record == await portal.get(record["id"])


async def test_filters_hold_together(portal: Portal):
    filters: list[tuple[dict[str, Any], list[str]]] = [
        ({"redemptionRuleStatus": {"name": "DISABLED"}}, ["Alpha"]),
        ({"redemptionRuleStatus": {"name": "ACTIVE"}}, ["beta", "gamma", "delta"]),
        ({"redemptionCategory": {"name": "GIFT_CARDS"}}, ["beta"]),
        ({"loyaltyTierLevel": {"name": "TIER2"}}, ["gamma"]),
        ({"loyaltyTierLevel": {"name": "NONE"}}, ["beta", "Alpha", "delta"]),
        ({"searchText": " ALPHA "}, ["Alpha", "delta"]),
        ({"searchText": ""}, ["beta", "Alpha", "gamma", "delta"]),
        ({"searchText": "nowhere"}, []),
        ({"createdUserId": "7"}, ["beta", "gamma"]),
        ({"createdUserId": 7, "loyaltyTierLevel": {"name": "NONE"}}, ["beta"]),
        ({"createdUserId": 10**30}, []),
    ]
    for asked, found in filters:
        assert await listed(portal, **asked) == found, asked


async def test_rules_are_sorted_and_those_alike_by_id(portal: Portal):
    sorts = [
        ("id", "DESC", ["delta", "gamma", "Alpha", "beta"]),
        ("description", "ASC", ["Alpha", "beta", "delta", "gamma"]),
        ("description", "desc", ["gamma", "delta", "beta", "Alpha"]),
        ("numberOfPoints", None, ["Alpha", "delta", "beta", "gamma"]),
        ("numberOfPoints", "DESC", ["beta", "gamma", "delta", "Alpha"]),
        ("createdDateTime", "DESC", ["gamma", "delta", "Alpha", "beta"]),
        ("lastUpdatedDateTime", "ASC", ["beta", "Alpha", "gamma", "delta"]),
        ("loyaltyTierLevel", "DESC", ["gamma", "beta", "Alpha", "delta"]),
        ("redemptionRuleStatus", "ASC", ["beta", "gamma", "delta", "Alpha"]),
        ("redemptionCategory", "DESC", ["beta", "Alpha", "gamma", "delta"]),
        (None, None, ["beta", "Alpha", "gamma", "delta"]),
    ]
    for by, order, found in sorts:
        assert await listed(portal, sortBy=by, sortOrder=order) == found, (by, order)


async def test_pages_follow_one_another(portal: Portal):
    pages = [await portal.post("loyaltyRedemptionRules", {"pageNumber": n, "pageSize": "3"}) for n in (1, 2, 3)]

    assert [[record["description"] for record in page["records"]] for page in pages] == [
        ["beta", "Alpha", "gamma"],
        ["delta"],
        [],
    ]
    assert [(page["totalRecords"], page["pageNumber"], page["pageSize"], page["totalPages"]) for page in pages] == [
        (4, 1, 3, 2),
        (4, 2, 3, 2),
        (4, 3, 3, 2),
    ]


async def test_pages_can_be_asked_for_in_the_address(portal: Portal):
    answer = await portal.shop.http.post(
        "/ui/v1/loyaltyRedemptionRules?pageNumber=2&pageSize=1", headers={"authorization": portal.basic()}
    )

    assert [record["description"] for record in answer.json()["records"]] == ["Alpha"]


async def test_what_cannot_be_asked_is_refused_by_name(portal: Portal):
    mistakes: dict[str, list[Any]] = {
        "pageNumber": [0, -1, 10**30, "one"],
        "pageSize": [0, 201, 2.5],
        "sortBy": ["color", 1],
        "sortOrder": ["UP"],
        "searchText": [["a"]],
        "createdUserId": ["seven"],
        "redemptionRuleStatus": ["ACTIVE"],
        "redemptionRuleStatus.name": [{"name": "GONE"}],
        "redemptionCategory.name": [{"name": 7}, {}],
        "loyaltyTierLevel.name": [{"name": "TIER0"}],
    }
    for field, values in mistakes.items():
        for value in values:
            message = await portal.refused("loyaltyRedemptionRules", {field.partition(".")[0]: value}, 400)
            assert message["parameters"]["field"] == field
