"""GET /campaigns: what earns, as a shop shows it, and how far one customer has come."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from guerdon.earning.earns import CouponGift, Earns, Flat, Multiplier, PerAmount, TierEntry
from guerdon.earning.rule import Cap, Display, EarningRule, Period, Who
from guerdon.earning.rules import add_rule
from guerdon.merchants.merchant import Policies
from guerdon.merchants.referral import ReferralProgramme
from tests.shop import Shop, open_shop

ANA = "ana@example.com"
ONE_PER_DOLLAR = PerAmount(points=1, each_minor=100)


async def rule(shop: Shop, name: str, trigger: str = "read_a_post", earns: Earns | None = None, **terms: Any) -> int:
    given = EarningRule(name=name, trigger=trigger, earns=earns or Flat(points=50), **terms)
    merchant_id = shop.merchant.merchant_id
    stored = await add_rule(shop.engine.database, merchant_id, given, actor="test", now=shop.clock())
    return stored.rule_id


async def campaigns(shop: Shop, **params: Any) -> list[dict[str, Any]]:
    answer = await shop.http.get("/api/v2/campaigns", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def status(shop: Shop) -> list[dict[str, Any]]:
    return [one["status"] for one in await campaigns(shop, with_status="true", customer_email=ANA)]


async def act(shop: Shop, **params: Any) -> None:
    given = {"customer_email": ANA, "action_name": "read_a_post", **params}
    assert (await shop.http.post("/api/v2/actions", json=given)).status_code == 200


async def test_a_campaign_has_every_field_of_the_contract(shop: Shop):
    display = Display(title="Read", details="Read our posts", cta_text="Go", icon="fa-star", url="/blog", order=3)
    rule_id = await rule(
        shop, "Posts", display=display, caps=(Cap(per=Period.EVER, times=5),), who=Who(tags=frozenset({"vip"})),
        ends_at=datetime(2026, 12, 31, tzinfo=UTC),
    )  # fmt: skip
    (found,) = await campaigns(shop)
    assert found == {
        "id": rule_id,
        "title": "Read",
        "details": "Read our posts",
        "type": "CustomActionCampaign",
        "cta_text": "Go",
        "share_text": None,
        "url": "/blog",
        "username": None,
        "entity_id": None,
        "icon": "fa-star",
        "reward_text": "50 Points",
        "created_at": "2026-03-10T12:00:00.000Z",
        "updated_at": "2026-03-10T12:00:00.000Z",
        "max_completions_per_user": 5,
        "min_actions_required": 1,
        "expires_at": "2026-12-31T00:00:00.000Z",
        "ends_at": "2026-12-31T00:00:00.000Z",
        "hashtags": None,
        "question": None,
        "display_order": 3,
        "default_email_body": None,
        "action_name": "read_a_post",
        "ask_year": False,
        "extra_copy1": None,
        "extra_copy2": None,
        "admin_display_name": "Posts",
        "unrendered_title": "Read",
        "unrendered_details": "Read our posts",
        "title_with_multi_currency_template": None,
        "details_with_multi_currency_template": None,
        "include_audience_ids": None,
        "include_audience_names": ["vip"],
        "exclude_audience_ids": None,
        "exclude_audience_names": [],
    }


async def test_each_kind_has_its_type_and_its_words(dsn: str):
    programme = ReferralProgramme(referrer_points=1000)
    async with open_shop(dsn, policies=Policies(referrals=programme)) as shop:
        coupon = await shop.rule()
        await rule(shop, "A", trigger="order", earns=ONE_PER_DOLLAR)
        await rule(shop, "B", trigger="order")
        await rule(shop, "C", trigger="order", earns=Multiplier(factor=Decimal("1.5")))
        await rule(shop, "D", trigger="sign_up", earns=CouponGift(redemption_rule_id=coupon.rule_id))
        await rule(shop, "E", trigger="birthday", earns=TierEntry(level=2))
        found = await campaigns(shop)
    assert [(one["type"], one["reward_text"], one["action_name"]) for one in found] == [
        ("ReferralCampaign", "1,000 Points", None),
        ("SpendBasedCampaign", "1 Point per $1.00", None),
        ("TransactionBasedCampaign", "50 Points", None),
        ("TransactionBasedCampaign", "1.5x Points", None),
        ("CreateAccountCampaign", "A Coupon", "sign_up"),
        ("BirthdayCampaign", "Tier 2", "birthday"),
    ]
    assert found[1]["details"] == "1 point for each $1.00 spent."


async def test_only_what_earns_now_and_wants_to_be_seen_is_shown(shop: Shop):
    now = shop.clock()
    await rule(shop, "Hidden", display=Display(shown=False))
    await rule(shop, "Off", active=False)
    await rule(shop, "Over", ends_at=now)
    await rule(shop, "To come", starts_at=now + timedelta(seconds=1))
    await rule(shop, "Now", starts_at=now, ends_at=now + timedelta(seconds=1))
    assert [one["title"] for one in await campaigns(shop)] == ["Now"]


async def test_a_customer_sees_how_far_they_have_come(shop: Shop):
    await shop.member(ANA)
    await rule(shop, "Posts", caps=(Cap(per=Period.DAY, times=2),), times_max=10)
    nothing = {
        "global_completions_left": 10, "customer_actions_completed": 0, "customer_times_completed": 0,
        "customer_minutes_until_next_action": 0, "customer_minutes_until_next_completion": 0,
    }  # fmt: skip
    assert await status(shop) == [nothing]
    await act(shop)
    assert (await status(shop))[0]["customer_minutes_until_next_completion"] == 0
    await act(shop)
    assert await status(shop) == [
        {
            "global_completions_left": 8, "customer_actions_completed": 2, "customer_times_completed": 2,
            "customer_minutes_until_next_action": 720, "customer_minutes_until_next_completion": 720,
        }
    ]  # fmt: skip
    shop.clock.advance(days=1)
    assert (await status(shop))[0]["customer_minutes_until_next_completion"] == 0


async def test_what_was_done_for_ever_has_no_end(shop: Shop):
    await shop.member(ANA)
    await rule(shop, "Posts", caps=(Cap(per=Period.EVER, times=1), Cap(per=Period.DAY, times=1)))
    await act(shop)
    (found,) = await status(shop)
    assert found["global_completions_left"] is None
    assert found["customer_minutes_until_next_completion"] is None


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"with_status": "true"}, 400),
        ({"with_status": "true", "customer_email": ANA}, 404),
        ({"with_status": "x"}, 400),
    ],
)
async def test_a_status_needs_a_customer(shop: Shop, params: dict[str, str], expected: int):
    assert (await shop.http.get("/api/v2/campaigns", params=params)).status_code == expected
