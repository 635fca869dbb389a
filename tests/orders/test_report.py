"""Orders and the coupons that they name: used once, given back once, in whatever order the shop tells of it."""

from datetime import timedelta
from typing import Any

import pytest

from guerdon.activities.adjust import AdjustPoints
from guerdon.errors.books import CurrencyNotAccepted, MemberNotFound
from guerdon.errors.earning import OrderOfAnother
from guerdon.merchants.merchant import Policies
from guerdon.rewards.redemption import Redemption
from tests.shop import Shop, email
from tests.street import Street, cancel, contradictions, do, expire, redeem, redemption_of, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA, BEN = "ana@example.com", "ben@example.com"


async def held(shop: Shop, address: str = ANA, *, points: int = 100, **terms: Any) -> Redemption:
    """A delayed redemption of 100 points by a member who has just enough of them, unless told otherwise."""
    rule = await shop.rule(**terms)
    await shop.member(address, points)
    return await redeem(shop, address, rule.rule_id, 100, delayed=True)


@pytest.mark.parametrize("status", ["paid", "PAID", "fulfilled", None])
async def test_an_order_uses_its_coupon_at_the_status_that_the_policy_names(shop: Shop, status: str | None):
    redemption = await held(shop)
    await report(shop, ANA, "1", redemption.code, status="pending")
    assert await shop.balance(ANA) == (0, 100)
    assert await redemption_of(shop, redemption.redemption_id) == ("held", "issued", "1")

    order = await report(shop, ANA, "1", redemption.code, status=status)

    assert order.flags == ()
    assert await shop.balance(ANA) == (0, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")
    assert await contradictions(shop) == []


async def test_a_policy_names_other_statuses(street: Street):
    policies = Policies(capture_statuses=("shipped",), cancel_statuses=("gone",))
    shop = await street.shop(policies=policies)
    redemption = await held(shop)
    await report(shop, ANA, "1", redemption.code, status="paid")
    assert await shop.balance(ANA) == (0, 100)
    await report(shop, ANA, "1", status="shipped")
    assert await shop.balance(ANA) == (0, 0)
    await report(shop, ANA, "1", status="gone")
    assert await shop.balance(ANA) == (100, 0)


async def test_a_later_report_need_not_name_the_coupon_again(shop: Shop):
    redemption = await held(shop)
    await report(shop, ANA, "1", redemption.code, status="pending")
    order = await report(shop, ANA, "1", status="paid")
    assert order.codes == (redemption.code,)
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")


async def test_an_order_first_heard_of_as_cancelled_may_still_be_paid(shop: Shop):
    redemption = await held(shop)
    await report(shop, ANA, "1", redemption.code, status="cancelled")
    assert await shop.balance(ANA) == (0, 100)
    await report(shop, ANA, "1", status="paid")
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")


async def test_one_order_carries_several_coupons(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 300)
    delayed = [await redeem(shop, ANA, rule.rule_id, delayed=True) for _ in range(2)]
    at_once = await redeem(shop, ANA, rule.rule_id)
    codes = [redemption.code for redemption in (*delayed, at_once)]

    order = await report(shop, ANA, "1", *codes, "SUMMER-SALE")

    assert (order.codes, order.flags) == ((*codes, "SUMMER-SALE"), ())
    for redemption in (*delayed, at_once):
        assert (await redemption_of(shop, redemption.redemption_id))[1:] == ("used", "1")
    assert await shop.balance(ANA) == (0, 0)
    await report(shop, ANA, "1", status="cancelled")
    assert await shop.balance(ANA) == (300, 0)
    assert await contradictions(shop) == []


async def test_codes_compare_without_case(shop: Shop):
    redemption = await held(shop, coupon_prefix="acme")
    assert redemption.code.startswith("ACME-")
    order = await report(shop, ANA, "1", redemption.code.lower(), redemption.code)
    assert order.codes == (redemption.code,)
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")


async def test_a_coupon_works_once(shop: Shop):
    redemption = await held(shop, points=500)
    await report(shop, ANA, "1", redemption.code)
    order = await report(shop, ANA, "2", redemption.code)
    assert order.flags == (f"coupon_used:{redemption.code}",)
    await report(shop, ANA, "2", redemption.code, status="cancelled")
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")
    assert await shop.balance(ANA) == (400, 0)


async def test_a_coupon_of_another_member_is_flagged_and_the_sale_stands(shop: Shop):
    redemption = await held(shop)
    await shop.member(BEN, 100)
    order = await report(shop, BEN, "1", redemption.code)
    assert order.flags == (f"coupon_of_another:{redemption.code}",)
    assert await redemption_of(shop, redemption.redemption_id) == ("held", "issued", None)
    await report(shop, BEN, "1", redemption.code, status="cancelled")
    assert await shop.balance(ANA) == (0, 100)


async def test_a_coupon_may_be_a_gift_where_its_rule_allows(shop: Shop):
    redemption = await held(shop, transferable=True)
    await shop.member(BEN, 100)
    order = await report(shop, BEN, "1", redemption.code)
    assert order.flags == ()
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")
    assert (await shop.balance(ANA), await shop.balance(BEN)) == ((0, 0), (100, 0))


async def test_the_same_order_again_changes_nothing(shop: Shop):
    redemption = await held(shop, points=300)
    first = await report(shop, ANA, "1", redemption.code)
    shop.clock.advance(hours=1)
    events = "SELECT count(*) FROM event WHERE merchant_id = $1"
    told = await shop.engine.database.fetchval(events, shop.merchant.merchant_id)
    for _ in range(3):
        assert await report(shop, ANA, "1", redemption.code) == first
    assert await shop.engine.database.fetchval(events, shop.merchant.merchant_id) == told
    assert await shop.balance(ANA) == (200, 0)


async def test_a_hold_that_nobody_noticed_expires_when_its_order_comes_too_late(shop: Shop):
    redemption = await held(shop)
    shop.clock.advance(days=31)
    order = await report(shop, ANA, "1", redemption.code)
    assert order.flags == ()
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


@pytest.mark.parametrize("named_again", [True, False])
async def test_a_late_order_takes_the_points_again(shop: Shop, named_again: bool):
    redemption = await held(shop)
    shop.clock.advance(days=31)
    expired = await expire(shop, redemption.redemption_id)
    assert expired.state == "expired"
    assert await shop.balance(ANA) == (100, 0)
    await report(shop, ANA, "1", redemption.code, status="pending")
    assert await shop.balance(ANA) == (100, 0)

    codes = (redemption.code,) if named_again else ()
    order = await report(shop, ANA, "1", *codes, status="paid")

    assert order.flags == ()
    assert await shop.balance(ANA) == (0, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")
    assert await contradictions(shop) == []


async def test_a_late_order_without_the_points_is_accepted_and_flagged(shop: Shop):
    redemption = await held(shop)
    shop.clock.advance(days=31)
    await expire(shop, redemption.redemption_id)
    spend = AdjustPoints(merchant=shop.merchant, who=email(ANA), points=-1)
    await do(shop, spend)
    order = await report(shop, ANA, "1", redemption.code)
    assert order.flags == (f"capture_failed:{redemption.code}",)
    assert await shop.balance(ANA) == (99, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("expired", "expired", None)


async def test_points_that_have_expired_do_not_pay_for_a_late_order(shop: Shop):
    rule = await shop.rule()
    await shop.member(ANA, 100, expires_at=shop.clock() + timedelta(days=5))
    redemption = await redeem(shop, ANA, rule.rule_id, delayed=True)
    shop.clock.advance(days=31)
    order = await report(shop, ANA, "1", redemption.code)
    assert order.flags == (f"capture_failed:{redemption.code}",)
    assert await contradictions(shop) == []


async def test_a_policy_only_flags_late_orders(street: Street):
    shop = await street.shop(policies=Policies(late_capture="flag"))
    redemption = await held(shop)
    shop.clock.advance(days=31)
    order = await report(shop, ANA, "1", redemption.code)
    assert order.flags == (f"coupon_expired:{redemption.code}",)
    assert await shop.balance(ANA) == (100, 0)


async def test_a_coupon_of_points_already_paid_is_only_worthless_when_late(shop: Shop):
    rule = await shop.rule(coupon_days=7)
    await shop.member(ANA, 100)
    redemption = await redeem(shop, ANA, rule.rule_id)
    shop.clock.advance(days=9)
    order = await report(shop, ANA, "1", redemption.code)
    assert order.flags == (f"coupon_expired:{redemption.code}",)
    assert await shop.balance(ANA) == (0, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("redeemed", "expired", None)
    assert await contradictions(shop) == []


@pytest.mark.parametrize("delayed", [True, False])
@pytest.mark.parametrize("steps", ["ooc", "oocc", "ocrr", "orc", "orco", "rocc"])
async def test_points_come_back_once_whoever_cancels_first(shop: Shop, delayed: bool, steps: str):
    """o: the order is paid, c: the order is cancelled, r: the redemption is cancelled."""
    rule = await shop.rule(redemptions_max_per_member=1)
    await shop.member(ANA, 100)
    redemption = await redeem(shop, ANA, rule.rule_id, delayed=delayed)
    for step in steps:
        if step == "r":
            assert (await cancel(shop, redemption.redemption_id)).state == "cancelled"
        else:
            await report(shop, ANA, "1", redemption.code, status="paid" if step == "o" else "cancelled")
    assert await shop.balance(ANA) == (100, 0)
    assert (await redemption_of(shop, redemption.redemption_id))[:2] == ("cancelled", "void")
    assert await contradictions(shop) == []
    assert (await redeem(shop, ANA, rule.rule_id)).state == "redeemed", "the share of the cap came back"


@pytest.mark.parametrize("between", [(), ("pending",), ("cancelled", "pending")])
async def test_an_order_that_is_no_longer_cancelled_takes_the_points_again(shop: Shop, between: tuple[str, ...]):
    redemption = await held(shop)
    for status in ("paid", "cancelled", *between):
        await report(shop, ANA, "1", redemption.code, status=status)
    assert await shop.balance(ANA) == (100, 0)
    order = await report(shop, ANA, "1", status="paid")
    assert order.flags == ()
    assert await shop.balance(ANA) == (0, 0)
    assert await redemption_of(shop, redemption.redemption_id) == ("captured", "used", "1")
    await report(shop, ANA, "1", status="voided")
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


async def test_what_was_cancelled_by_hand_stays_so_when_the_order_is_sent_again(shop: Shop):
    redemption = await held(shop)
    await report(shop, ANA, "1", redemption.code)
    await cancel(shop, redemption.redemption_id)
    order = await report(shop, ANA, "1", redemption.code, status="fulfilled")
    assert order.flags == (f"coupon_void:{redemption.code}",)
    assert await shop.balance(ANA) == (100, 0)


async def test_an_order_that_comes_back_without_the_points_is_flagged(shop: Shop):
    redemption = await held(shop)
    await report(shop, ANA, "1", redemption.code)
    await report(shop, ANA, "1", status="cancelled")
    await do(shop, AdjustPoints(merchant=shop.merchant, who=email(ANA), points=-100))
    order = await report(shop, ANA, "1", status="paid")
    assert order.flags == (f"capture_failed:{redemption.code}",)
    assert await shop.balance(ANA) == (0, 0)


async def test_an_order_belongs_to_one_member(shop: Shop):
    for address in (ANA, BEN):
        await shop.member(address)
    await report(shop, ANA, "1")
    with pytest.raises(OrderOfAnother):
        await report(shop, BEN, "1")


async def test_an_order_of_a_stranger_or_in_a_strange_currency_is_refused(street: Street):
    shop = await street.shop(currency_code="EUR")
    with pytest.raises(MemberNotFound):
        await report(shop, ANA, "1")
    await shop.member(ANA)
    with pytest.raises(CurrencyNotAccepted):
        await report(shop, ANA, "1")


async def test_codes_that_only_a_hostile_shop_would_send_are_kept_as_they_are(shop: Shop):
    await shop.member(ANA)
    codes = ('A"B', "C\\D", "{E,F}", "NULL", "'; DROP TABLE ENTRY; --", "Ü", "")
    order = await report(shop, ANA, "1", *codes)
    again = await report(shop, ANA, "1", status="fulfilled")
    assert order.codes == again.codes == codes
