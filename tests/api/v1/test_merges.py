"""Members who turn out to be one, members who leave, and all that is known of one."""

import pytest

from tests.api.v1.conftest import Api
from tests.moving.people import household
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def test_two_members_are_one_and_two_again(shop: Shop, api: Api):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 50)
    path = f"/v1/members/mem_{ben}"
    tried = await api.post(f"{path}/merge", into=f"email:{ANA}", dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["state"]) == ("true", "done")
    assert (await api.get(path)).json()["id"] == f"mem_{ben}"

    merged, again = [await api.post(f"{path}/merge", key="m", into=f"mem_{ana}") for _ in range(2)]
    assert (merged.status_code, again.json()) == (200, merged.json())
    assert (merged.json()["member"], merged.json()["into"]) == (f"mem_{ben}", f"mem_{ana}")
    assert ((await api.get(path)).json()["id"], await shop.balance(ANA)) == (f"mem_{ana}", (150, 0))
    refused = await api.post(f"{path}/merge", into=f"mem_{ana}")
    assert (refused.status_code, refused.json()["code"]) == (422, "member_merged")
    assert (await api.get(f"{path}/merges")).json()["data"] == [merged.json()]

    undone = await api.post(f"{path}/unmerge")
    assert (undone.json()["state"], undone.json()["id"]) == ("undone", merged.json()["id"])
    assert (await api.get(path)).json()["balances"]["available"] == 50
    assert (await api.post(f"{path}/unmerge", merge=merged.json()["id"])).json()["state"] == "undone"
    assert (await api.post(f"{path}/unmerge", merge="mrg_1")).status_code == 400
    assert await contradictions(shop) == []


async def test_a_member_is_erased_once_and_the_sums_stay(shop: Shop, api: Api):
    made = (await api.post("/v1/members", email=ANA, first_name="Ana", metadata={"crm": "7"})).json()
    await shop.give(ANA, 100)
    path = f"/v1/members/{made['id']}"
    tried = await api.post(f"{path}/erase?dry_run=true")
    assert (tried.headers["dry-run"], tried.json()["points"]) == ("true", 100)
    assert (await api.get(path)).json()["email"] == ANA

    erased, again = [await api.post(f"{path}/erase", key="e") for _ in range(2)]
    assert (erased.status_code, again.content) == (200, erased.content)
    assert (erased.json()["member"], erased.json()["points"]) == (made["id"], 100)
    left = (await api.get(path)).json()
    assert (left["status"], left["first_name"], left["email"], left["metadata"]) == ("erased", None, None, {})
    refused = await api.post(f"{path}/erase")
    assert (refused.status_code, refused.json()["code"]) == (422, "member_erased")
    assert await contradictions(shop) == []


async def test_whoever_shares_an_account_may_leave_for_good(shop: Shop, api: Api):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 50)
    await household(shop, ana, ben)
    path = f"/v1/members/mem_{ben}"
    tried = await api.post(f"{path}/erase", dry_run=True)
    assert (tried.headers["dry-run"], tried.json()["points"]) == ("true", None)
    assert (await api.get(path)).json()["status"] == "active"
    assert (await api.post(f"{path}/erase")).json()["points"] == 0
    assert (await shop.balance(ANA), await contradictions(shop)) == ((150, 0), [])


async def test_everything_that_is_known_is_told(shop: Shop, api: Api):
    made = (await api.post("/v1/members", email=ANA, first_name="Ana", metadata={"crm": "7"})).json()
    await shop.give(ANA, 100)
    known = (await api.get(f"/v1/members/{made['id']}/export")).json()["known"]
    assert known["profile"][0]["first_name"] == "Ana"
    assert known["identity"][0]["value"] == ANA
    assert known["entry"][0]["points"] == 100
    assert known["metadata"][0]["words"] == {"crm": "7"}


async def test_the_members_of_another_merchant_are_nobody(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    own, foreign = await shop.member(ANA), await other.member(BEN, 5)
    path = f"/v1/members/mem_{foreign}"
    answers = [
        await api.post(f"{path}/merge", into=f"mem_{own}"), await api.post(f"{path}/unmerge"),
        await api.post(f"{path}/erase"), await api.get(f"{path}/export"), await api.get(f"{path}/merges"),
        await api.post(f"/v1/members/mem_{own}/merge", into=f"mem_{foreign}"),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}
    assert await other.balance(BEN) == (5, 0)
