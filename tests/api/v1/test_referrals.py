"""Members who bring friends."""

import pytest

from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from guerdon.merchants.referral import ReferralProgramme
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN, CAT = "ana@example.com", "ben@example.com", "cat@example.com"


async def programme(shop: Shop) -> None:
    """A programme of referrals, in which a member may tell two people a day."""
    rule = ReferralProgramme(referrer_points=100, link="https://acme.example/?ref={code}", shares_max_per_day=2)
    await set_policies(shop.engine.database, shop.merchant.merchant_id, Policies(referrals=rule))


async def test_a_member_tells_friends_and_sees_what_comes_of_it(shop: Shop, api: Api):
    await programme(shop)
    ana = await shop.member(ANA)
    path = f"/v1/members/mem_{ana}/referral"
    tried = await api.post(f"{path}/share", emails=[BEN], dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["emails"]) == ("true", [BEN])
    assert (await api.get("/v1/referrals")).json()["data"] == []

    first, again = [await api.post(f"{path}/share", key="k", emails=[BEN, ANA]) for _ in range(2)]
    assert (first.json()["emails"], again.json()) == ([BEN], first.json())
    referrer = (await api.get(path)).json()
    assert referrer["link"] == f"https://acme.example/?ref={referrer['code']}"
    assert (referrer["shares"], referrer["signed_up"], referrer["completed"]) == (2, 0, 0)
    assert referrer["refused"] == [{"reason": "self", "referrals": 1}]
    assert (await api.get(path)).json() == referrer

    shop.clock.advance(minutes=1)
    ben = (await api.post("/v1/members", email=BEN)).json()
    cat = (await api.post("/v1/members", email=CAT, referral_code=referrer["code"].lower())).json()
    listed = (await api.get(f"/v1/referrals?member=email:{ANA}&state=signed_up")).json()["data"]
    assert [(one["friend"], one["source"]) for one in listed] == [(cat["id"], "code"), (ben["id"], "email")]
    assert (await api.get(f"/v1/referrals/{listed[0]['id']}")).json() == listed[0]
    assert len((await api.get("/v1/referrals")).json()["data"]) == 3
    page = (await api.get("/v1/referrals?limit=1")).json()
    rest = (await api.get(f"/v1/referrals?cursor={page['next_cursor']}")).json()
    assert ([page["data"][0]["id"], len(rest["data"])], rest["has_more"]) == ([listed[0]["id"], 2], False)

    refused = await api.post(f"{path}/share", emails=[CAT])
    assert (refused.status_code, refused.json()["code"]) == (422, "shares_cap")
    wrong = await api.post(f"{path}/share", emails=[BEN, "nobody"])
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/emails/1")


async def test_without_a_programme_nobody_brings_friends(shop: Shop, api: Api):
    path = f"/v1/members/mem_{await shop.member(ANA)}/referral"
    for answer in (await api.get(path), await api.post(f"{path}/share", emails=[BEN])):
        assert (answer.status_code, answer.json()["code"]) == (422, "no_referral_programme")


async def test_what_is_another_merchants_is_not_there(street: Street, shop: Shop, api: Api):
    await programme(shop)
    other = await street.shop()
    path = f"/v1/members/mem_{await other.member(ANA)}/referral"
    assert (await api.get(path)).status_code == 404
    assert (await api.post(f"{path}/share", emails=[BEN])).status_code == 404
    assert (await api.get("/v1/referrals/ref_999999999")).json()["code"] == "referral_not_found"
