"""Edit locks on the portal contract: who edits a rule, of each of the three kinds, and who is kept out meanwhile."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from guerdon.access.edit_lock import LAPSES_AFTER, Editor, locks_of
from guerdon.database.address import Address
from guerdon.database.migrate import FOLDER, migrate
from guerdon.database.pool import Database
from guerdon.earning.rules import set_active
from guerdon.errors.rewards import RuleLocked
from tests.api import portal_issuance, portal_transfers
from tests.api.portal_shop import RULE, Portal
from tests.shop import START

pytestmark = pytest.mark.asyncio(loop_scope="session")

START_MS = 1773144000000
MINUTE_MS = 60_000


class Locking(NamedTuple):
    """A kind of rule: its endpoints, and a rule of it."""

    kind: str
    get: str
    writes: tuple[str, ...]
    body: dict[str, Any]


REDEMPTION = Locking(
    "REDEMPTION", "getRedemptionRule", ("updateRedemptionRule", "updateRedemptionRuleStatus"),
    RULE | {"redemptionRuleStatus": {"name": "ACTIVE"}},
)  # fmt: skip
ISSUANCE = Locking(
    "ISSUANCE", portal_issuance.GET, (portal_issuance.UPDATE, portal_issuance.STATUS),
    portal_issuance.FLAT_TEN | {"issuanceRuleStatus": {"name": "ACTIVE"}},
)  # fmt: skip
TRANSFERS = Locking("BUY_GIFT_TRANSFER", "getBuyGiftTransferRule", (portal_transfers.UPDATE,), portal_transfers.RULE)
KINDS = pytest.mark.parametrize("of", [REDEMPTION, ISSUANCE, TRANSFERS], ids=lambda of: of.kind)


async def made(portal: Portal, of: Locking) -> int:
    """The id of a rule of this kind."""
    if of is TRANSFERS:
        return portal.merchant_id
    endpoint = "addRedemptionRule" if of is REDEMPTION else portal_issuance.ADD
    return (await portal.post(endpoint, of.body))["id"]


async def seen(portal: Portal, of: Locking, rule_id: int) -> tuple[int | None, int | None]:
    """Who edits the rule and since when, as everyone reads it."""
    shown = await portal.read(of.get, rule_id)
    return shown["lockedByUserId"], shown["lockedDateTime"]


@KINDS
async def test_a_rule_is_left_to_whoever_edits_it(portal: Portal, of: Locking):
    rule_id = await made(portal, of)
    await portal.operator("robin", "manager")
    sent = {"ruleType": of.kind, "id": str(rule_id)}

    locked = await portal.post("lockRule", sent)

    assert locked == {
        "ruleType": {"value": of.kind.replace("_", " ").title(), "name": of.kind},
        "id": rule_id,
        "lockedDateTime": START_MS,
        "lockedByUserId": portal.operator_id,
        "lockedByUserName": portal.owner,
        "lockLapsesDateTime": START_MS + 15 * MINUTE_MS,
        "merchantId": portal.merchant_id,
        "message": {
            "code": "1007", "type": {"name": "SUCCESS"}, "include_i_icon": False, "description": "RULE_LOCK_SUCCESS",
            "parameters": None,
        },
    }  # fmt: skip
    assert await seen(portal, of, rule_id) == (portal.operator_id, START_MS)
    portal.shop.clock.advance(minutes=14)
    for endpoint in ("lockRule", "unlockRule", *of.writes):
        message = await portal.refused(endpoint, of.body | sent, 423, operator="robin")
        assert message["code"] == "1131"
        assert message["parameters"] == {
            "ruleId": rule_id, "lockedBy": portal.operator_id, "username": portal.owner, "lockedAt": START_MS,
        }  # fmt: skip
        assert portal.owner in message["description"]
        assert "2026-03-10 12:00" in message["description"]

    for endpoint in of.writes:
        await portal.post("lockRule", sent)
        freed = await portal.post(endpoint, of.body | {"id": rule_id, "lastModifiedUserId": 643})
        assert (freed["lockedByUserId"], freed["lockedDateTime"]) == (None, None)
        assert await seen(portal, of, rule_id) == (None, None), "a change ends the lock"
    for endpoint in of.writes:
        await portal.post(endpoint, of.body | {"id": rule_id}, operator="robin")


@KINDS
async def test_a_lock_lapses_unless_it_is_renewed(portal: Portal, of: Locking):
    rule_id = await made(portal, of)
    robin_id = await portal.operator("robin", "manager")
    sent = {"ruleType": {"name": of.kind}, "id": rule_id}
    await portal.post("lockRule", sent)
    portal.shop.clock.advance(minutes=10)
    renewed = await portal.post("lockRule", sent)
    assert renewed["lockedDateTime"] == START_MS
    assert renewed["lockLapsesDateTime"] == START_MS + 25 * MINUTE_MS
    portal.shop.clock.advance(minutes=14)
    await portal.refused(of.writes[0], of.body | {"id": rule_id}, 423, operator="robin")

    portal.shop.clock.advance(minutes=1)

    assert await seen(portal, of, rule_id) == (None, None)
    await portal.post(of.writes[0], of.body | {"id": rule_id}, operator="robin")
    assert (await portal.post("lockRule", sent, operator="robin"))["lockedByUserId"] == robin_id
    await portal.refused("lockRule", sent, 423)


@KINDS
async def test_a_lock_is_given_up_or_taken_over_and_others_are_told(portal: Portal, of: Locking):
    rule_id = await made(portal, of)
    robin_id = await portal.operator("robin", "manager")
    sent = {"ruleType": of.kind, "id": rule_id}
    await portal.post("lockRule", sent)
    portal.shop.clock.advance(minutes=1)

    taken = await portal.post("lockRule", sent | {"takeOver": True}, operator="robin")

    assert (taken["lockedByUserId"], taken["lockedByUserName"]) == (robin_id, portal.names["robin"])
    assert taken["lockedDateTime"] == START_MS + MINUTE_MS
    await portal.refused(of.writes[0], of.body | {"id": rule_id}, 423)
    rows = await portal.shop.engine.database.fetch(
        "SELECT payload FROM event WHERE merchant_id = $1 AND topic = 'rule.lock_taken_over'", portal.merchant_id
    )
    assert [json.loads(row["payload"]) for row in rows] == [
        {
            "kind": {"REDEMPTION": "redemption_rule", "ISSUANCE": "earning_rule"}.get(of.kind, "moving_rule"),
            "rule_id": rule_id, "from_actor": f"operator:{portal.operator_id}", "from_user_id": None,
            "since": "2026-03-10T12:00:00Z", "by_actor": f"operator:{robin_id}", "by_user_id": None,
        }
    ]  # fmt: skip
    given_up = await portal.post("unlockRule", sent, operator="robin")
    assert (given_up["message"]["code"], given_up["message"]["description"]) == ("1008", "RULE_UNLOCK_SUCCESS")
    assert (given_up["lockedByUserId"], given_up["lockLapsesDateTime"]) == (None, None)
    await portal.post("unlockRule", sent)
    await portal.post(of.writes[0], of.body | {"id": rule_id})


async def test_people_behind_one_sign_in_are_told_apart_by_the_ids_they_send(portal: Portal):
    rule_id = await made(portal, ISSUANCE)
    sent: dict[str, Any] = {"ruleType": "ISSUANCE", "id": rule_id}
    seven, eight = {"lastModifiedUserId": 7}, {"lastModifiedUserId": "8"}
    assert (await portal.post("lockRule", sent | seven))["lockedByUserId"] == 7
    assert await seen(portal, ISSUANCE, rule_id) == (7, START_MS)

    for body in (eight, {}):
        for endpoint in ("lockRule", "unlockRule", *ISSUANCE.writes):
            message = await portal.refused(endpoint, ISSUANCE.body | sent | body, 423)
            assert message["parameters"]["lockedBy"] == 7
    await portal.operator("robin", "manager")
    await portal.refused(ISSUANCE.writes[0], ISSUANCE.body | sent | seven, 423, operator="robin")
    assert (await portal.post("unlockRule", sent | eight | {"takeOver": "true"}))["lockedByUserId"] is None
    await portal.post("lockRule", sent | eight)
    await portal.post(ISSUANCE.writes[0], ISSUANCE.body | sent | eight)


async def test_one_of_many_takes_the_lock(portal: Portal):
    rule_id = await made(portal, REDEMPTION)
    users = range(1, 7)
    sent = {"ruleType": "REDEMPTION", "id": rule_id}

    answers = await asyncio.gather(
        *(portal.send("lockRule", sent | {"lastModifiedUserId": user}) for user in users)
    )  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [200, *[423] * 5]
    winner = next(user for user, answer in zip(users, answers, strict=True) if answer.status_code == 200)
    assert await seen(portal, REDEMPTION, rule_id) == (winner, START_MS)


async def test_other_surfaces_are_kept_out_too_and_the_lists_tell(portal: Portal):
    rule_id = await made(portal, ISSUANCE)
    other_id = await made(portal, ISSUANCE)
    coupon_id = await made(portal, REDEMPTION)
    for kind, locked_id in (("ISSUANCE", rule_id), ("REDEMPTION", coupon_id)):
        await portal.post("lockRule", {"ruleType": kind, "id": locked_id})

    with pytest.raises(RuleLocked):
        await set_active(
            portal.shop.engine.database, portal.merchant_id, rule_id, active=False, actor="cli",
            now=portal.shop.clock(),
        )  # fmt: skip

    records = (await portal.post(portal_issuance.LIST))["records"]
    locks = {record["id"]: record["lockedByUserId"] for record in records}
    assert locks == {rule_id: portal.operator_id, other_id: None}
    (record,) = (await portal.post("loyaltyRedemptionRules"))["records"]
    assert (record["lockedByUserId"], record["lockedDateTime"]) == (portal.operator_id, START_MS)


async def test_what_cannot_be_locked_is_refused(portal: Portal):
    rule_id = await made(portal, ISSUANCE)
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({}, "ruleType"),
        ({"ruleType": "ISSUANCE"}, "id"),
        ({"ruleType": "EARNING", "id": rule_id}, "ruleType"),
        ({"ruleType": {"name": ""}, "id": rule_id}, "ruleType"),
        ({"ruleType": 5, "id": rule_id}, "ruleType"),
        ({"ruleType": "ISSUANCE", "id": "one"}, "id"),
        ({"ruleType": "ISSUANCE", "id": rule_id, "takeOver": "perhaps"}, "takeOver"),
        ({"ruleType": "ISSUANCE", "id": rule_id, "lastModifiedUserId": -1}, "lastModifiedUserId"),
    ]
    for endpoint in ("lockRule", "unlockRule"):
        for body, field in mistakes:
            assert (await portal.refused(endpoint, body, 400))["parameters"]["field"] == field
        for kind, code in (("ISSUANCE", "1122"), ("REDEMPTION", "1120"), ("BUY_GIFT_TRANSFER", "1123")):
            for missing in (0, -1, 2**52, 10**30):
                message = await portal.refused(endpoint, {"ruleType": kind, "id": missing}, 404)
                assert message["code"] == code
    await portal.operator("rita", "support")
    for merchant in ({}, {"merchantId": portal.merchant_id}):
        body = {"ruleType": "ISSUANCE", "id": rule_id} | merchant
        await portal.refused("lockRule", body, 403, operator="rita")
    assert await seen(portal, ISSUANCE, rule_id) == (None, None)


@pytest.fixture
def empty(server: Address, administer: Callable[[str], None]) -> Iterator[str]:
    """A database without any schema."""
    name = f"empty_{uuid4().hex}"
    administer(f"CREATE DATABASE {name}")
    yield replace(server, database=name).dsn
    administer(f"DROP DATABASE {name} WITH (FORCE)")


async def test_locks_that_redemption_rules_held_are_held_by_nobody_we_know_until_they_lapse(empty: str, tmp_path: Path):
    for file in FOLDER.glob("*.sql"):
        if file.name < "0018":
            shutil.copy(file, tmp_path)
    database = await Database.open(empty, size_max=1)
    await migrate(database, folder=tmp_path, now=START)
    await database.execute(
        """
        INSERT INTO merchant (merchant_id, guid, name, currency, timezone, policies, created_at)
        VALUES (1, gen_random_uuid(), 'Acme', 'USD', 'UTC', '{}', '2026-03-10');
        INSERT INTO redemption_rule (merchant_id, rule_id, version, locked_by, locked_at)
        VALUES (1, 7, 1, 643, '2026-03-10T12:00:00Z'), (1, 8, 1, NULL, NULL)
        """
    )

    await migrate(database, now=START)

    held = await locks_of(database, 1, "redemption_rule", START)
    assert {rule_id: (lock.user_id, lock.lapses_at - lock.locked_at) for rule_id, lock in held.items()} == {
        7: (643, LAPSES_AFTER)
    }
    assert not held[7].is_of(Editor("operator:643", 643))
    await database.close()
