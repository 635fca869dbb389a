"""What a merchant notes beside adjustments, entries, coupons and referrals; and beside all that is a member's, it goes
with the member.
"""

from typing import Any

import msgspec
import pytest

from guerdon.activities.log import deciding_adjustment
from guerdon.api.v1.ids import number
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from guerdon.merchants.referral import ReferralProgramme
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN, CAT = "ana@example.com", "ben@example.com", "cat@example.com"
TILL = {"till": "4"}


async def programme(shop: Shop) -> None:
    """Adjustments above 50 points are proposed, and members bring friends."""
    rule = ReferralProgramme(referrer_points=100, link="https://acme.example/?ref={code}")
    policies = Policies(approval_above=50, referrals=rule)
    await set_policies(shop.engine.database, shop.merchant.merchant_id, policies)


async def coupon_of(shop: Shop, api: Api) -> dict[str, Any]:
    """A redemption of Ana's, who can pay for it."""
    rule = await shop.rule()
    return (await api.post("/v1/redemptions", member=f"email:{ANA}", rule=f"rule_{rule.rule_id}", metadata=TILL)).json()


async def changes_alone(api: Api, path: str, words: dict[str, str]) -> None:
    """Words change by name, once under a key and not at all on a dry run; all else of the thing stays."""
    before = (await api.get(path)).json()
    assert before.pop("metadata") == words
    tried = await api.patch(path, metadata={"a": "7"}, dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["metadata"]) == ("true", words | {"a": "7"})
    await api.patch(path, metadata={"a": "1", "b": "2"})
    changed, again = [await api.patch(path, key=path, metadata={"a": "", "c": "3"}) for _ in range(2)]
    assert (again.content, again.headers["idempotent-replayed"]) == (changed.content, "true")
    after = (await api.get(path)).json()
    assert after == changed.json()
    assert after.pop("metadata") == words | {"b": "2", "c": "3"}
    assert after == before


async def test_words_beside_an_adjustment_are_beside_its_entry(shop: Shop, api: Api):
    member = await shop.member(ANA)
    path = f"/v1/members/mem_{member}/adjust"
    tried = await api.post(path, points=20, reason="goodwill", metadata=TILL, dry_run=True)
    assert tried.json()["metadata"] == TILL
    given, again = [await api.post(path, key="k", points=20, reason="goodwill", metadata=TILL) for _ in range(2)]
    assert (given.json()["metadata"], again.json()) == (TILL, given.json())
    await api.post(path, points=5, reason="goodwill")
    await changes_alone(api, given.headers["location"], TILL)
    for where in ("/v1/entries", f"/v1/entries?member=mem_{member}", f"/v1/members/mem_{member}/entries"):
        listed = (await api.get(where)).json()["data"]
        assert [one["metadata"] for one in listed] == [{}, TILL | {"b": "2", "c": "3"}], where
    assert await contradictions(shop) == []


async def test_words_beside_a_proposal_are_beside_what_it_comes_to(shop: Shop, api: Api):
    await programme(shop)
    member = await shop.member(ANA)
    wanted: dict[str, Any] = {"points": 80, "reason": "goodwill", "metadata": TILL}
    proposed = await api.post(f"/v1/members/mem_{member}/adjust", **wanted)
    assert (proposed.json()["state"], proposed.json()["metadata"]) == ("proposed", TILL)
    await changes_alone(api, proposed.headers["location"], TILL)
    [listed] = (await api.get("/v1/adjustments")).json()["data"]
    words = {**TILL, "b": "2", "c": "3"}
    assert listed["metadata"] == words
    engine, adjustment_id = shop.engine, number("adj", proposed.json()["id"])
    command = await deciding_adjustment(engine.database, shop.merchant, adjustment_id, approve=True)
    await engine.desk.submit(command, actor="operator:2")
    [entry] = (await api.get(f"/v1/members/mem_{member}/entries")).json()["data"]
    assert (entry["subject"], entry["metadata"]) == (proposed.json()["id"], words)
    await api.patch(f"/v1/entries/{entry['id']}", metadata={"b": ""})
    assert (await api.get(proposed.headers["location"])).json()["metadata"] == {**TILL, "c": "3"}


