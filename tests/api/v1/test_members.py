"""Members of the native API, as an integrator meets them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.moving.erase import EraseMember
from tests.api.v1.conftest import Api
from tests.shop import START, Shop
from tests.street import Street, do

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN, CAT = "ana@example.com", "ben@example.com", "cat@example.com"
MEMBERS = "/v1/members"


async def welcome(shop: Shop) -> None:
    """Whoever signs up gets 25 points."""
    rule = EarningRule(name="Welcome", trigger="sign_up", earns=Flat(25))
    await add_rule(shop.engine.database, shop.merchant.merchant_id, rule, actor="test", now=shop.clock())


async def test_somebody_new_is_added_and_welcomed(shop: Shop, api: Api):
    await welcome(shop)
    shop.clock.advance(minutes=1)
    answer = await api.post(
        MEMBERS, email=" Ana@Example.com", phone="+14155550100", first_name="Ana", country="US", tags=["vip", "vip"],
        birthday={"month": 2, "day": 29}, metadata={"crm": "7"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"{MEMBERS}/{made['id']}"
    assert (made["object"], made["status"], made["email"], made["phone"]) == ("member", "active", ANA, "+14155550100")
    assert made["identities"] == [{"kind": "email", "value": ANA}, {"kind": "phone", "value": "+14155550100"}]
    assert (made["first_name"], made["tags"], made["metadata"]) == ("Ana", ["vip"], {"crm": "7"})
    assert made["birthday"] == {"month": 2, "day": 29, "year": None}
    assert (made["takes_part"], made["opted_in"]) == (True, None)
    assert (made["balances"]["available"], made["balances"]["earned"]) == (25, 25)
    assert (await api.get(answer.headers["location"])).json() == made


async def test_told_again_a_member_is_changed(shop: Shop, api: Api):
    await welcome(shop)
    shop.clock.advance(minutes=1)
    first = (await api.post(MEMBERS, email=ANA, first_name="Ana", external_id="C-1")).json()
    shop.clock.advance(minutes=1)
    answer = await api.post(MEMBERS, email=ANA, last_name="Stone", external_id="C-2", first_name=None)
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    again = answer.json()
    assert (again["id"], again["first_name"], again["last_name"]) == (first["id"], None, "Stone")
    assert (again["external_id"], again["balances"]["available"]) == ("C-2", 25)
    other = (await api.post(MEMBERS, email=BEN)).json()
    refused = await api.post(MEMBERS, email=BEN, external_id="C-2")
    assert (refused.status_code, refused.json()["code"]) == (422, "identity_conflict")
    assert (await api.get(f"{MEMBERS}/{other['id']}")).json() == other


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/email"),
        ({"email": "nobody"}, "/email"),
        ({"email": ANA, "country": "USA"}, "/country"),
        ({"email": ANA, "tags": [""]}, "/tags/0"),
        ({"email": ANA, "birthday": {"month": 2, "day": 30}}, "/birthday/day"),
        ({"email": ANA, "opted_in": "perhaps"}, "/opted_in"),
        ({"email": ANA, "opted_in_at": "2026-03-01T00:00:00"}, "/opted_in_at"),
        ({"email": ANA, "surprise": 1}, "/surprise"),
    ],
)
async def test_what_is_wrong_is_pointed_to(shop: Shop, api: Api, body: dict[str, Any], pointer: str):
    answer = await api.post(MEMBERS, **body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await api.get(MEMBERS)).json()["data"] == []


async def test_dry_runs_keep_nothing(shop: Shop, api: Api):
    answer = await api.post(f"{MEMBERS}?dry_run=true", email=ANA, metadata={"a": "1"}, birthday={"month": 1, "day": 2})
    assert (answer.status_code, answer.headers["dry-run"]) == (200, "true")
    assert (answer.json()["email"], answer.json()["metadata"]) == (ANA, {"a": "1"})
    assert (await api.get(f"{MEMBERS}/by?email={ANA}")).status_code == 404
    kept = (await api.post(MEMBERS, email=ANA)).json()
    path = f"{MEMBERS}/{kept['id']}"
    assert (await api.patch(path, first_name="Ana", dry_run=True)).json()["first_name"] == "Ana"
    assert (await api.post(f"{path}/suspend", dry_run=True)).json()["status"] == "suspended"
    assert (await api.get(path)).json() == kept


async def test_the_same_key_adds_once_and_answers_the_same(shop: Shop, api: Api):
    first, again = [await api.post(MEMBERS, key="k-1", email=ANA, first_name="Ana") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.content, first.headers["location"]) == (again.content, again.headers["location"])
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    other = await api.post(MEMBERS, key="k-1", email=BEN)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    path = f"{MEMBERS}/{first.json()['id']}"
    for _ in range(2):
        renamed = await api.patch(f"{path}?fields=first_name", key="k-2", first_name="Anne")
        assert renamed.json() == {"first_name": "Anne"}
        await api.patch(path, first_name="Ana")
    await api.patch(f"{path}?fields=first_name", key="k-2", first_name="Anne")
    assert (await api.get(path)).json()["first_name"] == "Ana", "a repeated change is not made anew"


async def test_somebody_who_is_told_of_twice_at_once_is_one_member(shop: Shop, api: Api):
    answers = await asyncio.gather(*(api.post(MEMBERS, email=ANA, external_id="C-1") for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await api.get(MEMBERS)).json()["data"]) == 1


async def test_a_key_that_only_reads_changes_nobody(shop: Shop, api: Api):
    path = f"{MEMBERS}/mem_{await shop.member(ANA)}"
    headers = {"authorization": f"Bearer {await api.key(scopes=('read',))}"}
    assert (await shop.http.get(path, headers=headers)).status_code == 200
    for action in ("suspend", "erase", "adjust"):
        body = {"points": 5, "reason": "reward"} if action == "adjust" else {}
        refused = await shop.http.post(f"{path}/{action}", headers=headers, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_a_profile_changes_and_forgets(shop: Shop, api: Api):
    made = (await api.post(MEMBERS, email=ANA, first_name="Ana", last_name="Stone", metadata={"a": "1"})).json()
    shop.clock.advance(minutes=1)
    path = f"{MEMBERS}/{made['id']}"
    changed = (
        await api.patch(path, first_name=None, country="DE", tags=["new"], metadata={"a": "", "b": "2"})
    ).json()  # fmt: skip
    assert (changed["first_name"], changed["last_name"], changed["country"]) == (None, "Stone", "DE")
    assert (changed["tags"], changed["metadata"]) == (["new"], {"b": "2"})
    assert changed["last_seen_at"] == made["last_seen_at"], "the merchant's own changes are no visit"
    assert changed["updated_at"] > made["updated_at"]
    await api.patch(path, birthday={"month": 5, "day": 6, "year": 1990})
    assert (await api.get(path)).json()["birthday"] == {"month": 5, "day": 6, "year": 1990}
    assert (await api.patch(path, birthday=None)).json()["birthday"] is None


async def test_whoever_opts_in_later_is_welcomed_once(street: Street, shop: Shop, api: Api):
    await welcome(shop)
    shop.clock.advance(minutes=1)
    made = (await api.post(MEMBERS, email=ANA, opted_in=False)).json()
    assert (made["takes_part"], made["balances"]["available"]) == (False, 0)
    shop.clock.advance(days=3)
    path = f"{MEMBERS}/{made['id']}"
    joined = (await api.patch(path, opted_in=True)).json()
    assert (joined["takes_part"], joined["balances"]["available"]) == (True, 25)
    await api.patch(path, opted_in=False)
    assert (await api.patch(path, opted_in=True)).json()["balances"]["available"] == 25


async def test_members_are_suspended_and_activated(shop: Shop, api: Api):
    rule = await shop.rule()
    member = await shop.member(ANA, 100)
    path = f"{MEMBERS}/mem_{member}"
    assert (await api.post(f"{path}/suspend", key="s")).json()["status"] == "suspended"
    assert (await api.get(path)).json()["takes_part"] is False
    wanted = {"member": f"mem_{member}", "rule": f"rule_{rule.rule_id}"}
    refused = await api.post("/v1/redemptions", **wanted)
    assert refused.json()["code"] == "member_suspended"
    assert (await api.post(f"{path}/activate")).json()["status"] == "active"
    replayed = await api.post(f"{path}/suspend", key="s")
    assert replayed.headers["idempotent-replayed"] == "true"
    assert (await api.post("/v1/redemptions", **wanted)).status_code == 201


async def test_a_member_is_found_by_what_they_are_known_by(shop: Shop, api: Api):
    ana = (await api.post(MEMBERS, email=ANA, phone="+14155550100", card="1234")).json()
    await api.post(MEMBERS, email=BEN)
    for query in (f"email={ANA.upper()}", "card=1234", f"email={ANA}&phone=%2B14155550100"):
        found = await api.get(f"{MEMBERS}/by?{query}")
        assert found.json()["id"] == ana["id"], query
    unknown = await api.get(f"{MEMBERS}/by?external_id=none")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "member_not_found")
    two = await api.get(f"{MEMBERS}/by?email={BEN}&card=1234")
    assert (two.status_code, two.json()["code"]) == (422, "identity_conflict")
    assert (await api.get(f"{MEMBERS}/by")).status_code == 400


async def test_the_tier_is_told_where_it_is_asked_for(shop: Shop, api: Api):
    member = await shop.member(ANA)
    path = f"{MEMBERS}/mem_{member}"
    assert "tier" not in (await api.get(path)).json()
    tier = (await api.get(f"{path}?expand=tier,balances")).json()["tier"]
    assert (tier["level"], tier["next"], tier["counted"]["spent"]) == (0, None, {"amount_minor": 0, "currency": "USD"})
    assert (await api.get(f"{MEMBERS}?expand=tier")).json()["data"][0]["tier"] == tier
    assert (await api.get(f"{path}?expand=shoes")).json()["errors"][0]["pointer"] == "/expand"


async def walked(api: Api, path: str) -> list[str]:
    """The addresses of all members of a list, page by page."""
    found: list[str] = []
    while path:
        answer = await api.get(path)
        assert answer.status_code == 200, answer.text
        found += [one["email"] for one in answer.json()["data"]]
        path = answer.links["next"]["url"] if answer.json()["has_more"] else ""
    return found


async def test_lists_are_in_the_order_of_changes(shop: Shop, api: Api):
    for address in (ANA, BEN, CAT):
        shop.clock.advance(minutes=1)
        await api.post(MEMBERS, email=address, tags=["new"] if address == CAT else [])
    shop.clock.advance(minutes=1)
    ana = (await api.get(f"{MEMBERS}/by?email={ANA}")).json()
    await api.post(f"{MEMBERS}/{ana['id']}/suspend")
    assert await walked(api, f"{MEMBERS}?limit=2") == [ANA, CAT, BEN]
    assert await walked(api, f"{MEMBERS}?limit=1&order=asc") == [BEN, CAT, ANA]
    since = (START + timedelta(minutes=3)).isoformat().replace("+00:00", "Z")
    assert await walked(api, f"{MEMBERS}?updated_since={since}") == [ANA, CAT]
    assert await walked(api, f"{MEMBERS}?tag=new") == [CAT]
    assert await walked(api, f"{MEMBERS}?status=suspended") == [ANA]
    assert await walked(api, f"{MEMBERS}?tier_level=1") == []


async def test_whoever_changes_during_a_walk_in_time_comes_again(shop: Shop, api: Api):
    for address in (ANA, BEN):
        shop.clock.advance(minutes=1)
        await api.post(MEMBERS, email=address)
    first = await api.get(f"{MEMBERS}?limit=1&order=asc")
    shop.clock.advance(minutes=1)
    ben = (await api.get(f"{MEMBERS}/by?email={BEN}")).json()
    await api.patch(f"{MEMBERS}/{ben['id']}", first_name="Ben")
    assert await walked(api, first.links["next"]["url"]) == [BEN]


async def test_nobody_sees_or_changes_the_members_of_another_merchant(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    path = f"{MEMBERS}/mem_{await other.member(ANA)}"
    answers = [await api.get(path), await api.patch(path, first_name="X"), await api.post(f"{path}/suspend")]
    assert {answer.status_code for answer in answers} == {404}
    assert (await api.get(f"{MEMBERS}/by?email={ANA}")).status_code == 404
    assert (await api.get(f"{MEMBERS}/email:{ANA}")).status_code == 400, "addresses have no place in a path"


async def test_who_was_erased_is_there_and_changes_no_more(shop: Shop, api: Api):
    member = await shop.member(ANA, 5)
    await do(shop, EraseMember(merchant=shop.merchant, member_id=member))
    path = f"{MEMBERS}/mem_{member}"
    assert ((await api.get(path)).json()["status"], (await api.get(path)).json()["identities"]) == ("erased", [])
    refused = await api.patch(path, first_name="Ana")
    assert (refused.status_code, refused.json()["code"]) == (422, "member_erased")
    assert [one["id"] for one in (await api.get(f"{MEMBERS}?status=erased")).json()["data"]] == [f"mem_{member}"]
    assert (await api.get(MEMBERS)).json()["data"] == []
