"""Who may do what on the portal contract."""

import base64
from typing import Any

import pytest
import pytest_asyncio

from guerdon.access.operators import EDITORS, ROLES
from guerdon.rewards.rules import list_versions
from tests.api.portal_shop import RULE, Portal, basic, open_portal, refusal
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITES = ("addRedemptionRule", "updateRedemptionRule", "updateRedemptionRuleStatus")
ENDPOINTS = (*WRITES, "loyaltyRedemptionRules")


@pytest_asyncio.fixture(loop_scope="session")
async def other(street: Street) -> int:
    """Another merchant, whose rules these are not."""
    return (await street.shop(name="Other", currency_code="EUR")).merchant.merchant_id


async def test_name_and_password_are_taken_with_and_without_the_word_basic(portal: Portal):
    for word in ("", "Basic ", "basic "):
        answer = await portal.shop.http.post(
            "/ui/v1/loyaltyRedemptionRules", headers={"authorization": word + portal.basic()}
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("method", "path"), [*(("POST", path) for path in ENDPOINTS), ("GET", "getRedemptionRule/1")])
async def test_nothing_is_done_for_those_who_do_not_sign_in(portal: Portal, method: str, path: str):
    mistakes = (
        b"", b"Basic", b"Basic ", b"ann:correct horse", b"\xe9\xe9\xe9\xe9", base64.b64encode(b"ann"),
        base64.b64encode(b"\xff\xfe:x"), base64.b64encode(b"ol\0ga:correct horse"),
        portal.basic(password="wrong").encode(),
        basic("nobody").encode(), b"Bearer " + portal.basic().encode(),
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

    for named in ({}, {"merchantId": portal.merchant_id}):
        for endpoint in WRITES:
            body = {key: value for key, value in rule.items() if key != "merchantId"} | named
            if role in EDITORS:
                await portal.post(endpoint, body, operator="robin")
            else:
                message = await portal.refused(endpoint, body, 403, operator="robin")
                assert message["code"] == "1112"
                assert message["parameters"] == {"needed": "manager or owner", "given": role}
                assert await portal.get(rule["id"]) == rule


async def test_another_merchant_is_refused_whether_or_not_it_exists(portal: Portal, other: int):
    rule = await portal.add()
    for merchant_id in (other, 999, 0, -1, 2**63, 10**30):
        for endpoint in ENDPOINTS:
            message = await portal.refused(endpoint, rule | {"merchantId": str(merchant_id)}, 403)
            assert message["code"] == "1111"
            asked = merchant_id if merchant_id <= 2**53 else str(merchant_id)
            assert message["parameters"] == {"asked": asked, "own": portal.merchant_id}
        answer = await portal.shop.http.get(
            f"/ui/v1/getRedemptionRule/{rule['id']}?merchantId={merchant_id}", headers={"authorization": portal.basic()}
        )
        refusal(answer, 403)


async def test_a_refused_request_is_logged_with_who_asked(dsn: str):
    async with open_portal(dsn) as portal:
        await portal.refused("addRedemptionRule", RULE | {"merchantId": 43}, 403)

        await portal.shop.engine.requests.close()
        row = await portal.shop.engine.database.fetchrow(
            "SELECT caller, status, path FROM api_request WHERE merchant_id = $1", portal.merchant_id
        )
    assert row is not None
    assert tuple(row) == (f"operator:{portal.operator_id}", 403, "/ui/v1/addRedemptionRule")


async def test_a_version_records_who_signed_in_whatever_the_body_says(portal: Portal):
    robin = await portal.operator("robin", "manager")
    rule = await portal.add(createdUserId=642)
    await portal.post("updateRedemptionRule", rule | {"lastModifiedUserId": "1"}, operator="robin")

    newest, oldest = await list_versions(portal.shop.engine.database, portal.merchant_id, rule["id"])

    assert (oldest.actor, oldest.terms.created_user_id) == (f"operator:{portal.operator_id}", 642)
    assert (newest.actor, newest.terms.modified_user_id) == (f"operator:{robin}", 1)


async def test_rules_of_another_merchant_are_not_there(portal: Portal, other: int):
    await portal.operator("otto", "owner", other)
    rule = await portal.add()
    unnamed = {key: value for key, value in rule.items() if key != "merchantId"}

    await portal.refused("updateRedemptionRule", unnamed, 404, operator="otto")
    await portal.refused("updateRedemptionRule", rule | {"merchantId": other}, 404, operator="otto")
    assert (await portal.post("loyaltyRedemptionRules", operator="otto"))["records"] == []


async def test_an_operator_of_two_merchants_names_the_second_or_the_rule(portal: Portal, other: int):
    database = portal.shop.engine.database
    await database.execute(
        "INSERT INTO operator_role (merchant_id, operator_id, role) VALUES ($1, $2, 'read_only')",
        other,
        await portal.operator("ruth", "owner"),
    )
    otto: dict[str, Any] = {"operator": "otto"}
    await portal.operator("otto", "owner", other)
    rule = await portal.post("addRedemptionRule", {"numberOfPoints": 10, "amountIssued": {"amount": 1}}, **otto)
    assert rule["merchantId"] == other
    assert rule["amountIssued"]["currency"]["currencyCode"] == "EUR"

    assert (await portal.get(rule["id"], operator="ruth"))["merchantId"] == other
    unnamed = {key: value for key, value in rule.items() if key != "merchantId"}
    await portal.refused("updateRedemptionRule", unnamed, 403, operator="ruth")
    own = await portal.post("addRedemptionRule", RULE, operator="ruth")
    assert own["merchantId"] == portal.merchant_id
    listed = await portal.post("loyaltyRedemptionRules", {"merchantId": other}, operator="ruth")
    assert [record["id"] for record in listed["records"]] == [rule["id"]]
