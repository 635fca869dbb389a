"""Pools of uploaded codes: each is handed out once, an empty one gives nothing, and levels are told once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from guerdon.api.engine import Engine
from guerdon.app import running_engine
from guerdon.errors.base import BadField
from guerdon.errors.books import NotEnoughPoints
from guerdon.errors.rewards import NotAPool, PoolEmpty, RuleNotFound
from guerdon.rewards.codes import Pooled
from guerdon.rewards.pools import get_level, list_codes, upload_codes
from guerdon.rewards.rules import Rule
from tests.shop import Shop
from tests.street import Street, cancel, contradictions, outcomes_of, redeem, redemption_of, report
from tests.worker.hands import events

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANA = "ana@example.com"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def second(street: Street) -> AsyncIterator[Engine]:
    """Another process's desk on the same database."""
    async with running_engine(street.dsn, clock=street.clock) as engine:
        yield engine


async def pool_of(shop: Shop, *codes: str, low_at: int | None = None, **terms: Any) -> Rule:
    rule = await shop.rule(codes=Pooled(low_at=low_at), **terms)
    if codes:
        await fill(shop, rule, *codes)
    return rule


async def fill(shop: Shop, rule: Rule, *codes: str) -> tuple[int, int, int]:
    done = await upload_codes(
        shop.engine.database, shop.merchant.merchant_id, rule.rule_id, codes, now=shop.clock()
    )  # fmt: skip
    return done.added, done.known, done.refused


async def unused(shop: Shop, rule: Rule) -> int:
    return (await get_level(shop.engine.database, shop.merchant.merchant_id, rule.rule_id)).unused


def numbered(count: int, letter: str = "C") -> list[str]:
    return [f"{letter}{number:04}" for number in range(count)]


async def low(shop: Shop) -> list[tuple[int, int]]:
    """What was told of pools: the threshold, and how many were left."""
    return [(told["threshold"], told["unused"]) for _, told in await events(shop, "pool.low")]


async def test_a_redemption_gets_an_uploaded_code_as_it_was_written(shop: Shop):
    rule = await pool_of(shop, "summer-7f", "summer-8g")
    await shop.member(ANA, 300)
    first = await redeem(shop, ANA, rule.rule_id)
    assert first.code == "summer-7f"
    assert (await redeem(shop, ANA, rule.rule_id, delayed=True)).code == "summer-8g"
    assert await redemption_of(shop, first.redemption_id) == ("redeemed", "issued", None)
    order = await report(shop, ANA, "1", "SUMMER-7F", "Summer-8G")
    assert order.flags == ()
    assert await shop.balance(ANA) == (100, 0)
    assert await contradictions(shop) == []


