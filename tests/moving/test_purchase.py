"""Points bought with money: exact prices, one payment once, limits of a year, nothing counted as earned; refunds."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from guerdon.errors.base import BadField
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.moving import MovementNotFound, MovesOffStep, MovingOff, PartySuspended, PaymentReused, YearCap
from guerdon.members.members import set_standing
from guerdon.merchants.merchant import Policies
from guerdon.moving.movement import Movement
from guerdon.moving.purchase import BuyPoints
from guerdon.moving.refund import RefundPurchase
from guerdon.moving.rule import Fee, MovingRule, Rate, Terms
from tests.moving.people import ANA, BEN, allow, balances, merge, transfer, unmerge
from tests.shop import Shop, email
from tests.street import Street, contradictions, do, outcomes_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

SELLS = MovingRule(purchases=Terms(enabled=True, step=50), price=Rate(3, 100))
"""A hundred points cost three cents."""


async def buy(shop: Shop, points: int, payment: str = "p1", **more: Any) -> Movement:
    """Ana buys."""
    command = BuyPoints(merchant=shop.merchant, buyer=email(ANA), points=points, payment=payment, **more)
    return await do(shop, command)


async def test_bought_points_are_spendable_and_not_earned(street: Street):
    shop = await street.shop(policies=Policies(expiry="10 days"))
    await allow(shop, SELLS)
    ana = await shop.member(ANA)
    bought = await buy(shop, 1000)
    assert (bought.price_minor, bought.fee_minor, bought.currency) == (30, 0, "USD")
    shown = await balances(shop, ana)
    assert (shown.available, shown.earned) == (1000, 0)
    assert shown.next_expiry_at is not None
    assert shown.next_expiry_at > shop.clock() + timedelta(days=9), "they live as long as earned ones"
    assert await contradictions(shop) == []


async def test_a_price_that_is_no_whole_cent_is_rounded_up_once(shop: Shop):
    await allow(shop, MovingRule(purchases=Terms(enabled=True, fee=Fee(unit="money", flat=50)), price=Rate(3, 100)))
    await shop.member(ANA)
    bought = await buy(shop, 150, paid_minor=55)
    assert (bought.price_minor, bought.fee_minor) == (5, 50)
    with pytest.raises(BadField, match="150 points cost 55, fee included, not 54"):
        await buy(shop, 150, "p2", paid_minor=54)


async def test_one_payment_buys_once(shop: Shop):
    await allow(shop, SELLS)
    await shop.member(ANA)
    await shop.member(BEN)
    bought = await buy(shop, 100)
    assert await buy(shop, 100) == bought
    with pytest.raises(PaymentReused) as refused:
        await buy(shop, 150)
    assert refused.value.points == 100
    with pytest.raises(PaymentReused):
        await buy(shop, 100, receiver=email(BEN))
    assert await shop.balance(ANA) == (100, 0)


async def test_one_payment_at_once_for_two_buys_for_one(shop: Shop):
    await allow(shop, SELLS)
    await shop.member(ANA)
    await shop.member(BEN)
    for number in range(10):
        outcomes = await outcomes_of(
            *(buy(shop, 50, f"p{number}", receiver=email(address)) for address in (ANA, BEN, ANA))
        )
        assert sum(isinstance(one, PaymentReused) for one in outcomes) in (1, 2), outcomes
    points = (await shop.balance(ANA))[0] + (await shop.balance(BEN))[0]
    assert points == 500
    assert await contradictions(shop) == []


async def test_limits_for_oneself_and_for_others_are_two(shop: Shop):
    rule = MovingRule(
        purchases=Terms(enabled=True, points_max_per_year=100), price=Rate(1), bought_for_others_max_per_year=60,
        received_max_per_year=50,
    )  # fmt: skip
    await allow(shop, rule)
    await shop.member(ANA)
    await shop.member(BEN)
    await buy(shop, 100)
    with pytest.raises(YearCap) as refused:
        await buy(shop, 1, "p2")
    assert (refused.value.act, refused.value.points_left) == ("buy", 0)
    with pytest.raises(YearCap) as refused:
        await buy(shop, 61, "p3", receiver=email(BEN))
    assert (refused.value.party, [also.facts["party"] for also in refused.value.also]) == ("buyer", ["receiver"])
    await buy(shop, 50, "p4", receiver=email(BEN))
    assert await shop.balance(BEN) == (50, 0)
    assert await contradictions(shop) == []


async def test_what_is_not_sold_is_not_bought(shop: Shop):
    ana = await shop.member(ANA)
    with pytest.raises(MovingOff):
        await buy(shop, 100)
    await allow(shop, SELLS)
    with pytest.raises(MovesOffStep):
        await buy(shop, 75)
    await set_standing(shop.engine.database, shop.merchant.merchant_id, ana, shop.clock(), status="suspended")
    with pytest.raises(PartySuspended):
        await buy(shop, 100)


async def refund(shop: Shop, bought: Movement, **policies: Any) -> Movement:
    """The money is given back, under these policies."""
    merchant = replace(shop.merchant, policies=Policies(**policies))
    return await do(shop, RefundPurchase(merchant=merchant, movement_id=bought.movement_id))


async def test_a_refund_takes_the_bought_points_back_once(shop: Shop):
    await allow(shop, SELLS)
    ana = await shop.member(ANA, 500)
    bought = await buy(shop, 1000)
    shop.clock.advance(hours=1)
    refunded = await refund(shop, bought)
    assert (refunded.points_back, refunded.refunded_at) == (1000, shop.clock())
    shop.clock.advance(hours=1)
    assert await refund(shop, bought) == refunded
    shown = await balances(shop, ana)
    assert (shown.available, shown.earned) == (500, 500), "they had not counted as earned"
    assert await buy(shop, 1000) == refunded, "the payment buys nothing any more"
    assert await shop.balance(ANA) == (500, 0)
    assert await contradictions(shop) == []


async def test_a_refund_takes_the_lot_that_was_bought(shop: Shop):
    await allow(shop, SELLS)
    ana = await shop.member(ANA, 500, expires_at=shop.clock() + timedelta(days=3))
    await refund(shop, await buy(shop, 100))
    shop.clock.advance(days=4)
    shown = await balances(shop, ana)
    assert (shown.available, await contradictions(shop)) == (0, []), "what is left has its own date"


@pytest.mark.parametrize(
    ("debt", "back", "left"), [("unlimited", 100, -60), ("within_balance", 40, 0), ("pending_only", 40, 0)]
)
async def test_what_is_spent_is_owed_or_let_be_by_policy(shop: Shop, debt: str, back: int, left: int):
    await allow(shop)
    await shop.member(ANA)
    await shop.member(BEN)
    bought = await buy(shop, 100)
    await transfer(shop, ANA, BEN, 60)
    assert (await refund(shop, bought, debt=debt)).points_back == back
    assert await shop.balance(ANA) == (left, 0)
    assert await contradictions(shop) == []


async def test_a_refund_follows_the_points_to_whom_the_receiver_became(shop: Shop):
    await allow(shop)
    ana, ben = await shop.member(ANA, 30), await shop.member(BEN)
    bought = await buy(shop, 100, receiver=email(BEN))
    merged = await merge(shop, ana, ben)
    assert (await refund(shop, bought, debt="within_balance")).points_back == 100
    assert (await balances(shop, ana)).available == 30
    await unmerge(shop, merged.merge_id)
    assert await shop.balance(ANA) == (30, 0)
    assert await contradictions(shop) == []


async def test_what_was_taken_back_may_be_bought_again_in_the_year(shop: Shop):
    limited = Terms(enabled=True, points_max_per_year=100)
    rule = MovingRule(
        purchases=limited, price=Rate(1), bought_for_others_max_per_year=60, received_max_per_year=60
    )  # fmt: skip
    await allow(shop, rule)
    await shop.member(ANA)
    await shop.member(BEN)
    bought_for: list[tuple[int, dict[str, Any]]] = [(100, {}), (60, {"receiver": email(BEN)})]
    for number, (points, more) in enumerate(bought_for):
        bought = await buy(shop, points, f"first {number}", **more)
        with pytest.raises(YearCap):
            await buy(shop, points, f"second {number}", **more)
        await refund(shop, bought)
        await buy(shop, points, f"third {number}", **more)
    assert await contradictions(shop) == []


async def test_only_a_purchase_is_refunded_and_only_its_own_merchants(street: Street, shop: Shop):
    other = await street.shop()
    await allow(shop)
    await shop.member(ANA, 100)
    await shop.member(BEN)
    moved, bought = await transfer(shop, ANA, BEN, 10), await buy(shop, 10)
    for there, one in ((shop, moved), (other, bought)):
        with pytest.raises(MovementNotFound):
            await refund(there, one)
    assert await shop.balance(ANA) == (100, 0)


async def test_refunds_and_spending_at_once_take_no_point_twice(shop: Shop):
    await allow(shop)
    await shop.member(ANA)
    await shop.member(BEN)
    for number in range(5):
        bought = await buy(shop, 50, f"p{number}")
        outcomes = await outcomes_of(
            refund(shop, bought, debt="within_balance"), transfer(shop, ANA, BEN, 50),
            refund(shop, bought, debt="within_balance"),
        )  # fmt: skip
        first, moved, second = outcomes
        assert first == second
        assert isinstance(moved, NotEnoughPoints) == (first.points_back == 50)
    assert (await shop.balance(ANA))[0] == 0
    assert await contradictions(shop) == []
