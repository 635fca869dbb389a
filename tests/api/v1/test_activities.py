"""Activities of the native API: what members do, and what they get for it."""

from typing import Any

import pytest

from guerdon.activities.log import deciding_activity
from guerdon.earning.earns import CouponGift, Flat
from guerdon.earning.rule import Cap, EarningRule, Period
from guerdon.earning.rules import add_rule
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street, contradictions, do

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"
ACTIVITIES = "/v1/activities"
REVIEW: dict[str, Any] = {"member": f"email:{ANA}", "kind": "review", "id": "review-1"}


async def earn(shop: Shop, **terms: Any) -> str:
    """A rule of 25 points for a review, unless the terms say otherwise."""
    given: dict[str, Any] = {"name": "A review", "trigger": "review", "earns": Flat(points=25), **terms}
    rule = await add_rule(
        shop.engine.database, shop.merchant.merchant_id, EarningRule(**given), actor="test", now=shop.clock()
    )
    return f"earn_{rule.rule_id}"


async def test_an_activity_earns_and_tells_why(shop: Shop, api: Api):
    review = await earn(shop)
    gift = await shop.rule()
    coupon = await earn(shop, name="A gift", earns=CouponGift(redemption_rule_id=gift.rule_id))
    store = await earn(shop, name="In store", channels=frozenset({"offline"}))
    member = await shop.member(ANA)
    answer = await api.post(ACTIVITIES, **REVIEW, title="A kind word", metadata={"stars": "5"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"{ACTIVITIES}/review-1"
    assert (made["object"], made["kind"], made["state"], made["points"]) == ("activity", "review", "done", 25)
    assert (made["member"], made["title"], made["metadata"]) == (f"mem_{member}", "A kind word", {"stars": "5"})
    assert [(one["rule"], one["points"], one["coupon_of"]) for one in made["earned"]] == [
        (review, 25, None),
        (coupon, 0, f"rule_{gift.rule_id}"),
    ]
    assert made["earned"][0]["sentence"] == "For a review: 25 points"
    assert [(one["rule"], one["reason"], one["detail"]) for one in made["passed_over"]] == [
        (store, "other_channel", "The rule is for another channel.")
    ]
    assert (await api.get(answer.headers["location"])).json() == made
    assert await shop.balance(ANA) == (25, 0)
    there = (await api.post(ACTIVITIES, **REVIEW | {"id": "review-2", "channel": "in_store"})).json()
    assert (there["channel"], there["points"]) == ("in_store", 50)
    assert await contradictions(shop) == []


async def test_points_may_be_said_and_the_past_told_of(shop: Shop, api: Api):
    await earn(shop, caps=(Cap(per=Period.DAY, times=1),))
    await shop.member(ANA)
    said = (await api.post(ACTIVITIES, **REVIEW, points=7, occurred_at="2026-03-01T10:00:00+02:00")).json()
    assert (said["points"], said["points_said"], said["occurred_at"]) == (7, 7, "2026-03-01T08:00:00Z")
    capped = (await api.post(ACTIVITIES, **REVIEW | {"id": "b", "occurred_at": "2026-03-01T20:00:00Z"})).json()
    assert (capped["points"], capped["passed_over"][0]["reason"]) == (0, "capped")
    old = await api.post(ACTIVITIES, **REVIEW | {"id": "c", "occurred_at": "2020-01-01T00:00:00Z"})
    assert (old.status_code, old.json()["code"]) == (422, "activity_too_old")


async def test_what_waits_is_decided_by_an_operator(shop: Shop, api: Api):
    await earn(shop, approval=True)
    await shop.member(ANA)
    waiting = (await api.post(ACTIVITIES, **REVIEW)).json()
    assert (waiting["state"], waiting["points"], waiting["earned"][0]["waits"]) == ("waiting", 0, True)
    assert [one["id"] for one in (await api.get(f"{ACTIVITIES}?state=waiting")).json()["data"]] == ["review-1"]
    await do(
        shop, await deciding_activity(shop.engine.database, shop.merchant, "review-1", approve=True, decision="Good")
    )
    found = (await api.get(f"{ACTIVITIES}/review-1")).json()
    assert (found["state"], found["points"], found["decision"], found["decided_by"]) == ("approved", 25, "Good", "test")


async def test_a_dry_run_tells_and_gives_nothing(shop: Shop, api: Api):
    await earn(shop)
    await shop.member(ANA)
    tried = await api.post(f"{ACTIVITIES}?dry_run=true", **REVIEW)
    assert (tried.status_code, tried.headers["dry-run"], tried.json()["points"]) == (200, "true", 25)
    assert (await api.get(f"{ACTIVITIES}/review-1")).status_code == 404
    assert await shop.balance(ANA) == (0, 0)


async def test_the_same_key_and_the_same_id_earn_once(shop: Shop, api: Api):
    await earn(shop)
    await shop.member(ANA)
    nameless = {name: value for name, value in REVIEW.items() if name != "id"}
    first, again = [await api.post(ACTIVITIES, key="k", **nameless) for _ in range(2)]
    assert (first.status_code, first.content, again.headers["idempotent-replayed"]) == (201, again.content, "true")
    one, other = [await api.post(ACTIVITIES, **REVIEW) for _ in range(2)]
    assert one.json() == other.json()
    differs = await api.post(ACTIVITIES, **REVIEW, points=3)
    assert (differs.status_code, differs.json()["code"]) == (422, "activity_differs")
    assert await shop.balance(ANA) == (50, 0)


async def test_lists_go_by_when_it_happened(shop: Shop, api: Api):
    await earn(shop)
    await earn(shop, trigger="visit")
    for address in (ANA, BEN):
        await shop.member(address)
    for day, address, kind in ((2, ANA, "review"), (1, BEN, "visit"), (3, ANA, "visit")):
        said = {"member": f"email:{address}", "kind": kind, "id": f"D-{day}"}
        await api.post(ACTIVITIES, **said, occurred_at=f"2026-03-0{day}T10:00:00Z")

    async def listed(query: str) -> list[str]:
        return [one["id"] for one in (await api.get(f"{ACTIVITIES}?{query}")).json()["data"]]

    assert await listed("") == ["D-3", "D-2", "D-1"]
    first = (await api.get(f"{ACTIVITIES}?limit=1")).json()
    assert await listed(f"cursor={first['next_cursor']}") == ["D-2", "D-1"]
    assert await listed(f"member=email:{ANA}&kind=visit") == ["D-3"]
    assert await listed("occurred_since=2026-03-02T00:00:00Z&occurred_before=2026-03-03T00:00:00Z") == ["D-2"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "order"}, "/kind"),
        ({"kind": "Read Me"}, "/kind"),
        ({"id": "sign_up:7"}, "/id"),
        ({"points": 0}, "/points"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
    ],
)
async def test_what_is_wrong_is_pointed_to(shop: Shop, api: Api, body: dict[str, Any], pointer: str):
    answer = await api.post(ACTIVITIES, **REVIEW | body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_unknown_kinds_and_another_merchants_members_are_refused(street: Street, shop: Shop, api: Api):
    await shop.member(ANA)
    unknown = await api.post(ACTIVITIES, **REVIEW)
    assert (unknown.status_code, unknown.json()["code"]) == (400, "activity_unknown")
    await earn(shop)
    foreign = await (await street.shop()).member(BEN)
    refused = await api.post(ACTIVITIES, **REVIEW | {"member": f"mem_{foreign}"})
    assert (refused.status_code, refused.json()["code"]) == (404, "member_not_found")
    assert (await api.get(f"{ACTIVITIES}?member=mem_{foreign}")).status_code == 404
    assert (await api.get(f"{ACTIVITIES}/nothing")).json()["code"] == "activity_not_found"
