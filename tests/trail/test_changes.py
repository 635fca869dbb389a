"""Who changed what is in the trail, however it was changed, in the commit of the change."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guerdon.access.keys import GRANTABLE, create_key, key_of, limit_key
from guerdon.cli.rule import ACTOR as CLI_ACTOR
from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule as add_earning_rule
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from guerdon.rewards.rule import RedemptionRule
from guerdon.rewards.rules import add_rule
from guerdon.trail.changes import Change, Sought, list_changes, note_change
from guerdon.trail.noted import Subject, differing
from tests.api.portal_shop import Portal, portal, street_app
from tests.shop import Shop

__all__ = ["portal", "street_app"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def api(portal: Portal, street_app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the native API with a key that may everything, and a made-up address."""
    shop = portal.shop
    key = await create_key(
        shop.engine.database, shop.merchant.merchant_id, name="back office", now=shop.clock(), scopes=GRANTABLE
    )
    transport = httpx.ASGITransport(street_app, client=("203.0.113.9", 1))
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=headers) as http:
        yield http


async def changes(shop: Shop, **sought: Any) -> list[Change]:
    """What the trail says, newest first."""
    return await list_changes(shop.engine.database, shop.merchant.merchant_id, Sought(**sought), 100)


async def sent(answer: Any) -> dict[str, Any]:
    """What a request that goes well is answered."""
    told = await answer
    assert told.status_code in (200, 201), told.text
    return told.json()


async def test_a_rule_is_in_the_trail_with_what_differs_and_by_which_key(portal: Portal, api: httpx.AsyncClient):
    rule = {"name": "$5 off", "points": 500, "amount_minor": 500}
    made = await sent(api.post("/v1/redemption_rules", json=rule))
    answer = await api.patch(f"/v1/redemption_rules/{made['id']}", json={"points": 600, "stock": 10})
    await sent(api.patch(f"/v1/redemption_rules/{made['id']}", json={"points": 600}))
    await sent(api.patch(f"/v1/redemption_rules/{made['id']}", json={"points": 700, "dry_run": True}))

    changed, added = await changes(portal.shop, subject_kind="redemption_rule", subject_id=made["id"][5:])
    assert (added.action, changed.action) == ("redemption_rule.added", "redemption_rule.changed")
    assert added.before is None
    assert added.after is not None
    assert (added.after["points"], added.after["name"]) == (500, "$5 off")
    assert (changed.before, changed.after) == ({"points": 500, "stock": None}, {"points": 600, "stock": 10})
    assert changed.actor.startswith("key:")
    assert changed.address == "203.0.113.9"
    assert str(changed.request_id) == answer.headers["x-request-id"]


async def test_a_refused_change_leaves_nothing_in_the_trail(portal: Portal, api: httpx.AsyncClient):
    made = await sent(api.post("/v1/redemption_rules", json={"points": 500, "amount_minor": 500}))
    refused = await api.patch(f"/v1/redemption_rules/{made['id']}", json={"points": 600}, headers={"if-match": '"9"'})
    assert refused.status_code == 412
    assert [one.action for one in await changes(portal.shop, subject_kind="redemption_rule")] == [
        "redemption_rule.added"
    ]


async def test_what_is_repeated_under_its_key_is_in_the_trail_once(portal: Portal, api: httpx.AsyncClient):
    headers = {"idempotency-key": "one"}
    for _ in range(2):
        await sent(api.post("/v1/redemption_rules", json={"points": 500, "amount_minor": 500}, headers=headers))
    assert len(await changes(portal.shop, action="redemption_rule.added")) == 1


async def test_the_portal_writes_of_whom_it_is(portal: Portal):
    made = await portal.add()
    await portal.post("updateRedemptionRuleStatus", {"id": made["id"], "redemptionRuleStatus": {"name": "DISABLED"}})
    changed, added = await changes(portal.shop, subject_kind="redemption_rule")
    assert {changed.actor, added.actor} == {f"operator:{portal.operator_id}"}
    assert (changed.before, changed.after) == ({"active": True}, {"active": False})
    assert changed.request_id is not None


