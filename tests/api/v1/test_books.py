"""Accounts, entries, lots and holds of the native API."""

from datetime import timedelta
from typing import Any

import pytest

from guerdon.kit.ids import time_ordered_uuid
from tests.api.v1.conftest import Api
from tests.moving.people import merge
from tests.shop import START, Shop
from tests.street import Street, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def earned_and_redeemed(shop: Shop) -> tuple[str, str]:
    """A member who earned 100 at the start, 50 a minute later, and another minute later set 120 aside."""
    rule = await shop.rule(points=120)
    member = await shop.member(ANA, 100, expires_at=START + timedelta(days=9))
    shop.clock.advance(minutes=1)
    await shop.give(ANA, 50)
    shop.clock.advance(minutes=1)
    await redeem(shop, ANA, rule.rule_id, delayed=True)
    row = await shop.engine.database.fetchrow(
        "SELECT account_id FROM member_account WHERE merchant_id = $1 AND member_id = $2",
        shop.merchant.merchant_id, member,
    )  # fmt: skip
    assert row is not None
    return f"mem_{member}", f"acc_{row[0]}"


async def test_an_account_shows_its_buckets_now_and_then(shop: Shop, api: Api):
    member, account = await earned_and_redeemed(shop)
    found = (await api.get(f"/v1/accounts/{account}")).json()
    nothing = dict.fromkeys(("pending", "redeemed", "expired", "reversed", "moved"), 0)
    assert found["buckets"] == nothing | {"issued": -150, "available": 30, "held": 120}
    assert (found["members"], found["entries"], found["unit"]) == ([member], 3, "points")

    async def as_of(minutes: int) -> Any:
        at = (START + timedelta(minutes=minutes, seconds=30)).isoformat().replace("+00:00", "Z")
        return (await api.get(f"/v1/accounts/{account}?as_of={at}")).json()

    assert (await as_of(1))["buckets"] == nothing | {"issued": -150, "available": 150, "held": 0}
    assert (await as_of(0))["buckets"] == nothing | {"issued": -100, "available": 100, "held": 0}
    assert (await as_of(0))["entries"] == 1
    assert (await as_of(-1))["buckets"] == nothing | {"issued": 0, "available": 0, "held": 0}
    assert (await as_of(2))["buckets"] == found["buckets"]


async def test_entries_tell_what_went_where(shop: Shop, api: Api):
    member, account = await earned_and_redeemed(shop)
    listed = (await api.get(f"/v1/members/{member}/entries")).json()["data"]
    assert [(one["source"], one["target"], one["points"]) for one in listed] == [
        ("available", "held", 120), ("issued", "available", 50), ("issued", "available", 100),
    ]  # fmt: skip
    held = listed[0]
    sums = dict.fromkeys(("issued", "available", "held"), 0)
    for one in listed:
        sums[one["source"]] -= one["points"]
        sums[one["target"]] += one["points"]
    buckets = (await api.get(f"/v1/accounts/{account}")).json()["buckets"]
    assert sums == {name: buckets[name] for name in sums}
    number = account.removeprefix("acc_")
    assert held["lots"] == [{"lot": f"lot_{number}_1", "points": 100}, {"lot": f"lot_{number}_2", "points": 20}]
    assert (held["source_before"], held["source_after"], held["target_before"], held["target_after"]) == (
        150,
        30,
        0,
        120,
    )
    assert held["subject"].startswith("red_")
    assert (await api.get(f"/v1/redemptions/{held['subject']}")).json()["state"] == "held"
    assert (await api.get(f"/v1/entries/{held['id']}")).json() == held
    for path in (
        f"/v1/accounts/{account}/entries",
        f"/v1/entries?account={account}",
        f"/v1/entries?member=email:{ANA}",
    ):
        assert (await api.get(path)).json()["data"] == listed
    since = listed[1]["recorded_at"]
    assert (await api.get(f"/v1/members/{member}/entries?recorded_since={since}")).json()["data"] == listed[:2]
    assert (await api.get(f"/v1/members/{member}/entries?recorded_before={since}")).json()["data"] == listed[2:]
    assert (await api.get(f"/v1/members/{member}/entries?reason=adjustment")).json()["data"] == listed[1:]
    both = await api.get(f"/v1/entries?member=email:{ANA}&account={listed[0]['account']}")
    assert both.json()["errors"][0]["pointer"] == "/member"


