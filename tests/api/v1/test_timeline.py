"""Members found by a few letters, and their stories, over the native API."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, cancel, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def pages(api: Api, path: str) -> list[list[dict[str, Any]]]:
    """The rows of each page."""
    told: list[list[dict[str, Any]]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.get(f"{path}&cursor={cursor}" if cursor else path)).json()
        told.append(page["data"])
        cursor = page.get("next_cursor")
    return told


async def test_members_are_found_by_a_few_letters_page_by_page(shop: Shop, api: Api):
    made: dict[str, str] = {}
    for first, last in (("Ána", "López"), ("Anabel", "Lopes"), ("Ben", "Anand"), ("Cleo", "Zed")):
        address = f"{first[:2]}.{last}@example.com".lower().replace("á", "a").replace("ó", "o")
        member = (await api.post("/v1/members", email=address, first_name=first, last_name=last)).json()
        made[first] = member["id"]
    for typed, due in {
        "lop an": ["Ána", "Anabel"], "ana": ["Ána", "Anabel", "Ben"], "zed": ["Cleo"], "cl.z": ["Cleo"],
        "be.anand@example.com": ["Ben"], made["Ben"]: ["Ben"], "nobody": [],
    }.items():  # fmt: skip
        whole = await pages(api, f"/v1/members?q={typed}&limit=100")
        assert sorted(one["id"] for one in whole[0]) == sorted(made[name] for name in due), typed
        single = await pages(api, f"/v1/members?q={typed}&limit=1")
        assert [one for page in single for one in page] == whole[0], typed
        assert all(len(page) <= 1 for page in single)
    tagged = await api.get("/v1/members?q=ana&tag=vip")
    assert tagged.json()["data"] == []
    assert (await api.get(f"/v1/members?q={'x' * 201}")).status_code == 400


async def test_a_story_is_told_page_by_page_and_by_kind(shop: Shop, api: Api):
    member = f"mem_{await shop.member(ANA, 1000)}"
    rule = await shop.rule(name="Mug")
    shop.clock.advance(minutes=1)
    made = await redeem(shop, ANA, rule.rule_id)
    shop.clock.advance(minutes=1)
    await cancel(shop, made.redemption_id)
    refused = await api.post("/v1/redemptions", member=member, rule=f"rule_{rule.rule_id}", points=99_999)
    assert refused.status_code == 422
    path = f"/v1/members/{member}/timeline"
    [whole] = await pages(api, f"{path}?limit=100")
    assert [row for page in await pages(api, f"{path}?limit=2") for row in page] == whole
    assert [row["at"] for row in whole] == sorted((row["at"] for row in whole), reverse=True)
    redeemed = next(row for row in whole if row["kind"] == "redemption")
    assert (redeemed["id"], redeemed["subject"]) == (f"red_{made.redemption_id}", f"red_{made.redemption_id}")
    assert (redeemed["facts"]["name"], redeemed["facts"]["points"], redeemed["facts"]["state"]) == (
        "Mug", 100, "cancelled"
    )  # fmt: skip
    said_no = next(row for row in whole if row["kind"] == "decision")
    assert said_no["facts"]["code"] == refused.json()["code"]
    points = await pages(api, f"{path}?kinds=points&limit=100")
    assert [row["points"] for row in points[0]] == [100, -100, 1000]
    assert {row["kind"] for row in (await pages(api, f"{path}?kinds=redemption,decision&limit=100"))[0]} == {
        "redemption", "decision"
    }  # fmt: skip


async def test_what_no_story_has_is_refused(shop: Shop, api: Api, street: Street):
    member = f"mem_{await shop.member(ANA, 10)}"
    theirs = f"mem_{await (await street.shop()).member(BEN, 10)}"
    unknown = await api.get(f"/v1/members/{member}/timeline?kinds=points,gossip")
    assert (unknown.status_code, unknown.json()["facts"]["field"]) == (400, "kinds")
    assert "'gossip'" in unknown.json()["detail"]
    lost = await api.get(f"/v1/members/{member}/timeline?cursor=elsewhere")
    assert (lost.status_code, lost.json()["facts"]["field"]) == (400, "cursor")
    assert (await api.get(f"/v1/members/{theirs}/timeline")).status_code == 404
