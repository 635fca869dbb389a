"""What comes back of orders: points that they earned, points that they cost; and returns that come before them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from guerdon.api.engine import Engine
from guerdon.app import running_engine
from guerdon.earning.earns import Flat
from guerdon.earning.rule import Cap, Period
from guerdon.errors.books import CurrencyNotAccepted
from guerdon.errors.earning import ItemUnknown, ReturnCurrencyDiffers, ReturnDiffers
from guerdon.merchants.merchant import Policies
from guerdon.merchants.merchants import get_merchant
from guerdon.orders.order import ReturnedItem
from guerdon.orders.returns import ReportReturn
from guerdon.orders.waiting import apply_waiting
from tests.orders.sales import ANA, earning, line, rows, sell, send_back
from tests.shop import Shop
from tests.street import Street, cancel, contradictions, do, redeem, redemption_of, take

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOTS = "SELECT expires_at::date::text, available FROM lot WHERE merchant_id = $1 AND live ORDER BY expires_at"
WAITING = "SELECT waiting, problem FROM shop_return WHERE merchant_id = $1 ORDER BY return_id"
LINES = (line("mug", 2000, 2), line("pot", 6000))


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def second(street: Street) -> AsyncIterator[Engine]:
    """Another worker on the same database."""
    async with running_engine(street.dsn, clock=street.clock) as engine:
        yield engine


async def bought(shop: Shop, total_minor: int = 10000, **more: Any) -> None:
    """Ana has bought something, for a point a dollar."""
    await earning(shop)
    await shop.member(ANA)
    await sell(shop, total_minor, **more)


async def test_a_full_return_takes_back_what_was_earned(shop: Shop):
    await bought(shop, 4995)
    assert await shop.balance(ANA) == (49, 0)
    assert (await send_back(shop, 4995)).points == 0
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_partial_returns_round_together(shop: Shop):
    await bought(shop, 3000)
    balances: list[int] = []
    for number in range(9):
        await send_back(shop, 333, f"r{number}")
        balances.append((await shop.balance(ANA))[0])
    assert balances == [27, 23, 20, 17, 13, 10, 7, 3, 0]
    await send_back(shop, 3, "rest")
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_the_same_return_counts_once_and_under_another_content_is_refused(shop: Shop):
    await bought(shop, lines=LINES)
    first = await send_back(shop, 2500, items={"mug": 1})
    for _ in range(3):
        assert await send_back(shop, 2500, items={"mug": 1}) == first
    assert await shop.balance(ANA) == (80, 0)
    others: list[dict[str, Any]] = [
        {"total_minor": 2600}, {"items": {"mug": 2}}, {"order_id": "2"}, {"currency": "USD"}
    ]  # fmt: skip
    for changed in others:
        said: dict[str, Any] = {"total_minor": 2500, "items": {"mug": 1}, **changed}
        with pytest.raises(ReturnDiffers):
            await send_back(shop, **said)
    assert await shop.balance(ANA) == (80, 0)


async def test_items_tell_the_share_more_exactly_than_an_amount(shop: Shop):
    """All goods came back, and the shop kept the shipping: nothing is left of what the goods earned."""
    await bought(shop, 11000, shipping_minor=1000, lines=LINES)
    assert await shop.balance(ANA) == (100, 0)
    assert (await send_back(shop, 4000, "r1", items={"mug": 2})).points == 60
    assert (await send_back(shop, 6000, "r2", items={"pot": 1})).points == 0
    assert await contradictions(shop) == []


async def test_more_pieces_than_were_sold_do_not_count(shop: Shop):
    await bought(shop, lines=LINES)
    assert (await send_back(shop, 2000, "r1", items={"mug": 2})).points == 60
    assert (await send_back(shop, 2000, "r2", items={"mug": 5})).points == 60


async def test_all_the_money_back_is_all_of_it(shop: Shop):
    await bought(shop, lines=LINES)
    assert (await send_back(shop, 10000, items={"mug": 1})).points == 0


async def test_returns_by_items_and_by_amount_add_up(shop: Shop):
    await bought(shop, lines=LINES)
    assert (await send_back(shop, 2000, "r1", items={"mug": 1})).points == 80
    assert (await send_back(shop, 3000, "r2")).points == 50


async def test_what_a_shop_says_it_paid_back_counts_without_a_return(shop: Shop):
    await bought(shop)
    assert (await sell(shop, 10000, refunded_minor=2500)).points == 75
    assert (await send_back(shop, 2500)).points == 75, "the same money, told of twice"
    assert (await send_back(shop, 2500, "r2")).points == 50


async def test_a_return_in_another_currency_or_of_other_items_is_refused(street: Street):
    shop = await street.shop(rates={"EUR": Decimal(1)})
    await bought(shop, lines=LINES)
    with pytest.raises(ReturnCurrencyDiffers):
        await send_back(shop, 100, currency="EUR")
    with pytest.raises(ItemUnknown):
        await send_back(shop, 100, items={"hat": 1})
    assert await rows(shop, WAITING) == []
    assert await shop.balance(ANA) == (100, 0)


async def test_a_return_waits_for_its_order(shop: Shop):
    await earning(shop)
    await shop.member(ANA)
    taken = await send_back(shop, 2500)
    assert (taken.waits, taken.points) == (True, None)
    assert await contradictions(shop) == []
    assert (await sell(shop, 10000)).points == 75
    assert await shop.balance(ANA) == (75, 0)
    assert await rows(shop, WAITING) == [(False, None)]
    assert not (await send_back(shop, 2500)).waits
    assert await contradictions(shop) == []


async def test_returns_that_cannot_be_of_the_order_count_for_nothing_when_it_comes(street: Street):
    shop = await street.shop(rates={"EUR": Decimal(1)})
    await earning(shop)
    await shop.member(ANA)
    await send_back(shop, 5000, "r1", currency="EUR")
    await send_back(shop, 5000, "r2", items={"hat": 1})
    assert (await sell(shop, 10000, lines=LINES)).points == 100
    assert await rows(shop, WAITING) == [(False, "return_currency_differs"), (False, "item_unknown")]
    told = await rows(shop, "SELECT topic FROM event WHERE merchant_id = $1 AND topic LIKE 'return.%' ORDER BY topic")
    assert [row[0] for row in told] == ["return.created"] * 2 + ["return.refused"] * 2
    assert await contradictions(shop) == []


async def test_several_returns_wait_for_several_orders(shop: Shop):
    await earning(shop)
    await shop.member(ANA)
    await asyncio.gather(*(send_back(shop, 1000, f"r{n}", f"o{n % 4}") for n in range(12)))
    made = await asyncio.gather(*(sell(shop, 10000, f"o{n}") for n in range(4)))
    assert [one.points for one in made] == [70] * 4
    assert await contradictions(shop) == []


async def test_an_order_and_its_returns_from_two_workers_at_once(shop: Shop, street: Street, second: Engine):
    await earning(shop)
    await shop.member(ANA)
    for n in range(25):
        await asyncio.gather(
            sell(shop, 10000, f"o{n}", engine=second if n % 2 else street.engine),
            send_back(shop, 1000, f"a{n}", f"o{n}", engine=street.engine),
            send_back(shop, 1500, f"b{n}", f"o{n}", engine=second),
        )
    assert await shop.balance(ANA) == (25 * 75, 0)
    assert await rows(shop, "SELECT count(*) FROM shop_return WHERE merchant_id = $1 AND waiting") == [(0,)]
    assert await contradictions(shop) == []


async def test_one_return_twice_at_once_counts_once(shop: Shop, street: Street, second: Engine):
    await bought(shop)
    for n in range(10):
        await asyncio.gather(*(send_back(shop, 500, f"r{n}", engine=one) for one in (street.engine, second)))
    assert await shop.balance(ANA) == (50, 0)
    assert await contradictions(shop) == []


async def test_returns_that_a_crash_left_waiting_are_found_and_settled(shop: Shop):
    await bought(shop)
    blind = ReportReturn(merchant=shop.merchant, who=(), return_id="r1", order_id="1", total_minor=2500)
    assert (await do(shop, blind)).waits
    assert [finding.check for finding in await contradictions(shop)] == ["forgotten_returns"]
    assert await apply_waiting(shop.engine.database, shop.engine.desk, shop.merchant) == 1
    assert await shop.balance(ANA) == (75, 0)
    assert await apply_waiting(shop.engine.database, shop.engine.desk, shop.merchant) == 0
    assert await contradictions(shop) == []


async def test_a_returned_order_gives_its_share_of_the_caps_back(shop: Shop):
    await earning(shop, caps=(Cap(per=Period.DAY, points=100, times=2),))
    await shop.member(ANA)
    await sell(shop, 10000)
    await send_back(shop, 4000)
    assert (await sell(shop, 10000, "2")).points == 40
    assert (await sell(shop, 10000, "3")).points == 0
    await send_back(shop, 6000, "r2")
    assert (await sell(shop, 10000, "4")).points == 60
    assert await contradictions(shop) == []


async def test_pending_points_are_taken_back_before_they_are_the_members(street: Street):
    shop = await street.shop(policies=Policies(earn_pending="14 days", debt="pending_only"))
    await bought(shop)
    await send_back(shop, 10000)
    assert await rows(shop, "SELECT pending, available FROM account WHERE merchant_id = $1") == [(0, 0)]
    assert await contradictions(shop) == []


# Points that the order cost


async def paid_with_points(shop: Shop, *, points: int = 300, amount_minor: int = 3000) -> int:
    """Ana pays 30.00 of 100.00 with points of three lots; the order gives no others. Returns the redemption's id."""
    reward = await shop.rule(points=points, amount_minor=amount_minor)
    await shop.member(ANA)
    for days in (30, 20, 10):
        await shop.give(ANA, 100, expires_at=shop.clock() + timedelta(days=days))
    redemption = await redeem(shop, ANA, reward.rule_id, delayed=True)
    await sell(shop, 7000, codes=(redemption.code,))
    return redemption.redemption_id


