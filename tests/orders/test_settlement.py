"""What an order earns, and what becomes of it when the shop tells of it again."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from guerdon.earning.earns import Flat, Multiplier, PerAmount, PerItem
from guerdon.earning.rule import Cap, Goods, Period
from guerdon.earning.rules import change_rule, set_active
from guerdon.merchants.merchant import Policies
from tests.orders.sales import ANA, BEN, earning, line, pending, rows, sell
from tests.shop import Shop
from tests.street import Street, contradictions, outcomes_of, redeem

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENTS = "SELECT topic FROM event WHERE merchant_id = $1 ORDER BY event_id"
ENTRIES = "SELECT source, target, points, reason, subject FROM entry WHERE merchant_id = $1 ORDER BY account_id, number"


async def test_an_order_earns_when_it_reaches_a_status_of_the_policy(shop: Shop):
    await earning(shop)
    await shop.member(ANA)
    assert (await sell(shop, 4995, status="pending")).points == 0
    assert await shop.balance(ANA) == (0, 0)
    assert (await sell(shop, 4995, status="PAID")).points == 49
    assert await shop.balance(ANA) == (49, 0)
    assert await rows(shop, ENTRIES) == [("issued", "available", 49, "order", "order:1")]
    assert await contradictions(shop) == []


async def test_a_policy_names_other_statuses(street: Street):
    shop = await street.shop(policies=Policies(earn_statuses=("shipped",)))
    await earning(shop)
    await shop.member(ANA)
    assert (await sell(shop, 5000)).points == 0
    assert (await sell(shop, 5000, status="shipped")).points == 50
    assert (await sell(shop, 5000, status="archived")).points == 50, "what was earned stays, whatever comes next"


async def test_the_same_report_again_books_nothing_and_tells_nobody(shop: Shop):
    await earning(shop)
    await shop.member(ANA)
    first = await sell(shop, 5000)
    told, booked = await rows(shop, EVENTS), await rows(shop, ENTRIES)
    shop.clock.advance(hours=1)
    for _ in range(3):
        assert await sell(shop, 5000) == first
    assert (await rows(shop, EVENTS), await rows(shop, ENTRIES)) == (told, booked)


async def test_an_update_books_the_difference_as_entries_of_its_own(shop: Shop):
    await earning(shop)
    await shop.member(ANA)
    for total_minor, points in ((5000, 50), (7000, 70), (3000, 30)):
        assert (await sell(shop, total_minor)).points == points
        assert await shop.balance(ANA) == (points, 0)
    assert await rows(shop, ENTRIES) == [
        ("issued", "available", 50, "order", "order:1"),
        ("issued", "available", 20, "order", "order:1"),
        ("available", "reversed", 40, "reversal", "order:1"),
    ]
    assert await contradictions(shop) == []


async def test_a_cancelled_order_earned_nothing_and_may_come_back(shop: Shop):
    rule = await earning(shop, caps=(Cap(per=Period.DAY, points=60),))
    await shop.member(ANA)
    use = "SELECT points, times FROM earning_use WHERE merchant_id = $1 AND rule_id = $2"
    for status, points in (("paid", 50), ("cancelled", 0), ("cancelled", 0), ("pending", 0), ("paid", 50)):
        assert (await sell(shop, 5000, status=status)).points == points
        assert await shop.balance(ANA) == (points, 0)
        assert await rows(shop, use, rule.rule_id) == [(points, int(points > 0))]
    assert await contradictions(shop) == []


async def test_points_that_were_spent_meanwhile_leave_a_debt(shop: Shop):
    await earning(shop)
    reward = await shop.rule()
    await shop.member(ANA)
    await sell(shop, 10000)
    await redeem(shop, ANA, reward.rule_id)
    await sell(shop, 10000, status="cancelled")
    assert await shop.balance(ANA) == (-100, 0)
    await sell(shop, 15000, "2")
    assert await shop.balance(ANA) == (50, 0)
    assert await contradictions(shop) == []


@pytest.mark.parametrize(("debt", "left"), [("unlimited", -30), ("within_balance", 0), ("pending_only", 20)])
async def test_a_policy_says_how_far_points_are_taken_back(street: Street, debt: Any, left: int):
    shop = await street.shop(policies=Policies(debt=debt))
    await earning(shop)
    await shop.member(ANA)
    reward = await shop.rule(points=30)
    await sell(shop, 5000)
    await redeem(shop, ANA, reward.rule_id)
    await sell(shop, 5000, status="cancelled")
    assert await shop.balance(ANA) == (left, 0)
    await sell(shop, 5000)
    assert await shop.balance(ANA) == (20, 0), "what was forgiven is not given twice"
    assert await contradictions(shop) == []


@pytest.mark.parametrize(
    ("policies", "points"),
    [
        ({}, 70),
        ({"earn_on": ("shipping",)}, 80),
        ({"earn_on": ("tax",)}, 90),
        ({"earn_on": ("shipping", "tax")}, 100),
        ({"order_total": "before_discounts"}, 55),
    ],
)
async def test_an_order_earns_on_what_was_paid_for_goods(street: Street, policies: dict[str, Any], points: int):
    shop = await street.shop(policies=Policies(**policies))
    await earning(shop)
    await shop.member(ANA)
    reported = await sell(shop, 10000, shipping_minor=1000, tax_minor=2000, discount_minor=1500)
    assert reported.points == points


async def test_what_rewards_paid_for_does_not_earn(street: Street):
    shop = await street.shop(policies=Policies(order_total="before_discounts"))
    await earning(shop)
    await shop.member(ANA, 200)
    reward = await shop.rule(points=100, amount_minor=2000)
    code = (await redeem(shop, ANA, reward.rule_id)).code
    assert (await sell(shop, 10000, codes=(code,), discount_minor=500)).points == 80
    assert (await sell(shop, 10000, status="fulfilled")).points == 80


async def test_goods_bear_their_share_of_a_discount_to_the_last_cent(shop: Shop):
    await earning(shop, PerAmount(points=1, each_minor=1), goods=Goods(collections=frozenset({"shoes"})))
    await shop.member(ANA)
    lines = (line("a", 1000, 3, collections=("shoes",)), line("b", 999), line("off", -200))
    assert (await sell(shop, 3600, lines=lines)).points == 3600 * 3000 // 3999


async def test_channel_tags_and_pieces_are_looked_at(shop: Shop):
    await earning(shop, PerItem(points=5), goods=Goods(vendors=frozenset({"Potter"})), channels=frozenset({"offline"}))
    await earning(shop, Flat(points=7), order_tags=frozenset({"wholesale"}))
    await shop.member(ANA)
    lines = (line("a", 1000, 3, vendor="Potter"), line("b", 1000, 9))
    assert (await sell(shop, 12000, lines=lines)).points == 0
    assert (await sell(shop, 12000, lines=lines, channel="offline")).points == 15
    assert (await sell(shop, 12000, lines=lines, channel="offline", tags=("wholesale",))).points == 22
    assert await contradictions(shop) == []


async def test_rules_of_the_first_evaluation_count_for_ever(shop: Shop):
    rule = await earning(shop)
    idle = await earning(shop, Flat(points=500), amount_min_minor=1_000_000)
    database, merchant_id = shop.engine.database, shop.merchant.merchant_id
    await shop.member(ANA)
    await sell(shop, 5000)
    more: dict[str, Any] = {"actor": "test", "now": shop.clock()}
    await change_rule(database, merchant_id, rule.rule_id, replace(rule.terms, earns=Flat(points=1)), **more)
    await set_active(database, merchant_id, rule.rule_id, active=False, **more)
    changed = replace(idle.terms, amount_min_minor=None)
    await change_rule(database, merchant_id, idle.rule_id, changed, **more)
    await earning(shop, Flat(points=900))

    assert (await sell(shop, 7000, status="fulfilled")).points == 70
    assert (await sell(shop, 7000, "2")).points == 500 + 900
    assert await contradictions(shop) == []


async def test_what_gave_nothing_because_nothing_was_there_never_gives(shop: Shop):
    await shop.member(ANA)
    assert (await sell(shop, 5000)).points == 0
    await earning(shop)
    assert (await sell(shop, 9000)).points == 0


async def test_a_rule_that_does_not_apply_any_more_gives_nothing(shop: Shop):
    await earning(shop, Flat(points=20), amount_min_minor=5000)
    await shop.member(ANA)
    for total_minor, points in ((5000, 20), (4999, 0), (6000, 20)):
        assert (await sell(shop, total_minor)).points == points
        assert await shop.balance(ANA) == (points, 0)
    assert await contradictions(shop) == []


async def test_a_member_who_was_suspended_then_earns_nothing_later(shop: Shop):
    await earning(shop)
    member_id = await shop.member(ANA)
    suspend = "UPDATE member SET status = $3 WHERE merchant_id = $1 AND member_id = $2"
    await shop.engine.database.execute(suspend, shop.merchant.merchant_id, member_id, "suspended")
    assert (await sell(shop, 5000)).points == 0
    await shop.engine.database.execute(suspend, shop.merchant.merchant_id, member_id, "active")
    assert (await sell(shop, 5000, status="fulfilled")).points == 0
    assert (await sell(shop, 5000, "2")).points == 50


async def test_only_the_first_order_is_the_first(shop: Shop):
    await earning(shop, Flat(points=100), first_order=True)
    for address in (ANA, BEN):
        await shop.member(address)
    await sell(shop, 5000, "lost", status="cancelled")
    assert (await sell(shop, 5000, "1")).points == 100
    assert (await sell(shop, 5000, "2")).points == 0
    assert (await sell(shop, 5000, "1", status="fulfilled")).points == 100
    assert (await sell(shop, 5000, "3", who=BEN)).points == 100
    assert (await sell(shop, 5000, "1", status="cancelled")).points == 0
    assert (await sell(shop, 5000, "2", status="fulfilled")).points == 0, "it was not the first when it earned"


async def test_two_first_orders_at_once_are_one(shop: Shop):
    await earning(shop, Flat(points=100), first_order=True)
    await shop.member(ANA)
    made = await outcomes_of(*(sell(shop, 5000, f"{number}") for number in range(8)))
    assert sorted(one.points for one in made) == [0] * 7 + [100]


async def test_caps_count_what_stands_and_cut_what_is_over(shop: Shop):
    await earning(shop, caps=(Cap(per=Period.DAY, points=80),), budget_points=200)
    for address in (ANA, BEN):
        await shop.member(address)
    assert (await sell(shop, 5000, "1")).points == 50
    assert (await sell(shop, 5000, "2")).points == 30
    assert (await sell(shop, 5000, "3")).points == 0
    await sell(shop, 5000, "1", status="cancelled")
    assert (await sell(shop, 5000, "4")).points == 50
    assert (await sell(shop, 5000, "2", status="fulfilled")).points == 30, "told again, it is not evaluated again"
    shop.clock.advance(days=1)
    assert (await sell(shop, 12000, "5")).points == 80
    assert (await sell(shop, 12000, "6", who=BEN)).points == 40
    assert await contradictions(shop) == []


async def test_an_order_that_moves_to_another_day_counts_in_that_days_cap(shop: Shop):
    rule = await earning(shop, caps=(Cap(per=Period.DAY, points=80),))
    await shop.member(ANA)
    today = shop.clock()
    await sell(shop, 5000, placed_at=today)
    await sell(shop, 5000, placed_at=today.replace(day=1))
    use = "SELECT extract(day FROM starts_on)::int, points, times FROM earning_use WHERE merchant_id = $1 ORDER BY 1"
    assert await rows(shop, use) == [(1, 50, 1), (10, 0, 0)]
    assert rule.version == 1


async def test_points_wait_for_a_status_and_are_activated_once(street: Street):
    shop = await street.shop(policies=Policies(earn_pending="fulfilled"))
    await earning(shop)
    await shop.member(ANA)
    await sell(shop, 5000)
    assert (await shop.balance(ANA), await pending(shop)) == ((0, 0), 50)
    await sell(shop, 4000)
    assert (await shop.balance(ANA), await pending(shop)) == ((0, 0), 40)
    await sell(shop, 4000, status="fulfilled")
    assert (await shop.balance(ANA), await pending(shop)) == ((40, 0), 0)
    await sell(shop, 6000, status="fulfilled")
    assert (await shop.balance(ANA), await pending(shop)) == ((60, 0), 0)
    assert await contradictions(shop) == []


async def test_points_that_were_cancelled_while_they_waited_wait_again(street: Street):
    shop = await street.shop(policies=Policies(earn_pending="fulfilled"))
    await earning(shop)
    await shop.member(ANA)
    for status, points in (("paid", 50), ("cancelled", 0), ("paid", 50)):
        await sell(shop, 5000, status=status)
        assert (await shop.balance(ANA), await pending(shop)) == ((0, 0), points)
    assert await contradictions(shop) == []


async def test_an_order_that_is_past_the_status_waits_for_nothing(street: Street):
    shop = await street.shop(policies=Policies(earn_pending="fulfilled"))
    await earning(shop)
    await shop.member(ANA)
    await sell(shop, 5000, status="complete")
    assert (await shop.balance(ANA), await pending(shop)) == ((50, 0), 0)
    await sell(shop, 5000, "2")
    await sell(shop, 5000, "2", status="completed")
    assert (await shop.balance(ANA), await pending(shop)) == ((100, 0), 0)


async def test_points_wait_for_days_from_when_the_order_was_placed(shop: Shop):
    await earning(shop, pending="14 days")
    await shop.member(ANA)
    await sell(shop, 5000)
    assert (await shop.balance(ANA), await pending(shop)) == ((0, 0), 50)
    await sell(shop, 5000, status="cancelled")
    assert (await shop.balance(ANA), await pending(shop)) == ((0, 0), 0)
    assert await contradictions(shop) == []


async def test_each_award_keeps_its_version_and_says_why(shop: Shop):
    plain = await earning(shop)
    double = await earning(shop, Multiplier(factor=Decimal(2)), name="Double days")
    await shop.member(ANA)
    await sell(shop, 4995)
    await sell(shop, 5995)
    found = await rows(
        shop,
        "SELECT source, rule_version, points, title, explanation ->> 'sentence' FROM award"
        " WHERE merchant_id = $1 ORDER BY source",
    )
    assert [row[:4] for row in found] == [
        (f"rule:{plain.rule_id}", 1, 59, "Points for goods"),
        (f"rule:{double.rule_id}", 1, 59, "Double days"),
    ]
    assert found[0][4] == "1 point for each $1.00 of $59.95: 59 points"
    assert found[1][4].startswith("2 times 59 points")


@pytest.mark.parametrize(
    ("base", "currency", "rates", "total_minor", "each_minor", "points"),
    [
        ("JPY", "JPY", {}, 12_345, 100, 123),
        ("KWD", "KWD", {}, 12_345, 1000, 12),
        ("USD", "JPY", {"JPY": Decimal(100)}, 1_234, 100, 12),
        ("USD", "KWD", {"KWD": Decimal("0.3")}, 3_600, 100, 12),
    ],
)
async def test_amounts_are_in_minor_units_of_their_currency(
    street: Street, base: str, currency: str, rates: dict[str, Decimal], total_minor: int, each_minor: int, points: int
):
    shop = await street.shop(currency_code=base, rates=rates)
    await earning(shop, PerAmount(points=1, each_minor=each_minor))
    await shop.member(ANA)
    assert (await sell(shop, total_minor, currency=currency)).points == points


async def test_odd_orders_are_taken_as_they_are(shop: Shop):
    await earning(shop)
    await earning(shop, PerItem(points=1))
    await shop.member(ANA)
    assert (await sell(shop, 0, "free")).points == 0
    assert (await sell(shop, 100, "over", shipping_minor=700, lines=(line("", 0, 0),))).points == 0
    assert (await sell(shop, 100, "under", lines=(line("x", -500, 2),))).points == 1
    assert await contradictions(shop) == []