async def test_words_beside_a_coupon_are_its_own(shop: Shop, api: Api):
    await shop.member(ANA, 100)
    made = await coupon_of(shop, api)
    code = made["coupon"]["code"]
    await changes_alone(api, f"/v1/coupons/{code.lower()}", {})
    words = {"b": "2", "c": "3"}
    for query in ("", f"?redemption={made['id']}", "?state=issued"):
        [listed] = (await api.get(f"/v1/coupons{query}")).json()["data"]
        assert listed["metadata"] == words
    assert (await api.get(f"/v1/redemptions/{made['id']}")).json()["metadata"] == TILL
    assert (await api.post(f"/v1/coupons/{code}/void")).json()["metadata"] == words


async def test_words_are_noted_beside_each_referral_that_begins(shop: Shop, api: Api):
    await programme(shop)
    path = f"/v1/members/mem_{await shop.member(ANA)}/referral/share"
    tried = await api.post(path, emails=[BEN], metadata=TILL, dry_run=True)
    assert len(tried.json()["referrals"]) == 1
    told, again = [await api.post(path, key="k", emails=[BEN, CAT], metadata=TILL) for _ in range(2)]
    assert (len(told.json()["referrals"]), again.json()) == (2, told.json())
    later = await api.post(path, emails=[CAT, "dan@example.com"], metadata={"till": "5"})
    assert len(later.json()["referrals"]) == 1, "who was told before is not told again"
    listed = (await api.get("/v1/referrals")).json()["data"]
    assert [one["metadata"] for one in listed] == [{"till": "5"}, TILL, TILL]
    await changes_alone(api, f"/v1/referrals/{told.json()['referrals'][0]}", TILL)


@pytest.mark.parametrize("path", ["entries/ent_9_1", "adjustments/adj_9", "coupons/NOBODYS", "referrals/ref_9"])
async def test_nothing_is_noted_beside_what_is_not_there(shop: Shop, api: Api, path: str):
    refused = await api.patch(f"/v1/{path}", metadata=TILL)
    assert refused.status_code == 404, refused.text
    beside = "SELECT count(*) FROM metadata WHERE merchant_id = $1"
    assert await shop.engine.database.fetchval(beside, shop.merchant.merchant_id) == 0


async def test_words_beside_what_is_a_members_are_told_to_them_and_go_with_them(shop: Shop, api: Api):
    await programme(shop)
    ana, ben = await shop.member(ANA, 300), await shop.member(BEN, 50)
    made = await coupon_of(shop, api)
    await api.patch(f"/v1/coupons/{made['coupon']['code']}", metadata=TILL)
    total = {"amount_minor": 900, "currency": "USD"}
    await api.post("/v1/orders", id="A-1", member=f"mem_{ana}", total=total, metadata=TILL)
    await api.post("/v1/orders/A-1/returns", return_id="R-1", total=total, metadata=TILL)
    await api.post("/v1/earning_rules", name="Review", trigger="review", earns={"kind": "flat", "points": 5})
    await api.post("/v1/activities", member=f"mem_{ana}", kind="review", id="review-1", metadata=TILL)
    await api.post(f"/v1/members/mem_{ana}/referral/share", emails=[CAT], metadata=TILL)
    for member in (ana, ben):
        for points in (10, 80):
            adjust = f"/v1/members/mem_{member}/adjust"
            await api.post(adjust, points=points, reason="goodwill", metadata=TILL)
    await api.patch(f"/v1/members/mem_{ana}", metadata=TILL)
    kinds = ["activity", "adjustment", "coupon", "entry", "member", "order", "redemption", "referral", "return"]
    known = (await api.get(f"/v1/members/mem_{ana}/export")).json()["known"]["metadata"]
    assert sorted(one["kind"] for one in known) == kinds

    assert (await api.post(f"/v1/members/mem_{ana}/erase")).status_code == 200

    beside = "SELECT kind, words FROM metadata WHERE merchant_id = $1 ORDER BY kind"
    left = await shop.engine.database.fetch(beside, shop.merchant.merchant_id)
    assert [(kind, msgspec.json.decode(words)) for kind, words in left] == [("adjustment", TILL), ("entry", TILL)]
    assert len((await api.get(f"/v1/members/mem_{ben}/export")).json()["known"]["metadata"]) == 2
    assert await contradictions(shop) == []
