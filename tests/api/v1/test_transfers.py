"""Points that members give each other or buy, and the rule for it."""

from typing import Any

import pytest

from guerdon.moving.rule import Fee, MovingRule, Terms
from tests.api.v1.conftest import Api
from tests.moving.people import allow
from tests.shop import Shop
from tests.street import Street, contradictions

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
TRANSFERS, PURCHASES, RULE = "/v1/transfers", "/v1/purchases", "/v1/transfer_rule"
WANTED: dict[str, Any] = {"from": f"email:{ANA}", "to": f"email:{BEN}", "points": 40}


def but(wanted: dict[str, Any], **differs: Any) -> dict[str, Any]:
    """The same request with something else in it."""
    return {**wanted, **differs}


async def test_points_go_from_one_member_to_another(shop: Shop, api: Api):
    await allow(shop, MovingRule(transfers=Terms(enabled=True, fee=Fee(flat=5)), gifts=Terms(enabled=True)))
    ana, ben = await shop.member(ANA, 100), await shop.member(BEN)
    tried = await api.post(TRANSFERS, **WANTED, dry_run=True)
    assert (tried.status_code, tried.json()["fee_points"], await shop.balance(ANA)) == (200, 5, (100, 0))
    moved = await api.post(TRANSFERS, **WANTED, note="For lunch", metadata={"a": "1"})
    assert moved.status_code == 201, moved.text
    answer = moved.json()
    assert (answer["object"], answer["kind"], answer["from"], answer["to"]) == (
        "transfer", "transfer", f"mem_{ana}", f"mem_{ben}",
    )  # fmt: skip
    assert (answer["points"], answer["fee_points"], answer["fee"]["amount_minor"]) == (40, 5, 0)
    assert (await api.get(moved.headers["location"])).json() == answer
    entry = (await api.get(f"/v1/entries/{answer['entry']}")).json()
    assert (entry["target"], entry["points"], entry["subject"]) == ("moved", 40, answer["id"])
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((55, 0), (40, 0))
    refused = await api.post(TRANSFERS, **but(WANTED, points=500, kind="gift"))
    assert (refused.status_code, refused.json()["facts"]["shortfall"]) == (422, 445)
    assert await contradictions(shop) == []


async def test_the_same_key_moves_and_buys_once(shop: Shop, api: Api):
    await allow(shop)
    await shop.member(ANA, 100)
    await shop.member(BEN)
    for path, wanted in ((TRANSFERS, WANTED), (PURCHASES, {"buyer": f"email:{ANA}", "points": 10, "payment": "P-1"})):
        first, again = [await api.post(path, key="k", **wanted) for _ in range(2)]
        assert (first.status_code, again.json()) == (201, first.json())
        assert again.headers["idempotent-replayed"] == "true"
        assert (await api.post(path, key="k", **but(wanted, points=7))).json()["code"] == "key_reused"
    assert await shop.balance(ANA) == (70, 0)


async def test_points_are_bought_once_for_a_payment(shop: Shop, api: Api):
    await allow(shop)
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    wanted: dict[str, Any] = {"buyer": f"mem_{ana}", "receiver": f"email:{BEN}", "points": 100, "payment": "P-1"}
    tried = await api.post(PURCHASES, **wanted, dry_run=True)
    assert (tried.json()["price"], await shop.balance(BEN)) == ({"amount_minor": 10, "currency": "USD"}, (0, 0))
    for paid in ({"amount_minor": 9, "currency": "USD"}, {"amount_minor": 10, "currency": "EUR"}):
        refused = await api.post(PURCHASES, **wanted, paid=paid)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"][:5]) == (400, "/paid")
    bought = await api.post(PURCHASES, **wanted, paid={"amount_minor": 10, "currency": "USD"})
    assert (bought.status_code, bought.json()["buyer"], bought.json()["receiver"]) == (201, f"mem_{ana}", f"mem_{ben}")
    assert (await api.get(bought.headers["location"])).json() == bought.json()
    assert (await api.get(f"/v1/entries/{bought.json()['entry']}")).json()["subject"] == bought.json()["id"]
    reused = await api.post(PURCHASES, **but(wanted, points=200))
    assert (reused.status_code, reused.json()["code"]) == (409, "payment_reused")
    assert await shop.balance(BEN) == (100, 0)


async def test_bought_points_are_taken_back_with_their_money(shop: Shop, api: Api):
    await allow(shop)
    await shop.member(ANA)
    bought = await api.post(PURCHASES, buyer=f"email:{ANA}", points=100, payment="P-1", metadata={"till": "4"})
    assert (bought.json()["state"], bought.json()["points_back"], bought.json()["refunded_at"]) == ("paid", 0, None)
    path = f"{bought.headers['location']}/refund"
    tried = await api.post(path, dry_run=True)
    assert (tried.json()["state"], await shop.balance(ANA)) == ("refunded", (100, 0))
    shop.clock.advance(minutes=1)
    refunded, same, again = [await api.post(path, key=key, note="A mistake") for key in ("k", "k", "l")]
    assert (refunded.status_code, same.headers["idempotent-replayed"]) == (200, "true")
    assert refunded.json() == same.json() == again.json()
    assert refunded.json() == {
        **bought.json(), "state": "refunded", "points_back": 100, "refunded_at": refunded.json()["refunded_at"]
    }  # fmt: skip
    assert await shop.balance(ANA) == (0, 0)
    assert (await api.get(PURCHASES)).json()["data"] == [refunded.json()]
    (taken, _) = (await api.get(f"/v1/entries?member=email:{ANA}")).json()["data"]
    assert (taken["reason"], taken["subject"], taken["title"]) == ("reversal", bought.json()["id"], "A mistake")
    await shop.member(BEN)
    moved = (await api.post(TRANSFERS, **WANTED)).json().get("id", "trf_1")
    assert (await api.post(f"{PURCHASES}/{moved.replace('trf', 'pur')}/refund")).status_code == 404
    assert await contradictions(shop) == []