async def test_a_full_return_gives_the_points_back_to_their_lots(shop: Shop):
    before = await rows(shop, LOTS)
    redemption_id = await paid_with_points(shop)
    assert await shop.balance(ANA) == (0, 0)
    await send_back(shop, 7000)
    assert await shop.balance(ANA) == (300, 0)
    assert await rows(shop, LOTS) == [("2026-03-20", 100), ("2026-03-30", 100), ("2026-04-09", 100)]
    assert before == []
    assert (await redemption_of(shop, redemption_id))[:2] == ("cancelled", "void")
    assert (await redeem(shop, ANA, (await shop.rule(points=300)).rule_id)).state == "redeemed"
    assert await contradictions(shop) == []


@pytest.mark.parametrize(
    ("policy", "back"),
    [("reward_first", [150, 300, 300, 300]), ("proportional", [64, 150, 214, 300]), ("when_full", [0, 0, 0, 300])],
)
async def test_a_policy_says_how_points_come_back_with_the_goods(street: Street, policy: Any, back: list[int]):
    shop = await street.shop(policies=Policies(returned_rewards=policy))
    await paid_with_points(shop)
    for number, amount in enumerate((1500, 2000, 1500, 2000)):
        await send_back(shop, amount, f"r{number}")
        assert await shop.balance(ANA) == (back[number], 0)
        assert await contradictions(shop) == []


