"""What terms would do before they count: whom they touch, what stands against them, and the way out."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from guerdon.kit.sentence import said
from guerdon.points.command import Identity
from guerdon.rewards import audience
from guerdon.rewards.audience import Audience, audience_of, rounded
from guerdon.rewards.codes import Pooled
from guerdon.rewards.pools import upload_codes
from guerdon.rewards.preview import Draft, Effect, effect_of, stock_for, try_on
from guerdon.rewards.rule import Channel, Pricing, RedemptionRule, RewardKind
from guerdon.rewards.sentence import Ranks
from guerdon.rewards.tryout import TryRule
from tests.shop import Shop, email
from tests.street import Street, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"
RANKS = Ranks({1: "Silver", 2: "Gold"})


def terms(**said_of: Any) -> RedemptionRule:
    given: dict[str, Any] = {"points": 100, "amount_minor": 500, "currency": "USD", **said_of}
    return RedemptionRule(**given)


async def effect(shop: Shop, draft: RedemptionRule, rule_id: int = 0) -> Effect:
    return await effect_of(shop.engine.database, shop.merchant, Draft(draft, rule_id), RANKS, shop.clock())


async def told(shop: Shop, draft: RedemptionRule, rule_id: int = 0) -> list[tuple[str, str]]:
    """What is to say of a draft."""
    return [(check.tone, said(check.part)) for check in (await effect(shop, draft, rule_id)).checks]


async def tried(shop: Shop, draft: RedemptionRule, rule_id: int = 0, **more: Any) -> list[tuple[str, str | None]]:
    """Every reason against a redemption of Ana's, with the way out."""
    stock = await stock_for(shop.engine.database, shop.merchant.merchant_id, Draft(draft, rule_id))
    command = TryRule(merchant=shop.merchant, who=email(ANA), terms=draft, rule_id=rule_id, stock=stock, **more)
    found = await try_on(shop.engine.database, shop.engine.desk, command, RANKS, actor="test")
    return [(said(one.why), one.way_out and said(one.way_out)) for one in found.reasons]


async def test_the_audience_is_counted(shop: Shop):
    for address, points in (("a", 50), ("b", 100), ("c", 250), ("d", 900)):
        await shop.member(f"{address}@example.com", points)
    found = await audience_of(shop.engine.database, shop.merchant, terms())
    assert found == Audience(members=4, eligible=4, able=3, exact=True)
    dear = terms(minimum_points=201)
    assert (await audience_of(shop.engine.database, shop.merchant, dear)).able == 1, "300 is the least that it takes"
    for field, narrow in ({"tier_level": 1}, 0), ({"member_tags": ("vip",)}, 0):
        found = await audience_of(shop.engine.database, shop.merchant, terms(**field))
        assert (found.members, found.eligible, found.able) == (4, narrow, narrow)


async def test_a_tier_of_the_audience_is_that_one_and_up_unless_alone(shop: Shop):
    for number, level in enumerate((0, 1, 1, 2)):
        member_id = await shop.member(f"{number}@example.com")
        await shop.engine.database.execute(
            "UPDATE member SET tier_level = $3 WHERE merchant_id = $1 AND member_id = $2",
            shop.merchant.merchant_id, member_id, level,
        )  # fmt: skip
    for exact, count in ((None, 3), (True, 2), (False, 3)):
        found = await audience_of(shop.engine.database, shop.merchant, terms(tier_level=1, tier_exact=exact))
        assert found.eligible == count


async def test_many_are_estimated(shop: Shop, street: Street, monkeypatch: pytest.MonkeyPatch):
    """Every fifth of the members has a tag: what is told is near to that, and says that it is not exact."""
    monkeypatch.setattr(audience, "COUNTED_MAX", 100)
    monkeypatch.setattr(audience, "PLACES", 20)
    await shop.engine.database.execute(
        """
        INSERT INTO member (merchant_id, member_id, status, tier_level, tags, has_account, may_spend, created_at,
                            updated_at)
        SELECT $1, nextval('member_sequence'), 'active', 0,
               CASE WHEN number % 5 = 0 THEN ARRAY['vip'] ELSE ARRAY[]::text[] END, false, true, $2, $2
          FROM generate_series(1, 2000) AS number
        """,
        shop.merchant.merchant_id, shop.clock(),
    )  # fmt: skip
    everyone = await audience_of(street.engine.database, shop.merchant, terms())
    some = await audience_of(street.engine.database, shop.merchant, terms(member_tags=("vip",)))
    assert not everyone.exact
    assert 1900 <= everyone.members <= 2100
    assert 300 <= some.eligible <= 500
    assert some == await audience_of(street.engine.database, shop.merchant, terms(member_tags=("vip",)))


async def test_an_estimate_has_two_figures():
    assert [rounded(number) for number in (0, 7, 99, 104, 1_250, 987_654)] == [0, 7, 99, 100, 1_300, 990_000]