async def test_lists_tell_what_was_moved_and_bought(shop: Shop, api: Api):
    await allow(shop)
    await shop.member(ANA, 100)
    await shop.member(BEN)
    made: list[str] = []
    for kind in ("transfer", "gift", "transfer"):
        shop.clock.advance(minutes=1)
        made.insert(0, (await api.post(TRANSFERS, **but(WANTED, points=5, kind=kind))).json()["id"])
    bought = (await api.post(PURCHASES, buyer=f"email:{BEN}", points=10, payment="P-1")).json()

    async def listed(path: str) -> list[str]:
        return [one["id"] for one in (await api.get(path)).json()["data"]]

    first = (await api.get(f"{TRANSFERS}?limit=2")).json()
    assert ([one["id"] for one in first["data"]], first["has_more"]) == (made[:2], True)
    assert await listed(f"{TRANSFERS}?cursor={first['next_cursor']}") == made[2:]
    assert await listed(f"{TRANSFERS}?kind=gift&member=email:{BEN}") == [made[1]]
    assert await listed(f"{PURCHASES}?member=email:{BEN}") == [bought["id"]]
    assert await listed(f"{PURCHASES}?member=email:{ANA}") == []
    assert (await api.get(f"{TRANSFERS}/{bought['id'].replace('pur', 'trf')}")).status_code == 404


async def test_the_rule_is_set_by_version(shop: Shop, api: Api):
    before = await api.get(RULE)
    assert (before.json()["version"], before.headers["etag"], before.json()["transfers"]["enabled"]) == (
        0,
        '"0"',
        False,
    )
    terms: dict[str, Any] = {"transfers": {"enabled": True, "minimum": 10}, "price": {"amount": 1, "points": 10}}

    async def put(match: str | None = None, key: str | None = None, **body: Any) -> Any:
        headers = {"if-match": match, "idempotency-key": key}
        return await shop.http.put(RULE, json=body, headers={name: value for name, value in headers.items() if value})

    tried = await put(**terms, dry_run=True)
    assert (tried.json()["version"], tried.headers["dry-run"]) == (1, "true")
    assert (await api.get(RULE)).json() == before.json()
    first, again = [await put('"0"', "k", **terms) for _ in range(2)]
    assert (first.status_code, first.headers["etag"], again.headers["etag"]) == (200, '"1"', '"1"')
    assert (again.content, (await api.get(RULE)).json()) == (first.content, first.json())
    outdated = await put('"0"', **terms)
    assert (outdated.status_code, outdated.json()["code"], outdated.json()["facts"]["now"]) == (412, "outdated", '"1"')
    wrong = await put(transfers={"enabled": True, "step": 0})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/transfers/step")
    assert (await put('"7", "1"', gifts={"enabled": True})).json()["transfers"]["enabled"] is False


async def test_what_only_the_portal_knows_of_the_rule_stays(shop: Shop, api: Api):
    await allow(shop, MovingRule(created_user_id=7))
    await shop.http.put(RULE, json={"price": {"amount": 1}})
    row = await shop.engine.database.fetchrow(
        "SELECT terms ->> 'created_user_id' FROM moving_rule WHERE merchant_id = $1 AND version = 2",
        shop.merchant.merchant_id,
    )
    assert row is not None
    assert row[0] == "7"


async def test_what_is_another_merchants_is_not_there(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    await allow(other)
    await allow(shop)
    ana, foreign = await shop.member(ANA, 100), await other.member(BEN, 100)
    for wanted in ({"from": f"mem_{ana}", "to": f"mem_{foreign}"}, {"from": f"mem_{foreign}", "to": f"mem_{ana}"}):
        assert (await api.post(TRANSFERS, **wanted, points=5)).status_code == 404
    assert (await api.get(f"{TRANSFERS}?member=mem_{foreign}")).status_code == 404
    assert (await api.get(f"{TRANSFERS}/trf_1")).status_code == 404
    assert (await api.get(f"{PURCHASES}/pur_1")).status_code == 404
    assert await other.balance(BEN) == (100, 0)


async def test_something_is_noted_beside_them_later(shop: Shop, api: Api):
    await allow(shop)
    await shop.member(ANA, 100)
    await shop.member(BEN)
    moved = await api.post(TRANSFERS, **WANTED, metadata={"a": "1"})
    bought = await api.post(PURCHASES, buyer=f"email:{ANA}", points=10, payment="P-1")
    for answer, words in ((moved, {"a": "1", "till": "4"}), (bought, {"till": "4"})):
        path = answer.headers["location"]
        first, again = [await api.patch(path, key=path, metadata={"till": "4"}) for _ in range(2)]
        assert (first.json()["metadata"], again.headers["idempotent-replayed"]) == (words, "true")
        assert (await api.get(path)).json() == first.json()
    missing = await api.patch(f"{PURCHASES}/{moved.json()['id'].replace('trf', 'pur')}", metadata={"till": "4"})
    assert missing.status_code == 404
