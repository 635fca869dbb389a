"""What finds a member, added and removed by the merchant."""

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def test_identities_come_and_go(shop: Shop, api: Api):
    member = await shop.member(ANA)
    path = f"/v1/members/mem_{member}/identities"
    added = await api.post(path, kind="card", value=" 1234 ")
    assert added.json() == {
        "object": "identities", "member": f"mem_{member}",
        "identities": [{"kind": "card", "value": "1234"}, {"kind": "email", "value": ANA}],
    }  # fmt: skip
    assert (await api.get("/v1/members/by?card=1234")).json()["id"] == f"mem_{member}"
    await api.post(path, kind="email", value="Ana@Work.example")
    assert (await api.get("/v1/members/by?email=ana@work.example")).json()["id"] == f"mem_{member}"
    assert (await api.delete(f"{path}/email/{ANA}")).status_code == 200
    assert (await api.get(f"/v1/members/by?email={ANA}")).status_code == 404
    assert (await api.delete(path, kind="card", value="1234")).json() == (await api.get(path)).json()
    last = await api.delete(f"{path}/email/ana@work.example")
    assert (last.status_code, last.json()["code"]) == (422, "last_identity")


async def test_an_identity_finds_one_member(shop: Shop, api: Api):
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    taken = await api.post(f"/v1/members/mem_{ana}/identities", kind="email", value=BEN)
    assert (taken.status_code, taken.json()["code"]) == (409, "identity_taken")
    assert taken.json()["facts"]["member_id"] == ben
    assert (await api.post(f"/v1/members/mem_{ana}/identities", kind="email", value=ANA)).status_code == 200
    absent = await api.delete(f"/v1/members/mem_{ana}/identities/email/{BEN}")
    assert (absent.status_code, absent.json()["code"]) == (404, "member_not_found")


async def test_a_dry_run_keeps_nothing_and_a_key_works_once(shop: Shop, api: Api):
    path = f"/v1/members/mem_{await shop.member(ANA)}/identities"
    tried = await api.post(path, kind="email", value=BEN, dry_run=True)
    assert len(tried.json()["identities"]) == 2
    assert len((await api.get(path)).json()["identities"]) == 1
    await api.post(path, kind="email", value=BEN)
    first, again = [await api.delete(f"{path}/email/{BEN}", key="k") for _ in range(2)]
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    kept = await shop.engine.database.fetch(
        "SELECT key FROM answer WHERE merchant_id = $1 AND strpos(key, ' k') > 0", shop.merchant.merchant_id
    )
    assert [BEN in row[0] for row in kept] == [False], "the key outlives the member"


async def test_the_members_of_another_merchant_are_nobody(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    path = f"/v1/members/mem_{await other.member(ANA)}/identities"
    answers = [await api.get(path), await api.post(path, kind="card", value="1"), await api.delete(f"{path}/card/1")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
