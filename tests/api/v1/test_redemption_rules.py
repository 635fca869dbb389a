"""Redemption rules of the native API: what a merchant sets, and what members then redeem by."""

from typing import Any

import pytest

from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
RULES = "/v1/redemption_rules"
FIVER: dict[str, Any] = {"points": 100, "amount_minor": 500}


async def patch(shop: Shop, path: str, match: str | None = None, key: str | None = None, **body: Any) -> Any:
    """Change something, perhaps only if it is at a version."""
    headers = {"if-match": match, "idempotency-key": key}
    return await shop.http.patch(path, json=body, headers={name: value for name, value in headers.items() if value})


async def test_a_rule_is_added_and_redeemed_by(shop: Shop, api: Api):
    answer = await api.post(RULES, **FIVER, name="Fiver", tier_level=0, member_tags=["vip"], metadata={"page": "3"})
    assert answer.status_code == 201, answer.text
    rule = answer.json()
    assert (answer.headers["location"], answer.headers["etag"]) == (f"{RULES}/{rule['id']}", '"1"')
    assert (rule["object"], rule["version"], rule["active"], rule["currency"]) == ("redemption_rule", 1, True, "USD")
    assert (rule["title"], rule["metadata"], rule["codes"]) == ("Fiver", {"page": "3"}, {"source": "generated"})
    assert rule["sentence"] == "every 100 points buy $5.00 off the next purchase, for members tagged ‘vip’"
    assert (await api.get(answer.headers["location"])).json() == rule
    await shop.member(ANA, 100)
    wanted = {"member": f"email:{ANA}", "rule": rule["id"]}
    assert (await api.post("/v1/redemptions", **wanted)).json()["code"] == "tag_missing"
    assert (await patch(shop, f"{RULES}/{rule['id']}", member_tags=[])).json()["version"] == 2
    assert (await api.post("/v1/redemptions", **wanted)).json()["rule_version"] == 2


async def test_a_rule_says_itself_in_a_sentence(shop: Shop, api: Api):
    rule = await api.post(
        RULES, points=10, amount_minor=25, pricing="variable", minimum_points=50, points_max_per_transaction=1000,
        redemptions_max_per_member=1, stock=7, channel="in_store", tier_level=2, tier_exact=True,
        minimum_cart_minor=2000, ends_at="2026-12-31T23:00:00Z", description="Ours",
    )  # fmt: skip
    assert rule.json()["sentence"] == (
        "every 10 points buy $0.25 off the next purchase, as many as the member likes, at least 50 points, for tier 2 "
        "and no other, with a cart of at least $20.00, at most 1,000 points at a time, once a member, until "
        "31 December 2026, 23:00 UTC, in store, while 7 last"
    )
    assert rule.json()["used"] == {"redemptions": 0, "amount_minor": 0}


async def test_a_change_is_a_version_that_says_who_and_when(shop: Shop, api: Api):
    rule = (await api.post(RULES, **FIVER, stock=3)).json()
    path = f"{RULES}/{rule['id']}"
    shop.clock.advance(minutes=5)
    changed = await patch(shop, path, '"1"', points=200, stock=None)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["points"], changed.json()["stock"], changed.json()["amount_minor"]) == (200, None, 500)
    outdated = await patch(shop, path, '"1"', points=300)
    assert (outdated.status_code, outdated.json()["code"], outdated.json()["facts"]["now"]) == (412, "outdated", '"2"')
    unchanged = await patch(shop, path, points=200)
    assert unchanged.json()["version"] == 2, "what changes nothing is no version"
    versions = (await api.get(f"{path}/versions?limit=1")).json()
    assert (versions["data"], versions["has_more"]) == ([changed.json()], True)
    older = (await api.get(f"{path}/versions?cursor={versions['next_cursor']}")).json()
    assert (older["data"], older["has_more"]) == ([rule], False)
    assert versions["data"][0]["updated_by"].startswith("key:")
    assert versions["data"][0]["updated_at"] == "2026-03-10T12:05:00Z"


async def test_a_rule_is_disabled_and_activated(shop: Shop, api: Api):
    rule = (await api.post(RULES, **FIVER)).json()
    await shop.member(ANA, 200)
    wanted = {"member": f"email:{ANA}", "rule": rule["id"]}
    first, disabled = [await api.post(f"{RULES}/{rule['id']}/disable", key="off") for _ in range(2)]
    assert first.json() == disabled.json()
    assert (disabled.json()["active"], disabled.json()["version"], disabled.headers["etag"]) == (False, 2, '"2"')
    assert (await api.post("/v1/redemptions", **wanted)).json()["code"] == "rule_disabled"
    assert [one["id"] for one in (await api.get(f"{RULES}?active=true")).json()["data"]] == []
    assert (await api.post(f"{RULES}/{rule['id']}/activate")).json()["active"] is True
    assert (await api.post("/v1/redemptions", **wanted)).status_code == 201


