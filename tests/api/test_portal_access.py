"""Who may do what on the portal contract."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guerdon.access.operators import EDITORS, ROLES
from guerdon.merchants.merchants import create_merchant
from guerdon.rewards.rules import list_versions
from tests.api.portal_shop import MERCHANT_ID, RULE, Portal, basic, open_portal, refusal

OTHER = 43
WRITES = ("addRedemptionRule", "updateRedemptionRule", "updateRedemptionRuleStatus")
ENDPOINTS = (*WRITES, "loyaltyRedemptionRules")


@pytest.fixture
async def portal(dsn: str) -> AsyncIterator[Portal]:
    async with open_portal(dsn) as opened:
        await create_merchant(
            opened.shop.engine.database,
            name="Other",
            currency_code="EUR",
            timezone="UTC",
            now=opened.shop.clock(),
            merchant_id=OTHER,
        )
        yield opened


async def test_name_and_password_are_taken_with_and_without_the_word_basic(portal: Portal):
    for word in ("", "Basic ", "basic "):
        answer = await portal.shop.http.post(
            "/ui/v1/loyaltyRedemptionRules", headers={"authorization": word + basic("olga")}
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("method", "path"), [*(("POST", path) for path in ENDPOINTS), ("GET", "getRedemptionRule/1")])
async def test_nothing_is_done_for_those_who_do_not_sign_in(portal: Portal, method: str, path: str):
    mistakes = (
        b"", b"Basic", b"Basic ", b"olga:correct horse", b"\xe9\xe9\xe9\xe9", base64.b64encode(b"olga"),
        base64.b64encode(b"\xff\xfe:x"), base64.b64encode(b"ol\0ga:correct horse"), basic("olga", "wrong").encode(),
        basic("nobody").encode(), b"Bearer " + basic("olga").encode(),
    )  # fmt: skip
    for headers in ({}, *({b"authorization": mistake} for mistake in mistakes)):
        answer = await portal.shop.http.request(method, f"/ui/v1/{path}", headers=headers)

        message = refusal(answer, 401)
        assert message["code"] == "1110"
        assert "base64" in message["description"]


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_reads_and_editors_write(portal: Portal, role: str):
    await portal.operator("robin", role)
    rule = await portal.add()
    assert await portal.get(rule["id"], operator="robin") == rule
    assert (await portal.post("loyaltyRedemptionRules", operator="robin"))["totalRecords"] == 1

    for named in ({}, {"merchantId": MERCHANT_ID}):
        for endpoint in WRITES:
            body = {key: value for key, value in rule.items() if key != "merchantId"} | named
            if role in EDITORS:
                await portal.post(endpoint, body, operator="robin")
            else:
                message = await portal.refused(endpoint, body, 403, operator="robin")
                assert message["code"] == "1112"
                assert message["parameters"] == {"needed": "manager or owner", "given": role}
                assert await portal.get(rule["id"]) == rule


async def test_another_merchant_is_refused_whether_or_not_it_exists(portal: Portal):
    rule = await portal.add()
    for merchant_id in (OTHER, 999, 0, -1, 2**63, 10**30):
        for endpoint in ENDPOINTS:
            message = await portal.refused(endpoint, rule | {"merchantId": str(merchant_id)}, 403)
            assert message["code"] == "1111"
            asked = merchant_id if merchant_id <= 2**53 else str(merchant_id)
            assert message["parameters"] == {"asked": asked, "own": MERCHANT_ID}
        answer = await portal.shop.http.get(
            f"/ui/v1/getRedemptionRule/{rule['id']}?merchantId={merchant_id}", headers={"authorization": basic("olga")}
        )
        refusal(answer, 403)


async def test_a_refused_request_is_logged_with_who_asked(portal: Portal):
    await portal.refused("addRedemptionRule", RULE | {"merchantId": OTHER}, 403)

    await portal.shop.engine.requests.close()
    row = await portal.shop.engine.database.fetchrow(
        "SELECT caller, status, path FROM api_request WHERE merchant_id = $1", MERCHANT_ID
    )
    assert row is not None
    assert tuple(row) == (f"operator:{portal.operator_id}", 403, "/ui/v1/addRedemptionRule")


async def test_a_version_records_who_signed_in_whatever_the_body_says(portal: Portal):
    robin = await portal.operator("robin", "manager")
    rule = await portal.add(createdUserId=642)
    await portal.post("updateRedemptionRule", rule | {"lastModifiedUserId": "1"}, operator="robin")

    newest, oldest = await list_versions(portal.shop.engine.database, MERCHANT_ID, rule["id"])

    assert (oldest.actor, oldest.terms.created_user_id) == (f"operator:{portal.operator_id}", 642)
    assert (newest.actor, newest.terms.modified_user_id) == (f"operator:{robin}", 1)


async def test_rules_of_another_merchant_are_not_there(portal: Portal):
    await portal.operator("otto", "owner", OTHER)
    rule = await portal.add()
    unnamed = {key: value for key, value in rule.items() if key != "merchantId"}

    await portal.refused("updateRedemptionRule", unnamed, 404, operator="otto")
    await portal.refused("updateRedemptionRule", rule | {"merchantId": OTHER}, 404, operator="otto")
    assert (await portal.post("loyaltyRedemptionRules", operator="otto"))["records"] == []


async def test_an_operator_of_two_merchants_names_the_second_or_the_rule(portal: Portal):
    database = portal.shop.engine.database
    await database.execute(
        "INSERT INTO operator_role (merchant_id, operator_id, role) VALUES ($1, $2, 'read_only')",
        OTHER,
        await portal.operator("ruth", "owner"),
    )
    otto: dict[str, Any] = {"operator": "otto"}
    await portal.operator("otto", "owner", OTHER)
    rule = await portal.post("addRedemptionRule", {"numberOfPoints": 10, "amountIssued": {"amount": 1}}, **otto)
    assert rule["merchantId"] == OTHER
    assert rule["amountIssued"]["currency"]["currencyCode"] == "EUR"

    assert (await portal.get(rule["id"], operator="ruth"))["merchantId"] == OTHER
    unnamed = {key: value for key, value in rule.items() if key != "merchantId"}
    await portal.refused("updateRedemptionRule", unnamed, 403, operator="ruth")
    own = await portal.post("addRedemptionRule", RULE, operator="ruth")
    assert own["merchantId"] == MERCHANT_ID
    listed = await portal.post("loyaltyRedemptionRules", {"merchantId": OTHER}, operator="ruth")
    assert [record["id"] for record in listed["records"]] == [rule["id"]]
