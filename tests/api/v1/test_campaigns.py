"""Campaigns of the native API: what shoppers are shown of the earning rules."""

from typing import Any

import pytest

from guerdon.access.keys import create_key
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import set_policies
from guerdon.merchants.referral import ReferralProgramme
from tests.api.v1.conftest import Api
from tests.shop import Shop
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
CAMPAIGNS = "/v1/campaigns"


async def rule(api: Api, name: str, **terms: Any) -> str:
    """A rule of 5 points for a review, unless the terms say otherwise."""
    given: dict[str, Any] = {"name": name, "trigger": "review", "earns": {"kind": "flat", "points": 5}, **terms}
    answer = await api.post("/v1/earning_rules", **given)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_what_earns_now_is_shown_in_the_merchants_order(shop: Shop, api: Api):
    review = await rule(api, "Review", display={"order": 2, "title": "Tell us", "cta_text": "Write"})
    await rule(api, "Hidden", display={"shown": False})
    await rule(api, "Over", ends_at="2026-01-01T00:00:00Z")
    await rule(api, "Off", active=False)
    dollars = {"kind": "per_amount", "points": 1, "each_minor": 100}
    spend = await rule(api, "Spend", trigger="order", earns=dollars, display={"order": 1})
    found = (await api.get(CAMPAIGNS)).json()
    assert (found["object"], [one["rule"] for one in found["data"]]) == ("campaigns", [spend, review])
    first, second = found["data"]
    assert (first["kind"], first["title"], first["reward"]) == ("order", "Spend", "1 Point per $1.00")
    assert first["details"] == "1 point for each $1.00 spent."
    assert (second["title"], second["cta_text"], second["reward"]) == ("Tell us", "Write", "5 Points")
    assert "status" not in first


async def test_a_member_sees_how_far_they_have_come(shop: Shop, api: Api):
    await rule(api, "Review", caps=[{"per": "day", "times": 1}], times_max=10)
    await rule(api, "Once", trigger="visit", caps=[{"per": "ever", "times": 1}])
    await shop.member(ANA)
    query = f"{CAMPAIGNS}?member=email:{ANA}"
    before = [one["status"] for one in (await api.get(query)).json()["data"]]
    assert before == [
        {"times": 0, "left": 10, "capped": False, "again_at": None},
        {"times": 0, "left": None, "capped": False, "again_at": None},
    ]
    for kind in ("review", "visit"):
        await api.post("/v1/activities", member=f"email:{ANA}", kind=kind)
    after = [one["status"] for one in (await api.get(query)).json()["data"]]
    assert after == [
        {"times": 1, "left": 9, "capped": True, "again_at": "2026-03-11T00:00:00Z"},
        {"times": 1, "left": None, "capped": True, "again_at": None},
    ]


async def test_the_referral_programme_is_a_campaign_without_a_rule(street: Street, shop: Shop, api: Api):
    assert (await api.get(CAMPAIGNS)).json()["data"] == []
    other = await street.shop(policies=Policies(referrals=ReferralProgramme(referrer_points=500)))
    secret = await create_key(other.engine.database, other.merchant.merchant_id, name="tests", now=other.clock())
    found = await api.get(CAMPAIGNS, authorization=f"Bearer {secret}")
    only = found.json()["data"][0]
    assert (only["id"], only["rule"], only["kind"], only["reward"]) == ("cmp_referrals", None, "referral", "500 Points")


async def test_campaigns_are_walked_a_page_at_a_time(shop: Shop, api: Api):
    policies = Policies(referrals=ReferralProgramme(referrer_points=500))
    await set_policies(shop.engine.database, shop.merchant.merchant_id, policies)
    late = await rule(api, "Late", display={"order": 2})
    early, next_ = [await rule(api, name, display={"order": 0}) for name in ("Early", "Next")]
    walked: list[str | None] = []
    path = f"{CAMPAIGNS}?limit=1"
    while path:
        answer = await api.get(path)
        walked += [one["rule"] for one in answer.json()["data"]]
        path = answer.links["next"]["url"] if answer.json()["has_more"] else ""
    assert walked == [early, next_, None, late], "the referral programme is after the rules of its position"


async def test_another_merchants_member_is_not_there(street: Street, shop: Shop, api: Api):
    foreign = await (await street.shop()).member(ANA)
    assert (await api.get(f"{CAMPAIGNS}?member=mem_{foreign}")).status_code == 404