async def test_dry_runs_keep_nothing(shop: Shop, api: Api):
    tried = await api.post(f"{RULES}?dry_run=true", **FIVER, metadata={"a": "1"})
    assert (tried.status_code, tried.headers["dry-run"], tried.json()["metadata"]) == (200, "true", {"a": "1"})
    assert (await api.get(RULES)).json()["data"] == []
    rule = (await api.post(RULES, **FIVER)).json()
    path = f"{RULES}/{rule['id']}"
    assert (await patch(shop, path, points=7, dry_run=True)).json()["points"] == 7
    assert (await api.post(f"{path}/disable", dry_run=True)).json()["active"] is False
    assert (await api.get(path)).json() == rule


async def test_the_same_key_adds_and_changes_once(shop: Shop, api: Api):
    first, again = [await api.post(RULES, key="k", **FIVER) for _ in range(2)]
    assert (first.content, first.headers["location"], first.headers["etag"]) == (
        again.content, again.headers["location"], again.headers["etag"],
    )  # fmt: skip
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert (await api.post(RULES, key="k", points=1, amount_minor=1)).json()["code"] == "key_reused"
    path = first.headers["location"]
    assert len((await api.get(RULES)).json()["data"]) == 1
    for _ in range(2):
        await patch(shop, path, key="c", points=200)
    assert (await api.get(path)).json()["version"] == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"points": 0}, "/points"),
        ({"amount_minor": 0}, "/amount_minor"),
        ({"currency": "XYZ"}, "/currency"),
        ({"reward": "percentage"}, "/percentage_hundredths"),
        ({"minimum_points": 7, "offset_points": 50}, "/offset_points"),
        ({"starts_at": "2026-01-01T00:00:00"}, "/starts_at"),
        ({"codes": {"source": "callback", "create_url": "nowhere", "cancel_url": "x"}}, "/codes/create_url"),
        ({"codes": {"source": "pool", "low_at": 0}}, "/codes/low_at"),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_what_is_wrong_is_pointed_to(shop: Shop, api: Api, body: dict[str, Any], pointer: str):
    answer = await api.post(RULES, **FIVER | body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await api.get(RULES)).json()["data"] == []


async def test_a_currency_that_the_merchant_does_not_take_is_refused(shop: Shop, api: Api):
    for answer in (
        await api.post(RULES, **FIVER, currency="EUR"),
        await patch(shop, f"{RULES}/{(await api.post(RULES, **FIVER)).json()['id']}", currency="EUR"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "currency_not_accepted")


async def test_lists_are_newest_first(shop: Shop, api: Api):
    made: list[str] = []
    for points in (100, 200, 300):
        shop.clock.advance(minutes=1)
        made.insert(0, (await api.post(RULES, points=points, amount_minor=1, active=points != 200)).json()["id"])
    first = (await api.get(f"{RULES}?limit=2")).json()
    assert [one["id"] for one in first["data"]] == made[:2]
    assert [one["id"] for one in (await api.get(f"{RULES}?cursor={first['next_cursor']}")).json()["data"]] == made[2:]
    assert [one["id"] for one in (await api.get(f"{RULES}?active=false")).json()["data"]] == [made[1]]


async def test_the_secret_of_a_callback_is_never_shown(shop: Shop, api: Api):
    codes = {"source": "callback", "create_url": "https://a.example/c", "cancel_url": "https://a.example/d"}
    rule = await api.post(RULES, **FIVER, codes={**codes, "secret": "s3cret"})
    assert rule.json()["codes"] == codes
    path = f"{RULES}/{rule.json()['id']}"
    changed = await patch(shop, path, codes={**codes, "secret": "0ther"})
    assert "0ther" not in changed.text
    kept = await shop.engine.database.fetchval(
        "SELECT secret FROM callback_secret WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    assert kept == "0ther"


async def test_another_merchants_rule_is_not_there(street: Street, shop: Shop, api: Api):
    foreign = await (await street.shop()).rule()
    path = f"{RULES}/rule_{foreign.rule_id}"
    answers = [
        await api.get(path), await api.get(f"{path}/versions"), await patch(shop, path, points=1),
        await api.post(f"{path}/disable"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404] * 4
    reader = await api.key(scopes=("read", "redeem"))
    refused = await shop.http.post(RULES, json=FIVER, headers={"authorization": f"Bearer {reader}"})
    assert refused.json()["code"] == "scope_missing"