async def test_points_come_back_to_the_lots_that_end_first(street: Street):
    shop = await street.shop(policies=Policies(returned_rewards="proportional"))
    await paid_with_points(shop)
    await send_back(shop, 3500)
    assert await rows(shop, LOTS) == [("2026-03-20", 100), ("2026-03-30", 50)]


@pytest.mark.parametrize("end", ["order", "redemption", "return"])
@pytest.mark.parametrize("policy", ["reward_first", "proportional"])
async def test_after_a_partial_return_only_the_rest_comes_back(street: Street, end: str, policy: Any):
    shop = await street.shop(policies=Policies(returned_rewards=policy))
    redemption_id = await paid_with_points(shop)
    await send_back(shop, 1000)
    for _ in range(2):
        if end == "order":
            await sell(shop, 7000, status="cancelled")
        elif end == "redemption":
            await cancel(shop, redemption_id)
        else:
            await send_back(shop, 6000, "rest")
        assert await shop.balance(ANA) == (300, 0)
        assert await contradictions(shop) == []


async def test_an_order_that_comes_back_after_a_return_costs_what_was_not_returned(shop: Shop):
    await paid_with_points(shop)
    await send_back(shop, 1000)
    for status, available in (("cancelled", 300), ("paid", 100), ("cancelled", 300), ("paid", 100), ("fulfilled", 100)):
        await sell(shop, 7000, status=status)
        assert await shop.balance(ANA) == (available, 0)
        assert await contradictions(shop) == []


async def test_an_order_that_was_returned_whole_takes_nothing_again(shop: Shop):
    redemption_id = await paid_with_points(shop)
    await send_back(shop, 7000)
    booked = await rows(shop, "SELECT count(*) FROM entry WHERE merchant_id = $1")
    for status in ("fulfilled", "paid", "cancelled", "paid"):
        reported = await sell(shop, 7000, status=status)
        assert reported.flags == ()
    assert await rows(shop, "SELECT count(*) FROM entry WHERE merchant_id = $1") == booked
    assert (await redemption_of(shop, redemption_id))[0] == "cancelled"


