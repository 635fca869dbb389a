"""Points given or taken by hand."""

from typing import Any

import pytest

from guerdon.activities.log import deciding_adjustment
from guerdon.api.v1.ids import number
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


async def test_points_are_given_and_taken_for_a_reason(shop: Shop, api: Api):
    member = await shop.member(ANA)
    path = f"/v1/members/mem_{member}"
    given = await api.post(
        f"{path}/adjust", points=100, reason="reward", title="Sorry", expires_at="2026-04-01T00:00:00Z"
    )
    assert given.status_code == 201, given.text
    assert given.headers["location"] == f"/v1/entries/{given.json()['entry']}"
    assert (given.json()["state"], given.json()["id"], given.json()["available"]) == ("booked", None, 100)
    entry = (await api.get(given.headers["location"])).json()
    assert (entry["title"], entry["counted"], entry["subject"]) == ("Sorry", True, f"mem_{member}")
    for points, reason, available in (
        (50, "goodwill", 150),
        (-30, "redeem", 120),
        (-20, "expire", 100),
        (-10, "reward", 90),
    ):
        adjusted = await api.post(f"{path}/adjust", points=points, reason=reason)
        assert adjusted.json()["available"] == available, reason
    balances = (await api.get(path)).json()["balances"]
    assert {name: balances[name] for name in ("earned", "redeemed", "expired")} == {
        "earned": 90, "redeemed": 30, "expired": 20,
    }  # fmt: skip
    assert balances["next_expiry"] == {"at": "2026-04-01T00:00:00Z", "points": 40}
    refused = await api.post(f"{path}/adjust", points=-1000, reason="redeem")
    assert (refused.status_code, refused.json()["facts"]["shortfall"]) == (422, 910)
    assert await contradictions(shop) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"points": 0, "reason": "reward"}, "/points"),
        ({"points": 5, "reason": "redeem"}, "/points"),
        ({"points": -5, "reason": "goodwill"}, "/points"),
        ({"points": 5}, "/reason"),
        ({"points": 5, "reason": "whim"}, "/reason"),
        ({"points": 5, "reason": "reward", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ],
)
async def test_what_is_wrong_is_pointed_to(shop: Shop, api: Api, body: dict[str, Any], pointer: str):
    answer = await api.post(f"/v1/members/mem_{await shop.member(ANA)}/adjust", **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_a_dry_run_books_nothing_and_a_key_books_once(shop: Shop, api: Api):
    path = f"/v1/members/mem_{await shop.member(ANA, 10)}/adjust"
    tried = await api.post(path, points=5, reason="reward", dry_run=True)
    assert (tried.status_code, tried.json()["available"], await shop.balance(ANA)) == (200, 15, (10, 0))
    first, again = [await api.post(path, key="k", points=5, reason="reward") for _ in range(2)]
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    other = await api.post(path, key="k", points=6, reason="reward")
    assert (other.json()["code"], await shop.balance(ANA)) == ("key_reused", (15, 0))


async def test_more_than_one_person_decides_is_proposed(shop: Shop, api: Api):
    engine, merchant_id = shop.engine, shop.merchant.merchant_id
    await set_policies(engine.database, merchant_id, Policies(approval_above=50))
    member = await shop.member(ANA)
    wanted: dict[str, Any] = {"points": 80, "reason": "goodwill", "note": "A lost parcel"}
    proposed = await api.post(f"/v1/members/mem_{member}/adjust", **wanted)
    assert (proposed.status_code, proposed.json()["state"], proposed.json()["entry"]) == (202, "proposed", None)
    assert await shop.balance(ANA) == (0, 0)
    path = proposed.headers["location"]
    waiting = (await api.get(path)).json()
    assert (waiting["state"], waiting["points"], waiting["reason"]) == ("proposed", 80, "goodwill")
    assert (waiting["note"], waiting["member"], waiting["decided_by"]) == ("A lost parcel", f"mem_{member}", None)
    shop.clock.advance(minutes=1)
    late = (await api.post(f"/v1/members/mem_{member}/adjust", points=-90, reason="expire")).json()
    command = await deciding_adjustment(engine.database, shop.merchant, number("adj", waiting["id"]), approve=True)
    await engine.desk.submit(command, actor="operator:1")
    shop.clock.advance(days=31)

    async def listed(query: str) -> list[tuple[str, str]]:
        return [(one["id"], one["state"]) for one in (await api.get(f"/v1/adjustments?{query}")).json()["data"]]

    assert await listed("limit=5") == [(late["id"], "expired"), (waiting["id"], "approved")]
    assert await listed(f"member=email:{ANA}&state=approved") == [(waiting["id"], "approved")]
    assert await listed("state=proposed") == []
    assert (await api.get("/v1/adjustments?limit=1")).json()["has_more"] is True
    assert await shop.balance(ANA) == (80, 0)


async def test_what_is_another_merchants_is_not_there(street: Street, shop: Shop, api: Api):
    other = await street.shop(policies=Policies(approval_above=0))
    member = await other.member(ANA, 5)
    row = await shop.engine.database.fetchrow(
        "SELECT adjustment_id FROM adjustment WHERE merchant_id = $1", other.merchant.merchant_id
    )
    assert row is not None
    assert (await api.get(f"/v1/adjustments/adj_{row[0]}")).status_code == 404
    assert (await api.post(f"/v1/members/mem_{member}/adjust", points=5, reason="reward")).status_code == 404