@pytest.mark.parametrize("low_at", [None, 10])
async def test_sixty_four_callers_share_forty_codes(shop: Shop, second: Engine, low_at: int | None):
    """Through two desks, as two processes: no code twice, no refusal too many, and nothing held for a refusal."""
    rule = await pool_of(shop, *numbered(40), low_at=low_at)
    callers = [f"{number}@example.com" for number in range(64)]
    for address in callers:
        await shop.member(address, 100)
    outcomes = await outcomes_of(
        *(
            redeem(shop, address, rule.rule_id, delayed=place % 3 == 0, engine=(shop.engine, second)[place % 2])
            for place, address in enumerate(callers)
        )
    )
    given_out = [outcome.code for outcome in outcomes if not isinstance(outcome, BaseException)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert sorted(given_out) == numbered(40)
    assert {type(one) for one in refused} == {PoolEmpty}
    assert len(refused) == 24
    balances = [await shop.balance(address) for address in callers]
    assert balances.count((100, 0)) == 24
    assert await unused(shop, rule) == 0
    assert await low(shop) == ([(10, 10), (5, 5), (2, 2), (1, 1), (0, 0)] if low_at else [])
    assert await contradictions(shop) == []


async def test_a_code_that_a_refused_caller_had_before_it_goes_to_the_next(shop: Shop, second: Engine):
    """The last code lies before somebody who cannot pay: whoever can must not be told that there is none."""
    rule = await pool_of(shop, "LAST")
    await shop.member("poor@example.com", 50)
    await shop.member(ANA, 100)
    outcomes = await outcomes_of(
        *(redeem(shop, "poor@example.com", rule.rule_id) for _ in range(20)),
        *(redeem(shop, ANA, rule.rule_id, engine=second) for _ in range(2)),
        *(redeem(shop, "poor@example.com", rule.rule_id) for _ in range(20)),
    )
    rich = outcomes[20:22]
    assert [one.code for one in rich if not isinstance(one, BaseException)] == ["LAST"]
    assert await contradictions(shop) == []


async def test_an_empty_pool_refuses_after_funds_and_holds_nothing(shop: Shop):
    rule = await pool_of(shop, stock=0)
    await shop.member(ANA, 50)
    with pytest.raises(NotEnoughPoints) as refused:
        await redeem(shop, ANA, rule.rule_id, delayed=True)
    assert [also.code for also in refused.value.also] == ["stock_gone", "pool_empty"]
    empty = await pool_of(shop)
    await shop.give(ANA, 50)
    with pytest.raises(PoolEmpty) as none_left:
        await redeem(shop, ANA, empty.rule_id, delayed=True)
    assert none_left.value.facts == {"rule_id": empty.rule_id}
    assert none_left.value.decision_id is not None
    assert await shop.balance(ANA) == (100, 0)


async def test_a_cancelled_code_never_comes_back(shop: Shop):
    rule = await pool_of(shop, "ONE")
    await shop.member(ANA, 100)
    first = await redeem(shop, ANA, rule.rule_id)
    await cancel(shop, first.redemption_id)
    assert await redemption_of(shop, first.redemption_id) == ("cancelled", "void", None)
    assert await fill(shop, rule, "one") == (0, 1, 0)
    with pytest.raises(PoolEmpty):
        await redeem(shop, ANA, rule.rule_id)
    assert await contradictions(shop) == []


async def test_levels_are_told_once_on_the_way_down_and_again_after_a_refill(shop: Shop):
    rule = await pool_of(shop, *numbered(10), low_at=8)
    await shop.member(ANA, 10_000)
    for _ in range(10):
        await redeem(shop, ANA, rule.rule_id)
    assert await low(shop) == [(8, 8), (4, 4), (2, 2), (1, 1), (0, 0)]
    with pytest.raises(PoolEmpty):
        await redeem(shop, ANA, rule.rule_id)
    await fill(shop, rule, *numbered(3, "D"))
    await asyncio.gather(*(redeem(shop, ANA, rule.rule_id) for _ in range(3)))
    assert await low(shop) == [(8, 8), (4, 4), (2, 2), (1, 1), (0, 0), (2, 2), (1, 1), (0, 0)]


async def test_an_upload_says_what_became_of_each_code(shop: Shop):
    rule, other = await pool_of(shop, "HERE", "THERE"), await pool_of(shop, "ELSEWHERE")
    generated = await shop.rule()
    await shop.member(ANA, 200)
    coupon = await redeem(shop, ANA, generated.rule_id)
    assert await fill(shop, rule, "here", "NEW", "new", "elsewhere", coupon.code.lower()) == (1, 1, 2)
    assert await fill(shop, rule, "here", "NEW") == (0, 2, 0)
    assert await unused(shop, rule) == 3
    assert await unused(shop, other) == 1
    with pytest.raises(NotAPool) as refused:
        await fill(shop, generated, "X")
    assert refused.value.facts == {"rule_id": generated.rule_id, "source": "generated"}
    with pytest.raises(RuleNotFound):
        await get_level(shop.engine.database, shop.merchant.merchant_id, 999_999_999)


@pytest.mark.parametrize("code", ["", "A B", "A,B", "x" * 65, "ÄÖ", "A\0B", "A\n"])
async def test_what_no_coupon_could_be_found_by_is_refused_whole(shop: Shop, code: str):
    rule = await pool_of(shop)
    with pytest.raises(BadField):
        await fill(shop, rule, "GOOD", code)
    with pytest.raises(BadField):
        await fill(shop, rule)
    with pytest.raises(BadField):
        await fill(shop, rule, *numbered(10_001))
    assert await unused(shop, rule) == 0


async def test_codes_are_handed_out_in_the_order_of_their_uploads(shop: Shop):
    rule = await pool_of(shop, "Z1", "Z2")
    shop.clock.advance(seconds=1)
    await fill(shop, rule, "A1", "A2")
    await shop.member(ANA, 1000)
    assert [(await redeem(shop, ANA, rule.rule_id)).code for _ in range(3)] == ["Z1", "Z2", "A1"]
    merchant_id = shop.merchant.merchant_id
    page = await list_codes(shop.engine.database, merchant_id, rule.rule_id, count_max=2)
    rest = await list_codes(shop.engine.database, merchant_id, rule.rule_id, after=page[-1])
    listed = [*page, *rest]
    assert [one.code for one in listed] == ["Z1", "Z2", "A1", "A2"]
    assert [one.redemption_id is None for one in listed] == [False, False, False, True]


async def test_another_merchant_may_have_the_same_codes(shop: Shop, street: Street):
    await pool_of(shop, "SAME")
    other = await street.shop()
    rule = await pool_of(other)
    assert await fill(other, rule, "SAME") == (1, 0, 0)


RUINS = [
    "UPDATE pool_code SET redemption_id = NULL WHERE rule_id = $1 AND redemption_id IS NOT NULL",
    "UPDATE redemption SET code = 'another' FROM pool_code WHERE pool_code.redemption_id = redemption.redemption_id"
    " AND pool_code.rule_id = $1",
    "UPDATE pool_code SET redemption_id = other.redemption_id FROM redemption AS other WHERE other.rule_id <> $1"
    " AND other.merchant_id = pool_code.merchant_id AND pool_code.rule_id = $1 AND pool_code.redemption_id IS NULL",
]


@pytest.mark.parametrize("ruin", RUINS)
async def test_the_proof_names_a_pool_whose_codes_are_not_where_they_were_given(shop: Shop, ruin: str):
    rule, other = await pool_of(shop, "ONE", "TWO"), await shop.rule()
    await shop.member(ANA, 200)
    await redeem(shop, ANA, rule.rule_id)
    await redeem(shop, ANA, other.rule_id)
    assert await contradictions(shop) == []
    await shop.engine.database.execute(ruin, rule.rule_id)
    found = {(one.check, one.subject) for one in await contradictions(shop)}
    assert ("wrong_pool_codes", f"rule:{rule.rule_id}") in found
