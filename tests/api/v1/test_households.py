"""Members who share one account."""

import pytest

from tests.api.v1.conftest import Api
from tests.moving.people import household
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
HOUSEHOLDS = "/v1/households"


async def test_members_share_an_account_and_part_again(shop: Shop, api: Api):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 50)
    made = await api.post(HOUSEHOLDS, owner=f"email:{ANA}", name="Stone", metadata={"a": "1"})
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    assert (made.json()["object"], made.json()["name"], made.json()["metadata"]) == ("household", "Stone", {"a": "1"})
    owner = {"member": f"mem_{ana}", "role": "owner", "may_spend": True, "joined_at": "2026-03-10T12:00:00Z"}
    assert made.json()["members"] == [owner]

    shop.clock.advance(minutes=1)
    joined = await api.post(f"{path}/members", member=f"email:{BEN}", may_spend=False)
    assert [(one["member"], one["role"], one["may_spend"]) for one in joined.json()["members"]] == [
        (f"mem_{ana}", "owner", True), (f"mem_{ben}", "member", False),
    ]  # fmt: skip
    shared = (await api.get(f"/v1/members/mem_{ben}")).json()
    assert (shared["balances"]["available"], shared["may_spend"]) == (150, False)
    assert shared["balances"]["account"] == joined.json()["account"]
    assert (await api.get(f"{HOUSEHOLDS}?member=email:{BEN}")).json()["data"] == [joined.json()]

    changed = await api.patch(f"{path}/members/mem_{ben}", may_spend=True)
    assert changed.json()["members"][1]["may_spend"] is True
    refused = await api.patch(f"{path}/members/mem_{ana}", role="member")
    assert (refused.status_code, refused.json()["code"]) == (422, "owner_needed")
    left = await api.delete(f"{path}/members/mem_{ben}", share=60)
    assert [one["member"] for one in left.json()["members"]] == [f"mem_{ana}"]
    assert (await shop.balance(BEN), await shop.balance(ANA)) == ((60, 0), (90, 0))
    dissolved = await api.post(f"{path}/dissolve")
    assert (dissolved.json()["members"], dissolved.json()["dissolved_at"]) == ([], "2026-03-10T12:01:00Z")
    assert (await api.get(path)).json() == dissolved.json()
    assert (await api.get(f"{HOUSEHOLDS}?member=email:{BEN}")).json()["data"] == []
    over = await api.post(f"{path}/dissolve")
    assert (over.status_code, over.json()["code"]) == (404, "household_not_found")
    assert await contradictions(shop) == []


async def test_dry_runs_tell_and_keep_nothing(shop: Shop, api: Api):
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN, 50)
    tried = await api.post(HOUSEHOLDS, owner=f"mem_{ana}", dry_run=True)
    assert (tried.status_code, [one["role"] for one in tried.json()["members"]]) == (200, ["owner"])
    assert (await api.get(f"{HOUSEHOLDS}?member=mem_{ana}")).json()["data"] == []

    path = (await api.post(HOUSEHOLDS, owner=f"mem_{ana}")).headers["location"]
    joining = (await api.post(f"{path}/members", member=f"mem_{ben}", dry_run=True)).json()
    assert [one["member"] for one in joining["members"]] == [f"mem_{ana}", f"mem_{ben}"]
    joined = (await api.post(f"{path}/members", member=f"mem_{ben}")).json()
    assert joining["members"] == joined["members"]
    promoted = (await api.patch(f"{path}/members/mem_{ben}", role="owner", dry_run=True)).json()
    assert [one["role"] for one in promoted["members"]] == ["owner", "owner"]
    leaving = (await api.delete(f"{path}/members/mem_{ben}", dry_run=True)).json()
    assert [one["member"] for one in leaving["members"]] == [f"mem_{ana}"]
    dissolving = (await api.post(f"{path}/dissolve", dry_run=True)).json()
    assert (dissolving["members"], dissolving["dissolved_at"] is None) == ([], False)
    assert (await api.get(path)).json() == joined
    refused = await api.post(f"{path}/members", member=f"mem_{ben}", dry_run=True)
    assert refused.json()["code"] == "in_household"


async def test_the_same_key_opens_one_household(shop: Shop, api: Api):
    ana = await shop.member(ANA, 100)
    first, again = [await api.post(HOUSEHOLDS, key="k", owner=f"mem_{ana}") for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (await api.post(HOUSEHOLDS, key="k", owner=f"mem_{ana}", name="X")).json()["code"] == "key_reused"
    path = first.headers["location"]
    assert (await api.patch(f"{path}/members/mem_{ana}")).json()["errors"][0]["pointer"] == "/role"


async def test_what_is_another_merchants_is_not_there(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    foreign, own = await other.member(BEN, 5), await shop.member(ANA)
    path = f"{HOUSEHOLDS}/hh_{(await household(other, foreign)).household_id}"
    answers = [
        await api.get(path), await api.post(f"{path}/members", member=f"mem_{own}"),
        await api.patch(f"{path}/members/mem_{foreign}", may_spend=False),
        await api.delete(f"{path}/members/mem_{foreign}"), await api.post(f"{path}/dissolve"),
        await api.post(HOUSEHOLDS, owner=f"mem_{foreign}"),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}


async def test_a_merchants_households_are_listed_page_by_page_and_noted(street: Street, shop: Shop, api: Api):
    made: list[str] = []
    for name in ("a", "b", "c"):
        shop.clock.advance(minutes=1)
        await shop.member(f"{name}@example.com", 10)
        made.insert(0, (await api.post(HOUSEHOLDS, owner=f"email:{name}@example.com")).json()["id"])
    first = (await api.get(f"{HOUSEHOLDS}?limit=2")).json()
    rest = (await api.get(f"{HOUSEHOLDS}?limit=2&cursor={first['next_cursor']}")).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == made
    assert (first["has_more"], rest["has_more"], [len(one["members"]) for one in first["data"]]) == (
        True,
        False,
        [1, 1],
    )

    await api.post(f"{HOUSEHOLDS}/{made[0]}/dissolve")
    for dissolved, expected in (("true", made[:1]), ("false", made[1:])):
        listed = (await api.get(f"{HOUSEHOLDS}?dissolved={dissolved}")).json()["data"]
        assert [one["id"] for one in listed] == expected
    assert (await api.get(f"{HOUSEHOLDS}?member=email:b@example.com&dissolved=true")).json()["data"] == []

    path = f"{HOUSEHOLDS}/{made[1]}"
    noted = await api.patch(path, metadata={"card": "7", "old": "x"})
    assert (await api.patch(path, metadata={"old": ""})).json()["metadata"] == {"card": "7"}
    assert (noted.json()["metadata"], (await api.get(path)).json()["metadata"]) == (
        {"card": "7", "old": "x"}, {"card": "7"},
    )  # fmt: skip
    tried = await api.patch(path, metadata={"card": "8"}, dry_run=True)
    assert (tried.json()["metadata"], (await api.get(path)).json()["metadata"]) == ({"card": "8"}, {"card": "7"})
    other = await street.shop()
    signed = {"authorization": f"Bearer {await Api(other).key()}"}
    refused = await shop.http.patch(path, json={"metadata": {"card": "9"}}, headers=signed)
    assert (refused.status_code, refused.json()["code"]) == (404, "household_not_found")
