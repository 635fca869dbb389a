"""Events in the incumbent's envelope: every topic, made to happen, with every key that its clients read."""

from typing import Any

import msgspec
import pytest
import pytest_asyncio

from guerdon.activities.celebrations import Celebration, set_celebration
from guerdon.activities.log import reporting
from guerdon.api.storefront.envelope import NAMES, TELLERS, TOPICS, StorefrontFormat
from guerdon.database.pool import Database
from guerdon.earning.earns import CouponGift, Flat
from guerdon.earning.rule import EarningRule
from guerdon.earning.rules import add_rule
from guerdon.events.log import list_events, relay
from guerdon.events.topics import TOPICS as OURS
from guerdon.members.members import ProfileChange, upsert_member
from guerdon.merchants.merchant import Policies
from guerdon.merchants.referral import ReferralProgramme
from guerdon.moving.erase import EraseMember
from guerdon.points.store import write_events
from guerdon.points.values import Event
from guerdon.rewards.ending import RequestCancellation
from tests.moving.people import merge
from tests.orders.sales import earning, sell
from tests.referrals.friends import buy, code, join, tell
from tests.shop import Shop, email
from tests.street import Street, do, redeem, take
from tests.tiers.doing import GOLD, SILVER, did, programme, set_tiers
from tests.worker.hands import choose, earn, night

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


def keys(text: str) -> set[str]:
    """Names with spaces between them."""
    return set(text.split())


ENVELOPE = keys("topic name email customer store_name website_url")
CUSTOMER = keys(
    """
    total_spend_cents total_purchases perks_redeemed last_purchase_at first_name last_name phone_number email
    points_balance points_earned last_seen_at thirty_party_id third_party_id pos_account_id has_store_account
    credit_balance credit_balance_in_customer_currency opt_in opted_in_at points_expire_at next_points_expire_on
    next_points_expire_amount birthday_month birth_day birthday_year vip_tier_name vip_tier_entry_date
    vip_tier_expiration vip_tier_actions_completed vip_tier_maintenance_requirements vip_tier_upgrade_requirements
    yotpo_customer_id is_member accepts_marketing referred_by referral_link referral_discount_code is_opt_in
    loyalty_opt_in_date is_affiliate vip_tier_ends_at referred_by_customer
    """
)
"""GET /customers (storefront 1.7), and what newer events add (1.12)."""
PERK = keys(
    """
    id campaign_id merchant_id customer_id reward_points completed completed_at awarded awarded_at pending reversed
    reversed_at expired expired_at expires_at redemption_option_id history_title created_at
    """
)
REDEMPTION = keys("id created_at updated_at reward_text approved approved_at is_admin is_pos at_checkout")
TIER = keys("id name description points_earned amount_spent_cents purchases_made points_multiplier rank")
OPTION = keys(
    """
    id name description icon cost_text amount applies_to_product_type duration type discount_type
    discount_amount_cents discount_value_cents discount_percentage discount_rate_cents discount_with_currency
    cart_greater_than unrendered_name unrendered_description variant_id
    """
)
REFERRAL_CODE = keys(
    """
    code shares facebook_shares twitter_shares email_shares emails_sent emails_viewed links_clicked_from_email
    links_clicked_from_twitter links_clicked_from_facebook orders amount_cents average_amount_cents expires_at expired
    completed_referral_customers email unique_clicks total_clicks
    """
)
SHARED_CODE = keys(
    """
    code customer_id total_shares email_shares sms_shares whatsapp_shares copy_link_shares personal_email_shares
    friends_orders friends_amount_spent_cents friends_average_amount_cents
    """
)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(street: Street) -> Shop:
    """A merchant in the street, with nothing yet."""
    return await street.shop()


async def render(shop: Shop, *topics: str) -> list[list[tuple[str, dict[str, Any]]]]:
    """What each event of the shop so far becomes, in order; of these topics of ours, where some are named."""
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await relay(database, merchant_id)
    events = await list_events(database, merchant_id, topics=topics)
    rendered = await StorefrontFormat(database, shop.clock).render(shop.merchant, events)
    assert len(rendered) == len(events)
    for event, messages in zip(events, rendered, strict=True):
        assert {message.topic for message in messages} <= set(TOPICS.get(event.topic, ()))
    return [[(message.topic, msgspec.json.decode(message.body)) for message in some] for some in rendered]


async def bodies(shop: Shop, topic: str) -> list[dict[str, Any]]:
    """Every message of a topic of theirs, its envelope checked."""
    found = [body for some in await render(shop) for theirs, body in some if theirs == topic]
    for body in found:
        assert body["topic"] == topic
        assert body["name"] == NAMES[topic]
        assert body["store_name"] == shop.merchant.name
        if "customer" in body:
            assert set(body["customer"]) == CUSTOMER
    return found


