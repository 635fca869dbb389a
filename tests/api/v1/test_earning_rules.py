"""Earning rules of the native API: what a merchant sets, what a basket would earn by it, and why."""

from decimal import Decimal
from typing import Any

import pytest

from guerdon.earning.earns import Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.tiers.programme import Programme, Term, Tier
from guerdon.tiers.programmes import set_programme
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
RULES = "/v1/earning_rules"
DOLLARS: dict[str, Any] = {"name": "Dollars", "earns": {"kind": "per_amount", "points": 1, "each_minor": 100}}


def usd(minor: int) -> Any:
    """Dollars, in cents."""
    return {"amount_minor": minor, "currency": "USD"}


async def patch(shop: Shop, path: str, match: str | None = None, key: str | None = None, **body: Any) -> Any:
    """Change something, perhaps only if it is at a version."""
    headers = {"if-match": match, "idempotency-key": key}
    return await shop.http.patch(path, json=body, headers={name: value for name, value in headers.items() if value})


async def test_a_rule_is_added_and_earned_by(shop: Shop, api: Api):
    answer = await api.post(
        RULES, **DOLLARS, channels=["in_store", "online"], goods={"collections": ["shoes", "hats"]},
        who={"tags": ["vip"], "tiers": [1]}, weekdays=["sunday", "monday"], caps=[{"per": "month", "points": 500}],
        budget_points=1000, display={"title": "Spend and earn"}, metadata={"page": "3"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    rule = answer.json()
    assert (answer.headers["location"], answer.headers["etag"]) == (f"{RULES}/{rule['id']}", '"1"')
    assert (rule["object"], rule["version"], rule["trigger"], rule["active"]) == ("earning_rule", 1, "order", True)
    assert (rule["channels"], rule["weekdays"]) == (["in_store", "online"], ["monday", "sunday"])
    assert rule["goods"]["collections"] == ["hats", "shoes"]
    assert (rule["who"]["tiers"], rule["caps"]) == ([1], [{"per": "month", "points": 500}])
    assert (rule["used"], rule["metadata"]) == ({"points": 0, "times": 0}, {"page": "3"})
    assert rule["sentence"].startswith("1 point for each $1.00 spent, on collection ‘hats’ or ‘shoes’, for tier")
    assert (await api.get(answer.headers["location"])).json() == rule


async def test_an_order_earns_by_what_is_set(shop: Shop, api: Api):
    dollars = (await api.post(RULES, **DOLLARS)).json()
    twice = {"kind": "multiplier", "factor": 1.5, "rules": [dollars["id"]]}
    made = (await api.post(f"{RULES}?fields=earns,id", name="Half more", earns=twice)).json()
    assert made["earns"] == twice
    gift = await shop.rule()
    coupon = {"kind": "coupon", "redemption_rule": f"rule_{gift.rule_id}"}
    assert (await api.post(RULES, name="Gift", earns=coupon, first_order=True)).json()["earns"] == coupon
    order = (await api.post("/v1/orders", id="A-1", member=f"email:{ANA}", total=usd(10_000))).json()
    assert (order["points"], len(order["awards"])) == (150, 3)


async def test_a_change_is_a_version(shop: Shop, api: Api):
    rule = (await api.post(RULES, **DOLLARS, budget_points=10)).json()
    path = f"{RULES}/{rule['id']}"
    shop.clock.advance(minutes=5)
    changed = await patch(shop, path, '"1"', budget_points=None, name="Money")
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["name"], changed.json()["budget_points"], changed.json()["used"]) == ("Money", None, None)
    assert changed.json()["earns"] == rule["earns"]
    outdated = await patch(shop, path, '"1"', name="Other")
    assert (outdated.status_code, outdated.json()["code"]) == (412, "outdated")
    assert (await patch(shop, path, name="Money")).json()["version"] == 2
    versions = (await api.get(f"{path}/versions?limit=1")).json()
    older = (await api.get(f"{path}/versions?cursor={versions['next_cursor']}")).json()
    assert (versions["data"][0], older["data"][0]["name"]) == (changed.json(), "Dollars")


async def test_a_rule_is_disabled_and_activated(shop: Shop, api: Api):
    rule = (await api.post(RULES, **DOLLARS)).json()
    first, disabled = [await api.post(f"{RULES}/{rule['id']}/disable", key="off") for _ in range(2)]
    assert first.json() == disabled.json()
    assert (disabled.json()["active"], disabled.json()["version"]) == (False, 2)
    order: dict[str, Any] = {"id": "A-1", "member": f"email:{ANA}", "total": usd(10_000)}
    assert (await api.post("/v1/orders", **order)).json()["points"] == 0
    assert (await api.get(f"{RULES}?active=true")).json()["data"] == []
    assert (await api.post(f"{RULES}/{rule['id']}/activate")).json()["active"] is True
    assert (await api.post("/v1/orders", **order | {"id": "A-2"})).json()["points"] == 100


async def test_dry_runs_keep_nothing_and_keys_add_once(shop: Shop, api: Api):
    tried = await api.post(f"{RULES}?dry_run=true", **DOLLARS)
    assert (tried.status_code, tried.headers["dry-run"], tried.json()["name"]) == (200, "true", "Dollars")
    assert (await api.get(RULES)).json()["data"] == []
    first, again = [await api.post(RULES, key="k", **DOLLARS) for _ in range(2)]
    assert (first.status_code, first.content, first.headers["etag"]) == (201, again.content, again.headers["etag"])
    assert again.headers["idempotent-replayed"] == "true"
    path = first.headers["location"]
    assert (await patch(shop, path, name="X", dry_run=True)).json()["name"] == "X"
    assert (await api.get(path)).json() == first.json()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"earns": {"kind": "flat", "points": 0}}, "/earns/points"),
        ({"earns": {"kind": "multiplier", "factor": 1}}, "/earns/factor"),
        ({"earns": {"kind": "multiplier", "factor": 2, "rules": ["rule_1"]}}, "/earns/rules"),
        ({"earns": {"kind": "luck"}}, "/earns"),
        ({"trigger": "Read Me"}, "/trigger"),
        ({"trigger": "review"}, "/earns"),
        ({"hours": {"start": "25:00", "end": "26:00"}}, "/hours/start"),
        ({"stacking": "best"}, "/stacking"),
        ({"goods": {"colours": ["red"]}}, "/goods/colours"),
    ],
)
async def test_what_is_wrong_is_pointed_to(shop: Shop, api: Api, body: dict[str, Any], pointer: str):
    answer = await api.post(RULES, **DOLLARS | body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


async def test_lists_are_newest_first(shop: Shop, api: Api):
    made: list[str] = []
    for trigger in ("order", "review", "order"):
        shop.clock.advance(minutes=1)
        said: dict[str, Any] = {"name": "R", "trigger": trigger, "earns": {"kind": "flat", "points": 5}}
        made.insert(0, (await api.post(RULES, **said)).json()["id"])
    first = (await api.get(f"{RULES}?limit=2")).json()
    assert [one["id"] for one in first["data"]] == made[:2]
    assert [one["id"] for one in (await api.get(f"{RULES}?cursor={first['next_cursor']}")).json()["data"]] == made[2:]
    assert [one["id"] for one in (await api.get(f"{RULES}?trigger=review")).json()["data"]] == [made[1]]


async def test_a_preview_tells_what_a_basket_would_earn_and_why_not_more(shop: Shop, api: Api):
    dollars = (await api.post(RULES, **DOLLARS)).json()["id"]
    shoes = (await api.post(RULES, **DOLLARS | {"name": "Shoes"}, goods={"collections": ["shoes"]})).json()["id"]
    first: dict[str, Any] = {"name": "First", "earns": {"kind": "flat", "points": 9}, "first_order": True}
    welcome = (await api.post(RULES, **first)).json()["id"]
    tiers = Programme(term=Term.LIFETIME, tiers=(Tier(name="Gold", points_multiplier=Decimal(2)),))
    await set_programme(shop.engine.database, shop.merchant.merchant_id, tiers, actor="test", now=shop.clock())
    lines = [{"id": "hat", "price_minor": 9000}]
    basket: dict[str, Any] = {"total": usd(10_000), "shipping_minor": 1000, "lines": lines}
    found = (await api.post(f"{RULES}/preview", **basket)).json()
    assert (found["object"], found["points"]) == ("earning_preview", 99)
    assert [(one["rule"], one["points"]) for one in found["earned"]] == [(dollars, 90), (welcome, 9)]
    assert [(one["rule"], one["reason"]) for one in found["passed_over"]] == [(shoes, "no_goods")]
    member = await shop.member(ANA)
    await shop.engine.database.execute(
        "UPDATE member SET tier_level = 1 WHERE merchant_id = $1", shop.merchant.merchant_id
    )
    golden = (await api.post(f"{RULES}/preview", **basket, member=f"mem_{member}")).json()
    order = (await api.post("/v1/orders", id="A-1", member=f"mem_{member}", **basket)).json()
    assert golden["points"] == order["points"] == 198, "what is foretold is what comes"
    assert None in [one["rule"] for one in golden["earned"]], "the tier gives its part"
    again = (await api.post(f"{RULES}/preview", **basket, member=f"mem_{member}")).json()
    assert again["points"] == 180, "the first order is there by now"


async def test_a_preview_of_an_activity(shop: Shop, api: Api):
    rule = (await api.post(RULES, name="R", trigger="review", earns={"kind": "flat", "points": 5})).json()["id"]
    found = (await api.post(f"{RULES}/preview", kind="review")).json()
    assert [(one["rule"], one["points"], one["sentence"]) for one in found["earned"]] == [
        (rule, 5, "For a review: 5 points")
    ]
    assert (await api.post(f"{RULES}/preview", kind="review", points=8)).json()["points"] == 8
    wrongs: tuple[dict[str, Any], ...] = ({}, {"kind": "review", "total": usd(1)})
    for wrong in wrongs:
        refused = await api.post(f"{RULES}/preview", **wrong)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/total")
    assert (await api.post(f"{RULES}/preview", kind="review", member=f"email:{ANA}")).status_code == 404


async def test_another_merchants_rules_are_not_there(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    gift = await other.rule()
    refused = await api.post(
        RULES, name="Gift", earns={"kind": "coupon", "redemption_rule": f"rule_{gift.rule_id}"}
    )  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (404, "rule_not_found")
    foreign = await add_rule(
        other.engine.database, other.merchant.merchant_id, EarningRule(name="Theirs", earns=Flat(points=5)),
        actor="test", now=shop.clock(),
    )  # fmt: skip
    path = f"{RULES}/earn_{foreign.rule_id}"
    answers = [await api.get(path), await patch(shop, path, name="X"), await api.post(f"{path}/disable")]
    assert [answer.status_code for answer in answers] == [404] * 3
    unknown = {"kind": "multiplier", "factor": 2, "rules": [f"earn_{foreign.rule_id}"]}
    assert (await api.post(RULES, name="M", earns=unknown)).json()["code"] == "earning_rule_not_found"
