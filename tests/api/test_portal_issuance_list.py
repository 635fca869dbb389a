"""The list of issuance rules on the portal contract."""

from typing import Any

import pytest
import pytest_asyncio

from guerdon.earning.earns import PerItem
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from tests.api.portal_issuance import GET, LIST, add
from tests.api.portal_shop import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")

MULTIPLIER = {"name": "MULTIPLIER"}


@pytest_asyncio.fixture(loop_scope="session")
async def rules(portal: Portal) -> Portal:
    """Four rules named by their descriptions, the last one of another surface."""
    clock = portal.shop.clock
    await add(portal, offerDescription="beta", createdUserId=7, channel={"id": 2}, sRuleValidFromDateTime="2026-04-01")
    clock.advance(seconds=1)
    await add(portal, offerDescription="Alpha", issuanceRuleStatus={"name": "DISABLED"}, productId=5,
              pointsType=MULTIPLIER, multiplierPoints=2, sRuleValidToDateTime="2026-05-01")  # fmt: skip
    clock.advance(seconds=1)
    await add(portal, offerDescription="gamma", loyaltyTierLevel={"name": "TIER2"}, createdUserId=7,
              sRuleValidFromDateTime="2026-03-01", sRuleValidToDateTime="2026-04-01")  # fmt: skip
    terms = EarningRule(name="Alphabet soup", description="delta", earns=PerItem(points=1))
    await add_rule(portal.shop.engine.database, portal.merchant_id, terms, actor="test", now=clock())
    return portal


async def listed(rules: Portal, **asked: Any) -> list[str]:
    """The descriptions of what is listed, in order."""
    return [record["offerDescription"] for record in (await rules.post(LIST, asked))["records"]]


async def test_without_a_body_all_rules_are_listed_by_id(rules: Portal):
    answer = await rules.shop.http.post(f"/ui/v1/{LIST}", headers={"authorization": rules.basic()})

    body = answer.json()
    assert [record["offerDescription"] for record in body["records"]] == ["beta", "Alpha", "gamma", "delta"]
    assert {key: value for key, value in body.items() if key != "records"} == {
        "totalRecords": 4, "pageNumber": 1, "pageSize": 25, "totalPages": 1, "message": None,
    }  # fmt: skip
    for record in body["records"]:
        assert record == await rules.read(GET, record["id"])


async def test_filters_hold_together(rules: Portal):
    filters: list[tuple[dict[str, Any], list[str]]] = [
        ({"issuanceRuleStatus": {"name": "DISABLED"}}, ["Alpha"]),
        ({"issuanceRuleStatus": {"name": "ACTIVE"}}, ["beta", "gamma", "delta"]),
        ({"pointsType": MULTIPLIER}, ["Alpha"]),
        ({"pointsType": {"name": "FLAT"}}, ["beta", "gamma"]),
        ({"loyaltyTierLevel": {"name": "TIER2"}}, ["gamma"]),
        ({"loyaltyTierLevel": {"name": "NONE"}}, ["beta", "Alpha", "delta"]),
        ({"channelId": "2"}, ["beta"]),
        ({"productId": "5"}, ["Alpha"]),
        ({"searchText": " ALPHA "}, ["Alpha", "delta"]),
        ({"searchText": "nowhere"}, []),
        ({"createdUserId": "7"}, ["beta", "gamma"]),
        ({"createdUserId": 7, "loyaltyTierLevel": {"name": "NONE"}}, ["beta"]),
    ]
    for asked, found in filters:
        assert await listed(rules, **asked) == found, asked


async def test_rules_are_sorted_and_those_alike_by_id(rules: Portal):
    sorts = [
        ("id", "DESC", ["delta", "gamma", "Alpha", "beta"]),
        ("offerDescription", "ASC", ["Alpha", "beta", "delta", "gamma"]),
        ("createdDateTime", "DESC", ["gamma", "delta", "Alpha", "beta"]),
        ("lastUpdatedDateTime", "ASC", ["beta", "Alpha", "gamma", "delta"]),
        ("loyaltyTierLevel", "DESC", ["gamma", "beta", "Alpha", "delta"]),
        ("issuanceRuleStatus", "ASC", ["beta", "gamma", "delta", "Alpha"]),
        ("pointsType", "ASC", ["beta", "gamma", "Alpha", "delta"]),
        ("ruleValidFromDateTime", "ASC", ["Alpha", "delta", "gamma", "beta"]),
        ("ruleValidToDateTime", "desc", ["beta", "delta", "Alpha", "gamma"]),
    ]
    for by, order, found in sorts:
        assert await listed(rules, sortBy=by, sortOrder=order) == found, (by, order)


async def test_pages_follow_one_another(rules: Portal):
    pages = [await rules.post(LIST, {"pageNumber": n, "pageSize": "3"}) for n in (1, 2, 3)]

    assert [[record["offerDescription"] for record in page["records"]] for page in pages] == [
        ["beta", "Alpha", "gamma"], ["delta"], [],
    ]  # fmt: skip
    assert {(page["totalRecords"], page["pageSize"], page["totalPages"]) for page in pages} == {(4, 3, 2)}


async def test_what_cannot_be_asked_is_refused_by_name(rules: Portal):
    mistakes: dict[str, list[Any]] = {
        "pageNumber": [0, "one"],
        "pageSize": [201, 2.5],
        "sortBy": ["color", "numberOfPoints"],
        "sortOrder": ["UP"],
        "channelId": ["two"],
        "createdUserId": ["seven"],
        "issuanceRuleStatus": ["ACTIVE"],
        "issuanceRuleStatus.name": [{"name": "GONE"}],
        "pointsType.name": [{"name": "DOUBLE"}, {}],
        "loyaltyTierLevel.name": [{"name": "TIER0"}],
    }
    for field, values in mistakes.items():
        for value in values:
            message = await rules.refused(LIST, {field.partition(".")[0]: value}, 400)
            assert message["parameters"]["field"] == field