async def body_of(shop: Shop, topic: str, *more: str) -> dict[str, Any]:
    """The one message of a topic, which adds these keys to the envelope."""
    (body,) = await bodies(shop, topic)
    assert set(body) == ENVELOPE | set(more)
    return body


async def campaign(shop: Shop, trigger: str, earns: Any) -> int:
    """A rule for an activity; returns its number."""
    terms = EarningRule(name=trigger.title(), trigger=trigger, earns=earns)
    stored = await add_rule(shop.engine.database, shop.merchant.merchant_id, terms, actor="test", now=shop.clock())
    return stored.rule_id


def check_reward(body: dict[str, Any], rule_id: int) -> None:
    """A coupon with its option, whole."""
    assert set(body["redemption"]) == REDEMPTION
    assert set(body["redemption_option"]) == OPTION
    assert body["redemption_option"]["id"] == rule_id


async def test_every_topic_of_theirs_has_a_name_and_one_of_ours_behind_it():
    assert set(TELLERS) == set(TOPICS)
    assert set(TOPICS) <= set(OURS)
    assert {theirs for some in TOPICS.values() for theirs in some} == set(NAMES)


async def test_a_new_customer_has_an_account_and_perhaps_opts_in(shop: Shop):
    said = ProfileChange(first_name="Ana", last_name="Lima", opted_in=True)
    for _ in range(2):
        await upsert_member(shop.engine.database, shop.merchant.merchant_id, email(ANA), said, shop.clock())
    body = await body_of(shop, "swell/account/created")
    assert (body["email"], body["customer"]["first_name"]) == (ANA, "Ana")
    customer = (await body_of(shop, "loyalty/opt_in"))["customer"]
    assert (customer["is_member"], customer["is_opt_in"], customer["loyalty_opt_in_date"]) == (True, True, "2026-03-10")
    away = ProfileChange(opted_in=False)
    await upsert_member(shop.engine.database, shop.merchant.merchant_id, email(ANA), away, shop.clock())
    assert (await body_of(shop, "loyalty/opt_out"))["customer"]["is_member"] is False


async def test_days_of_the_year_are_captured_once(shop: Shop):
    database, member_id = shop.engine.database, await shop.member(ANA)
    for kind in ("birthday", "birthday", "anniversary"):
        day = Celebration(3, 11, 1990)
        await set_celebration(database, shop.merchant.merchant_id, member_id, kind, day, shop.clock())
    customer = (await body_of(shop, "loyalty/birthday_captured"))["customer"]
    assert (customer["birthday_month"], customer["birth_day"], customer["birthday_year"]) == (3, 11, 1990)
    await body_of(shop, "loyalty/anniversary_captured")


async def test_points_of_an_order_are_a_perk_of_its_campaign(shop: Shop):
    rule = await earning(shop)
    member_id = await shop.member(ANA)
    await sell(shop, 9000)
    body = await body_of(shop, "swell/points/earned", "perk")
    assert set(body["perk"]) == PERK
    perk = body["perk"]
    assert (perk["campaign_id"], perk["customer_id"], perk["reward_points"]) == (rule.rule_id, member_id, 90)
    assert (perk["merchant_id"], perk["redemption_option_id"]) == (shop.merchant.merchant_id, None)
    assert (perk["awarded"], perk["pending"], perk["awarded_at"]) == (True, False, "2026-03-10T12:00:00.000Z")
    assert body["customer"]["points_balance"] == 90


async def test_points_that_wait_are_told_when_they_are_there(shop: Shop):
    await shop.member(ANA)
    await earn(shop, ANA, 100, pending="2 days")
    assert await bodies(shop, "swell/points/earned") == []
    shop.clock.advance(days=3)
    await night(shop)
    assert (await body_of(shop, "swell/points/earned", "perk"))["perk"]["reward_points"] == 100


async def test_points_given_by_hand_are_told_and_points_taken_are_not(shop: Shop):
    await shop.member(ANA, 30)
    await take(shop, ANA, 10)
    perk = (await body_of(shop, "swell/points/earned", "perk"))["perk"]
    assert (perk["reward_points"], perk["campaign_id"]) == (30, None)


