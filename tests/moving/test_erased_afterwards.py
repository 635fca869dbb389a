"""What comes later to one who was erased: nothing is taken from them, and nothing is given (behaviour 24)."""

import pytest
from msgspec.structs import replace

from guerdon.merchants.merchant import Policies
from guerdon.merchants.referral import ReferralProgramme
from guerdon.moving.leaving import erase_member
from guerdon.moving.person import by_number
from guerdon.orders.report import ReportOrder
from tests.moving.people import balances
from tests.orders.sales import ANA, BEN, earning, sell, send_back
from tests.referrals.friends import buy, code, join, referring
from tests.shop import Shop
from tests.street import Street, contradictions, do

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAITING = Policies(earn_pending="14 days")


async def erase(shop: Shop, member_id: int) -> None:
    """Erase, as the commands and the interfaces do."""
    await erase_member(shop.engine.database, shop.engine.desk, shop.merchant, member_id, actor="operator:7")


@pytest.mark.parametrize("policies", [WAITING, Policies(), Policies(erased_points="keep")])
@pytest.mark.parametrize("parts", [(9000,), (3000, 2000, 4000)])
async def test_what_comes_back_of_an_order_moves_nothing(street: Street, policies: Policies, parts: tuple[int, ...]):
    shop = await street.shop(policies=policies)
    await earning(shop)
    ana = await shop.member(ANA)
    await sell(shop, 9000)
    await erase(shop, ana)
    left = await balances(shop, ana)
    assert left.pending == 0
    for number, part in enumerate(parts):
        await send_back(shop, part, f"r{number}")
    assert await balances(shop, ana) == left
    assert await contradictions(shop) == []


async def test_a_friends_order_that_comes_to_nothing_takes_nothing_from_who_referred(street: Street):
    shop = await referring(street, ReferralProgramme(referrer_points=100, friend_points=50, pending="14 days"))
    ana = await shop.member(ANA)
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    await erase(shop, ana)
    left = await balances(shop, ana)
    for _ in range(2):
        await buy(shop, BEN, stands=False)
        assert await balances(shop, ana) == left
        await buy(shop, BEN)
        assert await balances(shop, ana) == left
    assert await contradictions(shop) == []


async def test_who_referred_and_is_erased_is_not_rewarded_again(street: Street):
    reward_of_hundred = ReferralProgramme(referrer_points=100, friend_points=50)
    shop = await referring(street, reward_of_hundred)
    reward = await shop.rule(name="Five off")
    programme = replace(reward_of_hundred, referrer_coupon_rule=reward.rule_id)
    shop.merchant = replace(shop.merchant, policies=replace(shop.merchant.policies, referrals=programme))
    ana = await shop.member(ANA)
    await join(shop, BEN, await code(shop))
    await buy(shop, BEN)
    await buy(shop, BEN, stands=False)
    await erase(shop, ana)
    left = await balances(shop, ana)
    await buy(shop, BEN)
    assert await balances(shop, ana) == left
    assert (await shop.balance(BEN))[0] == 50, "the friend is still there"
    live = "SELECT count(*) FROM redemption WHERE merchant_id = $1 AND state = 'redeemed'"
    assert await shop.engine.database.fetchval(live, shop.merchant.merchant_id) == 0
    assert await contradictions(shop) == []


@pytest.mark.parametrize("policies", [WAITING, Policies()])
async def test_an_order_that_is_told_of_again_gives_and_takes_nothing(street: Street, policies: Policies):
    shop = await street.shop(policies=policies)
    await earning(shop)
    ana = await shop.member(ANA)
    await sell(shop, 9000, "kept")
    await sell(shop, 5000, "gone")
    await sell(shop, 5000, "gone", status="cancelled")
    await erase(shop, ana)
    left = await balances(shop, ana)
    for order_id, total_minor, status in (
        ("kept", 12000, "paid"), ("kept", 3000, "paid"), ("kept", 12000, "cancelled"), ("kept", 12000, "paid"),
        ("gone", 5000, "paid"), ("new", 5000, "paid"),
    ):  # fmt: skip
        again = ReportOrder(
            merchant=shop.merchant, who=(by_number(ana),), order_id=order_id, total_minor=total_minor, currency="USD",
            status=status,
        )  # fmt: skip
        await do(shop, again)
        assert await balances(shop, ana) == left, (order_id, status)
        assert await contradictions(shop) == []


@pytest.mark.parametrize("order_id", ["7", 'a "b" \\ c', '"', "ö/1"])
async def test_what_was_answered_of_their_orders_is_forgotten_and_of_others_is_not(shop: Shop, order_id: str):
    ana, _ = await shop.member(ANA), await shop.member(BEN)
    for who, sold in ((ANA, order_id), (BEN, "77"), (BEN, "17")):
        await sell(shop, 9000, sold, who=who)
    await erase(shop, ana)
    stored = "SELECT body::jsonb ->> 'order_id' FROM answer WHERE merchant_id = $1 AND strpos(body, 'order_id') > 0"
    left = await shop.engine.database.fetch(stored, shop.merchant.merchant_id)
    assert sorted(row[0] for row in left) == ["17", "77"]