async def test_every_kind_of_configuration_is_in_the_trail(portal: Portal, api: httpx.AsyncClient):
    rule = await sent(
        api.post("/v1/redemption_rules", json={"points": 5, "amount_minor": 5, "codes": {"source": "pool"}})
    )
    await sent(api.post(f"/v1/redemption_rules/{rule['id']}/codes", json={"codes": ["A-1", "A-2"]}))
    earning = {"name": "Welcome", "trigger": "sign_up", "earns": {"kind": "flat", "points": 5}}
    await sent(api.post("/v1/earning_rules", json=earning))
    await sent(api.put("/v1/transfer_rule", json={"received_max_per_year": 3}))
    await sent(api.put("/v1/tier_programme", json={"term": "lifetime", "tiers": [{"name": "Gold"}]}))
    await sent(api.patch("/v1/merchant", json={"name": "Emca", "policies": {"hold_days": 9}, "rates": {"EUR": "0.9"}}))
    hook = await sent(api.post("/v1/webhook_endpoints", json={"url": "https://shop.example/hooks"}))
    for act in ("disable", "enable", "rotate"):
        await sent(api.post(f"/v1/webhook_endpoints/{hook['id']}/{act}", json={}))
    await sent(api.request("DELETE", f"/v1/webhook_endpoints/{hook['id']}", json={}))
    key = await sent(api.post("/v1/api_keys", json={"name": "tills"}))
    await sent(api.patch(f"/v1/api_keys/{key['id']}", json={"limit_per_second": 5}))
    await sent(api.post(f"/v1/api_keys/{key['id']}/revoke", json={}))
    member = await sent(api.post("/v1/members", json={"email": "ana@example.com"}))
    await sent(api.patch(f"/v1/members/{member['id']}", json={"first_name": "Anastasia"}))
    await sent(api.post(f"/v1/members/{member['id']}/identities", json={"kind": "phone", "value": "+14155552671"}))
    await sent(api.post(f"/v1/members/{member['id']}/suspend", json={}))

    found = {one.action: one for one in await changes(portal.shop) if one.actor.startswith("key:")}
    assert set(found) == {
        "redemption_rule.added", "pool.filled", "earning_rule.added", "transfer_rule.changed", "tier_programme.changed",
        "merchant.changed", "webhook_endpoint.added", "webhook_endpoint.disabled", "webhook_endpoint.enabled",
        "webhook_endpoint.secret_rotated", "webhook_endpoint.removed", "api_key.made", "api_key.limited",
        "api_key.revoked", "member.changed", "member.identities_changed", "member.standing_changed",
    }  # fmt: skip
    assert found["merchant.changed"].before == {"name": "Acme", "policies": {"hold_days": 30}, "rates": {"EUR": None}}
    assert found["redemption_rule.added"].after is not None
    assert found["redemption_rule.added"].after["codes"]["source"] == "pool"
    assert found["member.changed"].after == {"first_name": "A***"}
    assert found["member.identities_changed"].after == {"phone": "***71"}
    assert key["secret"] not in str(found)


async def test_commands_of_the_desk_note_what_people_ask_for_later(portal: Portal, api: httpx.AsyncClient):
    shop = portal.shop
    await set_policies(shop.engine.database, shop.merchant.merchant_id, Policies(approval_above=50))
    ids = [(await sent(api.post("/v1/members", json={"email": f"{name}@example.com"})))["id"] for name in ("a", "b")]
    await sent(api.post(f"/v1/members/{ids[0]}/merge", json={"into": ids[1]}))
    await sent(api.post(f"/v1/members/{ids[0]}/unmerge", json={}))
    erased = await api.post(f"/v1/members/{ids[0]}/erase", json={})
    assert erased.status_code == 200, erased.text

    found = {one.action: one for one in await changes(shop, subject_kind="member")}
    assert set(found) == {"member.merged", "member.unmerged", "member.erased"}
    assert found["member.merged"].after == {"merged": ids[0]}
    assert found["member.erased"].actor.startswith("key:")
    assert str(found["member.erased"].request_id) == erased.headers["x-request-id"]


