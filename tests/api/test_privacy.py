"""The privacy endpoints: whether anything is known of a person, what, and that it is gone afterwards."""

from typing import Any

import pytest

from tests.shop import Shop
from tests.street import contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def shop(corner: Shop) -> Shop:
    """None of these needs a database of its own."""
    return corner


ANA, BEN = "ana@example.com", "ben@example.com"
DATA = "/api/v2/privacy/data"


async def exists(shop: Shop, address: str) -> bool:
    """What the shop is told."""
    return (await shop.http.get(f"{DATA}/exists", params={"email": address})).json()["has_data"]


async def test_what_is_known_is_told_and_then_gone(shop: Shop):
    member_id = await shop.member(ANA, 120)
    assert (await exists(shop, "Ana@Example.com"), await exists(shop, BEN)) == (True, False)
    told = (await shop.http.get(DATA, params={"email": ANA})).json()
    assert (told["email"], told["customer_id"]) == (ANA, member_id)
    assert [one["value"] for one in told["data"]["identity"]] == [ANA]
    assert [one["points"] for one in told["data"]["entry"]] == [120]

    gone = await shop.http.request("DELETE", DATA, json={"email": ANA, "all_stores": True})

    assert gone.status_code == 200, gone.text
    assert gone.json() == {
        "success": True, "customer_id": member_id, "points_expired": 120, "erased_at": "2026-03-10T12:00:00.000Z"
    }  # fmt: skip
    assert not await exists(shop, ANA)
    again = await shop.http.request("DELETE", DATA, params={"email": ANA})
    assert (again.status_code, list(again.json())) == (404, ["error"])
    assert await contradictions(shop) == []


async def test_parameters_come_every_way_there_is(shop: Shop):
    await shop.member(ANA)
    answer = await shop.http.get(DATA, params={"customer_email": ANA, "all_stores": "false"})
    assert answer.status_code == 200, answer.text
    assert (await shop.http.request("DELETE", DATA, data={"email": ANA})).json()["success"] is True


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    ("params", "status"),
    [({}, 400), ({"email": ""}, 400), ({"email": "nobody"}, 400), ({"email": BEN}, 404), ({"email": "a\0@b.c"}, 400)],
)
async def test_whom_nothing_names_is_refused_by_field(shop: Shop, method: str, params: dict[str, Any], status: int):
    answer = await shop.http.request(method, DATA, params=params)
    assert answer.status_code == status, answer.text
    assert "email" in answer.json()["error"]


async def test_another_merchants_person_is_unknown(shop: Shop):
    answer = await shop.http.get(f"{DATA}/exists", params={"email": ANA}, headers={"x-api-key": "gk_wrong"})
    assert answer.status_code == 401