async def test_lots_and_holds_are_told(shop: Shop, api: Api):
    member, account = await earned_and_redeemed(shop)
    lots = (await api.get(f"/v1/members/{member}/lots")).json()["data"]
    assert [(one["points"], one["available"], one["held"]) for one in lots] == [(50, 30, 20), (100, 0, 100)]
    assert (lots[1]["expires_at"], lots[0]["expires_at"]) == ("2026-03-19T12:00:00Z", None)
    assert (await api.get(f"/v1/accounts/{account}/lots?live=true")).json()["data"] == lots
    assert (await api.get(f"/v1/accounts/{account}/lots?live=false")).json()["data"] == []
    holds = (await api.get(f"/v1/members/{member}/holds")).json()["data"]
    assert [(one["state"], one["points"], one["ended_by"]) for one in holds] == [("open", 120, None)]
    await api.post(f"/v1/redemptions/{holds[0]['subject']}/cancel")
    assert (await api.get(f"/v1/accounts/{account}/holds?state=open")).json()["data"] == []
    released = (await api.get(f"/v1/accounts/{account}/holds?state=released")).json()["data"]
    assert (await api.get(f"/v1/entries/{released[0]['ended_by']}")).json()["target"] == "available"


async def test_lists_are_walked_over_all_accounts_of_a_member(shop: Shop, api: Api):
    ana, ben = await shop.member(ANA), await shop.member(BEN)
    for address in (ANA, BEN, ANA, BEN):
        shop.clock.advance(minutes=1)
        await shop.give(address, 10)
    await merge(shop, ana, ben)
    for kind, count in (("entries", 7), ("lots", 6)):
        walked: list[str] = []
        path = f"/v1/members/mem_{ana}/{kind}?limit=2"
        while path:
            answer = (await api.get(path)).json()
            walked += [one["id"] for one in answer["data"]]
            path = f"/v1/members/mem_{ana}/{kind}?limit=2&cursor={answer['next_cursor']}" if answer["has_more"] else ""
        whole = [one["id"] for one in (await api.get(f"/v1/members/mem_{ana}/{kind}")).json()["data"]]
        assert (walked, len(set(walked))) == (whole, count)


async def test_what_is_another_merchants_is_not_there(street: Street, shop: Shop, api: Api):
    other = await street.shop()
    member, account = await earned_and_redeemed(other)
    number = account.removeprefix("acc_")
    for path in (
        f"accounts/{account}", f"accounts/{account}/entries", f"accounts/{account}/lots", f"accounts/{account}/holds",
        f"members/{member}/entries", f"members/{member}/lots", f"members/{member}/holds", f"entries/ent_{number}_1",
        f"entries?account={account}", f"entries?member={member}",
    ):  # fmt: skip
        assert (await api.get(f"/v1/{path}")).status_code == 404, path
    assert (await api.get(f"/v1/entries/{time_ordered_uuid()}")).status_code == 400


async def test_points_that_wait_are_listed_until_they_wait_no_more(shop: Shop, api: Api):
    earns = {"kind": "per_amount", "points": 1, "each_minor": 100}
    await api.post("/v1/earning_rules", name="Spend", earns=earns, pending="14 days")
    total = {"amount_minor": 9000, "currency": "USD"}
    for number in (1, 2):
        shop.clock.advance(minutes=1)
        await api.post("/v1/orders", id=f"A-{number}", member=f"email:{ANA}", total=total)
    member = (await api.get(f"/v1/members/by?email={ANA}")).json()
    path, account = f"/v1/members/{member['id']}/pending", member["balances"]["account"]
    first = (await api.get(f"{path}?limit=1")).json()
    rest = (await api.get(f"{path}?limit=1&cursor={first['next_cursor']}")).json()
    both = first["data"] + rest["data"]
    assert [(one["subject"], one["points"], one["points_left"]) for one in both] == [
        ("order:A-2", 90, 90), ("order:A-1", 90, 90),
    ]  # fmt: skip
    assert both[0]["activates_at"].startswith("2026-03-2")
    assert (await api.get(f"/v1/accounts/{account}/pending")).json()["data"] == both
    await api.post("/v1/orders/A-2/returns", return_id="R-1", total=total)
    assert (await api.get(path)).json()["data"] == both[1:]
    assert (await api.get("/v1/accounts/acc_999999/pending")).status_code == 404
