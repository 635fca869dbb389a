"""Everything at once on one account, through one worker and through two: each outcome is exact, and none is false."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from guerdon.activities.adjust import AdjustPoints
from guerdon.api.engine import Engine
from guerdon.app import running_engine
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.rewards import BudgetGone, MemberCap, StockGone
from guerdon.points.command import Key
from guerdon.rewards.redemption import Redemption
from tests.shop import Shop, email
from tests.street import Street, cancel, contradictions, expire, outcomes_of, redeem, redemption_of, report, take

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def second(street: Street) -> AsyncIterator[Engine]:
    """Another worker on the same database."""
    async with running_engine(street.dsn, clock=street.clock) as engine:
        yield engine


@pytest.fixture(params=["one worker", "two workers"])
def workers(request: pytest.FixtureRequest, street: Street, second: Engine) -> tuple[Engine, Engine]:
    return (street.engine, street.engine if request.param == "one worker" else second)


def split(outcomes: list[Any], refusal: type[Exception]) -> tuple[list[Redemption], int]:
    """The redemptions made, and how many refusals of this kind there were; nothing else may have happened."""
    made = [outcome for outcome in outcomes if isinstance(outcome, Redemption)]
    refused = [outcome for outcome in outcomes if type(outcome) is refusal]
    assert len(made) + len(refused) == len(outcomes), outcomes
    return made, len(refused)


@pytest.mark.parametrize("delayed", [True, False])
async def test_one_balance_pays_for_exactly_as_many_as_it_can(
    shop: Shop, workers: tuple[Engine, Engine], delayed: bool
):
    rule = await shop.rule()
    await shop.member(ANA)
    await asyncio.gather(*(shop.give(ANA, points) for points in [37] * 100))

    outcomes = await outcomes_of(
        *(redeem(shop, ANA, rule.rule_id, delayed=delayed, engine=workers[number % 2]) for number in range(300))
    )

    made, refused = split(outcomes, NotEnoughPoints)
    assert (len(made), refused) == (37, 263)
    assert len({redemption.code for redemption in made}) == 37
    assert await shop.balance(ANA) == (0, 3700 if delayed else 0)
    coupons = "SELECT count(*) FROM coupon WHERE merchant_id = $1 AND state = 'issued'"
    assert await shop.engine.database.fetchval(coupons, shop.merchant.merchant_id) == 37
    assert await contradictions(shop) == []


async def test_the_last_of_the_stock_goes_to_one(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule(stock=3)
    addresses = [f"{number}@example.com" for number in range(20)]
    await asyncio.gather(*(shop.member(address, 100) for address in addresses))
    outcomes = await outcomes_of(
        *(redeem(shop, address, rule.rule_id, engine=workers[n % 2]) for n, address in enumerate(addresses))
    )
    made, refused = split(outcomes, StockGone)
    assert (len(made), refused) == (3, 17)
    assert await contradictions(shop) == []
    await cancel(shop, made[0].redemption_id)
    outcomes = await outcomes_of(
        *(redeem(shop, address, rule.rule_id, engine=workers[n % 2])
          for n, address in enumerate(addresses) if address != addresses[0])
    )  # fmt: skip
    again = [outcome for outcome in outcomes if isinstance(outcome, Redemption)]
    assert len(again) == 1
    assert await contradictions(shop) == []


async def test_a_budget_is_never_passed(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule(budget_minor=1700)
    addresses = [f"{number}@example.com" for number in range(20)]
    await asyncio.gather(*(shop.member(address, 100) for address in addresses))
    outcomes = await outcomes_of(
        *(redeem(shop, address, rule.rule_id, engine=workers[n % 2]) for n, address in enumerate(addresses))
    )
    made, refused = split(outcomes, BudgetGone)
    assert (len(made), refused) == (3, 17), "three times 5.00 fit in 17.00"
    assert await contradictions(shop) == []


async def test_a_cap_for_ever_is_never_passed(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule(redemptions_max_per_member=4)
    await shop.member(ANA, 10_000)
    outcomes = await outcomes_of(
        *(redeem(shop, ANA, rule.rule_id, delayed=number % 3 == 0, engine=workers[number % 2]) for number in range(40))
    )
    made, refused = split(outcomes, MemberCap)
    assert (len(made), refused) == (4, 36)
    assert await contradictions(shop) == []


async def test_one_key_at_two_workers_at_once_is_done_once(shop: Shop, street: Street, second: Engine):
    await shop.member(ANA)
    give = AdjustPoints(merchant=shop.merchant, who=email(ANA), points=5)
    for number in range(20):
        key = Key(f"key {number}", b"")
        answers = await asyncio.gather(
            *(engine.desk.submit(give, actor="test", key=key) for engine in (street.engine, second))
        )
        assert sorted(answer.replayed for answer in answers) == [False, True]
        assert answers[0].value == answers[1].value
    assert await shop.balance(ANA) == (100, 0)


async def test_one_key_for_two_members_at_once_is_done_for_one(shop: Shop, street: Street, second: Engine):
    for address in (ANA, "ben@example.com"):
        await shop.member(address)
    for number in range(20):
        outcomes = await outcomes_of(
            *(
                engine.desk.submit(
                    AdjustPoints(merchant=shop.merchant, who=email(address), points=5),
                    actor="test",
                    key=Key(f"key {number}", address.encode()),
                )
                for engine, address in ((street.engine, ANA), (second, "ben@example.com"))
            )
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Answer", "KeyReused"]
    balances = (await shop.balance(ANA))[0] + (await shop.balance("ben@example.com"))[0]
    assert balances == 100


async def test_redeeming_against_taking_points_back(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule()
    await shop.member(ANA, 1000)

    def take_back(number: int) -> Any:
        command = AdjustPoints(merchant=shop.merchant, who=email(ANA), points=-100, counted=True)
        return workers[number % 2].desk.submit(command, actor="test")

    outcomes = await outcomes_of(
        *(
            redeem(shop, ANA, rule.rule_id, engine=workers[number % 2]) if number % 4 < 2 else take_back(number)
            for number in range(40)
        )
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, NotEnoughPoints)]
    assert len(refused) == 30
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_an_order_against_the_expiry_of_its_coupon(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    holds = [await redeem(shop, ANA, rule.rule_id, delayed=True) for _ in range(10)]
    shop.clock.advance(days=31)
    outcomes = await outcomes_of(
        *(
            attempt
            for number, hold in enumerate(holds)
            for attempt in (
                expire(shop, hold.redemption_id, engine=workers[0]),
                report(shop, ANA, f"order {number}", hold.code, engine=workers[1]),
            )
        )
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    for number, hold in enumerate(holds):
        assert await redemption_of(shop, hold.redemption_id) == ("captured", "used", f"order {number}")
    assert await shop.balance(ANA) == (0, 0), "whichever came first, the points paid for the orders"
    assert await contradictions(shop) == []


async def test_orders_and_redemptions_of_one_lot_at_once(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule()
    await shop.member(ANA, 5000)
    holds = [await redeem(shop, ANA, rule.rule_id, delayed=True) for _ in range(10)]
    outcomes = await outcomes_of(
        *(
            attempt
            for number, hold in enumerate(holds)
            for attempt in (
                report(shop, ANA, f"order {number}", hold.code, engine=workers[number % 2]),
                redeem(shop, ANA, rule.rule_id, delayed=number % 3 == 0, engine=workers[number % 2]),
                take(shop, ANA, 10, engine=workers[number % 2]),
            )
        )
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert await shop.balance(ANA) == (2900, 400)
    assert await contradictions(shop) == []


@pytest.mark.parametrize("delayed", [True, False])
async def test_cancelling_twice_at_once_gives_back_once(shop: Shop, workers: tuple[Engine, Engine], delayed: bool):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    made = [await redeem(shop, ANA, rule.rule_id, delayed=delayed) for _ in range(5)]
    outcomes = await outcomes_of(
        *(cancel(shop, one.redemption_id, engine=workers[number % 2]) for one in made for number in range(4))
    )
    assert {outcome.state for outcome in outcomes} == {"cancelled"}
    assert await shop.balance(ANA) == (1000, 0)
    assert await contradictions(shop) == []


async def test_an_order_against_the_cancelling_of_its_redemption(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    for number in range(10):
        hold = await redeem(shop, ANA, rule.rule_id, delayed=True)
        order, _ = await asyncio.gather(
            report(shop, ANA, f"order {number}", hold.code, engine=workers[0]),
            cancel(shop, hold.redemption_id, engine=workers[1]),
        )
        assert (await redemption_of(shop, hold.redemption_id))[:2] == ("cancelled", "void")
        assert order.flags in ((), (f"coupon_void:{hold.code}",))
    assert await shop.balance(ANA) == (1000, 0)
    assert await contradictions(shop) == []


async def test_two_orders_with_one_coupon_at_once(shop: Shop, workers: tuple[Engine, Engine]):
    rule = await shop.rule(transferable=True)
    await shop.member(ANA, 1000)
    await shop.member("ben@example.com")
    for number in range(10):
        redemption = await redeem(shop, ANA, rule.rule_id, delayed=number % 2 == 0)
        orders = await asyncio.gather(
            report(shop, ANA, f"a{number}", redemption.code, engine=workers[0]),
            report(shop, "ben@example.com", f"b{number}", redemption.code, engine=workers[1]),
        )
        assert sorted(order.flags for order in orders) == [(), (f"coupon_used:{redemption.code}",)]
        user = next(order.order_id for order in orders if not order.flags)
        assert (await redemption_of(shop, redemption.redemption_id))[1:] == ("used", user)
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_one_new_order_from_two_workers_at_once(shop: Shop, street: Street, second: Engine):
    rule = await shop.rule()
    await shop.member(ANA, 1000)
    for number in range(10):
        redemption = await redeem(shop, ANA, rule.rule_id, delayed=True)
        orders = await asyncio.gather(
            *(report(shop, ANA, f"{number}", redemption.code, engine=engine) for engine in (street.engine, second))
        )
        assert [order.flags for order in orders] == [(), ()]
    assert await shop.balance(ANA) == (0, 0)
    assert await contradictions(shop) == []


async def test_two_workers_that_need_the_same_members_in_any_order_do_not_block_each_other(
    shop: Shop, street: Street, second: Engine
):
    rule = await shop.rule(stock=10_000)
    addresses = [f"{number}@example.com" for number in range(12)]
    await asyncio.gather(*(shop.member(address, 10_000) for address in addresses))
    attempts = [
        redeem(shop, address, rule.rule_id, engine=engine)
        for turn in range(6)
        for engine, order in ((street.engine, addresses), (second, addresses[::-1]))
        for address in order[turn:] + order[:turn]
    ]
    outcomes = await asyncio.wait_for(outcomes_of(*attempts), timeout=120)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert await contradictions(shop) == []