async def test_an_order_paid_with_points_alone(shop: Shop):
    reward = await shop.rule(points=100, amount_minor=8000)
    await shop.member(ANA, 100)
    code = (await redeem(shop, ANA, reward.rule_id)).code
    await sell(shop, 0, codes=(code,), lines=(line("mug", 2000, 2), line("pot", 4000)))
    await send_back(shop, 0, "r1", items={"mug": 1})
    assert await shop.balance(ANA) == (25, 0)
    await send_back(shop, 0, "r2", items={"mug": 1, "pot": 1})
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


async def test_two_coupons_come_back_one_after_the_other(shop: Shop):
    reward = await shop.rule(points=100, amount_minor=1000)
    await shop.member(ANA, 200)
    codes = tuple([(await redeem(shop, ANA, reward.rule_id)).code for _ in range(2)])
    await sell(shop, 7000, codes=codes)
    await send_back(shop, 1500)
    assert await shop.balance(ANA) == (150, 0)
    await send_back(shop, 1000, "r2")
    assert await shop.balance(ANA) == (200, 0)
    assert await contradictions(shop) == []


async def test_a_coupon_that_came_back_whole_is_not_paid_for_again_by_the_next_one(shop: Shop):
    reward = await shop.rule(points=100, amount_minor=1000)
    await shop.member(ANA, 200)
    codes = tuple([(await redeem(shop, ANA, reward.rule_id)).code for _ in range(2)])
    await sell(shop, 7000, codes=codes)
    await send_back(shop, 1500)
    await send_back(shop, 300, "r2")
    assert await shop.balance(ANA) == (180, 0)
    await sell(shop, 7000, codes=codes, status="fulfilled")
    assert await shop.balance(ANA) == (180, 0)
    assert await contradictions(shop) == []


@pytest.mark.parametrize("status", ["paid", "fulfilled"])
async def test_a_coupon_that_came_back_whole_is_not_asked_for_again(shop: Shop, status: str):
    reward = await shop.rule(points=100, amount_minor=1000)
    await shop.member(ANA, 200)
    codes = tuple([(await redeem(shop, ANA, reward.rule_id)).code for _ in range(2)])
    await sell(shop, 7000, codes=codes)
    await send_back(shop, 1500)
    await take(shop, ANA, 120)
    entries = await rows(shop, "SELECT source, target, points FROM entry WHERE merchant_id = $1")
    again = await sell(shop, 7000, codes=codes, status=status)
    assert again.flags == ()
    assert again.states == ("void", "used")
    assert await rows(shop, "SELECT source, target, points FROM entry WHERE merchant_id = $1") == entries
    assert await contradictions(shop) == []


async def test_points_that_come_back_after_their_date_live_for_some_days_of_grace(street: Street):
    shop = await street.shop(policies=Policies(grace_days=7))
    await paid_with_points(shop)
    shop.clock.advance(days=25)
    await send_back(shop, 7000)
    assert await shop.balance(ANA) == (300, 0)
    assert await rows(shop, LOTS) == [("2026-04-09", 100), ("2026-04-12", 100), ("2026-04-12", 100)]


async def test_a_return_of_goods_that_only_points_waited_for(shop: Shop):
    """The order was told of but not captured: its coupon is not touched by what comes back."""
    reward = await shop.rule()
    await shop.member(ANA, 100)
    hold = await redeem(shop, ANA, reward.rule_id, delayed=True)
    await sell(shop, 9000, status="pending", codes=(hold.code,))
    await send_back(shop, 3000)
    assert await shop.balance(ANA) == (0, 100)
    assert await contradictions(shop) == []


async def test_flat_points_are_returned_in_proportion(shop: Shop):
    await earning(shop, Flat(points=100))
    await shop.member(ANA)
    await sell(shop, 3000)
    for number, left in enumerate((67, 33, 0)):
        assert (await send_back(shop, 1000, f"r{number}")).points == left


async def test_a_currency_that_is_taken_no_more_does_not_hinder_a_return(street: Street):
    shop = await street.shop(rates={"EUR": Decimal(1)})
    await earning(shop)
    await shop.member(ANA)
    await sell(shop, 10000, currency="EUR")
    gone = "DELETE FROM merchant_currency WHERE merchant_id = $1"
    await shop.engine.database.execute(gone, shop.merchant.merchant_id)
    without = Shop(
        shop.engine, shop.clock, await get_merchant(shop.engine.database, shop.merchant.merchant_id), "", shop.http
    )
    command = ReportReturn(
        merchant=without.merchant, who=(), return_id="r", order_id="1", total_minor=5000,
        items=(ReturnedItem("x", 1),),
    )  # fmt: skip
    with pytest.raises(ItemUnknown):
        await do(without, command)
    assert (await send_back(without, 5000)).points == 50
    with pytest.raises(CurrencyNotAccepted):
        await sell(without, 10000, currency="EUR")