async def test_saving_is_the_next_version_unless_nothing_changes(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    await redeem(shop, ANA, rule.rule_id, delayed=True)
    await redeem(shop, ANA, rule.rule_id)
    same = await effect(shop, rule.terms, rule.rule_id)
    other = await effect(shop, replace(rule.terms, points=50), rule.rule_id)
    new = await effect(shop, terms())
    assert [(one.version, one.changes, one.open_redemptions) for one in (same, other, new)] == [
        (1, False, 1), (2, True, 1), (1, True, 0),
    ]  # fmt: skip


async def test_what_keeps_everybody_out_is_told(shop: Shop):
    assert await told(shop, terms()) == []
    assert await told(shop, terms(points_max_per_transaction=99)) == [
        ("bad", "Nobody can redeem it: it takes 100 points, and 99 go at once.")
    ]
    assert await told(shop, terms(points_max_per_day=99)) == [
        ("bad", "Nobody can redeem it: it takes 100 points, and 99 go in a day.")
    ]
    assert await told(shop, terms(tier_level=3)) == [("bad", "There is no tier 3 in the programme.")]
    assert await told(shop, terms(tier_level=2)) == []
    assert await told(shop, terms(stock=0)) == [("bad", "Nobody can redeem it: all 0 are gone.")]
    assert await told(shop, terms(ends_at=shop.clock())) == [("bad", "It is over already: the last day is past.")]
    assert await told(shop, terms(budget_minor=499)) == [
        ("bad", "Nobody can redeem it: $4.99 of the budget is left.")
    ]  # fmt: skip
    assert await told(shop, terms(codes=Pooled())) == [("warn", "Nobody can redeem it before codes are uploaded.")]


async def test_what_is_worth_knowing_is_told(shop: Shop):
    assert await told(shop, terms(active=False, starts_at=shop.clock() + timedelta(hours=12))) == [
        ("note", "It begins on 11 March 2026."),
        ("note", "It is switched off: nobody can redeem it until it is activated."),
    ]
    half = terms(reward=RewardKind.PERCENTAGE, percentage_hundredths=50_00)
    assert await told(shop, half) == [("warn", "It gives half of a purchase or more.")]
    assert await told(shop, terms(minimum_points=250)) == [("note", "The least that fits all steps is 300 points.")]
    await shop.rule(name="Fiver")
    assert await told(shop, terms(points=50)) == [
        ("warn", "A point is worth 2 times as much as by ‘Fiver’, or more.")
    ]  # fmt: skip
    assert await told(shop, terms(points=51)) == []


async def test_a_new_limit_counts_what_was_redeemed_before(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 500)
    await redeem(shop, ANA, rule.rule_id)
    await redeem(shop, ANA, rule.rule_id)
    assert await told(shop, terms(stock=5), rule.rule_id) == [("note", "3 of 5 are left.")]
    assert await tried(shop, terms(stock=2), rule.rule_id) == [("nothing is left for anybody", None)]
    assert await tried(shop, terms(stock=3), rule.rule_id) == []


async def test_codes_that_are_left_are_told(shop: Shop):
    rule = await shop.rule(codes=Pooled())
    merchant_id = shop.merchant.merchant_id
    await upload_codes(shop.engine.database, merchant_id, rule.rule_id, ["A", "B"], now=shop.clock())
    assert await told(shop, rule.terms, rule.rule_id) == [("note", "2 codes are left.")]
    await shop.member(ANA, 100)
    assert await tried(shop, rule.terms, rule.rule_id) == []
    assert await tried(shop, terms(codes=Pooled())) == [("no code is left", "once codes are uploaded")]


async def test_a_trial_changes_nothing_and_says_what_it_would_be(shop: Shop):
    rule = await shop.rule()
    member_id = await shop.member(ANA, 250)
    who = (Identity("member", str(member_id)),)
    command = TryRule(merchant=shop.merchant, who=who, terms=terms(points=120), rule_id=rule.rule_id)
    found = (await try_on(shop.engine.database, shop.engine.desk, command, RANKS, actor="test")).trial
    assert (found.member_id, found.available, found.points, found.value_minor, found.reasons) == (
        member_id, 250, 120, 500, (),
    )  # fmt: skip
    assert await shop.balance(ANA) == (250, 0)


async def test_every_reason_is_told_with_its_way_out(shop: Shop):
    await shop.member(ANA, 180)
    draft = terms(
        points=300, pricing=Pricing.FIXED, tier_level=2, member_tags=("vip", "staff"), channel=Channel.ONLINE,
        active=False, minimum_cart_minor=5000, points_max_per_day=200, starts_at=shop.clock() + timedelta(hours=12),
    )  # fmt: skip
    assert await tried(shop, draft, channel=Channel.OFFLINE, cart_minor=4200) == [
        ("the rule is switched off", "once the rule is switched on"),
        ("the rule has not started", "from 11 March 2026 on"),
        ("the member is in no tier", "from tier Gold on"),
        ("the member has none of the tags ‘vip’ or ‘staff’", None),
        ("the rule is for another channel", None),
        ("the cart is too small", "with $8.00 more in the cart"),
        ("at most 200 points go in a day", "tomorrow, or with 200 points today"),
        ("120 points short", None),
    ]


async def test_less_may_be_enough(shop: Shop):
    await shop.member(ANA, 480)
    variable = terms(pricing=Pricing.VARIABLE)
    assert await tried(shop, variable, points=600) == [("120 points short", "with 400 points now")]
    assert await tried(shop, variable) == [("the number of points is missing", "100 points, or more in steps of 100")]
    assert await tried(shop, variable, points=250) == [("250 points do not fit", "with 200 or 300 points")]
    fixed = terms(pricing=Pricing.FIXED)
    assert await tried(shop, fixed, points=99) == [("it costs 100 points, no more and no less", None)]
    capped = terms(points_max_per_transaction=300)
    assert await tried(shop, capped, points=400) == [("at most 300 points go at a time", None)]