async def test_who_is_erased_is_erased_from_the_trail(portal: Portal, api: httpx.AsyncClient):
    member = await sent(api.post("/v1/members", json={"email": "gone@example.com"}))
    await sent(api.patch(f"/v1/members/{member['id']}", json={"first_name": "Gundula", "country": "AT"}))
    await sent(api.post(f"/v1/members/{member['id']}/erase", json={}))
    found = {one.action: one for one in await changes(portal.shop, subject_kind="member")}
    assert (found["member.changed"].before, found["member.changed"].after) == (None, None)
    assert found["member.erased"].after is not None


async def test_the_native_api_lists_changes_by_page_and_filter(portal: Portal, api: httpx.AsyncClient):
    made = await sent(api.post("/v1/redemption_rules", json={"points": 500, "amount_minor": 500}))
    for points in (600, 700, 800):
        portal.shop.clock.advance(days=1)
        await sent(api.patch(f"/v1/redemption_rules/{made['id']}", json={"points": points}))
    asked = {"kind": "redemption_rule", "subject": made["id"], "limit": "3"}
    first = await sent(api.get("/v1/audit_entries", params=asked))
    second = await sent(api.get("/v1/audit_entries", params={**asked, "cursor": first["next_cursor"]}))
    assert [one["after"]["points"] for one in (*first["data"], *second["data"])] == [800, 700, 600, 500]
    newest = first["data"][0]
    assert (newest["subject"], newest["actor_name"].split()[0:2]) == (made["id"], ["back", "office"])
    assert await sent(api.get(f"/v1/audit_entries/{newest['id']}")) == newest

    async def listed(**query: str) -> list[int]:
        return [one["after"]["points"] for one in (await sent(api.get("/v1/audit_entries", params=query)))["data"]]

    assert await listed(action="redemption_rule.changed") == [800, 700, 600]
    assert await listed(actor=newest["actor"], action="redemption_rule.added") == [500]
    assert await listed(kind="redemption_rule", since="2026-03-12T00:00:00Z", before="2026-03-13T00:00:00Z") == [700]
    assert await listed(actor="operator:1") == []


async def test_only_keys_with_admin_read_the_trail(portal: Portal, street_app: Any):
    headers = {"authorization": f"Bearer {portal.shop.api_key}"}
    transport = httpx.ASGITransport(street_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=headers) as http:
        assert (await http.get("/v1/audit_entries")).status_code == 403


async def test_what_nobody_asked_for_over_http_is_the_command_line(shop: Shop):
    of = shop.engine.database, shop.merchant.merchant_id
    secret = await create_key(*of, name="tills", now=shop.clock())
    key = await key_of(*of, secret)
    await limit_key(*of, key.key_id, 5, shop.clock())
    limited = (await changes(shop, subject_kind="api_key"))[0]
    assert (limited.actor, limited.before, limited.after) == (
        "cli", {"limit_per_second": None}, {"limit_per_second": 5}
    )  # fmt: skip

    terms = RedemptionRule(points=5, amount_minor=5, currency="USD")
    await add_rule(*of, terms, actor=CLI_ACTOR, now=shop.clock())
    earning = EarningRule(name="Welcome", trigger="sign_up", earns=Flat(5))
    await add_earning_rule(*of, earning, actor=CLI_ACTOR, now=shop.clock())
    assert {one.actor for one in await changes(shop)} == {"cli"}


async def test_what_is_taken_back_leaves_no_trail(shop: Shop):
    merchant_id = shop.merchant.merchant_id

    async def fail() -> None:
        async with shop.engine.database.transaction() as connection:
            await note_change(
                connection, merchant_id, "thing.changed", Subject("thing"), now=shop.clock(), after={"a": 1}
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await changes(shop, subject_kind="thing") == []


async def test_only_what_differs_is_told():
    before = {"a": 1, "b": {"c": 2, "d": [1]}, "e": None}
    assert differing(before, before) == ({}, {})
    assert differing(before, {"a": 1, "b": {"c": 3, "d": [1]}, "f": 4}) == (
        {"b": {"c": 2}, "f": None}, {"b": {"c": 3}, "f": 4},
    )  # fmt: skip
    assert differing(None, {"a": 1}) == ({"a": None}, {"a": 1})