async def test_a_redemption_comes_with_its_option(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    redemption = await redeem(shop, ANA, rule.rule_id, delayed=True)
    body = await body_of(shop, "swell/redemption/created", "redemption", "redemption_option")
    check_reward(body, rule.rule_id)
    told = body["redemption"]
    assert (told["id"], told["reward_text"], told["at_checkout"]) == (redemption.redemption_id, redemption.code, True)
    assert body["redemption_option"]["name"] == "$5.00 Off"
    assert (body["customer"]["points_balance"], body["customer"]["credit_balance"]) == (500, "$25")


async def test_a_coupon_that_a_campaign_gives_comes_with_its_perk(shop: Shop):
    gift = await shop.rule()
    rule_id = await campaign(shop, "review", CouponGift(redemption_rule_id=gift.rule_id))
    await shop.member(ANA)
    await do(shop, await reporting(shop.engine.database, shop.merchant, email(ANA), "review", "r1", shop.clock()))
    body = await body_of(shop, "swell/redemption/created", "redemption", "redemption_option", "perk")
    check_reward(body, gift.rule_id)
    assert set(body["perk"]) == {*PERK, "redemption_option"}
    assert (body["perk"]["campaign_id"], body["perk"]["redemption_option_id"]) == (rule_id, gift.rule_id)


async def test_a_shopper_who_cancels_has_the_shop_asked(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    redemption = await redeem(shop, ANA, rule.rule_id)
    await do(shop, RequestCancellation(merchant=shop.merchant, redemption_id=redemption.redemption_id))
    body = await body_of(
        shop, "swell/point_redemption/cancellation_request", "point_redemption_id", "reward_text"
    )  # fmt: skip
    assert (body["point_redemption_id"], body["reward_text"]) == (str(redemption.redemption_id), redemption.code)


async def test_codes_that_run_out_are_nobody_s(shop: Shop):
    rule = await shop.rule(name="Five off")
    low = Event("pool.low", None, {"rule_id": rule.rule_id, "unused": 12, "threshold": 25})
    async with shop.engine.database.transaction() as connection:
        await write_events(connection, shop.merchant.merchant_id, [low], shop.clock())
    (body,) = await bodies(shop, "swell/redemption_code/below_threshold")
    assert set(body) == (ENVELOPE - {"email", "customer"}) | {
        "redemption_option", "redemption_option_id", "redemption_option_name", "number_of_unused_codes"
    }  # fmt: skip
    assert set(body["redemption_option"]) == OPTION
    assert (body["redemption_option_id"], body["number_of_unused_codes"]) == (rule.rule_id, 12)
    assert body["redemption_option_name"] == "Five off"


async def test_rewards_within_reach_are_reminded_of(shop: Shop):
    await choose(shop, remind_rewards=True)
    await shop.rule(points=100)
    dear = await shop.rule(points=150)
    dearest = await shop.rule(points=200)
    await shop.member(ANA, 160)
    await night(shop)
    body = await body_of(shop, "swell/redemption/reminder", "redemption_option")
    assert set(body["redemption_option"]) == OPTION
    assert body["redemption_option"]["id"] == dear.rule_id
    near = await body_of(shop, "swell/points/reminder", "redemption_option", "points_needed")
    assert (near["redemption_option"]["id"], near["points_needed"]) == (dearest.rule_id, 40)


async def test_points_that_expire_are_reminded_of(shop: Shop):
    await choose(shop, remind_expiring_days=(7,))
    await shop.member(ANA)
    await earn(shop, ANA, 70, expiry="7 days")
    await night(shop)
    body = await body_of(
        shop, "loyalty/expiration/reminder", "loyalty_next_points_expire_on", "loyalty_next_points_expire_amount",
        "days_to_point_expiration",
    )  # fmt: skip
    assert body["loyalty_next_points_expire_on"] == "2026-03-17"
    assert (body["loyalty_next_points_expire_amount"], body["days_to_point_expiration"]) == (70, 7)
    assert body["customer"]["points_expire_at"] == "2026-03-18T00:00:00.000Z"


async def test_a_referral_that_completes_tells_who_brought_whom(street: Street):
    shop = await street.shop()
    gift = (await shop.rule()).rule_id
    await choose(shop, referrals=ReferralProgramme(
        referrer_points=100, friend_points=50, referrer_coupon_rule=gift, link="https://acme.example/?ref={code}"
    ))  # fmt: skip
    member_id = await shop.member(ANA)
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    body = await body_of(
        shop, "swell/referral/completed", "perk", "referrer", "referral_code", "referred_customer", "redemption",
        "redemption_option",
    )  # fmt: skip
    check_reward(body, gift)
    assert set(body["referrer"]) == set(body["referred_customer"]) == CUSTOMER
    assert set(body["referral_code"]) == REFERRAL_CODE
    assert (body["email"], body["referrer"]["email"], body["referred_customer"]["email"]) == (ANA, ANA, BEN)
    assert (body["perk"]["reward_points"], body["perk"]["campaign_id"]) == (100, 0)
    friend = body["referred_customer"]
    assert (friend["referred_by"], friend["referred_by_customer"]["id"]) == (ANA, member_id)
    assert body["referrer"]["referral_link"] == f"https://acme.example/?ref={await code(shop)}"


async def test_friends_who_are_told_are_mailed_one_by_one(street: Street):
    shop = await street.shop(policies=Policies(referrals=ReferralProgramme(link="https://acme.example/?ref={code}")))
    await upsert_member(
        shop.engine.database, shop.merchant.merchant_id, email(ANA), ProfileChange(first_name="Ana"), shop.clock()
    )
    await tell(shop, BEN, "cat@example.com")
    link = f"https://acme.example/?ref={await code(shop)}"
    older, newer = await bodies(shop, "swell/referral/share"), await bodies(shop, "yotpo/referral/shared")
    assert [body["email"] for body in older] == [body["email"] for body in newer] == [BEN, "cat@example.com"]
    assert {(body["from"], body["referral_link"], body["customer"]["email"]) for body in [*older, *newer]} == {
        ("Ana", link, ANA)
    }
    assert set(older[0]) == ENVELOPE | {"from", "referral_link"}
    assert set(newer[0]) == ENVELOPE | {"from", "referral_link", "referral_code"}
    assert set(newer[0]["referral_code"]) >= SHARED_CODE


async def test_a_tier_that_is_entered_and_lost_tells_both_tiers(shop: Shop):
    await choose(shop, event_days=None)
    await set_tiers(shop, programme(SILVER, GOLD))
    await shop.member(ANA)
    await did(shop, ANA, earned=100)
    body = await body_of(shop, "swell/tier/earned", "new_tier")
    assert set(body["new_tier"]) == TIER
    assert (body["new_tier"]["id"], body["new_tier"]["name"], body["new_tier"]["points_earned"]) == (1, "Silver", 100)
    assert body["customer"]["vip_tier_name"] == "Silver"
    await did(shop, ANA, earned=400)
    rise = (await bodies(shop, "swell/tier/earned"))[1]
    assert (rise["old_tier"]["rank"], rise["new_tier"]["points_multiplier"]) == (1, 1.5)
    shop.clock.advance(days=800)
    await night(shop)
    (lost,) = await bodies(shop, "swell/tier/lost")
    assert lost["old_tier"]["name"] == "Gold"
    assert len(await bodies(shop, "swell/tier/status/changed")) == 3


async def test_a_birthday_comes_with_what_was_given_for_it(shop: Shop):
    gift = await shop.rule()
    rule_id = await campaign(shop, "birthday", Flat(points=50))
    await campaign(shop, "birthday", CouponGift(redemption_rule_id=gift.rule_id))
    member_id = await shop.member(ANA)
    await set_celebration(
        shop.engine.database, shop.merchant.merchant_id, member_id, "birthday", Celebration(3, 10), shop.clock()
    )
    await night(shop)
    body = await body_of(shop, "swell/customer/birthday", "perk", "redemption", "redemption_option")
    check_reward(body, gift.rule_id)
    assert (body["perk"]["campaign_id"], body["perk"]["reward_points"]) == (rule_id, 50)


async def test_one_who_became_another_is_told_of_as_that_one_and_an_erased_one_not_at_all(shop: Shop):
    ana, ben = await shop.member(ANA), await shop.member(BEN, 10)
    await merge(shop, ana, ben)
    assert {body["email"] for body in await bodies(shop, "swell/points/earned")} == {ANA}
    await do(shop, EraseMember(merchant=shop.merchant, member_id=ana))
    assert [some for some in await render(shop) if some] == []


async def test_what_means_nothing_to_them_is_not_looked_up(shop: Shop):
    await campaign(shop, "review", Flat(points=50))
    await shop.member(ANA)
    await do(shop, await reporting(shop.engine.database, shop.merchant, email(ANA), "review", "r1", shop.clock()))
    assert await render(shop, "activity.reported", "earning_rule.created") == [[], []]


async def test_what_events_show_is_looked_up_once_however_many_members_they_are_of(
    street: Street, monkeypatch: pytest.MonkeyPatch
):
    shop = await street.shop(policies=Policies(referrals=ReferralProgramme()))
    await shop.rule()
    for address in (ANA, BEN, "cat@example.com"):
        await shop.member(address, 500)
        await tell(shop, f"friend.of.{address}", by=address)
    await render(shop)  # whoever had no code has one now
    events = [one for one in await list_events(shop.engine.database, shop.merchant.merchant_id) if one.member_id]
    asked = list[str]()
    for name in ("fetch", "fetchrow", "fetchval"):
        monkeypatch.setattr(Database, name, noting(getattr(Database, name), asked))
    format_ = StorefrontFormat(shop.engine.database, shop.clock)
    await format_.render(shop.merchant, [one for one in events if one.member_id == events[0].member_id])
    for_one = asked.copy()
    asked.clear()
    await format_.render(shop.merchant, events)
    assert asked == for_one


def noting(ask: Any, asked: list[str]) -> Any:
    """The same question, noted."""

    async def note(database: Database, query: str, *arguments: Any) -> Any:
        asked.append(query)
        return await ask(database, query, *arguments)

    return note
