"""Idempotency keys on the portal contract: a write repeated under its key is made once, and answers the same (7)."""

import asyncio
from typing import Any

import pytest

from tests.api import portal_issuance, portal_transfers
from tests.api.portal_issuance import FLAT_TEN, LIST
from tests.api.portal_shop import RULE, Portal, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def rules(portal: Portal, listing: str = LIST) -> int:
    """How many rules there are."""
    return (await portal.post(listing))["totalRecords"]


async def twice(portal: Portal, endpoint: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Send it twice under a key: the same answer comes back to the byte, and says that it is the one of before."""
    first = await portal.send(endpoint, body, key=key)
    portal.shop.clock.advance(seconds=1)
    again = await portal.send(endpoint, body, key=key)
    assert first.status_code == again.status_code == 200, (first.text, again.text)
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    return first.json()


async def test_every_write_is_made_once_under_its_key(portal: Portal):
    coupon = await twice(portal, "addRedemptionRule", RULE, "one")
    earning = await twice(portal, portal_issuance.ADD, FLAT_TEN, "one")
    assert (await rules(portal, "loyaltyRedemptionRules"), await rules(portal)) == (1, 1)

    read = await portal.get(coupon["id"])
    await twice(portal, "updateRedemptionRule", read | {"description": "Changed"}, "two")
    await twice(portal, "updateRedemptionRuleStatus", coupon | {"redemptionRuleStatus": {"name": "DISABLED"}}, "two")
    changed = await portal.read(portal_issuance.GET, earning["id"])
    await twice(portal, portal_issuance.UPDATE, changed | {"flatPoints": 11}, "two")
    await twice(portal, portal_issuance.STATUS, earning | {"issuanceRuleStatus": {"name": "DISABLED"}}, "two")
    await twice(portal, portal_transfers.UPDATE, portal_transfers.RULE, "two")
    lock = {"ruleType": "ISSUANCE", "id": earning["id"]}
    await twice(portal, "lockRule", lock, "two")
    await twice(portal, "unlockRule", lock, "two")
    versions = await portal.shop.engine.database.fetchrow(
        """
        SELECT (SELECT max(version) FROM redemption_rule WHERE merchant_id = $1),
               (SELECT max(version) FROM earning_rule WHERE merchant_id = $1),
               (SELECT max(version) FROM moving_rule WHERE merchant_id = $1)
        """,
        portal.merchant_id,
    )
    assert versions is not None
    assert tuple(versions) == (3, 3, 1)


async def test_without_a_key_or_under_another_a_rule_is_added_again(portal: Portal):
    for key in (None, None, "one", "two"):
        answer = await portal.send(portal_issuance.ADD, FLAT_TEN, key=key)
        assert answer.status_code == 200
        assert "idempotent-replayed" not in answer.headers
    assert await rules(portal) == 4


async def test_a_key_is_its_senders_and_its_endpoints_own(portal: Portal):
    await portal.operator("robin", "owner")
    for endpoint, body in ((portal_issuance.ADD, FLAT_TEN), ("addRedemptionRule", RULE)):
        for operator in (None, "robin"):
            answer = await portal.send(endpoint, body, operator=operator, key="same")
            assert "idempotent-replayed" not in answer.headers, answer.text
    assert await rules(portal) == await rules(portal, "loyaltyRedemptionRules") == 2


async def test_a_key_is_for_one_request(portal: Portal):
    await portal.send(portal_issuance.ADD, FLAT_TEN, key="one")

    answer = await portal.send(portal_issuance.ADD, FLAT_TEN | {"flatPoints": 11}, key="one")

    assert refusal(answer, 422)["code"] == "1135"
    assert await rules(portal) == 1


async def test_what_was_refused_leaves_its_key_free(portal: Portal):
    rule = await portal_issuance.add(portal)
    stale = rule | {"lastUpdatedDateTime": 1}
    for _ in range(2):
        assert refusal(await portal.send(portal_issuance.UPDATE, stale, key="one"), 409)["code"] == "1130"
    await twice(portal, portal_issuance.UPDATE, rule, "one")


async def test_many_at_once_under_one_key_make_one_rule(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("guerdon.api.keyed.WAIT", "SET LOCAL lock_timeout = '60s'")
    answers = await asyncio.gather(*(portal.send(portal_issuance.ADD, FLAT_TEN, key="one") for _ in range(12)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 11
    assert await rules(portal) == 1


async def test_a_key_in_flight_for_too_long_is_a_conflict(portal: Portal):
    """Another worker holds the key and does not come to an end."""
    database = portal.shop.engine.database
    text = f"operator:{portal.operator_id} /ui/v1/{portal_issuance.ADD} slow"
    async with database.transaction() as other:
        await other.execute(
            "INSERT INTO answer (merchant_id, key, fingerprint, body, recorded_at) VALUES ($1, $2, '', '', $3)",
            portal.merchant_id,
            text,
            portal.shop.clock(),
        )
        answer = await portal.send(portal_issuance.ADD, FLAT_TEN, key="slow")
    assert refusal(answer, 409)["code"] == "1134"
    assert answer.headers["retry-after"] == "1"
    assert await rules(portal) == 0


async def test_a_key_is_a_short_text(portal: Portal):
    message = refusal(await portal.send(portal_issuance.ADD, FLAT_TEN, key="x" * 256), 400)
    assert message["parameters"]["field"] == "Idempotency-Key"
    assert await rules(portal) == 0
